"""What PostgreSQL is asked for, where it differs from SQLite. Compiled, not run: no server is needed."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from bot.store.database import Database
from bot.store.schema import Words, job, lane, metadata
from tests.support.clock import ManualClock

POSTGRES = Database("postgresql://host/name", ManualClock(), "first")
SQLITE = Database("sqlite:///somewhere.db", ManualClock(), "first")
POSTGRES_SQL: sa.Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
SQLITE_SQL: sa.Dialect = sqlite.dialect()


def sql(statement: sa.ClauseElement, dialect: sa.Dialect) -> str:
    return " ".join(str(statement.compile(dialect=dialect)).split())


def test_postgres_passes_over_rows_that_others_are_claiming() -> None:
    assert sql(POSTGRES.claimable(sa.select(lane.c.id)), POSTGRES_SQL).endswith("FOR NO KEY UPDATE SKIP LOCKED")


def test_postgres_locks_the_rows_it_checks() -> None:
    assert sql(POSTGRES.locked(sa.select(lane.c.id)), POSTGRES_SQL).endswith("FOR NO KEY UPDATE")


def test_sqlite_needs_no_row_locks() -> None:
    select = sa.select(lane.c.id)
    assert SQLITE.claimable(select) is select
    assert SQLITE.locked(select) is select


@pytest.mark.parametrize(
    ("database", "dialect"), [(POSTGRES, POSTGRES_SQL), (SQLITE, SQLITE_SQL)], ids=["postgres", "sqlite"]
)
def test_both_know_conflicts(database: Database, dialect: sa.Dialect) -> None:
    insert = database.insert(lane).values(id="c1").on_conflict_do_nothing(index_elements=["id"])
    assert "ON CONFLICT (id) DO NOTHING" in sql(insert, dialect)


def test_the_short_name_of_postgres_is_known_too() -> None:
    assert not Database("postgres://host/name", ManualClock(), "first").single_process


def test_only_sqlite_has_the_database_to_itself() -> None:
    assert (SQLITE.single_process, POSTGRES.single_process) == (True, False)


BEFORE_ANY_WORKSPACE = {"migration", "oauth_state"}  # who begins to install has no workspace yet


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_postgres_can_create_every_table(table: sa.Table) -> None:
    assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=POSTGRES_SQL))
    assert all(str(CreateIndex(index).compile(dialect=POSTGRES_SQL)) for index in table.indexes)


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_has_its_workspace(table: sa.Table) -> None:
    assert table.name in BEFORE_ANY_WORKSPACE or not table.c.workspace_id.nullable


def test_times_keep_their_fractions() -> None:
    assert "due_at DOUBLE PRECISION" in str(CreateTable(job).compile(dialect=POSTGRES_SQL))


@pytest.mark.parametrize(("text", "stored"), [("a\x00b", "a\ufffdb"), ("a\ud800b", "a?b"), ("naïve 🎬", "naïve 🎬")])
def test_text_that_postgres_would_refuse_is_stored_with_a_stand_in(text: str, stored: str) -> None:
    assert Words().process_bind_param(text, POSTGRES_SQL) == stored
