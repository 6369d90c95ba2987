"""What works by itself in a process, from its start to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from bot.app_live import Live
from bot.lane_worker import LaneWorker
from bot.loops import Loop

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 10.0
CANCEL_SECONDS = 5.0  # what a loop that ends may still have to give back
BEGINNING = frozenset({"lanes", "schedules"})  # loops that begin turns, which may take minutes
HEARING = "notifications"


class Background:
    """The loops of a process, the conversations they have begun, and its live sessions.

    `hand_over`: whether another process could go on with live sessions; it is asked when this one has gone quiet.
    A loop that has not ended `patience` seconds after it was cancelled is cancelled again.
    """

    def __init__(
        self,
        loops: Sequence[Loop],
        worker: LaneWorker,
        live: Live,
        hand_over: Callable[[], Awaitable[bool]],
        patience: float = CANCEL_SECONDS,
    ) -> None:
        self._loops = loops
        self._worker = worker
        self._live = live
        self._hand_over = hand_over
        self._patience = patience
        self._tasks: list[asyncio.Task[None]] = []
        self.draining = False

    def start(self) -> None:
        """Run the loops until the end."""
        self._tasks = [asyncio.create_task(loop.run(), name=loop.name) for loop in self._loops]

    async def drain(self, seconds: float) -> None:
        """Begin nothing more; let turns come to their end for a while, and live sessions for about `seconds`."""
        self.draining = True
        log.info("draining", live_seconds=seconds)
        await self._cancel(BEGINNING | {HEARING})
        async with asyncio.TaskGroup() as group:
            group.create_task(self._worker.stop(min(seconds, DRAIN_SECONDS)))
            group.create_task(self._drain_live(seconds))
        log.info("drained")

    async def _drain_live(self, seconds: float) -> None:
        """Others could only be asked about a moment ago, so a doubt ends a session with a word."""
        others = self._live.sessions > 0 and await self._hand_over()
        await self._live.drain(seconds, hand_over=others)

    async def end(self) -> None:
        """Let turns come to a checkpoint within a bound, end what runs live, then stop the loops."""
        await self._cancel(BEGINNING)
        await self._worker.stop(DRAIN_SECONDS)
        await self._live.drain(0.0)
        await self._cancel(frozenset(loop.name for loop in self._loops))

    async def _cancel(self, names: frozenset[str]) -> None:
        """End these loops, however often that has to be said: Python 3.11 loses a cancellation now and then.

        `asyncio.wait_for`, which libraries call, swallows one that comes at the moment in which its own wait ends.
        """
        tasks = [task for task in self._tasks if task.get_name() in names]
        waiting = set(tasks)
        while waiting:
            for task in waiting:
                task.cancel()
            _, waiting = await asyncio.wait(waiting, timeout=self._patience)
        await asyncio.gather(*tasks, return_exceptions=True)
