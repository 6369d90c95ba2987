"""The handles by which a conversation and its model name what people brought: `V1` a URL, `F1` a Slack file."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from bot.store.log import lock_conversation
from bot.store.schema import source


async def name(database: Database, connection: AsyncConnection, conversation_id: str, kind: str, value: str) -> str:
    """The handle of `value` in a conversation, the next free one of its kind when it is new."""
    workspace_id = await lock_conversation(database, connection, conversation_id)
    digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
    same_kind = sa.and_(source.c.conversation_id == conversation_id, source.c.kind == kind)
    known: str | None = await connection.scalar(
        sa.select(source.c.handle).where(same_kind, source.c.value_hash == digest)
    )
    if known is not None:
        return known
    number = (await connection.scalar(sa.select(sa.func.max(source.c.number)).where(same_kind)) or 0) + 1
    row = {"conversation_id": conversation_id, "workspace_id": workspace_id, "kind": kind, "number": number}
    await connection.execute(sa.insert(source).values(**row, handle=f"{kind}{number}", value=value, value_hash=digest))
    return f"{kind}{number}"


async def resolve(connection: AsyncConnection, conversation_id: str, handle: str) -> str | None:
    """What `handle` stands for in a conversation."""
    select = sa.select(source.c.value).where(source.c.conversation_id == conversation_id, source.c.handle == handle)
    value: str | None = await connection.scalar(select)
    return value
