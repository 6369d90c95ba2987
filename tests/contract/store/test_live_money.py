"""The money of live sessions beside HeyGen's: one set of caps, two accounts, one ledger that explains itself."""

from __future__ import annotations

import pytest

from agent.errors import OverCap
from agent.live.records import LiveEnd
from agent.money import Cap, Entry, Period, Scope
from bot.store import Store
from bot.store.books import Wanted
from bot.store.ledger import Spender
from tests.support.clock import ManualClock
from tests.support.live_rows import LIVE_ACCOUNT, MINUTE, MOST, REQUESTER, booked, closing, joined, running, started
from tests.support.store_steps import ACCOUNT, CHANNEL, PRICE, WORKSPACE, intend, new_store
from tests.support.store_steps import running as up

BALANCE = 50_000_000


async def look(store: Store, balance: int) -> int:
    """What a look at HeyGen's wallet cannot explain."""
    reading = await store.wallet.record(ACCOUNT, balance, since=await store.wallet.mark(ACCOUNT))
    assert reading is not None
    return reading.drift


async def test_a_session_does_not_disturb_heygens_wallet(store: Store) -> None:
    assert await look(store, BALANCE) == 0
    mark = await store.wallet.mark(ACCOUNT)
    lease = await running(store)
    assert await store.wallet.mark(ACCOUNT) == mark
    reading = await store.wallet.record(ACCOUNT, BALANCE - MOST, since=mark)
    assert reading is not None
    assert (reading.drift, reading.held) == (MOST, 0)  # a session's hold explains nothing of HeyGen's
    await store.live.stopped(lease, credits=None, seconds=600.0)
    assert await look(store, BALANCE - MOST) == 0  # nor does its charge


@pytest.mark.full
@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("period", Period)
async def test_sessions_and_requests_share_each_cap(
    database_url: str, clock: ManualClock, scope: Scope, period: Period
) -> None:
    async with up(new_store(database_url, clock, caps=[Cap(scope, period, MOST + PRICE)])) as store:
        await started(store, "a")
        await intend(store, name="b")
        lease = await joined(store, "c")
        with pytest.raises(OverCap):
            await store.live.starting(lease, "p2")
        with pytest.raises(OverCap):
            await intend(store, name="d")


@pytest.mark.full
async def test_what_a_session_gives_back_is_room_again(database_url: str, clock: ManualClock) -> None:
    async with up(new_store(database_url, clock, caps=[Cap(Scope.PERSON, Period.DAY, MOST + MINUTE)])) as store:
        lease = await closing(store, "a")
        other = await joined(store, "b")
        with pytest.raises(OverCap):
            await store.live.starting(other, "p2")
        await store.live.stopped(lease, credits=None, seconds=60.0)
        await store.live.starting(other, "p2")


@pytest.mark.full
async def test_a_session_over_midnight_is_of_the_day_it_was_agreed_to(store: Store, clock: ManualClock) -> None:
    clock.advance(86_400 - clock.now() % 86_400 - 30)
    lease = await closing(store)
    clock.advance(60)
    await store.live.stopped(lease, credits=None, seconds=60.0)
    today = {one.period: one.used for one in await store.ledger.usage(Spender(WORKSPACE, CHANNEL, REQUESTER))}
    assert (today[Period.DAY], today[Period.MONTH]) == (0, MINUTE)


@pytest.mark.full
async def test_the_books_have_its_lines(store: Store) -> None:
    lease = await running(store)
    sums = await store.books.sums(Wanted(person=REQUESTER))
    assert (sums.held, sums.charged) == (MOST, 0)
    await store.live.closing(lease, LiveEnd.VISITOR)
    await store.live.stopped(lease, credits=None, seconds=61.0)
    sums = await store.books.sums(Wanted(workspace=WORKSPACE, channel=CHANNEL))
    assert (sums.held, sums.charged, sums.drift) == (0, 2 * MINUTE, 0)
    lines = await store.books.lines(Wanted())
    assert [(one["kind"], one["job_id"], one["account_id"]) for one in lines] == [
        (kind, lease.id, LIVE_ACCOUNT) for kind in (Entry.CHARGE, Entry.RELEASE, Entry.HOLD)
    ]


async def test_a_session_is_settled_once_whatever_is_called(store: Store) -> None:
    lease = await closing(store)
    await store.live.stopped(lease, credits=None, seconds=61.0)
    before = await booked(store, lease.id)
    async with store.database.transaction("test") as connection:
        await store.ledger.settle_live(connection, lease.id, 5 * MINUTE)
        await store.ledger.release(connection, lease.id)
    assert await booked(store, lease.id) == before
