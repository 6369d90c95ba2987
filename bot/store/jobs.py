"""Jobs: remote work from its promise to its end. With its base class this is `agent.ports.JobStore`.

Whoever changes a job locks its submission first, so that of two jobs which end at once one sees that it is the last.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.errors import IdTaken, LeaseLost
from agent.records import OPEN_JOB_STATES, Job, JobKind, JobState, JobUpdate, Lease, Submission, SubmissionState
from agent.usual import Past
from bot.store.claims import RELEASED
from bot.store.endings import NEVER
from bot.store.rows import one, record
from bot.store.schema import job, submission
from bot.store.submissions import Submissions, submission_record
from bot.store.transitions import may_become

LIST_LIMIT = 500
THREAD_LIMIT = 2_000
PAST_LIMIT = 200
FINAL = (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)
WATCHED = (JobState.RUNNING, JobState.UNKNOWN, JobState.UNWANTED)
UNRECOGNISED = (JobState.WAITING, JobState.UNWANTED)


class Jobs(Submissions):
    """Hands out jobs to look at and records what was read."""

    async def claim_due_jobs(self, limit: int) -> list[tuple[Lease, Job]]:
        """Claim jobs to look at, the longest due first.

        Those are running jobs that are due, waiting ones of sent submissions, unwanted ones that HeyGen is not done
        with, and unknown ones somebody hinted at.
        """
        sent = sa.exists().where(submission.c.id == job.c.submission_id, submission.c.state == SubmissionState.SENT)
        unwanted = sa.and_(job.c.state == JobState.UNWANTED, job.c.finished_at.is_(None))
        to_read = sa.or_(
            job.c.state.in_((JobState.RUNNING, JobState.UNKNOWN)),
            sa.and_(sa.or_(job.c.state == JobState.WAITING, unwanted), sent),
        )
        async with self._database.transaction("job.claim") as connection:
            due = sa.and_(job.c.due_at <= await self._database.now(connection), to_read)
            order = [job.c.due_at, job.c.created_at, job.c.number]
            claimed = await self._claims.take(connection, job, due, order_by=order, limit=limit, touched=False)
        return [(lease, record(Job, row)) for lease, row in claimed]

    async def attach(self, lease: Lease, *, provider_id: str, update: JobUpdate) -> None:
        """Give a waiting job the provider's id that was recognised as its own, and apply `update`; lease released.

        `IdTaken` when another job has that id. A job that waits for none is left as it is.
        """
        async with self._database.transaction("job.attach") as connection:
            row = await self._hold(connection, lease)
            if row["state"] not in UNRECOGNISED or row["provider_id"] is not None:
                await _update(connection, lease.id, **RELEASED)
                return
            await _refuse_taken(connection, row, provider_id)
            await _update(connection, lease.id, provider_id=provider_id)
            if update.state is JobState.WAITING:  # with an id it is no longer waiting for us
                update = dataclasses.replace(update, state=JobState.RUNNING)
            await self._apply(connection, row, update)

    async def record_update(self, lease: Lease, update: JobUpdate) -> None:
        """Apply what was read and release the lease.

        A final state also queues the runtime item and, after the last job, the closing. What cannot follow the
        state the job is in changes nothing. `ValueError` for running while the job has no provider's id.
        """
        async with self._database.transaction("job.update") as connection:
            row = await self._hold(connection, lease)
            if row["state"] is JobState.WAITING and update.state is JobState.RUNNING:
                raise ValueError(f"job {lease.id!r} has no provider id yet: attach it")
            await self._apply(connection, row, update)

    async def look_later(self, looks: Sequence[tuple[Lease, JobUpdate]]) -> Collection[str]:
        """Apply many updates of running jobs that only say when to look again, and release their leases.

        One statement for all. Returns the ids of those for which that was all: one that was hinted at meanwhile, is not
        wanted or not held any more, or shows another word, is left as it is, for `record_update`.
        """
        due_at = {lease.id: update.due_at for lease, update in looks}
        words = {lease.id: update.status_word or "" for lease, update in looks}
        async with self._database.transaction("job.later") as connection:
            held = sa.tuple_(job.c.id, job.c.owner, job.c.epoch).in_(
                [(lease.id, lease.owner, lease.epoch) for lease, _ in looks]
            )
            same = sa.and_(held, job.c.state == JobState.RUNNING, sa.not_(job.c.touched))
            select = sa.select(job.c.id, job.c.status_word).where(same).order_by(job.c.id)
            rows = (await connection.execute(self._database.locked(select))).all()
            kept = [row.id for row in rows if (row.status_word or "") == words[row.id]]
            if kept:
                later = sa.case({one: due_at[one] for one in kept}, value=job.c.id)
                update = sa.update(job).where(job.c.id.in_(kept))
                await connection.execute(update.values(due_at=later, polls=job.c.polls + 1, **RELEASED))
        return kept

    async def _hold(self, connection: AsyncConnection, lease: Lease) -> sa.RowMapping:
        parent = sa.select(job.c.submission_id).where(job.c.id == lease.id).scalar_subquery()
        if await connection.scalar(self._database.locked(sa.select(submission.c.id).where(submission.c.id == parent))):
            return await self._claims.holds(connection, job, lease)
        raise LeaseLost(f"there is no job {lease.id!r}")

    async def _apply(self, connection: AsyncConnection, row: sa.RowMapping, update: JobUpdate) -> None:
        current = record(Job, row)
        if not may_become(current.state, update.state) or _over(row):
            await _update(
                connection, current.id, due_at=_next_look(row, update, await self._database.now(connection)), **RELEASED
            )
        elif update.state in OPEN_JOB_STATES:
            await self._keep_open(connection, row, update)
        else:
            await self._end(connection, current, update)

    async def _keep_open(self, connection: AsyncConnection, row: sa.RowMapping, update: JobUpdate) -> None:
        state = row["state"] if row["state"] is JobState.UNWANTED else update.state
        visible = {"state": state, "status_word": update.status_word}
        progress = {"due_at": _next_look(row, update, await self._database.now(connection)), "polls": row["polls"] + 1}
        await _update(connection, row["id"], **visible, **progress, **RELEASED)
        if any(row[name] != value for name, value in visible.items()):
            await self._endings.show(connection, row["submission_id"])

    async def _end(self, connection: AsyncConnection, current: Job, update: JobUpdate) -> None:
        await self._endings.finish(connection, current, update)
        await self._endings.show(connection, current.submission_id)
        if current.state is JobState.UNKNOWN:
            await self._endings.tell_late(connection, current)
        await self._endings.conclude(connection, current.submission_id, current.conversation_id)

    async def touch(self, account_id: str, provider_ids: Sequence[str]) -> int:
        """Make the jobs with these ids due now (a webhook hinted); returns how many of the ids are ours."""
        wanted = set(provider_ids)
        if not wanted:
            return 0
        async with self._database.transaction("job.touch") as connection:
            known = await _known_ids(connection, account_id, wanted)
            submissions = await _unattached(connection, account_id, wanted)
            over = sa.and_(job.c.state == JobState.UNWANTED, job.c.finished_at.is_not(None))
            of_theirs = sa.or_(
                sa.and_(job.c.state.in_(UNRECOGNISED), job.c.submission_id.in_(submissions)),
                sa.and_(job.c.state.in_(WATCHED), job.c.provider_id.in_(wanted)),
            )
            of_theirs = sa.and_(of_theirs, sa.not_(over))
            # In one order, so that two hints about the same jobs wait for each other and not in a circle.
            hinted = sa.select(job.c.id).where(job.c.account_id == account_id, of_theirs).order_by(job.c.id)
            ids = list(await connection.scalars(self._database.locked(hinted)))
            await connection.execute(sa.update(job).where(job.c.id.in_(ids)).values(due_at=0.0, touched=True))
            self._database.announce(connection, "jobs")
        return len(known.union(*submissions.values()))

    async def job(self, job_id: str) -> Job:
        """One job; `KeyError` when there is none."""
        async with self._database.reading() as connection:
            return record(Job, await one(connection, sa.select(job).where(job.c.id == job_id), job_id))

    async def jobs_of(self, submission_id: str) -> list[Job]:
        """A submission's jobs in the order they were asked for."""
        return await self._list(sa.select(job).where(job.c.submission_id == submission_id).order_by(job.c.number))

    async def conversation_jobs(self, conversation_id: str) -> list[Job]:
        """The jobs of a conversation, oldest first; of more than 2,000 the newest."""
        select = sa.select(job).where(job.c.conversation_id == conversation_id)
        newest = await self._list(select.order_by(job.c.number.desc()).limit(THREAD_LIMIT))
        return newest[::-1]

    async def unsent(self, conversation_id: str) -> dict[str, SubmissionState]:
        """The submissions of a conversation that wait for somebody's word, and for which."""
        waits = submission.c.state.in_((SubmissionState.WAITING_APPROVAL, SubmissionState.HELD))
        select = sa.select(submission.c.id, submission.c.state)
        mine = select.where(submission.c.conversation_id == conversation_id, waits)
        async with self._database.reading() as connection:
            return {row.id: row.state for row in await connection.execute(mine)}

    async def recent(self, workspace_id: str, requester: str | None = None, limit: int = 20) -> list[Job]:
        """Jobs of a workspace, those of one person if `requester` is given, newest first (at most 500)."""
        select = sa.select(job).where(job.c.workspace_id == workspace_id)
        if requester is not None:
            select = select.where(job.c.requester == requester)
        newest = [job.c.created_at.desc(), job.c.conversation_id, job.c.number.desc()]
        return await self._list(select.order_by(*newest).limit(min(limit, LIST_LIMIT)))

    async def past(self, workspace_id: str, kind: JobKind, limit: int = PAST_LIMIT) -> list[Past]:
        """How long the newest jobs of a kind took that succeeded, from the moment their request was sent."""
        took = job.c.finished_at - submission.c.sent_at
        select = sa.select(took, job.c.duration).join(submission, submission.c.id == job.c.submission_id)
        done = sa.and_(job.c.workspace_id == workspace_id, job.c.kind == kind, job.c.state == JobState.SUCCEEDED)
        known = sa.and_(done, submission.c.sent_at.is_not(None), job.c.finished_at.is_not(None))
        newest = select.where(known).order_by(job.c.created_at.desc()).limit(limit)
        async with self._database.reading() as connection:
            return [Past(max(row[0], 0.0), row[1]) for row in await connection.execute(newest)]

    async def open_requests(self, workspace_id: str, requester: str, limit: int) -> list[tuple[Submission, list[Job]]]:
        """The person's requests that are not over, newest first, each with its jobs that are still open.

        Without those of batches, for which there is `Batches.open_batches`.
        """
        mine = sa.and_(job.c.workspace_id == workspace_id, job.c.requester == requester, job.c.batch_id.is_(None))
        still_open = sa.select(job.c.submission_id).where(mine, job.c.state.in_(OPEN_JOB_STATES))
        newest = sa.select(submission).where(submission.c.id.in_(still_open)).order_by(submission.c.created_at.desc())
        async with self._database.reading() as connection:
            requests = [
                submission_record(row)
                for row in (await connection.execute(newest.order_by(submission.c.id).limit(limit))).mappings()
            ]
            theirs = job.c.submission_id.in_([request.id for request in requests])
            select = sa.select(job).where(theirs, job.c.state.in_(OPEN_JOB_STATES)).order_by(job.c.number)
            jobs = [record(Job, row) for row in (await connection.execute(select)).mappings()]
        return [(request, [one for one in jobs if one.submission_id == request.id]) for request in requests]

    async def _list(self, select: sa.Select[Any]) -> list[Job]:
        async with self._database.reading() as connection:
            return [record(Job, row) for row in (await connection.execute(select)).mappings()]


async def _known_ids(connection: AsyncConnection, account_id: str, wanted: Collection[str]) -> set[str]:
    select = sa.select(job.c.provider_id).where(job.c.account_id == account_id, job.c.provider_id.in_(wanted))
    return set(await connection.scalars(select))


async def _unattached(connection: AsyncConnection, account_id: str, wanted: set[str]) -> dict[str, set[str]]:
    """Sent submissions whose answer contained some of `wanted`, while a job of theirs has not found its id."""
    nameless = sa.and_(job.c.state.in_(UNRECOGNISED), job.c.provider_id.is_(None))
    waiting = sa.exists().where(job.c.submission_id == submission.c.id, nameless)
    select = sa.select(submission.c.id, submission.c.provider_ids).where(
        submission.c.account_id == account_id, submission.c.state == SubmissionState.SENT, waiting
    )
    answers = {row.id: wanted & set(row.provider_ids) for row in await connection.execute(select)}
    return {submission_id: ids for submission_id, ids in answers.items() if ids}


async def _refuse_taken(connection: AsyncConnection, row: sa.RowMapping, provider_id: str) -> None:
    taken = sa.select(job.c.id).where(
        job.c.account_id == row["account_id"], job.c.kind == row["kind"], job.c.provider_id == provider_id
    )
    if await connection.scalar(taken) is not None:
        raise IdTaken(f"another job than {row['id']!r} has provider id {provider_id!r}")


def _next_look(row: sa.RowMapping, update: JobUpdate, now: float) -> float:
    """When to look again at a job that `update` does not end; an unknown one only if the reader names a later time."""
    if row["state"] in FINAL or _over(row):
        return NEVER
    if row["touched"]:
        return 0.0  # the hint came while somebody was reading, and may be newer than what was read
    return NEVER if row["state"] is JobState.UNKNOWN and update.due_at <= now else update.due_at


def _over(row: sa.RowMapping) -> bool:
    """Whether an unwanted job needs no watching any more."""
    return row["state"] is JobState.UNWANTED and row["finished_at"] is not None


async def _update(connection: AsyncConnection, job_id: str, **values: Any) -> None:
    await connection.execute(sa.update(job).where(job.c.id == job_id).values(**values))
