"""The outbox: in order, each post once, and honest about what it does not know."""

from __future__ import annotations

import pytest

from agent.errors import LeaseLost
from agent.records import Delivery, DeliveryKind, DeliveryState, Lease
from bot.store import Store
from bot.store.inbox import Accepted
from bot.store.outbox import NewDelivery
from tests.support.clock import ManualClock
from tests.support.store_steps import CHANNEL, LEASE, WORKSPACE, accept, claim_lane, event, everything


async def enqueue(store: Store, conversation_id: str, *keys: str, kind: DeliveryKind = DeliveryKind.NOTICE) -> None:
    for key in keys:
        await store.deliveries.enqueue(NewDelivery(conversation_id, kind, key, body={"text": key}))


async def thread(store: Store, *keys: str) -> str:
    """A conversation with these notices queued."""
    conversation_id = await accept(store, "Ev1")
    await enqueue(store, conversation_id, *keys)
    return conversation_id


async def due(store: Store) -> dict[str, Lease]:
    """Everything that can be claimed now: key → lease, in order."""
    return {delivery.key: lease for lease, delivery, _ in await store.deliveries.claim_due(10)}


async def post(store: Store, lease: Lease, ts: str = "2.0") -> None:
    delivery = await store.deliveries.mark_sending(lease)
    await store.deliveries.mark_posted(lease, ts, delivery.version)


async def found(store: Store, key: str) -> Delivery:
    delivery = await store.deliveries.find(key)
    assert delivery is not None
    return delivery


async def test_a_key_is_queued_once(store: Store) -> None:
    conversation_id = await thread(store, "a")
    before = await everything(store)
    await enqueue(store, conversation_id, "a")
    assert await everything(store) == before


async def test_first_posts_go_out_one_after_the_other(store: Store) -> None:
    await thread(store, "a", "b", "c")
    sent = []
    while claimed := await due(store):
        ((key, lease),) = claimed.items()
        sent.append(key)
        await post(store, lease, f"{len(sent)}.5")
    assert sent == ["a", "b", "c"]


async def test_conversations_do_not_wait_for_each_other(store: Store) -> None:
    for number in ("1", "2"):
        await enqueue(store, await accept(store, f"Ev{number}", thread_ts=f"{number}.0"), f"a{number}", f"b{number}")
    assert list(await due(store)) == ["a1", "a2"]


async def test_a_claim_brings_the_conversation(store: Store) -> None:
    conversation_id = await thread(store, "a")
    ((_, _, conversation),) = await store.deliveries.claim_due(10)
    assert conversation == await store.turns.conversation(conversation_id)


@pytest.mark.parametrize("state", ["postponed", "unknown", "sending"])
async def test_a_first_post_holds_back_the_later_ones(store: Store, clock: ManualClock, state: str) -> None:
    await thread(store, "a", "b")
    lease = (await due(store))["a"]
    await store.deliveries.mark_sending(lease)
    if state == "postponed":
        await store.deliveries.postpone(lease, clock.now() + 60, "rate_limited")
    elif state == "unknown":
        await store.deliveries.mark_unknown(lease)
    assert "b" not in await due(store)


async def test_a_dead_post_lets_the_later_ones_pass(store: Store) -> None:
    await thread(store, "a", "b")
    await store.deliveries.mark_dead((await due(store))["a"], "channel_not_found")
    assert list(await due(store)) == ["b"]
    dead = await found(store, "a")
    assert (dead.state, dead.error) == (DeliveryState.DEAD, "channel_not_found")


async def test_an_update_neither_waits_nor_blocks(store: Store, clock: ManualClock) -> None:
    await thread(store, "card", "b", "c")
    await post(store, (await due(store))["card"])
    await store.deliveries.postpone((await due(store))["b"], clock.now() + 60, "rate_limited")
    await store.deliveries.refresh("card")
    assert list(await due(store)) == ["card"]
    clock.advance(60)
    assert list(await due(store)) == ["card", "b"]


async def test_a_postponed_post_waits_for_its_time(store: Store, clock: ManualClock) -> None:
    await thread(store, "a")
    lease = (await due(store))["a"]
    await store.deliveries.mark_sending(lease)
    await store.deliveries.postpone(lease, clock.now() + 60, "rate_limited")
    assert await due(store) == {}
    clock.advance(60)
    ((_, again, _),) = await store.deliveries.claim_due(10)
    assert (again.state, again.attempts, again.error) == (DeliveryState.PENDING, 1, "rate_limited")


async def test_without_a_thread_only_the_root_goes_out(store: Store) -> None:
    conversation_id = await accept(store, "command", thread_ts=None)
    await enqueue(store, conversation_id, "a")
    assert await due(store) == {}
    await enqueue(store, conversation_id, "root", kind=DeliveryKind.ROOT)
    assert list(await due(store)) == ["root"]


async def test_the_posted_root_opens_the_thread(store: Store) -> None:
    conversation_id = await accept(store, "command", thread_ts=None)
    await enqueue(store, conversation_id, "a")
    await enqueue(store, conversation_id, "root", kind=DeliveryKind.ROOT)
    await post(store, (await due(store))["root"], "7.0")
    assert (await store.turns.conversation(conversation_id)).thread_ts == "7.0"
    assert await accept(store, "Ev2", thread_ts="7.0", opens=False) == conversation_id
    assert list(await due(store)) == ["a"]


async def test_somebody_faster_in_the_roots_thread_is_not_lost(store: Store) -> None:
    ours = await accept(store, "command", thread_ts=None)
    await enqueue(store, ours, "root", kind=DeliveryKind.ROOT)
    lease = (await due(store))["root"]
    theirs = await accept(store, "Ev2", thread_ts="7.0")
    await post(store, lease, "7.0")
    assert await accept(store, "Ev3", thread_ts="7.0", opens=False) == ours
    assert {lane.id for lane in await store.lanes.claim(10)} == {ours, theirs}


async def test_sending_counts_and_returns_what_to_render(store: Store) -> None:
    await thread(store, "a")
    lease = (await due(store))["a"]
    await store.deliveries.refresh("a")
    delivery = await store.deliveries.mark_sending(lease)
    assert (delivery.state, delivery.attempts, delivery.version) == (DeliveryState.SENDING, 1, 2)


async def test_a_change_during_the_post_makes_it_pending_again(store: Store) -> None:
    await thread(store, "a")
    lease = (await due(store))["a"]
    delivery = await store.deliveries.mark_sending(lease)
    await store.deliveries.refresh("a")
    await store.deliveries.mark_posted(lease, "2.0", delivery.version)
    after = await found(store, "a")
    assert (after.state, after.ts, after.posted_version, after.version) == (DeliveryState.PENDING, "2.0", 1, 2)


async def test_a_current_post_is_done(store: Store) -> None:
    await thread(store, "a")
    await post(store, (await due(store))["a"])
    assert (await found(store, "a")).state is DeliveryState.POSTED
    assert await due(store) == {}


async def test_a_change_keeps_the_time_it_waits_for(store: Store, clock: ManualClock) -> None:
    await thread(store, "a")
    await store.deliveries.postpone((await due(store))["a"], clock.now() + 60, "rate_limited")
    await store.deliveries.refresh("a")
    assert (await found(store, "a")).not_before == clock.now() + 60


async def test_an_interrupted_first_post_is_unknown(store: Store) -> None:
    await thread(store, "a")
    lease = (await due(store))["a"]
    await store.deliveries.mark_sending(lease)
    await store.deliveries.mark_unknown(lease)
    ((_, again, _),) = await store.deliveries.claim_due(10)
    assert again.state is DeliveryState.UNKNOWN


async def test_an_interrupted_update_is_simply_due_again(store: Store) -> None:
    await thread(store, "a")
    await post(store, (await due(store))["a"])
    await store.deliveries.refresh("a")
    lease = (await due(store))["a"]
    await store.deliveries.mark_sending(lease)
    await store.deliveries.mark_unknown(lease)
    assert (await found(store, "a")).state is DeliveryState.PENDING


async def test_a_post_whose_sender_died_is_unknown(store: Store, clock: ManualClock) -> None:
    await thread(store, "a")
    await store.deliveries.mark_sending((await due(store))["a"])
    clock.advance(LEASE)
    ((_, again, _),) = await store.deliveries.claim_due(10)
    assert again.state is DeliveryState.UNKNOWN


async def test_looking_in_vain_for_lack_of_quota_leaves_it_unknown(store: Store) -> None:
    await thread(store, "a")
    lease = (await due(store))["a"]
    await store.deliveries.mark_sending(lease)
    await store.deliveries.mark_unknown(lease)
    await store.deliveries.postpone((await due(store))["a"], 0.0, "rate_limited")
    assert (await found(store, "a")).state is DeliveryState.UNKNOWN


async def unknown_post(store: Store) -> None:
    await thread(store, "a")
    lease = (await due(store))["a"]
    await store.deliveries.mark_sending(lease)
    await store.deliveries.mark_unknown(lease)


async def test_our_own_echo_settles_an_unknown_post(store: Store) -> None:
    await unknown_post(store)
    assert await store.deliveries.record_echo(WORKSPACE, CHANNEL, "a", "2.0")
    after = await found(store, "a")
    assert (after.state, after.ts, after.posted_version) == (DeliveryState.POSTED, "2.0", 1)


async def test_an_echo_stops_whoever_was_about_to_repeat(store: Store) -> None:
    await unknown_post(store)
    lease = (await due(store))["a"]
    await store.deliveries.record_echo(WORKSPACE, CHANNEL, "a", "2.0")
    with pytest.raises(LeaseLost):
        await store.deliveries.mark_sending(lease)


async def test_an_echo_lets_the_sender_finish(store: Store) -> None:
    await thread(store, "a")
    lease = (await due(store))["a"]
    delivery = await store.deliveries.mark_sending(lease)
    await store.deliveries.record_echo(WORKSPACE, CHANNEL, "a", "2.0")
    await store.deliveries.mark_posted(lease, "2.0", delivery.version)
    assert (await found(store, "a")).state is DeliveryState.POSTED


async def test_an_echo_after_a_refusal_that_was_none_is_believed(store: Store, clock: ManualClock) -> None:
    await thread(store, "a")
    lease = (await due(store))["a"]
    await store.deliveries.mark_sending(lease)
    await store.deliveries.postpone(lease, clock.now() + 60, "server")
    assert await store.deliveries.record_echo(WORKSPACE, CHANNEL, "a", "2.0")
    assert (await found(store, "a")).state is DeliveryState.POSTED


async def test_an_echo_of_an_old_version_leaves_an_update_to_make(store: Store) -> None:
    await unknown_post(store)
    await store.deliveries.refresh("a")
    await store.deliveries.record_echo(WORKSPACE, CHANNEL, "a", "2.0")
    after = await found(store, "a")
    assert (after.state, after.posted_version, after.version) == (DeliveryState.PENDING, 1, 2)


@pytest.mark.parametrize(
    ("workspace", "channel", "key"), [("T2", CHANNEL, "a"), (WORKSPACE, "C2", "a"), (WORKSPACE, CHANNEL, "b")]
)
async def test_an_echo_from_elsewhere_settles_nothing(store: Store, workspace: str, channel: str, key: str) -> None:
    await unknown_post(store)
    before = await everything(store)
    assert not await store.deliveries.record_echo(workspace, channel, key, "2.0")
    assert await everything(store) == before


async def test_an_echo_of_what_was_never_sent_settles_nothing(store: Store) -> None:
    await thread(store, "a")
    assert not await store.deliveries.record_echo(WORKSPACE, CHANNEL, "a", "2.0")


async def test_an_echo_of_the_root_opens_the_thread(store: Store) -> None:
    conversation_id = await accept(store, "command", thread_ts=None)
    await enqueue(store, conversation_id, "root", kind=DeliveryKind.ROOT)
    await store.deliveries.mark_sending((await due(store))["root"])
    await store.deliveries.record_echo(WORKSPACE, CHANNEL, "root", "7.0")
    accepted = await store.lanes.accept(event("Ev2", thread_ts="7.0", opens=False))
    assert isinstance(accepted, Accepted)
    assert accepted.conversation_id == conversation_id


async def test_a_post_that_vanished_is_posted_anew(store: Store) -> None:
    await thread(store, "a")
    await post(store, (await due(store))["a"])
    await store.deliveries.refresh("a")
    lease = (await due(store))["a"]
    await store.deliveries.replace_ts(lease, None)
    await post(store, lease, "9.0")
    assert (await found(store, "a")).ts == "9.0"


async def test_no_more_are_claimed_than_asked_for(store: Store) -> None:
    for number in range(3):
        await enqueue(store, await accept(store, f"Ev{number}", thread_ts=f"{number}.0"), f"key-{number}")
    assert [len(await store.deliveries.claim_due(2)) for _ in range(3)] == [2, 1, 0]


async def test_an_unknown_delivery_is_a_key_error(store: Store) -> None:
    with pytest.raises(KeyError):
        await store.deliveries.get("nothing")


async def test_nothing_waits_for_a_file_and_a_file_waits_for_its_closing(store: Store) -> None:
    conversation_id = await thread(store, "closing")
    await enqueue(store, conversation_id, "file", kind=DeliveryKind.JOB_FILE)
    await enqueue(store, conversation_id, "reply")
    assert await store.deliveries.claim_due(10, files=True) == []
    await post(store, (await due(store))["closing"])
    ((_, file, _),) = await store.deliveries.claim_due(10, files=True)
    ((_, reply, _),) = await store.deliveries.claim_due(10, files=False)
    assert (file.key, reply.key) == ("file", "reply")


@pytest.mark.parametrize("dead", [False, True])
async def test_what_waits_for_its_root_waits_no_longer_than_that(store: Store, clock: ManualClock, dead: bool) -> None:
    conversation_id = await accept(store, "Ev1")
    await store.lanes.park(await claim_lane(store), clock.now() + 60)
    await enqueue(store, conversation_id, "root", kind=DeliveryKind.ROOT)
    assert await store.lanes.claim(10) == []
    announced: list[str] = []
    store.database.on_announced = announced.append
    lease = (await due(store))["root"]
    await (store.deliveries.mark_dead(lease, "no such channel") if dead else post(store, lease))
    assert "lanes" in announced
    assert (await claim_lane(store)).id == conversation_id


async def test_a_root_leaves_a_lane_alone_that_is_being_worked_on(store: Store) -> None:
    conversation_id = await accept(store, "Ev1")
    held = await claim_lane(store)
    await enqueue(store, conversation_id, "root", kind=DeliveryKind.ROOT)
    await post(store, (await due(store))["root"])
    assert await store.lanes.claim(10) == []
    assert await store.lanes.next_row(held) is not None


async def test_whoever_waits_for_a_post_is_told_that_it_may_go(store: Store) -> None:
    await thread(store, "a", "b")
    announced: list[str] = []
    store.database.on_announced = announced.append
    await post(store, (await due(store))["a"])
    assert "deliveries" in announced
    announced.clear()
    await store.deliveries.mark_dead((await due(store))["b"], "gone")
    assert "deliveries" in announced


async def test_what_changed_while_it_was_being_posted_is_announced_again(store: Store) -> None:
    await thread(store, "a")
    lease = (await due(store))["a"]
    sent = await store.deliveries.mark_sending(lease)
    await store.deliveries.refresh("a")
    announced: list[str] = []
    store.database.on_announced = announced.append
    await store.deliveries.mark_posted(lease, "2.0", sent.version)
    assert "deliveries" in announced
    assert list(await due(store)) == ["a"]
