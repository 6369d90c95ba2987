"""The agent's job store in memory, with the money of its jobs, and what cancels them."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from agent.cancelling import Cancelled, remaining
from agent.errors import IdTaken, LeaseLost, NotApproved, OverCap
from agent.money import Cap, Quote, Reason, cost_of
from agent.ports import Clock
from agent.records import (
    OPEN_JOB_STATES,
    Job,
    JobState,
    JobUpdate,
    Lease,
    NewSubmission,
    Submission,
    SubmissionState,
)
from tests.support.agent_stores import OWNER, Steps

NEVER = 1e12
FINAL = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})
UNRECOGNISED = frozenset({JobState.WAITING, JobState.UNWANTED})
UNSENT = frozenset({SubmissionState.WAITING_APPROVAL, SubmissionState.INTENDED})
DUE = frozenset({SubmissionState.INTENDED, SubmissionState.SENDING})


class FakeJobStore(Steps):
    """`agent.ports.JobStore` over dictionaries: a lease ends with the write that settles what it was for.

    `booked` is the money of each job, set aside or spent, and `cap` the most that all of it may be.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._held: dict[str, int] = {}
        self._epochs: Counter[str] = Counter()
        self.submissions: dict[str, Submission] = {}
        self.jobs: dict[str, Job] = {}
        self.booked: dict[str, int] = {}
        self.cap: Cap | None = None

    def take_over(self, row_id: str) -> None:
        """Somebody else claims the row."""
        self._claim(row_id)

    def drop_lease(self, row_id: str) -> None:
        """Whoever has claimed the row has lost it."""
        self._held.pop(row_id, None)

    def free(self) -> None:
        """All leases have run out."""
        self._held.clear()

    def approve(self, submission_id: str, actor: str = "U-BOSS") -> Submission:
        """Somebody agrees to a waiting request."""
        row = self.submissions[submission_id]
        assert row.state is SubmissionState.WAITING_APPROVAL
        decided = {"decided_by": actor, "decided_at": self._clock.now(), "expires_at": None}
        agreed = {"state": SubmissionState.INTENDED, "approved_hash": row.arguments_hash, "not_before": 0.0}
        self._hold(submission_id)
        return self._change(submission_id, **agreed, **decided)

    async def intend(self, lease: Lease, new: NewSubmission) -> Submission:
        self.before("intend")
        if known := await self.submission_of(new.key):
            return known
        if self.cap and sum(self.booked.values()) + new.quote.high > self.cap.amount:
            raise OverCap(self.cap, sum(self.booked.values()), new.quote.high)
        fields = {field.name: getattr(new, field.name) for field in dataclasses.fields(new)}
        labels, quote = fields.pop("labels"), fields.pop("quote")
        submission_id, now = f"S{len(self.submissions) + 1}", self._clock.now()
        agreed = new.needs is None
        fields["state"] = SubmissionState.INTENDED if agreed else SubmissionState.WAITING_APPROVAL
        fields["approved_hash"] = new.arguments_hash if agreed else None
        self.submissions[submission_id] = Submission(
            id=submission_id, created_at=now, **fields, **_quote_fields(quote, now)
        )
        for label in labels:
            self._promise(self.submissions[submission_id], label, quote.per_piece)
        if agreed:
            self._hold(submission_id)
        self.after("intend")
        return self.submissions[submission_id]

    def _promise(self, submission: Submission, label: str, price: int) -> None:
        number = len(self.jobs) + 1
        self.jobs[f"job{number}"] = Job(
            id=f"job{number}",
            workspace_id=submission.workspace_id,
            account_id=submission.account_id,
            submission_id=submission.id,
            conversation_id=submission.conversation_id,
            handle=f"J{number}",
            kind=submission.kind,
            label=label,
            state=JobState.WAITING,
            created_at=self._clock.now(),
            price=price,
        )

    async def submission(self, submission_id: str) -> Submission:
        return self.submissions[submission_id]

    async def job(self, job_id: str) -> Job:
        return self.jobs[job_id]

    async def unsent(self, conversation_id: str) -> dict[str, SubmissionState]:
        waits = (SubmissionState.WAITING_APPROVAL, SubmissionState.HELD)
        ours = [one for one in self.submissions.values() if one.conversation_id == conversation_id]
        return {one.id: one.state for one in ours if one.state in waits}

    async def submission_of(self, key: str) -> Submission | None:
        return next((one for one in self.submissions.values() if one.key == key), None)

    async def claim_submission(self, submission_id: str) -> tuple[Lease, Submission] | None:
        due = [submission for submission in self._due_submissions() if submission.id == submission_id]
        return (self._claim(submission_id), due[0]) if due else None

    async def claim_due_submissions(self, limit: int) -> list[tuple[Lease, Submission]]:
        return [(self._claim(submission.id), submission) for submission in self._due_submissions()[:limit]]

    async def mark_sending(self, lease: Lease, *, settles_after: float = 0.0) -> Submission | None:
        old = self._held_submission("mark_sending", lease)
        if not self._open_jobs(lease.id):
            self._end_unwanted(lease.id, doubtful=old.state is SubmissionState.SENDING)
            return None
        if old.approved_hash != old.arguments_hash:
            raise NotApproved(lease.id)
        doubtful = old.sent_at is not None and old.state is SubmissionState.SENDING
        sent_at = old.sent_at if doubtful else self._clock.now()
        not_before = self._clock.now() + settles_after if settles_after else old.not_before
        sending = {"state": SubmissionState.SENDING, "attempts": old.attempts + 1, "sent_at": sent_at}
        sending["not_before"] = not_before
        changed = self._change(lease.id, **sending)
        self.after("mark_sending")
        return changed

    async def ask_again(self, lease: Lease, quote: Quote, *, expires_at: float) -> None:
        self._held_submission("ask_again", lease)
        for job in self._open_jobs(lease.id):
            self.booked.pop(job.id, None)
            self.jobs[job.id] = dataclasses.replace(job, price=quote.per_piece)
        asked = {"state": SubmissionState.WAITING_APPROVAL, "needs": Reason.CHANGED, "expires_at": expires_at}
        void = {"approved_hash": None, "decided_by": None, "decided_at": None}
        self._settle(lease, **asked, **void, **_quote_fields(quote, self._clock.now()))

    async def record_sent(self, lease: Lease, provider_ids: Sequence[str]) -> None:
        self._held_submission("record_sent", lease)
        ids = tuple(provider_ids)
        self._settle(lease, state=SubmissionState.SENT, provider_ids=ids, error_code=None, error=None)

    async def record_refused(self, lease: Lease, *, code: str, sentence: str) -> None:
        self._held_submission("record_refused", lease)
        self._settle(lease, state=SubmissionState.REFUSED, error_code=code, error=sentence)
        self._end_jobs(lease.id, JobState.FAILED, sentence)

    async def record_unsure(self, lease: Lease, *, code: str, sentence: str) -> None:
        self._held_submission("record_unsure", lease)
        self._settle(lease, state=SubmissionState.UNKNOWN, error_code=code, error=sentence)
        self._end_jobs(lease.id, JobState.UNKNOWN, sentence)

    async def postpone(self, lease: Lease, *, not_before: float, code: str, sentence: str, doubtful: bool) -> None:
        self._held_submission("postpone", lease)
        state = SubmissionState.SENDING if doubtful else SubmissionState.INTENDED
        self._settle(lease, state=state, not_before=not_before, error_code=code, error=sentence)
        if not self._open_jobs(lease.id):
            self._end_unwanted(lease.id, doubtful=doubtful)
        elif not doubtful:  # the attempt did certainly not arrive
            ours = [job for job in self.jobs.values() if job.submission_id == lease.id and job.finished_at is None]
            self.leave_out(lease.id, [job for job in ours if job.state is JobState.UNWANTED], before=len(ours))

    def leave_out(self, submission_id: str, dropped: Sequence[Job], *, before: int) -> None:
        """Of an unsent request's `before` jobs some are not wanted any more."""
        row = self.submissions[submission_id]
        for job in dropped:
            self._finish(job, JobUpdate(JobState.CANCELLED, None, NEVER))
        if not (kept := self._open_jobs(submission_id)):
            self._change(submission_id, state=SubmissionState.CANCELLED, error_code="cancelled")
        elif dropped:
            less = remaining(row.kind, row.arguments, [job.label for job in kept], row.approved_hash is not None)
            share = {name: getattr(row, name) * len(kept) // before for name in ("quote_low", "quote_high")}
            basis = row.quote_basis.replace(f"{before} × ", f"{len(kept)} × ", 1)
            self._change(submission_id, **less, **share, quote_basis=basis)

    async def claim_due_jobs(self, limit: int) -> list[tuple[Lease, Job]]:
        due = [job for job in self.jobs.values() if self._is_due(job) and job.id not in self._held]
        return [(self._claim(job.id), job) for job in due[:limit]]

    async def attach(self, lease: Lease, *, provider_id: str, update: JobUpdate) -> None:
        self._held_row("attach", lease)
        job = self.jobs[lease.id]
        if job.state not in UNRECOGNISED or job.provider_id is not None:
            del self._held[lease.id]
            return
        if any(other.provider_id == provider_id for other in self.jobs.values()):
            raise IdTaken(f"another job has {provider_id!r}")
        self.jobs[lease.id] = dataclasses.replace(job, provider_id=provider_id)
        if update.state is JobState.WAITING:
            update = dataclasses.replace(update, state=JobState.RUNNING)
        self._apply(lease, update)

    async def record_update(self, lease: Lease, update: JobUpdate) -> None:
        self._held_row("record_update", lease)
        job = self.jobs[lease.id]
        if job.state is JobState.WAITING and update.state is JobState.RUNNING:
            raise ValueError(f"{job.id} has no provider id yet")
        self._apply(lease, update)

    async def look_later(self, looks: Sequence[tuple[Lease, JobUpdate]]) -> list[str]:
        for lease, update in looks:
            await self.record_update(lease, update)
        return [lease.id for lease, _ in looks]

    async def jobs_of(self, submission_id: str) -> list[Job]:
        return [job for job in self.jobs.values() if job.submission_id == submission_id]

    async def conversation_jobs(self, conversation_id: str) -> list[Job]:
        return [job for job in self.jobs.values() if job.conversation_id == conversation_id][:500]

    async def touch(self, account_id: str, provider_ids: Sequence[str]) -> int:
        hinted = [job for job in self.jobs.values() if job.account_id == account_id and job.provider_id in provider_ids]
        for job in hinted:
            self.jobs[job.id] = dataclasses.replace(job, due_at=0.0)
        return len(hinted)

    def _due_submissions(self) -> list[Submission]:
        rows = [row for row in self.submissions.values() if row.state in DUE and row.id not in self._held]
        return sorted((row for row in rows if row.not_before <= self._clock.now()), key=lambda row: row.created_at)

    def _is_due(self, job: Job) -> bool:
        sent = self.submissions[job.submission_id].state is SubmissionState.SENT
        unwanted = job.state is JobState.UNWANTED and job.finished_at is None
        read = job.state in (JobState.RUNNING, JobState.UNKNOWN)
        return job.due_at <= self._clock.now() and (read or (sent and (job.state is JobState.WAITING or unwanted)))

    def _claim(self, row_id: str) -> Lease:
        self._epochs[row_id] += 1
        self._held[row_id] = self._epochs[row_id]
        return Lease(row_id, OWNER, self._epochs[row_id])

    def _held_row(self, step: str, lease: Lease) -> None:
        self.before(step)
        if self._held.get(lease.id) != lease.epoch:
            raise LeaseLost(step)

    def _held_submission(self, step: str, lease: Lease) -> Submission:
        self._held_row(step, lease)
        return self.submissions[lease.id]

    def _change(self, submission_id: str, **values: Any) -> Submission:
        self.submissions[submission_id] = dataclasses.replace(self.submissions[submission_id], **values)
        return self.submissions[submission_id]

    def _settle(self, lease: Lease, **values: Any) -> None:
        self._change(lease.id, **values)
        del self._held[lease.id]

    def _open_jobs(self, submission_id: str) -> list[Job]:
        ours = [job for job in self.jobs.values() if job.submission_id == submission_id]
        return [job for job in ours if job.state in OPEN_JOB_STATES]

    def _hold(self, submission_id: str) -> None:
        self.booked |= {job.id: job.price for job in self._open_jobs(submission_id)}

    def _end_unwanted(self, submission_id: str, *, doubtful: bool) -> None:
        state, job_state = SubmissionState.CANCELLED, JobState.CANCELLED
        if doubtful:
            state, job_state = SubmissionState.UNKNOWN, JobState.UNKNOWN
        self._change(submission_id, state=state, error_code=state.value)
        self._held.pop(submission_id, None)
        self._end_jobs(submission_id, job_state, None)

    def _end_jobs(self, submission_id: str, state: JobState, sentence: str | None) -> None:
        for job in [job for job in self.jobs.values() if job.submission_id == submission_id]:
            if job.state in OPEN_JOB_STATES or (job.state is JobState.UNWANTED and job.finished_at is None):
                self._finish(job, JobUpdate(state, None, NEVER, failure=sentence))

    def _finish(self, job: Job, update: JobUpdate) -> None:
        stays = job.state is JobState.UNWANTED and update.state is not JobState.CANCELLED
        if update.state in (JobState.FAILED, JobState.CANCELLED):
            self.booked.pop(job.id, None)
        rate = self.submissions[job.submission_id].quote_rate
        if update.state is JobState.SUCCEEDED and job.id in self.booked and rate and update.duration is not None:
            self.booked[job.id] = cost_of(rate, update.duration)
        self.jobs[job.id] = dataclasses.replace(
            job,
            state=job.state if stays else update.state,
            status_word=update.status_word or job.status_word,
            failure=update.failure,
            duration=update.duration,
            finished_at=self._clock.now(),
            due_at=NEVER,
            link_id=f"link_{job.id}" if update.state is JobState.SUCCEEDED else None,
        )

    def _apply(self, lease: Lease, update: JobUpdate) -> None:
        job = self.jobs[lease.id]
        del self._held[lease.id]
        is_over = job.state in FINAL or (job.state is JobState.UNWANTED and job.finished_at is not None)
        if is_over or (job.state is JobState.UNKNOWN and update.state not in FINAL):
            self.jobs[job.id] = dataclasses.replace(job, due_at=NEVER)
        elif update.state in OPEN_JOB_STATES:
            state = job.state if job.state is JobState.UNWANTED else update.state
            progress: dict[str, Any] = {
                "status_word": update.status_word,
                "due_at": update.due_at,
                "polls": job.polls + 1,
            }
            self.jobs[job.id] = dataclasses.replace(job, state=state, **progress)
        else:
            self._finish(job, update)


class FakeCancels:
    """`agent.ports.Cancels` over the rows of a `FakeJobStore`. `asked` are the calls: (submission id, actor)."""

    def __init__(self, jobs: FakeJobStore) -> None:
        self._jobs = jobs
        self.asked: list[tuple[str, str]] = []

    async def cancel(self, submission_id: str, *, actor: str, handles: Collection[str] | None = None) -> Cancelled:
        self.asked.append((submission_id, actor))
        row = self._jobs.submissions[submission_id]
        ours = [job for job in await self._jobs.jobs_of(submission_id) if handles is None or job.handle in handles]
        chosen = tuple(job for job in ours if job.state in OPEN_JOB_STATES)
        over = tuple(job for job in ours if job not in chosen)
        if row.state not in UNSENT:
            for job in chosen:
                self._jobs.jobs[job.id] = dataclasses.replace(job, state=JobState.UNWANTED)
            return Cancelled(unwanted=chosen, over=over)
        if chosen:
            every = await self._jobs.jobs_of(submission_id)
            self._jobs.leave_out(row.id, chosen, before=sum(job.state in OPEN_JOB_STATES for job in every))
            self._jobs.drop_lease(row.id)
        return Cancelled(dropped=chosen, over=over)

    async def cancel_batch(self, batch_id: str, *, actor: str) -> Cancelled:
        total = Cancelled()
        for row in [row for row in self._jobs.submissions.values() if row.batch_id == batch_id]:
            total = total + await self.cancel(row.id, actor=actor)
        self.asked = [*[one for one in self.asked if not self._of(one[0], batch_id)], (batch_id, actor)]
        return total

    def _of(self, submission_id: str, batch_id: str) -> bool:
        found = self._jobs.submissions.get(submission_id)
        return found is not None and found.batch_id == batch_id

    async def cancel_of_turns(self, turn_ids: Sequence[str], *, actor: str) -> Cancelled:
        total = Cancelled()
        for row in [row for row in self._jobs.submissions.values() if row.turn_id in turn_ids]:
            total = total + await self.cancel(row.id, actor=actor)
        return total


def _quote_fields(quote: Quote, now: float) -> dict[str, Any]:
    amounts = {"quote_low": quote.low, "quote_high": quote.high, "quote_rate": quote.rate}
    return {**amounts, "quote_basis": quote.basis, "quoted_at": now}
