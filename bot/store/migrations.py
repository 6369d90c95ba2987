"""How a database of any earlier version becomes today's: an ordered list, each entry applied once.

A migration is one transaction and finds out by itself what is missing, so that one which was interrupted, or meets
a database that `create_all` has just built, does no harm. Released entries are never changed; new ones go to the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import schema

if TYPE_CHECKING:
    from bot.store.database import Database

Migration = Callable[[sa.Connection], None]


def create_missing_tables(connection: sa.Connection) -> None:
    """Create every table that is not there yet, with its indexes."""
    schema.metadata.create_all(connection, checkfirst=True)


def add_missing_columns(connection: sa.Connection, tables: Sequence[sa.Table] = ()) -> None:
    """Add every column that `tables` (all, without any) do not have yet; each has a default or may be missing."""
    inspector = sa.inspect(connection)
    for table in tables or schema.metadata.sorted_tables:
        known = {column["name"] for column in inspector.get_columns(table.name)}
        for column in table.columns:
            if column.name not in known:
                definition = sa.schema.CreateColumn(column).compile(dialect=connection.dialect)
                connection.execute(sa.text(f"ALTER TABLE {table.name} ADD COLUMN {definition}"))


def add_money(connection: sa.Connection) -> None:
    """Quotes, approvals, the ledger, the audit log and roles.

    What was on its way before there were approvals needed none: it goes on. One that has not been tried yet is quoted
    first, as any request whose quote is old, and then asks.
    """
    create_missing_tables(connection)
    add_missing_columns(connection)
    agreed = "UPDATE submission SET approved_hash = arguments_hash WHERE approved_hash IS NULL AND state IN ({})"
    connection.execute(sa.text(agreed.format("'intended', 'sending'")))


def add_erasures(connection: sa.Connection) -> None:
    """Deletions under way, and an index that deleting needs."""
    create_missing_tables(connection)
    for table in schema.metadata.sorted_tables:
        for index in table.indexes:
            index.create(connection, checkfirst=True)


def add_live_sessions(connection: sa.Connection) -> None:
    """Live sessions, what was said in them, what Slack wants of them, and the passes into them."""
    create_missing_tables(connection)
    add_missing_columns(connection)


def add_batches(connection: sa.Connection) -> None:
    """Batches, and which requests and jobs belong to one."""
    create_missing_tables(connection)
    add_missing_columns(connection)


def add_assets(connection: sa.Connection) -> None:
    """Files on their way to HeyGen."""
    schema.asset.create(connection, checkfirst=True)


def add_video_agents(connection: sa.Connection) -> None:
    """Sessions with video agents, and what they are told."""
    schema.agent_session.create(connection, checkfirst=True)
    schema.agent_answer.create(connection, checkfirst=True)


def add_formats(connection: sa.Connection) -> None:
    """Which version can read what stands in a conversation."""
    add_missing_columns(connection, (schema.lane, schema.inbox, schema.item))


def add_programs(connection: sa.Connection) -> None:
    """Conversations of programs, and which of them has spent what."""
    schema.program.create(connection, checkfirst=True)
    add_missing_columns(connection)


def add_schedules(connection: sa.Connection) -> None:
    """Requests that become due later."""
    schema.schedule.create(connection, checkfirst=True)


def add_installations(connection: sa.Connection) -> None:
    """Where the app is installed besides the settings' workspace, and which accounts workspaces have connected."""
    schema.installation.create(connection, checkfirst=True)
    schema.oauth_state.create(connection, checkfirst=True)
    schema.credential.create(connection, checkfirst=True)
    add_missing_columns(connection, (schema.workspace,))


def add_talk(connection: sa.Connection) -> None:
    """How people want us to talk, and what they thought of answers."""
    for table in (schema.talk_setting, schema.channel_policy, schema.thread_talk, schema.feedback):
        table.create(connection, checkfirst=True)


def add_memory(connection: sa.Connection) -> None:
    """Summaries of long threads, and facts that people asked to keep."""
    schema.digest.create(connection, checkfirst=True)
    schema.fact.create(connection, checkfirst=True)


def add_choices(connection: sa.Connection) -> None:
    """LiveAvatar accounts of workspaces, and who speaks where nobody is named."""
    schema.live_account.create(connection, checkfirst=True)
    schema.usual_speaker.create(connection, checkfirst=True)


MIGRATIONS: list[tuple[str, Migration]] = [
    ("001-tables", create_missing_tables),
    ("002-money", add_money),
    ("003-erasures", add_erasures),
    ("004-live-sessions", add_live_sessions),
    ("005-batches", add_batches),
    ("006-assets", add_assets),
    ("007-video-agents", add_video_agents),
    ("008-formats", add_formats),
    ("009-memory", add_memory),
    ("010-schedules", add_schedules),
    ("011-installations", add_installations),
    ("012-talk", add_talk),
    ("014-programs", add_programs),
    ("015-choices", add_choices),
]


async def migrate(database: Database) -> None:
    """Apply what has not been applied yet; safe to call from several processes at once."""
    if await _all_applied(database):
        return
    for name, function in MIGRATIONS:
        async with database.transaction("migrations.apply") as connection:
            await database.exclude_migrations(connection)
            await _apply(database, connection, name, function)


async def _all_applied(database: Database) -> bool:
    """As it is at nearly every start: one look, instead of a lock and a transaction for each entry."""
    async with database.reading() as connection:
        if not await connection.run_sync(lambda own: sa.inspect(own).has_table(schema.migration.name)):
            return False
        applied = await connection.scalars(sa.select(schema.migration.c.name))
        return {name for name, _ in MIGRATIONS} <= set(applied)


async def _apply(database: Database, connection: AsyncConnection, name: str, function: Migration) -> None:
    await connection.run_sync(schema.migration.create, checkfirst=True)
    applied = await connection.scalar(sa.select(schema.migration.c.name).where(schema.migration.c.name == name))
    if applied is None:
        await connection.run_sync(function)
        values = {"name": name, "applied_at": await database.now(connection)}
        await connection.execute(sa.insert(schema.migration).values(values))
