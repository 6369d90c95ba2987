"""Where a process can be killed: before and after every commit that changes something and every call outside.

The points are found by wrapping the one way to commit and the two ways to send a request, not by a list: whatever
the product does, it cannot do it without passing one.
"""

from __future__ import annotations

import os
import re
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import httpx2
import sqlalchemy as sa

from bot.store.database import Database

ID = re.compile(r"/(?:[0-9a-f]{32}|[0-9A-Z]{24})(?=[/ ])")


class Points:
    """Writes each point to a file the moment it is reached, and kills the process at one of them.

    `kill_at` is a label and which of its occurrences (from 1): what happens in parallel happens in no fixed order,
    so a place is named by what it is and not by how much came before it. An id of HeyGen's in it may be left out.
    """

    def __init__(self, journal: Path, kill_at: tuple[str, int] | None) -> None:
        self._file = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._kill_at = kill_at
        self._counts: Counter[str] = Counter()

    def reach(self, label: str) -> None:
        """This point is reached; may not return."""
        os.write(self._file, f"{label}\n".encode())
        for name in {label, ID.sub("", label)}:
            self._counts[name] += 1
            if self._kill_at == (name, self._counts[name]):
                os.kill(os.getpid(), signal.SIGKILL)


def wrap(points: Points) -> None:
    """Put the points around every commit and every request of this process. Irrevocable."""
    _wrap_commits(points)
    _wrap_httpx2(points)
    _wrap_aiohttp(points)


def _wrap_commits(points: Points) -> None:
    original = Database.transaction

    @asynccontextmanager
    async def transaction(self: Database, name: str, **how: bool) -> AsyncIterator[Any]:
        changed = False
        async with original(self, name, **how) as connection:
            before = await _changes(connection)
            yield connection
            changed = await _changes(connection) != before
            if changed:
                points.reach(f"commit {name} before")
        if changed:
            points.reach(f"commit {name} after")

    Database.transaction = transaction  # type: ignore[method-assign]


async def _changes(connection: Any) -> int:
    """Rises when this transaction changes something: a claim that found nothing is no point."""
    if connection.dialect.name == "postgresql":
        return int(await connection.scalar(sa.text("select pg_current_xact_id_if_assigned() is not null")))
    raw = await connection.get_raw_connection()
    return int(raw.driver_connection.total_changes)


def _wrap_httpx2(points: Points) -> None:
    original = httpx2.AsyncHTTPTransport.handle_async_request

    async def handle(self: Any, request: httpx2.Request) -> httpx2.Response:
        label = f"call {request.method} {request.url.path}"
        points.reach(f"{label} before")
        response = await original(self, request)
        points.reach(f"{label} after")
        return response

    httpx2.AsyncHTTPTransport.handle_async_request = handle  # type: ignore[method-assign]


def _wrap_aiohttp(points: Points) -> None:
    original = aiohttp.ClientSession._request

    async def request(self: Any, method: str, url: Any, **options: Any) -> Any:
        label = f"call {method.upper()} {urlsplit(str(url)).path}"
        points.reach(f"{label} before")
        response = await original(self, method, url, **options)
        points.reach(f"{label} after")
        return response

    aiohttp.ClientSession._request = request  # type: ignore[method-assign, assignment]
