"""One store for each test, on SQLite in a file of its own and on PostgreSQL in a database that is emptied before."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store import Store
from tests.support import postgres
from tests.support.clock import ManualClock
from tests.support.ids import NamedIds
from tests.support.store_steps import new_store, running, sqlite_url


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_url" in metafunc.fixturenames:
        # Half a minute more than `make test` has; .ci/run runs it.
        postgres = pytest.param("postgres", marks=pytest.mark.full)
        metafunc.parametrize("database_url", ["sqlite", postgres], indirect=True)


async def migrated(url: str) -> None:
    """Make the tables."""
    store = new_store(url, ManualClock())
    await store.start()
    await store.stop()


@pytest.fixture(scope="session")
async def sqlite_file(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: making the tables takes longer than most tests."""
    folder = tmp_path_factory.mktemp("empty")
    await migrated(sqlite_url(folder))
    return folder / "greenroom.db"


@pytest.fixture(scope="session")
async def postgres_database(anyio_backend: str, postgres_url: str) -> AsyncIterator[str]:
    """A migrated PostgreSQL database to empty."""
    url = postgres.new_database(postgres_url)
    await migrated(url)
    yield url
    postgres.drop_database(postgres_url, url)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_file"), tmp_path / "greenroom.db")
        return sqlite_url(tmp_path)
    url: str = request.getfixturevalue("postgres_database")
    postgres.empty(url)
    return url


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def store(database_url: str, clock: ManualClock) -> AsyncIterator[Store]:
    async with running(new_store(database_url, clock)) as started:
        yield started


@pytest.fixture
async def second(database_url: str, store: Store, clock: ManualClock) -> AsyncIterator[Store]:
    """Another process at the same database; a file has only one, which then does both."""
    if store.database.single_process:
        yield store
        return
    beside = new_store(database_url, clock, NamedIds("second"), owner="second", caps=store.ledger.caps)
    await beside.start()
    yield beside
    await beside.stop()


@pytest.fixture
async def sqlite_store(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Store]:
    """For what only a file has."""
    async with running(new_store(sqlite_url(tmp_path), clock)) as started:
        yield started
