"""What the avatar says: who wants it said, how much of it was heard by our own clock, and who goes first."""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

WAITING_LIMIT = 16
# From the first sound sent to the first sound heard, where no event tells when that was.
PRESUMED_DELAY = 1.0
# Never wait for an event without end: this long after its sound an utterance is taken as said.
OVERDUE = 5.0
# Sound and events come a little late: so much more of it may have been heard than our clock says.
_SLACK = 0.05


class Source(enum.StrEnum):
    """Who wants something said."""

    GREETING = "greeting"
    MODEL = "model"
    OPERATOR = "operator"
    RELAY = "relay"
    FILLER = "filler"
    NOTICE = "notice"
    FAREWELL = "farewell"

    @property
    def human(self) -> bool:
        """Whether a person's own words are said."""
        return self in (Source.OPERATOR, Source.RELAY)


class Outcome(enum.StrEnum):
    """How an utterance ended."""

    SAID = "said"
    INTERRUPTED = "interrupted"
    LOST = "lost"


@dataclass(slots=True)
class Span:
    """A piece of its written text (up to `end`, in characters) and where its sound ends, in seconds once known."""

    end: int
    until: float | None = None


@dataclass(slots=True)
class Utterance:
    """What is said in one go. Times in seconds of one clock that does not go backwards.

    `text` is as written; `complete`: its text is; `voiced`: all its sound is here.
    """

    id: str
    generation: int
    source: Source
    text: str = ""
    spans: list[Span] = field(default_factory=list)
    complete: bool = False
    queued_seconds: float = 0.0
    sent_seconds: float = 0.0
    started_at: float | None = None
    closed_at: float | None = None
    _run_from: float | None = None
    _before_run: float = 0.0

    @property
    def voiced(self) -> bool:
        """Whether the sound of all its text is here."""
        return self.complete and all(span.until is not None for span in self.spans)

    def add_span(self, end: int) -> None:
        """The text up to `end` is about to be voiced."""
        self.spans.append(Span(end))

    def add_sound(self, seconds: float) -> None:
        """So much more of its sound is here."""
        self.queued_seconds += seconds

    def end_span(self) -> None:
        """The sound of the oldest span that had not ended is all here."""
        span = next((span for span in self.spans if span.until is None), None)
        if span is not None:
            span.until = self.queued_seconds

    def sent(self, seconds: float, now: float) -> None:
        """So much of its sound left us. Where the sound before has run out, the avatar was silent in between."""
        if self._run_from is None:
            self._run_from = now + PRESUMED_DELAY
        elif self.heard_seconds(now) >= self.sent_seconds:
            self._before_run, self._run_from = self.sent_seconds, now
        self.sent_seconds += seconds

    def started(self, now: float) -> None:
        """An event says that it is heard from now on; what later events say about that is ignored."""
        if self.started_at is None and self._run_from is not None:
            self.started_at = now
            if self._before_run == 0.0:
                self._run_from = now

    def closed(self, now: float) -> None:
        """All of it left us."""
        self.closed_at = now

    @property
    def sent_any(self) -> bool:
        """Whether any of its sound left us."""
        return self._run_from is not None

    def heard_seconds(self, now: float) -> float:
        """How much of it was heard until now, never more than was sent."""
        if self._run_from is None:
            return 0.0
        return min(self._before_run + max(now - self._run_from, 0.0), self.sent_seconds)

    def ends_at(self, now: float) -> float:
        """When what was sent of it is over."""
        return now + PRESUMED_DELAY if self._run_from is None else self._run_from + self.sent_seconds - self._before_run

    def overdue_at(self) -> float | None:
        """When it is taken as said though no event said so; None while some of it is still to be sent."""
        return None if self.closed_at is None else max(self.ends_at(self.closed_at), self.closed_at) + OVERDUE

    def may_be_over(self, now: float) -> bool:
        """Whether all of it was sent and can have been heard: an end that comes before belongs to another one."""
        return self.closed_at is not None and now >= self.ends_at(now) - 0.5

    def heard_text(self, now: float) -> str:
        """The part of its text that was heard, in whole words."""
        heard = self.heard_seconds(now) + _SLACK
        begun, since = 0, 0.0
        for span in self.spans:
            if not self.sent_any:
                break
            if span.until is None or span.until > heard:
                return self.text[:begun] + self._part(begun, span, since, heard)
            begun, since = span.end, span.until
        return self.text[:begun].rstrip()

    def _part(self, begun: int, span: Span, since: float, heard: float) -> str:
        """What was heard of a span: as much of its words as of its sound."""
        until = span.until if span.until is not None else max(self.queued_seconds, since)
        share = (heard - since) / (until - since) if until > since else 0.0
        # The sound of a span that is still being made is longer than what is here of it.
        words = self.text[begun : span.end]
        place = int(len(words) * min(share if span.until is not None else share / 2, 1.0))
        if place < len(words) and words[:1] and not words[place].isspace():
            spaces = [index for index in range(place) if words[index].isspace()]
            spaced = any(character.isspace() for character in words.strip())
            place = (spaces[-1] if spaces else 0) if spaced else place
        return words[:place].rstrip()


class Verdict(enum.StrEnum):
    """What becomes of a line that wants to be said."""

    NOW = "now"
    WAITS = "waits"
    INTERRUPTS = "interrupts"
    DROPPED = "dropped"


class Lines:
    """Who speaks and who waits. People's lines interrupt the machine's, and wait for each other."""

    def __init__(self, limit: int = WAITING_LIMIT) -> None:
        self._limit = limit
        self._waiting: deque[Utterance] = deque()
        self.current: Utterance | None = None

    @property
    def waiting(self) -> Sequence[Utterance]:
        """Those that wait, the next first."""
        return tuple(self._waiting)

    @property
    def everything(self) -> Sequence[Utterance]:
        """The one that is said and those that wait."""
        return (*([self.current] if self.current else []), *self._waiting)

    @property
    def human_speaks(self) -> bool:
        """Whether a person's line is said or waits."""
        return any(line.source.human for line in self.everything)

    def judge(self, source: Source) -> Verdict:
        """What would become of a line of this source."""
        if self.current is None:
            return Verdict.NOW
        if source is Source.FILLER:
            return Verdict.DROPPED
        if source.human and not self.human_speaks:
            return Verdict.INTERRUPTS
        return Verdict.WAITS if len(self._waiting) < self._limit else Verdict.DROPPED

    def add(self, line: Utterance) -> Verdict:
        """Take a line unless it is dropped. Call `clear` first where `judge` says that it interrupts."""
        verdict = self.judge(line.source)
        if verdict is Verdict.INTERRUPTS:
            raise ValueError("clear what is said before a line that interrupts it")
        if verdict is Verdict.NOW:
            self.current = line
        elif verdict is Verdict.WAITS:
            self._waiting.insert(self._place(line.source), line)
        return verdict

    def _place(self, source: Source) -> int:
        if not source.human:
            return len(self._waiting)
        return next((place for place, line in enumerate(self._waiting) if not line.source.human), len(self._waiting))

    def finish(self) -> Utterance | None:
        """The one that was said is over; returns the next, which is now said."""
        self.current = self._waiting.popleft() if self._waiting else None
        return self.current

    def clear(self) -> Sequence[Utterance]:
        """Nothing is said and nothing waits any more; returns what was."""
        dropped = self.everything
        self.current = None
        self._waiting.clear()
        return dropped
