"""How fast we may talk to Slack, without I/O: the caller asks how long to wait and does the waiting."""

from __future__ import annotations

import math
from typing import Protocol

PLACES_REMEMBERED = 4096
METHODS_REMEMBERED = 256
PLACE_SECONDS = 1.0
NEW_MESSAGES = frozenset({"chat.postMessage", "chat.postEphemeral", "chat.startStream", "files.completeUploadExternal"})
EDITS = frozenset({"chat.update"})
DEFAULT_PER_MINUTE = 50.0
PER_MINUTE = {
    "chat.postMessage": 300.0,
    "chat.postEphemeral": 100.0,
    "chat.update": 50.0,
    "chat.startStream": 20.0,
    "chat.appendStream": 100.0,
    "chat.stopStream": 20.0,
    "chat.delete": 50.0,
    "agents.sessions.rename": 50.0,
    "agents.sessions.setStatus": 50.0,
    "agents.sessions.setStatus:processing": 20.0,
    "assistant.threads.setStatus": 50.0,
    "conversations.replies": 50.0,
    "conversations.history": 50.0,
    "conversations.open": 50.0,
    "reactions.add": 50.0,
    "files.completeUploadExternal": 100.0,
}
"""Calls a minute that one workspace allows an app, by Slack's tiers; a tier's minute may be spent in a burst."""


class Now(Protocol):
    """The part of a clock that pacing needs."""

    def now(self) -> float:
        """Unix seconds."""
        ...


class _Bucket:
    """A token bucket as one number: the time at which it would be full of debts no more."""

    __slots__ = ("burst", "free_at", "interval")

    def __init__(self, interval: float, burst: float) -> None:
        self.interval = interval
        self.burst = burst
        self.free_at = -math.inf

    def delay(self, now: float) -> float:
        return max(self.free_at - (self.burst - 1) * self.interval - now, 0.0)

    def take(self, at: float) -> None:
        self.free_at = max(self.free_at, at) + self.interval


class Pacer:
    """Token buckets per method, per channel and per edited message, and the pauses that 429 answers ask for."""

    def __init__(self, clock: Now) -> None:
        self._clock = clock
        self._methods: dict[str, _Bucket] = {}
        self._places: dict[str, _Bucket] = {}
        self._blocked: dict[str, float] = {}

    def wait(self, method: str, place: str, *, patience: float = math.inf) -> float:
        """Seconds to wait before calling `method` for `place`: a channel, or `channel/ts` for an edit.

        The place is reserved if that is at most `patience` seconds; otherwise nothing is, and the caller comes back.
        """
        now = self._clock.now()
        buckets = self._buckets(method, place, now)
        seconds = max(self._blocked.get(method, 0.0) - now, 0.0, *(bucket.delay(now) for bucket in buckets))
        if seconds <= patience:
            for bucket in buckets:
                bucket.take(now + seconds)
        return seconds

    def blocked(self, method: str, seconds: float) -> None:
        """Slack answered 429 to `method`: nobody calls it for `seconds`."""
        now = self._clock.now()
        if len(self._blocked) >= METHODS_REMEMBERED:
            longest = sorted(self._blocked.items(), key=lambda item: item[1])[-METHODS_REMEMBERED // 2 :]
            self._blocked = {name: until for name, until in longest if until > now}
        self._blocked[method] = max(self._blocked.get(method, 0.0), now + seconds)

    @property
    def remembered(self) -> int:
        """How many places and pauses are kept in memory."""
        return len(self._places) + len(self._blocked)

    def _buckets(self, method: str, place: str, now: float) -> list[_Bucket]:
        per_minute = PER_MINUTE.get(method, DEFAULT_PER_MINUTE)
        found = [self._methods.setdefault(method, _Bucket(60.0 / per_minute, per_minute / 2))]
        if method in NEW_MESSAGES or method in EDITS:
            self._forget(now)
            found.append(self._places.setdefault(place, _Bucket(PLACE_SECONDS, 1.0)))
        return found

    def _forget(self, now: float) -> None:
        """Drop places that are free again; if all are busy, those that will be free first."""
        if len(self._places) < PLACES_REMEMBERED:
            return
        busy = {name: bucket for name, bucket in self._places.items() if bucket.free_at > now}
        latest = sorted(busy.items(), key=lambda item: item[1].free_at)[-PLACES_REMEMBERED // 2 :]
        self._places = dict(latest)
