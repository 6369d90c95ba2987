"""The links we gave out."""

from __future__ import annotations

import sqlalchemy as sa

from agent.records import Link
from bot.store.audit import Audit, Deed
from bot.store.database import Database
from bot.store.endings import Endings
from bot.store.rows import first, one, record
from bot.store.schema import job, link, submission


class Links:
    """Links are made when a job succeeds; here they are looked up and revoked."""

    def __init__(self, database: Database, endings: Endings, audit: Audit) -> None:
        self._database = database
        self._endings = endings
        self._audit = audit

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

    async def withdraw(self, submission_id: str, *, actor: str) -> int:
        """End all links of a request now, by somebody's wish; returns how many were still good.

        `KeyError` when there is no such request. Its jobs have no link any more, which their card shows.
        """
        async with self._database.transaction("link.withdraw") as connection:
            asked = self._database.locked(sa.select(submission).where(submission.c.id == submission_id))
            request = await one(connection, asked, submission_id)
            theirs = sa.select(job.c.id).where(job.c.submission_id == submission_id)
            now = await self._database.now(connection)
            good = sa.update(link).where(link.c.job_id.in_(theirs), link.c.revoked_at.is_(None))
            ended = (await connection.execute(good.values(revoked_at=now))).rowcount
            if ended:
                await connection.execute(sa.update(job).where(job.c.id.in_(theirs)).values(link_id=None))
                workspace_id = request["workspace_id"]
                await self._audit.add(connection, workspace_id, actor, Deed.LINKS_WITHDRAWN, submission_id, links=ended)
                await self._endings.show(connection, submission_id)
        return ended
