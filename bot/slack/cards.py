"""The one status message of a request, and its copy where the operators are. Pure functions of rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import assert_never

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement

from agent.money import Reason, dollars
from agent.records import OPEN_JOB_STATES, Job, JobKind, JobState, Submission, SubmissionState
from agent.usual import Span
from agent.work import PLAYED
from bot.slack import buttons
from bot.slack.blocks import SECTION_LIMIT, TITLE_LIMIT, Post, context, pictured, post, section, sections
from bot.slack.closings import ended_how, outcome, retry
from bot.slack.kinds import KINDS, listed
from bot.slack.lines import LABEL_LIMIT, Line, counted, elapsed, job_line
from bot.slack.ports import LinkFor
from bot.slack.text import mention, safe


def card(
    submission: Submission,
    jobs: Sequence[Job],
    now: float,
    link_for: LinkFor,
    *,
    approvers: Sequence[str] = (),
    cost: int | None = None,
    usual: Span | None = None,
    picture_for: LinkFor | None = None,
) -> Post:
    """Edited in place: a line per job, no invented progress, and what may be decided at this moment.

    `approvers` are mentions of those who can approve, nobody: the requester. `cost` is what it came to in
    micro-dollars, None where the ledger has nothing on it. `usual` is how long such work takes mostly; `picture_for`
    gives the address of a picture of what was made.
    """
    if submission.state is SubmissionState.WAITING_APPROVAL:
        return _waiting(submission, jobs, approvers or [f"<@{submission.requester}>"])
    lines = [job_line(job, submission, now=now, link=link_for(job)) for job in jobs]
    summary = _summary(submission, jobs, now)
    blocks = [section(f"{_asked(submission)} · {summary}"), *_shown(submission, jobs, lines, picture_for)]
    if expected := _expected(submission, jobs, now, usual):
        blocks.append(context(expected))
    if by := KINDS[submission.kind].by(submission):
        blocks.append(context(by))
    if money := _money(submission, jobs, cost):
        blocks.append(context(money))
    return post(f"{_title(submission)}: {summary}", [*blocks, *_buttons(submission, jobs, link_for)])


def _shown(
    submission: Submission, jobs: Sequence[Job], lines: Sequence[Line], picture_for: LinkFor | None
) -> list[Block]:
    """The lines; one that stands alone has its picture beside it."""
    picture = picture_for(jobs[0]) if picture_for and len(jobs) == 1 else None
    if picture is None:
        return sections(lines)
    return [pictured(lines[0].text, picture, f"A picture of {submission.title}"[:TITLE_LIMIT])]


def _expected(submission: Submission, jobs: Sequence[Job], now: float, usual: Span | None) -> str:
    """When it will usually be ready, by the clock: a card is not edited while nothing changes."""
    if usual is None or submission.sent_at is None or not any(job.state is JobState.RUNNING for job in jobs):
        return ""
    first, last = submission.sent_at + usual.low, submission.sent_at + usual.high
    if now > last:
        return f"This takes longer than usual, which is {elapsed(usual.low)} to {elapsed(usual.high)}."
    return f"Usually ready between {_at(first)} and {_at(last)}."


def _at(moment: float) -> str:
    """A time of day, which Slack shows in everybody's own zone."""
    plain = datetime.fromtimestamp(moment, UTC).strftime("%H:%M UTC")
    return f"<!date^{int(moment)}^{{time}}|{plain}>"


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
        *KINDS[submission.kind].call(submission, wanted),
        section(f"*{cost}*\n{safe(submission.quote_basis, 300)}"),
        *_left_out([job for job in jobs if job not in wanted]),
        section(f"{why(submission.needs, submission.kind)}\n{who} can approve it{until(submission.expires_at)}."),
        buttons.decision(submission, cost, changeable=KINDS[submission.kind].changeable),
    ]
    return post(f"{_title(submission)} costs {cost} and waits for an approval by {who}.", blocks)


def _left_out(jobs: Sequence[Job]) -> list[Block]:
    if not jobs:
        return []
    names = [safe(job.label, LABEL_LIMIT) for job in jobs]
    return listed("Cancelled, not part of it any more: ", names, SECTION_LIMIT // 2)


def why(needs: Reason | None, kind: JobKind) -> str:
    """Why a click is needed, for everybody who reads the card."""
    match needs:
        case Reason.TOO_DEAR:
            return "It may cost more than what goes without a click."
        case Reason.UNTRUSTED:
            return "Something that others wrote was read for this request, so a person has to look at it first."
        case Reason.NOT_ASKED:
            return "Nobody has asked for exactly this in their own words, so a person has to look at it first."
        case Reason.GUESSED:
            return "HeyGen publishes no price for this, so the amount is a guess and a person has to look at it first."
        case Reason.SCHEDULED:
            return "A schedule has asked for it, and may not spend this by itself."
        case Reason.CHANGED:
            return KINDS[kind].dearer
        case None:
            return "Somebody has to approve it first."
        case _:
            assert_never(needs)


def until(expires_at: float | None) -> str:
    """Until when something may be decided, as the end of a sentence; nothing where no time is set."""
    if expires_at is None:
        return ""
    at = int(expires_at)
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


def _buttons(submission: Submission, jobs: Sequence[Job], link_for: LinkFor) -> list[Block]:
    still_open = any(job.state in OPEN_JOB_STATES for job in jobs)
    if not still_open and not any(job.state is JobState.UNKNOWN for job in jobs):
        return [*retry(submission, jobs), *_afterwards(submission, jobs, link_for)]
    refresh = ButtonElement(text="Refresh", action_id="refresh_card", value=submission.id)
    return [ActionsBlock(elements=[refresh, *([buttons.cancel(submission, jobs)] if still_open else [])])]


def _afterwards(submission: Submission, jobs: Sequence[Job], link_for: LinkFor) -> list[Block]:
    """What can be done with what is ready."""
    ready = any(job.state is JobState.SUCCEEDED for job in jobs)
    linked = any(job.link_id and link_for(job) for job in jobs)
    offered = [buttons.translate(submission)] if ready and submission.kind in PLAYED else []
    offered += [buttons.withdraw(submission)] if linked else []
    return [ActionsBlock(elements=offered)] if offered else []
