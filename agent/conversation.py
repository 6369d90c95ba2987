"""From the log of a conversation to the input of a model call: pure functions over items.

Rules that keep the provider from refusing the input: a function call and its output are never parted, a reasoning
item stays directly before the item it led to, and history is cut only where a person's message begins.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from agent.records import Item, Json, Source
from agent.trimming import squeezed, stubbed, tokens, trimmed

HISTORY_TOKENS = 40_000
INTERRUPTED = json.dumps(
    {"ok": False, "error": {"code": "interrupted", "message": "This call was not carried out.", "retryable": False}}
)


def user_message(text: str) -> Json:
    """What a person wrote, as an item."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def developer_message(text: str) -> Json:
    """What the runtime says, as an item."""
    return {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": text}]}


def function_call(call_id: str, name: str, arguments: Json) -> Json:
    """A tool call that a command or a button made, in the shape a model would have made it."""
    return {
        "type": "function_call",
        "call_id": call_id,
        "name": name,
        "arguments": json.dumps(arguments, ensure_ascii=False),
    }


def open_calls(bodies: Iterable[Json]) -> list[Json]:
    """Function calls without an output, in order."""
    bodies = list(bodies)
    answered = {body["call_id"] for body in bodies if body.get("type") == "function_call_output"}
    return [body for body in bodies if body.get("type") == "function_call" and body["call_id"] not in answered]


def message_text(body: Json) -> str:
    """The text of a message item; refusals count as text."""
    parts = body.get("content") or []
    return "".join(part.get("text") or part.get("refusal") or "" for part in parts if isinstance(part, dict))


def model_input(
    items: Sequence[Item], facts: str, *, budget: int = HISTORY_TOKENS, earlier: Json | None = None
) -> list[Json]:
    """The input of the next model call: recent history, whole and in order, then the facts of this moment.

    `budget` is in tokens, of history alone; `earlier` is an item that stands for what came before `items`.
    """
    room = budget - (tokens(earlier) if earlier else 0)
    bodies = _without_lone_reasoning(_paired(trimmed(stubbed(items, room), room)))
    lead = [earlier] if earlier else []
    return [*lead, *_with_own_call_ids(squeezed(bodies, room)), developer_message(facts)]


def _paired(items: Sequence[Item]) -> list[Json]:
    """Bodies with every call answered: runtime items wait until the calls before them are, gaps are filled."""
    bodies: list[Json] = []
    waiting: list[Json] = []
    pending: list[str] = []
    for item in items:
        kind = item.body.get("type")
        if kind == "function_call_output":
            if item.body["call_id"] not in pending:
                continue
            pending.remove(item.body["call_id"])
            bodies.append(item.body)
        elif pending and item.source is Source.RUNTIME:
            waiting.append(item.body)
        else:
            if pending and item.source in (Source.USER, Source.COMMAND):
                bodies += _fill(pending)
            if kind == "function_call":
                pending.append(item.body["call_id"])
            bodies.append(item.body)
        if not pending:
            bodies += waiting
            waiting = []
    return bodies + _fill(pending) + waiting


def _without_lone_reasoning(bodies: Sequence[Json]) -> list[Json]:
    """Bodies without reasoning that led to nothing: the provider refuses it when its follower is missing."""
    kept: list[Json] = []
    for body in reversed(bodies):
        follower = kept[-1] if kept else {}
        led_on = follower.get("type") in ("reasoning", "function_call") or follower.get("role") == "assistant"
        if body.get("type") != "reasoning" or led_on:
            kept.append(body)
    return kept[::-1]


def _with_own_call_ids(bodies: Sequence[Json]) -> list[Json]:
    """Bodies in which no two calls share an id: some servers number their calls anew in each answer."""
    own: dict[str, str] = {}
    used: set[str] = set()
    result: list[Json] = []
    for index, body in enumerate(bodies):
        call_id = str(body.get("call_id", ""))
        if body.get("type") == "function_call":
            own[call_id] = f"{call_id[:48]}_{index}" if call_id in used else call_id
            used.add(own[call_id])
        result.append({**body, "call_id": own[call_id]} if own.get(call_id, call_id) != call_id else body)
    return result


def _fill(pending: list[str]) -> list[Json]:
    """Outputs for calls that never got one; empties `pending`."""
    outputs: list[Json] = [
        {"type": "function_call_output", "call_id": call_id, "output": INTERRUPTED} for call_id in pending
    ]
    pending.clear()
    return outputs
