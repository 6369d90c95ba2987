"""What LiveAvatar says on a session's websocket, read from every dialect that was met. Reading never raises.

The dialects differ in what the documents, the vendor's clients and people who drove the service report:

* The type stands in `type`; on the data channel of a room in `event_type`, with `avatar.` instead of `agent.`.
* An event about speech names our command in `event_id` (documents), or in `source_event_id` with an `event_id` of
  its own (as seen on the real service), or only a `task.id`, or nothing.
* A session's state is connecting, connected, closing, closed (documents) or new, connected, disconnected (newer
  clients); in rooms `session.stopped` with `end_reason` or `stop_reason` says the same.
* `agent.state_updated` has the new state in `new_state` or `state`. Some clients also saw `agent.idle_started`.
* An error's parts stand in `error`, a warning's in `warning`. Everything may stand one level deeper, in `payload`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import DETAIL_LIMIT
from ..fields import Malformed, block, identifier, load_json, safe_word, text, word

FRAME_LIMIT = 1024 * 1024


class SessionState(enum.Enum):
    """A session as its websocket tells it, one vocabulary for all of theirs."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    OVER = "over"
    UNKNOWN = "unknown"


_STATES = {
    "new": SessionState.CONNECTING,
    "connecting": SessionState.CONNECTING,
    "connected": SessionState.CONNECTED,
    "closing": SessionState.OVER,
    "closed": SessionState.OVER,
    "disconnected": SessionState.OVER,
}
_TALKING = {"talking": True, "speaking": True, "idle": False, "listening": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something LiveAvatar said; `type` is its own word for it."""

    type: str
    event_id: str | None = None
    source_event_id: str | None = None
    task_id: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What may name the command it answers, the surest first."""
        return tuple(name for name in (self.source_event_id, self.event_id, self.task_id) if name)


@dataclass(frozen=True, slots=True, kw_only=True)
class StateUpdated(Event):
    """The session's state; `word` is the vendor's, or the reason of its end."""

    state: SessionState
    word: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechBegan(Event):
    """The avatar begins to speak an utterance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechEnded(Event):
    """The avatar has spoken an utterance, or was made to stop."""

    interrupted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PoseChanged(Event):
    """Whether the avatar talks now, without a word on which utterance."""

    talking: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged(Event):
    """A command has arrived. It says nothing about what can be heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble(Event):
    """An error or a warning. `detail` is the vendor's sentence, cut; it may quote the customer."""

    kind: str
    warning: bool = False
    detail: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown(Event):
    """An event of a type, or with a state, that we do not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A frame that is no event; `reason` says what is wrong with it."""

    reason: str


AnyEvent = StateUpdated | SpeechBegan | SpeechEnded | PoseChanged | Acknowledged | Trouble | Unknown


def read_event(frame: str | bytes) -> AnyEvent | Unreadable:
    """The event in a frame, whatever is in the frame."""
    try:
        raw = frame.encode("utf-8", "replace") if isinstance(frame, str) else frame
        body = load_json(raw) if len(raw) <= FRAME_LIMIT else None
    except Malformed as error:
        return Unreadable(reason=str(error))
    if not isinstance(body, dict):
        return Unreadable(reason="not an event")
    source = _flattened(body)
    name = _type_of(source)
    return _read(name, source) if name else Unreadable(reason="no type")


def _flattened(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event with what stands in `payload`; the outer fields go first."""
    inner = block(body, "payload")
    return {**inner, **body} if inner else body


def _type_of(source: Mapping[str, Any]) -> str | None:
    return safe_word(source.get("type")) or safe_word(source.get("event_type"))


def _read(name: str, source: Mapping[str, Any]) -> AnyEvent:
    ids: dict[str, Any] = {
        "type": name,
        "event_id": identifier(source, "event_id"),
        "source_event_id": identifier(source, "source_event_id"),
        "task_id": identifier(block(source, "task"), "id") or identifier(source, "task_id"),
    }
    family, _, rest = name.partition(".")
    reader = _READERS.get(f"agent.{rest}" if family == "avatar" else name)
    return Unknown(**ids) if reader is None else reader(source, ids)


def _state(source: Mapping[str, Any], ids: dict[str, Any]) -> AnyEvent:
    named = word(source, "state")
    state = _STATES.get(named.lower(), SessionState.UNKNOWN)
    return StateUpdated(**ids, state=state, word=safe_word(named))


def _stopped(source: Mapping[str, Any], ids: dict[str, Any]) -> AnyEvent:
    reason = safe_word(source.get("end_reason")) or safe_word(source.get("stop_reason"))
    return StateUpdated(**ids, state=SessionState.OVER, word=reason or "stopped")


def _pose(source: Mapping[str, Any], ids: dict[str, Any]) -> AnyEvent:
    talking = _TALKING.get((word(source, "new_state") or word(source, "state")).lower())
    return Unknown(**ids) if talking is None else PoseChanged(**ids, talking=talking)


def _trouble(warning: bool) -> Callable[[Mapping[str, Any], dict[str, Any]], AnyEvent]:
    def read(source: Mapping[str, Any], ids: dict[str, Any]) -> AnyEvent:
        inner = block(source, ids["type"])
        about = {**ids, "event_id": identifier(inner, "event_id") or ids["event_id"]}
        kind = safe_word(inner.get("type")) or safe_word(inner.get("code")) or ids["type"]
        detail = text(inner, "message") or text(source, "message") or text(source, ids["type"]) or ""
        return Trouble(**about, kind=kind, warning=warning, detail=detail[:DETAIL_LIMIT])

    return read


_READERS: dict[str, Callable[[Mapping[str, Any], dict[str, Any]], AnyEvent]] = {
    "session.state_updated": _state,
    "session.stopped": _stopped,
    "agent.state_updated": _pose,
    "agent.idle_started": lambda source, ids: PoseChanged(**ids, talking=False),
    "agent.idle_ended": lambda source, ids: Acknowledged(**ids),
    "agent.speak_started": lambda source, ids: SpeechBegan(**ids),
    "agent.speak_ended": lambda source, ids: SpeechEnded(**ids, interrupted=False),
    "agent.speak_interrupted": lambda source, ids: SpeechEnded(**ids, interrupted=True),
    "agent.audio_buffer_appended": lambda source, ids: Acknowledged(**ids),
    "agent.audio_buffer_committed": lambda source, ids: Acknowledged(**ids),
    "agent.audio_buffer_cleared": lambda source, ids: SpeechEnded(**ids, interrupted=True),
    "error": _trouble(warning=False),
    "warning": _trouble(warning=True),
}
