"""A clock that only moves when a test says so."""

from __future__ import annotations

import asyncio
import heapq
import itertools

START = 1_800_000_000.0


class ManualClock:
    """Stands still until `advance`; sleepers wake in the order of their deadlines."""

    def __init__(self, now: float = START) -> None:
        self._now = now
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        """Unix seconds on this clock."""
        return self._now

    @property
    def sleeping(self) -> int:
        """How many sleepers wait for a later time."""
        return len(self.waits)

    @property
    def waits(self) -> list[float]:
        """How many seconds each of them waits still."""
        return [deadline - self._now for deadline, _, future in self._sleepers if not future.done()]

    def advance(self, seconds: float) -> None:
        """Move forward by `seconds` and wake everybody whose time has come."""
        self._now += seconds
        while self._sleepers and self._sleepers[0][0] <= self._now:
            _, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been advanced by `seconds`."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), future))
        await future
