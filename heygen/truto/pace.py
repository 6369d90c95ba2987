"""Keeping to a limit of requests in a window of time: pure, the caller waits."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from heygen.replies import retry_after

MOST = 45  # Truto allows an integrated account 50 requests in 10 s; some of them are left to others
WINDOW_SECONDS = 10.0
LONGEST_HOLD = 60.0
LONGEST_TURN = 20.0


class Pace:
    """When the next request may leave: `most` in any `window` seconds, and none while we are asked to hold.

    Times are seconds of one monotonic clock, given by the caller.
    """

    def __init__(self, most: int = MOST, window: float = WINDOW_SECONDS, *, longest: float = LONGEST_TURN) -> None:
        self._departures: deque[float] = deque(maxlen=most)
        self._window = window
        self._longest = longest
        self._held_until = 0.0

    def turn(self, now: float) -> tuple[float, bool]:
        """Seconds until the next free place, and whether it was taken: not one that is too far away."""
        departure = max(now, self._held_until)
        if len(self._departures) == self._departures.maxlen:
            departure = max(departure, self._departures[0] + self._window)
        wait = departure - now
        if wait > self._longest:
            return wait, False
        self._departures.append(departure)
        return wait, True

    def hold(self, now: float, seconds: float) -> None:
        """Let nothing leave for `seconds`, at most a minute."""
        self._held_until = max(self._held_until, now + min(seconds, LONGEST_HOLD))

    def heed(self, now: float, headers: Mapping[str, str]) -> None:
        """Hold when an answer says that nothing remains of HeyGen's quota. Header names in lower case."""
        if headers.get("ratelimit-remaining", "").strip() != "0":
            return
        # The header is seconds from now; anything as large as a Unix time was not meant as a wait here.
        reset = retry_after({"ratelimit-reset": headers.get("ratelimit-reset", "")}, now=0.0)
        if reset is not None:
            self.hold(now, reset)
