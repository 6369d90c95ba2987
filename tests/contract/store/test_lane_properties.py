"""Whatever happens in whatever order: each event is worked on once, in order, by one worker at a time."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.errors import LeaseLost
from agent.records import InboxRow, Lease
from bot.store import Store
from bot.store.inbox import Accepted, Duplicate
from tests.support.clock import ManualClock
from tests.support.store_steps import LEASE, claiming_as, event, new_store, running, sqlite_url

pytestmark = pytest.mark.full

WORKERS = st.sampled_from(["first", "second"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("accept"), st.integers(0, 2), st.integers(0, 7)),
        st.tuples(st.just("claim"), WORKERS),
        st.tuples(st.sampled_from(["take", "finish", "park", "release"]), WORKERS, st.integers(0, 2)),
        st.tuples(st.just("advance"), st.sampled_from([1.0, LEASE / 2, LEASE])),
        st.tuples(st.just("beat")),
    ),
    max_size=40,
)


class Play:
    """Performs steps on a store and checks after each what must be true."""

    def __init__(self, store: Store, clock: ManualClock) -> None:
        self.store = store
        self.clock = clock
        self.accepted: dict[str, list[str]] = defaultdict(list)
        self.finished: dict[str, list[str]] = defaultdict(list)
        self.leases: dict[tuple[str, str], Lease] = {}
        self.current: dict[Lease, InboxRow] = {}
        self.epochs: dict[str, int] = defaultdict(int)

    def lease(self, worker: str, number: int) -> Lease | None:
        """Some lease that this worker believes it has."""
        own = [lease for (owner, _), lease in sorted(self.leases.items()) if owner == worker]
        return own[number % len(own)] if own else None

    async def accept(self, thread: int, number: int) -> None:
        name = f"{thread}-{number}"
        answer = await self.store.lanes.accept(event(name, thread_ts=f"{thread}.0"))
        known = any(name in names for names in self.accepted.values())
        assert isinstance(answer, Duplicate if known else Accepted)
        if isinstance(answer, Accepted):
            self.accepted[answer.conversation_id].append(name)

    async def claim(self, worker: str) -> None:
        with claiming_as(self.store, worker):
            for lease in await self.store.lanes.claim(2):
                self.epochs[lease.id] += 1
                assert lease.epoch == self.epochs[lease.id]
                self.leases[worker, lease.id] = lease

    async def act(self, action: str, lease: Lease) -> None:
        """Only the newest lease of a lane may do anything; an older one is refused."""
        newest = lease.epoch == self.epochs[lease.id]
        try:
            kept = await self._perform(action, lease)
        except LeaseLost:
            assert not newest
            kept = False
        else:
            assert newest
        if not kept:
            del self.leases[lease.owner, lease.id]
            self.current.pop(lease, None)

    async def _perform(self, action: str, lease: Lease) -> bool:
        if action == "finish" and lease in self.current:
            done = self.current[lease]
            await self.store.lanes.finish_row(lease, done)
            if done.id not in self.finished[lease.id]:
                self.finished[lease.id].append(done.id)
            return True
        if action in ("take", "finish"):
            row = await self.store.lanes.next_row(lease)
            if row is not None:
                self.current[lease] = row
            return row is not None
        if action == "park":
            await self.store.lanes.park(lease, self.clock.now() + 5)
        else:
            await self.store.lanes.release(lease)
        return False

    async def drain(self) -> None:
        """Everybody gone, one worker clears what is left."""
        self.clock.advance(LEASE * 2)
        while leases := await self.store.lanes.claim(10):
            for lease in leases:
                while row := await self.store.lanes.next_row(lease):
                    await self.store.lanes.finish_row(lease, row)
                    self.finished[lease.id].append(row.id)

    async def step(self, step: tuple[object, ...]) -> None:
        match step:
            case ("accept", int(thread), int(number)):
                await self.accept(thread, number)
            case ("claim", str(worker)):
                await self.claim(worker)
            case ("advance", float(seconds)):
                self.clock.advance(seconds)
            case ("beat",):
                await self.store.claims.extend()
            case (str(action), str(worker), int(number)) if lease := self.lease(worker, number):
                await self.act(action, lease)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
async def test_lanes_keep_their_promises(sqlite_file: Path, steps: list[tuple[object, ...]]) -> None:
    clock = ManualClock()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(sqlite_file, folder)  # making the tables takes longer than what happens in them
        async with running(new_store(sqlite_url(Path(folder)), clock)) as store:
            play = Play(store, clock)
            for step in steps:
                await play.step(step)
            await play.drain()
    assert play.finished == play.accepted
