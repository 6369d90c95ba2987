"""The filter between the model and people, for the thread and the voice alike, and the runtime's own last line.

Links we did not make and nobody typed are dropped, `{{job:J7}}` is rendered from the table, pings are made harmless,
identifiers are taken out, and a sentence that claims what the jobs do not bear out is withheld (`agent/claims.py`).
Text is let through a segment at a time, so that nothing half-written is ever shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agent.claim_hits import without_signs
from agent.claims import JobFacts, Judge
from agent.identifiers import ID_REMOVED, has_identifier, without_identifiers
from agent.neutral import LINK_REMOVED, PLACEHOLDER, Neutraliser, bare_links, without_definitions
from agent.plain_text import one_line, visible, without_stray_joiners
from agent.records import OPEN_JOB_STATES, JobState
from agent.segments import HOLD_LIMIT, Segmenter

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
    JobState.CANCELLED: "cancelled",
    JobState.UNKNOWN: "outcome unknown",
}
UNCONFIRMED = "_I can't confirm that from here; see the card._"

_HEADING = re.compile(r"[:：]\W*\Z")
_ITEM = re.compile(r"\s*(?:[-*•–+▪◦]|\d{1,3}[.)]|\|)\s*")
_LINK = re.compile(r"<?https?://[^\s<>)\]]*|<@\w+>")
_ADDRESS = re.compile(rf"https?://[!-~]+|{re.escape(LINK_REMOVED)}|{re.escape(ID_REMOVED)}")
_EMPHASIS = re.compile(r"[*~`\\]")
_CARRIED = 60  # characters of a sentence's cut-off part that its next part is judged with

__all__ = ["JobFacts", "OutgoingContext", "OutgoingFilter", "state_line", "truth_line"]


@dataclass(frozen=True, slots=True)
class OutgoingContext:
    """What a text may contain.

    `jobs` by handle; `allowed_links` are exact URLs: ours and those the person typed; `link_hosts` are our base
    URLs, which may be named but not extended; `allowed_mentions` are ids of people who may be mentioned;
    `known_words` look like identifiers but were the person's own (a file name); `tool_failed` says that a tool call of
    this turn failed, so that the model may say so; `known_sentences` are those of our own tools, to be repeated as
    they are; `fields` and `told` are names and words of what our tools have found in this turn, to be listed.
    """

    jobs: Mapping[str, JobFacts] = field(default_factory=dict)
    allowed_links: frozenset[str] = frozenset()
    link_hosts: frozenset[str] = frozenset()
    allowed_mentions: frozenset[str] = frozenset()
    known_words: frozenset[str] = frozenset()
    tool_failed: bool = False
    known_sentences: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()


class OutgoingFilter:
    """Feed it the model's deltas; what it returns may be shown at once. The whole stays below `limit` characters.

    The concatenated result is the same however the text was split. `withheld` counts the sentences that were left out.
    """

    def __init__(self, context: OutgoingContext, *, limit: int = OUTPUT_LIMIT) -> None:
        self.withheld = 0
        self._jobs = context.jobs
        links = {job.link for job in context.jobs.values() if job.link}
        self._links = context.allowed_links | links | context.link_hosts
        self._known = context.known_words | {
            word for job in context.jobs.values() if not job.listed for word in job.label.split()
        }
        self._neutraliser = Neutraliser(
            context.allowed_links | links, context.link_hosts, context.allowed_mentions, self._job
        )
        self._judge = Judge(
            context.jobs.values(),
            tool_failed=context.tool_failed,
            known_sentences=context.known_sentences,
            fields=context.fields,
            told=context.told,
        )
        self._segmenter = Segmenter()
        self._context = _Context()
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
        return "".join(self._bounded(self._judged(without_stray_joiners(s))) for s in segments if s)

    def _judged(self, segment: str) -> str:
        """The segment as it may be shown, or only its line end."""
        context = self._context.of(segment)
        segment = without_signs(segment) if self._judge.strips(segment) else segment
        shown = self._cleaned(segment)
        holds = shown and self._judge.allows(self._spoken(segment), context)
        if holds and self._still_holds(segment, context):
            return shown
        self.withheld += 1
        return "\n" if segment.endswith("\n") else ""

    def _still_holds(self, segment: str, context: str) -> bool:
        """What went can leave a claim behind: `3/3http://` claims nothing, nor does `<!x|do>ne`, as it came."""
        named = PLACEHOLDER.sub(r" \1 ", segment)
        left = self._cleaned(named)
        return left == named or self._judge.allows(self._spoken(left), context)

    def _spoken(self, segment: str) -> str:
        """What there is to judge: no links, and placeholders as the handles they stand for, unless they stand alone."""
        words = _ADDRESS.sub(" ", segment)
        is_alone = not any(map(str.isalnum, PLACEHOLDER.sub("", words)))
        return PLACEHOLDER.sub(" " if is_alone else r" \1 ", words)

    def _cleaned(self, segment: str) -> str:
        """Without links, identifiers and pings; nothing when one is left that was dressed up."""
        text = self._neutraliser.rewrite(segment)
        pieces = _LINK.split(text)
        kept = _LINK.findall(text)
        pieces = [without_identifiers(piece, self._known) for piece in pieces]
        bare = "".join(_EMPHASIS.sub("", piece) for piece in pieces)
        is_dressed_up = bare != "".join(pieces) and (has_identifier(bare, self._known) or bare_links(bare, self._links))
        # The mark of an identifier that went may stand before a colon: once more, what Markdown would read as a target.
        whole = without_definitions("".join(map("".join, zip(pieces, [*kept, ""], strict=True))))
        return "" if is_dressed_up else whole

    def _bounded(self, text: str) -> str:
        """`text`, or the mark that something is missing: half a sentence could say the opposite of the whole."""
        if self._full:
            return ""
        if len(text) <= self._left:
            self._left -= len(text)
            return text
        self._full = True
        return "…"

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


def truth_line(jobs: Sequence[JobFacts], withheld: int) -> str | None:
    """How a reply ends: the state line while jobs are open, else a neutral word when sentences were withheld."""
    return state_line(jobs) or (UNCONFIRMED if withheld else None)


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


class _Context:
    """What a segment hangs on: the line that introduces its list, or the part of its sentence that was cut off."""

    def __init__(self) -> None:
        self._heading = ""
        self._before = ""

    def of(self, segment: str) -> str:
        """The text to judge `segment` with; remembers `segment` for those that follow."""
        is_item = _ITEM.match(segment) is not None
        context = self._before or (self._heading if is_item else "")
        if segment.endswith("\n") and _HEADING.search(segment):
            self._heading = segment.strip()
        elif segment.strip() and not is_item:
            self._heading = ""
        is_cut = len(segment) >= HOLD_LIMIT and not segment.rstrip().endswith((".", "!", "?", "。", "！", "？"))
        self._before = segment[-_CARRIED:].partition(" ")[2] if is_cut else ""
        return context
