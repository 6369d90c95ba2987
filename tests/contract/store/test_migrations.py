"""Every database ever released becomes today's schema."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store import migrations
from bot.store.database import Database
from bot.store.schema import metadata, migration
from tests.support.clock import ManualClock
from tests.support.store_steps import sqlite_url

RELEASED = sorted(Path(__file__).parent.glob("schemas/*.sql"))


def described(connection: sa.Connection) -> dict[str, Any]:
    """What a schema consists of, without the order of its columns."""
    inspector = sa.inspect(connection)
    return {
        table: {
            "columns": {c["name"]: (str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)},
            "key": inspector.get_pk_constraint(table)["constrained_columns"],
            "unique": sorted(sorted(u["column_names"]) for u in inspector.get_unique_constraints(table)),
            "indexes": sorted((i["name"] or "", i["column_names"]) for i in inspector.get_indexes(table)),
            "refers": sorted(
                (k["constrained_columns"], k["referred_table"]) for k in inspector.get_foreign_keys(table)
            ),
        }
        for table in inspector.get_table_names()
    }


def wanted() -> dict[str, Any]:
    """The schema as the tables declare it."""
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
        schema = described(connection)
    engine.dispose()
    return schema


async def migrated(folder: Path, clock: ManualClock) -> dict[str, Any]:
    database = Database(sqlite_url(folder), clock, "first")
    await database.start()
    async with database.reading() as connection:
        schema = await connection.run_sync(described)
    await database.stop()
    return schema


def old_database(folder: Path, script: Path) -> None:
    connection = sqlite3.connect(folder / "greenroom.db")
    connection.executescript(script.read_text())
    connection.close()


async def test_an_empty_file_gets_todays_schema(tmp_path: Path, clock: ManualClock) -> None:
    assert await migrated(tmp_path, clock) == wanted()


@pytest.mark.parametrize("script", RELEASED, ids=lambda path: path.stem)
async def test_a_released_schema_becomes_todays(tmp_path: Path, clock: ManualClock, script: Path) -> None:
    old_database(tmp_path, script)
    assert await migrated(tmp_path, clock) == wanted()


async def test_migrating_again_changes_nothing(tmp_path: Path, clock: ManualClock) -> None:
    await migrated(tmp_path, clock)
    before = (tmp_path / "greenroom.db").read_bytes()
    await migrated(tmp_path, clock)
    assert (tmp_path / "greenroom.db").read_bytes() == before


async def test_what_was_applied_is_recorded(tmp_path: Path, clock: ManualClock) -> None:
    database = Database(sqlite_url(tmp_path), clock, "first")
    await database.start()
    async with database.reading() as connection:
        rows = [tuple(row) for row in await connection.execute(sa.select(migration))]
    await database.stop()
    assert rows == [(name, clock.now()) for name, _ in migrations.MIGRATIONS]


async def test_an_interrupted_migration_is_done_again(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(connection: sa.Connection) -> None:
        migrations.create_missing_tables(connection)
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", [("001-tables", interrupted)])
        with pytest.raises(RuntimeError, match="killed"):
            await migrated(tmp_path, clock)
    assert await migrated(tmp_path, clock) == wanted()


def test_the_names_of_migrations_are_unique_and_in_order() -> None:
    names = [name for name, _ in migrations.MIGRATIONS]
    assert names == sorted(set(names))


def test_there_is_a_released_schema_to_start_from() -> None:
    assert [path.stem for path in RELEASED][:1] == ["001"]
