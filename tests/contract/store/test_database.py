"""Transactions are all or nothing, reads read, and the file is ours alone."""

from __future__ import annotations

import ast
import asyncio
import collections
import contextlib
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

import bot.store
from bot.store import Store
from bot.store.database import Database, DatabaseAway, DatabaseError, DatabaseUnsuitable
from bot.store.schema import workspace
from tests.support.clock import ManualClock
from tests.support.store_steps import accept, event, everything, sqlite_url

ROW = {"workspace_id": "T9", "name": "Other", "created_at": 0.0}


@contextlib.contextmanager
def listening(target: object, name: str, function: Callable[..., None]) -> Iterator[None]:
    sa.event.listen(target, name, function)
    try:
        yield
    finally:
        sa.event.remove(target, name, function)


async def test_a_raise_rolls_everything_back(store: Store) -> None:
    before = await everything(store)

    async def fail() -> None:
        async with store.database.transaction("test") as connection:
            await connection.execute(sa.insert(workspace).values(ROW))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await everything(store) == before


async def test_a_cancelled_transaction_writes_nothing_and_blocks_nobody(store: Store) -> None:
    before, inside = await everything(store), asyncio.Event()

    async def hang() -> None:
        async with store.database.transaction("test") as connection:
            await connection.execute(sa.insert(workspace).values(ROW))
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await inside.wait()
    task.cancel()
    await asyncio.wait([task])
    assert await everything(store) == before
    await accept(store, "Ev1")


async def test_a_cancellation_at_any_step_leaves_the_database_usable(store: Store) -> None:
    for steps in range(40):
        task = asyncio.create_task(accept(store, f"cancelled-{steps}"))
        for _ in range(steps * 3):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        async with asyncio.timeout(5):
            await accept(store, f"after-{steps}")


@pytest.mark.parametrize("statement", range(7))
async def test_a_cancellation_during_any_statement_leaves_the_database_usable(store: Store, statement: int) -> None:
    await store.lanes.accept(event("Ev1"))  # the connection is open already
    task, executed = asyncio.create_task(accept(store, "cancelled")), itertools.count()

    def cancel(*_: object) -> None:
        if next(executed) == statement:
            task.cancel()

    engine = store.database._writer
    assert engine is not None
    with listening(engine.sync_engine, "before_cursor_execute", cancel):
        await asyncio.wait([task])
    async with asyncio.timeout(5):
        await accept(store, "after")
    assert task.cancelled() is (next(executed) > statement)


async def test_reading_refuses_to_write(store: Store) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"):
        async with store.database.reading() as connection:
            await connection.execute(sa.insert(workspace).values(ROW))


async def test_a_reader_sees_one_moment(store: Store) -> None:
    count = sa.select(sa.func.count()).select_from(workspace)
    async with store.database.reading() as connection:
        before = await connection.scalar(count)
        async with store.database.transaction("test") as writer:
            await writer.execute(sa.insert(workspace).values(ROW))
        assert await connection.scalar(count) == before


async def test_what_people_wrote_is_in_no_exception(store: Store) -> None:
    async def write() -> None:
        async with store.database.transaction("test") as connection:
            await connection.execute(sa.insert(workspace).values({**ROW, "name": "our secret plans"}))

    await write()
    with pytest.raises(DBAPIError) as raised:
        await write()
    assert "secret" not in repr(raised.value) + str(raised.value)


async def test_commits_reach_the_disk_before_they_return(sqlite_store: Store) -> None:
    async with sqlite_store.database.transaction("test") as connection:
        values = [await connection.scalar(sa.text(f"pragma {name}")) for name in ("journal_mode", "synchronous")]
        assert [*values, await connection.scalar(sa.text("pragma foreign_keys"))] == ["wal", 2, 1]


async def test_nobody_else_on_the_machine_reads_the_file(sqlite_store: Store, tmp_path: Path) -> None:
    await accept(sqlite_store, "Ev1")
    modes = {entry.name: entry.stat().st_mode & 0o777 for entry in os.scandir(tmp_path)}
    assert len(modes) >= 3
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/name"])
def test_an_unsuitable_database_is_refused_with_a_sentence(url: str, clock: ManualClock) -> None:
    with pytest.raises(DatabaseUnsuitable, match=r"\.$"):
        Database(url, clock, "first")


async def test_a_database_that_is_not_started_says_so(tmp_path: Path, clock: ManualClock) -> None:
    with pytest.raises(DatabaseError, match="not started"):
        await Database(sqlite_url(tmp_path), clock, "first").ping()


async def test_a_server_that_does_not_answer_is_named_in_a_sentence(tmp_path: Path, clock: ManualClock) -> None:
    database = Database(f"postgresql://me:password@/name?host={tmp_path}", clock, "first")
    with pytest.raises(DatabaseAway, match=r"cannot be used: .*connection .*\.$") as raised:
        await database.start()
    assert "password" not in str(raised.value)


async def test_the_folder_of_the_file_is_made(tmp_path: Path, clock: ManualClock) -> None:
    database = Database(sqlite_url(tmp_path / "new" / "folder"), clock, "first")
    await database.start()
    await database.ping()
    await database.stop()


def _transaction_names() -> list[str]:
    names: list[str] = []
    for path in Path(next(iter(bot.store.__path__))).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "transaction":
                name = node.args[0]  # with the state it leads to, where kills are to tell the states apart
                assert isinstance(name, ast.Constant | ast.JoinedStr), f"{path.name}:{node.lineno}"
                names.append(ast.unparse(name))
    return names


def test_every_write_has_a_name_of_its_own() -> None:
    names = collections.Counter(_transaction_names())
    assert len(names) > 30
    assert [name for name, times in names.items() if times > 1] == []


def _begins_elsewhere() -> list[str]:
    sources = Path(next(iter(bot.store.__path__))).glob("*.py")
    return [path.name for path in sources if ".begin(" in path.read_text() and path.name != "database.py"]


def test_nothing_is_written_outside_a_named_transaction() -> None:
    assert _begins_elsewhere() == []
