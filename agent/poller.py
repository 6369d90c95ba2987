"""Looks at jobs that are due: bulk reads for running ones, one read each for ids that are not recognised yet.

Webhooks make jobs due at once; without them this is the safety net.
"""

from __future__ import annotations

import dataclasses
import random
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from contextlib import AbstractContextManager

import structlog
from structlog.contextvars import bound_contextvars

from agent.checking import Checking
from agent.errors import IdTaken, LeaseLost
from agent.jobs import PollPlan, match, reading, unknown, unrecognised
from agent.ports import Accounts, Clock, JobStore
from agent.records import OPEN_JOB_STATES, Job, JobKind, JobState, JobUpdate, Lease
from agent.spans import NO_SPANS, submission_of
from agent.work import Remote, Works
from heygen import Client, HeyGenError, NotFound, RemoteStatus, StatusEntry

log = structlog.get_logger(__name__)

Claim = tuple[Lease, Job]
GONE = "HeyGen does not know this job any more."
OVERDUE = "HeyGen has not finished this job for a day, so I stopped watching it."
MISSING = "HeyGen accepted the request but never named this job."
TAKEN = "HeyGen gave this job the id of another one."
BULK = 100
NOT_FOUND = "not_found"


class Poller:
    """Reads due jobs and records what it learns. One per process. `checking` looks at results before they are told."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        accounts: Accounts,
        works: Works,
        clock: Clock,
        rng: random.Random,
        plan: PollPlan | None = None,
        checking: Checking | None = None,
    ) -> None:
        self._jobs = jobs
        self._accounts = accounts
        self._works = works
        self._clock = clock
        self._rng = rng
        self._plan = plan or PollPlan()
        self._checking = checking
        self.spans = NO_SPANS
        self.changes = 0  # readings so far that others may have something to do about

    async def run_due(self, limit: int = 200) -> int:
        """Look at what is due; returns how many jobs were looked at."""
        claimed = await self._jobs.claim_due_jobs(limit)
        if self._checking is not None:
            self._checking.begin()
        running: dict[tuple[str, JobKind], list[Claim]] = defaultdict(list)
        waiting: dict[str, list[Claim]] = defaultdict(list)
        for lease, job in claimed:
            if job.provider_id is None and job.state in (JobState.WAITING, JobState.UNWANTED):
                waiting[job.submission_id].append((lease, job))
            else:
                running[job.account_id, job.kind].append((lease, job))
        for (account_id, kind), claims in running.items():
            for start in range(0, len(claims), BULK):
                await self._unless_lost(self._look(account_id, kind, claims[start : start + BULK]))
        for submission_id, claims in waiting.items():
            await self._unless_lost(self._recognise(submission_id, claims))
        return len(claimed)

    async def _unless_lost(self, look: Coroutine[None, None, None]) -> None:
        """One group's lost lease is no reason to leave the other groups alone."""
        try:
            await look
        except LeaseLost as error:
            log.warning("job_lease_lost", error=str(error))

    # -- running jobs ------------------------------------------------------------------------------------------

    async def _look(self, account_id: str, kind: JobKind, claims: Sequence[Claim]) -> None:
        client = await self._accounts.client(account_id)
        ids = [job.provider_id for _, job in claims if job.provider_id]
        try:
            entries = {entry.id: entry for entry in await self._works[kind].statuses(client, ids)}
        except HeyGenError as error:
            await self._later(claims, error)
            return
        unchanged: list[tuple[Claim, JobUpdate]] = []
        for lease, job in claims:
            entry = entries.get(job.provider_id or "")
            if (update := self._still(job, entry)) is not None:
                unchanged.append(((lease, job), update))
                continue
            with _named(job):
                await self._apply(client, lease, job, entry)
        await self._keep(unchanged)

    def _still(self, job: Job, entry: StatusEntry | None) -> JobUpdate | None:
        """When to look again at a job that is as it was; None where there is more to say about it."""
        running = job.state is JobState.RUNNING and entry is not None and entry.status is RemoteStatus.RUNNING
        if not running or entry is None or entry.status_word != job.status_word:
            return None
        update = JobUpdate(JobState.RUNNING, entry.status_word, self._clock.now() + self._wait(job))
        return update if self._bounded(job, update) is update else None

    async def _keep(self, unchanged: Sequence[tuple[Claim, JobUpdate]]) -> None:
        """Put off the next look at jobs that are as they were: of most readings there is nothing else to keep."""
        kept = await self._jobs.look_later([(lease, update) for (lease, _), update in unchanged]) if unchanged else ()
        for (lease, job), update in unchanged:
            if job.id not in kept:
                with _named(job):
                    await self._record(lease, job, update)

    async def _apply(self, client: Client, lease: Lease, job: Job, entry: StatusEntry | None) -> None:
        if entry is None or entry.status in (RemoteStatus.COMPLETED, RemoteStatus.FAILED, RemoteStatus.NOT_FOUND):
            await self._read(client, lease, job)
            return
        if entry.status is RemoteStatus.UNKNOWN:
            log.warning("unknown_status_word", word=(entry.status_word or "")[:40])
        update = JobUpdate(JobState.RUNNING, entry.status_word, self._clock.now() + self._wait(job))
        await self._record(lease, job, self._bounded(job, update))

    async def _read(self, client: Client, lease: Lease, job: Job) -> None:
        """One detail read; the bulk answer is only a hint."""
        now = self._clock.now()
        try:
            remote = await self._works[job.kind].read(client, job.provider_id or "")
        except NotFound:
            # Once may be a lag between HeyGen's machines; twice in a row is an answer.
            later = JobUpdate(JobState.RUNNING, NOT_FOUND, now + self._wait(job))
            gone = unknown(NOT_FOUND, now, GONE)
            await self._record(lease, job, gone if job.status_word == NOT_FOUND else later)
        except HeyGenError as error:
            await self._later([(lease, job)], error)
        else:
            update = await self._checked(job, remote, reading(remote, now=now, next_look=self._wait(job)))
            await self._record(lease, job, self._bounded(job, update))

    async def _checked(self, job: Job, remote: Remote, update: JobUpdate) -> JobUpdate:
        """With what looks doubtful about a result that somebody wants."""
        if self._checking is None or update.state is not JobState.SUCCEEDED or job.state is JobState.UNWANTED:
            return update
        doubt = await self._checking.doubt(job, remote)
        if doubt is not None:
            log.info("result_doubtful")
        return dataclasses.replace(update, failure=doubt)

    async def _later(self, claims: Sequence[Claim], error: HeyGenError) -> None:
        """The read failed: look again later, as the server asked or as the plan says."""
        request_id = getattr(error, "request_id", None)
        log.warning("poll_failed", jobs=[job.id for _, job in claims], request_id=request_id, error=str(error))
        for lease, job in claims:
            wait = max(error.retry_after or 0.0, self._wait(job))
            still = JobState.RUNNING if job.state is JobState.UNWANTED else job.state  # it stays unwanted
            update = JobUpdate(still, job.status_word, self._clock.now() + wait)
            with _named(job):
                await self._record(lease, job, self._bounded(job, update))

    async def _record(self, lease: Lease, job: Job, update: JobUpdate) -> None:
        self.changes += update.state is not job.state or update.status_word != job.status_word
        await self._jobs.record_update(lease, update)
        if update.state is not job.state and not (job.state is JobState.UNWANTED and update.state in OPEN_JOB_STATES):
            log.info("job_changed", state=update.state, before=job.state)
            await self._traced(job, update)

    async def _traced(self, job: Job, update: JobUpdate) -> None:
        """A job that is over is a span, from when it was asked for."""
        if not self.spans.on or update.state in OPEN_JOB_STATES:
            return
        submission = await self._jobs.submission(job.submission_id)
        under = submission_of(submission.id, submission.attempts)
        self.spans.past(
            "job",
            turn=submission.turn_id,
            under=under,
            began=job.created_at,
            ended=self._clock.now(),
            kind=job.kind.value,
            state=update.state.value,
            handle=job.handle,
        )

    # -- ids that are not recognised yet -----------------------------------------------------------------------

    async def _recognise(self, submission_id: str, claims: Sequence[Claim]) -> None:
        """Read the ids of a submission that no job has yet and hand each to the job whose label it has."""
        submission = await self._jobs.submission(submission_id)
        jobs = await self._jobs.jobs_of(submission_id)
        client, work = await self._accounts.client(submission.account_id), self._works[submission.kind]
        found: dict[str, Remote] = {}
        unread = 0
        for provider_id in unrecognised(submission.provider_ids, jobs):
            try:
                found[provider_id] = await work.read(client, provider_id)
            except HeyGenError as error:
                unread += 1
                request_id = getattr(error, "request_id", None)
                log.warning("recognise_failed", submission=submission_id, request_id=request_id, error=str(error))
        labels = {provider_id: work.label_of(remote) for provider_id, remote in found.items()}
        unread += sum(label is None for label in labels.values())  # it may still come
        pairs = match(jobs, labels)
        for lease, job in claims:
            with _named(job):
                await self._give(lease, job, pairs.get(job.id), found, unread)

    async def _give(
        self, lease: Lease, job: Job, provider_id: str | None, found: dict[str, Remote], unread: int
    ) -> None:
        now = self._clock.now()
        if provider_id is not None:
            remote = found[provider_id]
            update = await self._checked(job, remote, reading(remote, now=now, next_look=self._wait(job)))
            try:
                await self._jobs.attach(lease, provider_id=provider_id, update=update)
            except IdTaken:
                log.warning("id_taken", provider_id=provider_id)
                return await self._record(lease, job, unknown(None, now, TAKEN))
            self.changes += 1
            log.info("job_changed", state=update.state, before=job.state)
            await self._traced(job, update)
        elif unread:
            update = JobUpdate(JobState.WAITING, None, now + self._wait(job))
            await self._record(lease, job, self._bounded(job, update))
        else:
            await self._record(lease, job, unknown(None, now, MISSING))

    # -- the plan ----------------------------------------------------------------------------------------------

    def _wait(self, job: Job) -> float:
        return self._plan.wait(self._clock.now() - job.created_at, self._rng)

    def _bounded(self, job: Job, update: JobUpdate) -> JobUpdate:
        """An open job past the deadline becomes visibly unknown instead of being watched for ever."""
        age = self._clock.now() - job.created_at
        if update.state in (JobState.RUNNING, JobState.WAITING) and age > self._plan.deadline:
            return unknown(update.status_word, self._clock.now(), OVERDUE)
        return update


def _named(job: Job) -> AbstractContextManager[None]:
    """Every line of the log in this block says which job it is about."""
    return bound_contextvars(job=job.id, submission=job.submission_id, conversation=job.conversation_id)
