"""One person's ears while a session runs: opened when there is sound, again when they fail, given up in the end."""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

from agent.live.ears import Ears, EarsMaker, Final, Heard
from agent.live.errors import EarsError
from agent.ports import Clock

log = structlog.get_logger(__name__)

WAITS = (0.0, 5.0, 20.0, 60.0)  # seconds before each try
LOST_IN_A_ROW = 2  # then nothing can be heard, whatever the ears say
LONGEST_FRAME = 64 * 1024
SAMPLE_BYTES = 2


class HeardBy(Protocol):
    """Takes what is heard."""

    def heard(self, heard: Heard) -> None:
        """Something was heard."""
        ...

    def not_heard(self) -> None:
        """Something was said and could not be made out."""
        ...

    def ears_up(self) -> None:
        """There are ears (again)."""
        ...

    def ears_down(self) -> None:
        """Nothing is heard, for now or for good."""
        ...


class Listening:
    """Ears for one person, from the first sound to `close`."""

    def __init__(self, maker: EarsMaker, told: HeardBy, clock: Clock, *, language: str | None, person: str) -> None:
        self._maker = maker
        self._told = told
        self._clock = clock
        self._language = language
        self._person = person
        self._ears: Ears | None = None
        self._task: asyncio.Task[None] | None = None
        self._lost = 0

    def open(self) -> None:
        """Have ears soon, if there are none yet."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="live-ears")

    async def feed(self, pcm: bytes) -> None:
        """Take sound from the person; what cannot be heard is dropped."""
        self.open()
        whole = pcm[: len(pcm) // SAMPLE_BYTES * SAMPLE_BYTES]
        if self._ears is not None and 0 < len(whole) <= LONGEST_FRAME:
            await self._ears.feed(whole)

    async def close(self) -> None:
        """Hear nothing more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        for wait in WAITS:
            await self._clock.sleep(wait)
            try:
                ears = await self._maker.open(language=self._language, person=self._person)
            except EarsError as error:
                log.warning("ears_not_opened", code=error.code, status=error.status, retryable=error.retryable)
                self._told.ears_down()
                if not error.retryable:
                    return
                continue
            await self._hear_with(ears)

    async def _hear_with(self, ears: Ears) -> None:
        """Until these ears are at their end."""
        self._ears = ears
        self._told.ears_up()
        try:
            while await self._hear(ears):
                pass
            self._told.ears_down()
        finally:
            self._ears = None
            await ears.close()

    async def _hear(self, ears: Ears) -> bool:
        """Hand on what is heard; whether more can be heard after what was lost."""
        try:
            async for heard in ears.heard():
                if isinstance(heard, Final):
                    self._made_out()
                self._told.heard(heard)
        except EarsError as error:
            log.warning("not_heard", code=error.code, status=error.status, retryable=error.retryable)
            if error.retryable:
                self._not_made_out()
            return error.retryable
        return False

    def _made_out(self) -> None:
        if self._lost >= LOST_IN_A_ROW:
            self._told.ears_up()
        self._lost = 0

    def _not_made_out(self) -> None:
        self._lost += 1
        if self._lost == LOST_IN_A_ROW:
            self._told.ears_down()
        elif self._lost < LOST_IN_A_ROW:
            self._told.not_heard()
