"""The messages that call people back: when everything is final, and when something ends after all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement

from agent.records import OPEN_JOB_STATES, Job, JobKind, JobState, Submission, SubmissionState
from agent.work import ONCE
from bot.slack.blocks import TITLE_LIMIT, Post, context, post, section, sections
from bot.slack.buttons import CORRECT
from bot.slack.lines import TELLING_ORDER, job_line, state_words
from bot.slack.ports import LinkFor
from bot.slack.text import mention, safe

UNLINKED = (
    "I can't give links here until an admin sets `PUBLIC_URL`. What is small enough comes as a file, and everything is "
    "in the HeyGen account, under this title."
)
AI_NOTICE = "Made with AI by HeyGen at the request above. Links lead to the video as long as it is kept."
MOST_BUTTONS = 10
FREE = "Nothing was sent to HeyGen and nothing is billed."


def closing(submission: Submission, jobs: Sequence[Job], link_for: LinkFor) -> Post:
    """The one message that calls the requester back when everything is final."""
    if submission.state is SubmissionState.CANCELLED:
        return _never_sent(submission)
    at = max((job.finished_at or 0.0 for job in jobs), default=0.0)
    order = sorted(jobs, key=lambda job: job.state is not JobState.SUCCEEDED)  # what people came for first
    lines = [job_line(job, submission, now=at, link=link_for(job)) for job in order]
    blocks = [
        section(f"{mention(submission.requester)} *{safe(submission.title, TITLE_LIMIT)}*: {outcome(jobs)}"),
        *sections(lines),
        *_advice(jobs, link_for),
        *_checking(jobs),
        *retry(submission, jobs),
    ]
    if any(job.state is JobState.SUCCEEDED for job in jobs):
        blocks.append(context(AI_NOTICE))
    return post(f"{mention(submission.requester)} {safe(submission.title, TITLE_LIMIT)}: {outcome(jobs)}", blocks)


def _never_sent(submission: Submission) -> Post:
    """It was declined, not approved in time, or cancelled by somebody else."""
    title = safe(submission.title, TITLE_LIMIT)
    text = f"{_why_not(submission)} {FREE}\n{_what_now(submission)}"
    headline = f"{mention(submission.requester)} *{title}* {text}"
    return post(f"{mention(submission.requester)} {title} {text}", [section(headline)])


def _why_not(submission: Submission) -> str:
    if submission.error_code == "expired":
        return "was not approved in time, so I dropped it."
    return f"was {ended_how(submission)}."


def ended_how(submission: Submission) -> str:
    """“declined by <@…>”: our own words for the end of a request that was never sent."""
    code, sentence = submission.error_code or "cancelled", submission.error or ""
    return sentence if sentence.startswith(code) else code


def _what_now(submission: Submission) -> str:
    if submission.error_code == "expired":
        return "If you still want it, ask again here, and tell somebody who can approve it."
    fewer = ", such as fewer languages," if len(submission.arguments.get("languages", ())) > 1 else ""
    return f"If you want something else{fewer} ask again here."


def notice_late(submission: Submission, job: Job, link_for: LinkFor) -> Post:
    """A job that we had given up as unknown has an end after all."""
    line = job_line(job, submission, now=job.finished_at or submission.created_at, link=link_for(job))
    headline = f"{mention(submission.requester)} we know now how *{safe(submission.title, TITLE_LIMIT)}* ended:"
    blocks = [section(headline), *sections([line])]
    if job.state is JobState.SUCCEEDED:
        blocks.append(context(AI_NOTICE))
    return post(f"{headline} {line.text}", blocks)


def outcome(jobs: Sequence[Job]) -> str:
    """How many succeeded, failed and are unknown, in words that are true."""
    counts = Counter(job.state for job in jobs)
    total, ready = len(jobs), counts[JobState.SUCCEEDED]
    if total == 0:
        return "nothing was started."
    if ready == total:
        return "ready." if total == 1 else f"all {total} are ready."
    if total == 1:
        return f"{state_words(jobs[0].state)}."
    others = [
        f"{counts[state]} {state_words(state)}"
        for state in TELLING_ORDER
        if state is not JobState.SUCCEEDED and counts[state]
    ]
    return f"{ready or 'none'} of {total} {'is' if ready == 1 else 'are'} ready, {', '.join(others)}."


def retry(submission: Submission, jobs: Sequence[Job]) -> list[Block]:
    """The retry button, only when it can do something: all final and something failed."""
    states = {job.state for job in jobs}
    if states & OPEN_JOB_STATES or JobState.FAILED not in states:
        return []
    button = ButtonElement(text="Try the failed ones again", action_id="retry_failed", value=submission.id)
    return [ActionsBlock(elements=[button])]


def _checking(jobs: Sequence[Job]) -> list[Block]:
    """How a proofread goes on."""
    ready = [job for job in jobs if job.kind is JobKind.PROOFREAD and job.state is JobState.SUCCEEDED]
    if not ready:
        return []
    return [
        section(
            "No video is made yet. Read the subtitles, correct the file if you like, and say here "
            f"*finish {ready[0].handle}*, with the corrected file attached. HeyGen keeps them for about a day."
        ),
        *(ActionsBlock(elements=[_correct(job)]) for job in ready[:MOST_BUTTONS]),  # one action of a kind in a block
    ]


def _correct(job: Job) -> ButtonElement:
    return ButtonElement(text=f"Correct {job.label}"[:75], action_id=CORRECT, value=job.id)


def _advice(jobs: Sequence[Job], link_for: LinkFor) -> list[Block]:
    states = {job.state for job in jobs}
    advice: list[str] = []
    if any(job.state is JobState.SUCCEEDED and link_for(job) is None for job in jobs):
        advice.append(UNLINKED)
    if JobState.FAILED in states:
        advice.append("What failed can be tried again with the button below; a new try is a new request.")
    if JobState.UNKNOWN in states:
        late = "" if all(job.kind in ONCE for job in jobs) else "; if it turns up, I'll say so here"
        advice.append(
            "*Unknown* means that HeyGen never confirmed it. I don't repeat it on my own, so that nothing is paid "
            f"twice{late}."
        )
    return [section("\n".join(advice))] if advice else []
