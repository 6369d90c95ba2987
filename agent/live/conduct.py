"""How a session is held: who may speak, when the model is asked, when it ends. Rules without I/O.

Everything that happens is told to one of the methods, with the time; each returns what is to be done about it, in
order. `next_due` says when `tick` has something to do. Seconds of one clock that does not go backwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.live.actions import Action, Finish, Show
from agent.live.answering import Answering
from agent.live.ears import Heard
from agent.live.floor import Floor, caption
from agent.live.hearing import Hearing
from agent.live.modes import Modes
from agent.live.phrases import Phrases
from agent.live.ports import NewLine
from agent.live.records import CommandKind, LineState, LiveCommand, LiveEnd, LiveLine, LiveState, Manner, Speaker
from agent.live.stage import Bounds, Stage
from agent.live.timers import Timer, Timers
from agent.live.transcript import Transcript
from agent.live.utterance import Source, Utterance
from heygen.live import Happening, Over, Ready, Speaking, Spoken

TOO_LATE = "warning"
PASSED_ON = "eyes"
WHISPERED = "shushing_face"
DEFAULT_BOUNDS = Bounds()
CUT = frozenset({LineState.INTERRUPTED, LineState.LOST})
SHORTEST_FAREWELL = 2.0  # seconds: half a sentence is worse than none
WHO = {Speaker.VISITOR: "you", Speaker.TEAMMATE: "teammate"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a running session is when its rules begin.

    `ends_at`: when it has to end. `hears` and `speaks`: whether there are ears and a voice. `past`: what was said
    before this process had it, so that nobody is greeted twice.
    """

    requester: str
    ends_at: float
    phrases: Phrases
    hears: bool
    speaks: bool
    taken_by: str | None = None
    muted: bool = False
    past: Sequence[LiveLine] = ()
    bounds: Bounds = DEFAULT_BOUNDS


class Conduct:
    """The rules of one session, from its start (or from when this process has it) to its end."""

    def __init__(self, setting: Setting, new_id: Callable[[str], str], now: float) -> None:
        self._setting = setting
        self._bounds = setting.bounds
        self._actions: list[Action] = []
        self._timers, transcript = Timers(), Transcript(setting.past)
        self._floor = Floor(self._actions.append, self._timers, transcript, new_id)
        self._stage = Stage(
            self._actions.append, new_id, self._timers, transcript, self._floor, setting.phrases, setting.bounds
        )
        last = setting.past[-1].speaker if setting.past else None
        self._answering = Answering(self._stage, unanswered=last is Speaker.VISITOR)
        self._modes = Modes(
            self._stage,
            self._answering,
            taken_by=setting.taken_by,
            muted=setting.muted,
            has_voice=setting.speaks,
        )
        self._hearing = Hearing(self._stage, self._answering, self._said_aloud, hears=setting.hears)
        self._here = self._ready = self._connected = self._over = False
        self._greeted = bool(setting.past)
        self._ending: tuple[LiveEnd, str | None] | None = None
        self._drain_by: float | None = None
        self._timers.set(Timer.WARNING, max(now, setting.ends_at - self._bounds.warning))
        self._timers.set(Timer.MAXIMUM, setting.ends_at)
        self._timers.set(Timer.GONE, now + self._bounds.gone)
        self._active(now)

    @property
    def next_due(self) -> float | None:
        """When `tick` has something to do; None when it is over."""
        return None if self._over else self._timers.next_due

    # -- the page ----------------------------------------------------------------------------------------------

    def viewer_here(self, now: float) -> list[Action]:
        """Somebody's page is connected; one that was loaded again is shown what was said."""
        self._here, self._ready = True, False
        self._timers.clear(Timer.ALONE, Timer.GONE)
        self._timers.set(Timer.GREETING, now + self._bounds.greeting if self._connected else None)
        self._show_state(now)
        self._modes.tell()
        self._hearing.tell()
        for remark in self._stage.transcript.remarks:
            if remark.caption is not None:
                who, cut = WHO.get(remark.speaker, "avatar"), remark.state in CUT
                self._stage.act(Show(caption(remark.caption, who, remark.text, final=True, interrupted=cut)))
        return self._acted(now)

    def viewer_gone(self, now: float) -> list[Action]:
        """Nobody's page is connected: nothing new is said."""
        self._here = self._ready = False
        self._timers.set(Timer.ALONE, now + self._bounds.alone)
        self._timers.set(Timer.GONE, now + self._bounds.gone)
        self._timers.clear(Timer.GREETING, Timer.WORDS, Timer.HOLD)
        return self._acted(now)

    def room_ready(self, now: float) -> list[Action]:
        """The page plays the avatar."""
        self._ready = self._here
        self._timers.clear(Timer.GREETING)
        return self._acted(now)

    def typed(self, text: str, now: float) -> list[Action]:
        """Something was written on the page."""
        if text.strip() and self._ending is None:
            self._written(text.strip(), Manner.PAGE, None, now)
        return self._acted(now)

    def end_pressed(self, now: float) -> list[Action]:
        """The person has pressed End."""
        self._end(LiveEnd.VISITOR, self._setting.requester, now)
        return self._acted(now)

    # -- the avatar --------------------------------------------------------------------------------------------

    def happened(self, happening: Happening, now: float) -> list[Action]:
        """Something on LiveAvatar's websocket."""
        match happening:
            case Ready():
                self._connected = True
                if self._here and not self._ready:
                    self._timers.set(Timer.GREETING, now + self._bounds.greeting)
            case Speaking(utterance_id=part_id):
                self._floor.speaking(part_id, now)
            case Spoken():
                self._floor.spoken(happening, now)
            case Over():
                self._gone_there(now)
            case _:
                pass  # trouble and what nobody knows is for the log
        return self._acted(now)

    def disconnected(self, now: float) -> list[Action]:
        """The websocket to LiveAvatar has ended for good."""
        self._gone_there(now)
        return self._acted(now)

    def _gone_there(self, now: float) -> None:
        if not self._over:
            self._stage.notice("provider")
            self._ending = self._ending or (LiveEnd.PROVIDER, None)
            self._finish(now)

    # -- the voice ---------------------------------------------------------------------------------------------

    def part_begins(self, utterance: Utterance, part_id: str, now: float) -> list[Action]:
        """A stretch of an utterance's sound begins."""
        self._floor.part_begins(utterance, part_id)
        return self._acted(now)

    def sound(self, utterance: Utterance, seconds: float, now: float) -> list[Action]:
        """So much more of its sound was handed over."""
        self._floor.sound(utterance, seconds, now)
        self._modes.voice_works()
        return self._acted(now)

    def piece_ends(self, utterance: Utterance, now: float) -> list[Action]:
        """A piece of its text has all its sound."""
        self._floor.piece_ends(utterance, now)
        return self._acted(now)

    def voiced(self, utterance: Utterance, now: float) -> list[Action]:
        """All its sound was handed over."""
        self._floor.voiced(utterance, now)
        return self._acted(now)

    def voice_fails(self, utterance: Utterance, again_in: float | None, now: float) -> list[Action]:
        """No more sound comes of it; the voice may be tried again in `again_in` seconds (None: never)."""
        self._modes.voice_fails(None if again_in is None else now + again_in)
        self._floor.voice_fails(utterance, now)
        return self._acted(now)

    # -- the ears ----------------------------------------------------------------------------------------------

    def heard(self, heard: Heard, now: float) -> list[Action]:
        """Something was heard from the person."""
        if self._ending is None:
            self._active(now)
            self._hearing.take(heard, now)
        return self._acted(now)

    def not_heard(self, now: float) -> list[Action]:
        """Something was said and could not be made out."""
        self._hearing.lost()
        return self._acted(now)

    def ears_down(self, now: float) -> list[Action]:
        """Nothing is heard any more; it goes on by text."""
        self._hearing.down()
        return self._acted(now)

    def ears_up(self, now: float) -> list[Action]:
        """There are ears (again)."""
        self._hearing.up()
        return self._acted(now)

    # -- what people say and want ------------------------------------------------------------------------------

    def command(self, command: LiveCommand, now: float) -> list[Action]:
        """Somebody in Slack wants something."""
        if self._ending is not None:
            self._stage.done(command, TOO_LATE if command.text else None)
        elif command.kind in (CommandKind.ASK, CommandKind.SAY, CommandKind.WHISPER):
            self._active(now)
            self._words_for(command, now)
        elif command.kind in (CommandKind.TAKE_OVER, CommandKind.HAND_BACK):
            # Done only once the row says who speaks: until then what is written in the thread is judged by the command.
            self._active(now)
            self._control(command, now)
            self._stage.done(command)
        else:
            self._stage.done(command)
            self._active(now)
            self._control(command, now)
        return self._acted(now)

    def _words_for(self, command: LiveCommand, now: float) -> None:
        match command.kind:
            case CommandKind.ASK:
                self._written(command.text, Manner.THREAD, command.actor, now)
                self._stage.done(command, PASSED_ON)
            case CommandKind.WHISPER:
                self._stage.transcript.whisper(command.text)
                self._answering.whispered()
                self._stage.done(command, WHISPERED)
            case _:
                self._answering.stop()
                self._answering.unanswered = False  # a person answers
                self._floor.say(Source.OPERATOR, command.text, now, actor=command.actor, command=command)

    def _control(self, command: LiveCommand, now: float) -> None:
        match command.kind:
            case CommandKind.TAKE_OVER | CommandKind.HAND_BACK:
                taking = command.kind is CommandKind.TAKE_OVER
                if self._modes.take_over(command.actor if taking else None, now):
                    self._show_state(now)
            case CommandKind.MUTE | CommandKind.UNMUTE:
                if self._modes.mute(command.kind is CommandKind.MUTE, now):
                    self._show_state(now)
            case CommandKind.HAND_OVER:
                self._end(LiveEnd.HANDED_OVER, command.actor, now)
            case _:
                own = command.actor == self._setting.requester
                self._end(LiveEnd.VISITOR if own else LiveEnd.OPERATOR, command.actor, now)

    def _written(self, text: str, manner: Manner, actor: str | None, now: float) -> None:
        """The visitor wrote: that interrupts the machine, not a person."""
        if not self._floor.human_speaks and not self._hearing.introducing:
            self._answering.cut(now)
        self._visitor_said(text, manner, actor, now, self._stage.new_id("said"))

    def _said_aloud(self, text: str, caption_id: str, now: float) -> None:
        self._visitor_said(text, Manner.VOICE, None, now, caption_id)

    def _visitor_said(self, text: str, manner: Manner, actor: str | None, now: float, caption_id: str) -> None:
        self._active(now)
        self._stage.act(Show(caption(caption_id, "you", text, final=True)))
        line = NewLine(at=now, speaker=Speaker.VISITOR, manner=manner, text=text, actor=actor)
        self._stage.note(self._stage.transcript.add(caption_id, line))
        self._answering.overtaken(now)

    # -- the model ---------------------------------------------------------------------------------------------

    def fragment(self, turn: int, text: str, now: float) -> list[Action]:
        """The model wants this said."""
        self._answering.fragment(turn, text, now)
        return self._acted(now)

    def tools(self, turn: int, running: bool, now: float) -> list[Action]:
        """The model's tools are running, or no longer."""
        self._answering.tools(turn, running, now)
        return self._acted(now)

    def answered(self, turn: int, goodbye: bool, now: float) -> list[Action]:
        """The model's turn is over; `goodbye`: it wants to end the session."""
        self._answering.ends(turn, now, goodbye=goodbye)
        return self._acted(now)

    def not_answered(self, turn: int, now: float) -> list[Action]:
        """The model has failed."""
        self._answering.ends(turn, now, failed=True)
        return self._acted(now)

    # -- time --------------------------------------------------------------------------------------------------

    def drain(self, by: float, now: float) -> list[Action]:
        """The process stops: the session has to be over by then. Where there is no time for a word, there is none."""
        if self._ending is None:
            self._drain_by = by
            self._timers.set(Timer.DRAIN, max(now, by - self._bounds.farewell))
        return self.tick(now)

    def tick(self, now: float) -> list[Action]:
        """Do what only time brings."""
        for timer in self._timers.pop_due(now):
            if not self._over:
                self._rings(timer, now)
        return self._acted(now)

    def _rings(self, timer: Timer, now: float) -> None:
        match timer:
            case Timer.WARNING:
                self._stage.notice("ending_soon")
                self._floor.say(Source.NOTICE, self._stage.phrases.warning, now)
            case Timer.IDLE:
                self._ask_whether_here(now)
            case Timer.FAREWELL:
                self._answering.cut(now, everything=True)
            case Timer.NO_ANSWER | Timer.GONE | Timer.MAXIMUM | Timer.DRAIN:
                self._end(_ENDS[timer], None, now)
            case _:
                self._rings_on_stage(timer, now)

    def _rings_on_stage(self, timer: Timer, now: float) -> None:
        match timer:
            case Timer.GREETING:
                self._ready = self._here
            case Timer.ALONE:
                self._answering.left_alone(now)
            case Timer.BARGE_IN:
                self._hearing.lasts(now)
            case Timer.FILLER:
                self._answering.takes_long(now)
            case Timer.HEARD:
                self._floor.presume_heard(now)
            case Timer.SETTLE:
                self._floor.settle(now)
            case Timer.CAPTION:
                self._floor.show_heard(now)
            case Timer.VOICE:
                self._modes.try_voice()
            case _:
                pass  # of the others it only counts that they do not run any more

    def _active(self, now: float) -> None:
        """Somebody spoke or wrote."""
        self._timers.clear(Timer.NO_ANSWER)
        self._timers.set(Timer.IDLE, now + self._bounds.idle)

    def _ask_whether_here(self, now: float) -> None:
        if not self._floor.idle or self._answering.busy or not self._here:
            self._timers.set(Timer.IDLE, now + self._bounds.again)
            return
        self._floor.say(Source.NOTICE, self._stage.phrases.idle, now)
        self._timers.set(Timer.NO_ANSWER, now + self._bounds.no_answer)

    # -- the end -----------------------------------------------------------------------------------------------

    def _end(self, end: LiveEnd, by: str | None, now: float, *, leave_taken: bool = False) -> None:
        """It ends: with a word where there is one left to say and somebody to hear it."""
        if self._ending is not None:
            return
        self._ending = (end, by)
        self._answering.cut(now, everything=True)
        self._timers.clear(*(timer for timer in Timer if timer is not Timer.SETTLE))
        until = min(now + self._bounds.farewell, self._drain_by or math.inf)
        self._timers.set(Timer.FAREWELL, until)
        self._show_state(now)
        words = self._stage.phrases.farewells.get(end)
        if words is not None and self._audience and not leave_taken and until - now >= SHORTEST_FAREWELL:
            self._floor.say(Source.FAREWELL, words, now)

    def _finish(self, now: float) -> None:
        if self._over or self._ending is None:
            return
        self._answering.cut(now, everything=True)
        self._floor.settle(now)
        self._over = True
        self._stage.act(Finish(*self._ending))

    # -- what follows ------------------------------------------------------------------------------------------

    def _acted(self, now: float) -> list[Action]:
        """What is to be done, after everything that follows from the new state of things."""
        if not self._over:
            self._follow(now)
        actions = self._actions[:]
        self._actions.clear()
        return actions

    def _follow(self, now: float) -> None:
        if self._answering.goodbye and self._floor.idle and self._ending is None:
            self._end(LiveEnd.GOODBYE, None, now, leave_taken=self._answering.spoke)
        if self._ending is not None:
            self._floor.advance(now)
            if self._floor.idle:
                self._finish(now)
            return
        if self._audience:
            self._go_on(now)
        self._hearing.follow(now)

    @property
    def _audience(self) -> bool:
        """Whether what is said now will be heard."""
        return self._connected and self._here and self._ready

    def _go_on(self, now: float) -> None:
        if not self._greeted:
            self._greeted = True
            self._floor.say(Source.GREETING, self._stage.phrases.greeting, now)
        if not self._hearing.quiet:
            return
        self._floor.advance(now)
        free = self._floor.idle and not self._answering.busy
        if self._answering.unanswered and free and self._modes.answers:
            self._answering.begin()

    def _show_state(self, now: float) -> None:
        ending = self._ending
        state = {
            "type": "state",
            "state": (self._modes.state if ending is None else LiveState.CLOSING).value,
            "reason": None if ending is None else ending[0].value,
            "remaining_seconds": max(0, int(self._setting.ends_at - now)),
            "muted": self._modes.muted,
        }
        self._stage.act(Show(state))


_ENDS = {
    Timer.NO_ANSWER: LiveEnd.IDLE,
    Timer.GONE: LiveEnd.LEFT,
    Timer.MAXIMUM: LiveEnd.MAXIMUM,
    Timer.DRAIN: LiveEnd.DRAINED,
}
