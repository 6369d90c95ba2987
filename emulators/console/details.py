"""What one row of the page unfolds to: a model call with its items, a request with what was sent and answered."""

from __future__ import annotations

import json
from typing import Any

from emulators.console.parties import Parties

SHOWN = 40_000  # characters of one piece of JSON
HIDDEN = "…"
SECRET_FIELDS = frozenset({"token", "secret", "session_token", "livekit_client_token", "client_secret", "trigger_id"})

Json = dict[str, Any]


def call_details(parties: Parties, number: str) -> Json | None:
    """Instructions, items, tools and output of the model call with this number; None when it is not kept."""
    call = next((one for one in reversed(parties.openai.calls) if str(one.number) == number), None)
    if call is None:
        return None
    return {
        "number": call.number,
        "instructions": call.asked.instructions,
        "input": [_short(item) for item in call.asked.items],
        "tools": [str(tool.get("name", tool.get("type", ""))) for tool in call.asked.body.get("tools", ())],
        "output": [_short(item) for item in call.output],
    }


def request_details(parties: Parties, party: str, seq: str) -> Json | None:
    """Query, body and answer of a request, credentials left out; None when it is not kept."""
    emulator = parties.by_name().get(party)
    entries = reversed(emulator.journal.entries) if emulator is not None else ()
    entry = next((one for one in entries if str(one.seq) == seq), None)
    if entry is None:
        return None
    return {name: _short(_hidden(getattr(entry, name))) for name in ("query", "body", "reply")}


def _hidden(value: Any) -> Any:
    """The value with its credentials replaced."""
    if isinstance(value, dict):
        return {name: HIDDEN if name in SECRET_FIELDS else _hidden(one) for name, one in value.items()}
    return [_hidden(one) for one in value] if isinstance(value, list) else value


def _short(value: Any) -> Any:
    """The value, or the beginning of its JSON where that is very long."""
    text = json.dumps(value, ensure_ascii=False)
    return value if len(text) <= SHOWN else text[:SHOWN] + HIDDEN
