"""What one process commits, another one hears; what is lost is made up for by looking around."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import psycopg
import pytest

from agent.records import DeliveryKind
from bot.notify import LocalNotifier, PostgresNotifier, notifier, others_answer
from bot.store import Store
from bot.store.database import Database
from bot.store.outbox import NewDelivery
from tests.support import postgres
from tests.support.clock import ManualClock
from tests.support.store_steps import ACCOUNT, accept, claim_lane, new_store, run_jobs, running


class Ears:
    """A notifier in another process's place, and what it has heard."""

    def __init__(self, store: Store) -> None:
        self.heard: list[str] = []
        self.missed = 0
        self.changed = asyncio.Event()
        elsewhere = Database(store.database.url.render_as_string(hide_password=False), ManualClock(), "second")
        self.notifier = PostgresNotifier(elsewhere, wake=self.hear, wake_all=self.miss)

    def hear(self, topic: str) -> None:
        self.heard.append(topic)
        self.changed.set()

    def miss(self) -> None:
        self.missed += 1
        self.changed.set()

    async def change(self) -> None:
        """Wait for something to be heard."""
        async with asyncio.timeout(10):
            await self.changed.wait()
        self.changed.clear()


@pytest.fixture
async def pg_store(postgres_database: str, clock: ManualClock) -> AsyncIterator[Store]:
    postgres.empty(postgres_database)
    async with running(new_store(postgres_database, clock)) as started:
        yield started


@pytest.fixture
async def ears(pg_store: Store) -> AsyncIterator[Ears]:
    """Ears that listen until the test is over."""
    own = Ears(pg_store)
    task = asyncio.create_task(own.notifier.listen())
    await own.change()
    yield own
    task.cancel()
    await asyncio.wait([task])
    await own.notifier.close()


async def test_an_event_wakes_the_lanes(pg_store: Store, ears: Ears) -> None:
    await accept(pg_store, "Ev1")
    await ears.change()
    assert ears.heard == ["lanes"]


async def test_a_lane_given_back_wakes_the_lanes(pg_store: Store, ears: Ears) -> None:
    await accept(pg_store, "Ev1")
    await ears.change()
    await pg_store.lanes.release(await claim_lane(pg_store))
    await ears.change()
    assert ears.heard == ["lanes", "lanes"]


async def test_a_new_post_and_a_changed_one_wake_the_deliveries(pg_store: Store, ears: Ears) -> None:
    conversation_id = await accept(pg_store, "Ev1")
    await ears.change()
    await pg_store.deliveries.enqueue(NewDelivery(conversation_id, DeliveryKind.NOTICE, "a"))
    await ears.change()
    await pg_store.deliveries.refresh("a")
    await ears.change()
    assert ears.heard == ["lanes", "deliveries", "deliveries"]


async def test_a_hint_wakes_the_jobs(pg_store: Store, ears: Ears) -> None:
    await run_jobs(pg_store)
    await pg_store.jobs.touch(ACCOUNT, ["p1"])
    while "jobs" not in ears.heard:
        await ears.change()


async def test_what_is_rolled_back_is_not_announced(pg_store: Store, ears: Ears) -> None:
    with contextlib.suppress(RuntimeError):
        async with pg_store.database.transaction("test") as connection:
            pg_store.database.announce(connection, "jobs")
            raise RuntimeError
    await accept(pg_store, "Ev1")
    await ears.change()
    assert ears.heard == ["lanes"]


async def test_a_process_hears_of_what_it_has_committed_itself(store: Store) -> None:
    heard: list[str] = []
    store.database.on_announced = heard.append
    async with store.database.transaction("test") as connection:
        store.database.announce(connection, "jobs", "lanes")
        store.database.announce(connection, "jobs")
        assert heard == []
    assert sorted(heard) == ["jobs", "lanes"]


async def test_a_process_is_not_told_of_what_it_did_not_commit(store: Store) -> None:
    heard: list[str] = []
    store.database.on_announced = heard.append
    with contextlib.suppress(RuntimeError):
        async with store.database.transaction("test") as connection:
            store.database.announce(connection, "jobs")
            raise RuntimeError
    async with store.database.transaction("test"):
        pass
    assert heard == []


async def test_nobody_is_woken_by_what_they_committed_themselves(pg_store: Store) -> None:
    heard, ready = asyncio.Queue[str](maxsize=2), asyncio.Event()
    own = PostgresNotifier(pg_store.database, wake=heard.put_nowait, wake_all=ready.set)
    others = Ears(pg_store)
    listening = [asyncio.create_task(ears.listen()) for ears in (own, others.notifier)]
    async with asyncio.timeout(10):
        await ready.wait()
        await others.change()
        await accept(pg_store, "Ev1")
        while not others.heard:
            await others.change()
        async with pg_store.database.transaction("test") as connection:
            await connection.exec_driver_sql("select pg_notify('greenroom', 'jobs second')")
        assert await heard.get() == "jobs"  # what was said before by this process did not come
    for task in listening:
        task.cancel()
    await asyncio.wait(listening)
    await own.close()
    await others.notifier.close()


async def test_a_broken_connection_is_an_error_and_then_a_new_one(pg_store: Store) -> None:
    ears = Ears(pg_store)
    listening = asyncio.create_task(ears.notifier.listen())
    await ears.change()
    connection = ears.notifier._connection
    assert connection is not None
    async with pg_store.database.transaction("test") as other:
        await other.exec_driver_sql(f"select pg_terminate_backend({connection.info.backend_pid})")
    with pytest.raises(psycopg.OperationalError):
        await listening
    again = asyncio.create_task(ears.notifier.listen())
    await ears.change()
    assert ears.missed == 2
    again.cancel()
    await asyncio.wait([again])


async def test_a_file_has_nobody_else_to_listen_to(sqlite_store: Store) -> None:
    ears = notifier(sqlite_store.database, wake=lambda _: None, wake_all=lambda: None)
    assert isinstance(ears, LocalNotifier)
    listening = asyncio.create_task(ears.listen())
    await accept(sqlite_store, "Ev1")
    assert not listening.done()
    listening.cancel()
    await asyncio.wait([listening])
    await ears.close()


def test_several_processes_listen(clock: ManualClock) -> None:
    store = new_store("postgresql://me:secret@host:6432/name", clock)
    ears = notifier(store.database, wake=lambda _: None, wake_all=lambda: None)
    assert isinstance(ears, PostgresNotifier)
    wanted = {"host": "host", "port": 6432, "dbname": "name", "user": "me", "password": "secret"}
    assert wanted.items() <= ears._arguments.items()


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "expected"),
    [("greenroom web 1-a", True), ("greenroom serve 1-a", True), ("greenroom worker 1-a", False)],
)
async def test_others_that_answer_are_known_as_long_as_they_listen(pg_store: Store, name: str, expected: bool) -> None:
    heard = asyncio.Queue[None](maxsize=2)
    names = (f"greenroom web {pg_store.database.owner}", name)
    both = [
        PostgresNotifier(pg_store.database, wake=str, wake_all=lambda: heard.put_nowait(None), name=one)
        for one in names
    ]
    listening = [asyncio.create_task(ears.listen()) for ears in both]
    async with asyncio.timeout(10):
        await heard.get()
        await heard.get()
    assert await others_answer(pg_store.database) is expected
    for task in listening:
        task.cancel()
    await asyncio.wait(listening)
