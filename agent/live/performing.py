"""Does what the rules of a session say, and tells them what happens: avatar, voice, ears, model, page and clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import assert_never

import structlog

from agent.errors import ModelError
from agent.live.actions import (
    Action,
    Begin,
    Complete,
    Done,
    Finish,
    Listen,
    Note,
    SetMode,
    Show,
    Silence,
    StopThinking,
    Think,
    Voice,
)
from agent.live.brain import Scene
from agent.live.conduct import Conduct
from agent.live.ears import Heard, SpeechEnded, SpeechStarted
from agent.live.latency import BEGINS_WITH, TurnMarks
from agent.live.mouth import Mouth
from agent.live.parts import LiveParts
from agent.live.recollection import Recollection
from agent.live.scribe import Scribe
from agent.live.tenure import Tenure
from agent.live.utterance import Utterance
from agent.records import Json
from heygen.live import LiveConnection, SessionUnavailable, Trouble, Unknown, Unreadable

log = structlog.get_logger(__name__)


class Performer:
    """One session's connection between its rules and the world. `show` is the page, `finish` takes the end."""

    def __init__(
        self,
        parts: LiveParts,
        tenure: Tenure,
        conduct: Conduct,
        live: LiveConnection,
        scribe: Scribe,
        recollection: Recollection,
        *,
        show: Callable[[Json], None],
        finish: Callable[[Finish], None],
    ) -> None:
        self._parts = parts
        self._tenure = tenure
        self._live = live
        self._scribe = scribe
        self._show = show
        self._finish = finish
        self._mouth = Mouth(parts.voice, live, self, parts.clock) if parts.voice is not None else None
        self._thinking: asyncio.Task[None] | None = None
        self._kick = asyncio.Event()
        self._wakes_at: float | None = None
        self._sound_of_turn = 0.0
        self._entered = self._closed = False
        self.conduct = conduct
        self.recollection = recollection
        self.marks = TurnMarks(tenure.session_id, partial(parts.observe, tenure.session_id))

    def now(self) -> float:
        """Seconds of the session's clock."""
        return self._parts.clock.now()

    # -- doing -------------------------------------------------------------------------------------------------

    def do(self, actions: Sequence[Action]) -> None:
        """Do it, in order."""
        if self._closed:
            return
        for action in actions:
            self._do(action)
        due = self.conduct.next_due
        if due is not None and (self._wakes_at is None or due < self._wakes_at):
            self._kick.set()

    def _do(self, action: Action) -> None:
        match action:
            case Show(message):
                self._show(message)
            case Begin() | Voice() | Complete() | Silence() | Listen():
                self._speak(action)
            case Think() | StopThinking():
                self._think(action)
            case Note(line):
                self._scribe.note(line)
            case SetMode(state, taken_by, muted):
                self._scribe.set_mode(state, taken_by, muted)
            case Done(command, reaction):
                self._scribe.done(command, reaction)
            case Finish():
                self._finish(action)
            case _:
                assert_never(action)

    def _speak(self, action: Begin | Voice | Complete | Silence | Listen) -> None:
        match action:
            case Listen(on):
                self._live.listen(on)
            case Silence():
                if self._mouth is not None:
                    self._mouth.stop()
                self._live.interrupt()
            case _ if self._mouth is None:
                pass  # the rules know of no voice, so this does not happen
            case Begin(utterance):
                self._sound_of_turn = 0.0
                self._mouth.begin(utterance)
            case Voice(text):
                self._mouth.add(text)
            case Complete():
                self._mouth.complete()

    def _think(self, action: Think | StopThinking) -> None:
        if self._thinking is not None:
            self._thinking.cancel()
            self._thinking = None
        if isinstance(action, Think):
            self.marks.committed(action.turn, self.now())
            scene = self.recollection.scene(self._tenure.lease, action.remarks)
            self._thinking = asyncio.create_task(self._answer(action.turn, scene), name="live-model")

    async def _answer(self, turn: int, scene: Scene) -> None:
        try:
            goodbye = await self._parts.brain.answer(scene, turn, _Turn(self, turn))
        except ModelError as error:
            log.warning("live_turn_failed", session=self._tenure.session_id, code=error.code, status=error.status)
            self.do(self.conduct.not_answered(turn, self.now()))
        except Exception as error:
            log.exception("live_turn_failed", session=self._tenure.session_id, error=type(error).__name__)
            self.do(self.conduct.not_answered(turn, self.now()))
        else:
            self.do(self.conduct.answered(turn, goodbye, self.now()))
        self.recollection.want()

    def wrote(self) -> None:
        """The person is about to have written something."""
        self.marks.typed()
        self.recollection.want()

    # -- what goes on while it runs ----------------------------------------------------------------------------

    async def converse(self) -> None:
        """Have the websocket, from its opening to its end."""
        try:
            async with self._live as live:
                self._entered = True
                async for happening in live:
                    if isinstance(happening, Trouble | Unknown | Unreadable):
                        log.info("avatar_said", session=self._tenure.session_id, what=type(happening).__name__)
                    self.do(self.conduct.happened(happening, self.now()))
                log.info("avatar_gone", session=self._tenure.session_id, ended=str(live.ended))
        except SessionUnavailable as error:
            log.warning("avatar_not_reached", session=self._tenure.session_id, ended=str(error.ended))
        self.do(self.conduct.disconnected(self.now()))

    async def keep_time(self) -> None:
        """Let the rules do what only time brings."""
        while True:
            self._kick.clear()
            self._wakes_at = self.conduct.next_due
            if self._wakes_at is None or not await self._kicked_before(self._wakes_at):
                self.do(self.conduct.tick(self.now()))
            if self.conduct.next_due is None:
                return

    async def _kicked_before(self, due: float) -> bool:
        kicked = asyncio.ensure_future(self._kick.wait())
        slept = asyncio.ensure_future(self._parts.clock.sleep(due - self.now()))
        try:
            await asyncio.wait({kicked, slept}, return_when=asyncio.FIRST_COMPLETED)
            return not slept.done()
        finally:
            for waiting in (kicked, slept):
                waiting.cancel()
            await asyncio.gather(kicked, slept, return_exceptions=True)

    async def close(self) -> None:
        """No word more: model, voice and websocket are gone when this returns, within a few seconds."""
        self._closed = True
        thinking = self._thinking
        if thinking is not None:
            thinking.cancel()
            await asyncio.wait({thinking})
        if self._mouth is not None:
            await self._mouth.close()
        if self._entered:
            await self._live.close()

    # -- what the voice tells (`mouth.Told`) -------------------------------------------------------------------

    def part_begins(self, utterance: Utterance, part_id: str) -> None:
        """See `mouth.Told`."""
        self.do(self.conduct.part_begins(utterance, part_id, self.now()))

    def voice_byte(self, utterance: Utterance) -> None:
        """See `mouth.Told`."""
        self._mark(utterance, "first_voice_byte")

    def sound(self, utterance: Utterance, seconds: float) -> None:
        """See `mouth.Told`."""
        self._sound_of_turn += seconds
        if self._sound_of_turn >= BEGINS_WITH:
            self._mark(utterance, "first_speak_sent")
        self.do(self.conduct.sound(utterance, seconds, self.now()))

    def piece_ends(self, utterance: Utterance) -> None:
        """See `mouth.Told`."""
        self.do(self.conduct.piece_ends(utterance, self.now()))

    def voiced(self, utterance: Utterance) -> None:
        """See `mouth.Told`."""
        if self._sound_of_turn:
            self._mark(utterance, "first_speak_sent")
        self.do(self.conduct.voiced(utterance, self.now()))

    def voice_fails(self, utterance: Utterance, again_in: float | None) -> None:
        """See `mouth.Told`."""
        self.do(self.conduct.voice_fails(utterance, again_in, self.now()))

    def _mark(self, utterance: Utterance, name: str) -> None:
        if utterance.turn is not None:
            self.marks.mark(utterance.turn, name, self.now())

    # -- what the ears tell (`listener.HeardBy`) ---------------------------------------------------------------

    def heard(self, heard: Heard) -> None:
        """See `listener.HeardBy`."""
        if isinstance(heard, SpeechStarted):
            self.recollection.want()
        elif isinstance(heard, SpeechEnded):
            self.marks.speech_ended(self.now())
        self.do(self.conduct.heard(heard, self.now()))

    def not_heard(self) -> None:
        """See `listener.HeardBy`."""
        self.do(self.conduct.not_heard(self.now()))

    def ears_up(self) -> None:
        """See `listener.HeardBy`."""
        self.do(self.conduct.ears_up(self.now()))

    def ears_down(self) -> None:
        """See `listener.HeardBy`."""
        self.do(self.conduct.ears_down(self.now()))


class _Turn:
    """What one turn of the model tells (`brain.Listener`)."""

    def __init__(self, performer: Performer, turn: int) -> None:
        self._performer = performer
        self._turn = turn

    def fragment(self, text: str) -> None:
        self._performer.do(self._performer.conduct.fragment(self._turn, text, self._performer.now()))

    def tools(self, running: bool) -> None:
        self._performer.do(self._performer.conduct.tools(self._turn, running, self._performer.now()))

    def mark(self, name: str) -> None:
        self._performer.marks.mark(self._turn, name, self._performer.now())
