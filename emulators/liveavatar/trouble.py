"""What can go wrong with a session's events and its websocket, on request."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

UNKNOWN_FRAMES = (
    {"type": "agent.telemetry_updated", "values": [1, 2, 3]},
    {"type": "session.quality_changed", "payload": {"quality": "fair"}},
    {"type": "agent.speak_paused", "event_id": None, "source_event_id": 7},
)
GARBAGE = ("", "not json", "[]", "null", '{"type": 5}', '{"state": "connected"}', '{"type": "error", "error": "plain"}')


@dataclasses.dataclass(slots=True)
class EventTrouble:
    """How a session's events go wrong. Event names are those on the wire.

    `silent`: none are sent. `without`: names that are left out. `repeat`: how often each is sent again.
    `late`: an event that is held back until the other has been sent. `unknown`: a frame of a type nobody knows
    before each. `garbage`: a frame that is no event at all before each.
    """

    silent: bool = False
    without: frozenset[str] = frozenset()
    repeat: int = 0
    late: dict[str, str] = dataclasses.field(default_factory=dict)
    unknown: bool = False
    garbage: bool = False


class EventLine:
    """One session's events on their way out, through its `EventTrouble`. No I/O."""

    def __init__(self, trouble: EventTrouble) -> None:
        self.trouble = trouble
        self._held: list[dict[str, Any]] = []
        self._count = 0

    def pass_on(self, frame: dict[str, Any]) -> list[str]:
        """The texts to send now because of `frame`."""
        trouble = self.trouble
        name = frame["type"]
        if trouble.silent or name in trouble.without:
            return []
        if name in trouble.late:
            self._held.append(frame)
            return []
        texts = self._texts(frame)
        for held in [h for h in self._held if trouble.late.get(h["type"]) == name]:
            self._held.remove(held)
            texts += self._texts(held)
        return texts

    def _texts(self, frame: dict[str, Any]) -> list[str]:
        return [*self._noise(), *[json.dumps(frame)] * (1 + self.trouble.repeat)]

    def _noise(self) -> list[str]:
        self._count += 1
        noise = []
        if self.trouble.unknown:
            noise.append(json.dumps(UNKNOWN_FRAMES[self._count % len(UNKNOWN_FRAMES)]))
        if self.trouble.garbage:
            noise.append(GARBAGE[self._count % len(GARBAGE)])
        return noise


@dataclasses.dataclass(slots=True)
class Cut:
    """A planned end of a websocket: at the next command received or event sent that is called `at`.

    `skip` of them pass first. `code` closes with a close frame; None resets the connection. It happens `times` times.
    """

    at: str
    code: int | None = None
    skip: int = 0
    times: int = 1
    session_id: str | None = None

    def strikes(self, session_id: str, name: str) -> bool:
        """Whether the connection ends here; counts down."""
        if self.times <= 0 or name != self.at or self.session_id not in (None, session_id):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True
