"""SQLite connections on which a statement is one visit to the driver's thread.

The driver has a thread for each connection. As it is, a statement goes there up to four times: for a cursor, to be
carried out, for its rows, and to close the cursor; and each time comes back when the event loop gets round to it. With
many conversations under way that is most of the time a transaction takes, and while it takes it others wait.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import aiosqlite

Rows = list[Any]


CONNECT_SECONDS = 10.0


async def connected(file: str) -> aiosqlite.Connection:
    """A connection to a database file; the driver's thread ends with the process.

    `sqlite3.OperationalError` when the thread does not answer in time: one that could not begin never would.
    """
    connection = OneStep(partial(sqlite3.connect, file), iter_chunk_size=64)
    connection._thread.daemon = True  # as SQLAlchemy does for those that it makes
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return await connection
    except TimeoutError as error:
        raise sqlite3.OperationalError(f"no connection within {CONNECT_SECONDS:.0f} s") from error


class OneStep(aiosqlite.Connection):
    """A connection with cursors that have everything when they come back."""

    def cursor(self) -> Cursor:  # type: ignore[override]
        """A cursor; making one asks nobody."""
        return Cursor(self)

    async def carry_out(self, work: Callable[[sqlite3.Cursor], object]) -> tuple[sqlite3.Cursor, Rows]:
        """Do something with a new cursor in the driver's thread; the cursor, closed, and all rows."""
        return await self._execute(_carried_out, self._conn, work)  # type: ignore[no-untyped-call, no-any-return]


class Cursor:
    """As much of a cursor as SQLAlchemy asks for: it has been closed by the time anybody looks at it."""

    def __init__(self, connection: OneStep) -> None:
        self._connection = connection
        self._rows: Rows = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Cursor:
        """Itself."""
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Cursor:
        """Carry out a statement and fetch what it gives."""
        return await self._done(lambda cursor: cursor.execute(sql, parameters))

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> Cursor:
        """Carry out a statement once for each set of parameters."""
        return await self._done(lambda cursor: cursor.executemany(sql, parameters))

    async def _done(self, work: Callable[[sqlite3.Cursor], object]) -> Cursor:
        done, self._rows = await self._connection.carry_out(work)
        self.description, self.rowcount, self.lastrowid = done.description, done.rowcount, done.lastrowid
        return self

    async def fetchall(self) -> Rows:
        """What the statement gave."""
        return self._rows

    async def close(self) -> None:
        """It is."""


def _carried_out(
    connection: sqlite3.Connection, work: Callable[[sqlite3.Cursor], object]
) -> tuple[sqlite3.Cursor, Rows]:
    cursor = connection.cursor()
    try:
        work(cursor)
        return cursor, cursor.fetchall() if cursor.description else []
    finally:
        cursor.close()
