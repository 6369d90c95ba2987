"""Slack's rate limits: a tier per method and minute, and one message a second in a channel. No input or output."""

from __future__ import annotations

import math
from collections import Counter, deque

from emulators.base import Clock

MINUTE = 60.0
TIER_1, TIER_2, TIER_3, TIER_4 = 1, 20, 50, 100


class Limits:
    """Counts calls on the emulator's clock and says how long a caller must wait.

    Slack promises "at least" its tiers, so `generosity` multiplies them; `posts_burst` messages may go to one
    channel at once before one a second holds. `per_minute` overrides a method's tier. With `enabled` off
    nothing is refused, and calls are still counted.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.enabled = True
        self.generosity = 2.0
        self.posts_per_second = 1.0
        self.posts_burst = 10
        self.per_minute: dict[str, int] = {}
        self.refused: Counter[str] = Counter()
        self.peak: Counter[str] = Counter()
        self._calls: dict[str, deque[float]] = {}
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, method: str, tier: int) -> int:
        """Count one call; 0 when it may pass, else the whole seconds of `Retry-After`."""
        now = self._clock.now()
        allowed = self.per_minute.get(method, math.ceil(tier * self.generosity))
        calls = self._calls.setdefault(method, deque(maxlen=100_000))
        while calls and now - calls[0] >= MINUTE:
            calls.popleft()
        if self.enabled and len(calls) >= allowed:
            return self._refuse(method, calls[0] + MINUTE - now)
        calls.append(now)
        self.peak[method] = max(self.peak[method], len(calls))
        return 0

    def take_post(self, channel: str) -> int:
        """Count one message to `channel`; 0 when it may pass, else the whole seconds of `Retry-After`."""
        now = self._clock.now()
        tokens, at = self._buckets.get(channel, (float(self.posts_burst), now))
        tokens = min(float(self.posts_burst), tokens + (now - at) * self.posts_per_second)
        if self.enabled and tokens < 1:
            self._buckets[channel] = (tokens, now)
            return self._refuse("chat.postMessage", (1 - tokens) / self.posts_per_second)
        self._buckets[channel] = (max(0.0, tokens - 1), now)
        return 0

    def _refuse(self, method: str, seconds: float) -> int:
        self.refused[method] += 1
        return max(1, math.ceil(seconds))
