"""What the tables of connected accounts have in common: a workspace has one that is current, and shares it with nobody.

Each has `account_id`, `workspace_id`, a `mark` by which the same account is recognised, and `ended_at`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from bot.store.schema import workspace


def mark_of(pepper: bytes, kind: str, secret: str) -> str:
    """By what the same account is recognised, without anybody being able to tell what it is."""
    return hmac.new(pepper, f"{kind}:{secret}".encode(), hashlib.sha256).hexdigest()


async def is_taken(
    database: Database, connection: AsyncConnection, table: sa.Table, mark: str, workspace_id: str
) -> bool:
    """Whether another workspace has this very account. Until the transaction ends nobody else can connect one."""
    everybody = sa.select(workspace.c.workspace_id).order_by(workspace.c.workspace_id)
    await connection.execute(database.locked(everybody))  # two workspaces may try the same at once
    others = sa.and_(table.c.mark == mark, table.c.workspace_id != workspace_id)
    return await connection.scalar(sa.select(table.c.account_id).where(others).limit(1)) is not None


async def end(
    connection: AsyncConnection, table: sa.Table, workspaces: Sequence[str], now: float, **more: Any
) -> list[str]:
    """Nothing new is begun with these workspaces' accounts; the ids of those that were in use."""
    mine = sa.and_(table.c.workspace_id.in_(workspaces), table.c.ended_at.is_(None))
    update = sa.update(table).where(mine).values(ended_at=now, **more)
    return list(await connection.scalars(update.returning(table.c.account_id)))


async def current(database: Database, table: sa.Table, workspace_id: str) -> str | None:
    """The account that a workspace has connected."""
    mine = sa.and_(table.c.workspace_id == workspace_id, table.c.ended_at.is_(None))
    async with database.reading() as connection:
        return await connection.scalar(sa.select(table.c.account_id).where(mine))
