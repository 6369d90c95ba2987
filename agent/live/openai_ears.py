"""Hearing through `/audio/transcriptions` of any server that has it: each detected utterance is one small WAV."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import openai
from openai import AsyncOpenAI, omit

from agent.live.detector import Detector, DetectorOptions, SpeechSound, load_judge
from agent.live.ears import Final, Heard, SpeechEnded, SpeechPaused, SpeechResumed, SpeechStarted
from agent.live.errors import EarsError
from agent.live.listening import Outlet

CALL_SECONDS = 20.0
WAITING_LIMIT = 4  # utterances: more would be answered too late to matter
LONGEST_PAUSE = 2.0  # seconds that a person can be kept waiting for a second try
RATE = 24_000


@dataclass(frozen=True, slots=True)
class _Utterance:
    number: int
    pcm: bytes


class HttpEarsMaker:
    """Opens ears over HTTP. `client` retries nothing itself: a failed call is repeated here, once."""

    def __init__(self, client: AsyncOpenAI, model: str, options: DetectorOptions | None = None) -> None:
        self._client = client
        self._model = model
        self._options = options

    async def open(self, *, language: str | None, person: str) -> HttpEars:
        """See `EarsMaker.open`. Nothing is asked of the server yet; nothing about the person is sent."""
        judge = await asyncio.to_thread(load_judge)
        return HttpEars(self._client, self._model, Detector(judge, self._options), language=language)


class HttpEars:
    """One person's ears: detection in place, transcription one utterance after the other.

    `lost_utterances` counts those that were dropped because transcription was too slow.
    """

    def __init__(self, client: AsyncOpenAI, model: str, detector: Detector, *, language: str | None) -> None:
        self._client = client
        self._model = model
        self._language = language
        self._detector = detector
        self._outlet = Outlet()
        self._sound = bytearray()
        self._waiting: deque[_Utterance] = deque()
        self._ready = asyncio.Event()
        self._number = 0
        self.lost_utterances = 0
        self._task = asyncio.create_task(self._transcribe_all(), name="ears-http")

    async def feed(self, pcm: bytes) -> None:
        """See `Ears.feed`."""
        if self._task.done():
            return
        for found in self._detector.feed(pcm):
            match found:
                case SpeechStarted():
                    self._sound.clear()
                    self._outlet.put(found)
                case SpeechSound(sound):
                    self._sound += sound
                case SpeechPaused() | SpeechResumed():
                    self._outlet.put(found)
                case SpeechEnded():
                    self._outlet.put(found)
                    self._queue(bytes(self._sound))

    def heard(self) -> AsyncGenerator[Heard, None]:
        """See `Ears.heard`."""
        return self._outlet.read()

    async def close(self) -> None:
        """See `Ears.close`."""
        self._outlet.close()
        self._task.cancel()
        await asyncio.wait([self._task])

    def _queue(self, pcm: bytes) -> None:
        self._sound.clear()
        self._number += 1
        if len(self._waiting) == WAITING_LIMIT:
            self._waiting.popleft()
            self.lost_utterances += 1
        self._waiting.append(_Utterance(self._number, pcm))
        self._ready.set()

    async def _transcribe_all(self) -> None:
        while True:
            while self._waiting:
                await self._hand_on(self._waiting.popleft())
            self._ready.clear()
            await self._ready.wait()

    async def _hand_on(self, utterance: _Utterance) -> None:
        try:
            text = await self._transcribed(utterance.pcm)
        except EarsError as error:
            self._outlet.put(error)
            return
        if text:
            self._outlet.put(Final(text, utterance.number))

    async def _transcribed(self, pcm: bytes) -> str:
        """The text; a failure that may pass is tried again once, unless the server wants a long pause."""
        try:
            return await self._ask(pcm)
        except EarsError as error:
            if not error.retryable or (error.retry_after or 0.0) > LONGEST_PAUSE:
                raise
            await asyncio.sleep(error.retry_after or 0.0)
            return await self._ask(pcm)

    async def _ask(self, pcm: bytes) -> str:
        try:
            async with asyncio.timeout(CALL_SECONDS):
                answer = await self._client.audio.transcriptions.create(
                    file=("speech.wav", wav(pcm), "audio/wav"),
                    model=self._model,
                    language=self._language or omit,
                    response_format="json",
                )
        except TimeoutError as error:
            raise EarsError("timeout", retryable=True) from error
        except openai.APIError as error:
            raise EarsError.of(error) from error
        except ValueError as error:  # the SDK lets broken JSON through
            raise EarsError("wrong_format", retryable=True) from error
        text = getattr(answer, "text", None)  # a body that is no JSON object arrives as it is
        if not isinstance(text, str):
            raise EarsError("wrong_format", retryable=True)
        return text.strip()


def wav(pcm: bytes) -> bytes:
    """A WAV file around s16le mono 24 kHz."""
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + len(pcm), b"WAVE", b"fmt ", 16, 1, 1, RATE, RATE * 2, 2, 16, b"data", len(pcm)),
    )
    return head + pcm
