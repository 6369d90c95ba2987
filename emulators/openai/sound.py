"""Speech as sound: eSpeak NG where its wheel is installed, otherwise syllables of the same rhythm each time.

Sound is s16le mono 24 kHz everywhere in this emulator.
"""

from __future__ import annotations

import array
import ctypes
import functools
import importlib
import math
import sys
from typing import Any

RATE = 24_000
BYTES_PER_SECOND = 2 * RATE
# Formants of a few vowels, in Hz: letters choose among them.
VOWELS = ((730, 1090, 2440), (530, 1840, 2480), (270, 2290, 3010), (570, 840, 2410), (300, 870, 2240))
LETTER_SECONDS = 0.07
GAP_SECONDS = 0.05
PITCH = 115.0


@functools.lru_cache(maxsize=256)
def speech(text: str) -> bytes:
    """The sound of `text`; the same text gives the same sound."""
    samples = _espeak(text)
    return _bytes(samples if samples is not None else babble(text))


def silence(seconds: float) -> bytes:
    """Digital silence."""
    return bytes(2 * round(seconds * RATE))


def babble(text: str) -> array.array[int]:
    """A vowel for each letter and a gap for everything else, on a falling pitch."""
    out = array.array("h")
    for place, letter in enumerate(text.lower()[:500]):
        if letter.isalnum():
            out += _vowel(VOWELS[ord(letter) % len(VOWELS)], PITCH * (1.1 - 0.2 * (place % 20) / 20))
        else:
            out += array.array("h", bytes(2 * round(GAP_SECONDS * RATE)))
    return out or array.array("h", bytes(2))


@functools.lru_cache(maxsize=128)
def _vowel(formants: tuple[int, int, int], pitch: float) -> array.array[int]:
    count = round(LETTER_SECONDS * RATE)
    harmonics = [(k * pitch, _gain(k * pitch, formants)) for k in range(1, int(3500 / pitch))]
    total = sum(gain for _, gain in harmonics)
    samples = array.array("h")
    for index in range(count):
        time = index / RATE
        value = sum(gain * math.sin(math.tau * hertz * time) for hertz, gain in harmonics) / total
        samples.append(round(20_000 * value * math.sin(math.pi * index / count)))
    return samples


def _gain(hertz: float, formants: tuple[int, int, int]) -> float:
    return sum(
        weight / (1 + ((hertz - formant) / 90) ** 2) for formant, weight in zip(formants, (1, 0.6, 0.3), strict=True)
    )


class _Espeak:
    """The library, loaded once; it speaks into a callback."""

    def __init__(self) -> None:
        loader = importlib.import_module("espeakng_loader")  # by name: the wheel is optional and untyped
        self._library = ctypes.CDLL(loader.get_library_path())
        data = loader.get_data_path().encode()
        self._rate = self._library.espeak_Initialize(2, 0, data, 0)  # 2: synchronous, no playback
        if self._rate <= 0:
            raise OSError("eSpeak NG does not start")
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
        self._samples = array.array("h")
        self._callback = kind(self._take)
        self._library.espeak_SetSynthCallback(self._callback)
        self._library.espeak_SetVoiceByName(b"en-us")

    def _take(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self._samples.extend(samples[:count])
        return 0

    def speak(self, text: str) -> array.array[int]:
        self._samples = array.array("h")
        raw = text.encode() + b"\0"
        self._library.espeak_Synth(raw, len(raw), 0, 0, 0, 1, None, None)  # 1: UTF-8
        return _resampled(self._samples, self._rate, RATE)


@functools.cache
def _loaded() -> _Espeak | None:
    try:
        return _Espeak()
    except (ImportError, OSError):
        return None


def has_espeak() -> bool:
    """Whether texts are really spoken."""
    return _loaded() is not None


def _espeak(text: str) -> array.array[int] | None:
    library = _loaded()
    samples = library.speak(text.replace("\0", " ")) if library else None
    return samples or None


def _resampled(samples: array.array[int], old: int, new: int) -> array.array[int]:
    """Straight lines between the samples."""
    out = array.array("h")
    last = len(samples) - 1
    for index in range(len(samples) * new // old):
        place, rest = divmod(index * old, new)
        out.append((samples[place] * (new - rest) + samples[min(place + 1, last)] * rest) // new)
    return out


def _bytes(samples: array.array[int]) -> bytes:
    if sys.byteorder == "big":
        samples = samples[:]
        samples.byteswap()
    return samples.tobytes()
