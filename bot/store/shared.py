"""The database for a second, short-lived process beside the one that serves: the operator's commands.

Nothing is locked, released or migrated: that belongs to `serve`. SQLite lets one more writer in (WAL, busy timeout).
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import migrations, schema
from bot.store.database import Database, DatabaseUnsuitable

NOT_THERE = "There is no Greenroom database at DATABASE_URL yet: `python -m bot serve` makes one."
OLDER = (
    "The database is of an older version than this program: start `python -m bot serve` once to bring it up to date."
)
NEWER = "The database is of a newer version than this program: use the version that is serving."


class SharedDatabase(Database):
    """A database that somebody else may be serving. It has to exist and to be of exactly this version."""

    @property
    def single_process(self) -> bool:
        """Never: whoever serves is alive, and so are its leases."""
        return False

    async def start(self) -> None:
        """Open the engines; `DatabaseUnsuitable` when the database is missing, older or newer."""
        if not await asyncio.to_thread(self._exists):
            raise DatabaseUnsuitable(NOT_THERE)
        try:
            self._writer, self._reader, self._pulse = self._dialect.engines()
            async with self.reading() as connection:
                _compare(await _applied(connection))
        except BaseException:
            await self.stop()
            raise

    def _exists(self) -> bool:
        return self.url.get_backend_name() != "sqlite" or Path(self.url.database or "").is_file()


async def _applied(connection: AsyncConnection) -> set[str]:
    """The migrations the database has seen."""
    if not await connection.run_sync(lambda sync: sa.inspect(sync).has_table(schema.migration.name)):
        raise DatabaseUnsuitable(NOT_THERE)
    return set(await connection.scalars(sa.select(schema.migration.c.name)))


def _compare(applied: set[str]) -> None:
    known = {name for name, _ in migrations.MIGRATIONS}
    if applied - known:
        raise DatabaseUnsuitable(NEWER)
    if known - applied:
        raise DatabaseUnsuitable(OLDER)
