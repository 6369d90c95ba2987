"""One store for each test: SQLite in a file of its own, and PostgreSQL where `--postgres-url` names one."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store import Store
from tests.support.clock import ManualClock
from tests.support.store_steps import new_store, running, sqlite_url


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_url" in metafunc.fixturenames:
        postgres = metafunc.config.getoption("--postgres-url", default=None)
        kinds = ["sqlite", *(["postgres"] if postgres else [])]
        metafunc.parametrize("database_url", kinds, indirect=True)


@pytest.fixture(scope="session")
async def empty_database(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: making the tables takes longer than most tests."""
    folder = tmp_path_factory.mktemp("empty")
    store = new_store(sqlite_url(folder), ManualClock())
    await store.start()
    await store.stop()
    return folder / "greenroom.db"


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path, empty_database: Path) -> str:
    if request.param == "sqlite":
        shutil.copy(empty_database, tmp_path / empty_database.name)
        return sqlite_url(tmp_path)
    return str(request.config.getoption("--postgres-url"))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def store(database_url: str, clock: ManualClock) -> AsyncIterator[Store]:
    async with running(new_store(database_url, clock)) as started:
        yield started
