"""Paid requests: one key means one charge, and what became of a request is never guessed."""

from __future__ import annotations

import json
import random
from collections.abc import Awaitable, Callable

import httpx2
import pytest

from agent.errors import LeaseLost
from agent.jobs import KEY_HONOURED_SECONDS, SUBMIT_ATTEMPTS
from agent.records import JobKind, JobState, Lease, Submission, SubmissionState
from agent.spending import Spending
from agent.submitter import UNSURE, Submitter
from agent.work import Works
from tests.support.agent_fakes import FakeAccounts
from tests.support.agent_heygen import TRANSLATIONS, SmallHeyGen, refusal
from tests.support.agent_job_store import FakeJobStore
from tests.support.agent_rows import new_submission
from tests.support.agent_stores import Crash
from tests.support.clock import ManualClock

LANE = Lease("C1", "worker", 1)
BUSY = "HeyGen is busy with other jobs of this account. Please try again later."
Settle = Callable[[], Awaitable[Submission]]


@pytest.fixture
async def settle(jobs: FakeJobStore, submitter: Submitter) -> Settle:
    """Tries the one submission there is; `jobs.submissions["S1"]` is its row."""
    submission = await jobs.intend(LANE, new_submission("French (France)", "German (Germany)"))
    return lambda: submitter.settle(submission.id)


def states(jobs: FakeJobStore) -> set[JobState]:
    return {job.state for job in jobs.jobs.values()}


# -- the request


async def test_an_accepted_request_is_sent_and_its_jobs_wait_for_their_ids(
    settle: Settle, heygen: SmallHeyGen, jobs: FakeJobStore
) -> None:
    submission = await settle()
    assert (submission.state, submission.provider_ids) == (SubmissionState.SENT, ("vt-fr", "vt-ge"))
    assert states(jobs) == {JobState.WAITING}
    assert heygen.creates() == [
        {
            "video": {"type": "url", "url": "https://example.com/a.mp4"},
            "output_languages": ["French (France)", "German (Germany)"],
            "title": "a.mp4",
        }
    ]


async def test_a_callback_is_named_where_there_is_one(
    heygen: SmallHeyGen, jobs: FakeJobStore, works: Works, spending: Spending, clock: ManualClock
) -> None:
    accounts = FakeAccounts({"W1-account": heygen.client()}, callback="https://green.room/hint")
    await jobs.intend(LANE, new_submission())
    rng = random.Random(1)  # noqa: S311 - jitter
    await Submitter(jobs=jobs, accounts=accounts, works=works, spending=spending, clock=clock, rng=rng).settle("S1")
    (body,) = heygen.creates()
    assert (body["callback_url"], body["callback_id"]) == ("https://green.room/hint", "S1")


async def test_a_sent_request_is_not_sent_again(settle: Settle, heygen: SmallHeyGen) -> None:
    await settle()
    await settle()
    assert len(heygen.creates()) == 1


async def test_a_request_somebody_else_is_at_is_left_alone(
    settle: Settle, heygen: SmallHeyGen, jobs: FakeJobStore
) -> None:
    await jobs.claim_submission("S1")
    assert (await settle()).state is SubmissionState.INTENDED
    assert not heygen.requests


# -- failures that may pass

LATER = [
    refusal(409, "request_in_progress"),
    refusal(429, "rate_limit_exceeded"),
    refusal(500),
    refusal(503),
    httpx2.Response(200, text="<html>"),
    httpx2.ReadTimeout,
    httpx2.ConnectTimeout,
    httpx2.ConnectError,
    httpx2.ReadError,
    httpx2.RemoteProtocolError,
]


def named(outcome: object) -> str:
    return str(outcome.status_code) if isinstance(outcome, httpx2.Response) else getattr(outcome, "__name__", "?")


@pytest.mark.parametrize("outcome", LATER, ids=named)
@pytest.mark.parametrize("carried_out", [False, True])
async def test_it_is_tried_again_later_with_the_same_key(
    outcome: httpx2.Response | type[httpx2.TransportError],
    carried_out: bool,
    settle: Settle,
    heygen: SmallHeyGen,
    clock: ManualClock,
) -> None:
    heygen.fail(TRANSLATIONS, outcome, after=carried_out)
    postponed = await settle()
    assert postponed.state in (SubmissionState.INTENDED, SubmissionState.SENDING)
    assert clock.now() < postponed.not_before <= clock.now() + 3
    clock.advance(3)
    assert (await settle()).state is SubmissionState.SENT
    assert heygen.keys() == ["gr-1", "gr-1"]
    assert len(heygen.translations) == 2


DOUBTFUL = [httpx2.ReadTimeout, refusal(500), refusal(409, "request_in_progress")]
AT_THE_DOOR = [refusal(401, "unauthorized"), refusal(403, "forbidden")]
CONCLUSIVE = [refusal(400, "invalid_parameter"), refusal(402, "insufficient_credit"), refusal(404, "not_found")]


@pytest.mark.parametrize("doubt", DOUBTFUL, ids=named)
@pytest.mark.parametrize("refused", AT_THE_DOOR, ids=named)
async def test_a_refusal_at_the_door_does_not_settle_a_doubt(
    doubt: httpx2.Response, refused: httpx2.Response, settle: Settle, heygen: SmallHeyGen, clock: ManualClock
) -> None:
    """The first attempt may have been paid for: calling it refused would invite paying again."""
    heygen.fail(TRANSLATIONS, doubt, after=True)
    await settle()
    clock.advance(3)
    heygen.fail(TRANSLATIONS, refused)
    assert (await settle()).state is SubmissionState.SENDING
    clock.advance(10)
    assert (await settle()).state is SubmissionState.SENT


@pytest.mark.parametrize("refused", CONCLUSIVE, ids=named)
async def test_a_refusal_of_what_was_asked_settles_a_doubt(
    refused: httpx2.Response, settle: Settle, heygen: SmallHeyGen, clock: ManualClock
) -> None:
    heygen.fail(TRANSLATIONS, httpx2.ReadTimeout)
    await settle()
    clock.advance(3)
    heygen.fail(TRANSLATIONS, refused)
    assert (await settle()).state is SubmissionState.REFUSED


async def test_what_stays_doubtful_to_the_last_try_is_unknown(
    settle: Settle, heygen: SmallHeyGen, clock: ManualClock
) -> None:
    heygen.fail(TRANSLATIONS, httpx2.ReadTimeout, after=True)
    await settle()
    for _ in range(SUBMIT_ATTEMPTS):
        heygen.fail(TRANSLATIONS, refusal(401, "unauthorized"))
        clock.advance(400)
        last = await settle()
    assert last.state is SubmissionState.UNKNOWN


async def test_it_says_why_it_waits(settle: Settle, heygen: SmallHeyGen) -> None:
    heygen.fail(TRANSLATIONS, refusal(429, "rate_limit_exceeded"))
    submission = await settle()
    assert submission.error_code == "rate_limit_exceeded"
    assert submission.error is not None
    assert "busy" in submission.error


async def test_it_waits_as_long_as_the_server_asks(settle: Settle, heygen: SmallHeyGen, clock: ManualClock) -> None:
    heygen.fail(TRANSLATIONS, refusal(429, headers={"retry-after": "77"}))
    assert (await settle()).not_before == clock.now() + 77


async def test_it_is_not_tried_before_its_time(settle: Settle, heygen: SmallHeyGen) -> None:
    heygen.fail(TRANSLATIONS, refusal(500))
    await settle()
    await settle()
    assert len(heygen.creates()) == 1


async def test_a_crash_after_the_answer_repeats_the_request_with_its_key(
    settle: Settle, heygen: SmallHeyGen, jobs: FakeJobStore
) -> None:
    jobs.crash("record_sent")
    with pytest.raises(Crash):
        await settle()
    jobs.free()
    assert (await settle()).provider_ids == ("vt-fr", "vt-ge")
    assert heygen.keys() == ["gr-1", "gr-1"]


async def test_a_crash_before_the_request_leaves_nothing_behind(
    settle: Settle, heygen: SmallHeyGen, jobs: FakeJobStore
) -> None:
    jobs.crash("mark_sending", after=True)
    with pytest.raises(Crash):
        await settle()
    assert not heygen.requests
    jobs.free()
    assert (await settle()).state is SubmissionState.SENT


async def test_a_lost_lease_stops_before_the_request(settle: Settle, heygen: SmallHeyGen, jobs: FakeJobStore) -> None:
    jobs.on("mark_sending", lambda: jobs.take_over("S1"))
    with pytest.raises(LeaseLost):
        await settle()
    assert not heygen.requests


# -- refusals


@pytest.mark.parametrize(
    ("outcome", "code", "part"),
    [
        (refusal(400, "invalid_parameter"), "invalid_parameter", "vendor words"),
        (refusal(401), "unauthorized", "API key"),
        (refusal(402), "insufficient_credit", "enough credit"),
        (refusal(403), "forbidden", "not allowed"),
        (refusal(404), "not_found", "any more"),
        (refusal(429, "quota_exceeded"), "quota_exceeded", "quota is used up"),
    ],
    ids=named,
)
async def test_a_refusal_is_final_and_explained(
    outcome: httpx2.Response, code: str, part: str, settle: Settle, heygen: SmallHeyGen, jobs: FakeJobStore
) -> None:
    heygen.fail(TRANSLATIONS, outcome)
    submission = await settle()
    assert (submission.state, submission.error_code) == (SubmissionState.REFUSED, code)
    assert part in (submission.error or "")
    assert {job.failure for job in jobs.jobs.values()} == {submission.error}
    assert states(jobs) == {JobState.FAILED}


async def test_too_little_credit_is_not_tried_again(
    settle: Settle, submitter: Submitter, heygen: SmallHeyGen, clock: ManualClock
) -> None:
    heygen.fail(TRANSLATIONS, refusal(402))
    await settle()
    clock.advance(1e6)
    assert await submitter.run_due() == 0
    assert len(heygen.creates()) == 1


# -- nobody can tell


async def test_past_23_hours_it_is_unknown_and_never_sent_again(
    settle: Settle, heygen: SmallHeyGen, jobs: FakeJobStore, clock: ManualClock
) -> None:
    heygen.fail(TRANSLATIONS, httpx2.ReadTimeout)
    await settle()
    clock.advance(KEY_HONOURED_SECONDS + 1)
    submission = await settle()
    assert (submission.state, submission.error_code) == (SubmissionState.UNKNOWN, "key_expired")
    assert states(jobs) == {JobState.UNKNOWN}
    assert len(heygen.creates()) == 1


async def test_just_within_23_hours_it_is_sent_again(settle: Settle, heygen: SmallHeyGen, clock: ManualClock) -> None:
    heygen.fail(TRANSLATIONS, httpx2.ReadTimeout)
    await settle()
    clock.advance(KEY_HONOURED_SECONDS)
    assert (await settle()).state is SubmissionState.SENT


async def test_a_request_that_never_left_may_leave_late(settle: Settle, clock: ManualClock) -> None:
    clock.advance(2 * KEY_HONOURED_SECONDS)
    assert (await settle()).state is SubmissionState.SENT


@pytest.mark.parametrize(
    ("outcome", "state", "sentence"),
    [
        (httpx2.ReadTimeout, SubmissionState.UNKNOWN, UNSURE),
        (
            refusal(429),
            SubmissionState.REFUSED,
            BUSY,
        ),
    ],
    ids=named,
)
async def test_attempts_are_bounded(
    outcome: httpx2.Response | type[httpx2.TransportError],
    state: SubmissionState,
    sentence: str,
    settle: Settle,
    heygen: SmallHeyGen,
    clock: ManualClock,
) -> None:
    for _ in range(SUBMIT_ATTEMPTS):
        heygen.fail(TRANSLATIONS, outcome)
        submission = await settle()
        clock.advance(400)
    assert (submission.state, submission.error) == (state, sentence)
    assert len(set(heygen.keys())) == 1


# -- the worker


async def test_the_worker_sends_what_is_due(submitter: Submitter, jobs: FakeJobStore, heygen: SmallHeyGen) -> None:
    for number in range(3):
        await jobs.intend(LANE, new_submission(key=f"gr-{number}"))
    assert await submitter.run_due(limit=2) == 2
    assert heygen.keys() == ["gr-0", "gr-1"]
    assert await submitter.run_due() == 1
    assert await submitter.run_due() == 0


async def test_one_failing_submission_does_not_stop_the_next(
    submitter: Submitter, jobs: FakeJobStore, heygen: SmallHeyGen
) -> None:
    for number in range(2):
        await jobs.intend(LANE, new_submission(key=f"gr-{number}"))
    heygen.fail(TRANSLATIONS, refusal(401))
    await submitter.run_due()
    assert [one.state for one in jobs.submissions.values()] == [SubmissionState.REFUSED, SubmissionState.SENT]


async def test_a_lost_lease_does_not_stop_the_next(
    submitter: Submitter, jobs: FakeJobStore, heygen: SmallHeyGen
) -> None:
    for number in range(2):
        await jobs.intend(LANE, new_submission(key=f"gr-{number}"))
    jobs.on("mark_sending", lambda: jobs.take_over("S1"))
    assert await submitter.run_due() == 2
    assert heygen.keys() == ["gr-1"]


async def test_a_video_is_sent_as_a_video(submitter: Submitter, jobs: FakeJobStore, heygen: SmallHeyGen) -> None:
    asked = {"script": "Hello.", "avatar_id": "av-1", "avatar": "Ava", "voice_id": "vo-1", "row": 3}
    await jobs.intend(LANE, new_submission("Sarah", kind=JobKind.VIDEO, arguments=asked, title="Intro"))
    assert (await submitter.settle("S1")).provider_ids == ("v-1",)
    (request,) = heygen.sent("POST", "/v3/videos")
    told = {"type": "avatar", "script": "Hello.", "avatar_id": "av-1", "voice_id": "vo-1", "title": "Intro"}
    assert json.loads(request.content) == told
    assert request.headers["idempotency-key"] == "gr-1"
