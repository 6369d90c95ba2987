"""What ends a turn before it has an answer: its message deleted or edited, or somebody who may pressed Stop."""

from __future__ import annotations

import dataclasses

import pytest

from agent.records import InboxRow, Interruption, Lease, TurnRecord, TurnState
from agent.rights import Role
from bot.store import Store
from tests.support.store_steps import PERSON, WORKSPACE, accept, claim_lane, open_turn, user_item

STRANGER, OPERATOR = "U8", "U9"


async def next_row(store: Store, lease: Lease) -> InboxRow:
    """The lane's next row."""
    row = await store.lanes.next_row(lease)
    assert row is not None
    return row


async def begin(store: Store, lease: Lease, row: InboxRow) -> TurnRecord:
    """A turn for `row`."""
    return await store.turns.begin_turn(lease, row, origin="message", requester=PERSON, items=[user_item("More")])


@pytest.mark.parametrize(
    ("kind", "ts", "expected"),
    [
        ("message_deleted", "ts-Ev1", Interruption.DELETED),
        ("message_changed", "ts-Ev1", Interruption.EDITED),
        ("message_deleted", "ts-Ev9", None),
        ("message_changed", "ts-Ev9", None),
        ("message", "ts-Ev1", None),
    ],
)
async def test_a_turn_is_interrupted_by_what_happens_to_its_own_message(
    store: Store, kind: str, ts: str, expected: Interruption | None
) -> None:
    _, turn = await open_turn(store)
    assert await store.turns.interruption(turn.id) is None
    await accept(store, "Ev2", kind=kind, payload={"ts": ts})
    assert await store.turns.interruption(turn.id) is expected


async def test_the_same_timestamp_elsewhere_interrupts_nothing(store: Store) -> None:
    _, turn = await open_turn(store)
    await accept(store, "Ev2", channel_id="C2", kind="message_deleted", payload={"ts": "ts-Ev1"})
    assert await store.turns.interruption(turn.id) is None


async def test_a_command_has_no_message_to_delete(store: Store) -> None:
    _, turn = await open_turn(store, payload={})
    await accept(store, "Ev2", kind="message_deleted", payload={})
    assert await store.turns.interruption(turn.id) is None


@pytest.mark.parametrize(
    ("user", "expected"), [(PERSON, Interruption.STOPPED), (OPERATOR, Interruption.STOPPED), (STRANGER, None)]
)
async def test_only_who_may_cancel_stops_a_turn(store: Store, user: str, expected: Interruption | None) -> None:
    await store.roles.replace(WORKSPACE, {Role.OPERATOR: [OPERATOR], Role.APPROVER: [STRANGER]})
    _, turn = await open_turn(store)
    await accept(store, "Ev2", kind="stopped", payload={"user": user})
    assert await store.turns.interruption(turn.id) is expected


async def test_a_strangers_stop_does_not_hide_the_deletion_behind_it(store: Store) -> None:
    _, turn = await open_turn(store)
    await accept(store, "Ev2", kind="stopped", payload={"user": STRANGER})
    await accept(store, "Ev3", kind="message_deleted", payload={"ts": "ts-Ev1"})
    assert await store.turns.interruption(turn.id) is Interruption.DELETED


async def test_a_stop_whose_author_is_not_known_stops_nothing(store: Store) -> None:
    _, turn = await open_turn(store)
    await accept(store, "Ev2", kind="stopped", payload={})
    assert await store.turns.interruption(turn.id) is None


async def test_a_stop_is_not_for_what_was_asked_after_it(store: Store) -> None:
    lease, first = await open_turn(store)
    await accept(store, "Ev2", kind="stopped", payload={"user": PERSON})
    await accept(store, "Ev3")
    await store.turns.finish_turn(lease, first.id, state=TurnState.CANCELLED, reply=None)
    await store.lanes.finish_row(lease, await next_row(store, lease))
    second = await begin(store, lease, await next_row(store, lease))
    assert second.inbox_id == "Ev3"
    assert await store.turns.interruption(second.id) is None


async def test_what_is_done_with_interrupts_no_more(store: Store) -> None:
    lease, turn = await open_turn(store)
    await accept(store, "Ev2", kind="stopped", payload={"user": PERSON})
    row = InboxRow(2, "Ev2", lease.id, WORKSPACE, "stopped", {})
    await store.lanes.finish_row(lease, row)
    assert await store.turns.interruption(turn.id) is None


async def test_edits_that_a_turn_begins_with_do_not_interrupt_it(store: Store) -> None:
    await accept(store, "Ev1")
    await accept(store, "Ev2", "Ev3", kind="message_changed", payload={"ts": "ts-Ev1", "text": "Better"})
    lease = await claim_lane(store)
    row = await next_row(store, lease)
    (_, newest) = await store.lanes.later_changes(lease, row)
    taken_in = dataclasses.replace(row, payload={**row.payload, "text": "Better", "edited_seq": newest.seq})
    turn = await begin(store, lease, taken_in)
    assert await store.turns.interruption(turn.id) is None
    await accept(store, "Ev4", kind="message_changed", payload={"ts": "ts-Ev1", "text": "Best"})
    assert await store.turns.interruption(turn.id) is Interruption.EDITED


async def test_an_edit_of_another_message_is_not_taken_in(store: Store) -> None:
    await accept(store, "Ev1")
    await accept(store, "Ev2", kind="message_changed", payload={"ts": "ts-Ev9", "text": "Better"})
    lease = await claim_lane(store)
    row = await next_row(store, lease)
    turn = await begin(store, lease, dataclasses.replace(row, payload={**row.payload, "edited_seq": 99}))
    await store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply=None)
    assert (await next_row(store, lease)).id == "Ev2"


async def test_a_turn_that_was_cut_short_by_an_edit_is_known(store: Store) -> None:
    lease, turn = await open_turn(store)
    assert not await store.cancellations.cut_short(turn.id)
    cancelled = {"state": TurnState.CANCELLED, "reply": None}
    await store.turns.finish_turn(lease, turn.id, error=Interruption.EDITED, **cancelled)  # type: ignore[arg-type]
    assert await store.cancellations.cut_short(turn.id)


async def test_a_turn_that_was_stopped_was_not_cut_short_by_an_edit(store: Store) -> None:
    lease, turn = await open_turn(store)
    await store.turns.finish_turn(lease, turn.id, state=TurnState.CANCELLED, reply=None, error=Interruption.STOPPED)
    assert not await store.cancellations.cut_short(turn.id)
