"""What the operators' channel is told: each thing once, and nothing that is said below it is said to us."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from agent.records import Delivery, DeliveryKind, DeliveryState
from bot.store import Store
from bot.store.endings import card_key, ops_key
from bot.store.inbox import Accepted, NotOurs
from bot.store.outbox import OPS
from tests.support.clock import ManualClock
from tests.support.store_steps import (
    APPROVAL,
    CHANNEL,
    PERSON,
    PRICE,
    WORKSPACE,
    approve,
    ask,
    claim_submission,
    event,
    everything,
    intend,
    log_texts,
    new_store,
    quote,
    running,
)

OPERATORS = "C0PS"


@pytest.fixture
async def told(database_url: str, clock: ManualClock) -> AsyncIterator[Store]:
    """A store with a channel for operators."""
    async with running(new_store(database_url, clock, ops_channel=OPERATORS)) as started:
        yield started


async def post(store: Store, key: str, ts: str) -> Delivery:
    """Post what waits under `key`."""
    for lease, delivery, conversation in await store.deliveries.claim_due(10):
        if delivery.key == key:
            assert (conversation.channel_id, conversation.channel_type) == (OPERATORS, OPS)
            sending = await store.deliveries.mark_sending(lease)
            await store.deliveries.mark_posted(lease, ts, sending.version)
    found = await store.deliveries.find(key)
    assert found is not None
    return found


async def test_a_request_that_waits_is_shown_to_the_operators(told: Store) -> None:
    submission = await ask(told)
    found = await told.deliveries.find(ops_key(submission.id))
    assert found is not None
    assert (found.kind, found.subject_id, found.conversation_id == submission.conversation_id) == (
        DeliveryKind.ROOT,
        submission.id,
        False,
    )
    assert (await post(told, ops_key(submission.id), "7.0")).state is DeliveryState.POSTED


async def test_a_request_that_needs_nobody_is_not(told: Store) -> None:
    submission = await intend(told)
    assert await told.deliveries.find(ops_key(submission.id)) is None


async def test_without_a_channel_nobody_is_told(store: Store) -> None:
    submission = await ask(store)
    assert await store.deliveries.find(ops_key(submission.id)) is None
    assert await store.deliveries.find(card_key(submission.id)) is not None


async def test_what_becomes_of_a_request_shows_on_the_copy_too(told: Store) -> None:
    submission = await ask(told)
    posted = await post(told, ops_key(submission.id), "7.0")
    await approve(told, submission)
    found = await told.deliveries.find(ops_key(submission.id))
    assert found is not None
    assert (found.state, found.version) == (DeliveryState.PENDING, posted.version + 1)


async def test_a_request_that_became_dearer_is_shown_to_the_operators_and_told_to_its_requester(
    told: Store, clock: ManualClock
) -> None:
    submission = await intend(told)
    lease = await claim_submission(told, submission)
    await told.jobs.ask_again(lease, quote(1, 7 * PRICE), expires_at=clock.now() + APPROVAL)
    assert await told.deliveries.find(ops_key(submission.id)) is not None
    replies = [body for body in await bodies(told) if PERSON in body]
    assert len(replies) == 1
    assert "$7.00" in replies[0]
    assert "$1.00" in replies[0]


async def bodies(store: Store) -> list[str]:
    rows = (await everything(store))["delivery"]
    return [str(row.body.get("text", "")) for row in rows]


async def test_what_is_announced_twice_is_said_once(store: Store, second: Store) -> None:
    await asyncio.gather(
        *(one.deliveries.announce(WORKSPACE, OPERATORS, "alert-1", "Look!") for one in (store, second) * 3)
    )
    await store.deliveries.announce(WORKSPACE, OPERATORS, "alert-2", "Look again!")
    assert sorted(await bodies(store)) == ["Look again!", "Look!"]
    assert len((await everything(store))["conversation"]) == 2


async def test_each_message_stands_for_itself(store: Store) -> None:
    for key in ("alert-1", "alert-2"):
        await store.deliveries.announce(WORKSPACE, OPERATORS, key, key)
    assert (await post(store, "alert-1", "7.0")).ts == "7.0"
    second = await store.deliveries.find("alert-2")
    assert second is not None
    assert second.state in (DeliveryState.PENDING, DeliveryState.SENDING)


async def test_what_is_said_below_a_message_reaches_no_lane(store: Store) -> None:
    await store.deliveries.announce(WORKSPACE, OPERATORS, "alert-1", "Look!")
    await post(store, "alert-1", "7.0")
    assert await store.lanes.find(WORKSPACE, OPERATORS, "7.0") is None
    below = event("Ev1", thread_ts="7.0", channel_id=OPERATORS, opens=False)
    assert isinstance(await store.lanes.accept(below), NotOurs)
    assert await store.lanes.claim(10) == []


async def test_whoever_mentions_us_below_a_message_begins_a_conversation_of_their_own(store: Store) -> None:
    await store.deliveries.announce(WORKSPACE, OPERATORS, "alert-1", "Look!")
    await post(store, "alert-1", "7.0")
    said = await store.lanes.accept(event("Ev1", thread_ts="7.0", channel_id=OPERATORS, opens=True))
    assert isinstance(said, Accepted)
    alert = await store.deliveries.find("alert-1")
    assert alert is not None
    assert said.conversation_id != alert.conversation_id
    assert await log_texts(store, alert.conversation_id) == []


async def test_a_thread_of_ours_is_still_found(store: Store) -> None:
    submission = await ask(store)
    found = await store.lanes.find(WORKSPACE, CHANNEL, "Ev1.0")
    assert found is not None
    assert found.id == submission.conversation_id
