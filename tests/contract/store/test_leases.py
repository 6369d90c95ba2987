"""A process keeps what it works on, gives back what failed, and notices what it has lost."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
import sqlalchemy as sa

from agent.errors import LeaseLost
from agent.records import DeliveryKind, Lease
from bot.store import Store
from bot.store.claims import LONGEST_LANE, LONGEST_OTHER, REST_SECONDS
from bot.store.database import POSTGRES_CONNECTIONS
from bot.store.outbox import NewDelivery
from bot.store.schema import lane
from tests.support.clock import ManualClock
from tests.support.store_steps import LEASE, accept, claim_lane, claiming_as, intend, open_row, run_jobs

BEAT = LEASE / 4


async def beat_for(store: Store, clock: ManualClock, seconds: float) -> None:
    """Let the heart beat for so long."""
    for _ in range(int(seconds / BEAT)):
        clock.advance(BEAT)
        await store.claims.extend()


async def claimed_lane(store: Store) -> Lease:
    await accept(store, "Ev1")
    return await claim_lane(store)


async def fail(store: Store, lease: Lease, error: BaseException) -> None:
    """Work on a lane that ends with `error`."""
    with pytest.raises(type(error)):
        async with store.lanes.work(lease):
            raise error


async def test_the_heartbeat_keeps_what_is_worked_on(store: Store, clock: ManualClock) -> None:
    lease = await claimed_lane(store)
    await beat_for(store, clock, LEASE * 3)
    assert await store.lanes.claim(10) == []
    store.turns.assure(lease)


async def test_the_heartbeat_leaves_alone_what_was_given_back(store: Store) -> None:
    await store.lanes.release(await claimed_lane(store))
    assert await store.claims.extend() == 0


async def test_the_heartbeat_revives_nothing_that_somebody_else_took(store: Store, clock: ManualClock) -> None:
    lease = await claimed_lane(store)
    taken = sa.update(lane).values(owner="second", epoch=lane.c.epoch + 1, lease_until=clock.now() + 1)
    async with store.database.transaction("test") as connection:
        await connection.execute(taken)
    assert await store.claims.extend() == 0
    clock.advance(1)
    assert (await claim_lane(store)).epoch == lease.epoch + 2


async def test_the_heartbeat_knows_its_own_claim_from_an_earlier_one(store: Store, clock: ManualClock) -> None:
    first = await claimed_lane(store)
    clock.advance(LEASE)
    second = await claim_lane(store)
    assert await store.claims.extend() == 1
    store.turns.assure(second)
    with pytest.raises(LeaseLost):
        store.turns.assure(first)


async def test_what_is_lost_is_forgotten(store: Store) -> None:
    lease = await claimed_lane(store)
    await store.lanes.release(lease)
    for _ in range(2):
        await store.claims.extend()
    with pytest.raises(LeaseLost):
        store.turns.assure(lease)


async def test_a_lane_that_hangs_loses_its_lease(store: Store, clock: ManualClock) -> None:
    lease = await claimed_lane(store)
    await beat_for(store, clock, LONGEST_LANE + LEASE + 2 * BEAT)
    assert (await claim_lane(store)).epoch == lease.epoch + 1


async def test_a_busy_lane_keeps_its_lease_while_it_gets_on(store: Store, clock: ManualClock) -> None:
    lease = await claimed_lane(store)
    await beat_for(store, clock, LONGEST_LANE - LEASE)
    await store.lanes.next_row(lease)
    await beat_for(store, clock, LEASE * 3)
    assert await store.lanes.claim(10) == []


async def test_a_job_that_hangs_is_read_by_somebody_else(store: Store, clock: ManualClock) -> None:
    await run_jobs(store)
    ((lease, _),) = await store.jobs.claim_due_jobs(10)
    await beat_for(store, clock, LONGEST_OTHER - BEAT)
    assert await store.jobs.claim_due_jobs(10) == []
    await beat_for(store, clock, LEASE + 3 * BEAT)
    ((again, _),) = await store.jobs.claim_due_jobs(10)
    assert again.epoch == lease.epoch + 1


async def test_what_fails_is_given_back_after_a_rest(store: Store, clock: ManualClock) -> None:
    lease, row = await open_row(store)
    await fail(store, lease, RuntimeError())
    assert await store.lanes.claim(10) == []
    clock.advance(REST_SECONDS)
    assert await store.lanes.next_row(await claim_lane(store)) == row


async def test_what_is_interrupted_is_given_back_at_once(store: Store) -> None:
    lease = await claimed_lane(store)
    await fail(store, lease, asyncio.CancelledError())
    assert (await claim_lane(store)).epoch == lease.epoch + 1


async def test_what_failing_work_has_claimed_is_given_back_too(store: Store, clock: ManualClock) -> None:
    submission = await intend(store)

    async def claim_and_fail() -> None:
        async with store.claims.work(), asyncio.TaskGroup() as group:
            await group.create_task(store.jobs.claim_submission(submission.id))
            raise RuntimeError

    with pytest.raises(ExceptionGroup):
        await claim_and_fail()
    clock.advance(REST_SECONDS)
    assert await store.jobs.claim_submission(submission.id) is not None


async def test_what_work_hands_on_stays_held(store: Store, clock: ManualClock) -> None:
    await accept(store, "Ev1")
    async with store.claims.work(hand_on=True):
        lease = await claim_lane(store)
    await beat_for(store, clock, LEASE * 2)
    store.turns.assure(lease)


async def test_what_work_forgets_to_release_is_not_kept_from_others(store: Store, clock: ManualClock) -> None:
    await accept(store, "Ev1")
    async with store.claims.work():
        lease = await claim_lane(store)
    await beat_for(store, clock, LEASE)
    assert (await claim_lane(store)).epoch == lease.epoch + 1


async def test_a_lease_that_was_doubted_is_not_extended_any_more(store: Store, clock: ManualClock) -> None:
    lease = await claimed_lane(store)
    clock.advance(LEASE)
    with pytest.raises(LeaseLost):
        store.turns.assure(lease)
    assert await store.claims.extend() == 0


async def test_failing_work_gives_back_nothing_of_others(store: Store, clock: ManualClock) -> None:
    lease = await claimed_lane(store)
    clock.advance(LEASE)
    with claiming_as(store, "second"):
        await claim_lane(store)
    await fail(store, lease, RuntimeError())
    clock.advance(REST_SECONDS)
    assert await store.lanes.claim(10) == []


async def test_a_claim_that_was_rolled_back_is_not_extended(store: Store) -> None:
    await accept(store, "Ev1")

    async def claim_and_fail() -> None:
        async with store.database.transaction("test") as connection:
            await store.claims.take(connection, lane, sa.true(), order_by=[lane.c.id], limit=1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await claim_and_fail()
    assert await store.claims.extend() == 0
    assert (await claim_lane(store)).epoch == 1


async def test_an_effect_is_not_begun_after_the_lease(store: Store, clock: ManualClock) -> None:
    await store.deliveries.enqueue(NewDelivery(await accept(store, "Ev1"), DeliveryKind.NOTICE, "a"))
    ((lease, _, _),) = await store.deliveries.claim_due(10)
    clock.advance(LEASE - 0.1)
    store.deliveries.assure(lease)
    clock.advance(0.1)
    with pytest.raises(LeaseLost):
        store.deliveries.assure(lease)


async def test_a_park_until_the_past_lasts_a_moment(store: Store, clock: ManualClock) -> None:
    lease = await claimed_lane(store)
    await store.lanes.park(lease, clock.now() - 5)
    assert await store.lanes.claim(10) == []
    clock.advance(1)
    assert (await claim_lane(store)).id == lease.id


async def test_the_heartbeat_waits_neither_for_writers_nor_for_readers(store: Store, clock: ManualClock) -> None:
    lease = await claimed_lane(store)
    clock.advance(BEAT)
    async with contextlib.AsyncExitStack() as busy:
        if not store.database.single_process:  # SQLite has one writer, and whoever writes is to be waited for
            for _ in range(POSTGRES_CONNECTIONS):
                await busy.enter_async_context(store.database.reading())
        assert await store.claims.extend() == 1
    store.turns.assure(lease)
