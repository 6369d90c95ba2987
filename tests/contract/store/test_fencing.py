"""A worker that lost its lease changes nothing, whatever it tries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from agent.errors import LeaseLost
from agent.records import DeliveryKind, InboxRow, JobState, Lease, ModelCall, TurnState
from bot.store import Store
from bot.store.outbox import NewDelivery
from tests.support.clock import ManualClock
from tests.support.store_steps import (
    LEASE,
    accept,
    claim_lane,
    claim_submission,
    claiming_as,
    everything,
    intend,
    new_submission,
    open_row,
    open_turn,
    run_jobs,
    send,
    update,
)

Write = Callable[[Store, Lease], Awaitable[Any]]
CALL = ModelCall("model", "resp", None, 1, 1, 0)

LANE: dict[str, Write] = {
    "finish_row": lambda store, lease: store.lanes.finish_row(lease, row_of(lease)),
    "next_row": lambda store, lease: store.lanes.next_row(lease),
    "park": lambda store, lease: store.lanes.park(lease, 1.0),
    "release": lambda store, lease: store.lanes.release(lease),
    "later_changes": lambda store, lease: store.lanes.later_changes(lease, row_of(lease)),
    "begin_turn": lambda store, lease: store.turns.begin_turn(
        lease, row_of(lease), origin="message", requester="U1", items=[]
    ),
    "intend": lambda store, lease: store.jobs.intend(lease, new_submission(lease, "German")),
}
TURN: dict[str, Callable[[Store, Lease, str], Awaitable[Any]]] = {
    "record_model_call": lambda store, lease, turn: store.turns.record_model_call(lease, turn, [{}], CALL),
    "record_outcome": lambda store, lease, turn: store.turns.record_outcome(
        lease, turn, call_id="c", name="n", outcome={}
    ),
    "append_outputs": lambda store, lease, turn: store.turns.append_outputs(lease, turn, [{}]),
    "finish_turn": lambda store, lease, turn: store.turns.finish_turn(lease, turn, state=TurnState.DONE, reply="x"),
    "defer_turn": lambda store, lease, turn: store.turns.defer_turn(lease, turn, not_before=1.0, error="e"),
    "set_reply_ts": lambda store, lease, turn: store.turns.set_reply_ts(lease, turn, "5.0"),
}
SUBMISSION: dict[str, Write] = {
    "mark_sending": lambda store, lease: store.jobs.mark_sending(lease),
    "record_sent": lambda store, lease: store.jobs.record_sent(lease, ["p1"]),
    "record_refused": lambda store, lease: store.jobs.record_refused(lease, code="c", sentence="s"),
    "record_unsure": lambda store, lease: store.jobs.record_unsure(lease, code="c", sentence="s"),
    "postpone": lambda store, lease: store.jobs.postpone(lease, not_before=1.0, code="c", sentence="s", doubtful=False),
}
DELIVERY: dict[str, Write] = {
    "mark_sending": lambda store, lease: store.deliveries.mark_sending(lease),
    "mark_posted": lambda store, lease: store.deliveries.mark_posted(lease, "2.0", 1),
    "mark_unknown": lambda store, lease: store.deliveries.mark_unknown(lease),
    "postpone": lambda store, lease: store.deliveries.postpone(lease, 1.0, "e"),
    "mark_dead": lambda store, lease: store.deliveries.mark_dead(lease, "e"),
    "replace_ts": lambda store, lease: store.deliveries.replace_ts(lease, "2.0"),
}


def row_of(lease: Lease) -> InboxRow:
    return InboxRow(1, "Ev1", lease.id, "T1", "message", {"ts": "1.0"})


async def refused(store: Store, write: Awaitable[Any]) -> None:
    """`write` raises and leaves every table as it was."""
    before = await everything(store)
    with pytest.raises(LeaseLost):
        await write
    assert await everything(store) == before


@pytest.mark.parametrize("name", LANE)
async def test_a_lost_lane(store: Store, clock: ManualClock, name: str) -> None:
    lease, _ = await open_row(store)
    clock.advance(LEASE)
    with claiming_as(store, "second"):
        await claim_lane(store)
    await refused(store, LANE[name](store, lease))


@pytest.mark.parametrize("name", TURN)
async def test_a_lost_turn(store: Store, clock: ManualClock, name: str) -> None:
    lease, turn = await open_turn(store)
    clock.advance(LEASE)
    with claiming_as(store, "second"):
        await claim_lane(store)
    await refused(store, TURN[name](store, lease, turn.id))


@pytest.mark.parametrize("name", SUBMISSION)
async def test_a_lost_submission(store: Store, clock: ManualClock, name: str) -> None:
    submission = await intend(store)
    lease = await claim_submission(store, submission)
    clock.advance(LEASE)
    with claiming_as(store, "second"):
        await claim_submission(store, submission)
    await refused(store, SUBMISSION[name](store, lease))


async def test_a_lost_running_job(store: Store, clock: ManualClock) -> None:
    await run_jobs(store)
    ((lease, _),) = await store.jobs.claim_due_jobs(10)
    clock.advance(LEASE)
    with claiming_as(store, "second"):
        await store.jobs.claim_due_jobs(10)
    await refused(store, store.jobs.record_update(lease, update(JobState.SUCCEEDED)))


async def test_a_lost_waiting_job(store: Store, clock: ManualClock) -> None:
    await send(store)
    ((lease, _),) = await store.jobs.claim_due_jobs(10)
    clock.advance(LEASE)
    with claiming_as(store, "second"):
        await store.jobs.claim_due_jobs(10)
    await refused(store, store.jobs.attach(lease, provider_id="p1", update=update(JobState.RUNNING)))


@pytest.mark.parametrize("name", DELIVERY)
async def test_a_lost_delivery(store: Store, clock: ManualClock, name: str) -> None:
    await store.deliveries.enqueue(NewDelivery(await accept(store, "Ev1"), DeliveryKind.NOTICE, "a"))
    ((lease, _, _),) = await store.deliveries.claim_due(10)
    clock.advance(LEASE)
    with claiming_as(store, "second"):
        await store.deliveries.claim_due(10)
    await refused(store, DELIVERY[name](store, lease))


async def test_the_same_worker_is_fenced_from_its_own_earlier_claim(store: Store, clock: ManualClock) -> None:
    lease, _ = await open_row(store)
    clock.advance(LEASE)
    await claim_lane(store)
    await refused(store, store.lanes.park(lease, 1.0))


async def test_a_lease_that_ran_out_unnoticed_still_holds(store: Store, clock: ManualClock) -> None:
    lease, row = await open_row(store)
    clock.advance(LEASE * 10)
    await store.lanes.finish_row(lease, row)
    assert await store.lanes.next_row(lease) is None


async def test_an_invented_lease_holds_nothing(store: Store) -> None:
    await run_jobs(store)
    await refused(store, store.jobs.record_update(Lease("nothing", "first", 1), update(JobState.SUCCEEDED)))
