"""The posts about a batch: its card, the sample that waits for a word, and the closing. Pure functions of rows.

Two hundred videos are counts and a few lines; the list with every one of them is a file (`bot/slack/results.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import Block

from agent.batches import Batch, BatchState, Member, total
from agent.money import Quote, dollars
from agent.records import OPEN_JOB_STATES, Job, JobState
from bot.slack import batch_buttons as buttons
from bot.slack.blocks import SECTION_LIMIT, TITLE_LIMIT, Post, context, post, section, sections
from bot.slack.cards import until, why
from bot.slack.closings import AI_NOTICE, FREE, UNLINKED, outcome
from bot.slack.kinds import listed, quoted, speaker
from bot.slack.lines import LABEL_LIMIT, Line, counted, elapsed, job_line
from bot.slack.ports import LinkFor
from bot.slack.text import mention, safe

SHOWN = 10  # lines of a card or closing; a batch that is no larger is shown whole
NAMES_LIMIT = 1200
PROBLEMS = 8
LINE_ORDER = (JobState.FAILED, JobState.UNKNOWN, JobState.RUNNING, JobState.SUCCEEDED, JobState.UNWANTED)
READY_FIRST = (JobState.FAILED, JobState.UNKNOWN, JobState.SUCCEEDED, JobState.UNWANTED, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class Shown:
    """A batch as it is at `now`. `cost` is what it came to in micro-dollars, None while nothing has been charged."""

    batch: Batch
    members: Sequence[Member]
    now: float
    link_for: LinkFor
    cost: int | None = None

    @property
    def jobs(self) -> list[Job]:
        """All jobs, in the order of their rows."""
        return [one.job for one in self.members]

    @property
    def open(self) -> list[Member]:
        """Those that are not over."""
        return [one for one in self.members if one.job.state in OPEN_JOB_STATES]

    @property
    def sample(self) -> Member | None:
        """What is made first."""
        return next((one for one in self.members if one.submission.id == self.batch.sample_id), None)

    @property
    def decides(self) -> bool:
        """Whether the requester is to say whether the sample is good."""
        sample = self.sample
        ready = sample is not None and sample.job.state is JobState.SUCCEEDED
        return ready and self.batch.state is BatchState.SAMPLING

    def line(self, one: Member) -> Line:
        """One video's line."""
        at = one.job.finished_at or self.now
        return job_line(one.job, one.submission, now=at, link=self.link_for(one.job))


def card(shown: Shown, *, approvers: Sequence[str] = ()) -> Post:
    """Edited in place: counts, a few lines, and what may be decided at this moment.

    `approvers` are mentions of those who can approve, nobody: the requester.
    """
    if shown.batch.state is BatchState.WAITING_APPROVAL:
        return _waiting(shown, approvers or [f"<@{shown.batch.requester}>"])
    summary = _summary(shown)
    blocks = [section(f"{_asked(shown.batch)} · {summary}"), *_said(shown), *_stage(shown), *_lines(shown, LINE_ORDER)]
    if money := _money(shown):
        blocks.append(context(money))
    return post(f"{_title(shown.batch)}: {summary}", [*blocks, *_buttons(shown)])


def ops_card(shown: Shown, *, place: str, approvers: Sequence[str] = ()) -> Post:
    """The copy of a batch that had to be approved, for those who decide. `place` leads to the thread (mrkdwn)."""
    where = context(f"In {place}")
    if shown.batch.state is BatchState.WAITING_APPROVAL:
        waiting = _waiting(shown, approvers or [f"<@{shown.batch.requester}>"])
        return Post(waiting.text, [*waiting.blocks, where.to_dict()])
    summary, money = _summary(shown), _money(shown)
    blocks = [section(f"{_asked(shown.batch)} · {summary}"), *([context(money)] if money else []), where]
    return post(f"{_title(shown.batch)}: {summary}", blocks)


def sample_post(shown: Shown) -> Post:
    """Calls the requester to look at the sample; once there is a decision it only says which."""
    who, title = mention(shown.batch.requester), safe(shown.batch.title, TITLE_LIMIT)
    sample = shown.sample
    lines = sections([shown.line(sample)]) if sample is not None else []
    if not shown.decides:
        done = "the others are being made" if shown.batch.state is BatchState.GOING else "nothing else is made"
        return post(f"{who} the sample of {title}: {done}.", [section(f"The sample of *{title}*: {done}."), *lines])
    rest = [one for one in shown.open if one.submission.id != shown.batch.sample_id]
    cost = total(shown.batch, rest).words()
    what = f"{who} the sample of *{title}* is ready. Is it good? The other {len(rest)} would cost {cost}"
    unlinked = [section(UNLINKED)] if sample is not None and shown.link_for(sample.job) is None else []
    asked = section(f"{what}{until(shown.batch.expires_at)}.")
    blocks = [asked, *lines, *unlinked, buttons.on_sample(shown.batch, rest, cost)]
    return post(f"{who} the sample of {title} is ready. Is it good?", blocks)


def closing(shown: Shown) -> Post:
    """The one message that calls the requester back when everything is final."""
    who, title, jobs = mention(shown.batch.requester), safe(shown.batch.title, TITLE_LIMIT), shown.jobs
    if all(job.state is JobState.CANCELLED for job in jobs):
        text = f"{why_ended(shown.batch)} {FREE}"
        return post(f"{who} {title} {text}", [section(f"{who} *{title}* {text}\nAsk again here if you want it.")])
    ended = outcome(jobs)
    blocks = [section(f"{who} *{title}*: {ended}"), *_lines(shown, READY_FIRST), *_advice(shown)]
    if retry := buttons.retry(shown.batch, jobs):
        blocks.append(retry)
    if any(job.state is JobState.SUCCEEDED for job in jobs):
        blocks.append(context(AI_NOTICE))
    return post(f"{who} {title}: {ended}", blocks)


def why_ended(batch: Batch) -> str:
    """Why what had not left never will, as the rest of a sentence about the batch."""
    match batch.error_code:
        case "expired":
            return "was not decided in time, so I dropped it."
        case "sample_refused":
            return "was stopped after the sample."
        case "sample_failed":
            return "was stopped: the sample could not be made, so nothing else was sent."
        case code:
            told = batch.error or ""
            return f"was {told if code and told.startswith(code) else code or 'cancelled'}."


def _waiting(shown: Shown, approvers: Sequence[str]) -> Post:
    """What would be made for whom and at what price, and who can say yes to it until when."""
    batch, wanted = shown.batch, shown.open
    quote = total(batch, wanted)
    who = " or ".join(approvers)
    names = [safe(one.job.label, LABEL_LIMIT) for one in wanted]
    blocks = [
        section(f"{_asked(batch)} · *waiting for an approval*"),
        section(f"HeyGen would make {_videos(len(wanted))}{_who_says(batch)}"),
        *quoted(str(batch.arguments.get("template") or "")),
        *_columns(batch),
        *listed("One each for: ", names, NAMES_LIMIT),
        *_left_out(batch),
        section(f"*{quote.words()}*\n{safe(quote.basis, 300)}{_first(shown)}"),
        section(f"{why(batch.needs, batch.kind)}\n{who} can approve it{until(batch.expires_at)}."),
        buttons.decision(batch, quote),
    ]
    text = f"{_title(batch)} costs {quote.words()} and waits for an approval by {who}."
    return post(text, blocks)


def _who_says(batch: Batch) -> str:
    """Who speaks in videos that would be made, up to the words."""
    if name := batch.arguments.get("template_name"):
        return f" from the template *{safe(str(name), 60)}*, which says:"
    return f", in which {speaker(batch.arguments)} says:"


def _first(shown: Shown) -> str:
    if shown.batch.sample_id is None or len(shown.open) < 2:
        return ""
    who = mention(shown.batch.requester)
    return f"\nOne is made first, as a sample. The others are made only when {who} has seen it and agrees."


def _columns(batch: Batch) -> list[Block]:
    """From which columns of a list the words come that differ."""
    columns = batch.arguments.get("columns")
    if not isinstance(columns, dict) or not columns:
        return []
    told = [f"`{{{safe(name, 40)}}}` is the column “{safe(str(column), 60)}”" for name, column in columns.items()]
    return [context(", ".join(told)[:SECTION_LIMIT])]


def _left_out(batch: Batch) -> list[Block]:
    """Rows of a list for which nothing would be made, and why."""
    problems = batch.arguments.get("left_out")
    count = batch.arguments.get("left_out_count")
    if not isinstance(problems, list) or not problems or not isinstance(count, int):
        return []
    lines = [f"• {safe(str(problem), 160)}" for problem in problems[:PROBLEMS]]
    more = [f"… and {count - len(lines)} more"] if count > len(lines) else []
    return [section("\n".join([f"*{_rows(count)} left out:*", *lines, *more]))]


def _said(shown: Shown) -> list[Block]:
    """Who speaks, and the words all have in common, while there is something to be made."""
    if not shown.open:
        return []
    words = quoted(str(shown.batch.arguments.get("template") or ""))
    name = shown.batch.arguments.get("template_name")
    who = f"The template *{safe(str(name), 60)}*" if name else speaker(shown.batch.arguments)
    return [section(f"{who} says:"), *words] if words else []


def _stage(shown: Shown) -> list[Block]:
    """What the others wait for, while one is made first."""
    if shown.batch.state is not BatchState.SAMPLING or not shown.open:
        return []
    who, sample = mention(shown.batch.requester), shown.sample
    rest = [one for one in shown.open if one is not sample]
    if not rest:
        return []
    if not shown.decides:
        return [section(f"One is made first, as a sample. The other {len(rest)} wait until {who} has seen it.")]
    cost = total(shown.batch, rest).words()
    text = f"*The sample is ready.* {who} decides whether the other {len(rest)} are made, for {cost}"
    return [section(f"{text}{until(shown.batch.expires_at)}.")]


def _lines(shown: Shown, order: Sequence[JobState]) -> list[Block]:
    """All lines of a small batch; of a large one those that matter most, and the number of the others."""
    if len(shown.members) <= SHOWN:
        return sections([shown.line(one) for one in shown.members])
    telling = [one for state in order for one in shown.members if one.job.state is state]
    chosen = telling[:SHOWN]
    rest = [one.job for one in shown.members if one not in chosen]
    lines = [shown.line(one) for one in chosen]
    if rest:
        lines.append(Line(f"… and {len(rest)} more ({counted(rest)})", rest[0].state))
    return sections(lines)


def _advice(shown: Shown) -> list[Block]:
    states = {job.state for job in shown.jobs}
    advice: list[str] = []
    if shown.batch.state is BatchState.CANCELLED:
        advice.append(f"It {why_ended(shown.batch)}")
    if any(job.state is JobState.SUCCEEDED and shown.link_for(job) is None for job in shown.jobs):
        advice.append(UNLINKED)
    if JobState.FAILED in states:
        advice.append("What failed costs nothing and can be tried again with the button below, alone.")
    if JobState.UNKNOWN in states:
        advice.append("*Unknown* means that HeyGen never confirmed it. I don't repeat it on my own.")
    advice.append("The list of all of them follows as a file.")
    return [section("\n".join(advice))]


def _buttons(shown: Shown) -> list[Block]:
    batch, jobs = shown.batch, shown.jobs
    if not shown.open:
        retry = buttons.retry(batch, jobs)
        return [retry] if retry else []
    rest = [one for one in shown.open if one.submission.id != batch.sample_id]
    decide = [buttons.on_sample(batch, rest, total(batch, rest).words())] if shown.decides else []
    return [*decide, buttons.while_open(batch, shown.open)]


def _summary(shown: Shown) -> str:
    if shown.open:
        return f"{counted(shown.jobs)} · {elapsed(shown.now - shown.batch.created_at)} so far"
    if all(job.state is JobState.CANCELLED for job in shown.jobs):
        return why_ended(shown.batch).removeprefix("was ").rstrip(".")
    return outcome(shown.jobs)


def _money(shown: Shown) -> str:
    """What it was quoted at, what it came to, and who agreed to it."""
    parts: list[str] = []
    if shown.cost is not None and not shown.open:
        parts.append(f"came to about {dollars(shown.cost)}")
    elif (quote := _promised(shown)).high:
        parts.append(f"{quote.words()} ({safe(quote.basis, 200)})")
    if shown.batch.decided_by and shown.batch.approved_hash:
        parts.append(f"approved by {mention(shown.batch.decided_by)}")
    return " · ".join(parts)


def _promised(shown: Shown) -> Quote:
    """What was agreed to, without what never left."""
    return total(shown.batch, [one for one in shown.members if one.job.state is not JobState.CANCELLED])


def _asked(batch: Batch) -> str:
    return f"*{_title(batch)}*\nasked by {mention(batch.requester)}"


def _title(batch: Batch) -> str:
    return safe(batch.title, TITLE_LIMIT)


def _videos(count: int) -> str:
    return "one video" if count == 1 else f"{count} videos"


def _rows(count: int) -> str:
    return "One row" if count == 1 else f"{count} rows"
