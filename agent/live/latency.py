"""When the steps of a turn happened, for the log and for whoever measures."""

from __future__ import annotations

from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)

MARKS = ("speech_end", "turn_committed", "first_token", "first_fragment", "first_voice_byte", "first_speak_sent")
"""`speech_end`: the ears noticed that the person had stopped. `first_speak_sent`: enough sound for LiveAvatar to begin
with was handed to its websocket."""
BEGINS_WITH = 0.4  # seconds of sound

Take = Callable[[int, str, float], None]


class TurnMarks:
    """The marks of one session's turns, each taken once. `take` is told of each as it happens."""

    def __init__(self, session_id: str, take: Take) -> None:
        self._session_id = session_id
        self._take = take
        self._turn = 0
        self._at: dict[str, float] = {}
        self._spoken_until: float | None = None

    def speech_ended(self, now: float) -> None:
        """The person stopped speaking; the next turn answers that."""
        self._spoken_until = now

    def typed(self) -> None:
        """The next turn answers something that was written."""
        self._spoken_until = None

    def committed(self, turn: int, now: float) -> None:
        """A turn begins."""
        self._turn, self._at = turn, {}
        if self._spoken_until is not None:
            self.mark(turn, "speech_end", self._spoken_until)
            self._spoken_until = None
        self.mark(turn, "turn_committed", now)

    def mark(self, turn: int, name: str, at: float) -> None:
        """Something happened in a turn; only the first time counts, and only in the newest turn."""
        if turn != self._turn or name in self._at:
            return
        self._at[name] = at
        self._take(turn, name, at)
        if name == MARKS[-1]:
            self._tell()

    def _tell(self) -> None:
        begin = self._at["turn_committed"]
        since = {name: round(1000 * (at - begin)) for name, at in self._at.items() if name != "turn_committed"}
        log.info("live_turn", session=self._session_id, turn=self._turn, milliseconds=since)
