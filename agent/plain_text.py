"""Takes out of a text what people cannot see but machines can: control, bidirectional and zero-width characters."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u3164\uffa0")
_VISIBLE_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")
_LINE_ENDS = frozenset("\u2028\u2029")
_DROPPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co"})
# Joiners and variation selectors belong to emoji and to several scripts, never to ASCII words such as "@channel".
_JOINERS = "\u200c\u200d"
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_BESIDE_ASCII = re.compile(
    rf"(?:\A|(?<=[\x00-\"$-)+-/:-\x7f]))[{_JOINERS}{_SELECTORS}]+"  # digits, # and * start keycap emoji
    rf"|(?<=[\x00-\x7f])[{_JOINERS}]+|[{_JOINERS}]+(?=[\x00-\x7f]|\Z)"
)


def visible(character: str) -> str:
    """`character` itself, a newline for a line separator, or nothing when nobody could see it."""
    if " " <= character <= "~" or character in "\n\t" or character in _JOINERS or character in _VISIBLE_FORMATS:
        return character
    if character in _LINE_ENDS:
        return "\n"
    if character in _INVISIBLE_LETTERS or unicodedata.category(character) in _DROPPED_CATEGORIES:
        return ""
    return character


def without_stray_joiners(text: str) -> str:
    """`text` without joiners and variation selectors that touch ASCII, where they could only hide something."""
    return _BESIDE_ASCII.sub("", text)


def one_line(text: str, limit: int) -> str:
    """`text` as one visible line of at most `limit` characters, without marks of emphasis or code."""
    seen = without_stray_joiners("".join(map(visible, text)))
    words = " ".join(re.sub(r"[`*_~{}\[\]<>|]", " ", seen).split())
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"
