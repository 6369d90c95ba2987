"""Watching jobs that nobody wants any more: HeyGen makes them all the same, so they are followed to their end."""

from __future__ import annotations

import dataclasses
import random

import pytest

from agent.jobs import PollPlan
from agent.poller import Poller
from agent.records import Job, JobState, Lease
from agent.work import Works
from tests.support.agent_fakes import FakeAccounts
from tests.support.agent_heygen import TRANSLATIONS, SmallHeyGen, refusal
from tests.support.agent_job_store import FakeJobStore
from tests.support.agent_rows import new_submission
from tests.support.clock import ManualClock

LANE = Lease("C1", "worker", 1)
STATUSES = TRANSLATIONS + "/statuses"
DAY = 86_400.0


@pytest.fixture
def poller(jobs: FakeJobStore, accounts: FakeAccounts, works: Works, clock: ManualClock) -> Poller:
    rng = random.Random(1)  # noqa: S311 - jitter
    return Poller(jobs=jobs, accounts=accounts, works=works, clock=clock, rng=rng, plan=PollPlan(jitter=0.0))


async def sent(jobs: FakeJobStore, *languages: str, ids: tuple[str, ...]) -> None:
    """A submission that the provider has accepted with `ids`; its jobs do not know theirs yet."""
    submission = await jobs.intend(LANE, new_submission(*languages))
    claimed = await jobs.claim_submission(submission.id)
    assert claimed
    await jobs.record_sent(claimed[0], ids)


async def unwanted(jobs: FakeJobStore) -> None:
    """One running job that was cancelled."""
    await sent(jobs, "French (France)", ids=("vt-fr",))
    jobs.jobs["job1"] = dataclasses.replace(jobs.jobs["job1"], state=JobState.UNWANTED, provider_id="vt-fr")


def only(jobs: FakeJobStore) -> Job:
    (job,) = jobs.jobs.values()
    return job


async def test_an_unwanted_job_is_watched_to_its_end_and_stays_unwanted(
    poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen, clock: ManualClock
) -> None:
    await unwanted(jobs)
    heygen.add("vt-fr", "running")
    await poller.run_due()
    assert (only(jobs).state, only(jobs).finished_at) == (JobState.UNWANTED, None)
    heygen.add("vt-fr", "completed", video_url="https://v", duration=30.0)
    clock.advance(30)
    await poller.run_due()
    assert (only(jobs).state, only(jobs).finished_at, only(jobs).duration) == (JobState.UNWANTED, clock.now(), 30.0)
    assert jobs.booked == {"job1": 1_500_000}
    clock.advance(DAY)
    assert await poller.run_due() == 0


async def test_an_unwanted_job_survives_a_failed_read(
    poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen, clock: ManualClock
) -> None:
    await unwanted(jobs)
    heygen.fail(STATUSES, refusal(500))
    await poller.run_due()
    assert (only(jobs).state, only(jobs).due_at) == (JobState.UNWANTED, clock.now() + 30)


async def test_an_unwanted_job_still_finds_its_id(poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen) -> None:
    await sent(jobs, "French (France)", "German (Germany)", ids=("vt-1", "vt-2"))
    jobs.jobs["job1"] = dataclasses.replace(jobs.jobs["job1"], state=JobState.UNWANTED)
    heygen.add("vt-1", "running", "German (Germany)")
    heygen.add("vt-2", "running", "French (France)")
    await poller.run_due()
    assert [(job.state, job.provider_id) for job in jobs.jobs.values()] == [
        (JobState.UNWANTED, "vt-2"),
        (JobState.RUNNING, "vt-1"),
    ]


async def test_an_unwanted_job_that_is_never_done_is_not_watched_for_ever(
    poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen, clock: ManualClock
) -> None:
    await unwanted(jobs)
    heygen.add("vt-fr", "running")
    clock.advance(DAY + 1)
    await poller.run_due()
    assert (only(jobs).state, only(jobs).finished_at) == (JobState.UNWANTED, clock.now())
    assert jobs.booked == {"job1": 3_000_000}  # nobody knows what HeyGen takes for it: it stays set aside
