"""Words inside JSON: finding them all, and putting others in their place. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

PREFIX = "deleted-"  # of the pseudonyms that stand for deleted people
GONE = "deleted"  # stands where somebody's words were
Substitute = Callable[[str], str]

# Fields that say what something is and what it belongs to; nobody wrote what stands in them.
STRUCTURE = frozenset({"type", "role", "id", "call_id", "name", "status", "ts", "thread_ts", "channel_type", "user"})
NESTED = frozenset({"arguments", "output"})  # JSON inside a text


def rewritten(value: Any, substitute: Substitute) -> Any:
    """A value with every text in it substituted, also keys and nested ones."""
    match value:
        case str():
            return substitute(value)
        case dict():
            return {substitute(key): rewritten(inner, substitute) for key, inner in value.items()}
        case list():
            return [rewritten(inner, substitute) for inner in value]
        case _:
            return value


def reworded(value: Any, substitute: Substitute) -> Any:
    """A value with every text substituted that somebody may have written; its structure stays."""
    match value:
        case str():
            return substitute(value)
        case dict():
            return {name: _field(name, inner, substitute) for name, inner in value.items()}
        case list():
            return [reworded(inner, substitute) for inner in value]
        case _:
            return value


def _field(name: str, value: Any, substitute: Substitute) -> Any:
    if name in STRUCTURE and isinstance(value, str):
        return value
    if name not in NESTED or not isinstance(value, str):
        return reworded(value, substitute)
    try:
        inner = json.loads(value)
    except ValueError:
        return substitute(value)
    changed = reworded(inner, substitute)
    return value if changed == inner else json.dumps(changed, ensure_ascii=False)


def texts(values: Iterable[Any]) -> set[str]:
    """Every text inside JSON values that somebody may have written."""
    found: set[str] = set()

    def note(text: str) -> str:
        found.add(text)
        return text

    for value in values:
        reworded(value, note)
    return found
