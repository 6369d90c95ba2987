"""When the model is asked, what becomes of its answer, and what takes it back. Rules without I/O."""

from __future__ import annotations

from agent.live.actions import StopThinking, Think
from agent.live.stage import Stage
from agent.live.timers import Timer
from agent.live.utterance import Source, Utterance


class Answering:
    """The model's turns in one session, one at a time.

    `unanswered`: somebody said something to which nothing has been said yet. `goodbye`: the model wants to end the
    session after what it is saying.
    """

    def __init__(self, stage: Stage, *, unanswered: bool) -> None:
        self._stage = stage
        self._turns = 0
        self._thinking: int | None = None
        self._reply: Utterance | None = None
        self.unanswered = unanswered
        self.goodbye = self.spoke = False

    @property
    def busy(self) -> bool:
        """Whether a turn is going on."""
        return self._thinking is not None

    def begin(self) -> None:
        """Ask the model, after all that was said."""
        self._turns += 1
        self._thinking, self._reply = self._turns, None
        self.goodbye = self.spoke = self.unanswered = False
        self._stage.act(Think(self._turns, tuple(self._stage.transcript.remarks)))

    def fragment(self, turn: int, text: str, now: float) -> None:
        """The model wants this said."""
        if turn != self._thinking:
            return
        self.spoke = True
        if self._reply is not None and self._stage.floor.holds(self._reply):
            self._stage.floor.add(self._reply, text, now)
        else:
            self._reply = self._stage.floor.say(Source.MODEL, text, now, turn=turn, complete=False)

    def tools(self, turn: int, running: bool, now: float) -> None:
        """The model's tools are running, or no longer: when that takes long, it is said."""
        if turn == self._thinking:
            self._stage.timers.set(Timer.FILLER, now + self._stage.bounds.filler if running else None)

    def takes_long(self, now: float) -> None:
        """The tools are running for long."""
        self._stage.floor.say(Source.FILLER, self._stage.phrases.waiting, now)

    def ends(self, turn: int, now: float, *, goodbye: bool = False, failed: bool = False) -> None:
        """The turn is over. Somebody who asked is never left without a word."""
        if turn != self._thinking:
            return
        self._thinking = None
        self._stage.timers.clear(Timer.FILLER)
        if self._reply is not None and self._stage.floor.holds(self._reply):
            self._stage.floor.complete(self._reply, now)
        phrases = self._stage.phrases
        if failed:
            self._stage.floor.say(Source.NOTICE, phrases.no_model, now)
        elif not self.spoke and not goodbye:
            self._stage.floor.say(Source.NOTICE, phrases.no_answer, now)
        self._reply, self.goodbye = None, goodbye

    def overtaken(self, now: float) -> None:
        """Something more was said. An answer of which nothing has been heard yet is taken back for one to all of it."""
        self.unanswered = True
        if self.busy and (self._reply is None or self._reply is not self._stage.floor.current):
            self.cut(now)

    def whispered(self) -> None:
        """The model was told something: an answer that has not begun is to take it into account."""
        if self.busy and self._reply is None:
            self.stop()

    def left_alone(self, now: float) -> None:
        """Nobody is there any more: what was being answered is to be answered when somebody is."""
        current = self._stage.floor.current
        unheard = self.busy or (current is not None and current.source is Source.MODEL)
        self.unanswered = self.unanswered or unheard
        self.cut(now)

    def stop(self) -> None:
        """The answer that is being made is not wanted; where it had not begun, the question stays open."""
        if self._thinking is not None:
            self._thinking = None
            self.unanswered = self.unanswered or not self.spoke
            self._stage.timers.clear(Timer.FILLER)
            self._stage.act(StopThinking())

    def cut(self, now: float, *, everything: bool = False) -> None:
        """Silence: the model, the voice, the avatar, and what the machine wanted to say next (or `everything`)."""
        self.stop()
        self._reply, self.goodbye = None, False
        self._stage.floor.cut(now, keep_human=not everything)
