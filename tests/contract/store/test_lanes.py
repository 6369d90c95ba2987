"""Events wait in the lane of their conversation, each once and in order."""

from __future__ import annotations

import pytest

from bot.store import Store
from bot.store.inbox import Accepted, Duplicate, NotOurs
from tests.support.clock import ManualClock
from tests.support.store_steps import CHANNEL, LEASE, WORKSPACE, accept, claim_lane, event, everything, open_row


async def test_an_opening_event_creates_its_conversation(store: Store) -> None:
    conversation_id = await accept(store, "Ev1", thread_ts="1.0")
    found = await store.lanes.find(WORKSPACE, CHANNEL, "1.0")
    assert found is not None
    assert (found.id, found.thread_ts) == (conversation_id, "1.0")


async def test_a_reply_in_a_known_thread_joins_its_conversation(store: Store) -> None:
    first = await accept(store, "Ev1")
    assert await accept(store, "Ev2", opens=False) == first


async def test_a_reply_in_a_strange_thread_is_not_ours_and_leaves_nothing(store: Store) -> None:
    before = await everything(store)
    assert await store.lanes.accept(event(opens=False)) == NotOurs()
    assert await everything(store) == before


@pytest.mark.parametrize("other", [{"thread_ts": "2.0"}, {"channel_id": "C2"}])
async def test_another_place_is_another_conversation(store: Store, other: dict[str, str]) -> None:
    assert await accept(store, "Ev1") != await accept(store, "Ev2", **other)


async def test_the_same_event_is_accepted_once(store: Store) -> None:
    await accept(store, "Ev1")
    before = await everything(store)
    assert await store.lanes.accept(event("Ev1")) == Duplicate()
    assert await everything(store) == before


async def test_two_events_about_one_message_are_one(store: Store) -> None:
    await accept(store, "Ev1", dedup_key="T1:C1:1.0")
    assert await store.lanes.accept(event("Ev2", dedup_key="T1:C1:1.0")) == Duplicate()


async def test_events_without_a_dedup_key_do_not_collide(store: Store) -> None:
    assert await accept(store, "Ev1") == await accept(store, "Ev2")


async def test_a_duplicate_command_creates_no_second_conversation(store: Store) -> None:
    await accept(store, "command-1", thread_ts=None)
    before = await everything(store)
    assert await store.lanes.accept(event("command-1", thread_ts=None)) == Duplicate()
    assert await everything(store) == before


async def test_each_command_without_a_thread_has_its_own_conversation(store: Store) -> None:
    assert await accept(store, "command-1", thread_ts=None) != await accept(store, "command-2", thread_ts=None)


async def test_without_a_thread_and_without_opening_nothing_is_ours(store: Store) -> None:
    await accept(store, "command-1", thread_ts=None)
    assert await store.lanes.accept(event("Ev2", thread_ts=None, opens=False)) == NotOurs()


async def test_rows_come_in_order_of_arrival(store: Store) -> None:
    await accept(store, "Ev1", "Ev2", "Ev3")
    lease = await claim_lane(store)
    seen = []
    while row := await store.lanes.next_row(lease):
        seen.append(row.id)
        await store.lanes.finish_row(lease, row)
    assert seen == ["Ev1", "Ev2", "Ev3"]


async def test_an_unfinished_row_comes_again(store: Store) -> None:
    lease, row = await open_row(store)
    assert await store.lanes.next_row(lease) == row


async def test_a_claimed_lane_is_not_claimed_again(store: Store) -> None:
    await accept(store, "Ev1")
    await claim_lane(store)
    await accept(store, "Ev2")
    assert await store.lanes.claim(10) == []


async def test_a_lane_is_claimable_again_when_its_lease_has_run_out(store: Store, clock: ManualClock) -> None:
    await accept(store, "Ev1")
    first = await claim_lane(store)
    clock.advance(LEASE)
    second = await claim_lane(store)
    assert (second.id, second.epoch) == (first.id, first.epoch + 1)


async def test_the_heartbeat_keeps_a_lane(store: Store, clock: ManualClock) -> None:
    await accept(store, "Ev1")
    await claim_lane(store)
    clock.advance(LEASE - 1)
    assert await store.claims.extend() == 1
    clock.advance(LEASE - 1)
    assert await store.lanes.claim(10) == []


async def test_an_empty_lane_sleeps_until_the_next_event(store: Store) -> None:
    lease, row = await open_row(store)
    await store.lanes.finish_row(lease, row)
    assert await store.lanes.next_row(lease) is None
    assert await store.lanes.claim(10) == []
    await accept(store, "Ev2")
    assert (await claim_lane(store)).id == lease.id


async def test_a_parked_lane_waits_for_its_time(store: Store, clock: ManualClock) -> None:
    lease, _ = await open_row(store)
    await store.lanes.park(lease, clock.now() + 60)
    assert await store.lanes.claim(10) == []
    clock.advance(60)
    assert (await claim_lane(store)).id == lease.id


async def test_a_new_event_wakes_a_parked_lane(store: Store, clock: ManualClock) -> None:
    lease, _ = await open_row(store)
    await store.lanes.park(lease, clock.now() + 60)
    await accept(store, "Ev2")
    assert (await claim_lane(store)).id == lease.id


async def test_a_new_event_does_not_put_a_lane_that_is_ready_behind_others(store: Store, clock: ManualClock) -> None:
    first = await accept(store, "Ev1", thread_ts="1.0")
    clock.advance(1)
    await accept(store, "Ev2", thread_ts="2.0")
    clock.advance(1)
    await accept(store, "Ev3", thread_ts="1.0")
    (lease,) = await store.lanes.claim(1)
    assert lease.id == first


async def test_a_released_lane_is_claimable_at_once(store: Store) -> None:
    lease, row = await open_row(store)
    await store.lanes.release(lease)
    assert await store.lanes.next_row(await claim_lane(store)) == row


async def test_no_more_lanes_are_claimed_than_asked_for(store: Store) -> None:
    for number in range(3):
        await accept(store, f"Ev{number}", thread_ts=f"{number}.0")
    assert [len(await store.lanes.claim(2)) for _ in range(3)] == [2, 1, 0]


async def test_changes_of_a_message_are_seen_ahead(store: Store) -> None:
    lease, row = await open_row(store)
    same, other = {"ts": "ts-Ev1", "text": "new"}, {"ts": "ts-Ev9"}
    await accept(store, "Ev2", kind="message_changed", payload=same)
    await accept(store, "Ev3", kind="message_changed", payload=other)
    await accept(store, "Ev4", kind="message", payload=same)
    await accept(store, "Ev5", kind="message_deleted", payload=same)
    changes = await store.lanes.later_changes(lease, row)
    assert [(change.id, change.payload) for change in changes] == [("Ev2", same), ("Ev5", same)]


async def test_a_row_without_a_message_has_no_changes(store: Store) -> None:
    lease, row = await open_row(store, payload={})
    await accept(store, "Ev2", kind="message_deleted", payload={})
    assert await store.lanes.later_changes(lease, row) == []


async def test_payloads_survive_as_they_are(store: Store) -> None:
    payload = {"ts": "1.5", "text": "naïve \x00 \ud800 🎬", "files": [{"id": "F1"}], "none": None}
    _, row = await open_row(store, payload=payload)
    assert row.payload == payload


async def test_the_answer_tells_the_conversation_and_the_place_in_line(store: Store) -> None:
    first = await store.lanes.accept(event("Ev1"))
    second = await store.lanes.accept(event("Ev2"))
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert (first.conversation_id, first.seq < second.seq) == (second.conversation_id, True)
