"""What cards and posts say of a live session: times, money, and why it ended. Pure functions of its row."""

from __future__ import annotations

from datetime import UTC, datetime

from agent.live.records import LiveEnd, LiveSession
from agent.money import dollars
from bot.slack.text import mention

MINUTE = 60.0
BY_ITSELF = {
    LiveEnd.EXPIRED: "nobody joined in time",
    LiveEnd.GOODBYE: "it ended with a goodbye",
    LiveEnd.IDLE: "nobody had said anything for a while",
    LiveEnd.LEFT: "its page was closed and not opened again",
    LiveEnd.MAXIMUM: "its time was up",
    LiveEnd.BUDGET: "the budget left no more",
    LiveEnd.PROVIDER: "LiveAvatar ended it",
    LiveEnd.NOT_STARTED: "it could not be started",
    LiveEnd.DRAINED: "I had to stop for maintenance",
    LiveEnd.ORPHANED: "I was interrupted, and it was stopped as soon as I was back",
}
"""Why a session ended that nobody has ended."""


def at_time(at: float) -> str:
    """A time of day in the reader's own time zone."""
    whole = int(at)
    return f"<!date^{whole}^{{time}}|{datetime.fromtimestamp(whole, UTC):%H:%M} UTC>"


def lasted(session: LiveSession, now: float) -> float | None:
    """Seconds that are billed, up to `now` while it runs; None when it never started."""
    if session.started_at is None:
        return None
    return max((session.stopped_at or now) - session.started_at, 0.0)


def span(seconds: float) -> str:
    """“3 min 20 s”."""
    whole = max(round(seconds), 0)
    minutes, rest = divmod(whole, 60)
    return " ".join([*([f"{minutes} min"] if minutes else []), *([f"{rest} s"] if rest or not minutes else [])])


def begun_minutes(seconds: float) -> int:
    """How many minutes have begun: each of them is paid."""
    return max(int(-(-seconds // MINUTE)), 1)


def cost_so_far(session: LiveSession, now: float) -> int:
    """What has been used up to `now`, in micro-dollars."""
    seconds = lasted(session, now)
    return 0 if seconds is None else begun_minutes(seconds) * session.price_per_minute


def price(session: LiveSession) -> str:
    """“$0.12 a minute (each minute that begins), 15 min at the longest: at most $1.80”."""
    longest = session.max_seconds // 60
    each = f"{dollars(session.price_per_minute)} a minute (each minute that begins)"
    return f"{each}, {longest} min at the longest: at most {dollars(session.price_at_most)}"


def bill(session: LiveSession) -> str:
    """What an ended session came to, in one sentence."""
    seconds = lasted(session, session.ended_at or session.created_at)
    if seconds is None:
        return "It was never started, so nothing is billed."
    counted = "" if session.credits is None else f"; LiveAvatar counted {session.credits.normalize():f} credits"
    if session.charged is None:
        return f"It lasted {span(seconds)}. What it came to is not known yet: at most {dollars(session.held)}{counted}."
    return f"It lasted {span(seconds)} and came to {dollars(session.charged)}{counted}."


def why_ended(session: LiveSession) -> str:
    """Why it ended, as the second half of a sentence."""
    by = mention(session.ended_by) if session.ended_by else "somebody"
    match session.end:
        case LiveEnd.CLAIMED:
            return f"{mention(session.claimed_by or session.ended_by or '')} has this conversation now"
        case LiveEnd.DECLINED:
            return f"{by} declined it"
        case LiveEnd.VISITOR | LiveEnd.OPERATOR:
            return f"{by} ended it"
        case LiveEnd.HANDED_OVER:
            return f"{by} goes on here in the thread"
        case None:
            return "it is over"
        case _:
            return BY_ITSELF[session.end]
