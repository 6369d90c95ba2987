"""Sending frames, and breaking off where a script says so."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from emulators.openai.script import Answer, Break, CutAfter, MalformedEvent

BROKEN_FRAME = b'data: {"type": "response.output_text.delta", "delta": "unfin\n\n'
FLUSH_SECONDS = 0.02


def surviving(frames: Sequence[bytes], broken: Break | None) -> list[bytes]:
    """The frames that still go out."""
    match broken:
        case None:
            return list(frames)
        case CutAfter(events):
            return list(frames[:events])
        case MalformedEvent(events):
            return [*frames[:events], BROKEN_FRAME]
        case _:
            assert_never(broken)


@dataclass(slots=True)
class Sender:
    """Sends the frames of one answer.

    `pace` is the pause between frames in seconds, `drop` cuts the connection, `released` ends a stall early.
    """

    answer: Answer
    pace: float
    drop: Callable[[], None]
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def before_headers(self) -> None:
        """The stall that comes before anything is sent."""
        if self.answer.stall is not None and self.answer.stall.events == 0:
            await self._stall(self.answer.stall.seconds)

    async def frames(self, frames: Sequence[bytes]) -> AsyncIterator[bytes]:
        """The frames in their time; ends like a finished body or with a dropped connection."""
        stall, broken = self.answer.stall, self.answer.broken
        for index, frame in enumerate(surviving(frames, broken)):
            if stall is not None and 0 < stall.events == index:
                await self._stall(stall.seconds)
            yield frame
            await asyncio.sleep(self.pace)
        if isinstance(broken, CutAfter) and not broken.clean:
            await asyncio.sleep(FLUSH_SECONDS)  # let the bytes leave before the reset
            self.drop()
            await asyncio.sleep(0)

    async def _stall(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.released.wait(), seconds)
