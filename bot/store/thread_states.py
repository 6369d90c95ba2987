"""How a thread stands as a whole: whether it is worked on, whether it waits for somebody, and what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from agent.batches import BatchState
from agent.records import EXACT, SubmissionState, TurnState
from agent.video_agents.records import AgentState
from bot.store.database import Database
from bot.store.rows import first
from bot.store.schema import agent_session, batch, inbox, submission, turn

SPOKEN = ("message", "command", "mcp")
OPEN = (TurnState.QUEUED, TurnState.RUNNING)


@dataclass(frozen=True, slots=True)
class ThreadState:
    """`waiting` requests, samples and questions wait for a person. Of two that are equal nothing has happened between:
    `turns` have been answered by the model, `requests` had to be approved, the last one `decided_at`."""

    working: bool
    waiting: int
    turns: int
    requests: int
    decided_at: float


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the inbox, by its row."""

    inbox_id: str
    text: str


class ThreadStates:
    """Read from the rows of turns and requests; there is none of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, conversation_id: str) -> ThreadState:
        """One conversation's."""
        async with self._database.reading() as connection:
            row = await first(connection, _select(conversation_id))
        if row is None:  # a select without a table always has a row
            raise KeyError(conversation_id)
        waiting = row["submissions"] + row["batches"] + row["questions"]
        decided = max(row["decided"] or 0.0, row["decided_batches"] or 0.0)
        requests = row["approved"] + row["approved_batches"]
        return ThreadState(bool(row["working"]), waiting, row["turns"], requests, decided)

    async def openings(self, conversation_id: str, limit: int) -> Sequence[Said]:
        """What its first messages said, at most `limit`, as far as that is still known."""
        select = sa.select(inbox.c.id, inbox.c.payload).where(inbox.c.conversation_id == conversation_id)
        spoken = select.where(inbox.c.kind.in_(SPOKEN)).order_by(inbox.c.seq).limit(limit)
        async with self._database.reading() as connection:
            rows = (await connection.execute(spoken)).all()
        return [
            Said(inbox_id, text if isinstance(text := payload.get("text"), str) else "") for inbox_id, payload in rows
        ]


def _select(conversation_id: str) -> sa.Select[tuple[object, ...]]:
    mine = turn.c.conversation_id == conversation_id
    spoken = sa.and_(mine, turn.c.origin.not_in(EXACT), turn.c.state.not_in(OPEN))
    asked = submission.c.conversation_id == conversation_id
    together = batch.c.conversation_id == conversation_id
    asking = sa.and_(agent_session.c.conversation_id == conversation_id, agent_session.c.state == AgentState.ASKING)
    alone = sa.and_(asked, submission.c.batch_id.is_(None), submission.c.state == SubmissionState.WAITING_APPROVAL)
    return sa.select(
        sa.exists().where(mine, turn.c.state.in_(OPEN)).label("working"),
        _count(turn.c.id, spoken).label("turns"),
        _count(submission.c.id, alone).label("submissions"),
        _count(batch.c.id, sa.and_(together, batch.c.state == BatchState.WAITING_APPROVAL)).label("batches"),
        _count(agent_session.c.id, asking).label("questions"),
        _count(submission.c.id, sa.and_(asked, submission.c.needs.is_not(None))).label("approved"),
        _count(batch.c.id, sa.and_(together, batch.c.needs.is_not(None))).label("approved_batches"),
        sa.select(sa.func.max(submission.c.decided_at)).where(asked).scalar_subquery().label("decided"),
        sa.select(sa.func.max(batch.c.decided_at)).where(together).scalar_subquery().label("decided_batches"),
    )


def _count(column: sa.ColumnElement[str], where: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count(column)).where(where).scalar_subquery()
