"""Who speaks through the avatar: what is said, what of it was heard, and the line that is left of it. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent.live.actions import Action, Begin, Complete, Done, Note, Show, Silence
from agent.live.actions import Voice as VoicePiece
from agent.live.barge_in import NEVER, Speech
from agent.live.fragments import Fragmenter
from agent.live.ports import NewLine
from agent.live.records import LineState, LiveCommand, Manner, Speaker
from agent.live.timers import Timer, Timers
from agent.live.transcript import Transcript
from agent.live.utterance import Lines, Part, Source, Utterance, Verdict
from heygen.live import Outcome, Spoken

# From the first sound handed over to the first sound heard, where no event tells.
PRESUMED_DELAY = 1.0
SETTLE_SECONDS = 1.0

REACTIONS = {
    LineState.SAID: "white_check_mark",
    LineState.INTERRUPTED: "scissors",
    LineState.LOST: "warning",
    LineState.SILENT: "mute",
}


def pieces_of(text: str) -> list[str]:
    """A whole text in the pieces in which it is said."""
    fragmenter = Fragmenter()
    return [fragment.text for fragment in [*fragmenter.push(text, 0.0), *fragmenter.finish()]]


class Floor:
    """One session's utterances. What follows of anything goes to `act`.

    `speaks`: what is said gets a voice; otherwise it is only shown.
    """

    def __init__(
        self,
        act: Callable[[Action], None],
        timers: Timers,
        transcript: Transcript,
        new_id: Callable[[str], str],
    ) -> None:
        self._act = act
        self._timers = timers
        self._transcript = transcript
        self._new_id = new_id
        self._lines = Lines()
        self._cut: list[Utterance] = []
        self.speaks = True

    # What goes on

    @property
    def current(self) -> Utterance | None:
        """What is being said."""
        return self._lines.current

    @property
    def idle(self) -> bool:
        """Whether nothing is said, nothing waits, and it is known of everything how much was heard."""
        return not self._lines.everything and not self._cut

    @property
    def human_speaks(self) -> bool:
        """Whether a person's line is said or waits."""
        return self._lines.human_speaks

    def holds(self, utterance: Utterance) -> bool:
        """Whether this is being said or waits to be."""
        return utterance in self._lines.everything

    def speech(self) -> Speech | None:
        """What is heard at the moment."""
        current = self._lines.current
        since = current.since() if current is not None else None
        if current is None or since is None:
            return None
        return Speech(since, since + current.seconds if current.voiced else NEVER, current.text)

    # What is to be said

    def say(
        self,
        source: Source,
        text: str,
        now: float,
        *,
        turn: int | None = None,
        actor: str | None = None,
        command: LiveCommand | None = None,
        complete: bool = True,
    ) -> Utterance | None:
        """Have a text said when its turn has come; None when nobody will say it."""
        if self._lines.judge(source) is Verdict.INTERRUPTS:
            self.cut(now)
        utterance = Utterance(self._new_id("line"), source, turn, actor, command, complete=complete)
        for piece in pieces_of(text):
            utterance.add(piece)
        if not utterance.text or self._lines.add(utterance) is Verdict.DROPPED:
            self._answer(utterance, LineState.LOST)
            return None
        return utterance

    def add(self, utterance: Utterance, piece: str, now: float) -> None:
        """Another piece of a text that is not complete."""
        utterance.add(piece)
        if utterance is not self.current:
            return
        if self._voices(utterance):
            self._act(VoicePiece(piece))
        else:
            self._caption(utterance, utterance.text)

    def complete(self, utterance: Utterance, now: float) -> None:
        """An utterance has no more text."""
        utterance.complete = True
        if utterance is not self.current:
            return
        if self._voices(utterance):
            self._act(Complete())
        else:
            self._may_be_over(utterance, now)

    def advance(self, now: float) -> None:
        """Begin what comes next, unless something is said or still to be settled."""
        while not self._cut and (utterance := self._lines.begin()) is not None:
            utterance.begun_at = now
            utterance.silent = not self.speaks
            self._transcript.begin(utterance.id)
            if utterance.silent:
                self._caption(utterance, utterance.text)
                self._may_be_over(utterance, now)
            else:
                self._give_voice(utterance)

    def _give_voice(self, utterance: Utterance) -> None:
        self._act(Begin(utterance))
        for piece in utterance.pieces:
            self._act(VoicePiece(piece))
        if utterance.complete:
            self._act(Complete())

    def _voices(self, utterance: Utterance) -> bool:
        return not utterance.silent

    # What silences it

    def cut(self, now: float, *, keep_human: bool = False) -> None:
        """Stop what is said and forget what waits, but for people's waiting lines with `keep_human`."""
        current = self._lines.current
        for utterance in self._lines.clear(keep_human=keep_human):
            if utterance is not current:
                self._answer(utterance, LineState.LOST)
        if current is None:
            return
        if self._voices(current):
            self._act(Silence())
        self._timers.clear(Timer.HEARD, Timer.CAPTION)
        if current.sounds:
            self._cut.append(current)
            self._timers.set(Timer.SETTLE, now + SETTLE_SECONDS)
        else:
            self._end(current, LineState.INTERRUPTED, now)

    def settle(self, now: float) -> None:
        """Nobody told how much of what was silenced was heard: take it as known."""
        self._timers.clear(Timer.SETTLE)
        cut, self._cut = self._cut, []
        for utterance in cut:
            self._end(utterance, LineState.INTERRUPTED, now)

    # What the voice tells

    def part_begins(self, utterance: Utterance, part_id: str) -> None:
        """A stretch of its sound begins, by this id."""
        utterance.begin_part(part_id)

    def sound(self, utterance: Utterance, seconds: float, now: float) -> None:
        """So much more of its sound was handed over."""
        utterance.add_sound(seconds)
        if utterance is self.current and utterance.parts[-1].since is None and not self._timers.runs(Timer.HEARD):
            self._timers.set(Timer.HEARD, now + PRESUMED_DELAY)

    def piece_ends(self, utterance: Utterance, now: float) -> None:
        """The sound of its oldest piece that had not ended was handed over."""
        utterance.end_span()
        if utterance is self.current:
            self.show_heard(now)

    def voiced(self, utterance: Utterance, now: float) -> None:
        """All its sound was handed over."""
        utterance.voiced = True
        self._may_be_over(utterance, now)

    def voice_fails(self, utterance: Utterance, now: float) -> None:
        """No more sound will come of it: what is left of its text is only shown."""
        utterance.silent = utterance.voiced = True
        if utterance is self.current:
            self._caption(utterance, utterance.text)
            self._may_be_over(utterance, now)

    # What the avatar tells

    def speaking(self, part_id: str, now: float) -> None:
        """A part begins to be heard."""
        found = self._find(part_id)
        if found is not None and found[1].since is None:
            found[1].since = now
            self._timers.clear(Timer.HEARD)
            self.show_heard(now)

    def presume_heard(self, now: float) -> None:
        """No event said so, but by now what was handed over is heard."""
        part = self.current.parts[-1] if self.current is not None and self.current.parts else None
        if part is not None:
            self.speaking(part.id, now)

    def spoken(self, spoken: Spoken, now: float) -> None:
        """A part is over."""
        found = self._find(spoken.utterance_id)
        if found is None:
            return
        utterance, part = found
        utterance.end_part(part, spoken.heard_seconds)
        if utterance in self._cut:
            self._settled(utterance, now)
        elif spoken.outcome in (Outcome.INTERRUPTED, Outcome.LOST):
            lost = spoken.outcome is Outcome.LOST
            self._break_off(utterance, LineState.LOST if lost else LineState.INTERRUPTED, now)
        else:
            self._may_be_over(utterance, now)

    def _find(self, part_id: str) -> tuple[Utterance, Part] | None:
        current = [self.current] if self.current is not None else []
        for utterance in [*current, *self._cut]:
            if (part := utterance.part(part_id)) is not None:
                return utterance, part
        return None

    def _settled(self, utterance: Utterance, now: float) -> None:
        if utterance.sounds:
            return
        self._cut.remove(utterance)
        if not self._cut:
            self._timers.clear(Timer.SETTLE)
        self._end(utterance, LineState.INTERRUPTED, now)

    def _break_off(self, utterance: Utterance, state: LineState, now: float) -> None:
        """It was ended by others than us."""
        self._lines.finish()
        self._act(Silence())
        self._timers.clear(Timer.HEARD, Timer.CAPTION)
        self._end(utterance, state, now)

    def _may_be_over(self, utterance: Utterance, now: float) -> None:
        done = utterance.voiced or utterance.silent
        if utterance is not self.current or not utterance.complete or not done or utterance.sounds:
            return
        self._lines.finish()
        self._timers.clear(Timer.HEARD, Timer.CAPTION)
        without = utterance.silent or not utterance.seconds
        self._end(utterance, LineState.SILENT if without else LineState.SAID, now)

    # What is left of it

    def show_heard(self, now: float) -> None:
        """Have the page show as much of the text as is being heard."""
        current = self.current
        if current is None or current.silent:
            return
        text = current.text_at(now)
        if text and text != current.shown:
            self._caption(current, text)
        self._timers.set(Timer.CAPTION, current.next_text_at(now))

    def _end(self, utterance: Utterance, state: LineState, now: float) -> None:
        whole = state in (LineState.SAID, LineState.SILENT)
        text = utterance.text if whole else utterance.heard_text()
        if text or utterance.shown:
            self._caption(utterance, text, final=True, interrupted=not whole)
        for line in self._written(utterance, text, state):
            self._act(Note(line))
        self._answer(utterance, state)

    def _written(self, utterance: Utterance, text: str, state: LineState) -> Sequence[NewLine]:
        """The lines that are final now. Where the voice failed in between, what was heard and the rest are two."""
        heard = utterance.heard_text() if state is LineState.SILENT else ""
        rest = text.removeprefix(heard).strip()
        if utterance.source is Source.FILLER or not text:
            return self._transcript.end(utterance.id, None)
        if not heard:
            return self._transcript.end(utterance.id, _line(utterance, text, state))
        lines = self._transcript.end(utterance.id, _line(utterance, heard, LineState.SAID))
        return [*lines, *(self._transcript.add(f"{utterance.id}-rest", _line(utterance, rest, state)) if rest else [])]

    def _caption(self, utterance: Utterance, text: str, *, final: bool = False, interrupted: bool = False) -> None:
        utterance.shown = text
        who = "teammate" if utterance.source.human else "avatar"
        self._act(Show(caption(utterance.id, who, text, final=final, interrupted=interrupted)))

    def _answer(self, utterance: Utterance, state: LineState) -> None:
        """Tell in the thread what became of somebody's words."""
        if utterance.command is not None:
            self._act(Done(utterance.command, REACTIONS[state]))


def caption(
    caption_id: str, who: str, text: str, *, final: bool, interrupted: bool = False
) -> dict[str, str | bool | None]:
    """Words for the page; final ones without text take back what was shown."""
    return {
        "type": "caption",
        "id": caption_id,
        "who": who,
        "name": None,
        "text": text,
        "final": final,
        "interrupted": interrupted,
    }


def _line(utterance: Utterance, text: str, state: LineState) -> NewLine:
    speaker = Speaker.TEAMMATE if utterance.source.human else Speaker.AVATAR
    manner = {Source.OPERATOR: Manner.THREAD, Source.MODEL: Manner.VOICE}.get(utterance.source, Manner.OURS)
    if utterance.command is not None and text == utterance.text:
        text = utterance.command.text  # as it stands in the thread
    return NewLine(at=utterance.begun_at, speaker=speaker, manner=manner, text=text, state=state, actor=utterance.actor)
