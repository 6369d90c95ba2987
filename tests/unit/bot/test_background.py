"""A process ends although a loop of its has not heard that it is to end."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.background import Background
from bot.loops import Loop


class Quiet:
    """Conversations and live sessions of which there are none."""

    sessions = 0

    async def stop(self, seconds: float) -> None:
        pass

    async def drain(self, seconds: float, **how: Any) -> None:
        pass


class Deaf:
    """A round that loses its first cancellation, as a library may."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.heard = 0

    async def __call__(self) -> int:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.heard += 1
            if self.heard > 1:
                raise
        return 0


async def nobody() -> bool:
    return False


async def test_a_lost_cancellation_is_said_again() -> None:
    quiet: Any = Quiet()
    deaf = Deaf()
    background = Background([Loop("deliveries", deaf, 60.0)], quiet, quiet, nobody, patience=0.01)
    background.start()
    await deaf.begun.wait()
    async with asyncio.timeout(10):
        await background.end()
    assert deaf.heard == 1
