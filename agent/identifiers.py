"""Finds what looks like a machine's identifier. The model sees none, so one in its words is invented or leaked."""

from __future__ import annotations

import re
from collections.abc import Collection

ID_REMOVED = "[id removed]"

_CANDIDATE = re.compile(r"(?<![^\W_])[A-Za-z0-9](?:[\w-]{3,}[A-Za-z0-9])(?![^\W_])", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PREFIXED = re.compile(
    r"(?:vid|video|job|id|task|trans|translation|lipsync|sess|session|req|request|file|asset|avatar|voice|sub|wf|tmpl|"
    r"template|gen|render|usr|user|acct|key|sk|pk|tok|token)_(?:\w*\d\w*|[A-Za-z]{12,})",
    re.IGNORECASE | re.ASCII,
)
_LONG = 12
_TURNS = 4  # changes from lower to upper case that no word has


def without_identifiers(text: str, known: Collection[str] = ()) -> str:
    """`text` with `[id removed]` for what looks like an identifier, except the `known` ones."""
    return _CANDIDATE.sub(
        lambda found: found[0] if found[0] in known or not looks_like_one(found[0]) else ID_REMOVED, text
    )


def has_identifier(text: str, known: Collection[str] = ()) -> bool:
    """Whether one is in `text`."""
    return any(found[0] not in known and looks_like_one(found[0]) for found in _CANDIDATE.finditer(text))


def identifiers_in(text: str) -> frozenset[str]:
    """Those in `text`: what a person wrote may be repeated."""
    return frozenset(found[0] for found in _CANDIDATE.finditer(text) if looks_like_one(found[0]))


def looks_like_one(word: str) -> bool:
    """Whether `word`, of ASCII letters, digits, `-` and `_`, looks like an identifier."""
    if _UUID.fullmatch(word) or _PREFIXED.fullmatch(word):
        return True
    return any(map(_is_random, re.split(r"[-_]", word))) or _is_chopped(word)


def _is_random(part: str) -> bool:
    if len(part) < _LONG:
        return False
    letters, digits = sum(map(str.isalpha, part)), sum(map(str.isdigit, part))
    return (
        bool(digits) or len(re.findall("[a-z][A-Z]", part)) >= _TURNS or letters == len(re.findall("[a-f]", part, re.I))
    )


def _is_chopped(word: str) -> bool:
    """An identifier with separators in it: many changes between letters and digits."""
    bare = re.sub("[-_]", "", word)
    return len(bare) >= _LONG and len(re.findall("[A-Za-z][0-9]|[0-9][A-Za-z]", bare)) >= _TURNS
