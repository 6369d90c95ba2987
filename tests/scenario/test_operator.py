"""An operator steps in with the command line while the app is serving."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator

import pytest

from agent.records import DeliveryKind
from bot import operations
from bot.store.overview import Filter, Kind
from emulators.openai import HttpError
from tests.scenario.stage import PATIENCE, TRANSLATIONS, Stage
from tests.support.logs import fresh_logs

pytestmark = pytest.mark.full


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    with fresh_logs():
        yield


async def newest(stage: Stage, kind: Kind, **wanted: str) -> str:
    """The id of the newest row of a kind."""
    assert stage.app is not None
    return str((await stage.app.store.overview.list(kind, Filter(**wanted)))[0]["id"])  # type: ignore[arg-type]  # words


async def operate(stage: Stage, command: str, action: str, row_id: str) -> int:
    """What `python -m bot COMMAND ACTION ID --yes` does, on the scenario's clock."""
    options = argparse.Namespace(command=command, action=action, id=row_id, yes=True, json=False)
    return await operations.run(options, stage._settings(), stage.clock)


async def test_a_failed_request_is_answered_after_all(stage: Stage) -> None:
    stage.openai.script([HttpError(429, "insufficient_quota")])
    root = stage.translate("French")
    assert "has run out of credit" in await stage.reply(root)
    await stage.probe()
    turn_id = await newest(stage, Kind.TURN, state="failed")
    assert await operate(stage, "turns", "retry", turn_id) == 0
    assert "Submitted" in await stage.reply(root, 2)
    await stage.finish()
    await stage.closing(root, "ready.")
    assert (len(stage.replies(root)), len(stage.charges)) == (2, 1)


async def test_a_request_that_waits_is_sent_now_and_paid_once(stage: Stage) -> None:
    stage.heygen.fail("before", TRANSLATIONS, method="POST", status=429, headers={"Retry-After": "600"})
    root = stage.translate("French")
    await stage.card(root, "next try in about")
    assert await operate(stage, "submissions", "retry", await newest(stage, Kind.SUBMISSION)) == 0
    await stage.finish()
    await stage.closing(root, "ready.")
    assert len(stage.charges) == 1


async def test_a_request_that_waits_is_given_up_and_the_person_is_told(stage: Stage) -> None:
    stage.heygen.fail("before", TRANSLATIONS, method="POST", status=429, headers={"Retry-After": "600"})
    root = stage.translate("French")
    await stage.card(root, "next try in about")
    assert await operate(stage, "submissions", "give-up", await newest(stage, Kind.SUBMISSION)) == 0
    closing = await stage.closing(root)
    assert "nothing was charged" in closing.rendered_text()
    assert not stage.charges


async def test_a_dead_result_is_posted_when_the_channel_is_back(stage: Stage) -> None:
    root = stage.translate("French")
    await stage.reply(root)
    await stage.card(root)
    stage.slack.archive("videos")
    await stage.finish()
    closing_id = await dead(stage)
    stage.slack.archive("videos", archived=False)
    assert await operate(stage, "deliveries", "retry", closing_id) == 0
    await stage.closing(root, "ready.")


async def dead(stage: Stage) -> str:
    """The id of the closing once it is dead."""
    assert stage.app is not None
    async with asyncio.timeout(PATIENCE):
        while True:
            rows = await stage.app.store.overview.list(Kind.DELIVERY, Filter(state="dead"))
            if found := [row["id"] for row in rows if row["kind"] == DeliveryKind.CLOSING]:
                return str(found[0])
            await stage.clock.sleep(1.0)
