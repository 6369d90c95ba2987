"""Rows as the agent's tests need them, everything given a plain default."""

from __future__ import annotations

from typing import Any

from agent.hashing import arguments_hash
from agent.money import Quote
from agent.records import InboxRow, JobKind, NewSubmission


def new_submission(*languages: str, key: str = "gr-1", account_id: str = "W1-account", **fields: Any) -> NewSubmission:
    """A translation of one video into `languages`, as it is first written down."""
    labels = languages or ("French (France)",)
    arguments = {"video_url": "https://example.com/a.mp4", "languages": list(labels)}
    cost = 3_000_000 * len(labels)  # a minute at the built-in price
    defaults: dict[str, Any] = {
        "workspace_id": "W1",
        "conversation_id": "C1",
        "turn_id": "turn_1",
        "call_id": "call_1",
        "requester": "U1",
        "kind": JobKind.TRANSLATION,
        "arguments": arguments,
        "arguments_hash": arguments_hash(fields.get("arguments", arguments)),
        "title": "a.mp4",
        "quote": Quote(cost, cost, "60 s", len(labels), 50_000),
    }
    return NewSubmission(key=key, account_id=account_id, labels=labels, **{**defaults, **fields})


def message(text: str, row_id: str = "row1", **payload: Any) -> InboxRow:
    """An inbox row: somebody wrote `text`."""
    body = {"user": "U1", "text": text, "ts": f"{row_id}.ts", **payload}
    return InboxRow(1, row_id, "C1", "W1", "message", body)


def command(name: str, arguments: dict[str, Any], row_id: str = "row1") -> InboxRow:
    """An inbox row: somebody asked for one tool call by a command."""
    payload = {"user": "U1", "text": f"/heygen {name}", "name": name, "arguments": arguments}
    return InboxRow(1, row_id, "C1", "W1", "command", payload)
