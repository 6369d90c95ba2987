"""`/heygen schedule`: what is to be done later, or again and again."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.slack.text import plain
from bot.slack.typed.topics import EXAMPLE_URL, Topic, UsageError

LONGEST_WHAT = 2_000

_CANCELLED = re.compile(r"(?:cancel|stop|delete)\s+s?(\d{1,9})", re.IGNORECASE)
_WHEN = re.compile(r"(?P<when>(?:[^:]|:(?=\d\d))+?)\s*:(?!\d\d|//)\s*(?P<what>.+)")


@dataclass(frozen=True, slots=True)
class Schedule:
    """List schedules, cancel the one with the number `cancelled`, or do `what` at the time that `when` says."""

    cancelled: int | None = None
    when: str | None = None
    what: str | None = None


def _schedule(rest: str) -> Schedule | UsageError:
    if rest.lower() in ("", "list"):
        return Schedule()
    if match := _CANCELLED.fullmatch(rest):
        return Schedule(cancelled=int(match[1]))
    match = _WHEN.fullmatch(rest)
    if match is None or len(rest) > LONGEST_WHAT:
        return SCHEDULE.wrong("I need a time, a colon, and what is to be done then.")
    return Schedule(when=plain(match["when"]), what=plain(match["what"]))


SCHEDULE = Topic(
    words=("schedule", "schedules", "later"),
    usage="/heygen schedule [list | cancel S1 | <when>: <what>]",
    about="Has something done later or again and again, as if you asked for it then, in a thread of its own; or lists "
    "what you have scheduled. Times are yours, as Slack knows your time zone. Its card has a button that lets it spend "
    "up to a limit; without it every run asks first.",
    examples=(f"/heygen schedule every Monday at 9:00: translate {EXAMPLE_URL} into French",),
    read=_schedule,
)
TOPICS = (SCHEDULE,)
