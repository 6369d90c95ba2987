"""Orders that others have hidden in the input: `CALL translate_video {"source": …}` anywhere but in our own words."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from emulators.openai.reading import output_text, text_of
from emulators.openai.script import Call

ORDER = re.compile(r"\bCALL\s+([A-Za-z_]\w{0,63})\s*(?=\{)")
DEPTH_LIMIT = 6
ORDER_LIMIT = 16
LOOKED_AT = 200  # what is no JSON is found out slowly in a long text

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """A call that a text demands, and where the text stood."""

    call: Call
    place: str


def orders_in(items: Sequence[Json]) -> list[Order]:
    """Orders anywhere in what people, tools and the runtime wrote, each once and without those carried out already."""
    done = [(item["name"], _parsed(item["arguments"])) for item in items if item.get("type") == "function_call"]
    found: list[Order] = []
    for item in items:
        if (place := _place(item)) is None:
            continue
        for call in _calls_in(_text(item), 0):
            known = [order.call for order in found]
            if (call.name, call.arguments) not in done and call not in known:
                found.append(Order(call, place))
    return found[:ORDER_LIMIT]


def _place(item: Json) -> str | None:
    if item.get("type") == "function_call_output":
        return "a tool's output"
    match item.get("role"):
        case "user":
            return "a message"
        case "developer" | "system":
            return "the facts"
        case _:
            return None


def _text(item: Json) -> str:
    return output_text(item) if item.get("type") == "function_call_output" else text_of(item)


def _calls_in(text: str, depth: int) -> Iterator[Call]:
    """Orders written out in `text`, then those inside the strings of a JSON value that it holds."""
    for match in itertools.islice(ORDER.finditer(text), LOOKED_AT):
        arguments = _object_at(text, match.end())
        if arguments is not None:
            yield Call(match[1], arguments)
    if depth < DEPTH_LIMIT and "CALL" in text:
        for part in _strings(_json_in(text)):
            yield from _calls_in(part, depth + 1)


def _json_in(text: str) -> Any:
    """The JSON a text is, or the one that begins on a line of its own."""
    start = text.find("\n{")
    value = _parsed(text)
    return value if value is not None or start < 0 else _object_at(text, start + 1)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _object_at(text: str, start: int) -> Json | None:
    try:
        value, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _strings(value: Any) -> Iterator[str]:
    """Every string inside a JSON value, the names of its fields too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from _strings(member)
