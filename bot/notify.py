"""Wake-ups between processes: whoever commits work says which loop is to look, and every process hears it.

A notification is part of the transaction that makes the work due (`Database.announce`) and carries nothing but the
loop's name and whose it is: that process has told itself. It only saves waiting: every loop looks around by itself
too, so one that is lost costs its interval.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

import psycopg
import sqlalchemy as sa
import structlog
from psycopg import sql

from bot.store.database import CHANNEL, CONNECT_SECONDS, TROUBLE, Database

log = structlog.get_logger(__name__)

QUIET_SECONDS = 20.0  # of silence, then the server is asked whether it is still there
ANSWER_SECONDS = 5.0
ANSWERING_PARTS = ("serve", "web")  # as `bot.processes.session_name` writes them

Wake = Callable[[str], None]


class Notifier(Protocol):
    """Hears what other processes announce."""

    async def listen(self) -> int:
        """Wake the loops that are called, for a while; returns 1. Raises the driver's error when it cannot hear."""
        ...

    async def close(self) -> None:
        """Listen no more."""
        ...


class LocalNotifier:
    """For one process: it tells itself what it has committed, so there is nothing to hear."""

    async def listen(self) -> int:
        """Wait for ever."""
        await asyncio.Event().wait()
        return 1

    async def close(self) -> None:
        """Nothing is open."""


class PostgresNotifier:
    """LISTEN on a connection of its own; it has to be a session's, so no transaction pooler may be in between.

    `wake` is called with a loop's name, `wake_all` whenever something may have been missed. `name` is what the server
    shows of the connection (`others_answer`).
    """

    def __init__(
        self, database: Database, *, wake: Wake, wake_all: Callable[[], None], name: str = "greenroom"
    ) -> None:
        self._arguments = {**_arguments(database), "application_name": name}
        self._own = database.owner
        self._wake = wake
        self._wake_all = wake_all
        self._connection: psycopg.AsyncConnection[Any] | None = None

    async def listen(self) -> int:
        """See `Notifier.listen`. A connection that broke is opened again by the next call."""
        try:
            connection = self._connection or await self._connect()
            async for notification in connection.notifies(timeout=QUIET_SECONDS):
                topic, _, owner = notification.payload.partition(" ")
                if owner != self._own:  # which has been told when it committed
                    self._wake(topic)
            async with asyncio.timeout(ANSWER_SECONDS):
                await connection.execute("select 1")
        except BaseException:
            await self.close()
            raise
        return 1

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        async with asyncio.timeout(2 * CONNECT_SECONDS):
            connection = await psycopg.AsyncConnection.connect(**self._arguments, autocommit=True)
        self._connection = connection
        async with asyncio.timeout(ANSWER_SECONDS):
            await connection.execute(sql.SQL("listen {}").format(sql.Identifier(CHANNEL)))
        log.info("listening")
        self._wake_all()
        return connection

    async def close(self) -> None:
        """See `Notifier.close`."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


def notifier(database: Database, *, wake: Wake, wake_all: Callable[[], None], name: str = "greenroom") -> Notifier:
    """What hears other processes, where there can be any."""
    if database.single_process:
        return LocalNotifier()
    return PostgresNotifier(database, wake=wake, wake_all=wake_all, name=name)


async def others_answer(database: Database) -> bool:
    """Whether another process is there that browsers can come to: one that listens, and so does not drain.

    False also when nobody can tell: the database is away, or a pooler hides who is connected.
    """
    if database.single_process:
        return False
    named = sa.or_(*(sa.column("application_name").like(f"greenroom {part} %") for part in ANSWERING_PARTS))
    other = sa.not_(sa.column("application_name").like(f"%{database.owner}"))
    here = sa.column("datname") == sa.func.current_database()
    count = sa.select(sa.func.count()).select_from(sa.table("pg_stat_activity")).where(named, other, here)
    try:
        async with database.reading() as connection:
            return bool(await connection.scalar(count))
    except TROUBLE as error:
        log.warning("others_unknown", error=type(error).__name__)
        return False


def _arguments(database: Database) -> dict[str, Any]:
    """The database's address as the driver wants it."""
    dialect = database.url.set(drivername="postgresql+psycopg").get_dialect()()
    _, keywords = dialect.create_connect_args(database.url)
    return {**keywords, "connect_timeout": CONNECT_SECONDS}
