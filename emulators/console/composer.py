"""What a Slack client does to the words in its composer before it sends them."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

URL = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]}']")
MENTION = re.compile(r"(?<![\w.@])@([\w.-]*\w)")


def encode(text: str, people: Mapping[str, str]) -> str:
    """`text` as Slack stores it: `&<>` escaped, `<@ID>` for mentions, `<url>` for links.

    `people` maps lower-case names to user ids; a name nobody has stays as it was typed.
    """
    parts: list[str] = []
    position = 0
    for link in URL.finditer(text):
        parts += [_words(text[position : link.start()], people), f"<{_escape(link[0])}>"]
        position = link.end()
    return "".join([*parts, _words(text[position:], people)])


def _words(text: str, people: Mapping[str, str]) -> str:
    def mention(found: re.Match[str]) -> str:
        user = people.get(found[1].lower())
        return f"<@{user}>" if user else found[0]

    return MENTION.sub(mention, _escape(text))


def _escape(text: str) -> str:
    return html.escape(text, quote=False)
