"""The tool that uploads: a handle in, a handle out, and a sentence where it does not work."""

from __future__ import annotations

import asyncio
import dataclasses
import json

import pytest

from agent.adding import NOT_YET, PATIENCE_SECONDS, Adding, source_key
from agent.assets import AssetState, Origin
from agent.records import Interruption
from agent.spending import Spending
from agent.tool_calls import Failed, Outcome, TryAgain, Value, to_model
from tests.support.agent_assets import FakeAssetStore
from tests.support.agent_desk import Desk
from tests.support.agent_fakes import FakeAccounts
from tests.support.agent_heygen import SmallHeyGen
from tests.support.agent_stores import FakeTurnStore
from tests.support.clock import ManualClock

LINK = "https://example.com/talk.mp4"


async def upload(desk: Desk, source: str, said: str = "upload this", call_id: str = "call_1") -> Outcome:
    return await desk.ask("add_asset", call_id, said=said, source=source)


async def test_a_file_becomes_a_handle_and_the_runtime_says_so(desk: Desk) -> None:
    """R19: no link, no id and no step of the handshake reaches the model."""
    await desk.turns.name_source("C1", "F", "F0123")
    outcome = await upload(desk, " f1 ")
    assert isinstance(outcome, Value)
    assert outcome.data["the_runtime_adds"] == "Uploaded to HeyGen as A1: video/mp4, 15.0 MB, 42 s."
    assert json.loads(to_model(outcome))["handle"] == "A1"
    assert "p-F0123" not in to_model(outcome)
    assert await desk.turns.resolve_source("C1", "A1") == "p-F0123"
    [wanted] = desk.assets.wanted
    assert (wanted.origin, wanted.place, wanted.requester) == (Origin.SLACK, "F0123", "U1")
    assert desk.kicks == 1


async def test_a_link_that_the_person_gave(desk: Desk) -> None:
    assert isinstance(await upload(desk, LINK, said=f"upload {LINK}"), Value)
    assert desk.assets.wanted[0].origin is Origin.LINK


@pytest.mark.parametrize("said", ["upload something", f"> upload {LINK}", f"```upload {LINK}```"])
async def test_a_link_that_nobody_gave_is_refused(desk: Desk, said: str) -> None:
    outcome = await upload(desk, LINK, said=said)
    assert isinstance(outcome, Failed)
    assert outcome.code == "not_given"
    assert not desk.assets.wanted


async def test_a_handle_that_stands_for_nothing(desk: Desk) -> None:
    outcome = await upload(desk, "F7")
    assert isinstance(outcome, TryAgain)
    assert outcome.code == "unknown_source"


async def test_why_it_did_not_work_is_said(desk: Desk) -> None:
    await desk.turns.name_source("C1", "F", "F0123")
    desk.assets.fails("wrong_type", "HeyGen takes MP4.")
    assert await upload(desk, "F1") == Failed("wrong_type", "HeyGen takes MP4.")


async def test_an_upload_is_asked_for_by_its_own_handle(desk: Desk, heygen: SmallHeyGen) -> None:
    await desk.turns.name_source("C1", "F", "F0123")
    await upload(desk, "F1")
    heygen.add("p-F0123", "completed")
    assert isinstance(await upload(desk, "A1", call_id="call_2"), Value)
    assert [asset.number for asset in desk.assets.files.values()] == [1]


async def test_what_heygen_has_lost_goes_once_more(desk: Desk) -> None:
    await desk.turns.name_source("C1", "F", "F0123")
    await upload(desk, "F1")
    assert isinstance(await upload(desk, "F1", call_id="call_2"), Value)
    assert [asset.number for asset in desk.assets.files.values()] == [2]


async def test_a_slow_upload_is_waited_for_within_a_bound(desk: Desk, clock: ManualClock) -> None:
    await desk.turns.name_source("C1", "F", "F0123")
    desk.assets.fate = lambda asset: dataclasses.replace(asset, state=AssetState.PUTTING)
    waiting = asyncio.create_task(upload(desk, "F1"))
    while not clock.sleeping:  # noqa: ASYNC110 - a clock has no event
        await asyncio.sleep(0)
    clock.advance(PATIENCE_SECONDS + 1)
    assert await waiting == Failed("still_uploading", NOT_YET)
    assert desk.assets.told_later == ["asset0"]


@pytest.mark.parametrize("state", [AssetState.PUTTING, AssetState.READY])
async def test_nothing_is_made_of_a_file_whose_request_was_taken_back(desk: Desk, state: AssetState) -> None:
    await desk.turns.name_source("C1", "F", "F0123")
    fate = desk.assets.fate
    desk.assets.fate = lambda asset: dataclasses.replace(fate(asset), state=state)
    desk.turns.interrupt(Interruption.DELETED, "row_call_1.ts")
    outcome = await desk.translate("French", source="F1")
    assert isinstance(outcome, Failed)
    assert outcome.code == "interrupted"
    assert not desk.jobs.submissions


async def test_a_file_that_is_forgotten_meanwhile(
    turns: FakeTurnStore, accounts: FakeAccounts, spending: Spending, clock: ManualClock, desk: Desk
) -> None:
    class Forgetful(FakeAssetStore):
        async def asset(self, asset_id: str) -> None:  # type: ignore[override]
            return None

    await turns.name_source("C1", "F", "F0123")
    known = {"turns": turns, "accounts": accounts, "spending": spending, "clock": clock}
    adding = Adding(assets=Forgetful(clock), kick=lambda: None, **known)  # type: ignore[arg-type]
    desk.toolbox = type(desk.toolbox)(adding.tools())
    outcome = await upload(desk, "F1")
    assert isinstance(outcome, Failed)
    assert outcome.code == "file_gone"


def test_a_slack_file_is_the_same_one_in_every_call_and_a_link_is_not() -> None:
    slack = [source_key("T1", "A1", Origin.SLACK, "F1", call) for call in ("one", "two")]
    links = [source_key("T1", "A1", Origin.LINK, LINK, call) for call in ("one", "two")]
    assert (len(set(slack)), len(set(links))) == (1, 2)
    assert source_key("T1", "A2", Origin.SLACK, "F1", "one") != slack[0]
