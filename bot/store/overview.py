"""What an operator looks at: lists of turns, submissions, jobs and deliveries, one of them in full, and the backlog.

What customers wrote (and what was said to them) is handed out only when somebody asks for it to be revealed.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.gate import QUEUED
from agent.records import (
    OPEN_JOB_STATES,
    DeliveryState,
    JobState,
    Json,
    SubmissionState,
    TurnState,
)
from bot.store.database import Database
from bot.store.rows import first, one
from bot.store.schema import (
    audit,
    conversation,
    delivery,
    inbox,
    item,
    job,
    ledger,
    link,
    model_call,
    outcome,
    submission,
    turn,
)

LIST_LIMIT = 500
RELATIVES_LIMIT = 500
UNDELIVERED = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.UNKNOWN)
UNSENT = (SubmissionState.INTENDED, SubmissionState.SENDING)

# Columns that hold what customers wrote, what was said to them, or what a provider said about it.
PRIVATE: Mapping[str, frozenset[str]] = {
    "submission": frozenset({"arguments", "title", "error"}),
    "job": frozenset({"label", "failure"}),
    "delivery": frozenset({"body"}),
    "outcome": frozenset({"body"}),
    "inbox": frozenset({"payload"}),
}


class Kind(enum.StrEnum):
    """What an operator can look at."""

    TURN = "turn"
    JOB = "job"
    SUBMISSION = "submission"
    DELIVERY = "delivery"

    @property
    def states(self) -> tuple[str, ...]:
        """The states such a row can be in."""
        return tuple(_STATES[self])


_TABLES = {Kind.TURN: turn, Kind.JOB: job, Kind.SUBMISSION: submission, Kind.DELIVERY: delivery}
_STATES: Mapping[Kind, type[enum.StrEnum]] = {
    Kind.TURN: TurnState,
    Kind.JOB: JobState,
    Kind.SUBMISSION: SubmissionState,
    Kind.DELIVERY: DeliveryState,
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows to list; None leaves them all in. `limit` is at most 500."""

    state: str | None = None
    workspace: str | None = None
    conversation: str | None = None
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Detail:
    """One row and its relatives by name, oldest first. Times are unix seconds."""

    kind: Kind
    row: Json
    relatives: Mapping[str, list[Json]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much is unfinished, and for how many seconds the oldest of what is due has been waiting."""

    pending_deliveries: int
    dead_deliveries: int
    unknown_submissions: int
    open_jobs: int
    oldest_delivery: float
    oldest_submission: float


class Overview:
    """Reads for the operator; nothing here writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, kind: Kind, wanted: Filter) -> list[Json]:
        """Rows that match, newest first, without anything customers wrote."""
        table = _TABLES[kind]
        select = sa.select(*_columns(table, reveal=False)).order_by(table.c.created_at.desc(), table.c.id.desc())
        for column, value in _conditions(table, wanted):
            select = select.where(column == value)
        async with self._database.reading() as connection:
            return await _rows(connection, select.limit(max(1, min(wanted.limit, LIST_LIMIT))))

    async def show(self, kind: Kind, row_id: str, *, reveal: bool = False) -> Detail:
        """One row with its relatives; `KeyError` when there is none. `reveal` adds what customers wrote."""
        table = _TABLES[kind]
        select = sa.select(*_columns(table, reveal)).where(table.c.id == row_id)
        async with self._database.reading() as connection:
            row = dict(await one(connection, select, row_id))
            selects = _relatives(kind, row, reveal)
            relatives = {
                name: await _rows(connection, related.limit(RELATIVES_LIMIT)) for name, related in selects.items()
            }
        if "items" in relatives:
            relatives["items"] = [_described(entry, reveal) for entry in relatives["items"]]
        return Detail(kind, row, relatives)

    async def backlog(self) -> Backlog:
        """How much is unfinished."""
        async with self._database.reading() as connection:
            now = await self._database.now(connection)
            return Backlog(
                pending_deliveries=await _count(connection, delivery, delivery.c.state.in_(UNDELIVERED)),
                dead_deliveries=await _count(connection, delivery, delivery.c.state == DeliveryState.DEAD),
                unknown_submissions=await _count(connection, submission, submission.c.state == SubmissionState.UNKNOWN),
                open_jobs=await _count(connection, job, job.c.state.in_(OPEN_JOB_STATES)),
                oldest_delivery=await waiting(connection, delivery, UNDELIVERED, now),
                oldest_submission=await waiting(connection, submission, UNSENT, now),
            )


def _conditions(table: sa.Table, wanted: Filter) -> list[tuple[sa.Column[Any], str]]:
    pairs = {"state": wanted.state, "workspace_id": wanted.workspace, "conversation_id": wanted.conversation}
    return [(table.c[name], value) for name, value in pairs.items() if value is not None]


def _columns(table: sa.Table, reveal: bool) -> list[sa.Column[Any]]:
    hidden = frozenset() if reveal else PRIVATE.get(table.name, frozenset())
    return [column for column in table.c if column.name not in hidden]


async def _rows(connection: AsyncConnection, select: sa.Select[Any]) -> list[Json]:
    return [dict(row) for row in (await connection.execute(select)).mappings()]


def _relatives(kind: Kind, row: Json, reveal: bool) -> dict[str, sa.Select[Any]]:
    posts = sa.select(*_columns(delivery, reveal)).where(delivery.c.subject_id == row["id"]).order_by(delivery.c.seq)
    match kind:
        case Kind.TURN:
            return {**_of_turn(row, reveal), "deliveries": posts}
        case Kind.SUBMISSION:
            jobs = sa.select(*_columns(job, reveal)).where(job.c.submission_id == row["id"]).order_by(job.c.number)
            money = sa.select(ledger).where(ledger.c.submission_id == row["id"]).order_by(ledger.c.seq)
            return {"jobs": jobs, "deliveries": posts, "ledger": money, "audit": _audited(row["id"])}
        case Kind.JOB:
            parent = sa.select(*_columns(submission, reveal)).where(submission.c.id == row["submission_id"])
            money = sa.select(ledger).where(ledger.c.job_id == row["id"]).order_by(ledger.c.seq)
            links = sa.select(link).where(link.c.job_id == row["id"])
            return {"submission": parent, "link": links, "ledger": money, "audit": _audited(row["submission_id"])}
        case Kind.DELIVERY:
            return {"conversation": sa.select(conversation).where(conversation.c.id == row["conversation_id"])}


def _audited(submission_id: str) -> sa.Select[Any]:
    """Who approved, declined or cancelled it."""
    return sa.select(audit).where(audit.c.subject_id == submission_id).order_by(audit.c.seq)


def _of_turn(row: Json, reveal: bool) -> dict[str, sa.Select[Any]]:
    turn_id = row["id"]
    # With their bodies, since what kind of item it is stands in there: see `_described`.
    items = sa.select(item).where(item.c.conversation_id == row["conversation_id"], item.c.turn_id == turn_id)
    finished = sa.select(*_columns(outcome, reveal)).where(outcome.c.turn_id == turn_id)
    return {
        "inbox": sa.select(*_columns(inbox, reveal)).where(inbox.c.id == row["inbox_id"]),
        "items": items.order_by(item.c.seq),
        "tool_calls": finished.order_by(outcome.c.seq),
        "model_calls": sa.select(model_call).where(model_call.c.turn_id == turn_id).order_by(model_call.c.seq),
        "submissions": sa.select(*_columns(submission, reveal))
        .where(submission.c.turn_id == turn_id)
        .order_by(submission.c.created_at),
    }


def _described(row: Json, reveal: bool) -> Json:
    """An item with its kind (and the name of the tool it calls) in place of its body."""
    body = row["body"]
    described = {name: body[name] for name in ("type", "role", "name") if body.get(name)}
    return {**described, **{key: value for key, value in row.items() if reveal or key != "body"}}


async def _count(connection: AsyncConnection, table: sa.Table, condition: sa.ColumnElement[bool]) -> int:
    return await connection.scalar(sa.select(sa.func.count()).select_from(table).where(condition)) or 0


async def waiting(connection: AsyncConnection, table: sa.Table, states: Sequence[str], now: float) -> float:
    """For how many seconds the oldest row in `states` has been due. To wait for a place at HeyGen is not our delay."""
    since = sa.case((table.c.not_before > table.c.created_at, table.c.not_before), else_=table.c.created_at)
    select = sa.select(sa.func.min(since).label("since")).where(table.c.state.in_(states), table.c.not_before <= now)
    if table is submission:
        select = select.where(table.c.error_code.is_distinct_from(QUEUED))
    row = await first(connection, select)
    return 0.0 if row is None or row["since"] is None else max(0.0, now - float(row["since"]))
