"""Cancelling: what has not left is cancelled and costs nothing; what has left is marked unwanted and still paid for.

HeyGen cannot stop a translation or a video, so nothing here pretends that it can. A request that is being sent right
now counts as having left.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.cancelling import Cancelled, remaining
from agent.records import OPEN_JOB_STATES, Interruption, Job, JobState, JobUpdate, SubmissionState, TurnState
from agent.work import STOPPABLE
from bot.store.audit import RUNTIME, Audit, Deed
from bot.store.bulk import UNSENT, Bulk, End
from bot.store.claims import RELEASED
from bot.store.database import Database
from bot.store.endings import NEVER, Endings
from bot.store.rows import one, record
from bot.store.schema import batch, inbox, job, submission, turn

OLDEST = (submission.c.created_at, submission.c.id)
CODES = {Deed.DECLINED: "declined", Deed.EXPIRED: "expired", Deed.CHANGED: "changed", Deed.CANCELLED: "cancelled"}


class Cancellations:
    """Ends requests that nobody wants. The caller has checked that `actor` may."""

    def __init__(self, database: Database, bulk: Bulk, endings: Endings, audit: Audit) -> None:
        self._database = database
        self._bulk = bulk
        self._endings = endings
        self._audit = audit

    async def cancel(
        self,
        submission_id: str,
        *,
        actor: str,
        handles: Collection[str] | None = None,
        deed: Deed = Deed.CANCELLED,
        only_unsent: bool = False,
        cause: str | None = None,
    ) -> Cancelled:
        """Cancel a request, or only its jobs with `handles`; `KeyError` when there is none.

        Jobs that have ended already are left as they are, and with `only_unsent` those that HeyGen has, too. Doing it
        twice changes nothing.
        """
        async with self._database.transaction("submission.cancel", urgent=True) as connection:
            row = await self.locked(connection, submission_id)
            if only_unsent and row["state"] not in UNSENT:
                return Cancelled(over=tuple(await self._jobs(connection, submission_id)))
            return await self.drop(connection, row, actor=actor, handles=handles, deed=deed, cause=cause)

    async def cancel_of_turns(
        self, turn_ids: Sequence[str], *, actor: str, only_unsent: bool = False, cause: str | None = None
    ) -> Cancelled:
        """Cancel everything that these turns have asked for; `only_unsent` leaves alone what HeyGen has already.

        `cause` names what led to it, for `caused`.
        """
        total = Cancelled()
        for submission_id in await self._submissions_of(turn_ids):
            total = total + await self.cancel(submission_id, actor=actor, only_unsent=only_unsent, cause=cause)
        for batch_id in await self._batches_of(turn_ids):
            total = total + await self.cancel_batch(batch_id, actor=actor, only_unsent=only_unsent, cause=cause)
        return total

    async def cancel_batch(
        self, batch_id: str, *, actor: str, only_unsent: bool = False, cause: str | None = None
    ) -> Cancelled:
        """`cancel` for all requests of a batch; `KeyError` when there is none."""
        async with self._database.transaction("batch.cancel", urgent=True) as connection:
            locked = await self._bulk.lock(connection, batch_id)
            how = {"only_unsent": only_unsent}
            return await self._bulk.drop(connection, locked, actor=actor, end=End.CANCELLED, cause=cause, **how)

    async def caused(self, turn_ids: Sequence[str], cause: str) -> bool:
        """Whether `cause` has cancelled something of these turns: its work may have been interrupted after that."""
        for subject_id in [*await self._submissions_of(turn_ids), *await self._batches_of(turn_ids)]:
            async with self._database.reading() as connection:
                if cause in await self._audit.causes(connection, subject_id, Deed.CANCELLED):
                    return True
        return False

    async def turns_of_message(self, conversation_id: str, ts: str) -> list[str]:
        """The turns that a message has led to, edits of it included."""
        select = sa.select(turn.c.id).where(turn.c.conversation_id == conversation_id, turn.c.message_ts == ts)
        async with self._database.reading() as connection:
            return list(await connection.scalars(select.order_by(turn.c.created_at)))

    async def last_turn(self, conversation_id: str, *, before: int) -> str | None:
        """The newest turn that was asked for before the inbox's row number `before`."""
        select = (
            sa.select(turn.c.id)
            .join(inbox, inbox.c.id == turn.c.inbox_id)
            .where(turn.c.conversation_id == conversation_id, inbox.c.seq < before)
        )
        async with self._database.reading() as connection:
            found: str | None = await connection.scalar(select.order_by(inbox.c.seq.desc()).limit(1))
        return found

    async def requester_of(self, turn_ids: Sequence[str]) -> str:
        """Who asked for the last of these turns; nobody, where there is none."""
        select = sa.select(turn.c.requester).where(turn.c.id.in_(turn_ids[-1:]))
        async with self._database.reading() as connection:
            return await connection.scalar(select) or ""

    async def cut_short(self, turn_id: str) -> bool:
        """Whether a turn was ended by an edit of its message."""
        select = sa.select(turn.c.error).where(turn.c.id == turn_id, turn.c.state == TurnState.CANCELLED)
        async with self._database.reading() as connection:
            return bool(await connection.scalar(select) == Interruption.EDITED)

    async def _submissions_of(self, turn_ids: Sequence[str]) -> list[str]:
        """Their requests, but for those that belong to a batch."""
        mine = sa.and_(submission.c.turn_id.in_(turn_ids), submission.c.batch_id.is_(None))
        async with self._database.reading() as connection:
            return list(await connection.scalars(sa.select(submission.c.id).where(mine).order_by(*OLDEST)))

    async def _batches_of(self, turn_ids: Sequence[str]) -> list[str]:
        select = sa.select(batch.c.id).where(batch.c.turn_id.in_(turn_ids)).order_by(batch.c.created_at)
        async with self._database.reading() as connection:
            return list(await connection.scalars(select))

    async def locked(self, connection: AsyncConnection, submission_id: str) -> sa.RowMapping:
        """A submission, kept to this transaction; `KeyError` when there is none."""
        select = self._database.locked(sa.select(submission).where(submission.c.id == submission_id))
        return await one(connection, select, submission_id)

    async def drop(
        self,
        connection: AsyncConnection,
        row: sa.RowMapping,
        *,
        actor: str,
        handles: Collection[str] | None = None,
        deed: Deed = Deed.CANCELLED,
        cause: str | None = None,
    ) -> Cancelled:
        """`cancel` inside the caller's transaction, which has locked `row`. `cause` is kept in the audit log."""
        jobs = await self._jobs(connection, row["id"])
        chosen = [
            other for other in jobs if other.state in OPEN_JOB_STATES and (handles is None or other.handle in handles)
        ]
        ended = tuple(other for other in jobs if other not in chosen and (handles is None or other.handle in handles))
        if not chosen:
            return Cancelled(over=ended)
        if unsent := row["state"] in UNSENT:
            await self._withdraw(connection, row, jobs, chosen, actor, deed)
        else:
            await self._disown(connection, row, jobs, chosen)
        details: dict[str, str | int] = {"jobs": len(chosen), "unsent": int(unsent)}
        if cause is not None:
            details["cause"] = cause
        await self._audit.add(connection, row["workspace_id"], actor, deed, row["id"], **details)
        told = actor not in (row["requester"], RUNTIME) or deed is Deed.EXPIRED
        await self._endings.show(connection, row["id"])
        await self._endings.conclude(connection, row["id"], row["conversation_id"], told=told and unsent)
        done = tuple(chosen)
        return Cancelled(dropped=done if unsent else (), unwanted=() if unsent else done, over=ended)

    async def _withdraw(
        self,
        connection: AsyncConnection,
        row: sa.RowMapping,
        jobs: Sequence[Job],
        chosen: Sequence[Job],
        actor: str,
        deed: Deed,
    ) -> None:
        """Take back what has not left. Whoever was about to send it loses its lease."""
        for dropped in chosen:
            await self._endings.finish(connection, dropped, JobUpdate(JobState.CANCELLED, None, NEVER))
        kept = [other for other in jobs if other.state in OPEN_JOB_STATES and other not in chosen]
        values: dict[str, Any] = {"epoch": row["epoch"] + 1, **RELEASED}
        if kept:
            before = sum(other.state in OPEN_JOB_STATES for other in jobs)
            values |= reduced(row, [other.label for other in kept], before=before)
        else:
            sentence = f"{CODES[deed]} by <@{actor}>" if actor != RUNTIME else CODES[deed]
            values |= {"state": SubmissionState.CANCELLED, "error_code": CODES[deed], "error": sentence}
        await connection.execute(sa.update(submission).where(submission.c.id == row["id"]).values(**values))

    async def _disown(
        self, connection: AsyncConnection, row: sa.RowMapping, jobs: Sequence[Job], chosen: Sequence[Job]
    ) -> None:
        """Mark what has left as unwanted; it is watched on."""
        ids = [other.id for other in chosen]
        await connection.execute(sa.update(job).where(job.c.id.in_(ids)).values(state=JobState.UNWANTED))
        handles = ", ".join(other.handle for other in chosen)
        if stoppable := row["kind"] in STOPPABLE:
            self._database.announce(connection, "agents")
        what = "HeyGen is told to stop" if stoppable else "HeyGen cannot stop and bills"
        await self._endings.note(connection, row["conversation_id"], f"[runtime] {handles} no longer wanted; {what}")

    async def _jobs(self, connection: AsyncConnection, submission_id: str) -> list[Job]:
        """The submission's jobs in their order, locked by id as everybody does who locks several."""
        select = sa.select(job).where(job.c.submission_id == submission_id).order_by(job.c.id)
        rows = (await connection.execute(self._database.locked(select))).mappings().all()
        return [record(Job, row) for row in sorted(rows, key=lambda row: row["number"])]


def reduced(row: sa.RowMapping, kept: Sequence[str], *, before: int) -> dict[str, Any]:
    """The columns of an unsent submission of whose `before` equal jobs only those with the labels `kept` are left."""
    less = remaining(row["kind"], row["arguments"], kept, row["approved_hash"] is not None)
    return less | _share(row, len(kept), before)


def _share(row: sa.RowMapping, kept: int, before: int) -> dict[str, Any]:
    """What is left of the quote when `kept` of `before` equal jobs are."""
    amounts = {name: row[name] * kept // max(before, 1) for name in ("quote_low", "quote_high")}
    return {**amounts, "quote_basis": row["quote_basis"].replace(f"{before} × ", f"{kept} × ", 1)}
