"""Ending many requests of a batch at once: a few statements instead of a few for each of five hundred jobs.

A click has three seconds to be answered in, and SQLite has one writer.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.batches import SAMPLE_FAILED, BatchState
from agent.cancelling import Cancelled
from agent.records import OPEN_JOB_STATES, Job, JobState, SubmissionState
from bot.store.audit import RUNTIME, Audit, Deed
from bot.store.claims import RELEASED
from bot.store.database import Database
from bot.store.endings import NEVER, Endings
from bot.store.ledger import Ledger
from bot.store.rows import one, record
from bot.store.schema import batch, job, submission

UNDECIDED = (BatchState.WAITING_APPROVAL, BatchState.SAMPLING)
UNSENT = (SubmissionState.WAITING_APPROVAL, SubmissionState.HELD, SubmissionState.INTENDED)


class End(enum.StrEnum):
    """Why what has not left of a batch never will: its `error_code`."""

    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SAMPLE_REFUSED = "sample_refused"
    SAMPLE_FAILED = SAMPLE_FAILED


END_DEEDS = {
    End.DECLINED: Deed.DECLINED,
    End.EXPIRED: Deed.EXPIRED,
    End.CANCELLED: Deed.CANCELLED,
    End.SAMPLE_REFUSED: Deed.SAMPLE_REFUSED,
    End.SAMPLE_FAILED: Deed.CANCELLED,
}
SENTENCES = {
    End.SAMPLE_REFUSED: "stopped after the sample",
    End.SAMPLE_FAILED: "the sample could not be made, so nothing else was sent",
}


@dataclass(frozen=True, slots=True)
class Locked:
    """A batch whose requests the transaction holds, so that nobody else ends its jobs.

    `jobs` with the state of the request that carries each, in order.
    """

    row: sa.RowMapping
    jobs: tuple[tuple[SubmissionState, Job], ...]


class Bulk:
    """Connection-level writes over a whole batch."""

    def __init__(self, database: Database, ledger: Ledger, endings: Endings, audit: Audit) -> None:
        self._database = database
        self._ledger = ledger
        self._endings = endings
        self._audit = audit

    async def lock(self, connection: AsyncConnection, batch_id: str) -> Locked:
        """Keep a batch and its requests to this transaction; `KeyError` when there is none."""
        select = sa.select(batch).where(batch.c.id == batch_id)
        row = await one(connection, self._database.locked(select), batch_id)
        requests = sa.select(submission.c.id, submission.c.state).where(members_of(row)).order_by(submission.c.id)
        states = {found.id: found.state for found in await connection.execute(self._database.locked(requests))}
        jobs = sa.select(job).where(job.c.conversation_id == row["conversation_id"], job.c.batch_id == batch_id)
        found = (await connection.execute(jobs.order_by(job.c.number))).mappings().all()
        return Locked(row, tuple((states[each["submission_id"]], record(Job, each)) for each in found))

    async def drop(
        self,
        connection: AsyncConnection,
        locked: Locked,
        *,
        actor: str,
        end: End,
        only_unsent: bool = False,
        cause: str | None = None,
    ) -> Cancelled:
        """End what has not left, and disown what has unless `only_unsent`; see `Cancellations.drop`."""
        open_now = [(state, each) for state, each in locked.jobs if each.state in OPEN_JOB_STATES]
        unsent = tuple(each for state, each in open_now if state in UNSENT)
        left = () if only_unsent else tuple(each for state, each in open_now if state not in UNSENT)
        over = tuple(each for _, each in locked.jobs if each not in unsent and each not in left)
        deed, code = END_DEEDS[end], end.value
        by = SENTENCES.get(end) or (code if actor == RUNTIME else f"{code} by <@{actor}>")
        if not unsent and not left:
            if locked.row["state"] in UNDECIDED:  # its requests were ended one by one, and nothing waits any more
                await self._end(connection, locked.row, code, by)
            return Cancelled(over=over)
        ids = [each.id for each in (*unsent, *left)]
        await connection.execute(self._database.locked(sa.select(job.c.id).where(job.c.id.in_(ids)).order_by(job.c.id)))
        await self._withdraw(connection, locked.row, unsent, code, by)
        await self._disown(connection, locked.row, left)
        await self._end(connection, locked.row, code, by)
        details: dict[str, str | int] = {"jobs": len(unsent) + len(left), "unsent": len(unsent)}
        if cause is not None:
            details["cause"] = cause
        await self._audit.add(connection, locked.row["workspace_id"], actor, deed, locked.row["id"], **details)
        told = bool(unsent) and (actor not in (locked.row["requester"], RUNTIME) or deed is Deed.EXPIRED)
        await self._endings.conclude_batch(connection, locked.row["id"], locked.row["conversation_id"], told=told)
        return Cancelled(dropped=unsent, unwanted=left, over=over)

    async def _withdraw(
        self, connection: AsyncConnection, row: sa.RowMapping, unsent: Sequence[Job], code: str, sentence: str
    ) -> None:
        """Take back what has not left. Whoever was about to send one of them loses its lease."""
        if not unsent:
            return
        now = await self._database.now(connection)
        ids = [each.id for each in unsent]
        ended: dict[str, Any] = {"state": JobState.CANCELLED, "finished_at": now, "due_at": NEVER, **RELEASED}
        await connection.execute(sa.update(job).where(job.c.id.in_(ids)).values(**ended))
        await self._ledger.release_all(connection, ids)
        cancelled = {"state": SubmissionState.CANCELLED, "error_code": code, "error": sentence}
        theirs = submission.c.id.in_([each.submission_id for each in unsent])
        fenced = {"epoch": submission.c.epoch + 1, **RELEASED}
        await connection.execute(sa.update(submission).where(theirs).values(**cancelled, **fenced))
        told = f"[runtime] {_handles(unsent)} cancelled before they were sent"
        await self._endings.note(connection, row["conversation_id"], told)

    async def _disown(self, connection: AsyncConnection, row: sa.RowMapping, left: Sequence[Job]) -> None:
        """Mark what has left as unwanted; it is watched on."""
        if not left:
            return
        ids = [each.id for each in left]
        await connection.execute(sa.update(job).where(job.c.id.in_(ids)).values(state=JobState.UNWANTED))
        told = f"[runtime] {_handles(left)} no longer wanted; HeyGen cannot stop and bills"
        await self._endings.note(connection, row["conversation_id"], told)

    async def _end(self, connection: AsyncConnection, row: sa.RowMapping, code: str, sentence: str) -> None:
        ended = {"state": BatchState.CANCELLED, "error_code": code, "error": sentence, "expires_at": None}
        await connection.execute(sa.update(batch).where(batch.c.id == row["id"]).values(**ended))
        await self._endings.show_subject(connection, row["id"])
        await self._endings.show_sample(connection, row["id"])


def members_of(row: sa.RowMapping) -> sa.ColumnElement[bool]:
    """The requests of a batch."""
    return sa.and_(submission.c.conversation_id == row["conversation_id"], submission.c.batch_id == row["id"])


def _handles(jobs: Sequence[Job]) -> str:
    return jobs[0].handle if len(jobs) == 1 else f"{len(jobs)} of {jobs[0].handle} to {jobs[-1].handle}"
