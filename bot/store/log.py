"""The item log of a conversation: append-only, numbered without gaps, written from several aggregates."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent import formats
from agent.records import Json, Source
from bot.store.database import Database
from bot.store.schema import conversation, inbox, item, lane


async def lock_conversation(database: Database, connection: AsyncConnection, conversation_id: str) -> str:
    """Keep a conversation's counters to this transaction; returns the workspace, `KeyError` when there is none."""
    select = sa.select(conversation.c.workspace_id).where(conversation.c.id == conversation_id)
    workspace_id: str | None = await connection.scalar(database.locked(select))
    if workspace_id is None:
        raise KeyError(conversation_id)
    return workspace_id


async def append_items(
    database: Database,
    connection: AsyncConnection,
    conversation_id: str,
    items: Iterable[tuple[Source, Json]],
    *,
    turn_id: str | None,
) -> None:
    """Append `items` in order inside the caller's transaction."""
    workspace_id = await lock_conversation(database, connection, conversation_id)
    now = await database.now(connection)
    select = sa.select(sa.func.max(item.c.seq)).where(item.c.conversation_id == conversation_id)
    last = await connection.scalar(select) or 0
    rows = [
        {
            "conversation_id": conversation_id,
            "seq": seq,
            "workspace_id": workspace_id,
            "turn_id": turn_id,
            "source": source,
            "body": body,
            "created_at": now,
            "format": formats.format_of_item(body),
        }
        for seq, (source, body) in enumerate(items, last + 1)
    ]
    if rows:
        await connection.execute(sa.insert(item), rows)


async def begin_work(connection: AsyncConnection, conversation_id: str) -> None:
    """While a turn runs, its conversation belongs to the versions from ours on."""
    if formats.FORMAT > 1:
        older = sa.and_(lane.c.id == conversation_id, lane.c.format < formats.FORMAT)
        await connection.execute(sa.update(lane).where(older).values(format=formats.FORMAT))


async def end_work(connection: AsyncConnection, conversation_id: str) -> None:
    """The conversation belongs to every version that can read its log and what waits in its lane."""
    if formats.FORMAT > 1:
        log = sa.select(sa.func.max(item.c.format)).where(item.c.conversation_id == conversation_id)
        open_rows = sa.and_(inbox.c.conversation_id == conversation_id, inbox.c.done_at.is_(None))
        waiting = sa.select(sa.func.max(inbox.c.format)).where(open_rows)
        needed = max(await connection.scalar(log) or 1, await connection.scalar(waiting) or 1)
        await connection.execute(sa.update(lane).where(lane.c.id == conversation_id).values(format=needed))
