"""Requests that become due later, once or again and again: their records, and what they may spend by themselves.

A schedule is a row. When it is due, what it says enters the conversation it was made in as a message of the person who
made it. That it may spend without a click is a consent of its own, given by a press on a card that shows the amounts.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import Protocol

from agent.money import Quote, Reason
from agent.records import Lease, TurnRecord
from agent.recurrence import Recurrence, instant, local_time, zone_of
from agent.when import Every, Once, Unclear, when

SCHEDULED = "scheduled"
"""The kind of the event that a schedule which is due makes, and the origin of its turn."""
MOST = 10  # active schedules of one person
TEXT_LIMIT = 2_000
UTC_ZONE = "UTC"
LATE_SECONDS = 300.0  # later than this is said


class ScheduleState(enum.StrEnum):
    """Where a schedule stands; all but the first are final. `LEFT`: whoever made it is not there any more."""

    ACTIVE = "active"
    DONE = "done"
    CANCELLED = "cancelled"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When something is due: `next_at` is an instant, `rule` and `anchor` are those of `agent.recurrence`.

    `words` say it in our words; `monthly` is how often at most it is in a month.
    """

    zone: str
    words: str
    next_at: float
    rule: str | None = None
    anchor: str | None = None
    monthly: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a schedule could be allowed to spend without a click, in micro-dollars."""

    run: int
    month: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSchedule:
    """A schedule as it is first written down. `text` are the person's words; without an `offer` every run asks."""

    key: str
    workspace_id: str
    conversation_id: str
    turn_id: str
    requester: str
    text: str
    timing: Timing
    offer: Offer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One schedule. `per_run` and `per_month` are what it may spend without a click, None before that was allowed."""

    id: str
    workspace_id: str
    conversation_id: str
    turn_id: str
    number: int
    requester: str
    text: str
    words: str
    zone: str
    state: ScheduleState
    created_at: float
    next_at: float | None = None
    last_at: float | None = None
    rule: str | None = None
    anchor: str | None = None
    runs: int = 0
    offer_run: int | None = None
    offer_month: int | None = None
    per_run: int | None = None
    per_month: int | None = None

    @property
    def handle(self) -> str:
        """How people call it."""
        return f"S{self.number}"

    @property
    def recurrence(self) -> Recurrence | None:
        """How it goes on; None for one that is due once."""
        if self.rule is None or self.anchor is None:
            return None
        return Recurrence(self.rule, datetime.fromisoformat(self.anchor), self.zone)


class Schedules(Protocol):
    """The rows."""

    async def make(self, lease: Lease, new: NewSchedule) -> Schedule | None:
        """Write it down with its card, once per key; None when the person has as many as one may have."""
        ...

    async def made(self, key: str) -> Schedule | None:
        """The schedule of this key."""
        ...

    async def of_person(self, workspace_id: str, requester: str) -> list[Schedule]:
        """The person's active ones, the next to be due first."""
        ...

    async def cancel(self, schedule_id: str, *, actor: str) -> bool:
        """End it; False when it was over before."""
        ...

    async def find(self, workspace_id: str, number: int) -> Schedule | None:
        """The one with this number, whatever its state."""
        ...


class Allowances(Protocol):
    """What scheduled turns may still spend without a click."""

    async def left(self, turn: TurnRecord) -> int:
        """Micro-dollars that this turn may still spend by itself; 0 where nobody has allowed it."""
        ...


def timing(words: str, now: float, zone_name: str) -> Timing | Unclear:
    """When `words` are due for somebody in this zone (`ValueError` for an unknown one), or what is unclear."""
    zone = zone_of(zone_name)
    found = when(words, local_time(now, zone))
    match found:
        case Unclear():
            return found
        case Once(local, delay):
            at = now + (delay or 0.0) if local is None else instant(local, zone)
            return Timing(zone=zone_name, words="once", next_at=at)
        case Every(rule, shown, monthly):
            return _again(rule, shown, monthly, now, zone_name)


def _again(rule: str, shown: str, monthly: int, now: float, zone_name: str) -> Timing | Unclear:
    """The first time is the next that fits; every second week or month counts from there."""
    every = re.sub(r"INTERVAL=\d+", "INTERVAL=1", rule)
    zone = zone_of(zone_name)
    begin = datetime.combine(local_time(now, zone).date(), time.min)
    first = Recurrence(every, begin, zone_name).next_after(now)
    if first is None:
        return Unclear("That never happens.")
    anchor = datetime.combine(local_time(first, zone).date(), time.min).isoformat()
    return Timing(zone=zone_name, words=shown, next_at=first, rule=rule, anchor=anchor, monthly=monthly)


def offered(limit: int, monthly: int, *, run: int | None = None, month: int | None = None) -> Offer | None:
    """What a schedule may be allowed: never more in a run than goes without a click anyway (`limit`).

    `run` and `month` are what the person would like; None where nothing goes without a click.
    """
    each = min(limit, limit if run is None else run)
    if each <= 0:
        return None
    most = each * max(monthly, 1)
    return Offer(run=each, month=most if month is None else max(min(month, most), each))


def click_for(quote: Quote, left: int) -> Reason | None:
    """Why a request of a scheduled turn needs a click although a message's would not."""
    return Reason.SCHEDULED if quote.high > left else None
