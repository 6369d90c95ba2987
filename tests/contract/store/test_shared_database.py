"""A second process beside the one that serves: it works on the same rows and takes nothing away."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from agent.records import TurnState
from bot.store import Store
from bot.store.database import DatabaseUnsuitable
from bot.store.overview import Filter, Kind
from bot.store.schema import migration
from bot.store.shared import SharedDatabase
from tests.support.clock import ManualClock
from tests.support.ids import CountingIds
from tests.support.store_steps import everything, open_turn, sqlite_url


def beside(url: str, clock: ManualClock) -> Store:
    """The operator's store."""
    return Store(SharedDatabase(url, clock, "operator"), clock, CountingIds(), 60.0)


async def test_it_opens_while_another_process_serves_and_changes_nothing(
    store: Store, database_url: str, clock: ManualClock
) -> None:
    await open_turn(store)
    before, second = await everything(store), beside(database_url, clock)
    await second.start()
    assert len(await second.overview.list(Kind.TURN, Filter())) == 1
    await second.stop()
    assert await everything(store) == before


async def test_the_serving_process_sees_what_the_operator_did(
    store: Store, database_url: str, clock: ManualClock
) -> None:
    _, turn = await open_turn(store)
    second = beside(database_url, clock)
    await second.start()
    await second.interventions.give_up(Kind.TURN, turn.id)
    await second.stop()
    found = await store.turns.turn_of_row(turn.inbox_id)
    assert found is not None
    assert found.state is TurnState.FAILED


@pytest.mark.parametrize(
    ("change", "word"),
    [(sa.insert(migration).values(name="999-later", applied_at=0.0), "newer"), (sa.delete(migration), "older")],
)
async def test_another_version_of_the_database_is_refused(
    sqlite_store: Store, tmp_path: Path, clock: ManualClock, change: sa.Executable, word: str
) -> None:
    async with sqlite_store.database.transaction("test") as connection:
        await connection.execute(change)
    with pytest.raises(DatabaseUnsuitable, match=word):
        await beside(sqlite_url(tmp_path), clock).start()


async def test_a_missing_file_is_refused_and_not_made(tmp_path: Path, clock: ManualClock) -> None:
    with pytest.raises(DatabaseUnsuitable, match="no Greenroom database"):
        await beside(sqlite_url(tmp_path), clock).start()
    assert not (tmp_path / "greenroom.db").exists()


async def test_a_file_without_our_tables_is_refused(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "greenroom.db").touch()
    with pytest.raises(DatabaseUnsuitable, match="no Greenroom database"):
        await beside(sqlite_url(tmp_path), clock).start()
