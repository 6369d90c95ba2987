"""A microphone that plays recordings in real time. Only the standard library: each system has its own environment."""

from __future__ import annotations

import asyncio
import sys
import time
from array import array
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

RATE = 24_000
FRAME_SECONDS = 0.04
FRAME_BYTES = round(2 * RATE * FRAME_SECONDS)
VOICED_SHARE = 0.02  # of the loudest sample: what is softer than that counts as silence

Deliver = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Recording:
    """Something said: s16le mono 24 kHz, and where its first and its last voiced sample are, in seconds."""

    pcm: bytes
    voiced_from: float
    voiced_to: float


@dataclass(frozen=True, slots=True)
class Played:
    """When the first and the last voiced sample of a recording were in the air, in unix seconds."""

    voiced_from: float
    voiced_to: float


def recording(pcm: bytes) -> Recording:
    """A recording of this sound; `ValueError` when it is silent."""
    samples = array("h", pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    loudest = max(map(abs, samples), default=0)
    voiced = [index for index, sample in enumerate(samples) if abs(sample) > loudest * VOICED_SHARE]
    if not voiced:
        raise ValueError("a silent recording")
    return Recording(pcm, voiced[0] / RATE, (voiced[-1] + 1) / RATE)


class Microphone:
    """Delivers a frame every 40 ms, as a page does: silence, or what `play` was given."""

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._waiting: tuple[Recording, asyncio.Future[Played]] | None = None
        self._task = asyncio.create_task(self._run(), name="microphone")

    async def play(self, recorded: Recording) -> Played:
        """Begin at the next frame; returns when the last one has been delivered."""
        done: asyncio.Future[Played] = asyncio.get_running_loop().create_future()
        self._waiting = (recorded, done)
        return await done

    async def close(self) -> None:
        """Switch off; an error of its work comes out here."""
        self._task.cancel()
        await asyncio.wait([self._task])
        if not self._task.cancelled():
            self._task.result()

    async def _run(self) -> None:
        began, frames = time.time(), 0
        while True:
            given, self._waiting = self._waiting, None
            pcm = given[0].pcm if given else bytes(FRAME_BYTES)
            start = began + frames * FRAME_SECONDS
            for at in range(0, len(pcm), FRAME_BYTES):
                frames += 1
                # A frame leaves when its last sample has been recorded.
                await asyncio.sleep(max(0.0, began + frames * FRAME_SECONDS - time.time()))
                await self._deliver(pcm[at : at + FRAME_BYTES].ljust(FRAME_BYTES, b"\0"))
            if given:
                recorded, done = given
                done.set_result(Played(start + recorded.voiced_from, start + recorded.voiced_to))
