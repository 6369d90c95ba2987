"""Which items of an input belong together: calls and their outputs, reasoning and what it led to."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from emulators.openai.errors import Refusal

CALLS = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
    "tool_search_call": "tool_search_output",
}
OUTPUTS = frozenset(CALLS.values())

Json = dict[str, Any]


def check_pairs(items: Sequence[Json]) -> None:
    """Refuse calls without an output, outputs without their call before them, and anything twice."""
    open_calls: dict[str, str] = {}
    answered: set[str] = set()
    for item in items:
        kind, call_id = item.get("type"), item.get("call_id", "")
        if item.get("execution") == "server":  # the API has answered that itself
            continue
        if kind in CALLS:
            if call_id in open_calls or call_id in answered:
                raise _refused(f"Duplicate function call with call_id {call_id} in the input.")
            open_calls[call_id] = CALLS[kind]
        elif kind in OUTPUTS:
            if call_id in answered:
                raise _refused(f"Duplicate tool output for function call {call_id} in the input.")
            if open_calls.pop(call_id, None) != kind:
                raise _refused(f"No tool call found for function call output with call_id {call_id}.")
            answered.add(call_id)
    for call_id in open_calls:
        raise _refused(f"No tool output found for function call {call_id}.")


def check_ids(items: Sequence[Json]) -> None:
    """Refuse an item that appears twice."""
    seen: set[str] = set()
    for item in items:
        if (item_id := item.get("id")) is None:
            continue
        if item_id in seen:
            raise _refused(f"Duplicate item found with id {item_id}. Remove duplicate items from your input.")
        seen.add(item_id)


def check_reasoning(items: Sequence[Json]) -> None:
    """Refuse reasoning that is incomplete, altered, or not directly before the item it led to."""
    for index, item in enumerate(items):
        if item.get("type") == "reasoning":
            _check_reasoning_item(item, items[index + 1 :])


def seal(item_id: str, follower: Json) -> str:
    """The `encrypted_content` of our reasoning: opaque to clients, and it says what must come next."""
    note = {"id": item_id, "before": follower.get("id"), "type": follower["type"]}
    return base64.b64encode(json.dumps(note).encode()).decode()


def unseal(encrypted: str) -> Json | None:
    """What `seal` wrote, None when it is not ours or was altered."""
    try:
        note = json.loads(base64.b64decode(encrypted, validate=True))
    except (ValueError, binascii.Error):
        return None
    return note if isinstance(note, dict) and note.keys() == {"id", "before", "type"} else None


def _check_reasoning_item(item: Json, rest: Sequence[Json]) -> None:
    item_id = item.get("id", "")
    if not item.get("encrypted_content"):
        raise _not_stored(item_id)
    note = unseal(item["encrypted_content"])
    if note is None or note["id"] != item_id:
        sentence = f"The encrypted content for item {item_id} could not be verified."
        raise Refusal(sentence, param="input", code="invalid_encrypted_content")
    follower = next((other for other in rest if other.get("type") != "reasoning"), None)
    if follower is None or not _belongs(note, follower):
        raise _refused(f"Item '{item_id}' of type 'reasoning' was provided without its required following item.")


def _belongs(note: Json, follower: Json) -> bool:
    kind = follower.get("type", "message")
    if kind != note["type"] or (kind == "message" and follower.get("role") != "assistant"):
        return False
    return follower.get("id") in (None, note["before"])


def _not_stored(item_id: str) -> Refusal:
    sentence = (
        f"Item with id '{item_id}' not found. Items are not persisted when `store` is set to false. "
        "Try again with `store` set to true, or remove this item from your input."
    )
    return Refusal(sentence, param="input", code=None, status=404)


def check_reference(item: Json) -> None:
    """Refuse a bare reference: nothing is stored here."""
    if item.get("type") == "item_reference":
        raise _not_stored(str(item.get("id")))


def _refused(sentence: str) -> Refusal:
    return Refusal(sentence, param="input", code=None)
