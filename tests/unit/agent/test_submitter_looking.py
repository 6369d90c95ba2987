"""Paid requests where keys may be lost: the first attempt is sent, any other one is looked for first."""

from __future__ import annotations

import random
from typing import Any

import pytest

from agent.records import Lease, SubmissionState
from agent.spending import Spending
from agent.submitter import Submitter
from agent.work import Works
from heygen import Client, ConnectionFailed, HeyGenError, Reply, Request, Unauthorized
from heygen.truto import CannotTell, ReconnectNeeded
from tests.support.agent_fakes import FakeAccounts
from tests.support.agent_job_store import FakeJobStore
from tests.support.agent_rows import new_submission
from tests.support.agent_stores import Crash
from tests.support.clock import ManualClock

LANE = Lease("C1", "worker", 1)
SETTLES = 180.0
LOST = ConnectionFailed(operation="videoTranslateCreate", sent=True, outcome_unknown=True, retryable=False)


class Way:
    """A transport that answers each request with the next step: ids, or an error."""

    def __init__(self, *steps: list[str] | HeyGenError) -> None:
        self.steps = list(steps)
        self.requests: list[Request] = []

    async def send(self, request: Request) -> Reply:
        self.requests.append(request)
        step = self.steps.pop(0)
        if isinstance(step, HeyGenError):
            raise step
        return Reply(200, {}, {"data": {"video_translation_ids": step}})


@pytest.fixture
def settled(jobs: FakeJobStore, works: Works, spending: Spending, clock: ManualClock) -> Any:
    """Settle the one submission there is, by a client that goes `first` and, in doubt, `again`."""

    async def settle(first: Way, again: Way) -> Any:
        client = Client(first, again=again, settles_after=SETTLES)
        accounts = FakeAccounts({"W1-account": client})
        if not jobs.submissions:
            await jobs.intend(LANE, new_submission("French (France)"))
        rng = random.Random(1)  # noqa: S311 - jitter
        submitter = Submitter(jobs=jobs, accounts=accounts, works=works, spending=spending, clock=clock, rng=rng)
        return await submitter.settle("S1")

    return settle


async def test_the_first_attempt_needs_no_look(settled: Any) -> None:
    first, again = Way(["vt-1"]), Way()
    assert (await settled(first, again)).state is SubmissionState.SENT
    assert (len(first.requests), len(again.requests)) == (1, 0)


async def test_a_doubtful_attempt_is_followed_by_a_look(settled: Any, clock: ManualClock) -> None:
    first, again = Way(LOST), Way(["vt-1"])
    await settled(first, again)
    clock.advance(10)
    submission = await settled(first, again)
    assert (submission.state, submission.provider_ids) == (SubmissionState.SENT, ("vt-1",))
    assert (len(first.requests), len(again.requests)) == (1, 1)
    assert first.requests[0].idempotency_key == again.requests[0].idempotency_key


async def test_an_attempt_that_is_certain_to_have_failed_needs_none(settled: Any, clock: ManualClock) -> None:
    never = ConnectionFailed(operation="videoTranslateCreate", sent=False, outcome_unknown=False, retryable=True)
    first, again = Way(never, ["vt-1"]), Way()
    await settled(first, again)
    clock.advance(10)
    assert (await settled(first, again)).state is SubmissionState.SENT
    assert len(first.requests) == 2


async def test_after_a_crash_nobody_looks_before_it_has_settled(
    settled: Any, jobs: FakeJobStore, clock: ManualClock
) -> None:
    first, again = Way(["vt-1"]), Way(["vt-1"])
    jobs.crash("mark_sending", after=True)
    with pytest.raises(Crash):
        await settled(first, again)
    jobs.free()
    clock.advance(SETTLES - 1)
    assert (await settled(first, again)).state is SubmissionState.SENDING
    assert (first.requests, again.requests) == ([], [])
    clock.advance(1)
    assert (await settled(first, again)).state is SubmissionState.SENT
    assert (len(first.requests), len(again.requests)) == (0, 1)


@pytest.mark.parametrize(
    "failure",
    [
        CannotTell("videoTranslateCreate", "no list"),
        ReconnectNeeded(operation="videoTranslateList", status=401, code="reconnect_needed"),
        Unauthorized(operation="videoTranslateList", status=401, code="unauthorized"),
    ],
)
async def test_a_look_that_fails_is_no_answer(settled: Any, clock: ManualClock, failure: HeyGenError) -> None:
    first, again = Way(LOST), Way(failure, ["vt-1"])
    await settled(first, again)
    clock.advance(10)
    assert (await settled(first, again)).state is SubmissionState.SENDING
    clock.advance(400)
    assert (await settled(first, again)).state is SubmissionState.SENT
