"""Which websockets there should be: opened, pinged, replaced and let go. No input or output; the shell obeys.

One websocket serves. When its end is announced the next one is opened first, and the old one is still read until it
ends or the time for that is over, so that there is no gap. One that breaks or falls silent is replaced at once, one
that breaks again and again ever later.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.slack.socket.frames import Reason

MOST_LEAVING = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Times, in seconds.

    `opening`: from asking for an address to hello. `silence`: without a frame or a pong, and the websocket counts as
    dead. `linger`: an old one is still read so long beside its successor. `before_end`: so long before the announced
    end the successor is opened. `steady`: one that held so long was a good one. Waits between failures double from
    `first_wait` to `longest_wait`; `refused_wait` follows a refusal that only people can undo.
    """

    opening: float = 20.0
    ping: float = 10.0
    silence: float = 25.0
    linger: float = 15.0
    before_end: float = 30.0
    steady: float = 30.0
    first_wait: float = 0.5
    longest_wait: float = 30.0
    refused_wait: float = 60.0


@dataclass(frozen=True, slots=True)
class Open:
    """Ask for an address and open it as this link."""

    link: int


@dataclass(frozen=True, slots=True)
class Ping:
    """Ask the other side of this link for a sign of life."""

    link: int


@dataclass(frozen=True, slots=True)
class Close:
    """Give this link up; `gently`: confirm first what is being worked on."""

    link: int
    gently: bool


Action = Open | Ping | Close


class Phase(enum.Enum):
    """Where a link stands."""

    OPENING = "opening"
    SERVING = "serving"
    LEAVING = "leaving"  # still read, but its successor is wanted


@dataclass(slots=True)
class _Link:
    begun: float
    heard: float
    pinged: float
    phase: Phase = Phase.OPENING
    held: bool = False  # we do not read it just now, so its silence says nothing
    successor_at: float | None = None
    close_at: float | None = None


class Fleet:
    """The links and what to do about them. `now` never goes back; `random` gives numbers from 0 to 1."""

    def __init__(self, bounds: Bounds, random: Callable[[], float], now: float) -> None:
        self._bounds = bounds
        self._random = random
        self._links: dict[int, _Link] = {}
        self._count = 0
        self._failures = 0
        self._not_before = now
        self._stopped = False
        self.refusal: str | None = None
        self.away_since: float | None = now

    @property
    def connected(self) -> bool:
        """Whether Slack can reach us now."""
        return any(link.phase is not Phase.OPENING for link in self._links.values())

    @property
    def opened(self) -> int:
        """How many links were begun."""
        return self._count

    # -- what happened -------------------------------------------------------------------------------------------

    def greeted(self, number: int, lifetime: float | None, now: float) -> None:
        """Slack said hello: this link serves, and those before it may go."""
        link = self._links.get(number)
        if link is None or link.phase is not Phase.OPENING:
            return
        link.phase, link.begun, link.heard, link.pinged = Phase.SERVING, now, now, now
        if lifetime is not None and lifetime > 2 * self._bounds.before_end:
            link.successor_at = now + lifetime - self._bounds.before_end
        self.refusal = None
        leaving = [old for old in self._links.values() if old.phase is Phase.LEAVING]
        for place, old in enumerate(reversed(leaving), start=1):
            _hasten(old, now + self._bounds.linger if place <= MOST_LEAVING else now)
        self._look(now)

    def heard(self, number: int, now: float) -> None:
        """A frame or a pong came."""
        if link := self._links.get(number):
            link.heard, link.held = now, False

    def held(self, number: int) -> None:
        """We read no more for now; `heard` ends that."""
        if link := self._links.get(number):
            link.held = True

    def told(self, number: int, reason: Reason, now: float) -> None:
        """Slack announced an end."""
        link = self._links.get(number)
        if link is None:
            return
        match reason:
            case Reason.DISABLED:
                self._refuse(reason, now)
                for each in self._links.values():
                    _hasten(each, now)
            case Reason.TOO_MANY:
                self._fail(now)
                _hasten(link, now)
            case Reason.WARNING | Reason.REFRESH | Reason.OTHER:
                self._replace(link, now)
        self._look(now)

    def failed(self, number: int, now: float, retry_after: float = 0.0) -> None:
        """A link could not be opened; the next attempt comes `retry_after` seconds later at the earliest."""
        if self._links.pop(number, None) is not None:
            self._fail(now, retry_after)
        self._look(now)

    def refused(self, number: int, code: str, now: float) -> None:
        """Slack will not have us: only people can change that, so it is asked again seldom."""
        if self._links.pop(number, None) is not None:
            self._refuse(code, now)
        self._look(now)

    def ended(self, number: int, now: float) -> None:
        """A link is over, whoever ended it."""
        link = self._links.pop(number, None)
        if link is not None and link.phase is not Phase.LEAVING:
            self._lose(link, now)
        self._look(now)

    def stop(self, now: float) -> None:
        """Open nothing any more. The links are the shell's to close."""
        self._stopped = True
        self._links.clear()
        self._look(now)

    # -- what to do ----------------------------------------------------------------------------------------------

    def actions(self, now: float) -> list[Action]:
        """What to do now. What is told to be closed is forgotten."""
        actions: list[Action] = []
        for number, link in list(self._links.items()):
            if (action := self._about(number, link, now)) is not None:
                actions.append(action)
        if self._wanting() and now >= self._not_before:
            self._count += 1
            self._links[self._count] = _Link(now, now, now)
            actions.append(Open(self._count))
        self._look(now)
        return actions

    def due(self) -> float | None:
        """When to ask again although nothing happened; None while nothing would come of that."""
        deadlines = [deadline for link in self._links.values() for deadline in self._deadlines(link)]
        if self._wanting():
            deadlines.append(self._not_before)
        soonest = min(deadlines, default=float("inf"))
        return None if soonest == float("inf") else soonest

    def _about(self, number: int, link: _Link, now: float) -> Action | None:
        """What is due with one link."""
        if link.close_at is not None and now >= link.close_at:
            del self._links[number]
            return Close(number, gently=link.phase is not Phase.OPENING)
        if now >= self._given_up_at(link):
            del self._links[number]
            self._lose(link, now)
            return Close(number, gently=False)
        if link.phase is Phase.SERVING and link.successor_at is not None and now >= link.successor_at:
            link.phase = Phase.LEAVING
        if link.phase is not Phase.OPENING and now >= link.pinged + self._bounds.ping:
            link.pinged = now
            return Ping(number)
        return None

    def _given_up_at(self, link: _Link) -> float:
        if link.phase is Phase.OPENING:
            return link.begun + self._bounds.opening
        return float("inf") if link.held else link.heard + self._bounds.silence

    def _deadlines(self, link: _Link) -> Iterator[float]:
        yield self._given_up_at(link)
        if link.close_at is not None:
            yield link.close_at
        if link.phase is not Phase.OPENING:
            yield link.pinged + self._bounds.ping
        if link.phase is Phase.SERVING and link.successor_at is not None:
            yield link.successor_at

    def _wanting(self) -> bool:
        """Whether another link is wanted: none serves, and none is on its way."""
        return not self._stopped and all(link.phase is Phase.LEAVING for link in self._links.values())

    # -- failures ------------------------------------------------------------------------------------------------

    def _replace(self, link: _Link, now: float) -> None:
        if link.phase is Phase.OPENING:
            self._fail(now)
            _hasten(link, now)
        elif link.phase is Phase.SERVING:
            link.phase = Phase.LEAVING
            self._judge(link, now)

    def _lose(self, link: _Link, now: float) -> None:
        """A link is gone that was not to go. One that never served was a failure whatever its age."""
        if link.phase is Phase.OPENING:
            self._fail(now)
        elif link.phase is Phase.SERVING:
            self._judge(link, now)

    def _judge(self, link: _Link, now: float) -> None:
        """A link that held is replaced at once; one that did not, after a while."""
        if now - link.begun >= self._bounds.steady:
            self._failures = 0
        else:
            self._fail(now)

    def _fail(self, now: float, retry_after: float = 0.0) -> None:
        wait = min(self._bounds.first_wait * 2.0 ** min(self._failures, 16), self._bounds.longest_wait)
        self._failures += 1
        wait *= 0.75 + 0.5 * self._random()
        self._not_before = max(self._not_before, now + max(wait, retry_after))

    def _refuse(self, code: str, now: float) -> None:
        self.refusal = str(code)
        self._not_before = max(self._not_before, now + self._bounds.refused_wait)

    def _look(self, now: float) -> None:
        """Remember since when nobody can reach us."""
        if self.connected:
            self.away_since = None
        elif self.away_since is None:
            self.away_since = now


def _hasten(link: _Link, at: float) -> None:
    link.close_at = at if link.close_at is None else min(link.close_at, at)
