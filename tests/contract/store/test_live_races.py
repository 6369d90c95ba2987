"""What really happens at the same time to live sessions: many clicks, two processes, one cap."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from agent.errors import LeaseLost, OverCap
from agent.live.records import LiveEnd, LiveState
from agent.money import Cap, Entry, Period, Scope
from agent.records import Lease
from bot.store import Store
from bot.store.approvals import Verdict
from tests.support.clock import ManualClock
from tests.support.ids import NamedIds
from tests.support.live_rows import (
    ACCESS,
    MINUTE,
    MOST,
    REQUESTER,
    booked,
    call,
    closing,
    join,
    joined,
    new_session,
    offer,
    running,
    say,
    thread,
)
from tests.support.store_steps import LEASE, WORKSPACE, everything, log_texts, new_store
from tests.support.store_steps import running as up

pytestmark = pytest.mark.full
OPS = "C0PS"


@pytest.fixture
async def pair(database_url: str, clock: ManualClock) -> AsyncIterator[tuple[Store, Store]]:
    """Two processes with an operators' channel and room for three sessions; a file has only one, twice."""
    options = {"ops_channel": OPS, "caps": [Cap(Scope.WORKSPACE, Period.DAY, 3 * MOST)]}
    async with up(new_store(database_url, clock, **options)) as one:
        if one.database.single_process:
            yield one, one
            return
        beside = new_store(database_url, clock, NamedIds("second"), owner="second", **options)
        await beside.start()
        yield one, beside
        await beside.stop()


async def test_twenty_who_open_at_once_open_one(pair: tuple[Store, Store]) -> None:
    conversation_id = await thread(pair[0])
    new = [new_session(conversation_id, key=f"key-{number % 4}", call_seconds=60.0) for number in range(20)]
    opened = await asyncio.gather(*(pair[number % 2].live.open(one) for number, one in enumerate(new)))
    assert len({session.id for session in opened}) == 1
    rows = await everything(pair[0])
    assert len(rows["live_session"]) == 1
    kinds = Counter(row.kind for row in rows["delivery"])
    assert kinds == {"live_card": 1, "live_call": 1}


async def test_twenty_conversations_open_at_once_and_none_waits_for_ever(pair: tuple[Store, Store]) -> None:
    places = [await thread(pair[0], f"Ev{number}") for number in range(20)]
    opened = await asyncio.gather(
        *(pair[number % 2].live.open(new_session(place, call_seconds=60.0)) for number, place in enumerate(places))
    )
    assert {session.handle for session in opened} == {"L1"}
    assert len({session.id for session in opened}) == 20


async def test_of_twenty_who_claim_at_once_one_has_it(pair: tuple[Store, Store]) -> None:
    session = await call(pair[0])
    clicks = [pair[number % 2].live.claim(session.id, f"U10{number}") for number in range(20)]
    decisions = await asyncio.gather(*clicks)
    done = [decision for decision in decisions if decision.verdict is Verdict.DONE]
    assert len(done) == 1
    assert {decision.session.claimed_by for decision in decisions} == {done[0].session.claimed_by}
    assert len(await pair[0].audit.recent(WORKSPACE)) == 1
    assert len(await log_texts(pair[0], session.conversation_id)) == 1


async def test_claim_decline_approval_join_and_time_at_once_have_one_outcome(
    pair: tuple[Store, Store], clock: ManualClock
) -> None:
    for number in range(10):
        session = await offer(pair[0], f"Ev{number}", needs_approval=number % 2 == 0)
        clock.advance(899.0)
        one, other = pair
        await asyncio.gather(
            one.live.claim(session.id, "U7"),
            other.live.decline(session.id, REQUESTER),
            one.live.approve(session.id, "U5"),
            other.live.join(session.id, REQUESTER),
            one.live.run_due(),
            other.live.run_due(),
        )
        found = await one.live.session(session.id)
        ended = [found.end] if found.state is LiveState.ENDED else []
        assert found.state in (LiveState.ENDED, LiveState.JOINED)
        assert len(await log_texts(one, session.conversation_id)) == len(ended)
        assert await booked(one, session.id) == []


async def test_of_twenty_joins_at_once_the_last_has_it(pair: tuple[Store, Store]) -> None:
    session = await offer(pair[0])
    found = await asyncio.gather(*(pair[number % 2].live.join(session.id, REQUESTER) for number in range(20)))
    leases = [one[0] for one in found if one is not None]
    assert sorted(lease.epoch for lease in leases) == list(range(1, 21))
    last = max(leases, key=lambda lease: lease.epoch)
    answers = await asyncio.gather(*(starts(pair[0], lease) for lease in leases))
    assert [lease for lease, answer in zip(leases, answers, strict=True) if answer] == [last]
    assert await booked(pair[0], session.id) == [(Entry.HOLD, MOST)]


async def starts(store: Store, lease: Lease) -> bool:
    try:
        await store.live.starting(lease, "p1")
    except LeaseLost:
        return False
    return True


async def test_starts_at_once_never_pass_a_cap(pair: tuple[Store, Store]) -> None:
    leases = [await joined(pair[0], f"Ev{number}") for number in range(20)]

    async def start(number: int) -> bool:
        try:
            await pair[number % 2].live.starting(leases[number], f"p{number}")
        except OverCap:
            return False
        return True

    started = await asyncio.gather(*(start(number) for number in range(20)))
    assert sum(started) == 3
    held = [row.amount for row in (await everything(pair[0]))["ledger"]]
    assert held == [MOST] * 3
    states = Counter(row.state for row in (await everything(pair[0]))["live_session"])
    assert states == {LiveState.STARTING: 3, LiveState.JOINED: 17}


async def test_room_that_is_given_back_while_others_start_is_used_and_never_overdrawn(
    pair: tuple[Store, Store],
) -> None:
    ending = [await closing(pair[0], f"Old{number}") for number in range(3)]
    waiting = [await joined(pair[0], f"New{number}") for number in range(12)]

    async def settle(number: int) -> None:
        await pair[number % 2].live.stopped(ending[number], credits=None, seconds=60.0)

    async def start(number: int) -> bool:
        for _ in range(4):
            try:
                await pair[number % 2].live.starting(waiting[number], f"p{number}")
            except OverCap:
                await asyncio.sleep(0)
            else:
                return True
        return False

    tasks = [settle(number) for number in range(3)] + [start(number) for number in range(12)]  # type: ignore[list-item]
    await asyncio.gather(*tasks)
    total = sum(row.amount for row in (await everything(pair[0]))["ledger"])
    assert total <= 3 * MOST
    assert total == 3 * MINUTE + MOST * sum(
        row.state is LiveState.STARTING for row in (await everything(pair[0]))["live_session"]
    )


async def test_sweeps_at_once_claim_each_orphan_once(pair: tuple[Store, Store], clock: ManualClock) -> None:
    left = [await running(pair[0], f"Ev{number}", max_seconds=60) for number in range(12)]
    waiting = [await joined(pair[0], f"Wait{number}") for number in range(4)]
    clock.advance(LEASE)
    found = await asyncio.gather(*(pair[number % 2].live.orphans(5) for number in range(8)))
    claimed = [session.id for one in found for _, session in one]
    assert sorted(claimed) == sorted(lease.id for lease in left)
    for lease in waiting:
        assert (await pair[0].live.session(lease.id)).state is LiveState.OFFERED


async def test_a_stop_and_a_sweep_at_once_settle_once(pair: tuple[Store, Store], clock: ManualClock) -> None:
    for number in range(8):
        lease = await closing(pair[0], f"Ev{number}", max_seconds=60)
        clock.advance(LEASE)

        async def stop(store: Store, held: Lease) -> bool:
            try:
                await store.live.stopped(held, credits=None, seconds=60.0)
            except LeaseLost:
                return False
            return True

        async def sweep(store: Store) -> bool:
            return any([await stop(store, claimed) for claimed, _ in await store.live.orphans(5)])

        settled = await asyncio.gather(stop(pair[0], lease), sweep(pair[1]), sweep(pair[0]))
        assert sum(settled) == 1
        assert [kind for kind, _ in await booked(pair[0], lease.id)] == [Entry.HOLD, Entry.RELEASE, Entry.CHARGE]


async def test_lines_from_one_owner_at_once_are_numbered_without_gaps(pair: tuple[Store, Store]) -> None:
    lease = await running(pair[0])
    batches = await asyncio.gather(*(say(pair[0], lease, f"a{number}", f"b{number}") for number in range(20)))
    assert sorted(line.seq for batch in batches for line in batch) == list(range(1, 41))
    assert all(second.seq == first.seq + 1 for first, second in batches)


async def test_a_viewer_who_comes_back_while_it_ends_never_revives_it(pair: tuple[Store, Store]) -> None:
    for number in range(8):
        lease = await running(pair[0], f"Ev{number}", max_seconds=60)

        async def end(held: Lease) -> bool:
            try:
                await pair[0].live.closing(held, LiveEnd.VISITOR)
            except LeaseLost:
                return False
            return True

        ended, back = await asyncio.gather(end(lease), pair[1].live.join(lease.id, REQUESTER))
        assert ended is (back is None)
        session = await pair[0].live.session(lease.id)
        assert session.state is (LiveState.CLOSING if ended else LiveState.LIVE)
        if back is not None:
            assert back[2] == ACCESS
            lease = back[0]
        await pair[0].live.stopped(lease, credits=None, seconds=1.0)


async def test_the_table_itself_refuses_a_second_open_session(store: Store) -> None:
    session = await offer(store)
    await join(store, session)
    (row,) = (await everything(store))["live_session"]
    again = {**row._mapping, "id": "another", "key": "another", "number": 2}
    with pytest.raises(sa.exc.IntegrityError):
        async with store.database.transaction("test") as connection:
            await connection.execute(sa.insert(sa.table("live_session", *map(sa.column, again))).values(**again))
