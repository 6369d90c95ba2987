"""Databases from before there were live sessions hold them after a start, and keep what they had."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from agent.live.records import LiveEnd, LiveState
from bot.store import Store
from bot.store.schema import live_command, live_line, live_pass, live_session, metadata, migration
from tests.contract.store.test_migrated_rows import old, old_url
from tests.contract.store.test_migrations import described
from tests.support.live_rows import ACCESS, MINUTE, ask, join, new_session, offer, running, say
from tests.support.store_steps import everything

__all__ = ["old", "old_url"]  # fixtures

LIVE = (live_command, live_line, live_pass, live_session)
NAME = "004-live-sessions"


@pytest.mark.full
async def test_a_conversation_of_the_first_version_can_hold_a_session(old: Store) -> None:
    session = await old.live.open(new_session("c1"))
    lease = await join(old, session)
    await old.live.starting(lease, "p1")
    await old.live.live(lease, ACCESS, usable_seconds=60.0)
    await say(old, lease, "Hello")
    assert await ask(old, lease.id)
    await old.live.closing(lease, LiveEnd.GOODBYE)
    ended = await old.live.stopped(lease, credits=None, seconds=30.0)
    assert (ended.state, ended.handle, ended.charged) == (LiveState.ENDED, "L1", MINUTE)


async def test_a_database_of_the_version_before_gets_the_tables_and_keeps_its_rows(store: Store) -> None:
    await offer(store)
    async with store.database.reading() as connection:
        wanted = await connection.run_sync(described)
    async with store.database.transaction("test.older") as connection:
        for table in LIVE:
            await connection.execute(sa.schema.DropTable(table))
        await connection.execute(sa.delete(migration).where(migration.c.name == NAME))
    rows = {table.name for table in metadata.sorted_tables} - {table.name for table in LIVE} - {"migration"}
    async with store.database.reading() as connection:
        before = {name: list(await connection.execute(sa.select(metadata.tables[name]))) for name in sorted(rows)}
    await store.stop()
    await store.start()
    async with store.database.reading() as connection:
        assert await connection.run_sync(described) == wanted
        assert NAME in set(await connection.scalars(sa.select(migration.c.name)))
    after = await everything(store)
    assert {name: after[name] for name in before} == before
    assert await running(store, "Ev2")
