"""The links we gave out."""

from __future__ import annotations

import sqlalchemy as sa

from agent.records import Link
from bot.store.database import Database
from bot.store.rows import first, record
from bot.store.schema import link


class Links:
    """Links are made when a job succeeds; here they are looked up and revoked."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, link_id: str) -> Link | None:
        """A link, also one that has expired or was revoked; None when there is none."""
        async with self._database.reading() as connection:
            row = await first(connection, sa.select(link).where(link.c.id == link_id))
        return None if row is None else record(Link, row)

    async def revoke(self, link_id: str) -> bool:
        """End a link now; returns whether it was still good. The first revocation's time stays."""
        async with self._database.transaction("link.revoke") as connection:
            now = await self._database.now(connection)
            good = sa.update(link).where(link.c.id == link_id, link.c.revoked_at.is_(None))
            return (await connection.execute(good.values(revoked_at=now))).rowcount > 0
