"""What an operator reads of money: the ledger's lines and sums, and the requests that wait for an approval."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from agent.money import Entry
from agent.records import Json, SubmissionState
from bot.store.database import Database
from bot.store.schema import job, ledger, submission

MOST = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines; None leaves them all in. `since` is in unix seconds, `limit` at most 500."""

    workspace: str | None = None
    person: str | None = None
    channel: str | None = None
    since: float | None = None
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Sums:
    """Micro-dollars: what is promised and not settled yet, what was spent, and what nobody can explain."""

    held: int
    charged: int
    drift: int


class Books:
    """Reads for the operator; nothing here writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lines(self, wanted: Wanted) -> list[Json]:
        """The ledger's newest lines, newest first."""
        select = sa.select(ledger).where(*_conditions(wanted)).order_by(ledger.c.seq.desc())
        async with self._database.reading() as connection:
            rows = await connection.execute(select.limit(max(1, min(wanted.limit, MOST))))
            return [dict(row) for row in rows.mappings()]

    async def sums(self, wanted: Wanted) -> Sums:
        """The sums of all lines that match, also of those beyond the limit."""
        total = sa.func.coalesce(sa.func.sum(ledger.c.amount), 0)
        select = sa.select(ledger.c.kind, total).where(*_conditions(wanted)).group_by(ledger.c.kind)
        async with self._database.reading() as connection:
            amounts = {kind: int(amount) for kind, amount in await connection.execute(select)}
        held = amounts.get(Entry.HOLD, 0) + amounts.get(Entry.RELEASE, 0)
        return Sums(held, amounts.get(Entry.CHARGE, 0), amounts.get(Entry.DRIFT, 0))

    async def waiting(self, workspace: str | None = None, limit: int = 20) -> list[Json]:
        """Requests that wait for an approval, the one that waits longest first, with the number of their `jobs`."""
        jobs = sa.select(sa.func.count()).where(job.c.submission_id == submission.c.id).scalar_subquery()
        shown = ("id", "workspace_id", "conversation_id", "requester", "kind", "needs", "created_at", "expires_at")
        amounts = ("quote_low", "quote_high", "quote_basis")
        select = (
            sa.select(*(submission.c[name] for name in (*shown, *amounts)), jobs.label("jobs"))
            .where(submission.c.state == SubmissionState.WAITING_APPROVAL)
            .order_by(submission.c.created_at, submission.c.id)
        )
        if workspace is not None:
            select = select.where(submission.c.workspace_id == workspace)
        async with self._database.reading() as connection:
            return [dict(row) for row in (await connection.execute(select.limit(max(1, min(limit, MOST))))).mappings()]


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    pairs = {"workspace_id": wanted.workspace, "requester": wanted.person, "channel_id": wanted.channel}
    same: list[sa.ColumnElement[bool]] = [ledger.c[name] == value for name, value in pairs.items() if value is not None]
    return same if wanted.since is None else [*same, ledger.c.created_at >= wanted.since]
