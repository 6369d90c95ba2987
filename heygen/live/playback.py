"""One utterance: what of it is cut, sent, and, by our clock and their events, heard. Times in seconds of one clock."""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass, field

from .audio import Framer, seconds_of

# From the first chunk to the first sound, where no event tells: others measured 0.2 s to the event and about 1 s to
# the picture.
PRESUMED_DELAY = 1.0
# Never wait for an event without end: past this, an utterance is taken as spoken.
OVERDUE = 5.0
# Events come a little late, so an utterance may be over a little sooner than its start would have it.
_SLACK = 0.5


class Outcome(enum.Enum):
    """How an utterance ended."""

    COMPLETED = "completed"
    INTERRUPTED = "interrupted"
    PRESUMED = "presumed"  # no event said so, but its time is over
    LOST = "lost"  # the connection or the session ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaking:
    """An utterance begins to be heard."""

    utterance_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """An utterance is over. Of the `sent_seconds` that left us about `heard_seconds` were heard."""

    utterance_id: str
    outcome: Outcome
    sent_seconds: float
    heard_seconds: float


@dataclass(slots=True)
class Utterance:
    """What is to be said in one go, under one id. `complete`: all its sound is here; `closed`: and has been sent."""

    id: str
    framer: Framer = field(default_factory=Framer)
    chunks: deque[bytes] = field(default_factory=deque)
    added_at: float = 0.0
    complete: bool = False
    closed: bool = False
    sent_seconds: float = 0.0
    plays_from: float | None = None
    plays_until: float = 0.0
    started_at: float | None = None

    @property
    def sent_any(self) -> bool:
        """Whether LiveAvatar has any of it."""
        return self.plays_from is not None

    @property
    def waiting_seconds(self) -> float:
        """How much sound of it waits here."""
        return seconds_of(sum(map(len, self.chunks)) + self.framer.held_bytes)

    @property
    def overdue_at(self) -> float:
        """When it is taken as spoken, if nothing was heard of it until then."""
        started = self.started_at if self.started_at is not None else self.plays_until - self.sent_seconds
        return max(self.plays_until, started + self.sent_seconds) + OVERDUE

    def had_its_time(self, now: float) -> bool:
        """Whether all of it was sent and can have been heard."""
        if self.started_at is None:
            return self.closed and now >= self.plays_until
        return self.closed and now >= self.started_at + self.sent_seconds - _SLACK

    def sent(self, chunk: bytes, begins: float) -> None:
        """Note that `chunk` left and will play from `begins` on, should the avatar be as fast as sound."""
        if self.plays_from is None:
            self.plays_from = begins
        self.plays_until = begins + seconds_of(len(chunk))
        self.sent_seconds += seconds_of(len(chunk))

    def ended(self, outcome: Outcome, now: float) -> Spoken:
        """The record of its end."""
        heard = self.sent_seconds if outcome in (Outcome.COMPLETED, Outcome.PRESUMED) else self._heard(now)
        return Spoken(utterance_id=self.id, outcome=outcome, sent_seconds=self.sent_seconds, heard_seconds=heard)

    def _heard(self, now: float) -> float:
        if self.plays_from is None:
            return 0.0
        begun = self.started_at if self.started_at is not None else self.plays_from + PRESUMED_DELAY
        return min(max(now - begun, 0.0), self.sent_seconds)
