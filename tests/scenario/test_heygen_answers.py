"""Every kind of bad answer of HeyGen, to each kind of request: a paid one, a look at a job, a click on a link."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from agent.jobs import PollPlan
from agent.submitter import UNSURE
from emulators.base import FaultKind
from heygen import HttpTransport, RetryPolicy
from heygen.exchange import CallClass
from tests.scenario.stage import QUICK, TRANSLATIONS, Stage

ONE = f"{TRANSLATIONS}/[0-9a-f]{{32}}"
BULK = f"{TRANSLATIONS}/statuses"
VENDOR_WORDS = "words that only the vendor uses"
BUDGET = 0.7
A_DAY = 90_000.0
OFTEN = dataclasses.replace(QUICK, poll=PollPlan(steps=(), last=4.0))


@dataclass(frozen=True)
class Bad:
    """One kind of bad answer; `sentence` is what is told when a paid request gets it and it is final."""

    kind: FaultKind = "before"
    options: dict[str, Any] = field(default_factory=dict)
    sentence: str = ""

    def arm(self, stage: Stage, path: str, method: str, times: int) -> None:
        """Let HeyGen answer so, `times` times."""
        stage.heygen.fail(self.kind, path, method=method, times=times, **self.options)


def status(number: int, code: str, sentence: str = "") -> Bad:
    """An error in the vendor's envelope."""
    body = {"error": {"code": code, "message": VENDOR_WORDS}}
    return Bad(options={"status": number, "body": body}, sentence=sentence)


FINAL = {
    "400": status(400, "invalid_parameter", "HeyGen did not accept the request"),
    "401": status(401, "unauthorized", "HeyGen did not accept our API key. An admin has to check it."),
    "402": status(402, "insufficient_credit", "The HeyGen account does not have enough credit for this."),
    "403": status(403, "forbidden", "This HeyGen account is not allowed to do that."),
    "404": status(404, "not_found", "HeyGen does not know what this request refers to any more."),
    "429 quota": status(429, "quota_exceeded", "quota is used up"),
}
PASSING = {
    "409 in progress": status(409, "request_in_progress"),
    "429 rate": status(429, "rate_limit_exceeded"),
    "500": status(500, "internal_error"),
    "503": status(503, "internal_error"),
    "timeout": Bad("delay", {"seconds": 2 * BUDGET}),
    "connection lost": Bad("drop_before"),
    "answer lost": Bad("drop_reply"),
}


def cells(answers: dict[str, Bad], quick: str = "") -> list[Any]:
    """Parameters: the one named `quick` also runs in the short suite."""
    return [
        pytest.param(bad, id=name, marks=[] if name == quick else pytest.mark.full) for name, bad in answers.items()
    ]


@pytest.fixture
async def hasty(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """The app with short time budgets and pauses towards HeyGen, which are no settings."""
    budgets = dict.fromkeys(CallClass, BUDGET)
    monkeypatch.setattr("bot.heygen_account.HttpTransport", functools.partial(HttpTransport, budgets=budgets))
    monkeypatch.setattr("bot.heygen_account.RetryPolicy", functools.partial(RetryPolicy, first_wait=0.05))
    stage.tempo = OFTEN
    await stage.restart()
    yield stage
    stage.heygen.faults.clear()
    await stage.wait(lambda: not any(e.fault == "delay" and not e.status for e in stage.heygen.journal.entries))


def keys(stage: Stage) -> set[str]:
    """The keys under which paid requests were sent."""
    return {entry.headers["idempotency-key"] for entry in stage.heygen.journal.select("POST", TRANSLATIONS)}


# -- a paid request ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", cells(FINAL))
async def test_a_refused_request_is_told_and_never_sent_again(hasty: Stage, bad: Bad) -> None:
    bad.arm(hasty, TRANSLATIONS, "POST", 1)
    root = hasty.translate("French")
    await hasty.closing(root, bad.sentence)
    hasty.clock.advance(A_DAY)
    await hasty.probe()
    assert (hasty.attempts(), hasty.charges, len(hasty.closings(root))) == (1, [], 1)


@pytest.mark.parametrize("bad", cells(PASSING, "timeout"))
async def test_a_request_that_may_pass_is_repeated_under_its_key_and_paid_once(hasty: Stage, bad: Bad) -> None:
    bad.arm(hasty, TRANSLATIONS, "POST", 2)
    root = hasty.translate("French")
    await hasty.wait(lambda: hasty.attempts() >= 3)
    await hasty.finish()
    await hasty.closing(root, "ready.")
    await hasty.probe()
    assert (len(hasty.charges), len(keys(hasty)), len(hasty.closings(root))) == (1, 1, 1)


@pytest.mark.full
@pytest.mark.parametrize("bad", [pytest.param(PASSING[name], id=name) for name in ("500", "timeout", "answer lost")])
async def test_what_stays_unanswered_for_a_day_is_visibly_unknown_and_never_sent_again(hasty: Stage, bad: Bad) -> None:
    bad.arm(hasty, TRANSLATIONS, "POST", 1_000)
    root = hasty.translate("French")
    await hasty.wait(lambda: hasty.attempts() >= 2)
    hasty.clock.advance(A_DAY)
    await hasty.closing(root, UNSURE)
    sent = hasty.attempts()
    hasty.clock.advance(A_DAY)
    await hasty.probe()
    assert (hasty.attempts(), len(keys(hasty))) == (sent, 1)
    assert len(hasty.charges) <= 1


# -- a look at a job --------------------------------------------------------------------------------------------


@pytest.mark.full
@pytest.mark.parametrize("bad", cells(FINAL | PASSING))
@pytest.mark.parametrize("path", [BULK, ONE], ids=["bulk", "detail"])
async def test_a_failed_look_changes_nothing(hasty: Stage, bad: Bad, path: str) -> None:
    root = hasty.translate("French")
    await hasty.card(root, "in progress")
    times = 1 if path == ONE and bad is FINAL["404"] else 4  # twice in a row is an answer
    bad.arm(hasty, path, "GET", times)
    await hasty.finish()
    await hasty.closing(root, "ready.")
    assert not any(fault.times for fault in hasty.heygen.faults)
    assert (len(hasty.charges), len(hasty.closings(root))) == (1, 1)


@pytest.mark.full
@pytest.mark.parametrize("bad", cells(FINAL | PASSING))
async def test_an_id_that_cannot_be_read_yet_is_recognised_later(hasty: Stage, bad: Bad) -> None:
    bad.arm(hasty, ONE, "GET", 4)
    root = hasty.translate("French")
    await hasty.finish()
    await hasty.closing(root, "ready.")
    assert not any(fault.times for fault in hasty.heygen.faults)
    assert (len(hasty.charges), len(hasty.closings(root))) == (1, 1)


@pytest.mark.full
async def test_a_job_that_heygen_denies_twice_in_a_row_is_visibly_unknown(hasty: Stage) -> None:
    root = hasty.translate("French")
    await hasty.card(root, "in progress")
    FINAL["404"].arm(hasty, ONE, "GET", 2)
    await hasty.finish()
    await hasty.closing(root, "HeyGen does not know this job any more.")
    assert hasty.attempts() == 1


# -- a click on a link ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", cells(FINAL | PASSING))
async def test_a_link_says_what_is_wrong_and_works_again_afterwards(hasty: Stage, bad: Bad) -> None:
    root = hasty.translate("French")
    await hasty.finish()
    link = (await hasty.closing(root, "ready.")).links()[0]
    bad.arm(hasty, ONE, "GET", 1_000)
    answer = await clicked(link)
    refused = 410 if bad is FINAL["404"] else 502  # waiting does not help there
    assert answer.status_code == (refused if bad in FINAL.values() else 503)
    assert_own_words(hasty, answer)
    hasty.heygen.faults.clear()
    assert (await clicked(link)).status_code == 302


async def clicked(link: str) -> httpx2.Response:
    """What our own server answers."""
    async with httpx2.AsyncClient(timeout=10.0) as browser:
        return await browser.get(link)


def assert_own_words(stage: Stage, answer: httpx2.Response) -> None:
    """One sentence or two of ours, nothing of the vendor's."""
    assert re.fullmatch(r"HeyGen [^<>{}]+\.", answer.text)
    assert VENDOR_WORDS not in answer.text
    assert stage.heygen.url not in answer.text
    assert "location" not in answer.headers
