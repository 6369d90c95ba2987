"""How long work usually takes, learnt from past jobs of the same kind and length. HeyGen tells no progress."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles

from agent.records import JobKind

ENOUGH = 8  # past jobs before they say more than the built-in range
LENGTHS = (60.0, 300.0, 1_200.0)  # seconds of a video: what is between two of them takes about as long


@dataclass(frozen=True, slots=True)
class Span:
    """From `low` to `high` seconds."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Past:
    """A job that is over: how long it took, and how long its result plays where that is known, in seconds."""

    took: float
    length: float | None = None


BUILT_IN: Mapping[JobKind, Span] = {
    JobKind.TRANSLATION: Span(300.0, 900.0),
    JobKind.PROOFREAD_VIDEO: Span(300.0, 900.0),
    JobKind.PROOFREAD: Span(180.0, 300.0),
    JobKind.AGENT: Span(1_200.0, 2_700.0),
}
"""What is usual according to HeyGen; of the other kinds nothing is published."""


def usual(kind: JobKind, past: Sequence[Past], length: float | None = None) -> Span | None:
    """What most jobs like this take, without the fastest and the slowest fifth; None where nobody knows.

    `length`: how long the source or the result plays, where that is known. Too few of about that length: all of the
    kind; too few of those: the built-in range.
    """
    alike = [one.took for one in past if _about(one.length) == _about(length)]
    for taken in (alike, [one.took for one in past]):
        if len(taken) >= ENOUGH:
            fifths = quantiles(taken, n=5, method="inclusive")
            return Span(fifths[0], fifths[-1])
    return BUILT_IN.get(kind)


def _about(length: float | None) -> int | None:
    return None if length is None else bisect_left(LENGTHS, length)
