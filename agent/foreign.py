"""What services and strangers wrote, made fit for people's eyes: one line that links nowhere and rings nobody."""

from __future__ import annotations

import re

from agent.neutral import Neutraliser
from agent.plain_text import one_line

NAME_LIMIT = 60
_NAME = re.compile(r"[\w .,'’·/()&+-]+")
_NOTHING = Neutraliser(frozenset(), frozenset(), frozenset(), lambda handle: handle)


def harmless(text: str, limit: int) -> str:
    """`text` as one visible line of at most `limit` characters, without links, pings, placeholders and markup."""
    return one_line(_NOTHING.rewrite(one_line(text, limit)), limit)


def is_name(text: str) -> bool:
    """Whether a text can be the name of a language: no sentence, no code, nothing invisible."""
    return len(text) <= NAME_LIMIT and text.isprintable() and _NAME.fullmatch(text) is not None
