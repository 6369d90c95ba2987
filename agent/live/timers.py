"""Named moments that a running session waits for. No I/O, no clock."""

from __future__ import annotations

import enum


class Timer(enum.StrEnum):
    """What happens at its moment, if it has not been cleared before."""

    GREETING = "greeting"  # greet although the page has not said that it is ready
    WORDS = "words"  # what was said should have been understood by now
    HOLD = "hold"  # somebody has been speaking for so long that the avatar need not wait any more
    BARGE_IN = "barge_in"
    HEARD = "heard"  # what was sent is taken as heard although no event says so
    VOICE = "voice"  # the voice that failed is tried again
    SETTLE = "settle"  # nobody told how much of what was silenced had been heard
    CAPTION = "caption"
    FILLER = "filler"
    IDLE = "idle"
    NO_ANSWER = "no_answer"
    ALONE = "alone"  # nobody has been on the page for a moment: it was more than a short break
    GONE = "gone"  # nobody has been on the page for too long
    WARNING = "warning"
    MAXIMUM = "maximum"
    DRAIN = "drain"
    FAREWELL = "farewell"  # it has been said, or has had its time


class Timers:
    """At most one moment for each timer."""

    def __init__(self) -> None:
        self._at: dict[Timer, float] = {}

    def set(self, timer: Timer, at: float | None) -> None:
        """From now on this is its moment; None for none."""
        if at is None:
            self._at.pop(timer, None)
        else:
            self._at[timer] = at

    def clear(self, *timers: Timer) -> None:
        """These have no moment any more."""
        for timer in timers:
            self._at.pop(timer, None)

    def runs(self, timer: Timer) -> bool:
        """Whether its moment is still to come."""
        return timer in self._at

    @property
    def next_due(self) -> float | None:
        """The first moment of all."""
        return min(self._at.values(), default=None)

    def pop_due(self, now: float) -> list[Timer]:
        """Those whose moment has come, the earliest first; they are cleared."""
        due = sorted((at, timer) for timer, at in self._at.items() if at <= now)
        for _, timer in due:
            del self._at[timer]
        return [timer for _, timer in due]
