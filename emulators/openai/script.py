"""Answers written in advance, and everything that can go wrong with one.

A script is a queue of answers, one per model call. An answer is one step or a list of steps: contents (`Say`, `Call`,
`RawArguments`, `Refuse`) in order, and at most one of each accident. An answer without contents gets the planner's.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from emulators.openai.errors import Refusal

Phase = Literal["commentary", "final_answer"]
IncompleteReason = Literal["max_output_tokens", "content_filter"]


@dataclasses.dataclass(frozen=True, slots=True)
class Say:
    """A message. `chunks` are its deltas as they are sent; without them the emulator cuts `text` itself."""

    text: str = ""
    phase: Phase = "final_answer"
    chunks: Sequence[str] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """A call of a function with arguments that become proper JSON. `call_id` is made up when None."""

    name: str
    arguments: dict[str, Any] = dataclasses.field(default_factory=dict)
    call_id: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class RawArguments:
    """A call whose arguments are this very text, JSON or not."""

    name: str
    arguments: str
    call_id: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Refuse:
    """A message that is a refusal."""

    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class ErrorEvent:
    """An `error` event in place of the terminal event; a plain request is answered with HTTP 500."""

    code: str = "server_error"
    message: str = "The server had an error while processing your request."


@dataclasses.dataclass(frozen=True, slots=True)
class Failed:
    """The terminal event `response.failed` with this error code (Chat Completions: an error, it has no such end)."""

    code: str = "server_error"
    message: str = "The model failed to generate a response."


@dataclasses.dataclass(frozen=True, slots=True)
class Incomplete:
    """The terminal event `response.incomplete`; the last item is left incomplete."""

    reason: IncompleteReason = "max_output_tokens"


@dataclasses.dataclass(frozen=True, slots=True)
class CutAfter:
    """The stream ends after `events` events: `clean` like a finished body, otherwise by a dropped connection."""

    events: int
    clean: bool = True


@dataclasses.dataclass(frozen=True, slots=True)
class MalformedEvent:
    """Broken JSON after `events` good events, then the end of the stream."""

    events: int = 3


@dataclasses.dataclass(frozen=True, slots=True)
class HttpError:
    """An HTTP error instead of an answer, for example 429 with `retry-after` or `insufficient_quota`."""

    status: int
    code: str | None = None
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    message: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Stall:
    """Silence of `seconds` after `events` events (0: before the response headers); then everything goes on."""

    seconds: float
    events: int = 0


Content = Say | Call | RawArguments | Refuse
Ending = ErrorEvent | Failed | Incomplete
Break = CutAfter | MalformedEvent
Step = Content | Ending | Break | HttpError | Stall


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """One model call's answer: `contents` None leaves them to the planner, the rest says what goes wrong."""

    contents: tuple[Content, ...] | None = None
    ending: Ending | None = None
    broken: Break | None = None
    http_error: HttpError | None = None
    stall: Stall | None = None


class Script:
    """The queue of answers. `strict`: a model call beyond its end is an error instead of the planner's."""

    def __init__(self) -> None:
        self.strict = False
        self._answers: deque[Answer] = deque()

    def add(self, answers: Iterable[Step | Sequence[Step]]) -> None:
        """Append answers, one per model call."""
        self._answers.extend(_answer(entry) for entry in answers)

    def clear(self) -> None:
        """Forget what is left, and the strictness."""
        self._answers.clear()
        self.strict = False

    @property
    def pending(self) -> list[Answer]:
        """What nobody asked for yet."""
        return list(self._answers)

    def take(self) -> Answer | None:
        """The next answer, None when the planner is to answer."""
        if self._answers:
            return self._answers.popleft()
        if self.strict:
            raise Refusal(
                "The script is used up: nobody expected another model call.",
                code="script_exhausted",
                status=500,
                kind="server_error",
            )
        return None


def _answer(entry: Step | Sequence[Step]) -> Answer:
    steps: Sequence[Step] = entry if isinstance(entry, Sequence) else [entry]
    contents = tuple(step for step in steps if isinstance(step, Content))
    accidents: dict[str, Any] = {}
    for step in steps:
        if (name := _place(step)) is None:
            continue
        if name in accidents:
            raise ValueError(f"an answer has one {name} at most")
        accidents[name] = step
    return Answer(contents or None, **accidents)


def _place(step: Step) -> str | None:
    match step:
        case ErrorEvent() | Failed() | Incomplete():
            return "ending"
        case CutAfter() | MalformedEvent():
            return "broken"
        case HttpError():
            return "http_error"
        case Stall():
            return "stall"
        case _:
            return None
