"""Background loops: do what is due, then wait for a kick or a while. A failing round is logged and tried again."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

log = structlog.get_logger(__name__)

FAILURE_WAITS = (0.2, 0.5, 1.0, 2.0, 3.0)  # short beside a lease, so that an outage does not cost what it guards


class Watch(Protocol):
    """Told of every round: whose, and how long it took."""

    def __call__(self, loop: str, seconds: float, *, failed: bool) -> None: ...


class Loop:
    """Runs `round` until it reports nothing done, then sleeps `interval` seconds or until `kick()`.

    A loop that keeps to its own time takes no kicks. One that seldom has anything to do rests after each round: kicks
    meanwhile come to one, `rest` seconds after the last round's end.
    """

    def __init__(
        self,
        name: str,
        round_: Callable[[], Awaitable[int]],
        interval: float,
        *,
        takes_kicks: bool = True,
        rest: float = 0.0,
    ) -> None:
        self.name = name
        self._round = round_
        self._interval = interval
        self._takes_kicks = takes_kicks
        self._rest = rest
        self._kicked = asyncio.Event()
        self.failures = 0
        self.watch: Watch | None = None

    def kick(self) -> None:
        """There may be something to do now."""
        if self._takes_kicks:
            self._kicked.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._kicked.clear()
            if not await self._one():
                if self._rest:
                    await asyncio.sleep(self._rest)
                await self._wait(self._interval)

    async def _one(self) -> int:
        """One round; a failure is logged, waited out and counted, never fatal."""
        began = time.monotonic()
        try:
            done = await self._round()
        except Exception as error:
            self._tell(began, failed=True)
            self.failures += 1
            log.exception("round_failed", loop=self.name, error=type(error).__name__, failures=self.failures)
            await asyncio.sleep(FAILURE_WAITS[min(self.failures, len(FAILURE_WAITS)) - 1])
            return 1
        self._tell(began, failed=False)
        self.failures = 0
        return done

    def _tell(self, began: float, *, failed: bool) -> None:
        if self.watch is not None:
            self.watch(self.name, time.monotonic() - began, failed=failed)

    async def _wait(self, seconds: float) -> None:
        # Not `wait_for`: in Python 3.11 that loses a cancellation which comes together with a kick.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._kicked.wait()
