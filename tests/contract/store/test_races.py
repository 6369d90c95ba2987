"""What really happens at the same time."""

from __future__ import annotations

import asyncio
from collections import defaultdict

import pytest

from agent.records import JobState
from bot.store import Store
from bot.store.inbox import Accepted, Duplicate
from tests.support.store_steps import accept, event, run_jobs, update

pytestmark = pytest.mark.full


async def work_off(store: Store, expected: int) -> dict[str, list[str]]:
    """Two workers drain every lane until `expected` rows are done; what each conversation saw, in order."""
    seen: dict[str, list[str]] = defaultdict(list)
    active: set[str] = set()

    async def worker() -> None:
        while sum(map(len, seen.values())) < expected:
            for lease in await store.lanes.claim(2):
                assert lease.id not in active, "two workers in one lane"
                active.add(lease.id)
                while row := await store.lanes.next_row(lease):
                    seen[lease.id].append(row.id)
                    await store.lanes.finish_row(lease, row)
                    if row.seq % 3 == 0:  # also give lanes back half done
                        active.discard(lease.id)
                        await store.lanes.release(lease)
                        break
                else:
                    active.discard(lease.id)

    async with asyncio.timeout(15), asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(worker())
    return seen


async def test_accepting_and_draining_at_once_loses_and_doubles_nothing(store: Store) -> None:
    async def speak(thread: int) -> str:
        for number in range(12):
            conversation_id = await accept(store, f"{thread}-{number:02}", thread_ts=f"{thread}.0")
        return conversation_id

    async with asyncio.TaskGroup() as group:
        speakers = [group.create_task(speak(thread)) for thread in range(4)]
        drained = group.create_task(work_off(store, 48))
    expected = {task.result(): [f"{n}-{i:02}" for i in range(12)] for n, task in enumerate(speakers)}
    assert drained.result() == expected


async def test_an_event_that_meets_the_release_of_its_lane_wakes_it(store: Store) -> None:
    await accept(store, "Ev0")
    for number in range(1, 30):
        (lease,) = await store.lanes.claim(1)
        row = await store.lanes.next_row(lease)
        assert row is not None
        await store.lanes.finish_row(lease, row)
        seen, _ = await asyncio.gather(store.lanes.next_row(lease), accept(store, f"Ev{number}"))
        if seen is not None:
            await store.lanes.release(lease)


async def test_one_of_many_copies_of_an_event_is_accepted(store: Store) -> None:
    answers = await asyncio.gather(*(store.lanes.accept(event("Ev1", thread_ts=None)) for _ in range(10)))
    assert sum(isinstance(answer, Accepted) for answer in answers) == 1
    assert answers.count(Duplicate()) == 9


async def test_a_new_thread_has_one_conversation_however_many_speak_at_once(store: Store) -> None:
    conversations = await asyncio.gather(*(accept(store, f"Ev{number}") for number in range(10)))
    assert len(set(conversations)) == 1


async def test_jobs_that_end_at_once_are_closed_once(store: Store) -> None:
    job, *_ = await run_jobs(store, *(f"language {number}" for number in range(6)))
    claimed = await store.jobs.claim_due_jobs(10)
    await asyncio.gather(*(store.jobs.record_update(lease, update(JobState.SUCCEEDED)) for lease, _ in claimed))
    items = await store.turns.items(job.conversation_id)
    assert [item.seq for item in items] == list(range(1, 8))
    assert await store.deliveries.find(f"closing:{job.submission_id}") is not None


async def test_a_submission_is_claimed_by_one_of_many(store: Store) -> None:
    await run_jobs(store, "German", "French")
    claims = await asyncio.gather(*(store.jobs.claim_due_jobs(10) for _ in range(8)))
    assert sorted(len(claimed) for claimed in claims) == [0] * 7 + [2]
