"""Socket Mode's frames: what Slack sends becomes one of a few types, and how an envelope is acknowledged."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.records import Json


class Reason(enum.StrEnum):
    """Why Slack will end a connection. A word that we do not know means what a refresh means."""

    WARNING = "warning"
    REFRESH = "refresh_requested"
    DISABLED = "link_disabled"
    TOO_MANY = "too_many_websockets"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Hello:
    """The connection is ready. `lifetime` is about how long it will last, in seconds, where Slack says so."""

    app_id: str
    connections: int
    lifetime: float | None


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The connection will end, or should."""

    reason: Reason
    word: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """Something for the app. `attempt` counts from 0; `takes_payload` when the ack may carry an answer."""

    id: str
    kind: str
    payload: Json = field(repr=False)
    takes_payload: bool
    attempt: int
    retry_reason: str


@dataclass(frozen=True, slots=True)
class Strange:
    """A frame that is none of these; `what` says why, without its content."""

    what: str


Frame = Hello | Disconnect | Envelope | Strange


def parse(text: str | bytes) -> Frame:
    """Read one frame. Total: anything gets an answer."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return Strange("not JSON")
    if not isinstance(frame, dict):
        return Strange("not an object")
    match frame.get("type"):
        case "hello":
            return _hello(frame)
        case "disconnect":
            word = _string(frame, "reason")
            return Disconnect(_reason(word), word)
        case _:
            return _envelope(frame)


def ack(envelope: Envelope, payload: Json | None) -> str:
    """The frame that confirms an envelope, with the answer where Slack takes one."""
    frame: Json = {"envelope_id": envelope.id}
    if envelope.takes_payload and payload is not None:
        frame["payload"] = payload
    return json.dumps(frame)


def _hello(frame: Json) -> Hello:
    seconds = _mapping(frame, "debug_info").get("approximate_connection_time")
    known = isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds < float("inf")
    return Hello(
        _string(_mapping(frame, "connection_info"), "app_id"),
        _whole(frame, "num_connections"),
        float(seconds) if known else None,  # type: ignore[arg-type]
    )


def _reason(word: str) -> Reason:
    return Reason(word) if word in set(Reason) else Reason.OTHER


def _envelope(frame: Json) -> Envelope | Strange:
    identifier, payload = _string(frame, "envelope_id"), frame.get("payload")
    if not identifier:
        return Strange("no envelope id")
    if not isinstance(payload, dict):
        return Strange("an envelope without an object in it")
    return Envelope(
        id=identifier,
        kind=_string(frame, "type"),
        payload=payload,
        takes_payload=frame.get("accepts_response_payload") is True,
        attempt=_whole(frame, "retry_attempt"),
        retry_reason=_string(frame, "retry_reason"),
    )


def _string(mapping: Mapping[str, Any], key: str) -> str:
    value = mapping.get(key)
    return value if isinstance(value, str) else ""


def _whole(mapping: Mapping[str, Any], key: str) -> int:
    value = mapping.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _mapping(mapping: Mapping[str, Any], key: str) -> Json:
    value = mapping.get(key)
    return value if isinstance(value, dict) else {}
