"""A lane while a live session runs in its thread: what is passed on, what stays an ordinary turn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from agent.live.records import CommandKind
from agent.records import InboxRow, Lease
from agent.rights import Role
from agent.runner import Runner
from bot.lane_worker import LaneWorker
from bot.posts import Posts
from bot.slack.live_relay import LiveRelay
from bot.store import Store
from tests.support import live_rows
from tests.support.clock import ManualClock
from tests.support.live_rows import OPERATOR, REQUESTER
from tests.support.store_steps import accept, new_store, running, sqlite_url
from tests.unit.bot.test_lane_worker_cancelling import NotingRunner


class OneOperator:
    """Who may steer."""

    def appointed(self, workspace_id: str, user_id: str) -> frozenset[Role]:
        return frozenset({Role.OPERATOR}) if user_id == OPERATOR else frozenset()

    def anybody_approves(self, workspace_id: str) -> bool:
        return True


class Lane:
    """A thread of the requester's in which a session may run."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.runner = NotingRunner(store)
        roles = OneOperator()
        self.worker = LaneWorker(
            lanes=store.lanes,
            jobs=store.jobs,
            outbox=Posts(store, lambda: None),
            cancels=store.cancellations,
            approvals=store.approvals,
            batches=store.batches,
            roles=roles,
            runner=cast("Runner", self.runner),
            clock=store.clock,
            kick=lambda: None,
            relay=LiveRelay(live=store.live, notices=store.deliveries, roles=roles, kick=lambda: None),
        )
        self.session: Lease

    async def open(self) -> None:
        """A session talks in the thread."""
        self.session = await live_rows.running(self.store)

    async def happen(self, event: str, kind: str = "message", **payload: Any) -> None:
        body = {"user": REQUESTER, "text": "Hello?", "files": [], "mentioned": False, "ts": f"ts-{event}"} | payload
        await accept(self.store, event, thread_ts="Ev1.0", opens=False, kind=kind, payload=body)

    async def work(self) -> list[InboxRow]:
        """Handle what waits; what became a turn."""
        (lease,) = await self.store.lanes.claim(1)
        while row := await self.store.lanes.next_row(lease):
            await self.worker.handle(lease, row)
        return self.runner.rows

    async def passed(self) -> list[tuple[CommandKind, str]]:
        return [(one.kind, one.text) for one in await self.store.live.commands(self.session)]


@pytest.fixture
async def lane(tmp_path: Path) -> AsyncIterator[Lane]:
    async with running(new_store(sqlite_url(tmp_path), ManualClock())) as store:
        lane = Lane(store)
        await lane.open()
        yield lane


async def test_messages_are_passed_on_in_their_order_and_done(lane: Lane) -> None:
    await lane.happen("Ev2")
    await lane.happen("Ev3", text="be brief", user=OPERATOR)
    assert await lane.work() == []
    assert await lane.passed() == [(CommandKind.ASK, "Hello?"), (CommandKind.WHISPER, "be brief")]


async def test_a_mention_is_an_ordinary_turn(lane: Lane) -> None:
    await lane.happen("Ev2", mentioned=True)
    assert [row.id for row in await lane.work()] == ["Ev2"]
    assert await lane.passed() == []


async def test_an_edit_before_it_was_passed_on_counts(lane: Lane) -> None:
    await lane.happen("Ev2")
    await lane.happen("Ev3", kind="message_changed", ts="ts-Ev2", text="Hello there?")
    assert await lane.work() == []
    assert await lane.passed() == [(CommandKind.ASK, "Hello there?")]


@pytest.mark.parametrize("kind", ["message_changed", "message_deleted"])
async def test_what_was_passed_on_stays_so_whatever_becomes_of_its_message(lane: Lane, kind: str) -> None:
    await lane.happen("Ev2")
    await lane.work()
    await lane.happen("Ev3", kind=kind, ts="ts-Ev2", text="Something else")
    assert await lane.work() == []
    assert await lane.passed() == [(CommandKind.ASK, "Hello?")]
    assert await lane.store.deliveries.find("notice:edited:Ev3") is None


async def test_what_was_deleted_before_is_not_passed_on(lane: Lane) -> None:
    await lane.happen("Ev2")
    await lane.happen("Ev3", kind="message_deleted", ts="ts-Ev2")
    assert await lane.work() == []
    assert await lane.passed() == []


async def test_a_turn_that_had_begun_goes_on(lane: Lane) -> None:
    await lane.happen("Ev2")
    (lease,) = await lane.store.lanes.claim(1)
    row = await lane.store.lanes.next_row(lease)
    assert row is not None
    await lane.store.turns.begin_turn(lease, row, origin="message", requester=REQUESTER, items=[])
    await lane.store.lanes.release(lease)
    await lane.work()
    assert [row.id for row in lane.runner.rows] == ["Ev2"]
    assert await lane.passed() == []


async def test_after_the_end_messages_are_ordinary_turns_again(lane: Lane) -> None:
    await lane.store.live.stopped(lane.session, credits=None, seconds=5.0)
    await lane.happen("Ev2")
    assert [row.id for row in await lane.work()] == ["Ev2"]


async def test_a_press_that_asks_for_an_avatar_is_a_call_of_the_tool(lane: Lane) -> None:
    await lane.happen("Ev2", kind="action", name="escalate", text="[pressed]")
    (row,) = await lane.work()
    assert (row.kind, row.payload["name"], row.payload["arguments"]) == ("command", "start_live_avatar", {})
    assert row.payload["text"] == "[pressed]"
