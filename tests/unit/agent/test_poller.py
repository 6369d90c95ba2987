"""Watching jobs: bulk reads, one terminal read, ids recognised by language, and nothing watched for ever."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from agent.jobs import LINK_WAIT, PollPlan
from agent.poller import GONE, MISSING, OVERDUE, TAKEN, Poller
from agent.records import Job, JobKind, JobState, Lease
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


async def sent(jobs: FakeJobStore, *languages: str, ids: tuple[str, ...], **fields: Any) -> None:
    """A submission that the provider has accepted with `ids`; its jobs do not know theirs yet."""
    submission = await jobs.intend(LANE, new_submission(*languages, **fields))
    claimed = await jobs.claim_submission(submission.id)
    assert claimed
    await jobs.record_sent(claimed[0], ids)


async def running(jobs: FakeJobStore, provider_id: str = "vt-fr", **fields: Any) -> None:
    """One running job."""
    await sent(jobs, "French (France)", ids=(provider_id,), key=provider_id, **fields)
    change(jobs, f"job{len(jobs.jobs)}", state=JobState.RUNNING, provider_id=provider_id)


def change(jobs: FakeJobStore, job_id: str = "job1", **values: Any) -> None:
    jobs.jobs[job_id] = dataclasses.replace(jobs.jobs[job_id], **values)


def only(jobs: FakeJobStore) -> Job:
    (job,) = jobs.jobs.values()
    return job


def reads(heygen: SmallHeyGen, provider_id: str) -> int:
    """How often the details of one translation were read."""
    return len(heygen.sent("GET", f"{TRANSLATIONS}/{provider_id}"))


# -- running jobs


async def test_a_running_job_is_looked_at_again_after_the_plans_wait(
    poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen, clock: ManualClock
) -> None:
    await running(jobs)
    heygen.add("vt-fr", "processing")
    assert await poller.run_due() == 1
    assert (only(jobs).status_word, only(jobs).due_at) == ("processing", clock.now() + 30)
    assert reads(heygen, "vt-fr") == 0


async def test_a_job_is_left_alone_until_it_is_due(poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen) -> None:
    await running(jobs)
    heygen.add("vt-fr", "running")
    await poller.run_due()
    assert await poller.run_due() == 0
    assert len(heygen.requests) == 1


async def test_bulk_reads_take_at_most_100_ids(poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen) -> None:
    for number in range(230):
        await running(jobs, f"vt-{number}")
        heygen.add(f"vt-{number}", "running")
    assert await poller.run_due(limit=230) == 230
    sizes = [len(one.url.params["video_translation_ids"].split(",")) for one in heygen.sent("GET", STATUSES)]
    assert sizes == [100, 100, 30]


async def test_a_completed_job_is_read_once_and_succeeds(
    poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen
) -> None:
    await running(jobs)
    heygen.add("vt-fr", "completed", video_url="https://v", duration=12.5)
    await poller.run_due()
    assert (only(jobs).state, only(jobs).duration) == (JobState.SUCCEEDED, 12.5)
    assert reads(heygen, "vt-fr") == 1


async def test_a_failed_job_says_why(poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen) -> None:
    await running(jobs)
    heygen.add("vt-fr", "failed", failure_message="no speech")
    await poller.run_due()
    assert (only(jobs).state, only(jobs).failure) == (JobState.FAILED, "no speech")


async def test_the_bulk_answer_is_only_a_hint(poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen) -> None:
    await running(jobs)
    heygen.add("vt-fr", "running")
    heygen.words["vt-fr"] = "failed"
    await poller.run_due()
    assert only(jobs).state is JobState.RUNNING


async def test_completed_without_a_link_waits_for_the_link(
    poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen, clock: ManualClock
) -> None:
    await running(jobs)
    heygen.add("vt-fr", "completed")
    await poller.run_due()
    assert (only(jobs).state, only(jobs).due_at) == (JobState.RUNNING, clock.now() + LINK_WAIT)
    heygen.add("vt-fr", "completed", video_url="https://v")
    clock.advance(LINK_WAIT)
    await poller.run_due()
    assert only(jobs).state is JobState.SUCCEEDED


async def test_videos_are_read_as_videos(poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen) -> None:
    await running(jobs, "v-1", kind=JobKind.VIDEO)
    heygen.videos["v-1"] = {"id": "v-1", "status": "completed", "video_url": "https://v"}
    await poller.run_due()
    assert only(jobs).state is JobState.SUCCEEDED
    assert [one.url.path for one in heygen.requests] == ["/v3/videos/statuses", "/v3/videos/v-1"]


async def test_an_entry_that_is_missing_from_the_answer_is_read_by_itself(
    poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen
) -> None:
    await running(jobs)
    heygen.add("vt-fr", "running")
    heygen.fail(STATUSES, httpx2.Response(200, json={"data": []}))
    await poller.run_due()
    assert reads(heygen, "vt-fr") == 1
    assert only(jobs).state is JobState.RUNNING


# -- words nobody knows


async def test_an_unknown_word_counts_as_running_and_is_logged(
    poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen
) -> None:
    await running(jobs)
    heygen.add("vt-fr", "brewing")
    with capture_logs() as logs:
        await poller.run_due()
    assert (only(jobs).state, only(jobs).status_word) == (JobState.RUNNING, "brewing")
    assert [(entry["event"], entry["word"]) for entry in logs] == [("unknown_status_word", "brewing")]


@pytest.mark.parametrize("word", ["brewing", "running", "completed"])
async def test_past_the_deadline_an_unfinished_job_is_unknown(
    word: str, poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen, clock: ManualClock
) -> None:
    await running(jobs)
    heygen.add("vt-fr", word)
    clock.advance(DAY + 1)
    await poller.run_due()
    assert (only(jobs).state, only(jobs).failure) == (JobState.UNKNOWN, OVERDUE)


async def test_past_the_deadline_a_finished_job_still_succeeds(
    poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen, clock: ManualClock
) -> None:
    await running(jobs)
    heygen.add("vt-fr", "completed", video_url="https://v")
    clock.advance(DAY + 1)
    await poller.run_due()
    assert only(jobs).state is JobState.SUCCEEDED


async def test_a_job_not_found_twice_in_a_row_is_unknown(
    poller: Poller, jobs: FakeJobStore, clock: ManualClock
) -> None:
    await running(jobs)
    await poller.run_due()
    assert (only(jobs).state, only(jobs).status_word) == (JobState.RUNNING, "not_found")
    clock.advance(60)
    await poller.run_due()
    assert (only(jobs).state, only(jobs).failure) == (JobState.UNKNOWN, GONE)


async def test_a_job_that_was_seen_before_survives_one_not_found(
    poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen, clock: ManualClock
) -> None:
    await running(jobs)
    for present in (True, True, True, False):
        if present:
            heygen.add("vt-fr", "running")
        else:
            heygen.translations.clear()
        await poller.run_due()
        clock.advance(60)
    assert only(jobs).state is JobState.RUNNING


# -- reads that fail


@pytest.mark.parametrize("outcome", [refusal(500), httpx2.ReadTimeout, httpx2.Response(200, text="<html>")])
@pytest.mark.parametrize("path", [STATUSES, f"{TRANSLATIONS}/vt-fr"])
async def test_a_failed_read_is_repeated_later(
    path: str,
    outcome: httpx2.Response | type[httpx2.TransportError],
    poller: Poller,
    jobs: FakeJobStore,
    heygen: SmallHeyGen,
    clock: ManualClock,
) -> None:
    await running(jobs)
    heygen.add("vt-fr", "completed", video_url="https://v")
    heygen.fail(path, outcome)
    await poller.run_due()
    assert (only(jobs).state, only(jobs).due_at) == (JobState.RUNNING, clock.now() + 30)
    clock.advance(30)
    await poller.run_due()
    assert only(jobs).state is JobState.SUCCEEDED


async def test_a_failed_read_waits_as_long_as_the_server_asks(
    poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen, clock: ManualClock
) -> None:
    await running(jobs)
    heygen.fail(STATUSES, refusal(429, headers={"retry-after": "500"}))
    await poller.run_due()
    assert only(jobs).due_at == clock.now() + 500


async def test_failing_reads_end_at_the_deadline_too(
    poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen, clock: ManualClock
) -> None:
    await running(jobs)
    heygen.fail(STATUSES, refusal(500))
    clock.advance(DAY + 1)
    await poller.run_due()
    assert (only(jobs).state, only(jobs).failure) == (JobState.UNKNOWN, OVERDUE)


async def test_one_accounts_failure_does_not_stop_another(
    jobs: FakeJobStore, heygen: SmallHeyGen, works: Works, clock: ManualClock
) -> None:
    other = SmallHeyGen(clock.now)
    await running(jobs, "vt-a", account_id="bad")
    await running(jobs, "vt-b", account_id="good")
    heygen.fail(STATUSES, refusal(401))
    other.add("vt-b", "completed", video_url="https://v")
    accounts = FakeAccounts({"bad": heygen.client(), "good": other.client()})
    await Poller(jobs=jobs, accounts=accounts, works=works, clock=clock, rng=random.Random(1)).run_due()  # noqa: S311 - jitter
    assert [job.state for job in jobs.jobs.values()] == [JobState.RUNNING, JobState.SUCCEEDED]


async def test_a_lost_lease_stops_the_write(poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen) -> None:
    await running(jobs)
    heygen.add("vt-fr", "completed", video_url="https://v")
    jobs.on("record_update", lambda: jobs.take_over("job1"))
    await poller.run_due()
    assert only(jobs).state is JobState.RUNNING


# -- ids that are not recognised yet

FR, DE = "French (France)", "German (Germany)"


def given_ids(jobs: FakeJobStore) -> dict[str, str | None]:
    return {job.label: job.provider_id for job in jobs.jobs.values()}


async def test_shuffled_ids_are_matched_by_language(poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen) -> None:
    await sent(jobs, FR, DE, ids=("vt-1", "vt-2"))
    heygen.add("vt-1", "running", DE)
    heygen.add("vt-2", "completed", FR, video_url="https://v")
    await poller.run_due()
    assert given_ids(jobs) == {FR: "vt-2", DE: "vt-1"}
    assert [job.state for job in jobs.jobs.values()] == [JobState.SUCCEEDED, JobState.RUNNING]


async def test_one_id_for_one_job_needs_no_language(poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen) -> None:
    await sent(jobs, FR, ids=("vt-1",))
    heygen.add("vt-1", "running")
    await poller.run_due()
    assert given_ids(jobs) == {FR: "vt-1"}


async def test_an_id_that_was_never_answered_makes_its_job_unknown(
    poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen
) -> None:
    await sent(jobs, FR, DE, ids=("vt-1",))
    heygen.add("vt-1", "running", DE)
    await poller.run_due()
    assert [job.state for job in jobs.jobs.values()] == [JobState.UNKNOWN, JobState.RUNNING]
    assert jobs.jobs["job1"].failure == MISSING


async def test_an_id_that_another_job_has_makes_its_job_unknown_and_holds_nothing_up(
    poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen
) -> None:
    await sent(jobs, FR, ids=("vt-1",))
    heygen.add("vt-1", "running", FR)
    await poller.run_due()
    await sent(jobs, FR, DE, ids=("vt-1", "vt-2"), key="again")
    heygen.add("vt-2", "running", DE)
    await poller.run_due()
    assert [job.state for job in jobs.jobs.values()] == [JobState.RUNNING, JobState.UNKNOWN, JobState.RUNNING]
    assert [job.failure for job in jobs.jobs.values()] == [None, TAKEN, None]


async def test_an_id_that_cannot_be_read_yet_is_tried_again(
    poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen, clock: ManualClock
) -> None:
    await sent(jobs, FR, DE, ids=("vt-1", "vt-2"))
    heygen.add("vt-2", "running", FR)
    await poller.run_due()
    assert given_ids(jobs) == {FR: "vt-2", DE: None}
    assert jobs.jobs["job2"].state is JobState.WAITING
    heygen.add("vt-1", "running", DE)
    clock.advance(30)
    await poller.run_due()
    assert given_ids(jobs) == {FR: "vt-2", DE: "vt-1"}


async def test_known_ids_are_not_read_again_to_recognise_others(
    poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen, clock: ManualClock
) -> None:
    await sent(jobs, FR, DE, ids=("vt-1", "vt-2"))
    heygen.add("vt-2", "running", FR)
    await poller.run_due()
    clock.advance(30)
    await poller.run_due()
    assert reads(heygen, "vt-2") == 1


async def test_ids_without_a_language_yet_are_tried_again(
    poller: Poller, jobs: FakeJobStore, heygen: SmallHeyGen, clock: ManualClock
) -> None:
    await sent(jobs, FR, DE, ids=("vt-1", "vt-2"))
    heygen.add("vt-1", "pending")
    heygen.add("vt-2", "pending")
    await poller.run_due()
    assert {job.state for job in jobs.jobs.values()} == {JobState.WAITING}
    heygen.add("vt-1", "running", FR)
    heygen.add("vt-2", "running", DE)
    clock.advance(30)
    await poller.run_due()
    assert given_ids(jobs) == {FR: "vt-1", DE: "vt-2"}


async def test_an_id_that_can_never_be_read_ends_at_the_deadline(
    poller: Poller, jobs: FakeJobStore, clock: ManualClock
) -> None:
    await sent(jobs, FR, ids=("vt-1",))
    clock.advance(DAY + 1)
    await poller.run_due()
    assert (only(jobs).state, only(jobs).failure) == (JobState.UNKNOWN, OVERDUE)


async def test_jobs_of_an_unsent_submission_are_left_alone(poller: Poller, jobs: FakeJobStore) -> None:
    await jobs.intend(LANE, new_submission(FR))
    assert await poller.run_due() == 0
