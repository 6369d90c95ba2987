"""What people see besides cards and closings: answers, lists and help. Pure functions, each with its plain text."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, MarkdownBlock

from agent.records import Job, JobState
from bot.slack import feedback
from bot.slack.blocks import Post, context, fallback, post, section, sections
from bot.slack.kinds import KINDS
from bot.slack.lines import Line, counted, elapsed, state_words
from bot.slack.ports import LinkFor
from bot.slack.text import safe
from bot.slack.typed import ALL

ROOT_LIMIT = 2900
NO_JOBS = "You have no jobs yet. Try `/heygen help`."


def jobs_list(jobs: Sequence[Job], *, now: float, link_for: LinkFor) -> Post:
    """A person's recent jobs, newest first."""
    if not jobs:
        return post(NO_JOBS, [section(NO_JOBS)])
    lines = [_listed(job, now, link_for(job)) for job in jobs]
    headline = f"Your last {len(jobs)} jobs" if len(jobs) > 1 else "Your last job"
    return post(f"{headline}: {counted(jobs)}", [section(f"*{headline}*"), *sections(lines)])


def jobs_lines(jobs: Sequence[Job], *, now: float, link_for: LinkFor) -> list[Block]:
    """The same lines without a headline."""
    return sections([_listed(job, now, link_for(job)) for job in jobs])


def _listed(job: Job, now: float, link: str | None) -> Line:
    age = elapsed(now - job.created_at)
    what = KINDS[job.kind].noun
    ending = f" · <{link}|watch>" if link and job.state is JobState.SUCCEEDED else ""
    words = f"{safe(job.label, 60)} ({what}): {state_words(job.state)}, asked {age} ago{ending}"
    return Line(f"`{safe(job.handle, 12)}` {words}", job.state)


def root(text: str) -> Post:
    """A message of mrkdwn that we composed, such as the first one of a command's conversation.

    It may quote a person, so `<!channel>` and its like are made harmless here.
    """
    harmless = text.replace("<!", "&lt;!")
    shown = harmless if len(harmless) <= ROOT_LIMIT else harmless[: ROOT_LIMIT - 1] + "…"
    return post(shown, [section(shown)])


def reply(text: str, rated: str | None = None) -> Post:
    """One piece of a model's answer: Markdown, at most 12,000 characters.

    With a turn's id in `rated` people can say what they think of it.
    """
    below = [feedback.buttons(rated)] if rated else []
    blocks = [block.to_dict() for block in (MarkdownBlock(text=text), *below)]
    return Post(text=fallback(text), blocks=blocks, markdown=text)


def error(sentence: str, reference: str) -> Post:
    """One sentence, what to do, and a reference for the operator. Never the exception."""
    line = f":warning: {safe(sentence, 1000)}"
    return post(safe(sentence, 1000), [section(line), context(f"Reference {safe(reference, 60)}")])


def help_view(topic: str | None = None) -> Post:
    """What there is and how it goes."""
    chosen = [one for one in ALL if one.name == topic]
    intro = "*Greenroom makes and translates videos with HeyGen.* Ask in plain words by mentioning me, or:"
    sections = [] if chosen else [section(intro)]
    return post("How to use /heygen", [*sections, *(section(one.help()) for one in chosen or ALL)])
