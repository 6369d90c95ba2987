"""Transcription that knows its sounds: what was registered is recognised by its shape, not understood.

A shape is the loudness and the pitch of zero crossings in steps of 20 ms. Shapes survive another volume, some noise,
silence before and after, and a cut begin or end.
"""

from __future__ import annotations

import array
import itertools
import math
import sys
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

STEP_SAMPLES = 480
LIMIT = 300
ALIKE = 0.75
SHIFT_STEPS = 30
MOST_STEPS = 1500


@dataclass(frozen=True, slots=True)
class Shape:
    """Loudness and zero crossings, a figure for each step, without the silence around them."""

    loudness: tuple[float, ...]
    crossings: tuple[float, ...]


class Repertoire:
    """Sounds and what is said in them, the newest `LIMIT`."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Shape] = OrderedDict()

    def add(self, text: str, pcm: bytes) -> None:
        """From now on such a sound is this text."""
        self._known[text] = shape_of(pcm)
        self._known.move_to_end(text)
        while len(self._known) > LIMIT:
            self._known.popitem(last=False)

    def clear(self) -> None:
        """Forget all."""
        self._known.clear()

    def recognise(self, pcm: bytes) -> str:
        """The text whose sound is most like this one; empty when none is."""
        heard = shape_of(pcm)
        if not heard.loudness:
            return ""
        scored = [(likeness(heard, shape), text) for text, shape in self._known.items()]
        best, text = max(scored, default=(0.0, ""))
        return text if best >= ALIKE else ""


def shape_of(pcm: bytes) -> Shape:
    """The shape of s16le mono 24 kHz."""
    samples = array.array("h", pcm[: len(pcm) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    steps = [samples[at : at + STEP_SAMPLES] for at in range(0, len(samples) - STEP_SAMPLES + 1, STEP_SAMPLES)]
    steps = steps[:MOST_STEPS]
    loudness = [sum(map(abs, step[::2])) / (STEP_SAMPLES / 2) for step in steps]
    threshold = max(loudness, default=0.0) * 0.05
    sounding = [index for index, level in enumerate(loudness) if level > max(threshold, 20.0)]
    if not sounding:
        return Shape((), ())
    inside = slice(sounding[0], sounding[-1] + 1)
    floor = round(threshold * 2)
    weighed = [_crossings(step, floor) for step in steps[inside]]
    return Shape(_smoothed([math.sqrt(level) for level in loudness[inside]]), _smoothed(weighed))


def likeness(one: Shape, other: Shape) -> float:
    """How alike two shapes are at their best shift: 1 the same, about 0 unrelated."""
    shorter, longer = sorted((len(one.loudness), len(other.loudness)))
    if not shorter or shorter < 0.6 * longer:
        return 0.0
    return max(_at(one, other, shift) for shift in range(-SHIFT_STEPS, SHIFT_STEPS + 1))


def _at(one: Shape, other: Shape, shift: int) -> float:
    count = len(other.loudness)
    pairs = [(index + shift, index) for index in range(count) if 0 <= index + shift < len(one.loudness)]
    if len(pairs) < 0.6 * max(count, len(one.loudness)):
        return 0.0
    loud = _correlation([one.loudness[a] for a, _ in pairs], [other.loudness[b] for _, b in pairs])
    pitch = _correlation([one.crossings[a] for a, _ in pairs], [other.crossings[b] for _, b in pairs])
    return (2 * loud + pitch) / 3


def _crossings(step: Sequence[int], floor: int) -> float:
    """How often the sound passes from above `floor` to below minus `floor` or back: quiet noise counts for nothing."""
    signs = [sample > 0 for sample in step if abs(sample) > floor]
    return float(sum(a != b for a, b in itertools.pairwise(signs)))


def _smoothed(values: Sequence[float]) -> tuple[float, ...]:
    """Each with its neighbours, so that half a step of shift changes little."""
    padded = [values[0], *values, values[-1]]
    return tuple((padded[i - 1] + 2 * padded[i] + padded[i + 1]) / 4 for i in range(1, len(padded) - 1))


def _correlation(xs: Sequence[float], ys: Sequence[float]) -> float:
    x_mean, y_mean = sum(xs) / len(xs), sum(ys) / len(ys)
    xs, ys = [x - x_mean for x in xs], [y - y_mean for y in ys]
    size = math.sqrt(sum(x * x for x in xs) * sum(y * y for y in ys))
    return sum(x * y for x, y in zip(xs, ys, strict=True)) / size if size else 0.0
