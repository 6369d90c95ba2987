"""A look into the application's tables: only to know when to judge, never what to find."""

from __future__ import annotations

import contextlib
import sqlite3

import psycopg

OPEN_POSTS = "select count(*) from delivery where state not in ('posted', 'dead') or posted_version < version"
OPEN_ROWS = "select count(*) from inbox where done_at is null"
OPEN_JOBS = "select count(*) from job where state in ('waiting', 'running')"


UNAPPROVED = "select count(*) from submission where state = 'waiting_approval'"


def quiet(url: str) -> bool:
    """Whether nothing is left to be done."""
    try:
        return sum(_counts(url, OPEN_POSTS, OPEN_ROWS, OPEN_JOBS)) == 0
    except (sqlite3.OperationalError, psycopg.Error):
        return False


def waits_for_approval(url: str) -> bool:
    """Whether one request waits for somebody's word and nothing else is left to be done."""
    try:
        return _counts(url, OPEN_POSTS, OPEN_ROWS, UNAPPROVED) == [0, 0, 1]
    except (sqlite3.OperationalError, psycopg.Error):
        return False


def _counts(url: str, *statements: str) -> list[int]:
    if url.startswith("sqlite"):
        file = url.removeprefix("sqlite:///")
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)) as database:
            return [database.execute(statement).fetchone()[0] for statement in statements]
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        return [(connection.execute(statement).fetchone() or (1,))[0] for statement in statements]
