"""Submissions: paid requests, written down before they leave. The first half of `agent.ports.JobStore`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.errors import NotApproved
from agent.money import Quote, Reason, dollars
from agent.ports import Ids
from agent.records import (
    OPEN_JOB_STATES,
    DeliveryKind,
    Job,
    JobKind,
    JobState,
    JobUpdate,
    Lease,
    NewSubmission,
    Submission,
    SubmissionState,
)
from agent.work import ANSWERED, PIECES
from bot.store.admission import Admission
from bot.store.audit import RUNTIME, Audit, Deed
from bot.store.cancellations import reduced
from bot.store.claims import RELEASED, Claims
from bot.store.database import Database
from bot.store.endings import NEVER, Endings, card_key, ops_key
from bot.store.ledger import Ledger, spender_of
from bot.store.log import lock_conversation
from bot.store.outbox import NewDelivery, Outbox
from bot.store.rows import first, one, record
from bot.store.schema import job, lane, submission

UNSENT = (SubmissionState.INTENDED, SubmissionState.SENDING)
DROPPED = "It was cancelled before HeyGen accepted it, so nothing is billed."
ASKED_AGAIN = (
    "<@{requester}>, before I sent your request I looked at its price again: it is {cost} now and was at most {before} "
    "before. Nothing was sent. It waits for an approval: see the card."
)
DROPPED_IN_DOUBT = "It was cancelled while it was being sent: HeyGen may have taken it, and may bill it."


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
        ledger: Ledger,
        audit: Audit,
        ops_channel: str | None = None,
    ) -> None:
        self._database = database
        self._claims = claims
        self._ids = ids
        self._outbox = outbox
        self._endings = endings
        self._admission = admission
        self._ledger = ledger
        self._audit = audit
        self._ops_channel = ops_channel

    async def intend(self, lease: Lease, new: NewSubmission) -> Submission:
        """Write the submission, its jobs (waiting) and its card; the existing one if the key exists.

        What it may cost is set aside, unless somebody has to approve it first. `OverCap` when a cap has no room.
        """
        if new.conversation_id != lease.id:
            raise ValueError(f"submission {new.key!r} is not of lane {lease.id!r}")
        async with self._database.transaction("submission.intend") as connection:
            await self._claims.holds(connection, lane, lease)
            existing = await first(connection, sa.select(submission).where(submission.c.key == new.key))
            if existing is not None:
                return submission_record(existing)
            return await self._write(connection, new)

    async def _write(self, connection: AsyncConnection, new: NewSubmission) -> Submission:
        spender = await spender_of(connection, new.workspace_id, new.conversation_id, new.requester)
        await self._ledger.ensure_room(connection, spender, new.quote.high)
        await lock_conversation(self._database, connection, new.conversation_id)
        now = await self._database.now(connection)
        submission_id = self._ids.new("submission")
        written = await connection.execute(
            sa.insert(submission)
            .values(id=submission_id, created_at=now, **_columns(new, now))
            .returning(*submission.c)
        )
        row = written.mappings().one()
        await self._promise(connection, submission_id, new, now)
        if new.needs is None:
            await self._ledger.hold(connection, submission_id)
        card = NewDelivery(new.conversation_id, DeliveryKind.CARD, card_key(submission_id), submission_id)
        await self._outbox.add(connection, card)
        if new.needs is not None:
            await self._call_operators(connection, row)
        return submission_record(row)

    async def _call_operators(self, connection: AsyncConnection, row: sa.RowMapping) -> None:
        """A copy of the approval card where the operators are."""
        if self._ops_channel is not None:
            key = ops_key(row["id"])
            await self._outbox.tell(connection, row["workspace_id"], self._ops_channel, key, subject_id=row["id"])

    async def _promise(self, connection: AsyncConnection, submission_id: str, new: NewSubmission, now: float) -> None:
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
                "price": new.quote.per_piece,
                "created_at": now,
            }
            for number, label in enumerate(new.labels, last + 1)
        ]
        if rows:
            await connection.execute(sa.insert(job), rows)

    async def submission(self, submission_id: str) -> Submission:
        """One submission; `KeyError` when there is none."""
        async with self._database.reading() as connection:
            select = sa.select(submission).where(submission.c.id == submission_id)
            return submission_record(await one(connection, select, submission_id))

    async def submission_of(self, key: str) -> Submission | None:
        """The submission with this key, if it has been written down."""
        async with self._database.reading() as connection:
            row = await first(connection, sa.select(submission).where(submission.c.key == key))
        return None if row is None else submission_record(row)

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
        return [(lease, submission_record(row)) for lease, row in claimed]

    async def mark_sending(self, lease: Lease, *, settles_after: float = 0.0) -> Submission | None:
        """State sending, count the attempt, set `sent_at` unless an earlier one is in doubt: next comes the request.

        If the process does not live to record what came of it, nobody tries again for `settles_after` seconds.
        None when nobody wants it any more: then it has been ended instead. `NotApproved` when its arguments are not
        those that were approved.
        """
        async with self._database.transaction("submission.sending") as connection:
            row = await self._claims.holds(connection, submission, lease)
            if await self._nobody_wants(connection, lease.id):
                await self._end_unwanted(connection, row, doubtful=row["state"] is SubmissionState.SENDING)
                return None
            if row["approved_hash"] != row["arguments_hash"]:
                raise NotApproved(f"submission {lease.id!r} is not as it was approved")
            now = await self._database.now(connection)
            attempt = {"attempts": row["attempts"] + 1, "sent_at": row["sent_at"]}
            if attempt["sent_at"] is None or row["state"] is SubmissionState.INTENDED:
                attempt["sent_at"] = now
            if settles_after:
                attempt["not_before"] = now + settles_after
            update = sa.update(submission).where(submission.c.id == lease.id)
            sending = update.values(state=SubmissionState.SENDING, **attempt).returning(*submission.c)
            return submission_record((await connection.execute(sending)).mappings().one())

    async def record_sent(self, lease: Lease, provider_ids: Sequence[str]) -> None:
        """The provider accepted: state sent; lease released.

        A kind of work that makes one job a request gives it the one id there is, or the first where what follows is
        the answer itself. Of other kinds the jobs stay waiting until each is recognised and gets its own by `attach`.
        """
        async with self._database.transaction("submission.sent") as connection:
            ids = {"provider_ids": list(provider_ids)}
            row = await self._settle(connection, lease, SubmissionState.SENT, code=None, sentence=None, **ids)
            if row["kind"] in ANSWERED or (row["kind"] not in PIECES and len(provider_ids) == 1):
                await self._name_only_job(connection, row, provider_ids[0])
            self._database.announce(connection, "jobs", *(("agents",) if row["kind"] is JobKind.AGENT else ()))
            await self._endings.show(connection, lease.id)

    async def _name_only_job(self, connection: AsyncConnection, row: sa.RowMapping, provider_id: str) -> None:
        """Give the request's only job its id, unless another job has it, which somebody should look at."""
        sent = sa.and_(job.c.submission_id == row["id"], job.c.state != JobState.CANCELLED)
        jobs = (await connection.execute(self._database.locked(sa.select(job).where(sent)))).mappings().all()
        same = sa.and_(job.c.account_id == row["account_id"], job.c.kind == row["kind"])
        taken = sa.select(job.c.id).where(same, job.c.provider_id == provider_id)
        if len(jobs) != 1 or jobs[0]["provider_id"] is not None or await connection.scalar(taken) is not None:
            return
        running = sa.case((job.c.state == JobState.WAITING, JobState.RUNNING.value), else_=job.c.state)
        update = sa.update(job).where(job.c.id == jobs[0]["id"])
        await connection.execute(update.values(provider_id=provider_id, state=running))

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
            row = await self._settle(connection, lease, state, code=code, sentence=sentence, not_before=not_before)
            if await self._nobody_wants(connection, lease.id):
                await self._end_unwanted(connection, row, doubtful=doubtful)
                return
            if not doubtful:
                await self._leave_out_unwanted(connection, row)
            await self._endings.show(connection, lease.id)

    async def ask_again(self, lease: Lease, quote: Quote, *, expires_at: float) -> None:
        """It costs more than was approved: set nothing aside any more and wait for a new approval; released.

        The requester is told by a post of its own, and the operators are: nobody notices that a card has changed.
        """
        async with self._database.transaction("submission.ask_again") as connection:
            row = await self._claims.holds(connection, submission, lease)
            await self._call_operators(connection, row)
            await self._release(connection, lease.id)
            asked = {"state": SubmissionState.WAITING_APPROVAL, "needs": Reason.CHANGED, "expires_at": expires_at}
            void = {"approved_hash": None, "decided_by": None, "decided_at": None, "error_code": None, "error": None}
            now = await self._database.now(connection)
            update = sa.update(submission).where(submission.c.id == lease.id)
            await connection.execute(update.values(**asked, **void, **quote_columns(quote, now), **RELEASED))
            prices = sa.update(job).where(job.c.submission_id == lease.id, job.c.state.in_(OPEN_JOB_STATES))
            await connection.execute(prices.values(price=quote.per_piece))
            await self._audit.add(
                connection, row["workspace_id"], RUNTIME, Deed.ASKED_AGAIN, lease.id, amount=quote.high
            )
            await self._outbox.add(connection, _asked_again(row, quote, now))
            await self._endings.show(connection, lease.id)

    async def _release(self, connection: AsyncConnection, submission_id: str) -> None:
        select = sa.select(job.c.id).where(job.c.submission_id == submission_id, job.c.state.in_(OPEN_JOB_STATES))
        for job_id in (await connection.scalars(select.order_by(job.c.number))).all():
            await self._ledger.release(connection, job_id)

    async def _nobody_wants(self, connection: AsyncConnection, submission_id: str) -> bool:
        wanted = sa.select(job.c.id).where(job.c.submission_id == submission_id, job.c.state.in_(OPEN_JOB_STATES))
        return await connection.scalar(wanted.limit(1)) is None

    async def _end_unwanted(self, connection: AsyncConnection, row: sa.RowMapping, *, doubtful: bool) -> None:
        """Stop sending what nobody wants. An attempt that may have arrived stays in doubt, and so does its money."""
        state = SubmissionState.UNKNOWN if doubtful else SubmissionState.CANCELLED
        code, sentence = ("unknown", DROPPED_IN_DOUBT) if doubtful else ("cancelled", DROPPED)
        update = sa.update(submission).where(submission.c.id == row["id"])
        await connection.execute(update.values(state=state, error_code=code, error=sentence, **RELEASED))
        ended = JobUpdate(JobState.UNKNOWN if doubtful else JobState.CANCELLED, None, NEVER, failure=sentence)
        await self._end_jobs(connection, row, ended)

    async def _leave_out_unwanted(self, connection: AsyncConnection, row: sa.RowMapping) -> None:
        """The attempt did certainly not arrive, so what was cancelled meanwhile has not left and is not sent again."""
        select = sa.select(job).where(job.c.submission_id == row["id"], job.c.finished_at.is_(None))
        found = (await connection.execute(self._database.locked(select.order_by(job.c.id)))).mappings().all()
        jobs = sorted((record(Job, one) for one in found), key=lambda one: int(one.handle[1:]))
        unwanted = [one for one in jobs if one.state is JobState.UNWANTED]
        if not unwanted:
            return
        for dropped in unwanted:
            await self._endings.finish(connection, dropped, JobUpdate(JobState.CANCELLED, None, NEVER))
        kept = [one.label for one in jobs if one not in unwanted]
        less = reduced(row, kept, before=len(jobs))
        await connection.execute(sa.update(submission).where(submission.c.id == row["id"]).values(**less))

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
        """Release the submission in `state`; the row as it was. The card is shown by the caller, jobs come first."""
        row = await self._claims.holds(connection, submission, lease)
        update = sa.update(submission).where(submission.c.id == lease.id)
        reason = {"state": state, "error_code": code, "error": sentence}
        await connection.execute(update.values(**reason, **values, **RELEASED))
        return row

    async def _end_jobs(self, connection: AsyncConnection, row: sa.RowMapping, update: JobUpdate) -> None:
        unfinished = sa.and_(job.c.state == JobState.UNWANTED, job.c.finished_at.is_(None))
        ours = job.c.submission_id == row["id"]
        select = sa.select(job).where(ours, sa.or_(job.c.state.in_(OPEN_JOB_STATES), unfinished))
        for open_job in (await connection.execute(select.order_by(job.c.number))).mappings().all():
            await self._endings.finish(connection, record(Job, open_job), update)
        await self._endings.show(connection, row["id"])
        await self._endings.conclude(connection, row["id"], row["conversation_id"])


def _asked_again(row: sa.RowMapping, quote: Quote, now: float) -> NewDelivery:
    text = ASKED_AGAIN.format(requester=row["requester"], cost=quote.words(), before=dollars(row["quote_high"]))
    key = f"asked-again:{row['id']}:{now:.0f}"
    return NewDelivery(row["conversation_id"], DeliveryKind.REPLY, key, row["id"], {"text": text})


def quote_columns(quote: Quote, now: float) -> dict[str, Any]:
    """A quote as columns of a submission."""
    amounts = {"quote_low": quote.low, "quote_high": quote.high, "quote_rate": quote.rate}
    return {**amounts, "quote_basis": quote.basis, "quoted_at": now}


def _columns(new: NewSubmission, now: float) -> dict[str, Any]:
    columns = {field.name: getattr(new, field.name) for field in dataclasses.fields(new)}
    del columns["labels"]
    agreed = new.needs is None
    columns["state"] = SubmissionState.INTENDED if agreed else SubmissionState.WAITING_APPROVAL
    columns["approved_hash"] = new.arguments_hash if agreed else None
    return columns | quote_columns(columns.pop("quote"), now)


def submission_record(row: sa.RowMapping) -> Submission:
    return record(Submission, row, provider_ids=tuple(row["provider_ids"]))
