"""The filter between the model and people, for the thread and the voice alike, and the runtime's own last line.

Structural, not clever: links we did not make and nobody typed are dropped, `{{job:J7}}` is rendered from the table,
pings are made harmless. Text is let through a segment at a time, so that nothing half-written is ever shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agent.neutral import Neutraliser
from agent.plain_text import one_line, visible, without_stray_joiners
from agent.records import OPEN_JOB_STATES, JobState
from agent.segments import Segmenter

OUTPUT_LIMIT = 12_000
LABEL_LIMIT = 60
NAMED_OPEN = 4
NAMED_FINAL = 3
UNKNOWN_JOB = "an unknown job"

STATE_WORDS: dict[str, str] = {
    JobState.RUNNING: "running",
    JobState.WAITING: "waiting",
    JobState.SUCCEEDED: "done",
    JobState.FAILED: "failed",
    JobState.UNWANTED: "no longer wanted",
    JobState.UNKNOWN: "outcome unknown",
}


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What may be said about a job. `state` is a `JobState` value; `link` is ours, shown once the job succeeded."""

    handle: str
    label: str
    state: str
    link: str | None = None


@dataclass(frozen=True, slots=True)
class OutgoingContext:
    """What a text may contain.

    `jobs` by handle; `allowed_links` are exact URLs: ours and those the person typed; `link_hosts` are our base
    URLs, which may be named but not extended; `allowed_mentions` are ids of people who may be mentioned.
    """

    jobs: Mapping[str, JobFacts] = field(default_factory=dict)
    allowed_links: frozenset[str] = frozenset()
    link_hosts: frozenset[str] = frozenset()
    allowed_mentions: frozenset[str] = frozenset()


class OutgoingFilter:
    """Feed it the model's deltas; what it returns may be shown at once. The whole stays below `limit` characters.

    The concatenated result is the same however the text was split.
    """

    def __init__(self, context: OutgoingContext, *, limit: int = OUTPUT_LIMIT) -> None:
        self._jobs = context.jobs
        links = {job.link for job in context.jobs.values() if job.link}
        self._neutraliser = Neutraliser(
            context.allowed_links | links, context.link_hosts, context.allowed_mentions, self._job
        )
        self._segmenter = Segmenter()
        self._left = limit - 1  # room for the mark that something is missing
        self._full = False

    def feed(self, delta: str) -> str:
        """Take more of the text; return what became safe to show, often nothing."""
        if self._full:
            return ""
        segments = (self._segmenter.push(seen) for character in delta if (seen := visible(character)))
        return self._shown(segments)

    def close(self) -> str:
        """The rest. The text is over; feed nothing more."""
        return self._shown([self._segmenter.flush()])

    def _shown(self, segments: Iterable[str]) -> str:
        shown = [self._bounded(self._neutraliser.rewrite(without_stray_joiners(s))) for s in segments if s]
        return "".join(shown)

    def _bounded(self, text: str) -> str:
        if self._full:
            return ""
        if len(text) <= self._left:
            self._left -= len(text)
            return text
        self._full = True
        return _cut(text, self._left)

    def _job(self, handle: str) -> str:
        job = self._jobs.get(handle) or self._jobs.get(handle.upper())
        if job is None:
            return UNKNOWN_JOB
        words = f"{_name(job)}: {_words(job.state)}"
        return f"{words} <{job.link}>" if job.link and job.state == JobState.SUCCEEDED else words


def state_line(jobs: Sequence[JobFacts]) -> str | None:
    """The runtime's own last line while jobs are open, None when none is. At most about 1,000 characters."""
    if not any(job.state in OPEN_JOB_STATES for job in jobs):
        return None
    groups = [(state, [job for job in jobs if job.state == state]) for state in STATE_WORDS]
    line = " · ".join(_group(state, members) for state, members in groups if members)
    return f"_{line[0].upper()}{line[1:]}_"


def _group(state: str, jobs: Sequence[JobFacts]) -> str:
    is_open = state in OPEN_JOB_STATES
    if len(jobs) <= (NAMED_OPEN if is_open else NAMED_FINAL):
        return f"{_words(state)}: {', '.join(map(_name, jobs))}"
    if not is_open:
        return f"{_words(state)}: {len(jobs)}"
    named = jobs[: NAMED_OPEN - 1]
    return f"{_words(state)}: {', '.join(map(_name, named))} and {len(jobs) - len(named)} more"


def _words(state: str) -> str:
    return STATE_WORDS.get(state, state)


_NOTHING_ALLOWED = Neutraliser(frozenset(), frozenset(), frozenset(), lambda handle: UNKNOWN_JOB)


def _name(job: JobFacts) -> str:
    """Handle and label. A label may come from a spreadsheet, so it gets no more trust than the model's words."""
    return f"{job.handle} {_NOTHING_ALLOWED.rewrite(one_line(job.label, LABEL_LIMIT))}".rstrip()


def _cut(text: str, room: int) -> str:
    """The first whole words of `text` within `room` characters, and the mark that something is missing."""
    kept = text[:room]
    return kept[: max(kept.rfind(" "), kept.rfind("\n")) + 1] + "…"
