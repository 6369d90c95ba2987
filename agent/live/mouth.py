"""Gives what is to be said a voice: pieces of text in, sound to LiveAvatar in their order, nothing after a stop.

The voice is asked for the next piece as soon as the one before has begun to sound, so that there is no gap. An
utterance that runs dry all the same (a slow model, tools, a slow voice) is closed and goes on as another one: an open
utterance without sound is a fault to LiveAvatar.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, aclosing
from functools import partial
from typing import Protocol

import structlog

from agent.live.errors import VoiceError
from agent.live.utterance import Utterance
from agent.live.voice import Voice
from agent.ports import Clock
from heygen.live import Speech, seconds_of

log = structlog.get_logger(__name__)

AHEAD = 2  # pieces that may be voiced while another one is being handed over
DRY_SECONDS = 0.4  # after the end of what was handed over; LiveAvatar complains after a second
AGAIN_SECONDS = 30.0
# About one piece of text, not about the voice.
OF_THE_TEXT = frozenset({"too_long", "mismatch", "endless", "cut"})


class Live(Protocol):
    """Where sound goes: `heygen.live.LiveConnection`."""

    def speech(self) -> AbstractAsyncContextManager[Speech]:
        """An utterance behind those that wait."""
        ...


class Told(Protocol):
    """Takes what becomes of an utterance."""

    def part_begins(self, utterance: Utterance, part_id: str) -> None:
        """A stretch of sound begins, by LiveAvatar's id."""
        ...

    def sound(self, utterance: Utterance, seconds: float) -> None:
        """So much sound was handed over."""
        ...

    def piece_ends(self, utterance: Utterance) -> None:
        """A piece of text has all its sound."""
        ...

    def voiced(self, utterance: Utterance) -> None:
        """All sound was handed over."""
        ...

    def voice_fails(self, utterance: Utterance, again_in: float | None) -> None:
        """No more sound comes; the voice may be tried again in so many seconds, None: never."""
        ...

    def voice_byte(self, utterance: Utterance) -> None:
        """The voice has delivered its first sound of this utterance."""
        ...


class Mouth:
    """Says one utterance at a time over one connection."""

    def __init__(self, voice: Voice, live: Live, told: Told, clock: Clock) -> None:
        self._voice = voice
        self._live = live
        self._told = told
        self._clock = clock
        self._saying: _Saying | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, utterance: Utterance) -> None:
        """Say this now; its pieces follow."""
        self.stop()
        self._saying = _Saying(utterance, self._voice, self._live, self._told, self._clock)
        task = asyncio.create_task(self._saying.run(), name="live-mouth")
        self._saying.task = task
        self._tasks.add(task)
        task.add_done_callback(partial(self._ended, utterance))

    def _ended(self, utterance: Utterance, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("mouth_failed", exc_info=error)
            self._told.voice_fails(utterance, None)

    def add(self, text: str) -> None:
        """The next piece."""
        if self._saying is not None:
            self._saying.add(text)

    def complete(self) -> None:
        """There are no more pieces."""
        if self._saying is not None:
            self._saying.complete()

    def stop(self) -> None:
        """Not a byte more of it: the voice's requests are cancelled."""
        if self._saying is not None and self._saying.task is not None:
            self._saying.task.cancel()
        self._saying = None

    async def close(self) -> None:
        """Stop, and wait until the requests are gone."""
        self.stop()
        if self._tasks:
            await asyncio.wait(set(self._tasks))


class _Piece:
    """A piece of text and its sound as far as it is here."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.chunks: deque[bytes] = deque()
        self.begun = asyncio.Event()
        self.over = False
        self.error: VoiceError | None = None


class _Saying:
    """One utterance on its way."""

    def __init__(self, utterance: Utterance, voice: Voice, live: Live, told: Told, clock: Clock) -> None:
        self._utterance = utterance
        self._voice = voice
        self._live = live
        self._told = told
        self._clock = clock
        self._pieces: list[_Piece] = []
        self._complete = False
        self._made = self._handed = 0  # pieces
        self._changed = asyncio.Event()
        self._sounded = False
        self._makers: list[asyncio.Task[None]] = []
        self.task: asyncio.Task[None] | None = None

    def add(self, text: str) -> None:
        self._pieces.append(_Piece(text))
        self._changed.set()

    def complete(self) -> None:
        self._complete = True
        self._changed.set()

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                self._makers.append(group.create_task(self._make_all(group)))
                await self._hand_over_all()
                for maker in self._makers:
                    maker.cancel()
        except* VoiceError as errors:
            self._failed(next(error for error in errors.exceptions if isinstance(error, VoiceError)))

    def _failed(self, error: VoiceError) -> None:
        log.warning("voice_failed", code=error.code, status=error.status, retryable=error.retryable)
        self._told.voice_fails(self._utterance, AGAIN_SECONDS if error.retryable else None)

    # From text to sound

    async def _make_all(self, group: asyncio.TaskGroup) -> None:
        while True:
            await self._until(lambda: self._made < len(self._pieces) and self._made - self._handed <= AHEAD)
            piece = self._pieces[self._made]
            self._made += 1
            self._makers = [maker for maker in self._makers if not maker.done()]
            self._makers.append(group.create_task(self._make(piece)))
            await piece.begun.wait()

    async def _make(self, piece: _Piece) -> None:
        try:
            await self._try(piece)
        except VoiceError as error:
            if not error.retryable or piece.chunks or piece.begun.is_set():
                piece.error = error
            else:
                await self._try_again(piece)
        piece.over = True
        piece.begun.set()
        self._changed.set()

    async def _try_again(self, piece: _Piece) -> None:
        try:
            await self._try(piece)
        except VoiceError as error:
            piece.error = error

    async def _try(self, piece: _Piece) -> None:
        async with aclosing(self._voice.speak(piece.text)) as sound:
            async for pcm in sound:
                if not self._sounded:
                    self._sounded = True
                    self._told.voice_byte(self._utterance)
                piece.chunks.append(pcm)
                piece.begun.set()
                self._changed.set()

    # From sound to the avatar

    async def _hand_over_all(self) -> None:
        """Until the end, or until nobody would hear the rest."""
        while await self._next_sound(None):
            async with self._live.speech() as speech:
                self._told.part_begins(self._utterance, speech.id)
                if not await self._hand_over(speech):
                    return
        self._told.voiced(self._utterance)

    async def _hand_over(self, speech: Speech) -> bool:
        """All sound that comes in time; False when nobody would hear it."""
        began, seconds = self._clock.now(), 0.0
        while await self._next_sound(began + seconds + DRY_SECONDS):
            pcm = self._pieces[self._handed].chunks.popleft()
            seconds += seconds_of(len(pcm))
            self._told.sound(self._utterance, seconds_of(len(pcm)))
            if not await speech.say(pcm):
                return False
        return True

    async def _next_sound(self, deadline: float | None) -> bool:
        """Whether there is sound to hand over: False at the end, and when none has come by then."""
        while True:
            self._end_pieces()
            if self._handed == len(self._pieces) and self._complete:
                return False
            if self._handed < len(self._pieces) and self._pieces[self._handed].chunks:
                return True
            if deadline is not None and self._clock.now() >= deadline:
                return False
            await self._change(deadline)

    def _end_pieces(self) -> None:
        """Go past pieces whose sound has all been handed over; `VoiceError` when the voice is at fault."""
        while self._handed < len(self._pieces):
            piece = self._pieces[self._handed]
            if piece.chunks or not piece.over:
                return
            if piece.error is not None and piece.error.code not in OF_THE_TEXT:
                raise piece.error
            if piece.error is not None:
                log.warning("piece_not_said", code=piece.error.code)
            self._told.piece_ends(self._utterance)
            self._handed += 1
            self._changed.set()

    async def _change(self, deadline: float | None) -> None:
        """Until something changes, or the deadline."""
        self._changed.clear()
        if deadline is None:
            await self._changed.wait()
            return
        changed, late = asyncio.ensure_future(self._changed.wait()), asyncio.ensure_future(self._late(deadline))
        try:
            await asyncio.wait({changed, late}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
            late.cancel()
            await asyncio.gather(changed, late, return_exceptions=True)

    async def _late(self, deadline: float) -> None:
        await self._clock.sleep(deadline - self._clock.now())

    async def _until(self, met: Callable[[], bool]) -> None:
        while not met():
            self._changed.clear()
            await self._changed.wait()
