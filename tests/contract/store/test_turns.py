"""A turn is begun once, checkpointed as it goes, and ended together with its row and its reply."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from agent.errors import LeaseLost
from agent.records import DeliveryKind, DeliveryState, ModelCall, Source, TurnState
from bot.store import Store
from bot.store.inbox import NotOurs
from bot.store.outbox import NewDelivery
from bot.store.schema import model_call
from tests.support.clock import ManualClock
from tests.support.store_steps import (
    PERSON,
    accept,
    claim_lane,
    claiming_as,
    event,
    everything,
    open_row,
    open_turn,
    user_item,
)

CALL = ModelCall("model-1", "resp-1", "req-1", input_tokens=100, output_tokens=20, cached_tokens=50)


def function_call(call_id: str) -> dict[str, Any]:
    return {"type": "function_call", "call_id": call_id, "name": "list_jobs", "arguments": "{}"}


def function_output(call_id: str) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": "[]"}


async def test_a_turn_starts_running_with_its_items(store: Store) -> None:
    lease, turn = await open_turn(store)
    assert (turn.state, turn.message_ts, turn.requester) == (TurnState.RUNNING, "ts-Ev1", PERSON)
    (item,) = await store.turns.items(lease.id)
    assert (item.seq, item.turn_id, item.source, item.body) == (1, turn.id, *user_item("Hello"))


async def test_beginning_again_returns_the_same_turn(store: Store) -> None:
    lease, row = await open_row(store)
    options: dict[str, Any] = {"origin": "message", "requester": PERSON, "items": [user_item("Hello")]}
    turn = await store.turns.begin_turn(lease, row, **options)
    before = await everything(store)
    assert await store.turns.begin_turn(lease, row, **options) == turn
    assert await everything(store) == before


async def test_a_row_of_another_lane_is_refused(store: Store) -> None:
    lease, row = await open_row(store)
    with pytest.raises(ValueError, match="not of lane"):
        await store.turns.begin_turn(
            lease, replace(row, conversation_id="other"), origin="message", requester=PERSON, items=[]
        )


async def test_the_turn_of_a_row_is_found(store: Store) -> None:
    _, turn = await open_turn(store)
    assert await store.turns.turn_of_row("Ev1") == turn
    assert await store.turns.turn_of_row("Ev2") is None


async def test_the_turns_id_depends_on_the_row_alone(store: Store) -> None:
    _, turn = await open_turn(store, "Ev1")
    assert turn.id == "turn_16614e62110c7565e7a6e1dd"


async def test_a_model_call_is_logged_and_counted(store: Store) -> None:
    lease, turn = await open_turn(store)
    for _ in range(2):
        await store.turns.record_model_call(lease, turn.id, [function_call("c1")], CALL)
    after = await store.turns.turn_of_row("Ev1")
    assert after is not None
    assert (after.model_calls, after.tokens) == (2, 240)
    assert [item.source for item in await store.turns.items(lease.id)] == [Source.USER, Source.MODEL, Source.MODEL]


async def test_a_model_call_is_kept_for_the_operator(store: Store) -> None:
    lease, turn = await open_turn(store)
    await store.turns.record_model_call(lease, turn.id, [], CALL)
    async with store.database.reading() as connection:
        row = (await connection.execute(sa.select(model_call))).mappings().one()
    assert (row["turn_id"], row["response_id"], row["cached_tokens"]) == (turn.id, "resp-1", 50)


async def test_outcomes_come_in_the_order_they_were_recorded(store: Store) -> None:
    lease, turn = await open_turn(store)
    for call_id in ("c2", "c1"):
        await store.turns.record_outcome(lease, turn.id, call_id=call_id, name="list_jobs", outcome={"of": call_id})
    assert list((await store.turns.outcomes(turn.id)).items()) == [("c2", {"of": "c2"}), ("c1", {"of": "c1"})]


async def test_the_first_outcome_of_a_call_stays(store: Store) -> None:
    lease, turn = await open_turn(store)
    for value in (1, 2):
        await store.turns.record_outcome(lease, turn.id, call_id="c1", name="list_jobs", outcome={"value": value})
    assert await store.turns.outcomes(turn.id) == {"c1": {"value": 1}}


async def test_outputs_are_appended_in_order(store: Store) -> None:
    lease, turn = await open_turn(store)
    await store.turns.append_outputs(lease, turn.id, [function_output("c1"), function_output("c2")])
    tail = (await store.turns.items(lease.id))[1:]
    assert [(item.seq, item.source, item.body["call_id"]) for item in tail] == [
        (2, Source.TOOL, "c1"),
        (3, Source.TOOL, "c2"),
    ]


async def test_finishing_ends_turn_row_and_log_at_once(store: Store) -> None:
    lease, turn = await open_turn(store)
    items = [(Source.MODEL, {"type": "message", "role": "assistant", "content": []})]
    await store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply="Done.", items=items, call=CALL)
    after = await store.turns.turn_of_row("Ev1")
    assert after is not None
    assert (after.state, after.model_calls) == (TurnState.DONE, 1)
    assert len(await store.turns.items(lease.id)) == 2
    assert await store.lanes.next_row(lease) is None


async def test_a_reply_is_queued_with_the_end(store: Store) -> None:
    lease, turn = await open_turn(store)
    delivery_id = await store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply="Done.")
    assert delivery_id is not None
    delivery = await store.deliveries.get(delivery_id)
    assert (delivery.kind, delivery.key, delivery.body, delivery.state) == (
        DeliveryKind.REPLY,
        f"reply:{turn.id}",
        {"text": "Done.", "rate": True},  # people may say what they think of it
        DeliveryState.PENDING,
    )


async def test_the_reply_is_held_by_whoever_finished_the_turn(store: Store) -> None:
    lease, turn = await open_turn(store)
    delivery_id = await store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply="Done.")
    assert delivery_id is not None
    assert await store.deliveries.claim_due(10) == []
    held = await store.deliveries.held(delivery_id)
    assert held is not None
    await store.deliveries.mark_posted(held[0], "5.0", 1)
    assert (await store.deliveries.get(delivery_id)).state is DeliveryState.POSTED


async def test_nobody_else_holds_the_reply(store: Store) -> None:
    lease, turn = await open_turn(store)
    delivery_id = await store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply="Done.")
    assert delivery_id is not None
    with claiming_as(store, "second"):
        assert await store.deliveries.held(delivery_id) is None


async def test_a_reply_that_was_not_settled_falls_to_the_outbox(store: Store, clock: ManualClock) -> None:
    lease, turn = await open_turn(store)
    delivery_id = await store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply="Done.")
    clock.advance(31)
    assert [delivery.id for _, delivery, _ in await store.deliveries.claim_due(10)] == [delivery_id]


async def test_the_reply_takes_over_what_was_streamed(store: Store) -> None:
    lease, turn = await open_turn(store)
    await store.turns.set_reply_ts(lease, turn.id, "5.0")
    delivery_id = await store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply="Done.")
    assert delivery_id is not None
    assert (await store.deliveries.get(delivery_id)).ts == "5.0"


async def test_a_reply_without_a_thread_is_left_to_the_outbox(store: Store) -> None:
    lease, turn = await open_turn(store, thread_ts=None)
    delivery_id = await store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply="Done.")
    assert delivery_id is not None
    assert await store.deliveries.held(delivery_id) is None


async def test_without_a_reply_nothing_is_queued(store: Store) -> None:
    lease, turn = await open_turn(store)
    assert (
        await store.turns.finish_turn(lease, turn.id, state=TurnState.CANCELLED, reply=None, error="withdrawn") is None
    )
    assert await store.deliveries.find(f"reply:{turn.id}") is None
    after = await store.turns.turn_of_row("Ev1")
    assert after is not None
    assert after.error == "withdrawn"


async def test_finishing_twice_changes_nothing(store: Store) -> None:
    lease, turn = await open_turn(store)
    first = await store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply="Done.")
    before = await everything(store)
    assert await store.turns.finish_turn(lease, turn.id, state=TurnState.FAILED, reply="Sorry.") == first
    assert await everything(store) == before


async def test_a_turn_cannot_end_as_running(store: Store) -> None:
    lease, turn = await open_turn(store)
    with pytest.raises(ValueError, match="cannot end as running"):
        await store.turns.finish_turn(lease, turn.id, state=TurnState.RUNNING, reply=None)


async def test_a_deferred_turn_stays_running(store: Store, clock: ManualClock) -> None:
    lease, turn = await open_turn(store)
    await store.turns.defer_turn(lease, turn.id, not_before=clock.now() + 9, error="rate_limited")
    after = await store.turns.turn_of_row("Ev1")
    assert after is not None
    assert (after.state, after.attempts, after.not_before, after.error) == (
        TurnState.RUNNING,
        1,
        clock.now() + 9,
        "rate_limited",
    )


async def test_a_finished_turn_is_not_deferred(store: Store) -> None:
    lease, turn = await open_turn(store)
    await store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply=None)
    before = await everything(store)
    await store.turns.defer_turn(lease, turn.id, not_before=1.0, error="late")
    assert await everything(store) == before


async def test_a_turn_of_another_conversation_is_unknown_here(store: Store) -> None:
    _, turn = await open_turn(store, "Ev1", thread_ts="1.0")
    lease, _ = await open_row(store, "Ev2", thread_ts="2.0")
    with pytest.raises(KeyError):
        await store.turns.defer_turn(lease, turn.id, not_before=1.0, error="")


async def test_the_log_of_a_conversation_goes_on_over_its_turns(store: Store) -> None:
    lease, first = await open_turn(store, "Ev1")
    await store.turns.finish_turn(lease, first.id, state=TurnState.DONE, reply=None)
    await store.lanes.release(lease)
    await accept(store, "Ev2")
    lease = await claim_lane(store)
    row = await store.lanes.next_row(lease)
    assert row is not None
    second = await store.turns.begin_turn(lease, row, origin="message", requester=PERSON, items=[user_item("More")])
    assert [(i.seq, i.turn_id) for i in await store.turns.items(lease.id)] == [(1, first.id), (2, second.id)]


async def test_sources_are_numbered_by_kind(store: Store) -> None:
    conversation_id = await accept(store, "Ev1")
    names = [
        await store.turns.name_source(conversation_id, kind, value)
        for kind, value in (("V", "https://a.example/1"), ("F", "F123"), ("V", "https://a.example/2"))
    ]
    assert names == ["V1", "F1", "V2"]


async def test_a_known_source_keeps_its_name(store: Store) -> None:
    conversation_id = await accept(store, "Ev1")
    long_url = "https://a.example/" + "x" * 10_000
    assert [await store.turns.name_source(conversation_id, "V", long_url) for _ in range(2)] == ["V1", "V1"]
    assert await store.turns.resolve_source(conversation_id, "V1") == long_url


async def test_handles_mean_nothing_in_another_conversation(store: Store) -> None:
    here, there = await accept(store, "Ev1", thread_ts="1.0"), await accept(store, "Ev2", thread_ts="2.0")
    await store.turns.name_source(here, "V", "https://a.example/1")
    assert await store.turns.resolve_source(there, "V1") is None


async def test_an_unknown_conversation_is_a_key_error(store: Store) -> None:
    with pytest.raises(KeyError):
        await store.turns.conversation("nowhere")
    assert await store.lanes.accept(event(opens=False)) == NotOurs()


async def test_a_reply_that_becomes_visible_after_the_end_of_its_turn_stands_there(store: Store) -> None:
    lease, turn = await open_turn(store)
    delivery_id = await store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply="Hello.")
    assert delivery_id is not None
    await store.turns.set_reply_ts(lease, turn.id, "5.0")
    assert (await store.deliveries.get(delivery_id)).ts == "5.0"


async def test_a_reply_that_is_being_posted_is_not_shown_at_another_place(store: Store) -> None:
    lease, turn = await open_turn(store)
    delivery_id = await store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply="Hello.")
    held = await store.deliveries.held(delivery_id or "")
    assert held is not None
    await store.deliveries.mark_sending(held[0])
    with pytest.raises(LeaseLost):
        await store.turns.set_reply_ts(lease, turn.id, "5.0")


async def test_a_turn_that_ended_without_a_word_is_not_shown(store: Store) -> None:
    lease, turn = await open_turn(store)
    await store.turns.finish_turn(lease, turn.id, state=TurnState.CANCELLED, reply=None)
    with pytest.raises(LeaseLost):
        await store.turns.set_reply_ts(lease, turn.id, "5.0")


async def test_a_post_that_is_not_visible_yet_is_in_the_way_of_the_next(store: Store) -> None:
    conversation_id = await accept(store, "Ev1")
    assert not await store.turns.unposted(conversation_id)
    await store.deliveries.enqueue(NewDelivery(conversation_id, DeliveryKind.REPLY, "reply:1", body={"text": "Hi"}))
    assert await store.turns.unposted(conversation_id)
    ((lease, _, _),) = await store.deliveries.claim_due(1)
    assert await store.turns.unposted(conversation_id)
    await store.deliveries.mark_posted(lease, "2.0", 1)
    assert not await store.turns.unposted(conversation_id)


async def test_the_newest_outcomes_of_a_conversation_come_first_and_those_of_others_never(store: Store) -> None:
    lease, turn = await open_turn(store)
    for call_id in ("c1", "c2", "c3"):
        await store.turns.record_outcome(lease, turn.id, call_id=call_id, name="list_jobs", outcome={"of": call_id})
    assert await store.turns.recent_outcomes(turn.conversation_id, 2) == [{"of": "c3"}, {"of": "c2"}]
    assert await store.turns.recent_outcomes("another", 2) == []
