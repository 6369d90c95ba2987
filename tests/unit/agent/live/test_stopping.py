"""The stop of a session: its row first, LiveAvatar whatever the row, then what it cost."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from agent.errors import LeaseLost
from agent.live import stopping
from agent.live.records import LiveEnd, LiveSession, LiveState
from agent.live.stopping import WAITS, Stopper
from agent.live.tenure import Tenure
from heygen import ConnectionFailed, HeyGenError
from heygen.live import SessionRecord, StopReason
from tests.support.clock import ManualClock
from tests.support.live_store import MINUTE, REQUESTER, FakeLiveStore

FAILURE = ConnectionFailed(operation="liveSessionStop", sent=None, outcome_unknown=True, retryable=True)


class FakeLiveAvatar:
    """Stops what it is told to, after `failures`; tells `record` of it."""

    def __init__(self) -> None:
        self.failures: list[HeyGenError] = []
        self.stops: list[tuple[str, StopReason]] = []
        self.record: SessionRecord | HeyGenError = SessionRecord(
            id="s1", duration=70.0, credits=Decimal(2), end_reason="USER_CLOSED"
        )

    async def client(self, account_id: str) -> FakeLiveAvatar:
        return self

    async def stop_session(self, session_id: str, reason: StopReason) -> bool:
        self.stops.append((session_id, reason))
        if self.failures:
            raise self.failures.pop(0)
        return True

    async def get_session(self, session_id: str) -> SessionRecord:
        if isinstance(self.record, HeyGenError):
            raise self.record
        return self.record


class World:
    def __init__(self, **fields: Any) -> None:
        self.clock = ManualClock()
        self.store = FakeLiveStore(self.clock)
        started = {"state": LiveState.LIVE, "started_at": self.clock.now() - 70.0, "provider_session_id": "s1"}
        self.store.offer(**(started | fields))
        self.live = FakeLiveAvatar()
        self.flushed: list[int] = []

    async def stop(self, end: LiveEnd = LiveEnd.VISITOR) -> LiveSession | None:
        joined = await self.store.join("live_1", REQUESTER)
        assert joined is not None
        lease, session, _ = joined
        stopper = Stopper(self.store, self.live, self.clock)  # type: ignore[arg-type]
        work = asyncio.create_task(stopper.stop(Tenure(self.store, lease), session, end, REQUESTER, self.flush))
        async with asyncio.timeout(10):
            while not work.done():
                await asyncio.sleep(0.001)
                self.clock.advance(0.5)
        return await work

    async def flush(self) -> None:
        self.flushed.append(len(self.live.stops))


async def test_it_is_stopped_and_settled_by_what_liveavatar_tells() -> None:
    world = World()
    session = await world.stop()
    assert session is not None
    assert (session.state, session.end, session.ended_by) == (LiveState.ENDED, LiveEnd.VISITOR, REQUESTER)
    assert (session.credits, session.charged) == (Decimal(2), 2 * MINUTE)
    assert world.live.stops == [("s1", StopReason.USER_CLOSED)]
    assert world.flushed == [1]  # what was said is written after the stop and before the bill


async def test_one_that_never_started_needs_no_stop() -> None:
    world = World(state=LiveState.JOINED, started_at=None, provider_session_id=None)
    session = await world.stop(LiveEnd.NOT_STARTED)
    assert session is not None
    assert (session.state, session.charged) == (LiveState.ENDED, 0)
    assert world.live.stops == []


@pytest.mark.parametrize("failures", [1, len(WAITS)])
async def test_a_stop_that_fails_is_repeated(failures: int) -> None:
    world = World()
    world.live.failures = [FAILURE] * failures
    assert await world.stop() is not None
    assert len(world.live.stops) == failures + 1


async def test_a_stop_that_fails_for_long_is_left_for_later_but_what_was_said_is_written() -> None:
    world = World()
    world.live.failures = [FAILURE] * 100
    assert await world.stop() is None
    assert world.store.rows["live_1"].session.state is LiveState.CLOSING
    assert len(world.live.stops) == len(WAITS) + 1
    assert world.flushed == [len(WAITS) + 1]


async def test_who_has_lost_the_session_does_not_touch_it() -> None:
    world = World()
    world.store.on("closing", world.store.seize)
    with pytest.raises(LeaseLost):
        await world.stop()
    assert world.live.stops == []


@pytest.mark.parametrize(
    ("record", "end", "charged"),
    [
        (FAILURE, LiveEnd.VISITOR, 2 * MINUTE),  # by our own count
        (SessionRecord(id="s1", duration=0.0, credits=Decimal(1)), LiveEnd.NOT_STARTED, MINUTE),
        (SessionRecord(id="s1", duration=0.0, credits=Decimal(0)), LiveEnd.NOT_STARTED, 0),
        (SessionRecord(id="s1", duration=None, credits=None), LiveEnd.NOT_STARTED, 0),
        (SessionRecord(id="s1", duration=30.0, credits=Decimal(1)), LiveEnd.VISITOR, 2 * MINUTE),  # not over yet
    ],
)
async def test_what_it_cost(record: Any, end: LiveEnd, charged: int) -> None:
    world = World()
    world.live.record = record
    session = await world.stop(end)
    assert session is not None
    assert session.charged == charged


@pytest.mark.parametrize("broken", ["closing", "stopped"])
async def test_a_database_that_fails_keeps_nothing_running(broken: str) -> None:
    world = World()
    world.store.broken = {broken}
    assert (await world.stop() is None) is (broken == "stopped")
    assert len(world.live.stops) == 1


async def test_a_database_that_hangs_keeps_nothing_running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "ROW_SECONDS", 0.05)
    world = World()
    gate = asyncio.Event()
    world.store.on("closing", lambda: setattr(world.store, "stuck", gate))

    async def hang() -> None:
        await gate.wait()

    world.flush = hang  # type: ignore[method-assign]
    assert await world.stop() is None
    assert len(world.live.stops) == 1
