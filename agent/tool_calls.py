"""What a tool call can come to, and how each outcome is told to the model and kept as a checkpoint."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import assert_never

from agent.records import Json

VALUE_LIMIT = 8_000
ERROR_LIMIT = 1_000


ADDED = "the_runtime_adds"
"""Under this key of its data a tool gives a sentence that ends the reply, whatever the model writes."""


@dataclass(frozen=True, slots=True)
class Value:
    """The answer to a question. What stands in it under `ADDED` is said to the person by the runtime itself.

    `kept` stays with the checkpoint for later calls and is never told to the model.
    """

    data: Json
    kept: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The model (or the person) can put it right: what is wrong and how."""

    code: str
    message: str
    hint: str = ""
    options: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Failed:
    """Final for this call. `retryable`: the same may work later, after `retry_after` seconds where somebody said so.

    A model is not told that: waiting is nothing for a conversation, but for a program that calls a tool.
    """

    code: str
    message: str
    hint: str = ""
    retryable: bool = False
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Deferred:
    """Accepted work whose result the runtime reports later. `summary` is for a person, `data` for the model."""

    submission_id: str
    summary: str
    data: Json


@dataclass(frozen=True, slots=True)
class NeedsApproval:
    """Written down, not sent: somebody has to agree first. `summary` is for a person, `data` for the model."""

    submission_id: str
    summary: str
    data: Json


Outcome = Value | TryAgain | Failed | Deferred | NeedsApproval

_KINDS: dict[str, type[Value | TryAgain | Failed | Deferred | NeedsApproval]] = {
    "value": Value,
    "try_again": TryAgain,
    "failed": Failed,
    "deferred": Deferred,
    "needs_approval": NeedsApproval,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def to_checkpoint(outcome: Outcome) -> Json:
    """JSON that `from_checkpoint` turns back into the same outcome."""
    return {"outcome": _NAMES[type(outcome)], **asdict(outcome)}


def from_checkpoint(data: Json) -> Outcome:
    """The outcome that was checkpointed; `KeyError` or `TypeError` for anything else."""
    fields = {key: value for key, value in data.items() if key != "outcome"}
    return _KINDS[data["outcome"]](**fields)


def to_model(outcome: Outcome) -> str:
    """The text of the function_call_output: one JSON object, bounded, errors always in one shape."""
    match outcome:
        case Value(data):
            return _bounded({"ok": True, **data}, VALUE_LIMIT)
        case Deferred(_, _, data):
            return _bounded({"ok": True, "status": "submitted", **data}, VALUE_LIMIT)
        case NeedsApproval(_, _, data):
            return _bounded({"ok": True, "status": "waiting_for_approval", **data}, VALUE_LIMIT)
        case TryAgain(code, message, hint, options):
            return _error(code, message, hint, retryable=True, options=options)
        case Failed(code, message, hint):  # whether it is retryable is for programs
            return _error(code, message, hint, retryable=False, options=[])
        case _:
            assert_never(outcome)


def for_person(outcome: Outcome) -> str:
    """One or two sentences for somebody who asked by a command, without a model in between."""
    match outcome:
        case Value(data):
            return str(data[ADDED]) if ADDED in data else _listed(data)
        case Deferred(_, summary, _) | NeedsApproval(_, summary, _):
            return summary
        case TryAgain(_, message, _, options):  # its hint tells the model what to ask the person
            return message + (" Choose one of: " + ", ".join(options[:10]) + "." if options else "")
        case Failed(_, message, hint):
            return " ".join(part for part in (message, hint) if part)
        case _:
            assert_never(outcome)


def _listed(data: Json) -> str:
    """What was found, as names; anything else as it is."""
    found = [(title, rows) for title, rows in data.items() if isinstance(rows, list) and rows]
    if not found or not all(isinstance(row, dict) and row.get("name") for _, rows in found for row in rows):
        return json.dumps(data, ensure_ascii=False)[:VALUE_LIMIT]
    lines = [f"{title.capitalize()}: {', '.join(str(row['name']) for row in rows)}." for title, rows in found]
    more = data.get("not_shown")
    return "\n".join([*lines, *([f"{more} more are not shown: name a part of the name."] if more else [])])


def added(outcomes: Iterable[Outcome]) -> list[str]:
    """What the runtime says itself about these outcomes."""
    return [str(one.data[ADDED]) for one in outcomes if isinstance(one, Value) and ADDED in one.data]


def output_item(call_id: str, outcome: Outcome) -> Json:
    """The log item that answers a function call."""
    return {"type": "function_call_output", "call_id": call_id, "output": to_model(outcome)}


def _error(code: str, message: str, hint: str, *, retryable: bool, options: list[str]) -> str:
    error: Json = {"code": code, "message": message[:400], "retryable": retryable}
    if hint:
        error["hint"] = hint[:300]
    if options:
        error["options"] = options[:10]
    return _bounded({"ok": False, "error": error}, ERROR_LIMIT)


def _bounded(data: Json, limit: int) -> str:
    text = json.dumps(data, ensure_ascii=False)
    if len(text) <= limit:
        return text
    kept, cut = limit, ""
    while not cut or len(cut) > limit:  # quoting JSON inside JSON makes it longer, so one cut may not be enough
        kept -= kept // 10
        cut = json.dumps({"ok": data.get("ok", True), "truncated": True, "text": text[:kept]}, ensure_ascii=False)
    return cut
