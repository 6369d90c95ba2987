"""What the avatar says: who wants it said, which of its words were heard, and who goes first. No I/O, no clock."""

from __future__ import annotations

import enum
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from agent.live.records import LiveCommand

WAITING_LIMIT = 16
# Sound and events come a little late: so much more of it may have been heard than was counted.
_SLACK = 0.05
_WIDE_FROM = "\u2e80"
_SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\uffef]")


class Source(enum.StrEnum):
    """Who wants something said."""

    GREETING = "greeting"
    MODEL = "model"
    OPERATOR = "operator"
    FILLER = "filler"
    NOTICE = "notice"
    FAREWELL = "farewell"

    @property
    def human(self) -> bool:
        """Whether a person's own words are said."""
        return self is Source.OPERATOR


@dataclass(slots=True)
class Span:
    """A piece of its text (up to `end`, in characters) and where its sound ends, in seconds once that is known."""

    end: int
    until: float | None = None


@dataclass(slots=True)
class Part:
    """A stretch of its sound without a gap, by LiveAvatar's id. Of the utterance, `before` seconds come earlier.

    `since` is when it began to be heard; `over`: it has been heard, was silenced or got lost.
    """

    id: str
    before: float
    since: float | None = None
    over: bool = False


@dataclass(slots=True, eq=False)
class Utterance:
    """What is said in one go.

    `turn` is the model's turn it belongs to, `actor` and `command` the person and the command that want it said.
    `complete`: its text is. `voiced`: all its sound has been handed over, or no more will come; `silent`: that was not
    all of it. `seconds` is how much sound was handed over, `heard` how much of it was heard in parts that are over.
    `shown` is what the page shows of it.
    """

    id: str
    source: Source
    turn: int | None = None
    actor: str | None = None
    command: LiveCommand | None = None
    begun_at: float = 0.0
    text: str = ""
    pieces: list[str] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    complete: bool = False
    voiced: bool = False
    silent: bool = False
    seconds: float = 0.0
    heard: float = 0.0
    shown: str = ""

    # What there is to say

    def add(self, text: str) -> None:
        """Another piece of its text."""
        joint = " " if self.text and self.text[-1] < _WIDE_FROM and text[:1] < _WIDE_FROM else ""
        self.text += joint + text
        self.pieces.append(text)
        self.spans.append(Span(len(self.text)))

    def add_sound(self, seconds: float) -> None:
        """So much more of its sound was handed over."""
        self.seconds += seconds

    def end_span(self) -> None:
        """The sound of the oldest span that had not ended is all here."""
        span = next((span for span in self.spans if span.until is None), None)
        if span is not None:
            span.until = self.seconds

    # What was heard of it

    def begin_part(self, part_id: str) -> None:
        """A stretch of sound begins."""
        self.parts.append(Part(part_id, self.seconds))

    def part(self, part_id: str) -> Part | None:
        """The part with this id."""
        return next((part for part in self.parts if part.id == part_id), None)

    def end_part(self, part: Part, heard: float) -> None:
        """A part is over, `heard` seconds of it were heard."""
        part.over = True
        self.heard = max(self.heard, part.before + heard)

    @property
    def sounds(self) -> bool:
        """Whether some of its sound may still be heard."""
        return any(not part.over for part in self.parts)

    def since(self) -> float | None:
        """When its first sound was heard, as it would have been without gaps before the newest one."""
        part = next((part for part in reversed(self.parts) if part.since is not None), None)
        return None if part is None or part.since is None else part.since - part.before

    def heard_text(self) -> str:
        """The part of its text that was heard, in whole words."""
        heard = self.heard + _SLACK
        begun, since = 0, 0.0
        for span in self.spans:
            if not self.parts or span.until is None or span.until > heard:
                return self.text[:begun] + self._piece(begun, span, since, heard) if self.parts else ""
            begun, since = span.end, span.until
        return self.text[:begun].rstrip()

    def _piece(self, begun: int, span: Span, since: float, heard: float) -> str:
        """What was heard of a span: as much of its words as of its sound."""
        # The sound of a span that is still being made is longer than what is here of it.
        until = span.until if span.until is not None else since + 2 * max(self.seconds - since, 0.0)
        share = (heard - since) / (until - since) if until > since and self.heard > since else 0.0
        words = self.text[begun : span.end]
        place = int(len(words) * min(max(share, 0.0), 1.0))
        return words[: _whole_words(words, place)].rstrip()

    def text_at(self, now: float) -> str:
        """Its text up to the end of the span that is being heard."""
        since = self.since()
        if since is None:
            return ""
        elapsed = now - since
        spoken = next((span for span in self.spans if span.until is None or span.until > elapsed), None)
        return self.text if spoken is None else self.text[: spoken.end]

    def next_text_at(self, now: float) -> float | None:
        """When `text_at` gets longer, as far as known."""
        since = self.since()
        if since is None:
            return None
        ends = [since + span.until for span in self.spans[:-1] if span.until is not None]
        return next((end for end in ends if end > now), None)


def _whole_words(words: str, place: int) -> int:
    """`place`, moved back to the end of a word. Where a script has no spaces any place will do."""
    if place >= len(words) or words[place].isspace() or _SPACELESS.match(words[place]):
        return place
    return max((index for index in range(place) if words[index].isspace()), default=0)


class Verdict(enum.StrEnum):
    """What becomes of a line that wants to be said."""

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
        if source is Source.FILLER:
            return Verdict.DROPPED if self.everything else Verdict.WAITS
        if source.human and self.everything and not self.human_speaks:
            return Verdict.INTERRUPTS
        return Verdict.WAITS if len(self._waiting) < self._limit else Verdict.DROPPED

    def add(self, line: Utterance) -> Verdict:
        """Have a line wait, unless it is dropped. Call `clear` first where `judge` says that it interrupts."""
        verdict = self.judge(line.source)
        if verdict is Verdict.INTERRUPTS:
            raise ValueError("clear what is said before a line that interrupts it")
        if verdict is Verdict.WAITS:
            self._waiting.insert(self._place(line.source), line)
        return verdict

    def _place(self, source: Source) -> int:
        if not source.human:
            return len(self._waiting)
        return next((place for place, line in enumerate(self._waiting) if not line.source.human), len(self._waiting))

    def begin(self) -> Utterance | None:
        """Nothing is said: the first that waits is said now; returns it."""
        if self.current is None and self._waiting:
            self.current = self._waiting.popleft()
            return self.current
        return None

    def finish(self) -> None:
        """The one that was said is over."""
        self.current = None

    def clear(self, *, keep_human: bool = False) -> Sequence[Utterance]:
        """Nothing is said and nothing waits any more, but for people's lines with `keep_human`; returns what was."""
        kept = [line for line in self._waiting if keep_human and line.source.human]
        dropped = [line for line in self.everything if line not in kept]
        self.current = None
        self._waiting = deque(kept)
        return dropped
