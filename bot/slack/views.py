"""What people see besides cards and closings: answers, lists and help. Pure functions, each with its plain text."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import MarkdownBlock

from agent.records import Job, JobState
from bot.slack.blocks import Post, context, fallback, post, section, sections
from bot.slack.kinds import KINDS
from bot.slack.lines import Line, counted, elapsed, state_words
from bot.slack.ports import LinkFor
from bot.slack.text import safe

ROOT_LIMIT = 2900
NO_JOBS = "You have no jobs yet. Try `/heygen help`."


def jobs_list(jobs: Sequence[Job], *, now: float, link_for: LinkFor) -> Post:
    """A person's recent jobs, newest first."""
    if not jobs:
        return post(NO_JOBS, [section(NO_JOBS)])
    lines = [_listed(job, now, link_for(job)) for job in jobs]
    headline = f"Your last {len(jobs)} jobs" if len(jobs) > 1 else "Your last job"
    return post(f"{headline}: {counted(jobs)}", [section(f"*{headline}*"), *sections(lines)])


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


def reply(text: str) -> Post:
    """One piece of a model's answer: Markdown, at most 12,000 characters."""
    return Post(text=fallback(text), blocks=[MarkdownBlock(text=text).to_dict()], markdown=text)


def error(sentence: str, reference: str) -> Post:
    """One sentence, what to do, and a reference for the operator. Never the exception."""
    line = f":warning: {safe(sentence, 1000)}"
    return post(safe(sentence, 1000), [section(line), context(f"Reference {safe(reference, 60)}")])


def help_view(topic: str | None = None) -> Post:
    """What there is and how it goes."""
    chosen = [HELP[topic]] if topic in HELP else list(HELP.values())
    intro = "*Greenroom makes and translates videos with HeyGen.* Ask in plain words by mentioning me, or:"
    sections = [] if topic in HELP else [section(intro)]
    return post("How to use /heygen", [*sections, *(section(text) for text in chosen)])


HELP = {
    "translate": (
        "*`/heygen translate &lt;url&gt; into &lt;language&gt;, &lt;language&gt; …`*\n"
        "Translates the video behind a link, speech and lips, into one or many languages. I open a thread here, keep "
        "one card up to date, and call you when everything is done.\n"
        "`/heygen translate https://example.com/talk.mp4 into French, German`\n"
        '`/heygen translate https://example.com/talk.mp4 --into fr,de,"Spanish (Mexico)"`'
    ),
    "lipsync": (
        "*`/heygen lipsync &lt;url of a video&gt; with &lt;url of a recording&gt;`*\n"
        "Makes the lips in the video follow the recording. The result comes in a thread of its own.\n"
        "`/heygen lipsync https://example.com/talk.mp4 with https://example.com/voice.mp3`"
    ),
    "cancel": (
        "*`/heygen cancel [job | all]`*\nLists your open requests, each with a Cancel button. `/heygen cancel J3` "
        "cancels one job, `/heygen cancel all` all of them. What HeyGen has already can't be stopped and is billed; I "
        "say which is which."
    ),
    "live": (
        "*`/heygen live [what it is about | end]`*\nOffers a live avatar in a thread of its own: an AI face in your "
        "browser that speaks my answers. The card says what a minute costs and how long it lasts at most; nothing is "
        "billed before you join. `/heygen live end` ends your session or withdraws the offer.\n"
        "`/heygen live my intro has no sound`"
    ),
    "budget": (
        "*`/heygen budget`*\nShows what you and this channel have spent and promised today and this month, what the "
        "caps leave, and what HeyGen says is in the wallet. Only you see it."
    ),
    "jobs": "*`/heygen jobs`*\nShows your recent jobs and links to what is ready. Only you see the list.",
    "forget": (
        "*`/heygen forget me`*\nDeletes what I know of you in this workspace, after a button that asks once more. What "
        "stays where is said first."
    ),
    "help": "*`/heygen help [command]`*\nShows this, or explains one command.",
}
