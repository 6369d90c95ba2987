"""A clock that runs faster than the machine's and can be moved, so that no test waits for the app's pauses."""

from __future__ import annotations

import asyncio
import time

SPEED = 20.0


class QuickClock:
    """The app's clock: `speed` times as fast as the machine's from now on, plus what `advance` adds."""

    def __init__(self, speed: float = SPEED) -> None:
        self._speed = speed
        self._wall = time.time()
        self._begun = time.monotonic()
        self._offset = 0.0
        self._moved = asyncio.Event()

    def now(self) -> float:
        """Unix seconds on this clock."""
        return self._wall + (time.monotonic() - self._begun) * self._speed + self._offset

    def advance(self, seconds: float) -> None:
        """Move forward by `seconds` and wake every sleeper whose time has come."""
        self._offset += seconds
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait until this clock is `seconds` later."""
        until = self.now() + seconds
        while (left := until - self.now()) > 0:
            try:
                await asyncio.wait_for(self._moved.wait(), left / self._speed)
            except TimeoutError:
                return
        await asyncio.sleep(0)
