"""What looks doubtful about a finished result, from what was measured and what was to be expected. No I/O.

A doubt is a hint for people and holds nothing back. Only what can be measured is said: how long it is, whether its data
is all there, whether there is any sound, whether the picture is black or stands still. What language is spoken cannot
be heard here; it is compared with what HeyGen's own record says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.records import JobKind, Submission

SILENCE = 0.003  # of full scale: below the noise of any recording of a voice
BLACK = 8.0  # mean brightness of the brightest sample, of 255
SAMPLES = 3  # fewer say nothing about a picture
SHORTEST_MOVING = 3.0  # seconds
MISSING = 0.9  # of the length: data has to reach so far
SAME_LENGTH = frozenset({JobKind.TRANSLATION, JobKind.PROOFREAD_VIDEO, JobKind.LIPSYNC, JobKind.BACKGROUND})
MOVING = frozenset({JobKind.TRANSLATION, JobKind.PROOFREAD_VIDEO, JobKind.LIPSYNC, JobKind.VIDEO, JobKind.TEMPLATE})
CHECKED = SAME_LENGTH | MOVING | {JobKind.AGENT}
"""Kinds whose result is one video."""
LIKE_SOURCE = (0.6, 1.8)  # a translation may speak faster or slower
LIKE_SCRIPT = (0.35, 2.5)  # a quote from a script is a guess


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a look at a file has found. `video` False: nothing that any player could open.

    `readable` is until when there is data, `loudest` the highest sample of 1.

    `brightest` is the mean brightness (of 255) of the brightest of `pictures` samples; `moves`: they differ.
    """

    video: bool = True
    seconds: float | None = None
    readable: float | None = None
    loudest: float | None = None
    brightest: float | None = None
    pictures: int = 0
    moves: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the request lets expect. `seconds` as it was quoted, within `least` and `most` times that."""

    seconds: float | None = None
    least: float = 0.0
    most: float = float("inf")
    moves: bool = False


def expected(submission: Submission, pieces: int) -> Expected:
    """From how long it was quoted, where that was known."""
    kind = submission.kind
    least, most = LIKE_SOURCE if kind in SAME_LENGTH else LIKE_SCRIPT
    rate, exact = submission.quote_rate, submission.quote_low == submission.quote_high
    seconds = submission.quote_high / (rate * max(pieces, 1)) if rate and exact and submission.quote_high else None
    return Expected(seconds=seconds, least=least, most=most, moves=kind in MOVING)


def doubts(measured: Measured, wanted: Expected) -> list[str]:
    """What to say about it, the worst first; nothing where it looks as it should."""
    if not measured.video:
        return ["the file cannot be read as a video"]
    found = [_cut_short(measured), _length(measured, wanted), _sound(measured), _picture(measured, wanted)]
    return [one for one in found if one]


def other_language(wanted: str, named: str | None) -> str | None:
    """A doubt where HeyGen's record names another language than was asked for; None where they may be the same."""
    if named is None or _words(wanted) & _words(named):
        return None
    return f"HeyGen's record says that it is in {named}"


def _words(name: str) -> set[str]:
    return set(re.findall(r"\w+", name.casefold().partition("(")[0]))


def _cut_short(measured: Measured) -> str | None:
    if measured.seconds is None or measured.readable is None or measured.readable >= measured.seconds * MISSING - 1.0:
        return None
    return f"the file ends after {measured.readable:.0f} of {measured.seconds:.0f} s"


def _length(measured: Measured, wanted: Expected) -> str | None:
    if not measured.seconds or not wanted.seconds:
        return None
    share = measured.seconds / wanted.seconds
    if wanted.least <= share <= wanted.most:
        return None
    return f"it is {measured.seconds:.0f} s long, about {wanted.seconds:.0f} s were to be expected"


def _sound(measured: Measured) -> str | None:
    return "there is no sound in it" if measured.loudest is not None and measured.loudest < SILENCE else None


def _picture(measured: Measured, wanted: Expected) -> str | None:
    if measured.pictures < SAMPLES or measured.brightest is None:
        return None
    if measured.brightest < BLACK:
        return "its picture is black"
    still = not measured.moves and (measured.seconds or 0.0) >= SHORTEST_MOVING
    return "its picture stands still" if wanted.moves and still else None
