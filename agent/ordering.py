"""From a checked request to what the tool answers: the way of every paid request, whatever kind of work it is for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from agent.batches import Batch, BatchState, Member, NewBatch, NewMember, total
from agent.claim_hits import read
from agent.errors import OverCap
from agent.foreign import harmless
from agent.gate import QUEUED
from agent.hashing import arguments_hash
from agent.money import Quote, dollars
from agent.ports import BatchStore, Clock, JobStore
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
SAMPLE_NOTE = (
    "One video was submitted as a sample. The runtime posts it in this thread with two buttons; the others are made "
    "only when the person has pressed the one that says so. Do not say that they have begun."
)
NAMED = 10  # jobs that are told one by one
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


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One request of a batch: its `label` tells it apart from the others."""

    label: str
    title: str
    arguments: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOrder:
    """Many requests that were checked. `arguments` are what all have in common, for people.

    `sampled`: one is to be made first even if all could go without a click. `seen`: one like them has been made and
    agreed to, so that no other has to be made first.
    """

    kind: JobKind
    account_id: str
    title: str
    arguments: Json
    members: tuple[BatchItem, ...]
    retry_of: str | None = None
    sampled: bool = False
    seen: bool = False


class Ordering:
    """What the tools that spend money share. One per process."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        batches: BatchStore,
        submitter: Submitter,
        spending: Spending,
        works: Works,
        clock: Clock,
        kick: Callable[[], None],
    ) -> None:
        self._jobs = jobs
        self._batches = batches
        self._submitter = submitter
        self._spending = spending
        self._works = works
        self._clock = clock
        self._kick = kick

    async def written(self, context: CallContext) -> Outcome | None:
        """The outcome of an interrupted call: what was promised then still holds. None where it has just begun."""
        if batch := await self._batches.batch_of(context.key):
            return await self.begun(batch)
        written = await self._jobs.submission_of(context.key)
        return None if written is None else await self.sent(written.id)

    async def under_way(self, conversation_id: str, order: Order) -> TryAgain | None:
        """A complaint if jobs of this thread are the same work: an edit or a mistake must not pay for it twice."""
        wanted = dict.fromkeys(order.labels, order.arguments)
        return await self._under_way(conversation_id, order.kind, wanted)

    async def batch_under_way(self, conversation_id: str, new: BatchOrder) -> TryAgain | None:
        """The same for a batch."""
        return await self._under_way(conversation_id, new.kind, {one.label: one.arguments for one in new.members})

    async def _under_way(self, conversation_id: str, kind: JobKind, wanted: Mapping[str, Json]) -> TryAgain | None:
        same: list[Job] = []
        for job in await self._jobs.conversation_jobs(conversation_id):
            unwanted = job.state is JobState.UNWANTED and job.finished_at is None
            under_way = job.state in OPEN_JOB_STATES or unwanted
            if under_way and job.kind is kind and job.label in wanted and len(same) < NAMED:
                submission = await self._jobs.submission(job.submission_id)
                same += [job] if self._works[kind].same(submission.arguments, wanted[job.label]) else []
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
            theirs = context.turn.exact or title.casefold() in said  # a program's titles are its own, claims are not
            wished = title if theirs and not claims else None
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

    async def place_batch(
        self, context: CallContext, new: BatchOrder, *, asked: bool, untrusted: bool = False
    ) -> Outcome:
        """Write many requests down as one batch. Where somebody has to agree first, one is made as a sample, too.

        `untrusted`: others may have written what is asked for. Each may cost no more later than it does now: for kinds
        that may become dearer it is a `ValueError`.
        """
        if any(self._works[new.kind].may_become_dearer(one.arguments) for one in new.members):
            raise ValueError(f"{new.kind} cannot be asked for in batches")
        turn = context.turn
        members = [await self._member(new.kind, one) for one in new.members]
        batch = NewBatch(
            key=context.key,
            workspace_id=turn.workspace_id,
            account_id=new.account_id,
            conversation_id=turn.conversation_id,
            turn_id=turn.id,
            call_id=context.call_id,
            requester=turn.requester,
            kind=new.kind,
            title=new.title,
            arguments=new.arguments,
            members=tuple(members),
            basis=basis_of([one.quote for one in members]),
            sampled=False,
            patience=self._spending.approval_seconds,
            retry_of=new.retry_of,
        )
        needs = await self._spending.reason(turn, batch.quote, asked=asked, untrusted=untrusted)
        sampled = len(members) > 1 and (new.sampled or needs is not None) and not new.seen
        try:
            written = await self._batches.intend_batch(
                context.lease, dataclasses.replace(batch, needs=needs, sampled=sampled)
            )
        except OverCap as error:
            return Failed("over_cap", error.sentence)
        return await self.begun(written)

    async def _member(self, kind: JobKind, one: BatchItem) -> NewMember:
        return NewMember(one.label, one.title, one.arguments, await self._spending.quote(kind, one.arguments))

    async def begun(self, batch: Batch) -> Outcome:
        """Have the batch sent, as far as it may be, and tell how it stands."""
        self._kick()
        return ordered(batch, await self._batches.members(batch.id))

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


def basis_of(quotes: Sequence[Quote]) -> str:
    """“3 × $0.33 to $0.90 by length, $0.10 a second”: how the price of several requests comes about."""
    least, most = dollars(min(one.low for one in quotes)), dollars(max(one.high for one in quotes))
    each = least if least == most else f"{least} to {most} by length"
    rates = {one.rate for one in quotes}
    rate = rates.pop() if len(rates) == 1 else None
    return f"{len(quotes)} × {each}" + (f", {dollars(rate, exact=True)} a second" if rate else "")


def ordered(batch: Batch, members: Sequence[Member]) -> Outcome:
    """What to tell about a batch that has just been written down."""
    wanted = [one for one in members if one.job.state is not JobState.CANCELLED]
    cost = total(batch, wanted).words()
    told: Json = {"videos": len(members), "title": batch.title}
    if left_out := batch.arguments.get("left_out_count"):
        told["rows_left_out"] = left_out
    if len(members) <= NAMED:  # without names: they may come from a file
        told["jobs"] = [{"handle": one.job.handle} for one in members]
    counted = len(members) == 1 or str(len(members)) in batch.title.split()
    what = batch.title if counted else f"{batch.title} ({len(members)} videos)"
    match batch.state:
        case BatchState.WAITING_APPROVAL:
            summary = f"{what} cost {cost} and wait for an approval: see the card. Nothing was sent yet."
            return NeedsApproval(batch.id, summary, {**told, "cost": cost, "note": APPROVAL_NOTE})
        case BatchState.SAMPLING:
            summary = f"Submitted: one of {what}, as a sample. I'll post it here and ask before I make the others."
            return Deferred(batch.id, summary, {**told, "cost": cost, "note": SAMPLE_NOTE})
        case BatchState.GOING:
            return Deferred(batch.id, f"Submitted: {what}. I'll post the results here.", {**told, "note": NOTE})
        case BatchState.CANCELLED:
            return Failed("cancelled", "This request was cancelled before it was sent. Nothing is billed.")
        case _:
            assert_never(batch.state)


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
