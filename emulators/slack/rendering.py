"""Messages as plain words, for assertions and for the playground's page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_URL = re.compile(r"https?://[^\s<>|\"')\]]+")
_WORDS = ("text", "label", "title", "subtitle", "body", "alt_text", "details", "output", "value_text")
_PARTS = (
    "fields",
    "element",
    "elements",
    "accessory",
    "actions",
    "child_blocks",
    "tasks",
    "rows",
    "options",
    "placeholder",
    "hint",
)  # thumbs are pictures: their words are for screen readers


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for member in value:
            yield from _lines(member)
    elif isinstance(value, dict) and str(value.get("type", "")).startswith("rich_text_"):
        yield "".join(_inline(value))
    elif isinstance(value, dict):
        for name in (*_WORDS, *_PARTS):
            if value.get(name) is not None:
                yield from _lines(value[name])
        if value.get("type") in ("task_update", "task_card"):
            yield f"[{value.get('status')}]"


def _inline(value: Any) -> Iterator[str]:
    for element in value.get("elements", ()):
        match element.get("type"):
            case "text":
                yield element.get("text", "")
            case "link":
                yield element.get("text") or element.get("url", "")
            case "user":
                yield f"<@{element.get('user_id')}>"
            case "emoji":
                yield f":{element.get('name')}:"
            case _:
                yield from _inline(element)


def render(text: str, blocks: list[dict[str, Any]], extra: list[dict[str, Any]] | None = None) -> str:
    """`text`, then every part of `blocks` and `extra` that a reader would see, a line each."""
    return "\n".join(line for line in (text, *_lines(blocks), *_lines(extra or [])) if line)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from _strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from _strings(member)


def links_in(text: str, blocks: list[dict[str, Any]]) -> list[str]:
    """Every http(s) URL in `text` and anywhere in `blocks`, in order, each once."""
    found = (url for part in (text, *_strings(blocks)) for url in _URL.findall(part))
    return list(dict.fromkeys(found))
