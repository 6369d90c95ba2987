"""What the rules of one session share: where they say what is to be done, and what they look at. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.live.actions import Action, Done, Note, Show
from agent.live.floor import Floor
from agent.live.phrases import Phrases
from agent.live.ports import NewLine
from agent.live.records import LiveCommand
from agent.live.timers import Timers
from agent.live.transcript import Transcript
from agent.records import Json


def notice(code: str, text: str | None) -> Json:
    """A sentence for the person on the page; without text what is shown under the code goes away."""
    return {"type": "notice", "code": code, "text": text}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How long things may take, in seconds.

    `greeting`: until somebody is greeted whose page does not say that it is ready. `words`: from the end of speech to
    its words. `hold`: how long the avatar waits for somebody who does not stop speaking. `filler`: until somebody is
    told that tools take long. `alone`: until the avatar falls silent when nobody is on the page (a short break of its
    connection takes nothing from the person's ears), `gone`: until the end. `idle` and `no_answer`: until somebody who
    says nothing is asked, and then until the end. `warning`: before the latest end. `farewell`: for the last words.
    `again`: until what could not be done now is tried again.
    """

    greeting: float = 10.0
    words: float = 2.0
    hold: float = 5.0
    filler: float = 2.0
    idle: float = 90.0
    no_answer: float = 30.0
    alone: float = 3.0
    gone: float = 20.0
    warning: float = 30.0
    farewell: float = 8.0
    again: float = 1.0


@dataclass(frozen=True, slots=True)
class Stage:
    """One session's timers, transcript and floor; `act` takes what is to be done."""

    act: Callable[[Action], None]
    new_id: Callable[[str], str]
    timers: Timers
    transcript: Transcript
    floor: Floor
    phrases: Phrases
    bounds: Bounds

    def notice(self, code: str, sentence: str | None = None) -> None:
        """Have the page show a sentence (the code's own, if no other), in place of what it shows under this code."""
        self.act(Show(notice(code, self.phrases.notice(sentence or code))))

    def notice_over(self, code: str) -> None:
        """What the page shows under this code is over."""
        self.act(Show(notice(code, None)))

    def note(self, lines: Sequence[NewLine]) -> None:
        """These lines are final."""
        for line in lines:
            self.act(Note(line))

    def done(self, command: LiveCommand, reaction: str | None = None) -> None:
        """A command needs nothing more."""
        self.act(Done(command, reaction))
