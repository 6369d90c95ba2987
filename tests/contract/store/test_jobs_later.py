"""Readings that say nothing new are kept together, and whatever came in between is not overwritten by them."""

from __future__ import annotations

from agent.records import JobState
from bot.store import Store
from tests.support.clock import ManualClock
from tests.support.store_steps import ACCOUNT, claiming_as, run_jobs, update

LATER = 2e9


async def test_many_that_are_as_they_were_are_put_off_at_once(store: Store, clock: ManualClock) -> None:
    jobs = await run_jobs(store, "German", "French")
    claimed = await store.jobs.claim_due_jobs(10)
    looks = [(lease, update(JobState.RUNNING, due_at=LATER + number)) for number, (lease, _) in enumerate(claimed)]
    assert sorted(await store.jobs.look_later(looks)) == sorted(job.id for job in jobs)
    after = await store.jobs.jobs_of(jobs[0].submission_id)
    assert [(job.due_at, job.polls) for job in after] == [(LATER, 2), (LATER + 1, 2)]
    assert await store.jobs.look_later(looks) == []  # the leases are given back
    clock.advance(LATER)
    assert len(await store.jobs.claim_due_jobs(10)) == 2


async def test_one_that_was_hinted_at_or_shows_another_word_is_left_to_be_recorded(store: Store) -> None:
    first, _ = await run_jobs(store, "German", "French")
    (one, _), (two, job) = await store.jobs.claim_due_jobs(10)
    await store.jobs.touch(ACCOUNT, [first.provider_id or ""])
    looks = [
        (one, update(JobState.RUNNING, due_at=LATER)),
        (two, update(JobState.RUNNING, due_at=LATER, word="rendering")),
    ]
    assert await store.jobs.look_later(looks) == []
    for lease, look in looks:
        await store.jobs.record_update(lease, look)
    touched, changed = await store.jobs.jobs_of(first.submission_id)
    assert (touched.due_at, changed.status_word) == (0.0, "rendering")
    assert job.id == changed.id


async def test_one_that_nobody_wants_any_more_or_that_is_held_elsewhere_is_left_alone(store: Store) -> None:
    first, second = await run_jobs(store, "German", "French")
    looks = [(lease, update(JobState.RUNNING, due_at=LATER)) for lease, _ in await store.jobs.claim_due_jobs(10)]
    await store.cancellations.cancel(first.submission_id, actor="U1", handles=[first.handle])
    async with store.database.transaction("test.release") as connection:
        await store.claims.release_all(connection)
    with claiming_as(store, "second"):
        await store.jobs.claim_due_jobs(10)
        assert await store.jobs.look_later(looks) == []
    unwanted, running = await store.jobs.jobs_of(second.submission_id)
    assert (unwanted.state, running.due_at < LATER) == (JobState.UNWANTED, True)
