"""Who speaks through the avatar (the model or a teammate), and whether it speaks at all. Rules without I/O."""

from __future__ import annotations

from agent.live.actions import SetMode
from agent.live.answering import Answering
from agent.live.records import LiveState
from agent.live.stage import Stage
from agent.live.timers import Timer


class Modes:
    """One session's modes. `taken_by`: the operator who speaks through it; `muted`: nothing is said or answered."""

    def __init__(
        self, stage: Stage, answering: Answering, *, taken_by: str | None, muted: bool, has_voice: bool
    ) -> None:
        self._stage = stage
        self._answering = answering
        self._has_voice = has_voice
        self.taken_by = taken_by
        self.muted = muted
        self._speaks()

    @property
    def state(self) -> LiveState:
        """As the row says it."""
        return LiveState.LIVE if self.taken_by is None else LiveState.HUMAN_TAKEOVER

    @property
    def answers(self) -> bool:
        """Whether the model may answer."""
        return self.taken_by is None and not self.muted

    def take_over(self, actor: str | None, now: float) -> bool:
        """An operator speaks from now on, or (None) the model again. False when that is so already."""
        if actor == self.taken_by:
            return False
        self.taken_by = actor
        if actor is not None:
            self.muted = False
            self._silence_machine(now)
        self._stage.notice("speaker", "handed_back" if actor is None else "taken_over")
        self._changed()
        return True

    def mute(self, muted: bool, now: float) -> bool:
        """The avatar is silent from now on, or no longer. False when that is so already."""
        if muted == self.muted:
            return False
        self.muted = muted
        if muted:
            self._answering.cut(now)
        self._changed()
        return True

    def tell(self) -> None:
        """Tell a new page what is not as usual."""
        if not self._has_voice:
            self._stage.notice("voice_down")
        if self.muted:
            self._stage.notice("muted")

    def voice_fails(self, again_at: float | None) -> None:
        """Nothing can be said aloud before then (None: any more)."""
        if self._has_voice:
            self._stage.notice("voice_down")
        self._has_voice = False
        self._speaks()
        self._stage.timers.set(Timer.VOICE, again_at)

    def try_voice(self) -> None:
        """What is said next may be said aloud."""
        self._stage.floor.speaks = not self.muted

    def voice_works(self) -> None:
        """There was sound."""
        if not self._has_voice:
            self._has_voice = True
            self._stage.notice_over("voice_down")

    def _silence_machine(self, now: float) -> None:
        """The model and what it says; what a person says goes on."""
        if self._stage.floor.human_speaks:
            self._answering.stop()
        else:
            self._answering.cut(now)

    def _changed(self) -> None:
        self._speaks()
        self._stage.act(SetMode(self.state, self.taken_by, self.muted))
        if self.muted:
            self._stage.notice("muted")
        else:
            self._stage.notice_over("muted")

    def _speaks(self) -> None:
        self._stage.floor.speaks = self._has_voice and not self.muted
