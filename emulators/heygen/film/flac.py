"""A short tune as FLAC, without a library: samples as they are, and silence in a few bytes."""

from __future__ import annotations

import functools
import hashlib
import math
from array import array
from struct import pack

RATE = 8_000
BLOCK = 4_096
NOTES = (262, 294, 330, 392, 440, 523, 587, 659)  # five tones that sound well in any order
NOTE_SECONDS = 0.4
LOUDNESS = 5_000
SAMPLE_RATE_CODE, SAMPLE_SIZE_CODE = 0b0100, 0b100
VERBATIM, CONSTANT = 0b0000_0010, 0


def tune(name: str) -> array[int]:
    """Four notes that differ by `name`."""
    chosen = hashlib.sha256(name.encode()).digest()[:4]
    samples: array[int] = array("h")
    count = round(NOTE_SECONDS * RATE)
    for choice in chosen:
        hertz = NOTES[choice % len(NOTES)]
        swell = (math.sin(math.pi * at / count) for at in range(count))
        samples.extend(round(LOUDNESS * part * math.sin(math.tau * hertz * at / RATE)) for at, part in enumerate(swell))
    return samples


def coded(samples: array[int], total: int) -> list[bytes]:
    """Frames of `BLOCK` samples (the last one shorter): what there is, then silence up to `total`."""
    frames = []
    for number, start in enumerate(range(0, total, BLOCK)):
        size = min(BLOCK, total - start)
        frames.append(_frame(number, size, samples[start : start + size]))
    return frames


def stream_information(total: int) -> bytes:
    """The block of metadata that says what the frames hold."""
    sizes = pack(">HH", BLOCK, BLOCK) + bytes(6)
    about = RATE << 44 | 0 << 41 | 15 << 36 | total
    return sizes + about.to_bytes(8, "big") + bytes(16)


def _frame(number: int, size: int, samples: array[int]) -> bytes:
    whole = size == BLOCK
    codes = (0b1100 if whole else 0b0111) << 4 | SAMPLE_RATE_CODE
    head = bytes([0xFF, 0xF8, codes, SAMPLE_SIZE_CODE << 1]) + chr(number).encode()
    head += b"" if whole else pack(">H", size - 1)
    head += bytes([_check(head, 8, 0x07)])
    body = head + (_as_they_are(samples, size) if any(samples) else bytes([CONSTANT, 0, 0]))
    return body + pack(">H", _check(body, 16, 0x8005))


def _as_they_are(samples: array[int], size: int) -> bytes:
    padded = [*samples, *(0 for _ in range(size - len(samples)))]
    return bytes([VERBATIM]) + pack(f">{size}h", *padded)


def _check(data: bytes, width: int, polynomial: int) -> int:
    """The cyclic redundancy check of `data`."""
    table, mask, shift = _table(width, polynomial), (1 << width) - 1, width - 8
    value = 0
    for byte in data:
        value = (value << 8 & mask) ^ table[value >> shift ^ byte]
    return value


@functools.cache
def _table(width: int, polynomial: int) -> list[int]:
    found = []
    for byte in range(256):
        value = byte << width - 8
        for _ in range(8):
            value = value << 1 ^ (polynomial if value >> width - 1 & 1 else 0)
            value &= (1 << width) - 1
        found.append(value)
    return found
