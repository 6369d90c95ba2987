"""Passes into a live session: for one person, opened once, in time, and not for ever."""

from __future__ import annotations

import asyncio

import pytest

from agent.live.records import LiveEnd, LiveState
from bot.store import Store
from bot.store.live_passes import PASS_SECONDS, PASSES
from tests.support.clock import ManualClock
from tests.support.live_rows import OFFER, OPERATOR, REQUESTER, joined, offer, running
from tests.support.store_steps import everything


async def test_a_pass_opens_once_and_is_good_afterwards(store: Store, clock: ManualClock) -> None:
    session = await offer(store)
    made = await store.live.new_pass(session.id, REQUESTER)
    assert (made.session_id, made.user_id, made.opened_at) == (session.id, REQUESTER, None)
    assert made.expires_at == clock.now() + PASS_SECONDS
    assert await store.live.check_pass(made.id) is None
    assert await store.live.find_pass(made.id) == (made, session)
    clock.advance(PASS_SECONDS - 1)
    opened = await store.live.open_pass(made.id)
    assert opened is not None
    assert (opened.id, opened.opened_at) == (made.id, clock.now())
    assert await store.live.open_pass(made.id) is None
    clock.advance(10 * PASS_SECONDS)
    assert await store.live.check_pass(made.id) == (opened, await store.live.session(session.id))


async def test_a_pass_that_nobody_opened_in_time_opens_nothing(store: Store, clock: ManualClock) -> None:
    made = await store.live.new_pass((await offer(store)).id, REQUESTER)
    clock.advance(PASS_SECONDS)
    assert await store.live.open_pass(made.id) is None
    assert await store.live.check_pass(made.id) is None


async def test_a_pass_opens_nothing_after_the_end_and_says_so(store: Store) -> None:
    lease = await joined(store)
    opened, closed = [await store.live.new_pass(lease.id, REQUESTER) for _ in range(2)]
    await store.live.open_pass(opened.id)
    await store.live.closing(lease, LiveEnd.VISITOR)
    assert await store.live.open_pass(closed.id) is None
    found = await store.live.check_pass(opened.id)
    assert found is not None
    assert found[1].state is LiveState.ENDED
    late = await store.live.new_pass(lease.id, REQUESTER)
    assert await store.live.open_pass(late.id) is None


async def test_a_pass_opens_what_runs(store: Store) -> None:
    lease = await running(store)
    made = await store.live.new_pass(lease.id, REQUESTER)
    assert await store.live.open_pass(made.id) is not None


async def test_nobody_else_gets_one(store: Store) -> None:
    session = await offer(store)
    with pytest.raises(ValueError, match="is not"):
        await store.live.new_pass(session.id, OPERATOR)
    with pytest.raises(KeyError):
        await store.live.new_pass("nothing", REQUESTER)
    assert await store.live.open_pass("nothing") is None
    assert await store.live.find_pass("nothing") is None


async def test_the_offer_waits_for_whoever_pressed_join(store: Store, clock: ManualClock) -> None:
    session = await offer(store)
    clock.advance(OFFER - 1)
    await store.live.run_due()
    made = await store.live.new_pass(session.id, REQUESTER)
    assert (await store.live.session(session.id)).offer_until == made.expires_at
    clock.advance(PASS_SECONDS - 1)
    assert await store.live.run_due() == 0
    assert await store.live.join(session.id, REQUESTER) is not None


async def test_a_press_on_join_never_shortens_or_revives_an_offer(store: Store, clock: ManualClock) -> None:
    session = await offer(store)
    await store.live.new_pass(session.id, REQUESTER)
    assert (await store.live.session(session.id)).offer_until == clock.now() + OFFER
    clock.advance(OFFER)
    await store.live.new_pass(session.id, REQUESTER)
    assert await store.live.run_due() == 1


async def test_only_the_newest_are_kept(store: Store, clock: ManualClock) -> None:
    session = await offer(store)
    made = []
    for _ in range(PASSES + 3):
        made.append(await store.live.new_pass(session.id, REQUESTER))
        clock.advance(1)
    assert len((await everything(store))["live_pass"]) == PASSES
    assert await store.live.open_pass(made[2].id) is None
    assert await store.live.open_pass(made[3].id) is not None
    assert await store.live.open_pass(made[-1].id) is not None


async def test_of_many_who_open_a_pass_at_once_one_gets_in(store: Store, second: Store) -> None:
    made = await store.live.new_pass((await offer(store)).id, REQUESTER)
    stores = (store, second) * 10
    opened = await asyncio.gather(*(one.live.open_pass(made.id) for one in stores))
    assert sum(one is not None for one in opened) == 1
