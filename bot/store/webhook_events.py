"""What a provider told us unasked, each thing once, and how far its list of events has been read."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.records import Json
from bot.store.database import Database
from bot.store.rows import first, record
from bot.store.schema import account, webhook_cursor, webhook_event

UNHANDLED_LIMIT = 100


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """One event as it was received (unix seconds)."""

    seq: int
    workspace_id: str
    account_id: str
    event_id: str
    type: str
    payload: Json
    received_at: float


@dataclass(frozen=True, slots=True)
class Cursor:
    """The newest event seen: when the provider made it (unix seconds) and the provider's token for what follows."""

    created_at: float
    token: str | None


class WebhookEvents:
    """Events of accounts that we know; `KeyError` for others."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, account_id: str, event_id: str, type: str, payload: Json) -> bool:
        """Keep an event; returns whether it is new."""
        async with self._database.transaction("webhook.record") as connection:
            insert = self._database.insert(webhook_event).values(
                workspace_id=await _workspace_of(connection, account_id),
                account_id=account_id,
                event_id=event_id,
                type=type,
                payload=payload,
                received_at=await self._database.now(connection),
            )
            once = insert.on_conflict_do_nothing(index_elements=["account_id", "event_id"])
            return await connection.scalar(once.returning(webhook_event.c.seq)) is not None

    async def mark_handled(self, account_id: str, event_id: str) -> None:
        """The event needs nothing more."""
        same = sa.and_(webhook_event.c.account_id == account_id, webhook_event.c.event_id == event_id)
        async with self._database.transaction("webhook.handled") as connection:
            now = await self._database.now(connection)
            await connection.execute(sa.update(webhook_event).where(same).values(handled_at=now))

    async def unhandled(self, limit: int = UNHANDLED_LIMIT) -> list[WebhookEvent]:
        """Events nobody has finished with, oldest first."""
        select = sa.select(webhook_event).where(webhook_event.c.handled_at.is_(None)).order_by(webhook_event.c.seq)
        async with self._database.reading() as connection:
            rows = (await connection.execute(select.limit(min(limit, UNHANDLED_LIMIT)))).mappings().all()
        return [record(WebhookEvent, row) for row in rows]

    async def cursor(self, account_id: str) -> Cursor | None:
        """How far the account's events have been read; None when they never were."""
        async with self._database.reading() as connection:
            row = await first(connection, sa.select(webhook_cursor).where(webhook_cursor.c.account_id == account_id))
        return None if row is None else record(Cursor, row)

    async def move_cursor(self, account_id: str, cursor: Cursor) -> None:
        """Remember how far the account's events have been read; it never moves back."""
        async with self._database.transaction("webhook.cursor") as connection:
            values = {"created_at": cursor.created_at, "token": cursor.token}
            insert = self._database.insert(webhook_cursor).values(
                account_id=account_id, workspace_id=await _workspace_of(connection, account_id), **values
            )
            forward = webhook_cursor.c.created_at <= cursor.created_at
            move = insert.on_conflict_do_update(index_elements=["account_id"], set_=values, where=forward)
            await connection.execute(move)


async def _workspace_of(connection: AsyncConnection, account_id: str) -> str:
    workspace_id: str | None = await connection.scalar(
        sa.select(account.c.workspace_id).where(account.c.id == account_id)
    )
    if workspace_id is None:
        raise KeyError(account_id)
    return workspace_id
