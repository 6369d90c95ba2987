"""What the rules of a running session want done. The shell does it, in this order, without asking back."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.live.ports import NewLine
from agent.live.records import LiveCommand, LiveEnd, LiveState
from agent.live.transcript import Remark
from agent.live.utterance import Utterance
from agent.records import Json


@dataclass(frozen=True, slots=True)
class Show:
    """Have the page show this."""

    message: Json


@dataclass(frozen=True, slots=True)
class Think:
    """Ask the model: turn number `turn`, after all that was said."""

    turn: int
    remarks: tuple[Remark, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class StopThinking:
    """The model's turn is not wanted any more."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Give this utterance a voice; pieces of its text follow as `Voice`, the last one is followed by `Complete`."""

    utterance: Utterance


@dataclass(frozen=True, slots=True)
class Voice:
    """The next piece of text of the utterance that was begun last."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Complete:
    """The utterance that was begun last has no more text."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Not a byte more of what is being said: the voice stops, then the avatar is interrupted."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Have the avatar look as if it listened, or no longer."""

    on: bool


@dataclass(frozen=True, slots=True)
class Note:
    """A line for the transcript."""

    line: NewLine = field(repr=False)


@dataclass(frozen=True, slots=True)
class SetMode:
    """Who speaks through the avatar, and whether it is muted."""

    state: LiveState
    taken_by: str | None
    muted: bool


@dataclass(frozen=True, slots=True)
class Done:
    """A command needs nothing more."""

    command: LiveCommand
    reaction: str | None


@dataclass(frozen=True, slots=True)
class Finish:
    """It is over: leave, and have LiveAvatar stop."""

    end: LiveEnd
    ended_by: str | None


Action = Show | Think | StopThinking | Begin | Voice | Complete | Silence | Listen | Note | SetMode | Done | Finish
