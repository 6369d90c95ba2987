"""What an operator sees of the tables, and what stays hidden."""

from __future__ import annotations

import json

import pytest

from agent.records import DeliveryKind, Json
from bot.store import Store
from bot.store.outbox import NewDelivery
from bot.store.overview import Filter, Kind
from tests.support.clock import ManualClock
from tests.support.store_steps import accept, open_turn, run_jobs, send

pytestmark = pytest.mark.full

SECRET_WORDS = ("Hello", "A translation", "German", "our plans")


async def ids(store: Store, kind: Kind, **wanted: object) -> list[str]:
    return [row["id"] for row in await store.overview.list(kind, Filter(**wanted))]  # type: ignore[arg-type]


async def full_house(store: Store) -> None:
    (job,) = await run_jobs(store, "German")
    plans = NewDelivery(job.conversation_id, DeliveryKind.NOTICE, "notice-1", body={"text": "our plans"})
    await store.deliveries.enqueue(plans)


@pytest.mark.parametrize("kind", Kind)
async def test_lists_hold_nothing_that_people_wrote(store: Store, kind: Kind) -> None:
    await full_house(store)
    rows = await store.overview.list(kind, Filter())
    assert rows
    assert not any(word in json.dumps(rows) for word in SECRET_WORDS)


@pytest.mark.parametrize("kind", Kind)
async def test_showing_one_hides_what_people_wrote(store: Store, kind: Kind) -> None:
    await full_house(store)
    for row_id in await ids(store, kind):
        shown = await store.overview.show(kind, row_id)
        assert not any(word in repr(shown) for word in SECRET_WORDS)


@pytest.mark.parametrize(
    ("kind", "word"), [(Kind.TURN, "Hello"), (Kind.SUBMISSION, "A translation"), (Kind.JOB, "German")]
)
async def test_what_people_wrote_is_revealed_on_request(store: Store, kind: Kind, word: str) -> None:
    await full_house(store)
    (row_id,) = await ids(store, kind)
    assert word in repr(await store.overview.show(kind, row_id, reveal=True))


async def test_the_newest_comes_first_up_to_a_limit(store: Store, clock: ManualClock) -> None:
    turns = []
    for number in range(3):
        turns.append((await open_turn(store, f"Ev{number}", thread_ts=f"{number}.0"))[1].id)
        clock.advance(1)
    assert await ids(store, Kind.TURN, limit=2) == [turns[2], turns[1]]


async def test_rows_are_filtered_by_state_workspace_and_conversation(store: Store) -> None:
    lease, turn = await open_turn(store)
    right = {"state": "running", "workspace": "T1", "conversation": lease.id}
    assert await ids(store, Kind.TURN, **right) == [turn.id]
    for wrong in ({"state": "failed"}, {"workspace": "T2"}, {"conversation": "c9"}):
        assert await ids(store, Kind.TURN, **right | wrong) == []


async def test_nobody_else_has_the_id(store: Store) -> None:
    with pytest.raises(KeyError, match="job_9"):
        await store.overview.show(Kind.JOB, "job_9")


async def relatives(store: Store, kind: Kind) -> dict[str, list[Json]]:
    (row_id,) = await ids(store, kind)
    return dict((await store.overview.show(kind, row_id)).relatives)


async def test_a_turn_shows_its_items_and_its_requests(store: Store) -> None:
    await send(store, "German")
    found = await relatives(store, Kind.TURN)
    assert [(item["type"], item["role"]) for item in found["items"]] == [("message", "user")]
    assert [row["state"] for row in found["submissions"]] == ["sent"]
    assert len(found["inbox"]) == 1


async def test_a_submission_shows_its_jobs_and_its_card(store: Store) -> None:
    await send(store, "German", "French")
    found = await relatives(store, Kind.SUBMISSION)
    assert [row["handle"] for row in found["jobs"]] == ["J1", "J2"]
    assert [row["kind"] for row in found["deliveries"]] == ["card"]


async def test_the_backlog_is_counted(store: Store) -> None:
    await send(store, "German", "French")
    backlog = await store.overview.backlog()
    assert (backlog.pending_deliveries, backlog.open_jobs, backlog.dead_deliveries) == (1, 2, 0)


async def test_the_backlog_is_as_old_as_what_has_been_due_longest(store: Store, clock: ManualClock) -> None:
    conversation_id = await accept(store, "Ev1")
    await store.deliveries.enqueue(NewDelivery(conversation_id, DeliveryKind.NOTICE, "notice-1"))
    clock.advance(60)
    ((lease, _, _),) = await store.deliveries.claim_due(1)
    await store.deliveries.postpone(lease, clock.now() + 10, "paced")
    assert (await store.overview.backlog()).oldest_delivery == 0
    clock.advance(15)
    assert (await store.overview.backlog()).oldest_delivery == 5
