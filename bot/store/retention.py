"""Retention: conversations in which nothing has happened for long enough go, with everything that belongs to them.

Nothing that is unfinished goes, however old. The ledger and the audit log stay: they hold ids and amounts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.assets import FINAL as OVER
from agent.live.records import LiveState
from agent.records import OPEN_JOB_STATES, JobState, SubmissionState, TurnState
from agent.schedules import ScheduleState
from agent.video_agents.records import AgentState
from bot.store.bulk import UNSENT
from bot.store.database import Database
from bot.store.outbox import UNFINISHED
from bot.store.schema import (
    agent_session,
    asset,
    conversation,
    delivery,
    inbox,
    item,
    job,
    lane,
    link,
    live_session,
    metadata,
    model_call,
    outcome,
    schedule,
    submission,
    turn,
    wallet_reading,
    webhook_event,
)
from bot.store.traces import clear_log

CONVERSATIONS_AT_ONCE = 20
ROWS_AT_ONCE = 500
WORKED_ON = (TurnState.QUEUED, TurnState.RUNNING, TurnState.WAITING_APPROVAL)
ON_THE_WAY = (*UNSENT, SubmissionState.SENDING)
KEPT_APART = frozenset({"ledger", "audit"})  # they outlive the conversations they are about


class Retention:
    """Deletes what is older than `seconds`. Several processes may do so at once."""

    def __init__(self, database: Database, seconds: float) -> None:
        self._database = database
        self._seconds = seconds
        self._traces = True  # what an earlier process deleted may still be in SQLite's log

    async def run_once(self) -> int:
        """Delete a small batch of everything that is due; returns how many rows or conversations that were."""
        gone = await self._conversations()
        for table, condition in self._loose_rows():
            gone += await self._rows(table, condition)
        if gone:
            self._traces = True
        elif self._traces:
            self._traces = not await clear_log(self._database)
        return gone

    async def _conversations(self) -> int:
        async with self._database.reading() as connection:
            before = await self._database.now(connection) - self._seconds
            due = sa.select(conversation.c.id).where(_over(before)).order_by(conversation.c.created_at)
            ids = list(await connection.scalars(due.limit(CONVERSATIONS_AT_ONCE)))
        return sum([await self._conversation(conversation_id, before) for conversation_id in ids])

    async def _conversation(self, conversation_id: str, before: float) -> bool:
        """Delete a conversation, unless it has come to life again."""
        async with self._database.transaction("retention.conversation") as connection:
            # Whoever tells it something new holds its lane: they come first, or find it gone and begin another.
            for table in (lane, conversation):
                await connection.execute(
                    self._database.locked(sa.select(table.c.id).where(table.c.id == conversation_id))
                )
            still = sa.select(conversation.c.id).where(conversation.c.id == conversation_id, _over(before))
            if await connection.scalar(still) is None:
                return False
            await delete_conversation(connection, conversation_id)
            return True

    def _loose_rows(self) -> Sequence[tuple[sa.Table, Any]]:
        """What is deleted row by row: table, and the condition that takes the moment before which it is too old."""
        return (
            (inbox, lambda before: inbox.c.done_at < before),
            (webhook_event, lambda before: webhook_event.c.handled_at < before),
            (model_call, lambda before: model_call.c.created_at < before),
            (wallet_reading, lambda before: sa.and_(wallet_reading.c.read_at < before, _followed())),
        )

    async def _rows(self, table: sa.Table, condition: Any) -> int:
        async with self._database.reading() as connection:
            before = await self._database.now(connection) - self._seconds
            due = sa.select(table.c.seq).where(condition(before)).order_by(table.c.seq).limit(ROWS_AT_ONCE)
            numbers = list(await connection.scalars(due))
        if not numbers:
            return 0
        async with self._database.transaction("retention.rows") as connection:
            free = self._database.claimable(sa.select(table.c.seq).where(table.c.seq.in_(numbers), condition(before)))
            mine = list(await connection.scalars(free))
            await connection.execute(sa.delete(table).where(table.c.seq.in_(mine)))
            return len(mine)


async def delete_conversation(connection: AsyncConnection, conversation_id: str) -> None:
    """Delete a conversation and all that belongs to it, but for the ledger and the audit log."""
    turns = sa.select(turn.c.id).where(turn.c.conversation_id == conversation_id)
    jobs = sa.select(job.c.id).where(job.c.conversation_id == conversation_id)
    for table in (outcome, model_call):
        await connection.execute(sa.delete(table).where(table.c.turn_id.in_(turns)))
    await connection.execute(sa.delete(link).where(link.c.job_id.in_(jobs)))
    for table in reversed(metadata.sorted_tables):
        if "conversation_id" in table.c and table.name not in KEPT_APART:
            await connection.execute(sa.delete(table).where(table.c.conversation_id == conversation_id))
    await connection.execute(sa.delete(lane).where(lane.c.id == conversation_id))
    await connection.execute(sa.delete(conversation).where(conversation.c.id == conversation_id))


def _over(before: float) -> sa.ColumnElement[bool]:
    """Nothing has happened in the conversation since `before`, and nothing is left to do."""
    unwatched = sa.and_(job.c.state == JobState.UNWANTED, job.c.finished_at.is_(None))
    stirring = (
        _has(inbox, inbox.c.created_at >= before, inbox.c.done_at >= before, inbox.c.done_at.is_(None)),
        _has(turn, turn.c.created_at >= before, turn.c.finished_at >= before, turn.c.state.in_(WORKED_ON)),
        _has(item, item.c.created_at >= before),
        _has(submission, submission.c.created_at >= before, submission.c.state.in_(ON_THE_WAY)),
        _has(job, job.c.finished_at >= before, job.c.state.in_(OPEN_JOB_STATES), unwatched),
        _has(live_session, live_session.c.ended_at >= before, live_session.c.state != LiveState.ENDED),
        _has(asset, asset.c.created_at >= before, asset.c.state.not_in(OVER)),
        _has(agent_session, agent_session.c.ended_at >= before, agent_session.c.state != AgentState.ENDED),
        _has(schedule, schedule.c.last_at >= before, schedule.c.state == ScheduleState.ACTIVE),
        _has(delivery, delivery.c.created_at >= before, delivery.c.state.in_(UNFINISHED)),
        sa.exists().where(lane.c.id == conversation.c.id, lane.c.owner.is_not(None)),
    )
    return sa.and_(conversation.c.created_at < before, *(sa.not_(one) for one in stirring))


def _has(table: sa.Table, *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists().where(table.c.conversation_id == conversation.c.id, sa.or_(*conditions))


def _followed() -> sa.ColumnElement[bool]:
    """A later reading of the same account exists: the last one is where its reckoning goes on."""
    later = wallet_reading.alias("later")
    return sa.exists().where(later.c.account_id == wallet_reading.c.account_id, later.c.seq > wallet_reading.c.seq)
