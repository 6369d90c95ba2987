"""Waiting that always ends: the first of several, and at most so long on a clock that tests can move."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Clock(Protocol):
    """Time, injected so that tests can move it."""

    def now(self) -> float:
        """Seconds; it does not go backwards."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of this clock."""
        ...


async def first_of(*racers: Coroutine[Any, Any, T]) -> T:
    """What the first of `racers` to finish returns or raises. The others are cancelled, and gone on return."""
    tasks = [asyncio.ensure_future(racer) for racer in racers]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _cancel(tasks)
    return next(task for task in tasks if task in done).result()


async def _cancel(tasks: list[asyncio.Task[T]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def within(clock: Clock, seconds: float, work: Awaitable[T]) -> T:
    """What `work` gives; `TimeoutError` when it takes longer than `seconds`."""

    async def finish() -> T:
        return await work

    async def expire() -> T:
        await clock.sleep(seconds)
        raise TimeoutError

    return await first_of(finish(), expire())
