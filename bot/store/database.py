"""The database: engines, transactions, and everything in which SQLite and PostgreSQL differ.

The rest of the store is written once. What a dialect does its own way is a method of `_Sqlite` or `_Postgres`:
how it is opened, how rows are locked, whose clock counts and which insert knows conflicts.

DatabaseError
├── DatabaseAway         the server does not answer, or does not let us in
├── DatabaseBusy         another process holds the SQLite file
└── DatabaseUnsuitable   the URL or the SQLite library cannot carry the product
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar, get_args

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from agent.ports import Clock
from bot.store import migrations
from bot.store.one_step import connected

READERS = 5
POSTGRES_CONNECTIONS = 10
POOL_TIMEOUT = 30.0  # seconds to wait for a connection
CONNECT_SECONDS = 5
SILENCE_MS = 15_000  # until a server that acknowledges nothing counts as gone
IDLE_MS = 10_000  # a process that stands still inside a transaction keeps its locks no longer
BUSY_TIMEOUT_MS = 30_000
OLDEST_SQLITE = (3, 35, 0)  # RETURNING
COMMON: dict[str, Any] = {
    "max_overflow": 0,
    "pool_timeout": POOL_TIMEOUT,
    "hide_parameters": True,  # what people wrote must not reach an exception's text, nor a log
}
MIGRATION_LOCK = 7_204_115  # any number, the same in every process

CHANNEL = "greenroom"  # of PostgreSQL's notifications; their payload is a topic and whose it is

# loops that look for work
Topic = Literal["lanes", "deliveries", "files", "submissions", "jobs", "live", "assets", "agents"]
TOPICS: frozenset[str] = frozenset(get_args(Topic))
Result = TypeVar("Result")
DialectInsert = sqlite.Insert | postgresql.Insert


# What the driver raises while the database is away, restarting or busy with somebody else (deadlocks, serialization
# failures and timeouts are operational errors): the transaction did nothing and may be repeated as a whole.
TROUBLE = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)


class DatabaseError(Exception):
    """Base of what this module raises on purpose."""


class DatabaseAway(DatabaseError):
    """The server cannot be reached or refuses us."""


class DatabaseBusy(DatabaseError):
    """Another process is using the SQLite file."""


class DatabaseUnsuitable(DatabaseError):
    """This database cannot carry the product."""


class Database:
    """One database as seen by one process; `owner` is this process's name on the leases it takes.

    `on_announced` hears of each topic that a transaction of this process has announced, once that is committed; how
    others hear of it is `bot.notify`.
    """

    def __init__(self, url: str, clock: Clock, owner: str) -> None:
        self.owner = owner
        self.url = sa.make_url(url)
        self._clock = clock
        self._dialect = _dialect_of(self.url)
        self._line = asyncio.Semaphore(self._dialect.writers)
        self._desk = asyncio.Semaphore(self._dialect.readers)
        self._writer: AsyncEngine | None = None
        self._reader: AsyncEngine | None = None
        self._pulse: AsyncEngine | None = None
        self.on_announced: Callable[[str], None] = lambda topic: None

    @property
    def single_process(self) -> bool:
        """Whether no other process can be using this database."""
        return self._dialect.single_process

    async def start(self) -> None:
        """Open the engines and migrate; raises the errors of this module where that cannot work."""
        await asyncio.to_thread(self._dialect.acquire)
        try:
            self._writer, self._reader, self._pulse = self._dialect.engines()
            await migrations.migrate(self)
        except BaseException as error:
            await self.stop()
            if isinstance(error, TROUBLE) and not self.single_process:
                raise DatabaseAway(f"The database cannot be used: {_reason(error)}.") from error
            raise

    async def stop(self) -> None:
        """Close every connection and let another process have the file."""
        for engine in (self._writer, self._reader, self._pulse):
            if engine is not None:
                await engine.dispose()
        self._writer = self._reader = self._pulse = None
        await asyncio.to_thread(self._dialect.release)

    async def ping(self) -> None:
        """Read something; raises what the driver raises when the database does not answer."""
        async with self.reading() as connection:
            await connection.execute(sa.select(sa.literal(1)))

    @contextlib.asynccontextmanager
    async def transaction(
        self, name: str, *, urgent: bool = False, pulse: bool = False
    ) -> AsyncIterator[AsyncConnection]:
        """Write in one transaction, committed when the block ends and rolled back when it raises.

        `name` is stable and tells the writes of the product apart. `urgent`: somebody outside waits for the answer;
        it passes the line of the background's writes, of which there may be many, and waits for the current one only.
        `pulse`: the heartbeat, without which all that work would be lost; it waits for nothing that can be avoided.
        """
        async with contextlib.AsyncExitStack() as stack:
            if not urgent and not pulse:
                await stack.enter_async_context(_in_line(self._line))
            engine = self._pulse if pulse else self._writer
            connection = await stack.enter_async_context(_connected(_open(engine)))
            yield connection
            if connection.topics:
                await self._dialect.announce(connection, sorted(connection.topics), self.owner)
            await _to_the_end(connection.commit())
            topics = connection.topics
        for topic in topics:
            self.on_announced(topic)

    @contextlib.asynccontextmanager
    async def reading(self, *, urgent: bool = False) -> AsyncIterator[AsyncConnection]:
        """Read from one consistent snapshot; a write in here is an error. `urgent` as for `transaction`."""
        async with contextlib.AsyncExitStack() as stack:
            if not urgent:
                await stack.enter_async_context(_in_line(self._desk))
            yield await stack.enter_async_context(_connected(_open(self._reader)))

    async def now(self, connection: AsyncConnection) -> float:
        """Unix seconds of the one clock that all processes share."""
        return await self._dialect.now(connection, self._clock)

    def local_now(self) -> float:
        """Unix seconds of this process's own clock: to measure how long something took, not to compare with rows."""
        return self._clock.now()

    def announce(self, connection: AsyncConnection, *topics: Topic) -> None:
        """Once this transaction commits, these loops of every process learn that there may be something to do."""
        if not isinstance(connection, _Connection):
            raise TypeError("only what `transaction` gives can announce something")
        connection.topics.update(topics)

    def insert(self, table: sa.Table) -> DialectInsert:
        """An insert that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
        return self._dialect.insert(table)

    def claimable(self, select: sa.Select[Any]) -> sa.Select[Any]:
        """`select`, passing over rows that another process is claiming right now."""
        return self._dialect.claimable(select)

    def locked(self, select: sa.Select[Any]) -> sa.Select[Any]:
        """`select`, holding its rows against other writers until the transaction ends."""
        return self._dialect.locked(select)

    async def exclude_migrations(self, connection: AsyncConnection) -> None:
        """Let no other process migrate until this transaction ends."""
        await self._dialect.exclude_migrations(connection)


class _Dialect(Protocol):
    single_process: bool
    writers: int  # background transactions that may ask for a connection at once
    readers: int  # the same for reading

    def acquire(self) -> None: ...
    def release(self) -> None: ...
    def engines(self) -> tuple[AsyncEngine, AsyncEngine, AsyncEngine]: ...  # to write, to read, for the heartbeat
    async def now(self, connection: AsyncConnection, clock: Clock) -> float: ...
    def insert(self, table: sa.Table) -> DialectInsert: ...
    def claimable(self, select: sa.Select[Any]) -> sa.Select[Any]: ...
    def locked(self, select: sa.Select[Any]) -> sa.Select[Any]: ...
    async def exclude_migrations(self, connection: AsyncConnection) -> None: ...
    async def announce(self, connection: AsyncConnection, topics: Sequence[Topic], owner: str) -> None: ...


class _Sqlite:
    """One writer connection and a few readers in WAL mode; BEGIN IMMEDIATE is the lock for everything."""

    single_process = True
    writers = 1
    readers = READERS - 1  # the last one is for what is urgent

    def __init__(self, url: sa.URL) -> None:
        if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
            raise DatabaseUnsuitable("SQLite needs a plain file: what is kept in memory is lost with the process.")
        self._url = url.set(drivername="sqlite+aiosqlite")
        self._file = Path(url.database)
        self._lock = _FileLock(self._file)

    def acquire(self) -> None:
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise DatabaseUnsuitable(f"SQLite {sqlite3.sqlite_version} is too old: 3.35 or newer is needed.")
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._lock.acquire()
        # Created by us so that nobody else on the machine can read it; its WAL inherits the mode.
        os.close(os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600))

    def release(self) -> None:
        self._lock.release()

    def engines(self) -> tuple[AsyncEngine, AsyncEngine, AsyncEngine]:
        writer = self._engine(1, "BEGIN IMMEDIATE")
        return writer, self._engine(READERS, "BEGIN", "query_only=on"), writer

    def _engine(self, size: int, begin: str, *pragmas: str) -> AsyncEngine:
        engine = create_async_engine(
            self._url, pool_size=size, async_creator=partial(connected, str(self._file)), **COMMON
        )
        lasting = ("journal_mode=wal", "synchronous=full", "secure_delete=on")  # what is deleted is overwritten
        common = (*lasting, f"busy_timeout={BUSY_TIMEOUT_MS}", "foreign_keys=on")

        @sa.event.listens_for(engine.sync_engine, "connect")
        def configure(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # we begin by ourselves, below
            cursor = connection.cursor()
            for pragma in (*common, *pragmas):
                cursor.execute(f"pragma {pragma}")
            cursor.close()

        @sa.event.listens_for(engine.sync_engine, "begin")
        def start(connection: sa.Connection) -> None:
            connection.exec_driver_sql(begin)

        return engine

    async def now(self, connection: AsyncConnection, clock: Clock) -> float:
        return clock.now()

    def insert(self, table: sa.Table) -> DialectInsert:
        return sqlite.insert(table)

    def claimable(self, select: sa.Select[Any]) -> sa.Select[Any]:
        return select

    def locked(self, select: sa.Select[Any]) -> sa.Select[Any]:
        return select

    async def exclude_migrations(self, connection: AsyncConnection) -> None:
        """The writer's lock is held already."""

    async def announce(self, connection: AsyncConnection, topics: Sequence[Topic], owner: str) -> None:
        """There is only this process, which hears it from itself."""


class _Postgres:
    """Many processes; row locks, and the database's own clock so that workers need not agree on the time."""

    single_process = False
    writers = POSTGRES_CONNECTIONS - 2  # the others are for readers and for what is urgent
    readers = POSTGRES_CONNECTIONS  # of the same pool

    def __init__(self, url: sa.URL) -> None:
        self._url = url.set(drivername="postgresql+psycopg")

    def acquire(self) -> None:
        """Nothing to hold: PostgreSQL serves many."""

    def release(self) -> None:
        """Nothing was held."""

    def engines(self) -> tuple[AsyncEngine, AsyncEngine, AsyncEngine]:
        engine = self._engine(POSTGRES_CONNECTIONS)
        reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return engine, reader, self._engine(1)

    def _engine(self, size: int) -> AsyncEngine:
        return create_async_engine(
            self._url,
            pool_size=size,
            pool_pre_ping=True,
            **COMMON,
            connect_args={
                "options": f"-c statement_timeout={BUSY_TIMEOUT_MS} -c idle_in_transaction_session_timeout={IDLE_MS}",
                "connect_timeout": CONNECT_SECONDS,
                "tcp_user_timeout": SILENCE_MS,
            },
        )

    async def now(self, connection: AsyncConnection, clock: Clock) -> float:
        moment = await connection.execute(sa.select(sa.extract("epoch", sa.func.clock_timestamp())))
        return float(moment.scalar_one())

    def insert(self, table: sa.Table) -> DialectInsert:
        return postgresql.insert(table)

    def claimable(self, select: sa.Select[Any]) -> sa.Select[Any]:
        return select.with_for_update(skip_locked=True, key_share=True)

    def locked(self, select: sa.Select[Any]) -> sa.Select[Any]:
        return select.with_for_update(key_share=True)  # NO KEY UPDATE: rows that refer to it may still be added

    async def exclude_migrations(self, connection: AsyncConnection) -> None:
        await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))

    async def announce(self, connection: AsyncConnection, topics: Sequence[Topic], owner: str) -> None:
        await connection.execute(sa.select(*(sa.func.pg_notify(CHANNEL, f"{topic} {owner}") for topic in topics)))


class _FileLock:
    """A lock beside the SQLite file. The system frees it when the process dies, however it dies."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._descriptor: int | None = None

    def acquire(self) -> None:
        descriptor = os.open(f"{self._file}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise DatabaseBusy(
                f"Another process is using {self._file}. Stop it first; several processes need PostgreSQL."
            ) from None
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _dialect_of(url: sa.URL) -> _Dialect:
    match url.get_backend_name():
        case "sqlite":
            return _Sqlite(url)
        case "postgresql" | "postgres":
            return _Postgres(url)
        case other:
            raise DatabaseUnsuitable(f"No support for {other} databases: use sqlite or postgresql.")


class _Connection(AsyncConnection):
    """A connection whose steps are not interrupted: a task that is cancelled during one is cancelled after it.

    The SQLite driver works in a thread. A statement that nobody waits for any more stays open there, and with it
    the lock on the database.

    `topics` is what its transaction has announced.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine)
        self.topics: set[Topic] = set()

    async def execute(self, *arguments: Any, **options: Any) -> Any:
        """As the base class's; `scalar` and `scalars` go through here."""
        return await _to_the_end(super().execute(*arguments, **options))

    async def run_sync(self, *arguments: Any, **options: Any) -> Any:
        """As the base class's."""
        return await _to_the_end(super().run_sync(*arguments, **options))


@contextlib.asynccontextmanager
async def _in_line(line: asyncio.Semaphore) -> AsyncIterator[None]:
    """Wait for one of the background's places at a pool, as long as the pool itself would let us wait."""
    try:
        async with asyncio.timeout(POOL_TIMEOUT):
            await line.acquire()
    except TimeoutError:
        raise sa.exc.TimeoutError(f"no turn at the database within {POOL_TIMEOUT:.0f} s") from None
    try:
        yield
    finally:
        line.release()


@contextlib.asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncIterator[_Connection]:
    """A connection inside a transaction, which ends with the block unless it was committed before."""
    connection = _Connection(engine)
    try:
        await _to_the_end(_begun(connection))
        yield connection
    finally:
        if connection.sync_connection is not None:
            await _to_the_end(connection.close())


async def _begun(connection: AsyncConnection) -> None:
    await connection.start()
    await connection.begin().start()


async def _to_the_end(step: Coroutine[Any, Any, Result]) -> Result:
    """Await `step` even when cancelled meanwhile, and be cancelled only then."""
    task, cancelled = asyncio.ensure_future(step), None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        _ = task.cancelled() or task.exception()  # seen; being cancelled matters more
        raise cancelled
    return task.result()


def _reason(error: BaseException) -> str:
    """The driver's own first line: it names host and cause, never a password."""
    lines = str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__]
    return lines[0].strip().rstrip(".")


def _open(engine: AsyncEngine | None) -> AsyncEngine:
    if engine is None:
        raise DatabaseError("The database is not started.")
    return engine
