"""What is written beside a session: in batches, in order, again when it failed, and never twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from agent.errors import LeaseLost
from agent.live.ports import NewLine
from agent.live.records import CommandKind, LiveState, Manner, Speaker
from agent.live.scribe import BATCH_SECONDS, TRIES, Scribe
from agent.live.tenure import Tenure
from tests.support.clock import ManualClock
from tests.support.live_store import OPERATOR, REQUESTER, FakeLiveStore


class World:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = FakeLiveStore(self.clock)
        self.store.offer(state=LiveState.LIVE)
        self.tenure: Any = None
        self.scribe: Any = None
        self.running: asyncio.Task[None] | None = None

    async def open(self) -> World:
        joined = await self.store.join("live_1", REQUESTER)
        assert joined is not None
        self.tenure = Tenure(self.store, joined[0])
        self.scribe = Scribe(self.store, self.tenure, self.clock)
        self.running = asyncio.create_task(self.scribe.run())
        return self

    def note(self, *texts: str) -> None:
        for text in texts:
            line = NewLine(at=self.clock.now(), speaker=Speaker.VISITOR, manner=Manner.VOICE, text=text)
            self.scribe.note(line)

    async def wait(self, seconds: float = 0.0) -> None:
        await self._rest()
        self.clock.advance(seconds)
        await self._rest()

    async def _rest(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def until(self, met: Callable[[], Any]) -> None:
        async with asyncio.timeout(5):
            while not met():
                await self.wait(0.5)

    @property
    def row(self) -> Any:
        return self.store.rows["live_1"]

    @property
    def texts(self) -> list[str]:
        return [line.text for line in self.row.lines]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = await World().open()
    yield made
    assert made.running is not None
    made.running.cancel()
    await asyncio.wait({made.running})


async def test_lines_of_a_second_are_written_at_once(world: World) -> None:
    world.note("one")
    await world.wait(BATCH_SECONDS / 2)
    world.note("two")
    await world.wait(BATCH_SECONDS / 2 - 0.01)
    assert world.texts == []
    await world.wait(0.02)
    world.note("three")
    await world.wait(BATCH_SECONDS)
    assert world.texts == ["one", "two", "three"]
    assert world.row.batches == [2, 1]


async def test_what_is_no_line_does_not_wait_for_them(world: World) -> None:
    world.note("one")
    await world.wait(0.1)
    world.scribe.set_mode(LiveState.HUMAN_TAKEOVER, OPERATOR, False)
    world.scribe.done(world.store.order(CommandKind.SAY, "Hello."), "white_check_mark")
    await world.wait()
    assert world.row.session.taken_by == OPERATOR
    assert world.row.reactions == [("Hello.", "white_check_mark")]
    assert world.texts == []


async def test_what_failed_is_written_again_and_only_once(world: World) -> None:
    world.store.broken = {"add_lines"}
    world.note("one")
    await world.wait(BATCH_SECONDS)
    world.note("two")
    await world.wait(BATCH_SECONDS)
    world.store.broken = set()
    await world.until(lambda: world.texts)
    assert world.texts == ["one", "two"]


async def test_what_never_works_does_not_keep_back_the_rest(world: World) -> None:
    world.scribe.set_mode(LiveState.HUMAN_TAKEOVER, None, False)  # no such mode
    world.note("one")
    for _ in range(TRIES + 2):
        await world.wait(1.0)
    await world.until(lambda: world.texts)
    assert world.texts == ["one"]


async def test_flushing_writes_everything_at_once_and_nothing_twice(world: World) -> None:
    world.note("one", "two")
    await world.wait(0.1)
    await world.scribe.flush()
    assert world.texts == ["one", "two"]
    await world.wait(BATCH_SECONDS)
    assert world.texts == ["one", "two"]


async def test_flushing_while_it_writes_waits_for_that(world: World) -> None:
    gate = asyncio.Event()
    world.note("one")
    await world.wait(BATCH_SECONDS / 2)
    world.store.stuck = gate
    await world.wait(BATCH_SECONDS / 2)  # it is writing now
    flushing = asyncio.create_task(world.scribe.flush())
    await world.wait()
    world.store.stuck = None
    gate.set()
    await flushing
    await world.wait()
    assert world.texts == ["one"]


async def test_who_has_lost_the_session_writes_nothing_more(world: World) -> None:
    world.store.seize()
    world.note("one")
    await world.wait(BATCH_SECONDS)
    assert world.running is not None
    with pytest.raises(LeaseLost):
        await world.running
    assert world.texts == []


async def test_a_viewer_who_comes_again_changes_the_lease_under_the_writes(world: World) -> None:
    assert await world.tenure.join_again("U2") is None
    joined = await world.tenure.join_again(REQUESTER)
    assert joined is not None
    world.note("one")
    await world.wait(BATCH_SECONDS)
    assert world.texts == ["one"]
