"""A session's rules on a table: time is a number, the voice and the avatar do at once what real ones do in time."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from agent.live.actions import (
    Action,
    Begin,
    Complete,
    Done,
    Finish,
    Note,
    SetMode,
    Show,
    Silence,
    StopThinking,
    Think,
    Voice,
)
from agent.live.conduct import Conduct, Setting
from agent.live.ears import Final, Partial, SpeechEnded, SpeechStarted
from agent.live.phrases import ENGLISH
from agent.live.ports import NewLine
from agent.live.records import CommandKind, LineState, LiveCommand, LiveEnd, Manner, Speaker
from agent.live.utterance import Utterance
from heygen.live import Outcome, Ready, Speaking, Spoken

START = 1_000.0
MAXIMUM = 600.0
SECONDS_A_CHARACTER = 0.05
REQUESTER, OPERATOR, OTHER = "U1", "U7", "U8"


class Table:
    """Drives a `Conduct` as its shell does. `voiceless`: what is to be said gets no sound by itself."""

    def __init__(self, *, voiceless: bool = False, **setting: Any) -> None:
        self.now = START
        self.voiceless = voiceless
        self._numbers = itertools.count(1)
        self._parts = itertools.count(1)
        defaults: dict[str, Any] = {
            "requester": REQUESTER,
            "ends_at": START + MAXIMUM,
            "phrases": ENGLISH,
            "hears": True,
            "speaks": True,
        }
        self.conduct = Conduct(Setting(**(defaults | setting)), lambda prefix: f"{prefix}_{next(self._numbers)}", START)
        self.done: list[Action] = []
        self.lines: list[NewLine] = []
        self.saying: Utterance | None = None
        self.part: tuple[str, float, float] | None = None  # id, since, seconds
        self.turn = 0
        self.reactions: list[tuple[str, str | None]] = []
        self.shown: list[dict[str, Any]] = []
        self.end: tuple[LiveEnd, str | None] | None = None

    # -- what happens ------------------------------------------------------------------------------------------

    def take(self, actions: Sequence[Action]) -> list[Action]:
        """Do as the shell would; returns what was to be done."""
        for action in actions:
            self.done.append(action)
            match action:
                case Show(message):
                    self.shown.append(message)
                case Note(line):
                    self.lines.append(line)
                case Think(turn):
                    self.turn = turn
                case Done(command, reaction):
                    self.reactions.append((command.text or command.kind.value, reaction))
                case Finish(end, by):
                    self.end = (end, by)
                case Begin(utterance):
                    self.saying = utterance
                case Voice(text) if not self.voiceless:
                    self.sound(text)
                case Complete() if not self.voiceless and self.saying is not None:
                    self.take(self.conduct.voiced(self.saying, self.now))
                case Silence():
                    self.silenced()
        return list(actions)

    def sound(self, text: str) -> None:
        """The voice has said this piece; the avatar begins with it, or goes on."""
        assert self.saying is not None
        utterance, seconds = self.saying, SECONDS_A_CHARACTER * len(text)
        if self.part is None:
            self.part = (f"part-{next(self._parts)}", self.now, 0.0)
            self.take(self.conduct.part_begins(utterance, self.part[0], self.now))
            self.take(self.conduct.sound(utterance, seconds, self.now))
            self.take(self.conduct.happened(Speaking(utterance_id=self.part[0]), self.now))
        else:
            self.take(self.conduct.sound(utterance, seconds, self.now))
        self.take(self.conduct.piece_ends(utterance, self.now))
        if self.part is not None:
            self.part = (self.part[0], self.part[1], self.part[2] + seconds)

    def silenced(self) -> None:
        """The avatar was interrupted: it tells how much was heard."""
        if self.part is not None:
            part_id, since, seconds = self.part
            self.part = None
            heard = min(self.now - since, seconds)
            self.ended(part_id, Outcome.INTERRUPTED, seconds, heard)

    def ended(self, part_id: str, outcome: Outcome, seconds: float, heard: float) -> None:
        spoken = Spoken(utterance_id=part_id, outcome=outcome, sent_seconds=seconds, heard_seconds=heard)
        self.take(self.conduct.happened(spoken, self.now))

    def lost(self) -> None:
        """The websocket broke while the avatar was speaking."""
        assert self.part is not None
        part_id, since, seconds = self.part
        self.part = None
        self.ended(part_id, Outcome.LOST, seconds, min(self.now - since, seconds))

    # -- time --------------------------------------------------------------------------------------------------

    def wait(self, seconds: float) -> None:
        """Let time pass, stopping whenever there is something to do."""
        end = self.now + seconds
        while (due := self._next_due()) is not None and due <= end:
            self.now = max(self.now, due)
            self._said()
            self.take(self.conduct.tick(self.now))
        self.now = end
        self._said()
        self.take(self.conduct.tick(self.now))

    def _next_due(self) -> float | None:
        over = [self.part[1] + self.part[2]] if self.part is not None else []
        due = self.conduct.next_due
        assert due is None or due > self.now or self.conduct.tick(self.now) is not None
        return min([*over, *([due] if due is not None else [])], default=None)

    def _said(self) -> None:
        if self.part is not None and self.part[1] + self.part[2] <= self.now:
            part_id, _, seconds = self.part
            self.part = None
            self.ended(part_id, Outcome.COMPLETED, seconds, seconds)

    # -- people ------------------------------------------------------------------------------------------------

    def open(self) -> Table:
        """A viewer is here, the avatar is connected, and has greeted."""
        self.join()
        self.wait(10.0)
        return self

    def join(self) -> None:
        """The avatar is connected, a viewer is here, its page plays."""
        self.take(self.conduct.happened(Ready(again=False), self.now))
        self.take(self.conduct.viewer_here(self.now))
        self.take(self.conduct.room_ready(self.now))

    def says(self, text: str, number: int = 1, seconds: float = 1.0) -> None:
        """The visitor says something, in so many seconds; its words come half a second later."""
        self.begins()
        self.wait(seconds)
        self.stops()
        self.wait(0.5)
        self.take(self.conduct.heard(Final(text, number), self.now))

    def begins(self) -> None:
        self.take(self.conduct.heard(SpeechStarted(0.0), self.now))

    def stops(self) -> None:
        self.take(self.conduct.heard(SpeechEnded(0.0), self.now))

    def partial(self, text: str, number: int = 1) -> None:
        self.take(self.conduct.heard(Partial(text, number), self.now))

    def types(self, text: str) -> None:
        self.take(self.conduct.typed(text, self.now))

    def orders(self, kind: CommandKind, text: str = "", actor: str = OPERATOR) -> LiveCommand:
        """Somebody in Slack wants something."""
        command = LiveCommand(
            id=f"c{next(self._numbers)}",
            session_id="live_1",
            seq=1,
            kind=kind,
            actor=actor,
            text=text,
            message_ts="ts",
            created_at=self.now,
        )
        self.take(self.conduct.command(command, self.now))
        return command

    # -- the model ---------------------------------------------------------------------------------------------

    def writes(self, *fragments: str, goodbye: bool = False) -> None:
        """The model answers the newest turn with this, at once."""
        turn = self.turn
        for fragment in fragments:
            self.take(self.conduct.fragment(turn, fragment, self.now))
        self.take(self.conduct.answered(turn, goodbye, self.now))

    # -- what is to be seen ------------------------------------------------------------------------------------

    @property
    def thinking(self) -> bool:
        """Whether a turn was begun and neither stopped nor finished by the rules."""
        turns = [action for action in self.done if isinstance(action, Think | StopThinking)]
        return bool(turns) and isinstance(turns[-1], Think)

    @property
    def thoughts(self) -> list[Think]:
        return [action for action in self.done if isinstance(action, Think)]

    @property
    def texts(self) -> list[str]:
        """What was written down, in order."""
        return [line.text for line in self.lines]

    def line(self, place: int = -1) -> tuple[Speaker, Manner, str, LineState]:
        line = self.lines[place]
        return line.speaker, line.manner, line.text, line.state

    @property
    def notices(self) -> list[str]:
        return [one["code"] for one in self.shown if one["type"] == "notice" and one["text"]]

    @property
    def states(self) -> list[tuple[str, str | None]]:
        return [(one["state"], one["reason"]) for one in self.shown if one["type"] == "state"]

    @property
    def modes(self) -> list[tuple[str, str | None, bool]]:
        return [(one.state.value, one.taken_by, one.muted) for one in self.done if isinstance(one, SetMode)]

    @property
    def captions(self) -> list[tuple[str, str, bool, bool]]:
        """Who, text, final, interrupted, in the order in which they were shown."""
        return [
            (one["who"], one["text"], one["final"], one["interrupted"])
            for one in self.shown
            if one["type"] == "caption"
        ]

    def count(self, kind: type) -> int:
        return sum(isinstance(action, kind) for action in self.done)
