"""The one status message of a request, and its copy where the operators are. Pure functions of rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import assert_never
from urllib.parse import urlsplit

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement

from agent.money import Reason, dollars
from agent.records import OPEN_JOB_STATES, Job, JobState, Submission, SubmissionState
from bot.slack import buttons
from bot.slack.blocks import SECTION_LIMIT, TITLE_LIMIT, Post, context, post, section, sections
from bot.slack.closings import ended_how, outcome, retry
from bot.slack.lines import LABEL_LIMIT, counted, elapsed, job_line
from bot.slack.ports import LinkFor
from bot.slack.text import mention, safe

SOURCE_LIMIT = 300
NAMES_LIMIT = 6000  # more names than HeyGen has languages do not fit into one message


def card(
    submission: Submission,
    jobs: Sequence[Job],
    now: float,
    link_for: LinkFor,
    *,
    approvers: Sequence[str] = (),
    cost: int | None = None,
) -> Post:
    """Edited in place: a line per job, no invented progress, and what may be decided at this moment.

    `approvers` are mentions of those who can approve, nobody: the requester. `cost` is what it came to in
    micro-dollars, None where the ledger has nothing on it.
    """
    if submission.state is SubmissionState.WAITING_APPROVAL:
        return _waiting(submission, jobs, approvers or [f"<@{submission.requester}>"])
    lines = [job_line(job, submission, now=now, link=link_for(job)) for job in jobs]
    summary = _summary(submission, jobs, now)
    blocks = [section(f"{_asked(submission)} · {summary}"), *sections(lines)]
    if money := _money(submission, jobs, cost):
        blocks.append(context(money))
    return post(f"{_title(submission)}: {summary}", [*blocks, *_buttons(submission, jobs)])


def ops_card(
    submission: Submission, jobs: Sequence[Job], *, place: str, approvers: Sequence[str] = (), cost: int | None = None
) -> Post:
    """The copy of a request that had to be approved, for those who decide. `place` leads to the thread (mrkdwn)."""
    where = context(f"In {place}")
    if submission.state is SubmissionState.WAITING_APPROVAL:
        shown = _waiting(submission, jobs, approvers or [f"<@{submission.requester}>"])
        return Post(shown.text, [*shown.blocks, where.to_dict()])
    summary = _ended(submission, jobs) or counted(jobs)
    money = _money(submission, jobs, cost)
    blocks = [section(f"{_asked(submission)} · {summary}"), *([context(money)] if money else []), where]
    return post(f"{_title(submission)}: {summary}", blocks)


def _waiting(submission: Submission, jobs: Sequence[Job], approvers: Sequence[str]) -> Post:
    """What would be done for whom and at what price, and who can say yes to it until when."""
    wanted = [job for job in jobs if job.state in OPEN_JOB_STATES]
    cost = submission.quote(len(wanted)).words()
    who = " or ".join(approvers)
    blocks = [
        section(f"{_asked(submission)} · *waiting for an approval*"),
        *_call(submission, wanted),
        section(f"*{cost}*\n{safe(submission.quote_basis, 300)}"),
        *_left_out([job for job in jobs if job not in wanted]),
        section(f"{why(submission.needs)}\n{who} can approve it{_until(submission)}."),
        buttons.decision(submission, cost),
    ]
    return post(f"{_title(submission)} costs {cost} and waits for an approval by {who}.", blocks)


def _call(submission: Submission, jobs: Sequence[Job]) -> list[Block]:
    """Exactly what is asked of HeyGen, in plain words."""
    names = [safe(job.label, LABEL_LIMIT) for job in jobs]
    what = "translate (speech and lips)" if submission.arguments.get("mode") != "precision" else "translate precisely"
    source = shown_source(str(submission.arguments.get("video_url") or ""))
    languages = f"{len(names)} languages" if len(names) != 1 else "one language"
    return _listed(f"HeyGen would {what} {source} into {languages}: ", names, NAMES_LIMIT)


def _left_out(jobs: Sequence[Job]) -> list[Block]:
    if not jobs:
        return []
    names = [safe(job.label, LABEL_LIMIT) for job in jobs]
    return _listed("Cancelled, not part of it any more: ", names, SECTION_LIMIT // 2)


def _listed(intro: str, names: Sequence[str], limit: int) -> list[Block]:
    """`names` after one another in as many paragraphs as it takes, those beyond `limit` characters counted."""
    texts, used = [intro], 0
    for number, name in enumerate(names):
        piece = name if number == 0 else f", {name}"
        used += len(piece)
        if used > limit:
            texts[-1] += f" … and {len(names) - number} more"
            break
        if len(texts[-1]) + len(piece) > SECTION_LIMIT:
            texts.append("")
        texts[-1] += piece
    return [section(text) for text in texts]


def shown_source(url: str) -> str:
    """A source for people: its host and path, for what follows may hold a signature."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "a link"
    text = f"{host}{port}{parts.path}{'?…' if parts.query else ''}".replace("`", "'")
    return f"`{safe(text, SOURCE_LIMIT)}`" if text else "a link"


def why(needs: Reason | None) -> str:
    """Why a click is needed, for everybody who reads the card."""
    match needs:
        case Reason.TOO_DEAR:
            return "It may cost more than what goes without a click."
        case Reason.UNTRUSTED:
            return "Something that others wrote was read for this request, so a person has to look at it first."
        case Reason.NOT_ASKED:
            return "Nobody has asked for exactly this in their own words, so a person has to look at it first."
        case Reason.CHANGED:
            return "The video has become longer since it was approved, so it would cost more than was agreed to."
        case None:
            return "Somebody has to approve it first."
        case _:
            assert_never(needs)


def _until(submission: Submission) -> str:
    if submission.expires_at is None:
        return ""
    at = int(submission.expires_at)
    plain = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f" until <!date^{at}^{{date_short_pretty}} {{time}}|{plain}>; after that it is dropped"


def _asked(submission: Submission) -> str:
    return f"*{_title(submission)}*\nasked by {mention(submission.requester)}"


def _title(submission: Submission) -> str:
    return safe(submission.title, TITLE_LIMIT)


def _summary(submission: Submission, jobs: Sequence[Job], now: float) -> str:
    return _ended(submission, jobs) or f"{counted(jobs)} · {elapsed(now - submission.created_at)} so far"


def _ended(submission: Submission, jobs: Sequence[Job]) -> str:
    """How it ended; nothing while it has not."""
    if submission.state is SubmissionState.CANCELLED:
        return ended_how(submission)
    return outcome(jobs) if _over(jobs) else ""


def _over(jobs: Sequence[Job]) -> bool:
    return not any(job.state in OPEN_JOB_STATES for job in jobs)


def _money(submission: Submission, jobs: Sequence[Job], cost: int | None) -> str:
    """What it was quoted at, what it came to, and who agreed to it."""
    parts: list[str] = []
    if cost is not None and _over(jobs):
        parts.append(f"came to about {dollars(cost)}")
    elif submission.quote_high and submission.state is not SubmissionState.CANCELLED:
        parts.append(f"{submission.quote(len(jobs)).words()} ({safe(submission.quote_basis, 200)})")
    if submission.decided_by and submission.approved_hash:
        parts.append(f"approved by {mention(submission.decided_by)}")
    return " · ".join(parts)


def _buttons(submission: Submission, jobs: Sequence[Job]) -> list[Block]:
    still_open = any(job.state in OPEN_JOB_STATES for job in jobs)
    if not still_open and not any(job.state is JobState.UNKNOWN for job in jobs):
        return retry(submission, jobs)
    refresh = ButtonElement(text="Refresh", action_id="refresh_card", value=submission.id)
    return [ActionsBlock(elements=[refresh, *([buttons.cancel(submission, jobs)] if still_open else [])])]
