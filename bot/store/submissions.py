"""Submissions: paid requests, written down before they leave. The first half of `agent.ports.JobStore`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.ports import Ids
from agent.records import (
    OPEN_JOB_STATES,
    DeliveryKind,
    Job,
    JobState,
    JobUpdate,
    Lease,
    NewSubmission,
    Submission,
    SubmissionState,
)
from bot.store.admission import Admission
from bot.store.claims import RELEASED, Claims
from bot.store.database import Database
from bot.store.endings import NEVER, Endings, card_key
from bot.store.log import lock_conversation
from bot.store.outbox import NewDelivery, Outbox
from bot.store.rows import first, one, record
from bot.store.schema import job, lane, submission

UNSENT = (SubmissionState.INTENDED, SubmissionState.SENDING)


class Submissions:
    """Writes submissions down, hands them out to be sent, and records what the provider said."""

    def __init__(
        self,
        database: Database,
        claims: Claims,
        ids: Ids,
        outbox: Outbox,
        endings: Endings,
        admission: Admission,
    ) -> None:
        self._database = database
        self._claims = claims
        self._ids = ids
        self._outbox = outbox
        self._endings = endings
        self._admission = admission

    async def intend(self, lease: Lease, new: NewSubmission) -> Submission:
        """Write the submission (intended), its jobs (waiting) and its card; the existing one if the key exists."""
        if new.conversation_id != lease.id:
            raise ValueError(f"submission {new.key!r} is not of lane {lease.id!r}")
        async with self._database.transaction("submission.intend") as connection:
            await self._claims.holds(connection, lane, lease)
            existing = await first(connection, sa.select(submission).where(submission.c.key == new.key))
            if existing is not None:
                return _submission(existing)
            return await self._write(connection, new)

    async def _write(self, connection: AsyncConnection, new: NewSubmission) -> Submission:
        await lock_conversation(self._database, connection, new.conversation_id)
        now = await self._database.now(connection)
        columns = dataclasses.asdict(new)
        labels = columns.pop("labels")
        submission_id = self._ids.new("submission")
        row = {**columns, "id": submission_id, "state": SubmissionState.INTENDED, "created_at": now}
        written = await connection.execute(sa.insert(submission).values(**row).returning(*submission.c))
        await self._promise(connection, submission_id, new, labels, now)
        card = NewDelivery(new.conversation_id, DeliveryKind.CARD, card_key(submission_id), submission_id)
        await self._outbox.add(connection, card)
        return _submission(written.mappings().one())

    async def _promise(
        self, connection: AsyncConnection, submission_id: str, new: NewSubmission, labels: Sequence[str], now: float
    ) -> None:
        select = sa.select(sa.func.max(job.c.number)).where(job.c.conversation_id == new.conversation_id)
        last = await connection.scalar(select) or 0
        rows = [
            {
                "id": self._ids.new("job"),
                "workspace_id": new.workspace_id,
                "account_id": new.account_id,
                "submission_id": submission_id,
                "conversation_id": new.conversation_id,
                "requester": new.requester,
                "number": number,
                "handle": f"J{number}",
                "kind": new.kind,
                "label": label,
                "state": JobState.WAITING,
                "created_at": now,
            }
            for number, label in enumerate(labels, last + 1)
        ]
        if rows:
            await connection.execute(sa.insert(job), rows)

    async def submission(self, submission_id: str) -> Submission:
        """One submission; `KeyError` when there is none."""
        async with self._database.reading() as connection:
            select = sa.select(submission).where(submission.c.id == submission_id)
            return _submission(await one(connection, select, submission_id))

    async def submission_of(self, key: str) -> Submission | None:
        """The submission with this key, if it has been written down."""
        async with self._database.reading() as connection:
            row = await first(connection, sa.select(submission).where(submission.c.key == key))
        return None if row is None else _submission(row)

    async def claim_submission(self, submission_id: str) -> tuple[Lease, Submission] | None:
        """Claim an intended or sending submission that nobody holds, whose time has come and that has a place."""
        claimed = await self._claim_unsent(submission.c.id == submission_id, 1)
        return claimed[0] if claimed else None

    async def claim_due_submissions(self, limit: int) -> list[tuple[Lease, Submission]]:
        """Claim those that are due and have a place, oldest first."""
        return await self._claim_unsent(sa.true(), limit)

    async def _claim_unsent(self, condition: sa.ColumnElement[bool], limit: int) -> list[tuple[Lease, Submission]]:
        async with self._database.transaction("submission.claim") as connection:
            now = await self._database.now(connection)
            places = await self._admission.admit(connection, now)
            has_place = sa.or_(submission.c.state == SubmissionState.SENDING, submission.c.id.in_(places))
            unsent = submission.c.state.in_(UNSENT)
            due = sa.and_(condition, unsent, has_place, submission.c.not_before <= now)
            order = [submission.c.created_at, submission.c.id]
            claimed = await self._claims.take(connection, submission, due, order_by=order, limit=limit)
        return [(lease, _submission(row)) for lease, row in claimed]

    async def mark_sending(self, lease: Lease) -> Submission:
        """State sending, count the attempt, set `sent_at` if it is the first: the next step is the request."""
        async with self._database.transaction("submission.sending") as connection:
            row = await self._claims.holds(connection, submission, lease)
            attempt = {"attempts": row["attempts"] + 1, "sent_at": row["sent_at"]}
            if attempt["sent_at"] is None:
                attempt["sent_at"] = await self._database.now(connection)
            update = sa.update(submission).where(submission.c.id == lease.id)
            sending = update.values(state=SubmissionState.SENDING, **attempt).returning(*submission.c)
            return _submission((await connection.execute(sending)).mappings().one())

    async def record_sent(self, lease: Lease, provider_ids: Sequence[str]) -> None:
        """The provider accepted: state sent. Its jobs stay waiting until `attach`; lease released."""
        async with self._database.transaction("submission.sent") as connection:
            ids = {"provider_ids": list(provider_ids)}
            await self._settle(connection, lease, SubmissionState.SENT, code=None, sentence=None, **ids)

    async def record_refused(self, lease: Lease, *, code: str, sentence: str) -> None:
        """The provider refused: state refused, all its jobs failed with `sentence`, closing queued; released."""
        failed = JobUpdate(JobState.FAILED, None, NEVER, failure=sentence)
        async with self._database.transaction("submission.refused") as connection:
            row = await self._settle(connection, lease, SubmissionState.REFUSED, code=code, sentence=sentence)
            await self._end_jobs(connection, row, failed)

    async def record_unsure(self, lease: Lease, *, code: str, sentence: str) -> None:
        """Nobody can tell any more: state unknown, all its open jobs unknown, closing queued; released."""
        unknown = JobUpdate(JobState.UNKNOWN, None, NEVER, failure=sentence)
        async with self._database.transaction("submission.unsure") as connection:
            row = await self._settle(connection, lease, SubmissionState.UNKNOWN, code=code, sentence=sentence)
            await self._end_jobs(connection, row, unknown)

    async def postpone(self, lease: Lease, *, not_before: float, code: str, sentence: str, doubtful: bool) -> None:
        """Try again at `not_before`; released, and the card says why it waits. A doubtful one stays `sending`."""
        state = SubmissionState.SENDING if doubtful else SubmissionState.INTENDED
        async with self._database.transaction("submission.postpone") as connection:
            await self._settle(connection, lease, state, code=code, sentence=sentence, not_before=not_before)

    async def _settle(
        self,
        connection: AsyncConnection,
        lease: Lease,
        state: SubmissionState,
        *,
        code: str | None,
        sentence: str | None,
        **values: Any,
    ) -> sa.RowMapping:
        """Release the submission in `state` and show why on the card; the row as it was."""
        row = await self._claims.holds(connection, submission, lease)
        update = sa.update(submission).where(submission.c.id == lease.id)
        reason = {"state": state, "error_code": code, "error": sentence}
        await connection.execute(update.values(**reason, **values, **RELEASED))
        await self._endings.show(connection, lease.id)
        return row

    async def _end_jobs(self, connection: AsyncConnection, row: sa.RowMapping, update: JobUpdate) -> None:
        select = sa.select(job).where(job.c.submission_id == row["id"], job.c.state.in_(OPEN_JOB_STATES))
        for open_job in (await connection.execute(select.order_by(job.c.number))).mappings().all():
            await self._endings.finish(connection, record(Job, open_job), update)
        await self._endings.conclude(connection, row["id"], row["conversation_id"])


def _submission(row: sa.RowMapping) -> Submission:
    return record(Submission, row, provider_ids=tuple(row["provider_ids"]))
