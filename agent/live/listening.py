"""Handing on what was heard: what every pair of ears shares."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

from agent.live.ears import Heard
from agent.live.errors import EarsError

HEARD_LIMIT = 256


class Outlet:
    """What was heard, until its reader takes it. When nobody reads, the oldest is dropped and counted."""

    def __init__(self, limit: int = HEARD_LIMIT) -> None:
        self._waiting: deque[Heard | EarsError] = deque(maxlen=limit)
        self._changed = asyncio.Event()
        self._closed = False
        self.dropped = 0

    def put(self, heard: Heard | EarsError) -> None:
        """Hand on what was heard, or that something was not."""
        if self._closed:
            return
        if len(self._waiting) == self._waiting.maxlen:
            self.dropped += 1
        self._waiting.append(heard)
        self._changed.set()

    def close(self) -> None:
        """End the reading at once."""
        self._closed = True
        self._waiting.clear()
        self._changed.set()

    async def read(self) -> AsyncGenerator[Heard, None]:
        """See `Ears.heard`."""
        while True:
            while self._waiting:
                heard = self._waiting.popleft()
                if isinstance(heard, EarsError):
                    raise heard
                yield heard
            if self._closed:
                return
            self._changed.clear()
            await self._changed.wait()
