"""How long a text takes to say, as a range: voices differ, and nobody knows before the video is made."""

from __future__ import annotations

import re
import unicodedata

QUICK, SLOW = 19.0, 10.0  # units a second: letters as fast voices say them, and as slow ones do with their pauses
SHORTEST = 1.0
PAUSE = 0.6  # seconds after a sentence, at most
DIGIT = 4.0  # “2024” is four words
IDEOGRAPH = 3.5  # a syllable or two each
SIGN = 6.0  # “%” and “&” are words
_SENTENCE = re.compile(r"[.!?。！？…]+|\n+")
_WIDE = frozenset("WF")


def spoken_seconds(text: str) -> tuple[float, float]:
    """The shortest and longest time that saying `text` may take, in seconds."""
    units = sum(map(_units, text))
    pauses = PAUSE * len(_SENTENCE.findall(text.strip()))
    low = max(units / QUICK, SHORTEST)
    return round(low, 1), round(max(units / SLOW + pauses, low + SHORTEST), 1)


def _units(character: str) -> float:
    kind = unicodedata.category(character)
    if kind[0] == "N":
        return DIGIT
    if kind[0] == "S" or character in "%&@#":
        return SIGN
    if unicodedata.east_asian_width(character) in _WIDE and kind[0] == "L":
        return IDEOGRAPH
    return 1.0 if kind[0] in "LZM" else 0.5
