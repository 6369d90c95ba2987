"""What a deletion leaves in files: SQLite's log holds pages as they were before, until it is emptied."""

from __future__ import annotations

import asyncio
import sqlite3

import structlog

from bot.store.database import Database

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 1.0  # for readers who still look at older pages; who writes waits as long


async def clear_log(database: Database) -> bool:
    """Empty SQLite's write-ahead log into its file, where deleted content is overwritten; whether that worked.

    False when somebody was reading all the while: the next call does it. PostgreSQL overwrites by itself (autovacuum).
    """
    if database.url.get_backend_name() != "sqlite" or not database.url.database:
        return True
    emptied = await asyncio.to_thread(_truncate, database.url.database)
    if not emptied:
        log.warning("log_not_emptied")
    return emptied


def _truncate(file: str) -> bool:
    connection = sqlite3.connect(file, isolation_level=None, timeout=PATIENCE_SECONDS)
    try:
        busy: int = connection.execute("pragma wal_checkpoint(truncate)").fetchone()[0]
    except sqlite3.OperationalError:  # it is being written to
        return False
    finally:
        connection.close()
    return not busy
