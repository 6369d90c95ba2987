"""The audit log: who agreed to, declined, cancelled, deleted or was given what. Append-only, ids and amounts only."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.records import Json
from bot.store.database import Database
from bot.store.rows import record
from bot.store.schema import audit

RUNTIME = "greenroom"
"""The actor of what happens by itself, such as the end of an approval's time."""


class Deed(enum.StrEnum):
    """What was done."""

    APPROVED = "approved"
    DECLINED = "declined"
    EXPIRED = "expired"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    CLAIMED = "claimed"
    TAKEN_OVER = "taken over"
    HANDED_BACK = "handed back"
    ASKED_AGAIN = "asked again"
    SAMPLE_APPROVED = "sample approved"
    SAMPLE_REFUSED = "sample refused"
    ROLE_GIVEN = "role given"
    ROLE_TAKEN = "role taken"
    LINKS_WITHDRAWN = "links withdrawn"
    DATA_DELETED = "data deleted"
    LIBRARY_CHANGED = "library changed"
    BUDGET_SET = "budget set"
    TALK_CHANGED = "talk changed"
    ACCOUNT_CONNECTED = "account connected"
    ACCOUNT_REMOVED = "account removed"


@dataclass(frozen=True, slots=True)
class Audited:
    """One line of the log. `details` are amounts, hashes and ids, never anybody's words."""

    seq: int
    workspace_id: str
    created_at: float
    actor: str
    deed: str
    subject_id: str | None
    details: Json


class Audit:
    """Writes inside somebody else's transaction; reads for the operator."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        connection: AsyncConnection,
        workspace_id: str,
        actor: str,
        deed: Deed,
        subject_id: str | None = None,
        **details: str | int | None,
    ) -> None:
        """Append one line."""
        now = await self._database.now(connection)
        line = {"workspace_id": workspace_id, "created_at": now, "actor": actor, "deed": deed.value}
        await connection.execute(sa.insert(audit).values(**line, subject_id=subject_id, details=details))

    async def causes(self, connection: AsyncConnection, subject_id: str, deed: Deed) -> set[str]:
        """What has led to this deed, where that was noted."""
        select = sa.select(audit.c.details).where(audit.c.subject_id == subject_id, audit.c.deed == deed.value)
        return {details["cause"] for details in await connection.scalars(select) if "cause" in details}

    async def recent(self, workspace_id: str | None = None, limit: int = 100) -> list[Audited]:
        """The newest lines, newest first; of one workspace or of all."""
        select = sa.select(audit).order_by(audit.c.seq.desc()).limit(limit)
        if workspace_id is not None:
            select = select.where(audit.c.workspace_id == workspace_id)
        async with self._database.reading() as connection:
            return [record(Audited, row) for row in (await connection.execute(select)).mappings()]
