"""The port for hearing: sound goes in, what was said comes out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody speaks. `at` is seconds of sound since the ears were opened, when the speech began.

    `ago` is how many seconds of sound later that was noticed.
    """

    at: float
    ago: float = 0.0


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """Whoever speaks draws breath, or has ended: which it was is told later.

    `ago` is how many seconds of sound later that was noticed.
    """

    at: float
    ago: float = 0.0


@dataclass(frozen=True, slots=True)
class SpeechResumed:
    """It was a breath: the utterance goes on."""

    at: float


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """Nobody speaks any more. `at` is seconds of sound since the ears were opened, when the last word ended."""

    at: float


@dataclass(frozen=True, slots=True)
class Partial:
    """What an utterance is so far; it replaces what was known of it."""

    text: str
    utterance: int


@dataclass(frozen=True, slots=True)
class Final:
    """What was said in an utterance, never empty. Utterances count from 1; one with no words has no `Final`."""

    text: str
    utterance: int


Heard = SpeechStarted | SpeechPaused | SpeechResumed | SpeechEnded | Partial | Final


class Ears(Protocol):
    """Hears one person until closed."""

    async def feed(self, pcm: bytes) -> None:
        """Take sound (s16le mono 24 kHz, any length). Never waits for a service; what does not fit is dropped."""
        ...

    def heard(self) -> AsyncIterator[Heard]:
        """What is heard, in order, until `close`; for one reader.

        Raises `EarsError` where an utterance is lost. After a retryable one call `heard` again for what follows.
        """
        ...

    async def close(self) -> None:
        """Stop hearing at once; what is not transcribed yet is dropped. May be called twice."""
        ...


class EarsMaker(Protocol):
    """Opens ears."""

    async def open(self, *, language: str | None, person: str) -> Ears:
        """Ears for one person; `EarsError` when that fails.

        `language` is a hint (ISO 639-1, None: any), `person` a keyed hash, never a name.
        """
        ...
