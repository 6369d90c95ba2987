"""Sound as LiveAvatar takes it: 16-bit little-endian PCM, 24 000 samples a second, one channel, no header."""

from __future__ import annotations

BYTES_PER_SECOND = 48_000
SAMPLE_BYTES = 2
# 400 ms, then a second: what the vendor's own client sends. A stream of 20 ms chunks was seen to be played only at
# its end, and the limit of a frame is a megabyte of base64.
FIRST_CHUNK_BYTES = 19_200
CHUNK_BYTES = 48_000


def seconds_of(size: int) -> float:
    """How long `size` bytes of sound last."""
    return size / BYTES_PER_SECOND


class Framer:
    """Cuts one utterance's sound, arriving in any portions, into chunks of whole samples.

    A sample split over two portions is put together again: half a sample off, everything after it is noise.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._wanted = FIRST_CHUNK_BYTES

    @property
    def held_bytes(self) -> int:
        """What waits for a chunk to get full."""
        return len(self._held)

    @property
    def cut_any(self) -> bool:
        """Whether the first chunk has been cut."""
        return self._wanted == CHUNK_BYTES

    def add(self, pcm: bytes) -> list[bytes]:
        """The chunks that `pcm` fills."""
        self._held += pcm
        chunks = []
        while len(self._held) >= self._wanted:
            chunks.append(self._cut(self._wanted))
        return chunks

    def flush(self) -> bytes:
        """What is held, in whole samples, though it fills no chunk; empty if there is none."""
        return self._cut(len(self._held) // SAMPLE_BYTES * SAMPLE_BYTES)

    def _cut(self, size: int) -> bytes:
        chunk = bytes(self._held[:size])
        del self._held[:size]
        if chunk:
            self._wanted = CHUNK_BYTES
        return chunk
