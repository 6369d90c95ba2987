"""Only what somebody has agreed to leaves: old quotes are checked again, and what nobody wants stays here."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable

import httpx2
import pytest

from agent.errors import NotApproved, SourceRefused
from agent.jobs import KEY_HONOURED_SECONDS
from agent.money import Reason
from agent.records import JobState, Lease, Submission, SubmissionState
from agent.spending import APPROVAL_SECONDS
from agent.submitter import QUOTE_FRESH_SECONDS, Submitter
from tests.support.agent_fakes import FakeProbe
from tests.support.agent_heygen import TRANSLATIONS, SmallHeyGen, refusal
from tests.support.agent_job_store import FakeCancels, FakeJobStore
from tests.support.agent_rows import new_submission
from tests.support.clock import ManualClock

LANE = Lease("C1", "worker", 1)
Settle = Callable[[], Awaitable[Submission]]


@pytest.fixture
async def settle(jobs: FakeJobStore, submitter: Submitter) -> Settle:
    """Tries the one submission there is; `jobs.submissions["S1"]` is its row."""
    submission = await jobs.intend(LANE, new_submission("French (France)", "German (Germany)"))
    return lambda: submitter.settle(submission.id)


def states(jobs: FakeJobStore) -> set[JobState]:
    return {job.state for job in jobs.jobs.values()}


# -- looking at the source again

VIDEO = "https://example.com/a.mp4"
OLD = QUOTE_FRESH_SECONDS


async def test_a_fresh_quote_is_not_checked_again(settle: Settle, probe: FakeProbe, clock: ManualClock) -> None:
    clock.advance(OLD - 1)
    assert (await settle()).state is SubmissionState.SENT
    assert probe.probed == []


@pytest.mark.parametrize("duration", [60.0, 59.0, 1.0])
async def test_an_old_quote_still_holds_when_it_costs_no_more(
    duration: float, settle: Settle, probe: FakeProbe, clock: ManualClock
) -> None:
    probe.duration = duration
    clock.advance(OLD)
    assert (await settle()).state is SubmissionState.SENT
    assert probe.probed == [VIDEO]


@pytest.mark.parametrize("duration", [60.001, 1_800.0, None], ids=str)
async def test_what_has_become_dearer_waits_for_a_new_approval(
    duration: float | None,
    settle: Settle,
    probe: FakeProbe,
    heygen: SmallHeyGen,
    jobs: FakeJobStore,
    clock: ManualClock,
) -> None:
    before = jobs.submissions["S1"]
    probe.duration = duration
    clock.advance(OLD)
    asked = await settle()
    assert (asked.state, asked.needs, asked.approved_hash) == (
        SubmissionState.WAITING_APPROVAL,
        Reason.CHANGED,
        None,
    )
    assert asked.expires_at == clock.now() + APPROVAL_SECONDS
    assert asked.quote_high > before.quote_high
    assert {job.price for job in jobs.jobs.values()} == {asked.quote(2).per_piece}
    assert (jobs.booked, heygen.requests, states(jobs)) == ({}, [], {JobState.WAITING})


async def test_a_new_approval_lets_it_go_at_its_new_price(
    settle: Settle, probe: FakeProbe, heygen: SmallHeyGen, jobs: FakeJobStore, clock: ManualClock
) -> None:
    probe.duration = 120.0
    clock.advance(OLD)
    await settle()
    assert (await settle()).state is SubmissionState.WAITING_APPROVAL
    clock.advance(3_600)
    jobs.approve("S1")
    assert (await settle()).state is SubmissionState.SENT
    assert sum(jobs.booked.values()) == 12_000_000
    assert len(heygen.creates()) == 1


async def test_a_source_that_is_gone_ends_the_request_unsent(
    settle: Settle, probe: FakeProbe, heygen: SmallHeyGen, jobs: FakeJobStore, clock: ManualClock
) -> None:
    probe.refused[VIDEO] = SourceRefused("not_found", "There is nothing behind this link.")
    clock.advance(OLD)
    submission = await settle()
    assert (submission.state, submission.error_code) == (SubmissionState.REFUSED, "not_found")
    assert submission.error == "There is nothing behind this link."
    assert (states(jobs), jobs.booked, heygen.requests) == ({JobState.FAILED}, {}, [])


async def test_a_source_that_cannot_be_looked_at_now_is_left_to_heygen(
    settle: Settle, probe: FakeProbe, clock: ManualClock
) -> None:
    probe.refused[VIDEO] = SourceRefused("unreachable", "The server did not answer.", retryable=True)
    clock.advance(OLD)
    assert (await settle()).state is SubmissionState.SENT


async def test_a_request_that_heygen_turned_away_is_checked_before_it_is_tried_again(
    settle: Settle, probe: FakeProbe, heygen: SmallHeyGen, clock: ManualClock
) -> None:
    heygen.fail(TRANSLATIONS, refusal(429))
    assert (await settle()).state is SubmissionState.INTENDED
    probe.duration = 600.0
    clock.advance(OLD)
    assert (await settle()).state is SubmissionState.WAITING_APPROVAL
    assert len(heygen.creates()) == 1


async def test_a_request_that_may_have_arrived_goes_on_under_its_key_whatever_it_costs_now(
    settle: Settle, probe: FakeProbe, heygen: SmallHeyGen, clock: ManualClock
) -> None:
    heygen.fail(TRANSLATIONS, httpx2.ReadTimeout, after=True)
    assert (await settle()).state is SubmissionState.SENDING
    probe.duration = 600.0
    clock.advance(OLD)
    assert (await settle()).state is SubmissionState.SENT
    assert heygen.keys() == ["gr-1", "gr-1"]
    assert probe.probed == []


async def test_doubt_is_counted_from_the_attempt_that_is_in_doubt(
    settle: Settle, heygen: SmallHeyGen, jobs: FakeJobStore, clock: ManualClock
) -> None:
    heygen.fail(TRANSLATIONS, refusal(429))
    await settle()
    clock.advance(KEY_HONOURED_SECONDS)
    heygen.fail(TRANSLATIONS, httpx2.ReadTimeout, after=True)
    doubtful = await settle()
    assert (doubtful.state, doubtful.sent_at) == (SubmissionState.SENDING, clock.now())
    clock.advance(60)
    sent = await settle()
    assert (sent.state, sent.sent_at) == (SubmissionState.SENT, doubtful.sent_at)
    assert len(set(heygen.keys())) == 1


async def test_an_approval_that_came_a_day_after_heygen_turned_it_away_still_counts(
    settle: Settle, probe: FakeProbe, heygen: SmallHeyGen, jobs: FakeJobStore, clock: ManualClock
) -> None:
    heygen.fail(TRANSLATIONS, refusal(429))
    await settle()
    probe.duration = 600.0
    clock.advance(OLD)
    await settle()
    clock.advance(KEY_HONOURED_SECONDS)
    jobs.approve("S1")
    assert (await settle()).state is SubmissionState.SENT


# -- nobody wants or has approved it


async def test_what_waits_for_an_approval_is_not_sent(
    submitter: Submitter, jobs: FakeJobStore, heygen: SmallHeyGen, clock: ManualClock
) -> None:
    await jobs.intend(LANE, new_submission(needs=Reason.TOO_DEAR, expires_at=clock.now() + 60))
    assert (await submitter.settle("S1")).state is SubmissionState.WAITING_APPROVAL
    assert await submitter.run_due() == 0
    assert (heygen.requests, jobs.booked) == ([], {})
    jobs.approve("S1")
    assert await submitter.run_due() == 1
    assert len(heygen.creates()) == 1


async def test_what_nobody_wants_any_more_is_not_sent(settle: Settle, heygen: SmallHeyGen, jobs: FakeJobStore) -> None:
    await FakeCancels(jobs).cancel("S1", actor="U1")
    assert (await settle()).state is SubmissionState.CANCELLED
    assert (heygen.requests, jobs.booked) == ([], {})


async def test_what_was_cancelled_while_it_was_claimed_is_not_sent(
    settle: Settle, heygen: SmallHeyGen, jobs: FakeJobStore
) -> None:
    def drop() -> None:
        for job in [*jobs.jobs.values()]:
            jobs.jobs[job.id] = dataclasses.replace(job, state=JobState.CANCELLED)

    jobs.on("mark_sending", drop)
    assert (await settle()).state is SubmissionState.CANCELLED
    assert not heygen.requests


async def test_doubt_about_what_nobody_wants_stays_doubt(
    settle: Settle, heygen: SmallHeyGen, jobs: FakeJobStore, clock: ManualClock
) -> None:
    heygen.fail(TRANSLATIONS, httpx2.ReadTimeout, after=True)
    await settle()
    cancelled = await FakeCancels(jobs).cancel("S1", actor="U1")
    assert len(cancelled.unwanted) == 2
    clock.advance(3)
    assert (await settle()).state is SubmissionState.UNKNOWN
    assert len(heygen.creates()) == 1
    assert sum(jobs.booked.values()) == 6_000_000


async def test_only_what_is_left_of_a_request_is_sent(settle: Settle, heygen: SmallHeyGen, jobs: FakeJobStore) -> None:
    await FakeCancels(jobs).cancel("S1", actor="U1", handles=["J1"])
    assert (await settle()).state is SubmissionState.SENT
    assert [body["output_languages"] for body in heygen.creates()] == [["German (Germany)"]]
    assert jobs.booked == {"job2": 3_000_000}


async def test_what_differs_from_what_was_approved_never_leaves(
    settle: Settle, heygen: SmallHeyGen, jobs: FakeJobStore
) -> None:
    jobs.submissions["S1"] = dataclasses.replace(jobs.submissions["S1"], arguments_hash="another")
    with pytest.raises(NotApproved):
        await settle()
    assert not heygen.requests


async def test_a_fault_of_ours_in_one_request_does_not_stop_the_next(
    submitter: Submitter, jobs: FakeJobStore, heygen: SmallHeyGen
) -> None:
    for number in range(2):
        await jobs.intend(LANE, new_submission(key=f"gr-{number}"))
    jobs.submissions["S1"] = dataclasses.replace(jobs.submissions["S1"], approved_hash=None)
    assert await submitter.run_due() == 2
    assert heygen.keys() == ["gr-1"]
    assert jobs.submissions["S1"].state is SubmissionState.INTENDED


async def test_what_was_cancelled_during_an_attempt_that_did_not_arrive_is_left_out_of_the_next(
    settle: Settle, heygen: SmallHeyGen, jobs: FakeJobStore, clock: ManualClock
) -> None:
    def unwanted() -> None:
        jobs.jobs["job1"] = dataclasses.replace(jobs.jobs["job1"], state=JobState.UNWANTED)

    jobs.on("postpone", unwanted)
    heygen.fail(TRANSLATIONS, refusal(429))
    await settle()
    clock.advance(3)
    assert (await settle()).state is SubmissionState.SENT
    assert [len(body["output_languages"]) for body in heygen.creates()] == [2, 1]
    assert jobs.jobs["job1"].state is JobState.CANCELLED
    assert jobs.booked == {"job2": 3_000_000}
