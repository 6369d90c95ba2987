"""HeyGen's answers as a model may see them: handles for ids, no links, no secrets, not too long. And the way back."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from agent.foreign import harmless
from agent.records import Json
from agent.request import URL

ITEMS = 20
TEXT_LIMIT = 240
ANSWER_LIMIT = 5_000  # characters of JSON, about 1,250 tokens
CODE = 8
DEPTH = 6
LATEST = 253_402_300_800  # the year 10000: what is later is no time in seconds
TOKENS = frozenset({"token", "next_token"})  # where a list goes on: nothing to read in it
SECRET = re.compile(r"secret|password|api_?key|signature|(?<!next_)token$", re.IGNORECASE)
LINK = "(link)"
NAMES = ("name", "title", "voice_name", "filename", "display_name")
NAME_LIMIT = 80


def handle_of(conversation_id: str, value: str) -> str:
    """What stands for an id of HeyGen's in one conversation: the same id has the same handle, and none tells it."""
    digest = hashlib.sha256(f"{conversation_id}|{value}".encode()).digest()
    return "R" + base64.b32encode(digest)[:CODE].decode()


def is_id(name: str) -> bool:
    """Whether a field of this name holds an id, or a list of them, or says where a list goes on."""
    return name in ("id", "ids") or name.endswith(("_id", "_ids")) or name in TOKENS


def shown(answer: Any, conversation_id: str) -> tuple[Json, Json]:
    """What the model sees of an answer (see `Client.call_plain`), and what each handle in it stands for.

    The latter is `{handle: {"id": …, "name": …}}`; the name is HeyGen's for people, as far as there is one.
    """
    kept: Json = {}
    seen = _Hider(conversation_id, kept).value("", answer, 0)
    if not isinstance(seen, dict):
        return ({} if seen is None else {"answer": seen}), kept
    items = answer.get("items")
    return (_fitting(seen, len(items)) if isinstance(items, list) else seen), kept


def _fitting(told: Json, count: int) -> Json:
    """A list within the limit: whole items fall away from its end, and how many is told."""
    items = told.get("items") or []
    while len(items) > 1 and len(json.dumps(items, ensure_ascii=False)) > ANSWER_LIMIT:
        items = items[:-1]
    left = count - len(items)
    return {**told, "items": items, **({"not_shown": left} if left else {})}


class _Hider:
    """Walks one answer."""

    def __init__(self, conversation_id: str, kept: Json) -> None:
        self._conversation_id = conversation_id
        self._kept = kept

    def value(self, name: str, value: Any, depth: int) -> Any:
        """What is shown of a value; None for nothing."""
        match value:
            case dict():
                return self._object(value, depth) if depth < DEPTH else None
            case list():
                return self._list(name, value, depth)
            case str():
                return self._text(name, value)
            case int() if name.endswith("_at") and 0 < value < LATEST:
                return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M UTC")
            case _:
                return value

    def _object(self, value: Mapping[str, Any], depth: int) -> Json:
        parts = {name: self.value(name, part, depth + 1) for name, part in value.items() if not SECRET.search(name)}
        if "endpoint_id" in value:  # the address of a webhook opens something, its host tells whose it is
            parts["host"] = _host(value.get("url"))
        self._call(value, parts)
        return {name: part for name, part in parts.items() if part not in (None, "", [], {})}

    def _list(self, name: str, value: list[Any], depth: int) -> Any:
        items = [self.value(name, one, depth + 1) for one in value[:ITEMS]]
        return [one for one in items if one is not None]

    def _text(self, name: str, value: str) -> str | None:
        if is_id(name):
            return self._handle(value) if value else None
        if name == "url" or name.endswith("_url"):
            return None
        text = URL.sub(LINK, value)
        return text if len(text) <= TEXT_LIMIT else text[:TEXT_LIMIT] + "…"

    def _handle(self, value: str) -> str:
        handle = handle_of(self._conversation_id, value)
        self._kept.setdefault(handle, {"id": value})
        return handle

    def _call(self, value: Mapping[str, Any], parts: Mapping[str, Any]) -> None:
        """Remember the name of the thing that an object is, which is the first id in it."""
        own = next((part for name, part in parts.items() if is_id(name) and isinstance(part, str)), None)
        name = next((value[key] for key in NAMES if isinstance(value.get(key), str) and value[key]), None)
        if own and name:
            self._kept[own]["name"] = harmless(name, NAME_LIMIT)


def _host(url: Any) -> str | None:
    """Where a link leads."""
    try:
        return urlsplit(url).hostname if isinstance(url, str) else None
    except ValueError:
        return None


def revealed(arguments: Any, ids: Mapping[str, str], name: str = "") -> Any:
    """Arguments with ids in place of their handles; `KeyError` names what should be a handle and is none."""
    match arguments:
        case dict():
            return {key: revealed(value, ids, key) for key, value in arguments.items()}
        case list():
            return [revealed(value, ids, name) for value in arguments]
        case str() if is_id(name):
            return ids[arguments.strip().upper()]
        case _:
            return arguments


def handles_in(arguments: Any, name: str = "") -> list[str]:
    """What stands where ids belong."""
    match arguments:
        case dict():
            return [one for key, value in arguments.items() for one in handles_in(value, key)]
        case list():
            return [one for value in arguments for one in handles_in(value, name)]
        case str() if is_id(name):
            return [arguments.strip().upper()]
        case _:
            return []


def free_texts(arguments: Any, name: str = "") -> list[str]:
    """The words in arguments that are no handles: what would be written down at HeyGen."""
    match arguments:
        case dict():
            return [one for key, value in arguments.items() for one in free_texts(value, key)]
        case list():
            return [one for value in arguments for one in free_texts(value, name)]
        case str() if not is_id(name):
            return [arguments]
        case _:
            return []
