"""Stops a turn that is not wanted any more: between its steps, and while the model is still talking."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from agent.ports import Clock, TurnStore
from agent.records import Interruption

WATCH_SECONDS = 1.0

Answer = TypeVar("Answer")


class Interrupted(Exception):
    """The turn is not wanted any more."""

    def __init__(self, why: Interruption) -> None:
        super().__init__(why.value)
        self.why = why


class Watch:
    """Looks whether somebody has stopped, edited or deleted what a turn answers."""

    def __init__(self, turns: TurnStore, clock: Clock, turn_id: str) -> None:
        self._turns = turns
        self._clock = clock
        self._turn_id = turn_id

    async def check(self) -> None:
        """Raise `Interrupted` when the turn is not wanted any more."""
        if why := await self._turns.interruption(self._turn_id):
            raise Interrupted(why)

    async def over(self, work: Coroutine[None, None, Answer]) -> Answer:
        """What `work` comes to; `Interrupted` when the turn is stopped first, and then `work` is cancelled."""
        answer, stop = asyncio.ensure_future(work), asyncio.ensure_future(self._interruption())
        try:
            await asyncio.wait({answer, stop}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                raise Interrupted(stop.result())
            return answer.result()
        finally:
            for task in (answer, stop):
                task.cancel()
            await asyncio.gather(answer, stop, return_exceptions=True)

    async def _interruption(self) -> Interruption:
        while True:
            await self._clock.sleep(WATCH_SECONDS)
            if why := await self._turns.interruption(self._turn_id):
                return why
