"""How the avatar's events look on the wire: every form that documents and clients of the service know.

An `Event` says what happened; a `Dialect` turns it into frames, or into nothing where that form has no word for it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

Kind = Literal[
    "session",
    "pose",
    "speak_started",
    "speak_ended",
    "speak_interrupted",
    "appended",
    "committed",
    "cleared",
    "error",
    "warning",
]
Pose = Literal["idle", "listening", "talking"]
SessionState = Literal["opening", "connected", "closing", "closed"]
ACKNOWLEDGEMENTS = frozenset({"appended", "committed", "cleared"})
SPEAKING = frozenset({"speak_started", "speak_ended", "speak_interrupted"})

DOCUMENTED_STATES = {"opening": "connecting", "connected": "connected", "closing": "closing", "closed": "closed"}
NEWER_STATES = {"opening": "new", "connected": "connected", "closing": None, "closed": "disconnected"}


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    `cause` is the `event_id` of the client's command behind it; where an interrupt ends an utterance, `cause` is the
    utterance's and `interrupt` the interrupt's.
    """

    kind: Kind
    cause: str | None = None
    interrupt: str | None = None
    state: SessionState | None = None
    before: Pose | None = None
    pose: Pose | None = None
    error: str = ""
    message: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Dialect:
    """One form of the events.

    `cause_field`: where the client's `event_id` is found again (None: nowhere). `speaks`: whether there are
    `agent.speak_*` events. `interrupts`: whether an interrupt ends one with `agent.speak_interrupted`, and
    `names_interrupt` whether that carries the interrupt's id instead of the utterance's. `pose_fields`: names of the
    former and the new pose in `agent.state_updated`, or None where that event does not exist. `idles`:
    `agent.idle_started` and `_ended`. `nested`: fields under `payload`.
    """

    name: str
    cause_field: Literal["event_id", "source_event_id"] | None = "source_event_id"
    session_states: tuple[tuple[str, str | None], ...] = tuple(NEWER_STATES.items())
    speaks: bool = True
    interrupts: bool = True
    names_interrupt: bool = False
    acknowledges: bool = True
    pose_fields: tuple[str | None, str] | None = ("previous_state", "new_state")
    idles: bool = False
    nested: bool = False

    def render(self, event: Event, new_id: Callable[[], str]) -> list[dict[str, Any]]:
        """The frames that tell of `event`, none where this dialect has no word for it; `new_id` makes ids."""
        return [self._frame(name, fields, event, new_id) for name, fields in self._words(event, new_id)]

    def _words(self, event: Event, new_id: Callable[[], str]) -> list[tuple[str, dict[str, Any]]]:
        match event.kind:
            case "session":
                state = dict(self.session_states)[event.state or "closed"]
                return [] if state is None else [("session.state_updated", {"state": state})]
            case "pose":
                return self._pose(event)
            case "error" | "warning":
                detail = {"type": event.error, "message": event.message}
                return [(event.kind, {event.kind: detail | ({"event_id": event.cause} if event.cause else {})})]
            case "appended" | "committed" | "cleared":
                return [(f"agent.audio_buffer_{event.kind}", {})] if self.acknowledges else []
        if not self.speaks or (event.kind == "speak_interrupted" and not self.interrupts):
            return []
        return [(f"agent.{event.kind}", {"task": {"id": new_id()}})]

    def _pose(self, event: Event) -> list[tuple[str, dict[str, Any]]]:
        words: list[tuple[str, dict[str, Any]]] = []
        if self.pose_fields is not None:
            former, new = self.pose_fields
            words.append(("agent.state_updated", ({former: event.before} if former else {}) | {new: event.pose}))
        if self.idles and event.pose == "idle":
            words.append(("agent.idle_started", {}))
        if self.idles and event.before == "idle":
            words.append(("agent.idle_ended", {}))
        return words

    def _frame(self, name: str, fields: dict[str, Any], event: Event, new_id: Callable[[], str]) -> dict[str, Any]:
        own: dict[str, Any] = {}
        named = event.kind == "speak_interrupted" and self.names_interrupt
        cause = event.interrupt if named else event.cause
        if self.cause_field == "event_id":
            own = {"event_id": cause or new_id()}
        elif self.cause_field == "source_event_id":
            own = {"event_id": new_id(), "source_event_id": cause}
        if self.nested:
            return {"type": name, "payload": own | fields}
        return {"type": name} | own | fields


DOCUMENTED = Dialect(
    "documented", cause_field="event_id", session_states=tuple(DOCUMENTED_STATES.items()), names_interrupt=True
)
CURRENT = Dialect("current")
DIALECTS = {
    dialect.name: dialect
    for dialect in (
        DOCUMENTED,
        CURRENT,
        Dialect("poses", speaks=False, acknowledges=False),
        Dialect("short_poses", speaks=False, acknowledges=False, pose_fields=(None, "state")),
        Dialect("speech_only", pose_fields=None, acknowledges=False),
        Dialect("idle", idles=True),
        Dialect("cleared", interrupts=False, pose_fields=None),
        Dialect("anonymous", cause_field=None),
        Dialect("nested", nested=True),
    )
}
