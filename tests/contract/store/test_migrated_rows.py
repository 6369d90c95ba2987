"""What a database of the first version held goes on after the migrations, on both databases."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from agent.money import Period, Scope
from agent.records import DeliveryState, JobState, SubmissionState, TurnState
from bot.store import Store
from bot.store.ledger import Spender
from bot.store.migrations import MIGRATIONS
from bot.store.schema import migration
from tests.contract.store.test_migrations import described
from tests.support import postgres
from tests.support.clock import ManualClock
from tests.support.store_steps import (
    APPROVAL,
    PRICE,
    approve,
    book,
    end_jobs,
    everything,
    new_store,
    quote,
    sqlite_url,
)

pytestmark = pytest.mark.full

SCHEMAS = Path(__file__).parent / "schemas"
ROWS = SCHEMAS / "rows/001.sql"
STATES = ("intended", "sending", "sent", "refused", "unknown")
JOBS = {"intended": "waiting", "sending": "waiting", "sent": "running", "refused": "failed", "unknown": "unknown"}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.full)])
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the first version with something in it."""
    if request.param == "sqlite":
        (tmp_path / "old").mkdir()
        connection = sqlite3.connect(tmp_path / "old/greenroom.db")
        connection.executescript((SCHEMAS / "001.sql").read_text() + ROWS.read_text())
        connection.close()
        yield sqlite_url(tmp_path / "old")
        return
    server: str = request.getfixturevalue("postgres_url")
    url = postgres.new_database(server)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute((SCHEMAS / "postgresql/001.sql").read_text())  # type: ignore[arg-type]
        connection.execute(ROWS.read_text())  # type: ignore[arg-type]
    yield url
    postgres.drop_database(server, url)


@pytest.fixture
async def old(old_url: str, clock: ManualClock) -> AsyncIterator[Store]:
    store = new_store(old_url, clock)
    await store.start()
    yield store
    await store.stop()


async def schema(store: Store) -> dict[str, Any]:
    async with store.database.reading() as connection:
        found: dict[str, Any] = await connection.run_sync(described)
    return found


@pytest.fixture
async def new(old: Store, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """A new database of the same kind."""
    if old.database.single_process:
        url = sqlite_url(tmp_path / "new")
    else:
        url = postgres.new_database(request.getfixturevalue("postgres_url"))
    store = new_store(url, ManualClock())
    await store.start()
    yield store
    await store.stop()
    if not old.database.single_process:
        postgres.drop_database(request.getfixturevalue("postgres_url"), url)


async def test_the_tables_are_those_of_a_new_database(old: Store, new: Store) -> None:
    assert await schema(old) == await schema(new)


async def test_every_row_is_still_there_as_it_was(old: Store) -> None:
    assert [(await old.jobs.submission(f"s-{state}")).state for state in STATES] == [
        SubmissionState(one) for one in STATES
    ]
    jobs = {job.submission_id: job.state for job in await old.jobs.conversation_jobs("c1")}
    assert jobs == {f"s-{state}": JobState(job) for state, job in JOBS.items()}
    turn = await old.turns.turn_of_row("Ev1")
    assert turn is not None
    assert (turn.state, turn.tainted) == (TurnState.RUNNING, False)
    card = await old.deliveries.find("card:s-sent")
    assert card is not None
    assert (card.state, card.ts) == (DeliveryState.POSTED, "2.3")


PEOPLES = (Scope.WORKSPACE, Scope.CHANNEL, Scope.PERSON)  # a program has none here


async def test_nothing_is_booked_for_what_was_there_before(old: Store) -> None:
    rows = await everything(old)
    assert all(not rows[name] for name in ("ledger", "wallet_reading", "audit", "role_member"))
    spent = await old.ledger.usage(Spender("T1", "C1", "U1"))
    assert {(one.scope, one.period): one.used for one in spent} == {(s, p): 0 for s in PEOPLES for p in Period}


@pytest.mark.parametrize("state", ["intended", "sending"])
async def test_what_was_on_its_way_goes_on(old: Store, state: str) -> None:
    claimed = await old.jobs.claim_submission(f"s-{state}")
    assert claimed is not None
    sending = await old.jobs.mark_sending(claimed[0])
    assert sending is not None
    assert (sending.key, sending.attempts) == (f"k-{state}", 2)
    await old.jobs.record_sent(claimed[0], ["p9"])


async def test_what_had_not_been_sent_may_ask_for_its_first_approval(old: Store, clock: ManualClock) -> None:
    claimed = await old.jobs.claim_submission("s-intended")
    assert claimed is not None
    await old.jobs.ask_again(claimed[0], quote(1), expires_at=clock.now() + APPROVAL)
    await approve(old, await old.jobs.submission("s-intended"))
    assert sum(amount for _, amount, _ in await book(old, "s-intended")) == PRICE


async def test_what_ran_ends_without_a_charge_nobody_agreed_to(old: Store) -> None:
    await end_jobs(old, [JobState.SUCCEEDED], duration=20.0)
    assert (await old.jobs.job("j-sent")).state is JobState.SUCCEEDED
    assert await book(old, "s-sent") == []


async def test_what_was_on_its_way_can_be_cancelled(old: Store) -> None:
    done = [await old.cancellations.cancel(f"s-{state}", actor="U1") for state in ("intended", "sending", "sent")]
    assert [(len(one.dropped), len(one.unwanted)) for one in done] == [(1, 0), (0, 1), (0, 1)]


async def test_a_second_start_changes_nothing(old: Store, clock: ManualClock) -> None:
    before = await everything(old)
    async with old.database.reading() as connection:
        applied = list(await connection.scalars(sa.select(migration.c.name)))
    assert applied == [name for name, _ in MIGRATIONS]
    await old.stop()
    clock.advance(60)
    await old.start()
    assert await everything(old) == before
