"""Long answers in pieces that Slack takes: cut where a reader would, code fences closed and reopened."""

from __future__ import annotations

import re

PIECE_LIMIT = 11_500  # Slack takes 12,000 characters of Markdown a message
FENCE_ROOM = 100
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)[ \t]*([^\s`]{0,40})[^\n]*$", re.MULTILINE)
_BORDERS = (
    re.compile(r"\n[ \t]*\n+"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…。！？])\s+"),
    re.compile(r"\s+"),
)


def split(text: str, limit: int = PIECE_LIMIT) -> list[str]:
    """`text` in pieces of at most `limit` characters (at least 300); a fence that is cut is closed and reopened."""
    pieces: list[str] = []
    opener = ""
    for raw in cuts(text, limit - FENCE_ROOM):
        inside = _open_fence(opener + raw)
        piece = opener + raw + (_closer(inside, raw) if inside else "")
        opener = f"{inside}\n" if inside else ""
        if piece.strip():
            pieces.append(piece if inside else piece.rstrip())
    return pieces


def cuts(text: str, limit: int) -> list[str]:
    """The bare pieces: joined they are `text` again, none is longer than `limit`."""
    pieces: list[str] = []
    rest = text
    while len(rest) > limit:
        end = _border(rest, limit)
        pieces.append(rest[:end])
        rest = rest[end:]
    return [*pieces, rest] if rest else pieces


def _border(text: str, limit: int) -> int:
    """Where to cut: after the last paragraph, line, sentence or word that leaves no tiny piece behind."""
    for border in _BORDERS:
        ends = [match.end() for match in border.finditer(text, 0, limit) if match.end() >= limit // 3]
        if ends:
            return ends[-1]
    return limit


def _open_fence(text: str) -> str:
    """The opening line of the fence that is still open at the end of `text`, or nothing."""
    opened = ""
    for match in _FENCE.finditer(text):
        if not opened:
            opened = match[1] + match[2]
        elif match[1].startswith(opened[: len(match[1])]) and not match[2] and len(match[1]) >= _ticks(opened):
            opened = ""
    return opened[: FENCE_ROOM // 2]


def _ticks(opener: str) -> int:
    return len(opener) - len(opener.lstrip(opener[0]))


def _closer(opener: str, raw: str) -> str:
    return ("" if raw.endswith("\n") else "\n") + opener[: _ticks(opener)]
