"""The port for speaking: text goes in, sound comes out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol


class Voice(Protocol):
    """Speaks texts."""

    def speak(self, text: str) -> AsyncGenerator[bytes, None]:
        """The sound of `text` (s16le mono 24 kHz, whole samples) as it becomes available.

        Closing the iterator stops the request at once. Raises `VoiceError`, also after some of the sound.
        """
        ...
