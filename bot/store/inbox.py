"""The lanes: what happened in Slack, kept in order for each conversation and worked on by one at a time.

`accept` and `next_row` both hold the lane's row, so an event that arrives while a worker gives up its empty lane is
either seen by that worker or wakes the lane again.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent import formats
from agent.errors import LeaseLost
from agent.ports import Ids
from agent.records import Conversation, DeliveryKind, DeliveryState, InboxRow, Json, Lease
from bot.store.claims import RELEASED, Claims
from bot.store.database import Database
from bot.store.rows import first, record
from bot.store.schema import conversation, delivery, inbox, lane, program, thread, workspace

CHANGES = ("message_changed", "message_deleted")
LOOK_AHEAD_LIMIT = 100
SHORTEST_PARK = 0.1  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """Something that happened in Slack.

    `dedup_key` is shared by all events about the same message, None where there is none. `opens`: it may begin a
    conversation; with `thread_ts` None that conversation's root is still to be posted. `payload["ts"]` names the
    message an event is about. `via` names a program's token: all that comes by it is one conversation.
    """

    id: str
    dedup_key: str | None
    workspace_id: str
    channel_id: str
    channel_type: str
    thread_ts: str | None
    opens: bool
    kind: str
    payload: Json = field(default_factory=dict)
    via: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The event waits in the lane of its conversation."""

    seq: int
    conversation_id: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The event, or another about the same message, has been accepted before."""


@dataclass(frozen=True, slots=True)
class NotOurs:
    """The event belongs to no conversation of ours and opens none."""


class _RefusedAsDuplicate(Exception):
    """Rolls back what the acceptance of a duplicate has written so far."""


class Lanes:
    """Accepts events and hands them out, lane by lane."""

    def __init__(self, database: Database, claims: Claims, ids: Ids) -> None:
        self._database = database
        self._claims = claims
        self._ids = ids

    async def accept(self, event: NewEvent) -> Accepted | Duplicate | NotOurs:
        """Keep `event` for its conversation; once this returns, the event survives whatever happens."""
        try:
            async with self._database.transaction("inbox.accept", urgent=True) as connection:
                return await self._accept(connection, event)
        except _RefusedAsDuplicate:
            return Duplicate()

    async def _accept(self, connection: AsyncConnection, event: NewEvent) -> Accepted | NotOurs:
        if await connection.scalar(sa.select(inbox.c.seq).where(_same_event(event))) is not None:
            raise _RefusedAsDuplicate
        now = await self._database.now(connection)
        conversation_id = await self._conversation_for(connection, event, now)
        if conversation_id is None:
            return NotOurs()
        needs = formats.format_of_event(event.kind, event.payload)
        await self._wake(connection, event.workspace_id, conversation_id, now, needs)
        seq = await self._insert(connection, event, conversation_id, now)
        if seq is None:  # another process was faster
            raise _RefusedAsDuplicate
        self._database.announce(connection, "lanes")
        return Accepted(seq, conversation_id)

    async def _conversation_for(self, connection: AsyncConnection, event: NewEvent, now: float) -> str | None:
        if event.via is not None:  # of two first calls at once one waits for the other
            held = sa.select(workspace.c.workspace_id).where(workspace.c.workspace_id == event.workspace_id)
            await connection.execute(self._database.locked(held))
            found = by_token(event.workspace_id, event.via, event.channel_id)
        else:
            found = _in_thread(event.workspace_id, event.channel_id, event.thread_ts)
        existing: str | None = await connection.scalar(found)
        if existing is not None or not event.opens:
            return existing
        conversation_id = self._ids.new("conversation")
        values = {
            "id": conversation_id,
            "workspace_id": event.workspace_id,
            "channel_id": event.channel_id,
            "channel_type": event.channel_type,
            "thread_ts": event.thread_ts,
            "created_at": now,
        }
        await connection.execute(sa.insert(conversation).values(values))
        if event.via is not None:
            named = {"workspace_id": event.workspace_id, "name": event.via, "created_at": now}
            await connection.execute(sa.insert(program).values(conversation_id=conversation_id, **named))
        if event.thread_ts is None:
            return conversation_id
        return await self._take_thread(connection, event, conversation_id)

    async def _take_thread(self, connection: AsyncConnection, event: NewEvent, conversation_id: str) -> str:
        place = {"workspace_id": event.workspace_id, "channel_id": event.channel_id, "thread_ts": event.thread_ts}
        insert = self._database.insert(thread).values(**place, conversation_id=conversation_id)
        await connection.execute(insert.on_conflict_do_nothing(index_elements=list(place)))
        winner = await connection.scalar(_in_thread(event.workspace_id, event.channel_id, event.thread_ts))
        if winner is not None and winner != conversation_id:  # another process was faster
            await connection.execute(sa.delete(conversation).where(conversation.c.id == conversation_id))
            return winner
        return conversation_id

    async def _wake(self, connection: AsyncConnection, workspace_id: str, lane_id: str, now: float, needs: int) -> None:
        insert = self._database.insert(lane).values(
            id=lane_id, workspace_id=workspace_id, ready_at=now, lease_until=0.0, epoch=0, format=needs
        )
        sooner = sa.case((lane.c.ready_at < now, lane.c.ready_at), else_=now)
        higher = sa.case((lane.c.format > needs, lane.c.format), else_=needs)
        changed = {lane.c.ready_at: sooner, lane.c.format: higher}
        await connection.execute(insert.on_conflict_do_update(index_elements=[lane.c.id], set_=changed))

    async def _insert(
        self, connection: AsyncConnection, event: NewEvent, conversation_id: str, now: float
    ) -> int | None:
        insert = self._database.insert(inbox).values(
            id=event.id,
            dedup_key=event.dedup_key,
            workspace_id=event.workspace_id,
            conversation_id=conversation_id,
            kind=event.kind,
            ts=event.payload.get("ts"),
            payload=event.payload,
            created_at=now,
            format=formats.format_of_event(event.kind, event.payload),
        )
        seq: int | None = await connection.scalar(insert.on_conflict_do_nothing().returning(inbox.c.seq))
        return seq

    async def find(self, workspace_id: str, channel_id: str, thread_ts: str) -> Conversation | None:
        """The conversation that answers in a thread."""
        async with self._database.reading() as connection:
            found = _in_thread(workspace_id, channel_id, thread_ts)
            row = await first(connection, sa.select(conversation).where(conversation.c.id.in_(found)))
        return None if row is None else record(Conversation, row)

    async def claim(self, limit: int) -> list[Lease]:
        """Claim lanes that are ready and free, the longest waiting first; a lane's id is its conversation's."""
        async with self._database.transaction("inbox.claim") as connection:
            due = lane.c.ready_at <= await self._database.now(connection)
            ready = sa.and_(due, lane.c.format <= formats.FORMAT)
            claimed = await self._claims.take(connection, lane, ready, order_by=[lane.c.ready_at], limit=limit)
        return [lease for lease, _ in claimed]

    async def next_row(self, lease: Lease) -> InboxRow | None:
        """The oldest unfinished row of the lane; where there is none, the lane is released and sleeps.

        It is released as it is when only a newer version can go on with it.
        """
        async with self._database.transaction("inbox.next") as connection:
            held = await self._claims.holds(connection, lane, lease)
            row = await first(connection, _unfinished(lease.id).order_by(inbox.c.seq).limit(1))
            if row is not None and not formats.reads(max(row["format"], held["format"])):
                await self._claims.release(connection, lane, lease)
                self._database.announce(connection, "lanes")
                return None
            if row is None:
                asleep = sa.update(lane).where(lane.c.id == lease.id).values(**RELEASED, ready_at=None)
                await connection.execute(asleep)
                return None
        self._claims.progress(lane, lease)
        return record(InboxRow, row)

    async def finish_row(self, lease: Lease, row: InboxRow) -> None:
        """The row needs nothing more."""
        async with self._database.transaction("inbox.finish") as connection:
            await self._claims.holds(connection, lane, lease)
            await finish_row(connection, lease.id, row.id, await self._database.now(connection))

    async def park(self, lease: Lease, not_before: float) -> None:
        """Release the lane until `not_before` (unix seconds) or until something new arrives in it.

        At least for a moment: a worker whose clock is behind the database's would else find it ready and too early
        at once, again and again.
        """
        async with self._database.transaction("inbox.park") as connection:
            earliest = await self._database.now(connection) + SHORTEST_PARK
            await self._claims.release(connection, lane, lease, ready_at=max(not_before, earliest))

    async def release(self, lease: Lease) -> None:
        """Release the lane as it is: whoever claims next goes on."""
        async with self._database.transaction("inbox.release") as connection:
            await self._claims.release(connection, lane, lease)
            self._database.announce(connection, "lanes")

    async def leave(self, conversation_id: str) -> None:
        """Leave a conversation, which this process does not hold any more, to newer versions."""
        async with self._database.transaction("inbox.leave") as connection:
            known_here = sa.and_(lane.c.id == conversation_id, lane.c.format <= formats.FORMAT)
            await connection.execute(sa.update(lane).where(known_here).values(format=formats.FORMAT + 1))
            self._database.announce(connection, "lanes")

    def work(self, lease: Lease) -> contextlib.AbstractAsyncContextManager[None]:
        """The work on a lane: when it raises, the lane and whatever else was claimed in it is given back."""
        return self._claims.work((lane, lease))

    async def later_changes(self, lease: Lease, row: InboxRow) -> list[InboxRow]:
        """Edits and the deletion of the row's message, oldest first (at most 100).

        Those that wait behind it, and those that overtook it on their way to us: an edit is always of something older.
        """
        async with self._database.reading() as connection:
            holder = await first(connection, sa.select(lane.c.owner, lane.c.epoch).where(lane.c.id == lease.id))
            if holder is None or (holder["owner"], holder["epoch"]) != (lease.owner, lease.epoch):
                raise LeaseLost(f"lane {lease.id!r} is no longer held in epoch {lease.epoch}")
            if row.payload.get("ts") is None:
                return []
            here = inbox.c.conversation_id == lease.id
            same = sa.and_(here, inbox.c.ts == row.payload["ts"], inbox.c.kind.in_(CHANGES))
            counts = sa.or_(inbox.c.seq < row.seq, inbox.c.done_at.is_(None))
            select = sa.select(inbox).where(same, counts).order_by(inbox.c.seq).limit(LOOK_AHEAD_LIMIT)
            rows = (await connection.execute(select)).mappings().all()
        return [record(InboxRow, later) for later in rows]

    async def message(self, lease: Lease, ts: str) -> InboxRow | None:
        """The message of the lane that was posted at `ts`, also when it is done."""
        mine = sa.and_(inbox.c.conversation_id == lease.id, inbox.c.kind == "message", inbox.c.ts == ts)
        async with self._database.reading() as connection:
            row = await first(connection, sa.select(inbox).where(mine).order_by(inbox.c.seq).limit(1))
        return None if row is None else record(InboxRow, row)


async def finish_row(connection: AsyncConnection, conversation_id: str, inbox_id: str, now: float) -> None:
    """Mark an inbox row as done inside the caller's transaction."""
    done = sa.update(inbox).where(inbox.c.id == inbox_id, inbox.c.conversation_id == conversation_id)
    await connection.execute(done.values(done_at=now))


def _same_event(event: NewEvent) -> sa.ColumnElement[bool]:
    if event.dedup_key is None:
        return inbox.c.id == event.id
    return sa.or_(inbox.c.id == event.id, inbox.c.dedup_key == event.dedup_key)


def _in_thread(workspace_id: str, channel_id: str, thread_ts: str | None) -> sa.Select[str]:
    return sa.select(thread.c.conversation_id).where(
        thread.c.workspace_id == workspace_id, thread.c.channel_id == channel_id, thread.c.thread_ts == thread_ts
    )


def by_token(workspace_id: str, via: str, channel_id: str | None = None) -> sa.Select[str]:
    """The conversation of a program's token: the newest whose thread could be opened, or is to be in `channel_id`."""
    root = sa.and_(delivery.c.conversation_id == program.c.conversation_id, delivery.c.kind == DeliveryKind.ROOT)
    dead = sa.exists().where(root, delivery.c.state == DeliveryState.DEAD)
    mine = sa.and_(program.c.workspace_id == workspace_id, program.c.name == via)
    newest = (program.c.created_at.desc(), program.c.conversation_id)
    select = sa.select(program.c.conversation_id).where(mine, sa.not_(dead)).order_by(*newest).limit(1)
    if channel_id is None:
        return select
    there = sa.or_(conversation.c.thread_ts.is_not(None), conversation.c.channel_id == channel_id)
    return select.join(conversation, conversation.c.id == program.c.conversation_id).where(there)


def _unfinished(conversation_id: str) -> sa.Select[Any]:
    return sa.select(inbox).where(inbox.c.conversation_id == conversation_id, inbox.c.done_at.is_(None))
