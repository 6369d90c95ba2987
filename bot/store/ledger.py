"""The ledger: what was promised, spent and given back, line by line, and whether a cap leaves room for more.

A line is about a job or a live session: `job_id` is the id of either, and `submission_id` is empty for the latter.

Whoever makes room and takes it holds the workspace's row until the transaction ends, so that of five hundred approvals
at once none sees room that another is just taking. Nothing here is ever updated or deleted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.errors import OverCap
from agent.live.records import LiveSession
from agent.money import Cap, Entry, Period, Scope, cost_of, period_start
from agent.records import Job
from bot.store.database import Database
from bot.store.rows import first
from bot.store.schema import conversation, job, ledger, program, submission, workspace


@dataclass(frozen=True, slots=True)
class Spender:
    """For whom money is spent, and where. `via` names the token with which a program spends it."""

    workspace_id: str
    channel_id: str
    requester: str
    via: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What a scope has used in a period, in micro-dollars: `held` is promised, `charged` spent."""

    scope: Scope
    period: Period
    held: int
    charged: int
    cap: int | None

    @property
    def used(self) -> int:
        """Both together: what counts against the cap."""
        return self.held + self.charged


class Ledger:
    """Connection-level writes; the caller holds the submission whose jobs they are about.

    `tokens` are the caps of programs: the name of a token to micro-dollars a month.
    """

    def __init__(self, database: Database, caps: Sequence[Cap], tokens: Mapping[str, int] | None = None) -> None:
        self._database = database
        self.caps = tuple(caps)
        self._tokens = dict(tokens or {})

    def _caps(self, spender: Spender) -> list[Cap]:
        own = self._tokens.get(spender.via or "")
        return [*self.caps, *([] if own is None else [Cap(Scope.TOKEN, Period.MONTH, own)])]

    async def ensure_room(self, connection: AsyncConnection, spender: Spender, amount: int) -> None:
        """`OverCap` unless every cap leaves room for `amount`; keeps the room until the transaction ends."""
        locked = sa.select(workspace.c.workspace_id).where(workspace.c.workspace_id == spender.workspace_id)
        await connection.execute(self._database.locked(locked))
        now = await self._database.now(connection)
        for cap in self._caps(spender):
            used = (await _usage(connection, spender, cap.scope, cap.period, now, cap.amount)).used
            if used + amount > cap.amount:
                raise OverCap(cap, used, amount)

    async def hold(self, connection: AsyncConnection, submission_id: str) -> None:
        """Set aside the price of each of the submission's jobs."""
        await self._hold(connection, job.c.submission_id == submission_id)

    async def hold_batch(self, connection: AsyncConnection, conversation_id: str, batch_id: str) -> None:
        """Set aside the price of each job of a batch that is not over."""
        await self._hold(connection, sa.and_(job.c.conversation_id == conversation_id, job.c.batch_id == batch_id))

    async def _hold(self, connection: AsyncConnection, whose: sa.ColumnElement[bool]) -> None:
        now = await self._database.now(connection)
        count = sa.select(sa.func.count()).where(ledger.c.job_id == job.c.id, ledger.c.kind == Entry.HOLD)
        select = (
            sa.select(
                job, conversation.c.channel_id, program.c.name.label("via"), count.scalar_subquery().label("holds")
            )
            .join(conversation, conversation.c.id == job.c.conversation_id)
            .outerjoin(program, program.c.conversation_id == job.c.conversation_id)
            .where(whose, job.c.finished_at.is_(None))
        )
        rows = (await connection.execute(select.order_by(job.c.number))).mappings().all()
        entries = [
            {
                "workspace_id": row["workspace_id"],
                "account_id": row["account_id"],
                "kind": Entry.HOLD,
                "amount": row["price"],
                "booked_at": now,
                "created_at": now,
                "submission_id": row["submission_id"],
                "job_id": row["id"],
                "number": row["holds"],
                "requester": row["requester"],
                "channel_id": row["channel_id"],
                "via": row["via"],
            }
            for row in rows
        ]
        if entries:
            await connection.execute(sa.insert(ledger), entries)

    async def hold_live(self, connection: AsyncConnection, session: LiveSession, spender: Spender) -> None:
        """Set aside the most that a live session may cost."""
        now = await self._database.now(connection)
        entry = {
            "workspace_id": session.workspace_id,
            "account_id": session.account_id,
            "kind": Entry.HOLD,
            "amount": session.price_at_most,
            "booked_at": now,
            "created_at": now,
            "job_id": session.id,
            "number": 0,
            "requester": spender.requester,
            "channel_id": spender.channel_id,
            "via": spender.via,
        }
        await connection.execute(sa.insert(ledger).values(**entry))

    async def settle_live(self, connection: AsyncConnection, session_id: str, amount: int) -> None:
        """A live session has ended: what was set aside becomes `amount`, or nothing. Only once per session."""
        if (held := await self._held(connection, session_id)) is None:
            return
        await self._append(connection, held, Entry.RELEASE, -held["amount"], held["number"])
        if amount:
            await self._append(connection, held, Entry.CHARGE, amount, 0)

    async def release(self, connection: AsyncConnection, job_id: str) -> None:
        """Give back what is set aside for a job, if anything is."""
        if (held := await self._held(connection, job_id)) is not None:
            await self._append(connection, held, Entry.RELEASE, -held["amount"], held["number"])

    async def release_all(self, connection: AsyncConnection, job_ids: Sequence[str]) -> None:
        """Give back what is set aside for many jobs, as `release` does for one."""
        given = ledger.alias("given")
        same = sa.and_(given.c.job_id == ledger.c.job_id, given.c.number == ledger.c.number)
        back = sa.exists().where(same, given.c.kind == Entry.RELEASE)
        select = sa.select(ledger).where(ledger.c.job_id.in_(job_ids), ledger.c.kind == Entry.HOLD, sa.not_(back))
        held = (await connection.execute(select.order_by(ledger.c.seq))).mappings().all()
        now = await self._database.now(connection)
        changed = {"kind": Entry.RELEASE, "created_at": now}
        entries = [{**row, "amount": -row["amount"], **changed} for row in held]
        for entry in entries:
            del entry["seq"]
        if entries:
            await connection.execute(sa.insert(ledger), entries)

    async def charge(self, connection: AsyncConnection, ended: Job, duration: float | None) -> None:
        """A job was carried out: what was set aside becomes what it cost, by its real length where that is known.

        Only once per job. A job for which nothing was set aside is from before there was a ledger: it is left out.
        """
        if (held := await self._held(connection, ended.id)) is None:
            return
        rate = await connection.scalar(sa.select(submission.c.quote_rate).where(submission.c.id == ended.submission_id))
        amount = ended.price if rate is None or duration is None else cost_of(rate, duration)
        await self._append(connection, held, Entry.RELEASE, -held["amount"], held["number"])
        await self._append(connection, held, Entry.CHARGE, amount, 0)

    async def _held(self, connection: AsyncConnection, job_id: str) -> sa.RowMapping | None:
        mine = sa.select(ledger).where(ledger.c.job_id == job_id, ledger.c.kind == Entry.HOLD)
        newest = await first(connection, mine.order_by(ledger.c.number.desc()).limit(1))
        if newest is None:
            return None
        given_back = sa.select(ledger.c.seq).where(
            ledger.c.job_id == job_id, ledger.c.kind == Entry.RELEASE, ledger.c.number == newest["number"]
        )
        return newest if await connection.scalar(given_back) is None else None

    async def _append(
        self, connection: AsyncConnection, held: sa.RowMapping, kind: Entry, amount: int, number: int
    ) -> None:
        same = {name: held[name] for name in ("workspace_id", "account_id", "booked_at", "submission_id", "job_id")}
        whose = {name: held[name] for name in ("requester", "channel_id", "via")}
        now = await self._database.now(connection)
        entry = {**same, **whose, "kind": kind, "amount": amount, "number": number, "created_at": now}
        await connection.execute(sa.insert(ledger).values(**entry))

    async def charged(self, submission_id: str) -> int | None:
        """What a request has come to so far, in micro-dollars; None while nothing has been charged for it."""
        mine = sa.and_(ledger.c.submission_id == submission_id, ledger.c.kind == Entry.CHARGE)
        async with self._database.reading() as connection:
            total = await connection.scalar(sa.select(sa.func.sum(ledger.c.amount)).where(mine))
        return None if total is None else int(total)

    async def charged_batch(self, conversation_id: str, batch_id: str) -> int | None:
        """What a batch has come to so far, in micro-dollars; None while nothing has been charged for it."""
        whose = sa.and_(job.c.conversation_id == conversation_id, job.c.batch_id == batch_id)
        select = (
            sa.select(sa.func.sum(ledger.c.amount))
            .join(job, job.c.id == ledger.c.job_id)
            .where(whose, ledger.c.kind == Entry.CHARGE)
        )
        async with self._database.reading() as connection:
            total = await connection.scalar(select)
        return None if total is None else int(total)

    async def used(self, workspace_id: str, conversation_id: str, requester: str) -> list[Usage]:
        """`usage` for a request of a conversation."""
        async with self._database.reading() as connection:
            spender = await spender_of(connection, workspace_id, conversation_id, requester)
        return await self.usage(spender)

    async def usage(self, spender: Spender) -> list[Usage]:
        """What the workspace, the channel, the person and, if it is one, the program have used today and this month."""
        caps = {(cap.scope, cap.period): cap.amount for cap in self._caps(spender)}
        async with self._database.reading() as connection:
            now = await self._database.now(connection)
            return [
                await _usage(connection, spender, scope, period, now, caps.get((scope, period)))
                for scope in Scope
                if scope is not Scope.TOKEN or spender.via is not None
                for period in Period
            ]


async def spender_of(connection: AsyncConnection, workspace_id: str, conversation_id: str, requester: str) -> Spender:
    """For whom a request of a conversation spends money."""
    named = sa.outerjoin(conversation, program, program.c.conversation_id == conversation.c.id)
    select = sa.select(conversation.c.channel_id, program.c.name).select_from(named)
    row = await first(connection, select.where(conversation.c.id == conversation_id))
    return Spender(workspace_id, row["channel_id"] if row else "", requester, row["name"] if row else None)


async def _usage(
    connection: AsyncConnection, spender: Spender, scope: Scope, period: Period, now: float, cap: int | None
) -> Usage:
    mine = [ledger.c.workspace_id == spender.workspace_id, ledger.c.booked_at >= period_start(period, now)]
    match scope:
        case Scope.CHANNEL:
            mine.append(ledger.c.channel_id == spender.channel_id)
        case Scope.PERSON:
            mine.append(ledger.c.requester == spender.requester)
        case Scope.TOKEN:
            mine.append(ledger.c.via == spender.via)
        case Scope.WORKSPACE:
            pass
    promised = sa.case((ledger.c.kind.in_((Entry.HOLD, Entry.RELEASE)), ledger.c.amount), else_=0)
    more_taken = sa.and_(ledger.c.kind == Entry.DRIFT, ledger.c.amount > 0)  # what is left over is no new room
    spent = sa.case((ledger.c.kind == Entry.CHARGE, ledger.c.amount), (more_taken, ledger.c.amount), else_=0)
    total = sa.func.coalesce
    row = (
        await connection.execute(sa.select(total(sa.func.sum(promised), 0), total(sa.func.sum(spent), 0)).where(*mine))
    ).one()
    return Usage(scope, period, int(row[0]), int(row[1]), cap)
