"""Files on their way to HeyGen: one row for one file, a row before and after each effect, and nobody else's writes."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from agent.assets import LOOK_SECONDS, Again, Asset, AssetState, NewAsset, Origin
from agent.errors import LeaseLost
from agent.records import Lease
from bot.store import Store
from bot.store.schema import asset, delivery
from tests.support.clock import ManualClock
from tests.support.store_steps import ACCOUNT, LINK_SECONDS, PERSON, WORKSPACE, claiming_as, everything, open_turn


def new_asset(lane: Lease, **other: Any) -> NewAsset:
    """A file somebody has attached."""
    given: dict[str, Any] = {
        "workspace_id": WORKSPACE,
        "account_id": ACCOUNT,
        "conversation_id": lane.id,
        "requester": PERSON,
        "origin": Origin.SLACK,
        "place": "F0123",
        "source_key": "source-1",
        "call_key": "call-1",
    }
    return NewAsset(**given | other)


async def wanted(store: Store, **other: Any) -> tuple[Lease, Asset]:
    """The lane of a turn that wants a file, and the file."""
    lane, _ = await open_turn(store)
    return lane, await store.assets.want(lane, new_asset(lane, **other))


async def claimed(store: Store) -> Lease:
    """The lease of the only file that is due."""
    [(lease, _)] = await store.assets.claim_due(10)
    return lease


async def posts(store: Store) -> list[str]:
    """The texts that wait to be posted."""
    async with store.database.reading() as connection:
        return [body.get("text", "") for body in await connection.scalars(sa.select(delivery.c.body))]


async def test_a_file_that_is_wanted_twice_is_one(store: Store) -> None:
    lane, first = await wanted(store)
    again = await store.assets.want(lane, new_asset(lane, call_key="call-2"))
    assert again == first
    assert (first.state, first.number, first.attempts, first.key) == (AssetState.WAITING, 1, 0, f"{first.id}-1")


async def test_only_the_turn_that_holds_its_lane_wants_anything(store: Store) -> None:
    lane, _ = await open_turn(store)
    with pytest.raises(LeaseLost):
        await store.assets.want(Lease(lane.id, lane.owner, lane.epoch + 1), new_asset(lane))
    with pytest.raises(ValueError, match="not of lane"):
        await store.assets.want(lane, new_asset(lane, conversation_id="elsewhere"))


async def test_every_state_has_a_row(store: Store, clock: ManualClock) -> None:
    _, file = await wanted(store)
    lease = await claimed(store)
    about = {"name": "film.mp4", "content_type": "video/mp4", "size": 40_000_000}
    reserving = await store.assets.advance(lease, AssetState.RESERVING, **about)
    assert (reserving.keyed_at, reserving.size) == (clock.now(), 40_000_000)
    clock.advance(5)
    putting = await store.assets.advance(lease, AssetState.PUTTING, provider_id="p-1")
    assert putting.keyed_at == reserving.keyed_at
    completing = await store.assets.advance(lease, AssetState.COMPLETING, checksum="c" * 64, duration=42.5)
    assert (completing.checksum, completing.duration) == ("c" * 64, 42.5)
    await store.assets.advance(lease, AssetState.PROCESSING, processing_since=clock.now())
    await store.assets.advance(lease, AssetState.READY)
    ready = await store.assets.asset(file.id)
    assert ready is not None
    assert (ready.state, ready.provider_id, ready.name) == (AssetState.READY, "p-1", "film.mp4")
    assert await store.assets.uploaded(WORKSPACE, "p-1") == ready
    assert await store.assets.claim_due(10) == []
    with pytest.raises(LeaseLost):
        await store.assets.advance(lease, AssetState.FAILED)


async def test_whoever_was_taken_over_writes_nothing_any_more(store: Store, second: Store, clock: ManualClock) -> None:
    await wanted(store)
    lost = await claimed(store)
    clock.advance(60)
    with claiming_as(second, "other"):
        [(lease, _)] = await second.assets.claim_due(10)
    assert lease.epoch == lost.epoch + 1
    with pytest.raises(LeaseLost):
        store.assets.assure(lost)
    for write in (
        store.assets.advance(lost, AssetState.SENDING),
        store.assets.postpone(lost, Again(1.0, AssetState.WAITING, "timeout")),
    ):
        with pytest.raises(LeaseLost):
            await write
    await second.assets.advance(lease, AssetState.READY, provider_id="p-1")


async def test_it_waits_as_long_as_it_has_to_and_counts_what_failed(store: Store, clock: ManualClock) -> None:
    _, file = await wanted(store)
    lease = await claimed(store)
    await store.assets.advance(lease, AssetState.SENDING)
    await store.assets.postpone(lease, Again(10.0, AssetState.SENDING, "timeout"))
    assert await store.assets.claim_due(10) == []
    clock.advance(11)
    [(lease, again)] = await store.assets.claim_due(10)
    assert (again.state, again.attempts, again.key) == (AssetState.SENDING, 1, file.key)
    await store.assets.postpone(lease, Again(LOOK_SECONDS, AssetState.PROCESSING, "processing"))
    clock.advance(LOOK_SECONDS)
    [(lease, again)] = await store.assets.claim_due(10)
    assert (again.state, again.attempts) == (AssetState.PROCESSING, 1)
    await store.assets.postpone(lease, Again(0.0, AssetState.WAITING, "storage_refused", fresh=True))
    [(_, again)] = await store.assets.claim_due(10)
    assert (again.state, again.key, again.keyed_at) == (AssetState.WAITING, f"{file.id}-2", None)


async def test_a_failure_holds_for_its_call_and_not_for_the_next(store: Store) -> None:
    lane, file = await wanted(store)
    await store.assets.advance(await claimed(store), AssetState.FAILED, error_code="wrong_type", error="No.")
    same = await store.assets.want(lane, new_asset(lane))
    assert (same.state, same.error) == (AssetState.FAILED, "No.")
    anew = await store.assets.want(lane, new_asset(lane, call_key="call-2"))
    assert (anew.id, anew.state, anew.number, anew.error) == (file.id, AssetState.WAITING, 2, None)


async def test_what_heygen_has_lost_begins_anew(store: Store) -> None:
    _, file = await wanted(store)
    await store.assets.advance(await claimed(store), AssetState.READY, provider_id="p-1")
    again = await store.assets.again(file.id)
    assert again is not None
    assert (again.state, again.provider_id, again.number) == (AssetState.WAITING, None, 2)
    assert await store.assets.again(file.id) == again


@pytest.mark.parametrize("late", [True, False], ids=["before", "after"])
@pytest.mark.parametrize(
    ("state", "words"),
    [(AssetState.READY, "The file is at HeyGen now"), (AssetState.FAILED, "did not get to HeyGen. It is empty.")],
)
async def test_nobody_waits_and_the_thread_is_told_once(
    store: Store, late: bool, state: AssetState, words: str
) -> None:
    lane, file = await wanted(store)
    lease = await claimed(store)
    if late:
        await store.assets.tell_later(file.id, lane.id)
        assert await posts(store) == []
    await store.assets.advance(lease, state, error="It is empty." if state is AssetState.FAILED else None)
    await store.assets.tell_later(file.id, lane.id)
    assert len(told := await posts(store)) == 1
    assert words in told[0]
    assert f"<@{PERSON}>" in told[0]


async def test_another_thread_is_told_nothing(store: Store) -> None:
    _, file = await wanted(store)
    await store.assets.tell_later(file.id, "elsewhere")
    await store.assets.advance(await claimed(store), AssetState.READY)
    assert await posts(store) == []


async def test_a_start_takes_up_what_a_dead_process_had(sqlite_store: Store) -> None:
    await wanted(sqlite_store)
    lease = await claimed(sqlite_store)
    await sqlite_store.stop()
    await sqlite_store.start()
    [(taken, _)] = await sqlite_store.assets.claim_due(10)
    assert taken.epoch == lease.epoch + 1


async def test_an_upload_keeps_its_conversation_and_goes_with_it(store: Store, clock: ManualClock) -> None:
    lane, _ = await wanted(store)
    row = await store.lanes.next_row(lane)
    assert row is not None
    await store.lanes.finish_row(lane, row)
    async with store.database.transaction("test.over") as connection:
        await connection.execute(sa.text("UPDATE turn SET state = 'done'"))
    await store.lanes.release(lane)
    clock.advance(LINK_SECONDS + 100)
    await store.retention.run_once()
    assert (await everything(store))["asset"] != []
    async with store.database.transaction("test.over") as connection:
        await connection.execute(sa.update(asset).values(state=AssetState.FAILED))
    await store.retention.run_once()
    assert (await everything(store))["asset"] == []
