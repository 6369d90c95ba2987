"""When the process says that it is ready, and what it says beside that."""

from __future__ import annotations

import dataclasses
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from bot.slack.socket import SocketStatus
from bot.store.overview import Backlog
from bot.web.health import AWAY_SECONDS, OVERDUE_SECONDS, PERSISTENT, Health, Status, verdict

QUIET = Backlog(0, 0, 0, 0, 0.0, 0.0)


def judged(**findings: Any) -> Status:
    given: dict[str, Any] = {"database": True, "failing": {}, "slack_known": True, "backlog": QUIET}
    return verdict(**given | findings)


def test_all_well_is_ready() -> None:
    assert judged() is Status.READY


@pytest.mark.parametrize(
    "findings", [{"database": False, "backlog": None}, {"failing": {"lanes": PERSISTENT}}], ids=["database", "loop"]
)
def test_what_a_restart_may_mend_is_failing(findings: dict[str, Any]) -> None:
    assert judged(**findings) is Status.FAILING


@pytest.mark.parametrize(
    "findings",
    [
        {"failing": {"lanes": PERSISTENT - 1}},
        {"failing": {"catch-up": PERSISTENT}},
        {"slack_known": False},
        {"backlog": dataclasses.replace(QUIET, oldest_delivery=OVERDUE_SECONDS + 1)},
        {"backlog": dataclasses.replace(QUIET, oldest_submission=OVERDUE_SECONDS + 1)},
    ],
    ids=["stumbling loop", "spared loop", "identity", "old delivery", "old submission"],
)
def test_what_needs_an_eye_is_degraded(findings: dict[str, Any]) -> None:
    assert judged(**findings) is Status.DEGRADED


CONNECTED = SocketStatus(connected=True, away=0.0, refusal=None, opened=1)
AWAY = SocketStatus(connected=False, away=1.0, refusal=None, opened=7)
LOST = dataclasses.replace(AWAY, away=AWAY_SECONDS + 1)
REFUSED = dataclasses.replace(AWAY, refusal="invalid_auth")


@pytest.mark.parametrize(
    ("socket", "status"),
    [(CONNECTED, Status.READY), (AWAY, Status.DEGRADED), (LOST, Status.FAILING), (REFUSED, Status.FAILING)],
)
def test_a_process_that_slack_cannot_reach_is_not_ready_for_long(socket: SocketStatus, status: Status) -> None:
    assert judged(socket=socket) is status


@pytest.mark.parametrize(
    ("socket", "word"), [(None, None), (CONNECTED, "connected"), (AWAY, "connecting"), (REFUSED, "refused")]
)
async def test_ready_tells_of_the_socket_without_details(socket: SocketStatus | None, word: str | None) -> None:
    answer = await asked("/readyz", socket=lambda: socket)
    assert answer.json().get("socket") == word
    assert "invalid_auth" not in answer.text


def test_results_that_were_given_up_do_not_degrade_for_ever() -> None:
    assert judged(backlog=dataclasses.replace(QUIET, dead_deliveries=3, unknown_submissions=2)) is Status.READY


async def works() -> None:
    """Answers."""


async def fails() -> None:
    raise OSError("the path of the database, and worse")


async def quiet() -> Backlog:
    return dataclasses.replace(QUIET, open_jobs=2)


async def asked(path: str, **parts: Any) -> httpx2.Response:
    given: dict[str, Any] = {"ping": works, "backlog": quiet, "failures": dict, "slack_known": lambda: True}
    app = Starlette(routes=Health(**given | parts).routes())
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://localhost") as http:
        return await http.get(path)


async def test_ready_names_the_counts() -> None:
    answer = await asked("/readyz", failures=lambda: {"lanes": 0, "jobs": 1})
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["failing_loops"] == {"jobs": 1}
    assert {"pending_deliveries", "dead_deliveries", "unknown_submissions", "open_jobs"} <= answer.json().keys()


async def test_a_database_that_does_not_answer_is_503_without_details() -> None:
    answer = await asked("/readyz", ping=fails, backlog=fails)
    assert (answer.status_code, answer.json()["database"]) == (503, "failing")
    assert "worse" not in answer.text


async def test_being_alive_asks_nobody() -> None:
    answer = await asked("/healthz", ping=fails, backlog=fails)
    assert (answer.status_code, answer.text) == (200, "ok\n")


async def test_a_process_that_is_about_to_end_is_sent_nothing_more() -> None:
    answer = await asked("/readyz", draining=lambda: True)
    assert (answer.status_code, answer.json()) == (503, {"status": "draining"})
    assert (await asked("/healthz", draining=lambda: True)).status_code == 200
