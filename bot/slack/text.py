"""Slack's text format, both ways: what a person typed to plain text, our values to safe mrkdwn."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"<([^<>\n]*)>")
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>\n]*)?>")
_PERSON = re.compile(r"[UW][A-Za-z0-9]+")
_SPACES = re.compile(r"[ \t]+")


def mentions(text: str) -> set[str]:
    """The ids of the people (and bots) that a Slack text mentions."""
    return set(_MENTION.findall(text))


def mention(user_id: str) -> str:
    """A mention of a person, or words where only a pseudonym is left of them."""
    return f"<@{user_id}>" if _PERSON.fullmatch(user_id) else "somebody whose data was deleted"


def plain(text: str, bot_user_id: str = "") -> str:
    """A Slack text as its author meant it.

    The bot's own mention goes, links and channels become readable, other mentions stay as `<@U…>`.
    """
    pieces: list[str] = []
    end = 0
    for match in _TOKEN.finditer(text):
        pieces += [unescape(text[end : match.start()]), _readable(match[1], bot_user_id)]
        end = match.end()
    pieces.append(unescape(text[end:]))
    return _SPACES.sub(" ", "".join(pieces)).strip()


def unescape(text: str) -> str:
    """Undo Slack's three entities."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def escape(text: str) -> str:
    """Make foreign text harmless inside mrkdwn."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, limit: int) -> str:
    """`text` on one line with at most `limit` characters; what is missing shows as an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: max(limit - 1, 0)].rstrip() + "…"


def safe(text: str, limit: int) -> str:
    """Foreign text for one mrkdwn line: cut to `limit` visible characters, then escaped."""
    return escape(cut(text, limit))


def _readable(token: str, bot_user_id: str) -> str:
    body, _, label = token.partition("|")
    label = unescape(label)
    match body[:1]:
        case "@":
            return "" if body[1:] == bot_user_id else f"<{body}>"
        case "#":
            return f"#{label or body[1:]}"
        case "!":
            return label or f"@{body[1:].split('^')[0]}"
        case _:
            return _link(unescape(body), label)


def _link(url: str, label: str) -> str:
    bare = url.removeprefix("mailto:").removeprefix("tel:")
    if not label or label in url:
        return bare
    return f"{label} ({bare})"
