"""Holding a session: its lease, and one write at a time under it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from agent.live.ports import LiveStore
from agent.live.records import LiveAccess, LiveSession
from agent.records import Lease

T = TypeVar("T")


class Tenure:
    """One session's lease in this process.

    A viewer who comes again raises the epoch. Nothing is written meanwhile, so this process never loses a session to
    itself.
    """

    def __init__(self, store: LiveStore, lease: Lease) -> None:
        self._store = store
        self._lock = asyncio.Lock()
        self.lease = lease

    @property
    def session_id(self) -> str:
        """Which session."""
        return self.lease.id

    async def write(self, change: Callable[[Lease], Awaitable[T]]) -> T:
        """What `change` gives, under the lease of the moment; `LeaseLost` when it is somebody else's."""
        async with self._lock:
            return await change(self.lease)

    async def join_again(self, user_id: str) -> tuple[LiveSession, LiveAccess | None] | None:
        """A viewer comes (again); None when they may not."""
        async with self._lock:
            joined = await self._store.join(self.lease.id, user_id)
            if joined is None:
                return None
            self.lease, session, access = joined
            return session, access
