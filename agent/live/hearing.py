"""What is made of what a person says aloud: an interruption, something said, or nothing. Rules without I/O."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from agent.live.actions import Listen, Show
from agent.live.answering import Answering
from agent.live.barge_in import BargeIn, Verdict
from agent.live.ears import Final, Heard, Partial, SpeechEnded, SpeechPaused, SpeechResumed, SpeechStarted
from agent.live.floor import caption
from agent.live.stage import Stage
from agent.live.timers import Timer
from agent.live.utterance import Source

Said = Callable[[str, str, float], None]


class Hearing:
    """One person's speech. `said` takes what they said: the words, the caption's id, and when."""

    def __init__(self, stage: Stage, answering: Answering, said: Said, *, hears: bool) -> None:
        self._stage = stage
        self._answering = answering
        self._said = said
        self._hears = hears
        self._barge_in = BargeIn()
        self._captions: dict[int, str] = {}

    @property
    def quiet(self) -> bool:
        """Whether nobody is speaking whom the avatar had to wait for."""
        return not self._stage.timers.runs(Timer.HOLD) and not self._stage.timers.runs(Timer.WORDS)

    @property
    def introducing(self) -> bool:
        """Whether the greeting goes on: nobody shall be spoken to by an AI that has not said that it is one."""
        current = self._stage.floor.current
        return current is not None and current.source is Source.GREETING

    def take(self, heard: Heard, now: float) -> None:
        """Something was heard."""
        match heard:
            case SpeechStarted(ago=ago):
                self._starts(now, ago)
            case SpeechPaused(ago=ago):
                self._barge_in.pause(now, ago)
            case SpeechResumed():
                self._barge_in.resume(now)
            case SpeechEnded():
                self._ends(now)
            case Partial(text, number):
                self._partial(text, number, now)
            case Final(text, number):
                self._final(text, number, now)
            case _:
                assert_never(heard)

    def tell(self) -> None:
        """Tell a new page what is not as usual."""
        if not self._hears:
            self._stage.notice("ears_down")

    def lost(self) -> None:
        """Something was said and could not be made out."""
        self._stage.timers.clear(Timer.WORDS)
        self._stage.notice("not_heard")

    def down(self) -> None:
        """Nothing is heard any more; it goes on by text."""
        if self._hears:
            self._stage.notice("ears_down")
        self._hears = False
        self._stage.timers.clear(Timer.WORDS, Timer.HOLD)
        self._barge_in.silence(self._stage.floor.speech())

    def up(self) -> None:
        """There are ears (again), which count utterances anew."""
        if not self._hears:
            self._stage.notice_over("ears_down")
        self._hears = True
        self._captions.clear()

    def lasts(self, now: float) -> None:
        """Sound goes on over the avatar."""
        if self._barge_in.tick(self._stage.floor.speech(), now) is Verdict.INTERRUPT:
            self._answering.cut(now)

    def follow(self, now: float) -> None:
        """The avatar may have begun or ended to speak."""
        speech = self._stage.floor.speech()
        if speech is None:
            self._barge_in.over(now)
        self._stage.timers.set(Timer.BARGE_IN, self._barge_in.due(speech))

    def _starts(self, now: float, ago: float) -> None:
        self._barge_in.sound(self._stage.floor.speech(), now, ago)
        self._stage.timers.clear(Timer.WORDS)
        self._stage.timers.set(Timer.HOLD, now + self._stage.bounds.hold)
        self._listen(True)

    def _ends(self, now: float) -> None:
        self._barge_in.silence(self._stage.floor.speech())
        self._stage.timers.clear(Timer.HOLD)
        self._stage.timers.set(Timer.WORDS, now + self._stage.bounds.words)
        self._listen(False)

    def _listen(self, on: bool) -> None:
        self._stage.act(Show({"type": "listening", "on": on}))
        if self._stage.floor.current is None:
            self._stage.act(Listen(on))

    def _partial(self, text: str, number: int, now: float) -> None:
        verdict = self._barge_in.partial(text, self._stage.floor.speech(), now)
        if verdict is Verdict.INTERRUPT:
            self._answering.cut(now)
        if verdict is not Verdict.IGNORE:
            self._stage.act(Show(caption(self._caption_of(number), "you", text, final=False)))

    def _final(self, text: str, number: int, now: float) -> None:
        self._stage.timers.clear(Timer.WORDS)
        shown = number in self._captions
        caption_id = self._caption_of(number)
        del self._captions[number]
        speech = self._stage.floor.speech()
        verdict = self._barge_in.final(text, speech, now)
        if verdict is Verdict.IGNORE:
            if shown:
                self._stage.act(Show(caption(caption_id, "you", "", final=True)))
            return
        # What has been handed over and is not heard yet is stopped too: it is no answer to this.
        unheard = speech is None and self._stage.floor.current is not None and not self.introducing
        if verdict is Verdict.INTERRUPT or unheard:
            self._answering.cut(now)
        self._said(text, caption_id, now)

    def _caption_of(self, number: int) -> str:
        return self._captions.setdefault(number, self._stage.new_id("said"))
