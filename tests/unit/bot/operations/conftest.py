"""A database with one of everything, as a command line finds it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.errors import ModelError
from agent.records import JobState, TurnState
from agent.sentences import for_model_error
from bot.clock import RandomIds
from bot.settings import Settings
from bot.store import Store
from bot.store.overview import Filter, Kind
from bot.store.turns import turn_id_of
from tests.support.clock import ManualClock
from tests.support.logs import fresh_logs
from tests.support.store_steps import end_jobs, new_store, open_turn, run_jobs, running, sqlite_url

Ids = dict[Kind, str]


@pytest.fixture(autouse=True)
def _command_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No settings but the database, and logs that leave no trace."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("DATABASE_URL", sqlite_url(tmp_path))
    with fresh_logs():
        yield


async def seed(url: str) -> Ids:
    """A turn that failed, and later one that runs, with an unknown job; returns the ids of the latter."""
    clock = ManualClock(time.time() - 7_200)
    async with running(new_store(url, clock, RandomIds())) as store:  # type: ignore[arg-type]  # ids are ids
        await fail_turn(store)
        clock.advance(6_600)
        await run_jobs(store, "German")
        await end_jobs(store, [JobState.UNKNOWN])
        rows = {kind: await store.overview.list(kind, Filter()) for kind in Kind}
    return {kind: found[0]["id"] for kind, found in rows.items()}


async def fail_turn(store: Store) -> None:
    """A turn fails for want of credit, and its requester is told."""
    lease, turn = await open_turn(store, "Ev0", thread_ts="0.5")
    sorry = for_model_error(ModelError("quota", retryable=False), turn.id)
    told = await store.turns.finish_turn(lease, turn.id, state=TurnState.FAILED, reply=sorry, error="quota")
    held = await store.deliveries.held(told or "")
    assert held is not None
    await store.deliveries.mark_sending(held[0])
    await store.deliveries.mark_posted(held[0], "0.6", 1)
    await store.lanes.next_row(lease)


@pytest.fixture
def ids(tmp_path: Path) -> Ids:
    """An id of each kind: a running turn, an unknown job, its sent submission, its closing, which is pending."""
    return asyncio.run(seed(sqlite_url(tmp_path)))


@pytest.fixture
def failed_turn(ids: Ids) -> str:
    """The id of a turn that failed, beside the others."""
    return turn_id_of("Ev0")
