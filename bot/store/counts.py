"""How much there is of what, for metrics: read in one go, from indexes where a table grows."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent import formats
from agent.live.records import PAID_STATES
from agent.money import Entry
from agent.records import OPEN_JOB_STATES, DeliveryState, JobState, SubmissionState, TurnState
from bot.store.claims import known
from bot.store.database import Database
from bot.store.overview import UNDELIVERED, UNSENT, waiting
from bot.store.schema import delivery, job, lane, ledger, live_command, live_session, submission, turn


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows by state, ages in seconds of the oldest that is due by the loop that works on it; `drift` in micro-dollars.

    `left_to_newer` are conversations with something due that this version leaves to newer ones, live sessions included.
    """

    turns: Mapping[str, int]
    jobs: Mapping[str, int]
    submissions: Mapping[str, int]
    deliveries: Mapping[str, int]
    oldest: Mapping[str, float]
    drift: int
    orphans: int
    left_to_newer: int


async def counts(database: Database) -> Counts:
    """How it stands now."""
    async with database.reading() as connection:
        now = await database.now(connection)
        unowned = sa.and_(live_session.c.state.in_(PAID_STATES), live_session.c.lease_until <= now)
        newer = sa.and_(lane.c.ready_at <= now, lane.c.format > formats.FORMAT)
        drifted = sa.select(sa.func.sum(sa.func.abs(ledger.c.amount))).where(ledger.c.kind == Entry.DRIFT)
        return Counts(
            turns=await _by_state(connection, turn, TurnState),
            jobs=await _by_state(connection, job, JobState),
            submissions=await _by_state(connection, submission, SubmissionState),
            deliveries=await _by_state(connection, delivery, DeliveryState),
            oldest={
                "lanes": await _oldest(connection, lane.c.ready_at, _free(now), now),
                "deliveries": await waiting(connection, delivery, UNDELIVERED, now),
                "submissions": await waiting(connection, submission, UNSENT, now),
                "jobs": await _oldest(connection, job.c.due_at, job.c.state.in_(OPEN_JOB_STATES), now),
            },
            drift=int(await connection.scalar(drifted) or 0),
            orphans=await _count(connection, live_session, unowned),
            left_to_newer=await _count(connection, lane, newer) + await _sessions_left(connection),
        )


async def _sessions_left(connection: AsyncConnection) -> int:
    """Live sessions of which something is wanted that only a newer version can do."""
    waiting = sa.and_(live_command.c.done_at.is_(None), sa.not_(sa.and_(*known(live_command))))
    select = sa.select(sa.func.count(live_command.c.session_id.distinct())).where(waiting)
    return await connection.scalar(select) or 0


def _free(now: float) -> sa.ColumnElement[bool]:
    return sa.and_(lane.c.lease_until <= now, lane.c.format <= formats.FORMAT)


async def _by_state(connection: AsyncConnection, table: sa.Table, states: type[enum.StrEnum]) -> dict[str, int]:
    """Every state that there can be, those without a row too. Words of newer versions are counted as they are."""
    word = sa.type_coerce(table.c.state, sa.String).label("word")
    found = {row.word: row.rows for row in await connection.execute(_grouped(table, word))}
    return {state.value: 0 for state in states} | found


def _grouped(table: sa.Table, word: sa.ColumnElement[str]) -> sa.Select[str, int]:
    return sa.select(word, sa.func.count().label("rows")).select_from(table).group_by(table.c.state)


async def _oldest(
    connection: AsyncConnection, since: sa.Column[Any], condition: sa.ColumnElement[bool], now: float
) -> float:
    first = await connection.scalar(sa.select(sa.func.min(since)).where(condition, since <= now))
    return 0.0 if first is None else max(0.0, now - float(first))


async def _count(connection: AsyncConnection, table: sa.Table, condition: sa.ColumnElement[bool]) -> int:
    return await connection.scalar(sa.select(sa.func.count()).select_from(table).where(condition)) or 0
