"""`/heygen` for what there is already: jobs, money, live sessions, and oneself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.slack.text import plain
from bot.slack.typed.topics import Topic, UsageError, shown

LONGEST_REASON = 300

_HANDLE = re.compile(r"[a-z]{1,3}\d{1,6}", re.IGNORECASE)
_THE_END = frozenset({"end", "stop", "close", "hang up", "bye"})
_EVERYTHING = frozenset({"all", "everything"})


@dataclass(frozen=True, slots=True)
class Jobs:
    """Show the person's jobs."""


@dataclass(frozen=True, slots=True)
class ShowBudget:
    """Show what was spent and what is left."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel the job with the handle `wanted`, `all` open ones, or list them (None)."""

    wanted: str | None = None


@dataclass(frozen=True, slots=True)
class GoLive:
    """Offer a live avatar; `reason` is what it is about, in the person's words, and may be empty."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class EndLive:
    """End the person's live session, or withdraw its offer."""


@dataclass(frozen=True, slots=True)
class ForgetMe:
    """Offer to delete what is known of the person."""


def _cancel(rest: str) -> Cancel | UsageError:
    words = rest.split()
    if not words:
        return Cancel()
    if len(words) == 1 and words[0].lower() in _EVERYTHING:
        return Cancel("all")
    if len(words) == 1 and _HANDLE.fullmatch(words[0]):
        return Cancel(words[0].upper())
    return CANCEL.wrong(f"I don't know which job {shown(rest)} is.")


def _live(rest: str) -> GoLive | EndLive | UsageError:
    if rest.lower().strip(" .!") in _THE_END:
        return EndLive()
    if len(rest) > LONGEST_REASON:
        return LIVE.wrong(f"That is too long: {LONGEST_REASON} characters say what it is about.")
    return GoLive(plain(rest))


def _forget(rest: str) -> ForgetMe | UsageError:
    return ForgetMe() if rest.lower() == "me" else FORGET.wrong("I can only forget the person who asks.")


JOBS = Topic(
    words=("jobs", "job", "list", "status"),
    usage="/heygen jobs",
    about="Shows your recent jobs and links to what is ready. Only you see the list.",
    examples=("/heygen jobs",),
    read=lambda rest: Jobs(),
)
CANCEL = Topic(
    words=("cancel", "stop", "abort"),
    usage="/heygen cancel [job | all]",
    about="Lists your open requests, each with a Cancel button; with a job's name it cancels that job, with `all` all "
    "of them. What HeyGen has already can't be stopped and is billed; I say which is which.",
    examples=("/heygen cancel J3", "/heygen cancel all"),
    read=_cancel,
)
BUDGET = Topic(
    words=("budget", "money", "costs", "spending"),
    usage="/heygen budget",
    about="Shows what you and this channel have spent and promised today and this month, what the caps leave, and what "
    "HeyGen says is in the wallet. Only you see it.",
    examples=("/heygen budget",),
    read=lambda rest: ShowBudget(),
)
QUOTA = Topic(
    words=("quota", "credits", "wallet"),
    usage="/heygen quota",
    about="Shows what is left in the HeyGen account, as it was read last, beside your budget. Only you see it.",
    examples=("/heygen quota",),
    read=lambda rest: ShowBudget(),
)
LIVE = Topic(
    words=("live", "avatar"),
    usage="/heygen live [what it is about | end]",
    about="Offers a live avatar in a thread of its own: an AI face in your browser that speaks my answers. The card "
    "says what a minute costs and how long it lasts at most; nothing is billed before you join. `/heygen live end` "
    "ends your session or withdraws the offer.",
    examples=("/heygen live my intro has no sound", "/heygen live end"),
    read=_live,
)
FORGET = Topic(
    words=("forget",),
    usage="/heygen forget me",
    about="Deletes what I know of you in this workspace, after a button that asks once more. What stays where is said "
    "first.",
    examples=("/heygen forget me",),
    read=_forget,
)
TOPICS = (LIVE, JOBS, CANCEL, QUOTA, BUDGET, FORGET)
