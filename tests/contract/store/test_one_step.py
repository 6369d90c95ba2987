"""On SQLite a statement with all its rows is one visit to the driver's thread, and says what the driver says of it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.store import one_step
from bot.store.one_step import OneStep


class Counted(OneStep):
    """A connection that counts the visits to its thread."""

    visits = 0

    async def _execute(self, *work: Any, **options: Any) -> Any:
        self.visits += 1
        return await super()._execute(*work, **options)  # type: ignore[no-untyped-call]


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[Counted]:
    """An open database with three rows."""
    connection = Counted(partial(sqlite3.connect, tmp_path / "one.db"), iter_chunk_size=64)
    async with connection:
        await connection.cursor().execute("create table word (text unique)")
        await connection.cursor().executemany("insert into word values (?)", [["a"], ["b"], ["c"]])
        yield connection


async def test_one_visit_brings_everything(connection: Counted) -> None:
    before, cursor = connection.visits, connection.cursor()
    await cursor.execute("update word set text = text || ? where text > ? returning text", ("!", "a"))
    assert await cursor.fetchall() == [("b!",), ("c!",)]
    assert ([one[0] for one in cursor.description], cursor.rowcount) == (["text"], 2)
    await cursor.close()
    assert connection.visits - before == 1


async def test_a_refusal_is_the_drivers(connection: Counted) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        await connection.cursor().execute("insert into word values (?)", ("a",))


async def test_a_thread_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(one_step, "CONNECT_SECONDS", 0.05)
    monkeypatch.setattr("bot.store.one_step.sqlite3.connect", lambda _file: released.wait())
    with pytest.raises(sqlite3.OperationalError, match="no connection"):
        await one_step.connected("never.db")
    released.set()
