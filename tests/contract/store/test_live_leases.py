"""Who has a live session: kept while it is worked on, taken along by its viewer, found when nobody has it any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from agent.errors import LeaseLost
from agent.live.records import PAID_STATES, LiveCommand, LiveEnd, LiveState
from agent.records import Lease
from bot.notify import PostgresNotifier
from bot.store import Store
from bot.store.claims import LONGEST_LIVE
from bot.store.live_owned import OVERDUE_SECONDS
from bot.store.schema import live_session
from tests.support import postgres
from tests.support.clock import ManualClock
from tests.support.ids import NamedIds
from tests.support.live_rows import (
    ACCESS,
    MAXIMUM,
    REQUESTER,
    ask,
    closing,
    join,
    joined,
    line,
    offer,
    running,
    say,
    started,
    take_over,
)
from tests.support.store_steps import LEASE, claiming_as, everything, new_store
from tests.support.store_steps import running as up

BEAT = LEASE / 4
COMMAND = LiveCommand(
    id="live_command_1", session_id="", seq=1, kind="ask", actor="U1", text="", message_ts="5.0", created_at=0.0
)
Write = Callable[[Store, Lease], Awaitable[Any]]
WRITES: dict[str, Write] = {
    "starting": lambda store, lease: store.live.starting(lease, f"p-{lease.id}"),
    "live": lambda store, lease: store.live.live(lease, ACCESS, usable_seconds=60.0),
    "set_mode": lambda store, lease: store.live.set_mode(lease, LiveState.LIVE, taken_by=None, muted=True),
    "viewer_left": lambda store, lease: store.live.viewer_left(lease),
    "add_lines": lambda store, lease: store.live.add_lines(lease, [line("Hello")]),
    "commands": lambda store, lease: store.live.commands(lease),
    "command_done": lambda store, lease: store.live.command_done(lease, COMMAND, reaction="eyes"),
    "closing": lambda store, lease: store.live.closing(lease, LiveEnd.VISITOR),
    "stopped": lambda store, lease: store.live.stopped(lease, credits=Decimal(1), seconds=1.0),
}
EARLY = [pytest.param(begin, marks=pytest.mark.full) for begin in (joined, started)]
STATES = [joined, started, running, closing]


async def beat_for(store: Store, clock: ManualClock, seconds: float, beat: float = BEAT) -> None:
    """Let the heart beat for so long."""
    for _ in range(int(seconds / beat)):
        clock.advance(beat)
        await store.claims.extend()


async def refused(store: Store, write: Awaitable[Any]) -> None:
    """`write` raises and leaves every table as it was."""
    before = await everything(store)
    with pytest.raises(LeaseLost):
        await write
    assert await everything(store) == before


async def expire(store: Store, lease: Lease) -> None:
    """Its owner has been silent for too long."""
    async with store.database.transaction("test.expire") as connection:
        row = live_session.c.id == lease.id
        await connection.execute(sa.update(live_session).where(row).values(lease_until=store.clock.now()))


# -- the fence -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("begin", [*EARLY, running])
async def test_who_lost_it_to_the_viewers_new_page_changes_nothing(store: Store, name: str, begin: Any) -> None:
    lease: Lease = await begin(store)
    await ask(store, lease.id)
    with claiming_as(store, "second"):
        assert await store.live.join(lease.id, REQUESTER) is not None
    await refused(store, WRITES[name](store, lease))


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("begin", [started, running, closing])
@pytest.mark.full
async def test_who_lost_it_to_the_sweep_changes_nothing(store: Store, name: str, begin: Any) -> None:
    lease: Lease = await begin(store)
    await expire(store, lease)
    with claiming_as(store, "second"):
        assert len(await store.live.orphans(10)) == 1
    await refused(store, WRITES[name](store, lease))


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.full
async def test_an_invented_lease_holds_nothing(store: Store, name: str) -> None:
    lease = await running(store)
    await refused(store, WRITES[name](store, Lease(lease.id, "first", 7)))
    await refused(store, WRITES[name](store, Lease("nothing", "first", 1)))


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.full
async def test_what_has_ended_is_nobodys(store: Store, name: str) -> None:
    lease = await closing(store)
    await ask(store, lease.id)
    await store.live.stopped(lease, credits=None, seconds=1.0)
    await refused(store, WRITES[name](store, lease))


async def test_a_lease_that_ran_out_unnoticed_still_holds(store: Store, clock: ManualClock) -> None:
    lease = await running(store)
    clock.advance(LEASE * 5)
    await say(store, lease, "Still here")
    assert (await store.live.closing(lease, LiveEnd.VISITOR)).state is LiveState.CLOSING


# -- two processes ---------------------------------------------------------------------------------------------------


@pytest.fixture
async def elsewhere(database_url: str, store: Store, clock: ManualClock) -> AsyncIterator[Store]:
    """Another process. A file has only one, whose name changes then."""
    if store.database.single_process:
        with claiming_as(store, "elsewhere"):
            yield store
        return
    beside = new_store(database_url, clock, NamedIds("elsewhere"), owner="elsewhere")
    await beside.start()
    yield beside
    await beside.stop()


async def test_a_viewer_who_comes_back_elsewhere_takes_the_session_along(
    store: Store, elsewhere: Store, clock: ManualClock
) -> None:
    session = await offer(store)
    found = await store.live.join(session.id, REQUESTER)
    assert found is not None
    lease = found[0]
    await store.live.starting(lease, "p1")
    await store.live.live(lease, ACCESS, usable_seconds=60.0)
    await ask(store, lease.id)
    moved = await elsewhere.live.join(session.id, REQUESTER)
    assert moved is not None
    there, same, access = moved
    assert (there.epoch, same.state, access) == (lease.epoch + 1, LiveState.LIVE, ACCESS)
    assert [one.text for one in await elsewhere.live.commands(there)] == ["What does it cost?"]
    await say(elsewhere, there, "I am back")
    with pytest.raises(LeaseLost):
        await say(store, lease, "I never left")
    clock.advance(BEAT)
    await store.claims.extend()
    await elsewhere.claims.extend()
    assert await store.live.orphans(10) == []
    back = await store.live.join(session.id, REQUESTER)
    assert back is not None
    assert back[0].epoch == lease.epoch + 2
    await refused(elsewhere, elsewhere.live.commands(there))


async def test_the_one_it_was_taken_from_hears_of_it(postgres_database: str, clock: ManualClock) -> None:
    postgres.empty(postgres_database)
    async with up(new_store(postgres_database, clock)) as store:
        lease, heard, ready = await running(store), asyncio.Event(), asyncio.Event()
        elsewhere = new_store(postgres_database, clock, owner="second").database
        ears = PostgresNotifier(
            elsewhere, wake=lambda topic: heard.set() if topic == "live" else None, wake_all=ready.set
        )
        task = asyncio.create_task(ears.listen())
        async with asyncio.timeout(10):
            await ready.wait()
            await store.live.join(lease.id, REQUESTER)
            await heard.wait()
            heard.clear()
            await ask(store, lease.id)
            await heard.wait()
        task.cancel()
        await asyncio.wait([task])


# -- the heartbeat ---------------------------------------------------------------------------------------------------


@pytest.mark.full
async def test_it_is_kept_while_somebody_looks_after_it(store: Store, clock: ManualClock) -> None:
    lease = await running(store)
    async with store.database.transaction("test") as connection:
        await connection.execute(sa.update(live_session).values(max_seconds=86_400, usable_until=clock.now() + 86_400))
    for _ in range(3):
        await beat_for(store, clock, LONGEST_LIVE - LEASE, LEASE / 2)
        await store.live.commands(lease)
    assert await store.live.orphans(10) == []
    store.live.assure(lease)


async def test_one_that_nobody_looks_after_any_more_is_found(store: Store, clock: ManualClock) -> None:
    lease = await running(store)
    await beat_for(store, clock, LONGEST_LIVE - BEAT)
    assert await store.live.orphans(10) == []
    await beat_for(store, clock, LEASE + 3 * BEAT)
    ((again, session),) = await store.live.orphans(10)
    assert (again.epoch, session.id) == (lease.epoch + 1, lease.id)


@pytest.mark.full
async def test_one_that_should_have_ended_long_ago_is_taken_from_whoever_keeps_it(
    store: Store, clock: ManualClock
) -> None:
    lease = await running(store)
    for _ in range(int((MAXIMUM + OVERDUE_SECONDS) / LEASE)):
        await beat_for(store, clock, LEASE)
        await store.live.commands(lease)
        if clock.now() < (await store.live.session(lease.id)).created_at + MAXIMUM + OVERDUE_SECONDS:
            assert await store.live.orphans(10) == []
    with claiming_as(store, "second"):
        ((there, _),) = await store.live.orphans(10)
    await refused(store, store.live.commands(lease))
    await store.live.closing(there, LiveEnd.ORPHANED)
    assert await store.live.orphans(10) == []  # who stops it may need its time


async def test_a_process_that_stops_gives_back_what_it_claimed_to_stop(store: Store, clock: ManualClock) -> None:
    await expire(store, await running(store))

    async def sweep_and_fail() -> None:
        async with store.claims.work():
            await store.live.orphans(10)
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await sweep_and_fail()
    assert len(await store.live.orphans(10)) == 1


# -- orphans ---------------------------------------------------------------------------------------------------------


@pytest.mark.full
@pytest.mark.parametrize("begin", STATES)
async def test_what_somebody_has_is_no_orphan(store: Store, begin: Any) -> None:
    lease: Lease = await begin(store)
    assert await store.live.orphans(10) == []
    assert await store.live.viewer_left(lease)


@pytest.mark.parametrize("begin", [started, running, closing])
async def test_what_costs_and_has_nobody_is_claimed_once(store: Store, clock: ManualClock, begin: Any) -> None:
    lease: Lease = await begin(store)
    clock.advance(LEASE)
    ((claimed, session),) = await store.live.orphans(10)
    assert (claimed.id, claimed.epoch) == (lease.id, lease.epoch + 1)
    assert session.state in PAID_STATES
    assert await store.live.orphans(10) == []
    await store.live.closing(claimed, LiveEnd.ORPHANED)
    ended = await store.live.stopped(claimed, credits=None, seconds=30.0)
    assert ended.end is (LiveEnd.VISITOR if begin is closing else LiveEnd.ORPHANED)


async def test_who_had_only_joined_is_offered_it_again(store: Store, clock: ManualClock) -> None:
    lease = await joined(store)
    clock.advance(LEASE)
    assert await store.live.orphans(10) == []
    session = await store.live.session(lease.id)
    assert (session.state, session.viewer, session.held) == (LiveState.OFFERED, None, 0)
    await refused(store, store.live.starting(lease, "p1"))
    assert (await join(store, session)).epoch == lease.epoch + 1


async def test_what_costs_nothing_is_no_orphan(store: Store, clock: ManualClock) -> None:
    await offer(store, "a")
    ended = await closing(store, "b")
    await store.live.stopped(ended, credits=None, seconds=1.0)
    clock.advance(LEASE)
    assert await store.live.orphans(10) == []


@pytest.mark.full
async def test_orphans_come_in_rounds_and_oldest_first(store: Store, clock: ManualClock) -> None:
    leases = []
    for number in range(5):
        leases.append(await running(store, f"Ev{number}"))
        clock.advance(1)
    clock.advance(LEASE)
    found = [[session.id for _, session in await store.live.orphans(2)] for _ in range(4)]
    assert found == [[one.id for one in leases[:2]], [one.id for one in leases[2:4]], [leases[4].id], []]


async def test_a_start_of_a_file_finds_what_the_last_process_left(sqlite_store: Store) -> None:
    paid, waiting = await running(sqlite_store, "a"), await joined(sqlite_store, "b")
    await sqlite_store.stop()
    await sqlite_store.start()
    ((lease, _),) = await sqlite_store.live.orphans(10)
    assert lease.id == paid.id
    assert (await sqlite_store.live.session(waiting.id)).state is LiveState.OFFERED
    await refused(sqlite_store, take_over(sqlite_store, paid))
