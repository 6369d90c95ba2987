"""Batches: many requests with one approval, one sample, one card and one closing.

Whoever decides about a batch holds its row first, then its requests, then their jobs. What becomes of a single request
is nobody's business here: it is a submission like any other.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.batches import Batch, BatchState, Member, NewBatch
from agent.cancelling import Cancelled
from agent.hashing import arguments_hash
from agent.ports import Ids
from agent.records import OPEN_JOB_STATES, DeliveryKind, Job, JobState, Lease, SubmissionState
from bot.store.audit import RUNTIME, Audit, Deed
from bot.store.bulk import UNDECIDED, Bulk, End, Locked, members_of
from bot.store.claims import Claims
from bot.store.database import Database
from bot.store.endings import Endings, card_key, ops_key, sample_key
from bot.store.ledger import Ledger, spender_of
from bot.store.log import lock_conversation
from bot.store.outbox import NewDelivery, Outbox
from bot.store.rows import first, one, record
from bot.store.schema import batch, job, lane, submission
from bot.store.submissions import quote_columns, submission_record

STEP = 1e-6  # seconds between the requests of a batch, so that they go in the order of their rows
ONES = 50  # batches that are looked after at once


class Verdict(enum.StrEnum):
    """What a word on a batch came to."""

    DONE = "done"
    DECIDED = "decided"
    CHANGED = "changed"
    EXPIRED = "expired"
    NOT_READY = "not_ready"


@dataclass(frozen=True, slots=True)
class BatchDecision:
    """What it came to, the batch as it is now, and what was dropped by it."""

    verdict: Verdict
    batch: Batch
    cancelled: Cancelled = dataclasses.field(default_factory=Cancelled)


class Batches:
    """Writes batches down and takes decisions about them. The caller has checked that `actor` may."""

    def __init__(
        self,
        database: Database,
        claims: Claims,
        ids: Ids,
        outbox: Outbox,
        endings: Endings,
        ledger: Ledger,
        bulk: Bulk,
        audit: Audit,
        ops_channel: str | None = None,
    ) -> None:
        self._database = database
        self._claims = claims
        self._ids = ids
        self._outbox = outbox
        self._endings = endings
        self._ledger = ledger
        self._bulk = bulk
        self._audit = audit
        self._ops_channel = ops_channel

    # -- writing down ------------------------------------------------------------------------------------------

    async def intend_batch(self, lease: Lease, new: NewBatch) -> Batch:
        """Write the batch, its requests, their jobs and its card; the existing one if the key exists.

        What all may cost is set aside, unless somebody has to approve it first. `OverCap` when a cap has no room.
        """
        if new.conversation_id != lease.id:
            raise ValueError(f"batch {new.key!r} is not of lane {lease.id!r}")
        async with self._database.transaction("batch.intend") as connection:
            await self._claims.holds(connection, lane, lease)
            existing = await first(connection, sa.select(batch).where(batch.c.key == new.key))
            return record(Batch, existing) if existing is not None else await self._write(connection, new)

    async def _write(self, connection: AsyncConnection, new: NewBatch) -> Batch:
        spender = await spender_of(connection, new.workspace_id, new.conversation_id, new.requester)
        await self._ledger.ensure_room(connection, spender, new.quote.high)
        await lock_conversation(self._database, connection, new.conversation_id)
        now = await self._database.now(connection)
        batch_id = self._ids.new("batch")
        requests = self._requests(new, batch_id, now)
        sample = requests[0]["id"] if new.sampled else None
        values = {"id": batch_id, "sample_id": sample, "created_at": now, **_columns(new, now)}
        written = await connection.execute(sa.insert(batch).values(**values).returning(*batch.c))
        row = written.mappings().one()
        await connection.execute(sa.insert(submission), requests)
        await connection.execute(sa.insert(job), await self._jobs(connection, new, requests, now))
        if new.needs is None:
            await self._let_go(connection, row)
            await self._ledger.hold_batch(connection, new.conversation_id, batch_id)
        card = NewDelivery(new.conversation_id, DeliveryKind.BATCH_CARD, card_key(batch_id), batch_id)
        await self._outbox.add(connection, card)
        if new.needs is not None and self._ops_channel is not None:
            await self._outbox.tell(
                connection,
                new.workspace_id,
                self._ops_channel,
                ops_key(batch_id),
                subject_id=batch_id,
                kind=DeliveryKind.BATCH_CALL,
            )
        return record(Batch, row)

    def _requests(self, new: NewBatch, batch_id: str, now: float) -> list[dict[str, Any]]:
        same = ("workspace_id", "account_id", "conversation_id", "turn_id", "call_id", "requester", "kind")
        common = {name: getattr(new, name) for name in same}
        return [
            {
                **common,
                "id": self._ids.new("submission"),
                "batch_id": batch_id,
                "key": new.key_of(number),
                "arguments": each.arguments,
                "arguments_hash": arguments_hash(each.arguments),
                "title": each.title,
                "state": SubmissionState.WAITING_APPROVAL,
                "created_at": now + number * STEP,
                **quote_columns(each.quote, now),
            }
            for number, each in enumerate(new.members, start=1)
        ]

    async def _jobs(
        self, connection: AsyncConnection, new: NewBatch, requests: Sequence[dict[str, Any]], now: float
    ) -> list[dict[str, Any]]:
        select = sa.select(sa.func.max(job.c.number)).where(job.c.conversation_id == new.conversation_id)
        last = await connection.scalar(select) or 0
        same = ("workspace_id", "account_id", "conversation_id", "requester", "kind", "batch_id")
        return [
            {
                **{name: request[name] for name in same},
                "id": self._ids.new("job"),
                "submission_id": request["id"],
                "number": number,
                "handle": f"J{number}",
                "label": each.label,
                "state": JobState.WAITING,
                "price": each.quote.per_piece,
                "created_at": now,
            }
            for number, (request, each) in enumerate(zip(requests, new.members, strict=True), last + 1)
        ]

    async def _let_go(self, connection: AsyncConnection, row: sa.RowMapping) -> None:
        """What waits may go: all of it, or only the sample for now."""
        waiting = sa.and_(members_of(row), submission.c.state == SubmissionState.WAITING_APPROVAL)
        agreed = {"approved_hash": submission.c.arguments_hash, "not_before": 0.0}
        first_one, rest = SubmissionState.INTENDED.value, SubmissionState.HELD.value
        state = rest if row["sample_id"] is not None else first_one
        by_turn = sa.case((submission.c.id == (row["sample_id"] or ""), first_one), else_=state)
        await connection.execute(sa.update(submission).where(waiting).values(state=by_turn, **agreed))
        self._database.announce(connection, "submissions")

    # -- reading -----------------------------------------------------------------------------------------------

    async def batch(self, batch_id: str) -> Batch:
        """One batch; `KeyError` when there is none."""
        async with self._database.reading() as connection:
            return record(Batch, await one(connection, sa.select(batch).where(batch.c.id == batch_id), batch_id))

    async def batch_of(self, key: str) -> Batch | None:
        """The batch with this key, if it has been written down."""
        async with self._database.reading() as connection:
            row = await first(connection, sa.select(batch).where(batch.c.key == key))
        return None if row is None else record(Batch, row)

    async def members(self, batch_id: str) -> list[Member]:
        """The requests of a batch, each with its job, in the order of their rows."""
        async with self._database.reading() as connection:
            row = await one(connection, sa.select(batch).where(batch.c.id == batch_id), batch_id)
            requests = (await connection.execute(sa.select(submission).where(members_of(row)))).mappings().all()
            jobs = sa.select(job).where(job.c.conversation_id == row["conversation_id"], job.c.batch_id == batch_id)
            found = (await connection.execute(jobs.order_by(job.c.number))).mappings().all()
        by_id = {each["id"]: submission_record(each) for each in requests}
        return [Member(by_id[each["submission_id"]], record(Job, each)) for each in found]

    async def open_batches(self, workspace_id: str, requester: str, limit: int) -> list[tuple[Batch, list[Job]]]:
        """The person's batches that are not over, newest first, each with its jobs that are still open."""
        mine = sa.and_(batch.c.workspace_id == workspace_id, batch.c.requester == requester)
        still = sa.exists().where(
            job.c.conversation_id == batch.c.conversation_id,
            job.c.batch_id == batch.c.id,
            job.c.state.in_(OPEN_JOB_STATES),
        )
        newest = sa.select(batch).where(mine, still).order_by(batch.c.created_at.desc(), batch.c.id).limit(limit)
        async with self._database.reading() as connection:
            found = [record(Batch, row) for row in (await connection.execute(newest)).mappings()]
        return [(each, [one.job for one in await self.members(each.id) if _is_open(one)]) for each in found]

    # -- decisions ---------------------------------------------------------------------------------------------

    async def approve(
        self, batch_id: str, *, arguments_hash: str, actor: str, quoted: int | None = None
    ) -> BatchDecision:
        """Let the batch go, if it still is the one that `actor` saw; `OverCap` when a cap has no room.

        `quoted` is the most that it was to cost then: it may have become less, never more. `KeyError` when there is
        no such batch.
        """
        async with self._database.transaction("batch.approve", urgent=True) as connection:
            locked = await self._bulk.lock(connection, batch_id)
            row, now = locked.row, await self._database.now(connection)
            amount = sum(each.price for _, each in locked.jobs if each.state in OPEN_JOB_STATES)
            if (verdict := _verdict(row, arguments_hash, quoted, amount, now)) is not Verdict.DONE:
                return BatchDecision(verdict, record(Batch, row))
            spender = await spender_of(connection, row["workspace_id"], row["conversation_id"], row["requester"])
            await self._ledger.ensure_room(connection, spender, amount)
            await self._ledger.hold_batch(connection, row["conversation_id"], batch_id)
            await self._let_go(connection, row)
            state = BatchState.GOING if row["sample_id"] is None else BatchState.SAMPLING
            agreed = {"state": state, "approved_hash": arguments_hash, "expires_at": None}
            changed = await self._change(connection, batch_id, **agreed, decided_by=actor, decided_at=now)
            proof: dict[str, str | int] = {"amount": amount, "arguments_hash": arguments_hash}
            await self._audit.add(connection, row["workspace_id"], actor, Deed.APPROVED, batch_id, **proof)
            await self._endings.note(connection, row["conversation_id"], "[runtime] the waiting request was approved")
            await self._endings.show_subject(connection, batch_id)
            return BatchDecision(Verdict.DONE, changed)

    async def decline(self, batch_id: str, *, actor: str) -> BatchDecision:
        """End a batch that waits for an approval; `KeyError` when there is none."""
        async with self._database.transaction("batch.decline", urgent=True) as connection:
            locked = await self._bulk.lock(connection, batch_id)
            if locked.row["state"] is not BatchState.WAITING_APPROVAL:
                return BatchDecision(Verdict.DECIDED, record(Batch, locked.row))
            result = await self._bulk.drop(connection, locked, actor=actor, end=End.DECLINED)
            now = await self._database.now(connection)
            return BatchDecision(
                Verdict.DONE, await self._change(connection, batch_id, decided_by=actor, decided_at=now), result
            )

    async def make_rest(self, batch_id: str, *, actor: str) -> BatchDecision:
        """The sample is good: let the others go; `KeyError` when there is no such batch."""
        async with self._database.transaction("batch.make_rest", urgent=True) as connection:
            locked = await self._bulk.lock(connection, batch_id)
            if (verdict := _on_sample(locked)) is not Verdict.DONE:
                return BatchDecision(verdict, record(Batch, locked.row))
            held = sa.and_(members_of(locked.row), submission.c.state == SubmissionState.HELD)
            await connection.execute(sa.update(submission).where(held).values(state=SubmissionState.INTENDED))
            changed = await self._change(connection, batch_id, state=BatchState.GOING, expires_at=None)
            await self._audit.add(connection, locked.row["workspace_id"], actor, Deed.SAMPLE_APPROVED, batch_id)
            told = "[runtime] the sample was approved; the rest is being made"
            await self._endings.note(connection, locked.row["conversation_id"], told)
            await self._endings.show_subject(connection, batch_id)
            await self._endings.show_sample(connection, batch_id)
            self._database.announce(connection, "submissions")
            return BatchDecision(Verdict.DONE, changed)

    async def refuse_sample(self, batch_id: str, *, actor: str) -> BatchDecision:
        """The sample is not good: nothing else is made; `KeyError` when there is no such batch."""
        async with self._database.transaction("batch.refuse_sample", urgent=True) as connection:
            locked = await self._bulk.lock(connection, batch_id)
            if (verdict := _on_sample(locked)) is not Verdict.DONE:
                return BatchDecision(verdict, record(Batch, locked.row))
            result = await self._bulk.drop(connection, locked, actor=actor, end=End.SAMPLE_REFUSED)
            row = await one(connection, sa.select(batch).where(batch.c.id == batch_id), batch_id)
            return BatchDecision(Verdict.DONE, record(Batch, row), result)

    # -- by itself ---------------------------------------------------------------------------------------------

    async def run_due(self) -> int:
        """Look after what nobody has decided about: samples that are ready or failed, and time that has run out."""
        async with self._database.reading() as connection:
            undecided = sa.select(batch.c.id).where(batch.c.state.in_(UNDECIDED)).order_by(batch.c.created_at)
            ids = list(
                await connection.scalars(undecided.where(_due(await self._database.now(connection))).limit(ONES))
            )
        return sum([await self._look_after(batch_id) for batch_id in ids])

    async def _look_after(self, batch_id: str) -> bool:
        async with self._database.transaction("batch.look_after") as connection:
            locked = await self._bulk.lock(connection, batch_id)
            row, now = locked.row, await self._database.now(connection)
            if row["state"] not in UNDECIDED:
                return False
            if row["expires_at"] is not None:
                return row["expires_at"] <= now and await self._expire(connection, locked)
            sample = _sample(locked)
            if sample is None or sample.state in OPEN_JOB_STATES:
                return False
            if sample.state is JobState.SUCCEEDED:
                await self._present(connection, locked, now)
            else:
                await self._bulk.drop(connection, locked, actor=RUNTIME, end=End.SAMPLE_FAILED)
            return True

    async def _expire(self, connection: AsyncConnection, locked: Locked) -> bool:
        await self._bulk.drop(connection, locked, actor=RUNTIME, end=End.EXPIRED)
        return True

    async def _present(self, connection: AsyncConnection, locked: Locked, now: float) -> None:
        """The sample is ready: its requester is called, for nobody notices that a card has changed."""
        row = locked.row
        await self._change(connection, row["id"], expires_at=now + row["patience"])
        sample = NewDelivery(row["conversation_id"], DeliveryKind.BATCH_SAMPLE, sample_key(row["id"]), row["id"])
        await self._outbox.add(connection, sample)
        await self._endings.show_subject(connection, row["id"])

    async def _change(self, connection: AsyncConnection, batch_id: str, **values: Any) -> Batch:
        update = sa.update(batch).where(batch.c.id == batch_id).values(**values).returning(*batch.c)
        return record(Batch, (await connection.execute(update)).mappings().one())


def _columns(new: NewBatch, now: float) -> dict[str, Any]:
    columns = {field.name: getattr(new, field.name) for field in dataclasses.fields(new)}
    for name in ("members", "sampled", "call_id"):
        del columns[name]
    agreed = new.needs is None
    going = BatchState.SAMPLING if new.sampled else BatchState.GOING
    columns["state"] = going if agreed else BatchState.WAITING_APPROVAL
    columns["expires_at"] = None if agreed else now + new.patience
    columns["approved_hash"] = new.arguments_hash if agreed else None
    return columns | {"arguments_hash": new.arguments_hash}


def _verdict(row: sa.RowMapping, arguments_hash: str, quoted: int | None, amount: int, now: float) -> Verdict:
    if row["state"] is not BatchState.WAITING_APPROVAL:
        return Verdict.DECIDED
    if row["arguments_hash"] != arguments_hash or (quoted is not None and amount > quoted):
        return Verdict.CHANGED
    if row["expires_at"] is not None and row["expires_at"] <= now:
        return Verdict.EXPIRED
    return Verdict.DONE


def _sample(locked: Locked) -> Job | None:
    return next((each for _, each in locked.jobs if each.submission_id == locked.row["sample_id"]), None)


def _on_sample(locked: Locked) -> Verdict:
    """Whether a word on the sample counts now."""
    if locked.row["state"] is not BatchState.SAMPLING:
        return Verdict.DECIDED
    sample = _sample(locked)
    return Verdict.DONE if sample is not None and sample.state is JobState.SUCCEEDED else Verdict.NOT_READY


def _due(now: float) -> sa.ColumnElement[bool]:
    """Its time has run out, or its sample is over and nobody has been told."""
    ended = sa.exists().where(job.c.submission_id == batch.c.sample_id, job.c.state.not_in(OPEN_JOB_STATES))
    told = batch.c.expires_at.is_not(None)
    return sa.or_(sa.and_(told, batch.c.expires_at <= now), sa.and_(sa.not_(told), ended))


def _is_open(member: Member) -> bool:
    return member.job.state in OPEN_JOB_STATES
