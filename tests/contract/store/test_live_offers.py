"""A live session before anybody is in it: called for, offered, decided, withdrawn; and nothing of it costs money."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from agent.live.records import LiveEnd, LiveSession, LiveState
from agent.records import DeliveryKind, DeliveryState
from bot.store import Store
from bot.store.approvals import Verdict
from bot.store.inbox import NotOurs
from tests.support.clock import ManualClock
from tests.support.live_rows import (
    CALL,
    MOST,
    OFFER,
    OPERATOR,
    REQUESTER,
    booked,
    call,
    join,
    joined,
    keys,
    new_session,
    offer,
    running,
    thread,
)
from tests.support.store_steps import APPROVER, WORKSPACE, event, everything, log_texts, new_store
from tests.support.store_steps import running as up

OPERATORS = "C0PS"


@pytest.fixture
async def told(database_url: str, clock: ManualClock) -> AsyncIterator[Store]:
    """A store with a channel for operators."""
    async with up(new_store(database_url, clock, ops_channel=OPERATORS)) as started:
        yield started


async def text_of(store: Store, key: str) -> str:
    found = await store.deliveries.find(key)
    return "" if found is None else str(found.body["text"])


# -- opening ---------------------------------------------------------------------------------------------------------


async def test_an_offer_stands_at_once_with_its_card(store: Store, clock: ManualClock) -> None:
    session = await offer(store)
    assert (session.state, session.handle, session.offer_until) == (LiveState.OFFERED, "L1", clock.now() + OFFER)
    card = await store.deliveries.find(f"live:{session.id}")
    assert card is not None
    assert (card.kind, card.subject_id, card.conversation_id) == (
        DeliveryKind.LIVE_CARD,
        session.id,
        session.conversation_id,
    )


async def test_what_was_opened_is_read_back_whole(store: Store) -> None:
    session = await call(store)
    assert await store.live.session(session.id) == session
    assert await store.live.open_session(session.conversation_id) == session
    assert (session.max_seconds, session.price_at_most) == (600, MOST)
    with pytest.raises(KeyError):
        await store.live.session("nothing")


async def test_operators_are_called_first_and_also_where_they_are(told: Store, clock: ManualClock) -> None:
    session = await call(told)
    assert (session.state, session.call_until, session.offer_until) == (LiveState.CALLING, clock.now() + CALL, None)
    card = await told.deliveries.find(f"live-call:{session.id}")
    assert card is not None
    assert (card.kind, card.subject_id) == (DeliveryKind.LIVE_CALL, session.id)
    assert card.conversation_id != session.conversation_id


async def test_the_call_is_a_message_of_its_own_below_which_nothing_is_said_to_us(told: Store) -> None:
    session = await call(told)
    claimed = {one.kind: (lease, place) for lease, one, place in await told.deliveries.claim_due(10)}
    lease, place = claimed[DeliveryKind.LIVE_CALL]
    assert place.channel_id == OPERATORS
    sending = await told.deliveries.mark_sending(lease)
    await told.deliveries.mark_posted(lease, "7.0", sending.version)
    below = await told.lanes.accept(event("Ev9", thread_ts="7.0", channel_id=OPERATORS, opens=False))
    assert isinstance(below, NotOurs)
    await told.live.claim(session.id, OPERATOR)
    found = await told.deliveries.find(f"live-call:{session.id}")
    assert found is not None
    assert (found.state, found.version) == (DeliveryState.PENDING, 2)


@pytest.mark.parametrize("called", [True, False])
async def test_without_a_call_or_a_channel_nobody_is_told_elsewhere(store: Store, called: bool) -> None:
    session = await (call(store) if called else offer(store))
    assert await store.deliveries.find(f"live-call:{session.id}") is None


async def test_an_offer_calls_nobody(told: Store) -> None:
    assert await told.deliveries.find(f"live-call:{(await offer(told)).id}") is None


async def test_asking_twice_is_asking_once(store: Store) -> None:
    session = await offer(store)
    before = await everything(store)
    assert await store.live.open(new_session(session.conversation_id)) == session
    assert await store.live.open(new_session(session.conversation_id, key="another")) == session
    assert await everything(store) == before


async def test_the_key_is_remembered_beyond_the_end(store: Store) -> None:
    session = await offer(store)
    ended = (await store.live.decline(session.id, REQUESTER)).session
    assert await store.live.open(new_session(session.conversation_id)) == ended


async def test_after_the_end_another_may_be_opened(store: Store) -> None:
    first = await offer(store)
    await store.live.decline(first.id, REQUESTER)
    second = await store.live.open(new_session(first.conversation_id, key="another"))
    assert (second.handle, second.state) == ("L2", LiveState.OFFERED)
    assert await store.live.open_session(first.conversation_id) == second
    assert [one.id for one in await store.live.sessions(WORKSPACE, 10)] == [second.id, first.id]
    assert len(await store.live.sessions(WORKSPACE, 1)) == 1


async def test_an_open_session_that_has_another_key_gives_way_to_the_one_with_the_key(store: Store) -> None:
    first = await offer(store)
    await store.live.decline(first.id, REQUESTER)
    await store.live.open(new_session(first.conversation_id, key="another"))
    again = await store.live.open(new_session(first.conversation_id))
    assert again.id == first.id


@pytest.mark.full
@pytest.mark.parametrize("wrong", [{"max_seconds": -1}, {"price_per_minute": -1}])
async def test_nonsense_is_not_opened(store: Store, wrong: dict[str, int]) -> None:
    conversation_id = await thread(store)
    with pytest.raises(ValueError, match="less than nothing"):
        await store.live.open(new_session(conversation_id, **wrong))
    with pytest.raises(KeyError):
        await store.live.open(new_session("no conversation"))


# -- deciding --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("begin", [call, offer])
async def test_who_claims_has_the_conversation_and_no_avatar_comes(store: Store, begin: type) -> None:
    session: LiveSession = await begin(store)
    decision = await store.live.claim(session.id, OPERATOR)
    assert (decision.verdict, decision.session.state) == (Verdict.DONE, LiveState.ENDED)
    assert (decision.session.end, decision.session.claimed_by) == (LiveEnd.CLAIMED, OPERATOR)
    assert await store.live.join(session.id, REQUESTER) is None
    assert await booked(store, session.id) == []
    called = await store.deliveries.find(f"live:{session.id}:claimed")
    assert called is not None
    assert called.body["text"].startswith(f"<@{REQUESTER}> <@{OPERATOR}> has this conversation now")
    assert "teammate took the conversation over" in (await log_texts(store, session.conversation_id))[0]
    assert await store.live.open_session(session.conversation_id) is None


async def test_of_two_clicks_one_counts(store: Store) -> None:
    session = await call(store)
    done = await store.live.claim(session.id, OPERATOR)
    assert (await store.live.claim(session.id, "U8")).verdict is Verdict.DECIDED
    assert (await store.live.decline(session.id, REQUESTER)).verdict is Verdict.DECIDED
    assert (await store.live.approve(session.id, APPROVER)).verdict is Verdict.DECIDED
    before = await everything(store)
    assert await store.live.claim(session.id, OPERATOR) == done  # the same click, interrupted after it was done
    assert await everything(store) == before


async def test_a_declined_offer_is_over(store: Store) -> None:
    session = await offer(store)
    first = await store.live.decline(session.id, REQUESTER)
    assert (first.session.end, first.session.ended_by) == (LiveEnd.DECLINED, REQUESTER)
    assert await store.live.decline(session.id, REQUESTER) == first
    assert await keys(store, session.id) == ["live:*"]


@pytest.mark.full
@pytest.mark.parametrize("decide", ["claim", "decline", "approve"])
async def test_what_runs_is_not_decided_any_more(store: Store, decide: str) -> None:
    lease = await running(store)
    before = await everything(store)
    decision = await getattr(store.live, decide)(lease.id, OPERATOR)
    assert decision.verdict is Verdict.DECIDED
    assert await everything(store) == before


@pytest.mark.full
@pytest.mark.parametrize("decide", ["claim", "decline", "approve"])
async def test_about_nothing_there_is_nothing_to_decide(store: Store, decide: str) -> None:
    with pytest.raises(KeyError):
        await getattr(store.live, decide)("nothing", OPERATOR)


async def test_what_is_dear_can_be_joined_once_it_is_approved(store: Store, clock: ManualClock) -> None:
    session = await offer(store, needs_approval=True)
    assert await store.live.join(session.id, REQUESTER) is None
    clock.advance(OFFER - 1)
    decision = await store.live.approve(session.id, APPROVER)
    assert (decision.verdict, decision.session.approved_by) == (Verdict.DONE, APPROVER)
    assert decision.session.offer_until == clock.now() + OFFER
    assert await booked(store, session.id) == []
    assert (await store.live.approve(session.id, "U8")).verdict is Verdict.DECIDED
    assert (await store.live.approve(session.id, APPROVER)).verdict is Verdict.DONE
    assert await join(store, session)
    assert f"<@{REQUESTER}>" in await text_of(store, f"live:{session.id}:approved")


async def test_an_approval_while_people_are_called_is_for_later(store: Store, clock: ManualClock) -> None:
    session = await call(store, needs_approval=True)
    approved = (await store.live.approve(session.id, APPROVER)).session
    assert (approved.state, approved.offer_until) == (LiveState.CALLING, None)
    clock.advance(CALL)
    await store.live.run_due()
    assert await join(store, session)


async def test_who_decided_what_is_in_the_audit_log(store: Store) -> None:
    await store.live.claim((await call(store, "a")).id, OPERATOR)
    await store.live.decline((await offer(store, "b")).id, REQUESTER)
    await store.live.approve((await offer(store, "c", needs_approval=True)).id, APPROVER)
    lines = [(line.actor, line.deed, line.details) for line in reversed(await store.audit.recent(WORKSPACE))]
    assert lines == [
        (OPERATOR, "claimed", {}),
        (REQUESTER, "declined", {}),
        (APPROVER, "approved", {"amount": MOST}),
    ]


async def test_a_decision_changes_the_card(store: Store) -> None:
    session = await offer(store)
    await store.live.decline(session.id, REQUESTER)
    card = await store.deliveries.find(f"live:{session.id}")
    assert card is not None
    assert card.version == 2


# -- time ------------------------------------------------------------------------------------------------------------


async def test_a_call_nobody_answers_becomes_an_offer(store: Store, clock: ManualClock) -> None:
    session = await call(store)
    clock.advance(CALL - 1)
    assert await store.live.run_due() == 0
    clock.advance(1)
    assert await store.live.run_due() == 1
    offered = await store.live.session(session.id)
    assert (offered.state, offered.offer_until) == (LiveState.OFFERED, clock.now() + OFFER)
    assert f"<@{REQUESTER}>" in await text_of(store, f"live:{session.id}:offered")
    assert await store.live.run_due() == 0


@pytest.mark.full
@pytest.mark.parametrize("nothing", [{"max_seconds": 0}, {"offer_seconds": 0.0}])
async def test_where_there_is_no_avatar_to_offer_the_call_just_ends(
    store: Store, clock: ManualClock, nothing: dict[str, float]
) -> None:
    session = await call(store, **nothing)
    clock.advance(CALL)
    await store.live.run_due()
    ended = await store.live.session(session.id)
    assert (ended.state, ended.end) == (LiveState.ENDED, LiveEnd.EXPIRED)
    assert f"<@{REQUESTER}>" in await text_of(store, f"live:{session.id}:unanswered")
    assert await store.deliveries.find(f"live:{session.id}:offered") is None


async def test_an_offer_is_recalled_once_and_then_withdrawn(store: Store, clock: ManualClock) -> None:
    session = await offer(store)
    clock.advance(OFFER * 2 / 3 - 1)
    assert await store.live.run_due() == 0
    clock.advance(1)
    assert [await store.live.run_due() for _ in range(3)] == [1, 0, 0]
    assert "In 5 min" in await text_of(store, f"live:{session.id}:reminder")
    clock.advance(OFFER / 3)
    assert await store.live.run_due() == 1
    ended = await store.live.session(session.id)
    assert (ended.state, ended.end, ended.ended_by) == (LiveState.ENDED, LiveEnd.EXPIRED, None)
    assert await keys(store, session.id) == ["live:*", "live:*:reminder"]
    assert await booked(store, session.id) == []
    assert [line.deed for line in await store.audit.recent(WORKSPACE)] == ["expired"]


async def test_a_late_look_withdraws_without_a_reminder(store: Store, clock: ManualClock) -> None:
    session = await offer(store)
    clock.advance(OFFER)
    assert await store.live.run_due() == 1
    assert await keys(store, session.id) == ["live:*"]


async def test_an_offer_that_is_over_cannot_be_joined_even_before_anybody_looked(
    store: Store, clock: ManualClock
) -> None:
    session = await offer(store)
    clock.advance(OFFER)
    assert await store.live.join(session.id, REQUESTER) is None


async def test_nobody_is_reminded_of_what_they_cannot_join(store: Store, clock: ManualClock) -> None:
    await offer(store, needs_approval=True)
    clock.advance(OFFER - 1)
    assert await store.live.run_due() == 0


async def test_time_does_nothing_to_a_session_with_somebody_in_it(store: Store, clock: ManualClock) -> None:
    lease = await joined(store)
    clock.advance(2 * OFFER)
    assert await store.live.run_due() == 0
    assert (await store.live.session(lease.id)).state is LiveState.JOINED


@pytest.mark.full
async def test_much_that_is_due_is_done_in_rounds(store: Store, clock: ManualClock) -> None:
    for number in range(53):
        await call(store, f"Ev{number}")
    clock.advance(CALL)
    assert [await store.live.run_due() for _ in range(3)] == [50, 3, 0]


@pytest.mark.full
async def test_two_processes_that_look_at_once_offer_once(store: Store, second: Store, clock: ManualClock) -> None:
    for number in range(6):
        await call(store, f"Ev{number}")
    clock.advance(CALL)
    done = await asyncio.gather(*(one.live.run_due() for one in (store, second) * 2))
    assert sum(done) == 6
    assert len([row for row in (await everything(store))["delivery"] if row.key.endswith(":offered")]) == 6
