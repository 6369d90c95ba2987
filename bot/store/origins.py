"""Which turn a post has come from, for traces: its subject is a turn, a paid request, a batch or a job."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import sqlalchemy as sa

from agent.spans import event_of, tool_of
from bot.store.database import Database
from bot.store.schema import batch, job, submission, turn


@dataclass(frozen=True, slots=True)
class Origin:
    """The turn, and the name of the span under which what came of it hangs."""

    turn_id: str
    span: str


Origins = Callable[[str], Awaitable[Origin | None]]


async def no_origin(subject_id: str) -> Origin | None:
    """Nobody wants to know."""
    return None


def origins_in(database: Database) -> Origins:
    """Finds the turn behind a subject; None where it is none of these, such as a live session."""

    async def find(subject_id: str) -> Origin | None:
        asked = sa.select(submission.c.turn_id, submission.c.call_id)
        async with database.reading() as connection:
            if await connection.scalar(sa.select(turn.c.id).where(turn.c.id == subject_id)) is not None:
                return Origin(subject_id, event_of(subject_id))
            by_job = asked.join(job, job.c.submission_id == submission.c.id).where(job.c.id == subject_id)
            for select in (asked.where(submission.c.id == subject_id), by_job):
                if (row := (await connection.execute(select)).first()) is not None:
                    return Origin(row.turn_id, tool_of(row.turn_id, row.call_id))
            whole = await connection.scalar(sa.select(batch.c.turn_id).where(batch.c.id == subject_id))
        return None if whole is None else Origin(whole, event_of(whole))

    return find
