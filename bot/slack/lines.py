"""One line per job: icon, name, state in words, time, and what comes of it. Folds what does not fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from agent.gate import QUEUED
from agent.money import dollars
from agent.records import Job, JobKind, JobState, Submission, SubmissionState
from agent.work import STOPPABLE, parts_in
from bot.slack.text import safe

LABEL_LIMIT = 60
REASON_LIMIT = 200
TOTAL_LIMIT = 9000  # Slack refuses a message somewhere above 12,000 characters of blocks, whatever their number
LONGEST_LINE = 2500

ICONS = {
    JobState.WAITING: ":white_circle:",
    JobState.RUNNING: ":hourglass_flowing_sand:",
    JobState.SUCCEEDED: ":white_check_mark:",
    JobState.FAILED: ":x:",
    JobState.UNWANTED: ":no_entry_sign:",
    JobState.UNKNOWN: ":grey_question:",
    JobState.CANCELLED: ":heavy_minus_sign:",
}
MOST_PARTS = 10  # links in one line
OPENS = {
    JobKind.PROOFREAD: "Get the subtitles (SRT)",
    JobKind.SPEECH: "Listen to it",
}  # what a link leads to where that is no video
TELLING_ORDER = (
    *(JobState.SUCCEEDED, JobState.FAILED, JobState.RUNNING),
    *(JobState.WAITING, JobState.UNKNOWN, JobState.UNWANTED, JobState.CANCELLED),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of mrkdwn and the state it tells, so that folded lines can be counted."""

    text: str
    state: JobState


def state_words(state: JobState) -> str:
    """A job's state for people."""
    match state:
        case JobState.WAITING:
            return "waiting"
        case JobState.RUNNING:
            return "in progress"
        case JobState.SUCCEEDED:
            return "ready"
        case JobState.FAILED:
            return "failed"
        case JobState.UNWANTED:
            return "no longer wanted"
        case JobState.UNKNOWN:
            return "unknown"
        case JobState.CANCELLED:
            return "cancelled"
        case _:
            assert_never(state)


def counted(jobs: Sequence[Job]) -> str:
    """“2 ready, 1 in progress”."""
    return _counted(job.state for job in jobs)


def _counted(states: Iterable[JobState]) -> str:
    counts = Counter(states)
    return ", ".join(f"{counts[state]} {state_words(state)}" for state in TELLING_ORDER if counts[state])


def elapsed(seconds: float) -> str:
    """A span of time as people say it; `seconds` below zero count as zero."""
    whole = max(int(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def job_line(job: Job, submission: Submission, *, now: float, link: str | None) -> Line:
    """A job's line on a card, a closing or a notice."""
    since = submission.sent_at or submission.created_at
    took = elapsed((job.finished_at or now) - since)
    text = f"{ICONS[job.state]} *{safe(job.label, LABEL_LIMIT)}*: {_telling(job, submission, now, took)}"
    if job.link_id and link:
        text += f" · {_opens(job, link)}"
    return Line(text if len(text) <= LONGEST_LINE else f"{ICONS[job.state]} {state_words(job.state)}", job.state)


def _opens(job: Job, link: str) -> str:
    """The link to what a job has made, or to each of its parts."""
    count = parts_in(job.status_word)
    if count < 2:
        return f"<{link}|{OPENS.get(job.kind, 'Watch the video')}>"
    shown = [f"<{link}/{number}|{number}>" for number in range(1, min(count, MOST_PARTS) + 1)]
    more = f" … and {count - MOST_PARTS} more at HeyGen" if count > MOST_PARTS else ""
    return f"Watch {' · '.join(shown)}{more}"


def _telling(job: Job, submission: Submission, now: float, took: str) -> str:
    match job.state:
        case JobState.WAITING:
            return _waiting(submission, now)
        case JobState.RUNNING:
            word = f" ({safe(job.status_word, 40)} at HeyGen)" if job.status_word else ""
            return f"in progress{word}, {took}"
        case JobState.SUCCEEDED:
            length = f", {elapsed(job.duration)} long" if job.duration else ""
            if parts := parts_in(job.status_word):
                length = f", {parts} clip{'' if parts == 1 else 's'}"
            doubt = f". *Please have a look:* {safe(job.failure, REASON_LIMIT)}" if job.failure else ""
            return f"ready after {took}{length}{doubt}"
        case JobState.FAILED:
            return f"failed after {took}: {_reason(job.failure)}"
        case JobState.UNWANTED:
            return _unwanted(job)
        case JobState.CANCELLED:
            return f"{_why_cancelled(submission)}; it was not sent and costs nothing"
        case JobState.UNKNOWN:
            return f"unknown: {_reason(job.failure) if job.failure else 'HeyGen never confirmed it'}"
        case _:
            assert_never(job.state)


def _unwanted(job: Job) -> str:
    cost = f" (about {dollars(job.price)})" if job.price else ""
    if job.finished_at is None and job.kind in STOPPABLE:
        return "no longer wanted; HeyGen is being told to stop"
    if job.finished_at is None:
        return f"no longer wanted; HeyGen can't be stopped and bills it{cost}"
    if job.kind in STOPPABLE and not job.link_id:
        return "stopped; no video was made and nothing is billed"
    if job.link_id:
        return f"no longer wanted, but HeyGen made it and billed it{cost}"
    return f"no longer wanted; {_reason(job.failure)}"


def _why_cancelled(submission: Submission) -> str:
    """The code alone: who did it stands in the request's own line."""
    return submission.error_code if submission.error_code in ("declined", "expired", "changed") else "cancelled"


def _reason(failure: str | None) -> str:
    return safe(failure, REASON_LIMIT) if failure and failure.strip() else "HeyGen gave no reason"


def _waiting(submission: Submission, now: float) -> str:
    match submission.state:
        case SubmissionState.WAITING_APPROVAL:
            return "waiting for approval"
        case SubmissionState.HELD:
            return "waiting for a word on the sample"
        case SubmissionState.SENT:
            return "accepted by HeyGen, not started yet"
        case SubmissionState.INTENDED if submission.error_code == QUEUED and submission.error:
            return f"waiting: {safe(submission.error, REASON_LIMIT)}"
        case SubmissionState.INTENDED | SubmissionState.SENDING if submission.error:
            wait = submission.not_before - now
            again = f"next try in about {elapsed(wait)}" if wait >= 1 else "trying again now"
            return f"waiting, {again} ({safe(submission.error, REASON_LIMIT)})"
        case SubmissionState.INTENDED:
            return "waiting to be sent"
        case SubmissionState.SENDING:
            return "being sent to HeyGen"
        case SubmissionState.UNKNOWN | SubmissionState.REFUSED | SubmissionState.CANCELLED:
            return "not started"
        case _:
            assert_never(submission.state)


def budgeted(lines: Sequence[Line], section_limit: int) -> list[str]:
    """Lines joined into sections of at most `section_limit` characters; beyond the whole budget they are folded."""
    kept = list(_within(lines, TOTAL_LIMIT))
    folded = lines[len(kept) :]
    texts = [line.text for line in kept] + ([_fold(folded)] if folded else [])
    sections: list[str] = []
    for text in texts:
        if sections and len(sections[-1]) + 1 + len(text) <= section_limit:
            sections[-1] += f"\n{text}"
        else:
            sections.append(text)
    return sections


def _within(lines: Sequence[Line], budget: int) -> Iterator[Line]:
    used = 0
    for line in lines:
        used += len(line.text) + 1
        if used > budget:
            return
        yield line


def _fold(lines: Sequence[Line]) -> str:
    return f"… and {len(lines)} more ({_counted(line.state for line in lines)})"
