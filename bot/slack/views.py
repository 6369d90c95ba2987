"""What people see: Block Kit posts as pure functions of rows. Each gives the plain `text` too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    MarkdownBlock,
    MarkdownTextObject,
    SectionBlock,
)

from agent.records import OPEN_JOB_STATES, Job, JobKind, JobState, Json, Submission
from bot.slack.lines import TELLING_ORDER, Line, budgeted, counted, elapsed, job_line, state_words
from bot.slack.ports import LinkFor
from bot.slack.text import safe

TITLE_LIMIT = 150
SECTION_LIMIT = 2900
TEXT_LIMIT = 3500  # `chat.update` refuses a text of more than 4,000 characters
ROOT_LIMIT = 2900
NO_JOBS = "You have no jobs yet. Try `/heygen help`."
UNLINKED = (
    "I can't give links here until an admin sets `PUBLIC_URL`. The videos are in the HeyGen account, under this title."
)
AI_NOTICE = "Made with AI by HeyGen at the request above. Links lead to the video as long as it is kept."


@dataclass(frozen=True, slots=True)
class Post:
    """A message: what notifications and screen readers get, and the blocks.

    `markdown` is what to send where Slack takes no blocks and the text would be too short.
    """

    text: str
    blocks: list[Json]
    markdown: str | None = None


def card(submission: Submission, jobs: Sequence[Job], now: float, link_for: LinkFor) -> Post:
    """The one status message of a request: edited in place, a line per job, no invented progress."""
    title = f"*{safe(submission.title, TITLE_LIMIT)}*"
    header = f"{title}\nasked by <@{submission.requester}> · {_summary(submission, jobs, now)}"
    lines = [job_line(job, submission, now=now, link=link_for(job)) for job in jobs]
    blocks = [_section(header), *_sections(lines), *_card_buttons(submission, jobs)]
    return _post(f"{safe(submission.title, TITLE_LIMIT)}: {_summary(submission, jobs, now)}", blocks)


def closing(submission: Submission, jobs: Sequence[Job], link_for: LinkFor) -> Post:
    """The one message that calls the requester back when everything is final."""
    at = max((job.finished_at or 0.0 for job in jobs), default=0.0)
    headline = f"<@{submission.requester}> *{safe(submission.title, TITLE_LIMIT)}*: {outcome(jobs)}"
    order = sorted(jobs, key=lambda job: job.state is not JobState.SUCCEEDED)  # what people came for first
    lines = [job_line(job, submission, now=at, link=link_for(job)) for job in order]
    blocks = [_section(headline), *_sections(lines), *_advice(jobs, link_for), *_retry(submission, jobs)]
    if any(job.state is JobState.SUCCEEDED for job in jobs):
        blocks.append(_context(AI_NOTICE))
    return _post(f"<@{submission.requester}> {safe(submission.title, TITLE_LIMIT)}: {outcome(jobs)}", blocks)


def notice_late(submission: Submission, job: Job, link_for: LinkFor) -> Post:
    """A job that we had given up as unknown has an end after all."""
    line = job_line(job, submission, now=job.finished_at or submission.created_at, link=link_for(job))
    headline = f"<@{submission.requester}> we know now how *{safe(submission.title, TITLE_LIMIT)}* ended:"
    blocks = [_section(headline), *_sections([line])]
    if job.state is JobState.SUCCEEDED:
        blocks.append(_context(AI_NOTICE))
    return _post(f"{headline} {line.text}", blocks)


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


def jobs_list(jobs: Sequence[Job], *, now: float, link_for: LinkFor) -> Post:
    """A person's recent jobs, newest first."""
    if not jobs:
        return _post(NO_JOBS, [_section(NO_JOBS)])
    lines = [_listed(job, now, link_for(job)) for job in jobs]
    headline = f"Your last {len(jobs)} jobs" if len(jobs) > 1 else "Your last job"
    return _post(f"{headline}: {counted(jobs)}", [_section(f"*{headline}*"), *_sections(lines)])


def _listed(job: Job, now: float, link: str | None) -> Line:
    age = elapsed(now - job.created_at)
    what = "translation" if job.kind is JobKind.TRANSLATION else "video"
    ending = f" · <{link}|watch>" if link and job.state is JobState.SUCCEEDED else ""
    words = f"{safe(job.label, 60)} ({what}): {state_words(job.state)}, asked {age} ago{ending}"
    return Line(f"`{safe(job.handle, 12)}` {words}", job.state)


def root(text: str) -> Post:
    """A message of mrkdwn that we composed, such as the first one of a command's conversation.

    It may quote a person, so `<!channel>` and its like are made harmless here.
    """
    harmless = text.replace("<!", "&lt;!")
    shown = harmless if len(harmless) <= ROOT_LIMIT else harmless[: ROOT_LIMIT - 1] + "…"
    return _post(shown, [_section(shown)])


def reply(text: str) -> Post:
    """One piece of a model's answer: Markdown, at most 12,000 characters."""
    return Post(text=_fallback(text), blocks=[MarkdownBlock(text=text).to_dict()], markdown=text)


def error(sentence: str, reference: str) -> Post:
    """One sentence, what to do, and a reference for the operator. Never the exception."""
    line = f":warning: {safe(sentence, 1000)}"
    return _post(safe(sentence, 1000), [_section(line), _context(f"Reference {safe(reference, 60)}")])


def help_view(topic: str | None = None) -> Post:
    """What there is and how it goes."""
    chosen = [HELP[topic]] if topic in HELP else list(HELP.values())
    intro = "*Greenroom makes and translates videos with HeyGen.* Ask in plain words by mentioning me, or:"
    sections = [] if topic in HELP else [_section(intro)]
    return _post("How to use /heygen", [*sections, *(_section(text) for text in chosen)])


HELP = {
    "translate": (
        "*`/heygen translate &lt;url&gt; into &lt;language&gt;, &lt;language&gt; …`*\n"
        "Translates the video behind a link, speech and lips, into one or many languages. I open a thread here, keep "
        "one card up to date, and call you when everything is done.\n"
        "`/heygen translate https://example.com/talk.mp4 into French, German`\n"
        '`/heygen translate https://example.com/talk.mp4 --into fr,de,"Spanish (Mexico)"`'
    ),
    "jobs": "*`/heygen jobs`*\nShows your recent jobs and links to what is ready. Only you see the list.",
    "help": "*`/heygen help [command]`*\nShows this, or explains one command.",
}


def _summary(submission: Submission, jobs: Sequence[Job], now: float) -> str:
    if not any(job.state in OPEN_JOB_STATES for job in jobs):
        return outcome(jobs)
    return f"{counted(jobs)} · {elapsed(now - submission.created_at)} so far"


def _sections(lines: Sequence[Line]) -> list[Block]:
    return [_section(text) for text in budgeted(lines, SECTION_LIMIT)]


def _section(text: str) -> Block:
    return SectionBlock(text=MarkdownTextObject(text=text))


def _context(text: str) -> Block:
    return ContextBlock(elements=[MarkdownTextObject(text=text)])


def _card_buttons(submission: Submission, jobs: Sequence[Job]) -> list[Block]:
    if any(job.state in OPEN_JOB_STATES or job.state is JobState.UNKNOWN for job in jobs):
        return [ActionsBlock(elements=[ButtonElement(text="Refresh", action_id="refresh_card", value=submission.id)])]
    return _retry(submission, jobs)


def _retry(submission: Submission, jobs: Sequence[Job]) -> list[Block]:
    """The retry button, only when it can do something: all final and something failed."""
    states = {job.state for job in jobs}
    if states & OPEN_JOB_STATES or JobState.FAILED not in states:
        return []
    button = ButtonElement(text="Try the failed ones again", action_id="retry_failed", value=submission.id)
    return [ActionsBlock(elements=[button])]


def _advice(jobs: Sequence[Job], link_for: LinkFor) -> list[Block]:
    states = {job.state for job in jobs}
    advice: list[str] = []
    if any(job.state is JobState.SUCCEEDED and link_for(job) is None for job in jobs):
        advice.append(UNLINKED)
    if JobState.FAILED in states:
        advice.append("What failed can be tried again with the button below; a new try is a new request.")
    if JobState.UNKNOWN in states:
        advice.append(
            "*Unknown* means that HeyGen never confirmed it. I don't repeat it on my own, so that nothing is paid "
            "twice; if it turns up, I'll say so here."
        )
    return [_section("\n".join(advice))] if advice else []


def _post(text: str, blocks: Sequence[Block]) -> Post:
    return Post(text=_fallback(text), blocks=[block.to_dict() for block in blocks])


def _fallback(text: str) -> str:
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1] + "…"
