"""What somebody outside waits for does not stand in line behind the work of the background."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from bot.store import Store, database
from tests.support import postgres
from tests.support.clock import ManualClock
from tests.support.store_steps import event, new_store, running

BACKGROUND = 20


class Line:
    """Background transactions in line behind one that stands still until `go`."""

    def __init__(self, store: Store) -> None:
        self.go, self.done = asyncio.Event(), 0
        self._store, self._holding = store, asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    async def form(self, length: int) -> None:
        """Let it begin; returns when the first has begun and the others wait."""
        self.tasks = [asyncio.create_task(self._write()) for _ in range(length)]
        await self._holding.wait()

    async def end(self) -> None:
        """Let everybody through."""
        self.go.set()
        await asyncio.gather(*self.tasks)

    async def _write(self) -> None:
        async with self._store.database.transaction("test"):
            self._holding.set()
            await self.go.wait()
        self.done += 1


@pytest.fixture
async def postgres_store(postgres_database: str, clock: ManualClock) -> AsyncIterator[Store]:
    """For what needs several writers."""
    postgres.empty(postgres_database)
    async with running(new_store(postgres_database, clock)) as started:
        yield started


async def test_an_event_passes_the_line_of_the_background(sqlite_store: Store) -> None:
    line = Line(sqlite_store)
    await line.form(BACKGROUND)
    accepting = asyncio.create_task(sqlite_store.lanes.accept(event()))
    line.go.set()
    await accepting
    assert line.done <= 2  # the current one, and the one that had asked for the connection before
    await line.end()


async def test_an_echo_passes_the_line_of_the_background(sqlite_store: Store) -> None:
    line = Line(sqlite_store)
    await line.form(BACKGROUND)
    noting = asyncio.create_task(sqlite_store.deliveries.record_echo("T1", "C1", "key", "1.1"))
    line.go.set()
    await noting
    assert line.done <= 2
    await line.end()


async def test_an_event_is_taken_while_the_background_holds_all_its_places(postgres_store: Store) -> None:
    line = Line(postgres_store)
    await line.form(BACKGROUND)
    await postgres_store.lanes.accept(event())
    assert line.done == 0
    await line.end()


async def test_whoever_stops_waiting_in_line_leaves_no_gap(store: Store) -> None:
    line = Line(store)
    await line.form(BACKGROUND)
    for task in line.tasks[1:]:
        task.cancel()
    line.go.set()
    await asyncio.wait(line.tasks)
    async with store.database.transaction("test") as connection:
        assert await connection.scalar(sa.select(sa.literal(1))) == 1


async def test_a_line_that_does_not_move_is_trouble(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "POOL_TIMEOUT", 0.01)
    line = Line(sqlite_store)
    await line.form(1)
    with pytest.raises(database.TROUBLE):
        async with sqlite_store.database.transaction("test"):
            pass
    await line.end()
