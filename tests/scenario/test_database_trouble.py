"""The database takes no writes for a while: the disk is full, or somebody else holds it."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from bot import observability
from tests.scenario.stage import Stage
from tests.support.logs import fresh_logs

LONG = "and much more that needs pages of its own, " * 800


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    with fresh_logs():
        observability.configure("warning", json_lines=True)  # drawn tracebacks would hold the loop up
        yield


async def writer(stage: Stage) -> Any:
    """The one connection that writes, as the driver has it."""
    assert stage.app is not None
    async with stage.app.store.database.transaction("test", urgent=True) as connection:
        return (await connection.get_raw_connection()).driver_connection


@contextlib.asynccontextmanager
async def no_room(stage: Stage) -> AsyncIterator[None]:
    """The file cannot grow: the database's own "database or disk is full"."""
    connection = await writer(stage)
    await connection.execute("pragma max_page_count=1")
    yield
    await connection.execute("pragma max_page_count=1000000")


@contextlib.asynccontextmanager
async def no_writes(stage: Stage) -> AsyncIterator[None]:
    """Every write fails, however small."""
    connection = await writer(stage)
    await connection.execute("pragma query_only=on")
    yield
    await connection.execute("pragma query_only=off")


@contextlib.asynccontextmanager
async def held(stage: Stage) -> AsyncIterator[None]:
    """Another program has the database for itself."""
    assert stage.app is not None
    file = str(stage.app.store.database.url.database)
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    await asyncio.to_thread(other.execute, "begin exclusive")
    try:
        yield
    finally:
        await asyncio.to_thread(other.execute, "rollback")
        other.close()


def outlive_leases(stage: Stage) -> None:
    """What was claimed before the trouble and could not be given back is free once its lease has run out."""
    stage.clock.advance(stage.tempo.lease)


def attempts(stage: Stage, ts: str | None = None) -> list[int]:
    """What Slack was answered to its newest event (or that of a message), attempt by attempt; 0 for none in time."""
    about = [one for one in stage.slack.deliveries if ts is None or one.event.get("ts") == ts]
    return about[-1].statuses if about else []


async def taken(stage: Stage, ts: str | None = None) -> None:
    """Have Slack repeat what it has not got rid of, until it has."""
    await stage.wait(lambda: stage.slack.redeliver_now() or attempts(stage, ts)[-1] == 200)
    await stage.wait(lambda: attempts(stage, ts)[-1] == 200)


def failures(stage: Stage) -> int:
    """The most rounds in a row that a loop has failed."""
    assert stage.app is not None
    return max(loop.failures for loop in stage.app.loops)


async def once(stage: Stage, root: str, count: int) -> None:
    """The translation into `count` languages ends once and is paid once."""
    await stage.probe()
    assert (len(stage.closings(root)), len(stage.charges), stage.attempts()) == (1, count, 1)


async def test_an_event_that_finds_no_room_is_refused_and_taken_when_slack_repeats_it(stage: Stage) -> None:
    async with no_room(stage):
        root = stage.ask(LONG)
        await stage.wait(lambda: attempts(stage))
        assert set(attempts(stage)) == {500}
    await taken(stage)
    await stage.reply(root)
    await stage.probe()
    assert len(stage.replies(root)) == 1


@pytest.mark.full
async def test_a_request_that_comes_while_nothing_can_be_written_is_carried_out_once(stage: Stage) -> None:
    async with no_writes(stage):
        root = stage.translate("French")
        await stage.wait(lambda: len(attempts(stage)) >= 2)
        assert set(attempts(stage)) == {500}
    outlive_leases(stage)
    await taken(stage)
    await stage.finish()
    await stage.closing(root, "ready.")
    await once(stage, root, 1)


@pytest.mark.full
async def test_results_that_come_while_nothing_can_be_written_are_told_afterwards(stage: Stage) -> None:
    root = stage.translate("French", "German")
    await stage.card(root, "2 in progress")
    async with no_writes(stage):
        await stage.finish(2)
        await stage.wait(lambda: [r for r in stage.heygen.webhook_deliveries if r.status == 500])
        await stage.wait(lambda: failures(stage) >= 2)
    outlive_leases(stage)
    await stage.closing(root, "all 2 are ready")
    await once(stage, root, 2)


@pytest.mark.full
async def test_a_paid_request_whose_answer_cannot_be_written_down_is_not_paid_again(stage: Stage) -> None:
    stage.heygen.hold_submissions()
    root = stage.translate("French", "German")
    await stage.wait(lambda: stage.attempts() == 1)
    async with no_writes(stage):
        stage.heygen.release_submissions()
        await stage.submitted(2)
        await stage.wait(lambda: failures(stage) >= 2)
    outlive_leases(stage)
    await stage.finish(2)
    await stage.closing(root, "all 2 are ready")
    await stage.probe()
    assert (len(stage.closings(root)), len(stage.charges), len(stage.paid())) == (1, 2, 1)


@pytest.mark.full
async def test_while_another_program_holds_the_database_slack_repeats_and_nothing_is_lost(stage: Stage) -> None:
    async with held(stage):
        root = stage.translate("French")
        await stage.wait(lambda: len(attempts(stage)) >= 2)  # three seconds each, as Slack waits
        assert set(attempts(stage)) == {0}
    outlive_leases(stage)
    await taken(stage)
    await stage.finish()
    await stage.closing(root, "ready.")
    await once(stage, root, 1)


@pytest.mark.full
async def test_results_that_come_while_another_program_holds_the_database_are_told_afterwards(stage: Stage) -> None:
    root = stage.translate("French", "German")
    await stage.card(root, "2 in progress")
    await stage.reply(root)
    async with held(stage):
        await stage.finish(2)
        root_of_another = stage.ask("hello", user="bob")
        await stage.wait(lambda: attempts(stage, root_of_another) == [0, 0])
        assert not stage.closings(root)
    outlive_leases(stage)
    await taken(stage, root_of_another)
    await stage.closing(root, "all 2 are ready")
    await stage.reply(root_of_another)
    await once(stage, root, 2)
