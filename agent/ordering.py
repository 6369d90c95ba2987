"""From a checked request to what the tool answers: the way of every paid request, whatever kind of work it is for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.claim_hits import read
from agent.errors import OverCap
from agent.foreign import harmless
from agent.gate import QUEUED
from agent.hashing import arguments_hash
from agent.ports import Clock, JobStore
from agent.records import OPEN_JOB_STATES, Job, JobKind, JobState, Json, NewSubmission, Submission, SubmissionState
from agent.spending import Spending
from agent.submitter import Submitter
from agent.tool_calls import Deferred, Failed, NeedsApproval, Outcome, TryAgain
from agent.toolbox import CallContext
from agent.work import Works

SETTLING_SECONDS = 30.0  # how long a call waits for a request that the background worker is just sending
SETTLING_PAUSE = 0.2
UNSENT = frozenset({SubmissionState.INTENDED, SubmissionState.SENDING})
TITLE_LIMIT = 80
APPROVAL_NOTE = (
    "Not sent. Somebody has to approve it with the button on the card in this thread; the card says who and what it "
    "costs. Do not say that it was approved, submitted or started."
)
NOTE = "Submitted, not finished. The runtime posts each result in this thread; do not poll and do not promise a time."


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A request that was checked as far as that is free. `labels`: one job each, in the order they were named."""

    kind: JobKind
    account_id: str
    arguments: Json
    labels: tuple[str, ...]
    title: str
    retry_of: str | None = None


class Ordering:
    """What the tools that spend money share. One per process."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        submitter: Submitter,
        spending: Spending,
        works: Works,
        clock: Clock,
        kick: Callable[[], None],
    ) -> None:
        self._jobs = jobs
        self._submitter = submitter
        self._spending = spending
        self._works = works
        self._clock = clock
        self._kick = kick

    async def written(self, context: CallContext) -> Outcome | None:
        """The outcome of an interrupted call: what was promised then still holds. None where it has just begun."""
        written = await self._jobs.submission_of(context.key)
        return None if written is None else await self.sent(written.id)

    async def under_way(self, conversation_id: str, order: Order) -> TryAgain | None:
        """A complaint if jobs of this thread are the same work: an edit or a mistake must not pay for it twice."""
        same: list[Job] = []
        for job in await self._jobs.conversation_jobs(conversation_id):
            unwanted = job.state is JobState.UNWANTED and job.finished_at is None
            under_way = job.state in OPEN_JOB_STATES or unwanted
            if under_way and job.kind is order.kind and job.label in order.labels:
                submission = await self._jobs.submission(job.submission_id)
                same += [job] if self._works[job.kind].same(submission.arguments, order.arguments) else []
        if not same:
            return None
        handles = ", ".join(f"{job.label} ({job.handle})" for job in same)
        hint = "Leave these out. HeyGen also finishes what was cancelled too late; the card links to it."
        return TryAgain("under_way", f"This has been asked for already: {handles}.", hint)

    async def title(self, context: CallContext, wished: str | None, otherwise: str) -> str:
        """A title of the person's own words, or `otherwise`: what a model makes up may tell an untruth."""
        if wished and context.turn.origin != "command":
            said = " ".join((await self._spending.words_of(context.turn)).casefold().split())
            title = harmless(wished, TITLE_LIMIT)  # “all three are done” may be theirs and yet be no title
            claims = any(reading.claims for reading in read(title).readings)
            wished = title if title.casefold() in said and not claims else None
        return wished or otherwise

    async def place(self, context: CallContext, order: Order, *, asked: bool) -> Outcome:
        """Quote the request, write it down, and send it if nobody has to agree first.

        `asked`: the person's own words ask for exactly this. `SourceRefused` when it cannot be quoted.
        """
        quote = await self._spending.quote(order.kind, order.arguments)
        needs = await self._spending.reason(context.turn, quote, asked=asked)
        turn = context.turn
        new = NewSubmission(
            key=context.key,
            workspace_id=turn.workspace_id,
            account_id=order.account_id,
            conversation_id=turn.conversation_id,
            turn_id=turn.id,
            call_id=context.call_id,
            requester=turn.requester,
            kind=order.kind,
            arguments=order.arguments,
            arguments_hash=arguments_hash(order.arguments),
            labels=order.labels,
            title=order.title,
            quote=quote,
            needs=needs,
            expires_at=None if needs is None else self._spending.expires_at(),
            retry_of=order.retry_of,
        )
        try:
            submission = await self._jobs.intend(context.lease, new)
        except OverCap as error:
            return Failed("over_cap", error.sentence)
        return await self.sent(submission.id)

    async def sent(self, submission_id: str) -> Outcome:
        """Send what is written down, if nobody has yet, and tell how it stands."""
        submission = await self._settled(submission_id)
        self._kick()
        jobs = await self._jobs.jobs_of(submission_id)
        return submitted(submission, jobs, self._works[submission.kind].piece)

    async def _settled(self, submission_id: str) -> Submission:
        """The submission once it was sent, refused or put off; the background worker may be faster than we are."""
        until = self._clock.now() + SETTLING_SECONDS
        while True:
            submission = await self._submitter.settle(submission_id)
            due = submission.not_before <= self._clock.now() and submission.error_code != QUEUED
            under_way = submission.state in UNSENT and due
            if not under_way or self._clock.now() >= until:
                return submission
            await self._clock.sleep(SETTLING_PAUSE)


def submitted(submission: Submission, jobs: Sequence[Job], piece: str) -> Outcome:
    """What to tell about a submission that has just been written down; `piece` is what the label of a job says."""
    if submission.state is SubmissionState.WAITING_APPROVAL:
        return _waits(submission, jobs, piece)
    if submission.state is SubmissionState.CANCELLED:
        return Failed("cancelled", "This request was cancelled before it was sent. Nothing is billed.")
    if submission.state is SubmissionState.REFUSED:
        return Failed(submission.error_code or "refused", submission.error or "HeyGen refused the request.")
    if submission.state is SubmissionState.UNKNOWN:
        return Failed("unknown", submission.error or "Nobody can tell whether HeyGen accepted the request.")
    waiting = "" if submission.state is SubmissionState.SENT else f" It waits: {submission.error or 'HeyGen is busy.'}"
    data = {**_told(submission, jobs, piece), "note": NOTE + waiting}
    summary = f"Submitted: {_what(submission, jobs)}.{waiting} I'll post the results here."
    return Deferred(submission.id, summary, data)


def _waits(submission: Submission, jobs: Sequence[Job], piece: str) -> Outcome:
    cost = submission.quote(len(jobs)).words()
    data = {**_told(submission, jobs, piece), "cost": cost, "note": APPROVAL_NOTE}
    what = _what(submission, jobs)
    summary = f"{what} costs {cost} and waits for an approval: see the card. Nothing was sent yet."
    return NeedsApproval(submission.id, summary, data)


def _told(submission: Submission, jobs: Sequence[Job], piece: str) -> Json:
    return {"jobs": [{"handle": job.handle, piece: job.label} for job in jobs], "title": submission.title}


def _what(submission: Submission, jobs: Sequence[Job]) -> str:
    """“launch.mp4 → French, German”; a job that is all there is needs no naming beside its title."""
    names = [job.label for job in jobs if job.label != submission.title]
    return f"{submission.title} → {', '.join(names)}" if names else submission.title
