"""What becomes of a lane when handling its row fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy.exc import OperationalError

from agent.errors import LeaseLost
from agent.formats import NewerWord
from agent.records import InboxRow, Lease
from agent.rights import Role
from agent.runner import Parked, Runner
from bot.lane_worker import CRASHES_FORGIVEN, LANES_AT_FIRST, LANES_AT_LEAST, LaneWorker
from bot.posts import Posts
from bot.store import Store
from bot.store.claims import REST_SECONDS
from tests.support.clock import ManualClock
from tests.support.store_steps import accept, new_store, running, sqlite_url


class FailingRunner:
    """Raises `error` for every row."""

    def __init__(self, error: BaseException) -> None:
        self.error = error
        self.runs = 0
        self.abandoned = 0

    async def run(self, lease: Lease, row: InboxRow) -> Parked | None:
        self.runs += 1
        raise self.error

    async def abandon(self, lease: Lease, row: InboxRow) -> bool:
        self.abandoned += 1
        return False


class NoRoles:
    """Nobody has been appointed to anything."""

    def appointed(self, workspace_id: str, user_id: str) -> frozenset[Role]:
        return frozenset()

    def anybody_approves(self, workspace_id: str) -> bool:
        return True


NOBODY = NoRoles()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def store(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Store]:
    async with running(new_store(sqlite_url(tmp_path), clock)) as started:
        yield started


class LosingRunner(FailingRunner):
    """Loses every lane as long as it is to."""

    def __init__(self, store: Store) -> None:
        super().__init__(LeaseLost("somebody else's"))
        self.store, self.lost = store, True

    async def run(self, lease: Lease, row: InboxRow) -> Parked | None:
        if self.lost:
            raise self.error
        await self.store.lanes.finish_row(lease, row)
        return None


def worker(store: Store, clock: ManualClock, runner: Any, limit: int = 50, *, crowded: bool = False) -> LaneWorker:
    return LaneWorker(
        lanes=store.lanes,
        jobs=store.jobs,
        outbox=Posts(store, lambda: None),
        cancels=store.cancellations,
        approvals=store.approvals,
        batches=store.batches,
        roles=NOBODY,
        runner=cast("Runner", runner),
        clock=clock,
        kick=lambda: None,
        limit=limit,
        crowded=lambda: crowded,
    )


async def rounds(store: Store, clock: ManualClock, runner: FailingRunner, count: int) -> None:
    """Let so many rounds come to their end, far enough apart that the lane is free again."""
    own = worker(store, clock, runner)
    for _ in range(count):
        await own.round()
        await own.stop(5.0)
        clock.advance(60.0)


async def test_a_lane_is_free_soon_after_the_database_failed(store: Store, clock: ManualClock) -> None:
    await accept(store, "Ev1")
    own = worker(store, clock, FailingRunner(OperationalError("select", None, Exception())))
    await own.round()
    await own.stop(5.0)
    assert await store.lanes.claim(1) == []
    clock.advance(REST_SECONDS)
    assert len(await store.lanes.claim(1)) == 1


async def test_the_databases_failures_do_not_count_against_the_row(store: Store, clock: ManualClock) -> None:
    await accept(store, "Ev1")
    runner = FailingRunner(OperationalError("select", None, Exception()))
    await rounds(store, clock, runner, CRASHES_FORGIVEN + 2)
    assert (runner.runs, runner.abandoned) == (CRASHES_FORGIVEN + 2, 0)


async def test_our_own_failures_do(store: Store, clock: ManualClock) -> None:
    await accept(store, "Ev1")
    runner = FailingRunner(RuntimeError())
    await rounds(store, clock, runner, CRASHES_FORGIVEN + 2)
    assert (runner.runs, runner.abandoned) == (CRASHES_FORGIVEN, 1)


async def test_a_lane_is_free_at_once_after_a_stop(store: Store, clock: ManualClock) -> None:
    await accept(store, "Ev1")
    own = worker(store, clock, FailingRunner(asyncio.CancelledError()))
    await own.round()
    await own.stop(5.0)
    assert len(await store.lanes.claim(1)) == 1


async def test_who_loses_its_lanes_takes_fewer_until_it_gets_through(store: Store, clock: ManualClock) -> None:
    for number in range(30):
        await accept(store, f"Ev{number}", thread_ts=f"{number}.0")
    runner = LosingRunner(store)
    own = worker(store, clock, runner, limit=15)

    async def taken() -> int:
        started = await own.round()
        await own.stop(5.0)
        clock.advance(60.0)
        return started

    assert [await taken() for _ in range(2)] == [15, LANES_AT_LEAST]
    runner.lost = False
    assert [await taken() for _ in range(3)] == [LANES_AT_LEAST, 2 * LANES_AT_LEAST, 15]


async def test_who_has_just_started_takes_a_few_first(store: Store, clock: ManualClock) -> None:
    for number in range(LANES_AT_FIRST + 3):
        await accept(store, f"Ev{number}", thread_ts=f"{number}.0")
    own = worker(store, clock, LosingRunner(store))
    assert await own.round() == LANES_AT_FIRST
    await own.stop(5.0)


async def test_what_only_a_newer_version_knows_is_left_to_it(store: Store, clock: ManualClock) -> None:
    await accept(store, "Ev1")
    runner = FailingRunner(NewerWord("no such word here"))
    await rounds(store, clock, runner, CRASHES_FORGIVEN + 2)
    assert (runner.runs, runner.abandoned) == (1, 0)


async def test_work_makes_room_while_many_wait_for_an_answer(store: Store, clock: ManualClock) -> None:
    for number in range(LANES_AT_LEAST + 3):
        await accept(store, f"Ev{number}", thread_ts=f"{number}.0")
    own = worker(store, clock, LosingRunner(store), crowded=True)
    assert await own.round() == LANES_AT_LEAST
    await own.stop(5.0)
