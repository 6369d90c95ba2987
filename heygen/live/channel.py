"""A session's websocket without the websocket: commands and frames in, frames and happenings out. No I/O, no clock.

LiveAvatar knows one utterance at a time: `agent.speak` frames append sound under one event id, `agent.speak_end`
closes it (without it the avatar never stops talking), `agent.interrupt` drops what it holds. It silently drops what
is sent before `connected`. So the channel keeps everything until then, paces what it sends (what has been sent
cannot be called back but by an interrupt), and drops, from an interrupt on, every sound of what was interrupted.

Times are in seconds of whichever clock the caller reads; it must not go backwards.
"""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .audio import seconds_of
from .correlation import Correlation
from .events import (
    Acknowledged,
    AnyEvent,
    PoseChanged,
    SessionState,
    SpeechBegan,
    SpeechEnded,
    StateUpdated,
    Trouble,
    Unknown,
    Unreadable,
    read_event,
)
from .playback import Outcome, Speaking, Spoken, Utterance

# Three seconds at once start the speech 0.6 s sooner than one (measured by others); later at the pace of sound.
LEAD_SECONDS = 3.0
QUIET_SECONDS = 0.2  # then a part of a chunk leaves too, or a slow voice starves the picture
KEEP_ALIVE_SECONDS = 60.0  # of the five minutes after which an idle session ends
ROOM_SECONDS = 30.0
UTTERANCE_LIMIT = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Commands are accepted from now on; `again` after a lost connection."""

    again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """LiveAvatar has ended the session; `word` is its state or reason."""

    word: str | None


Happening = Ready | Over | Speaking | Spoken | Trouble | Unknown | Unreadable


class Channel:
    """The state of one session's websocket. Call `next_frame` and `tick` when `next_due` says, and after each call."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._state = SessionState.CONNECTING
        self._was_ready = False
        self._over_word: str | None = None
        self._controls: deque[dict[str, Any]] = deque()
        self._speech = Correlation()
        self._happened: list[Happening] = []
        self._plays_until = 0.0
        self._keep_alive_at = 0.0
        self._maybe_talking = False

    # What it knows

    @property
    def state(self) -> SessionState:
        """CONNECTING until commands are accepted, then CONNECTED, at last OVER."""
        return self._state

    @property
    def over_word(self) -> str | None:
        """The vendor's word for why it is OVER."""
        return self._over_word

    @property
    def speaking(self) -> bool:
        """Whether the avatar is heard, as far as its events tell."""
        return any(utterance.started_at is not None for utterance in self._speech.open)

    @property
    def has_room(self) -> bool:
        """Whether more should be added now: under 30 s of sound and 32 utterances wait."""
        waiting = sum(utterance.waiting_seconds for utterance in self._speech.open)
        return waiting < ROOM_SECONDS and len(self._speech.open) < UTTERANCE_LIMIT

    def is_open(self, utterance_id: str) -> bool:
        """Whether sound added to this utterance would still be heard."""
        found = self._speech.find(utterance_id)
        return found is not None and not found.complete

    # Commands

    def begin(self, now: float) -> str:
        """Begin an utterance behind those that wait, completing one that was left open; returns its id.

        `ValueError` when 32 wait already.
        """
        if len(self._speech.open) >= UTTERANCE_LIMIT:
            raise ValueError("too many utterances wait")
        for utterance in self._speech.open:
            self._complete(utterance)
        utterance = Utterance(self._new_id(), added_at=now)
        if self._state is SessionState.OVER:
            self._happened.append(utterance.ended(Outcome.LOST, now))
        else:
            self._speech.open.append(utterance)
        return utterance.id

    def add(self, utterance_id: str, pcm: bytes, now: float) -> bool:
        """Add sound to an open utterance; False, and dropped, when nobody would hear it any more."""
        utterance = self._speech.find(utterance_id)
        if utterance is None or utterance.complete:
            return False
        utterance.chunks.extend(utterance.framer.add(pcm))
        utterance.added_at = now
        return True

    def complete(self, utterance_id: str) -> None:
        """All sound of this utterance has been added."""
        utterance = self._speech.find(utterance_id)
        if utterance is not None:
            self._complete(utterance)

    def _complete(self, utterance: Utterance) -> None:
        rest = b"" if utterance.complete else utterance.framer.flush()
        if rest:
            utterance.chunks.append(rest)
        utterance.complete = True

    def interrupt(self, now: float) -> None:
        """Silence the avatar and drop everything that waits to be said.

        The command goes out whenever LiveAvatar may hold sound, also before it said that it began to speak: sound
        on its way would come after the silence otherwise.
        """
        audible = self._maybe_talking or any(utterance.sent_any for utterance in self._speech.open)
        self._maybe_talking = False
        self._end_all(Outcome.INTERRUPTED, now)
        if audible and self._state is not SessionState.OVER:
            command = self._control("agent.interrupt")
            self._controls.appendleft(command)
            self._speech.interrupted(command["event_id"])

    def silence(self, now: float) -> None:
        """As `interrupt`, also where nothing of ours was sent: somebody else's sound may be left in the avatar.

        LiveAvatar would add ours to it, as one utterance.
        """
        self._maybe_talking = True
        self.interrupt(now)

    def listen(self, listening: bool) -> bool:
        """Have the avatar look as if it listened, or no longer. False, and nothing sent, while it has to speak."""
        if self._speech.open or self._state is SessionState.OVER:
            return False
        self._drop_poses()
        self._controls.append(self._control("agent.start_listening" if listening else "agent.stop_listening"))
        return True

    def _drop_poses(self) -> None:
        kept = [command for command in self._controls if not command["type"].endswith("_listening")]
        self._controls = deque(kept)

    def _control(self, name: str) -> dict[str, Any]:
        return {"type": name, "event_id": self._new_id()}

    # Frames out

    def next_frame(self, now: float) -> str | None:
        """The frame to send now, if any. Take one at a time, when the one before has left."""
        if self._state is not SessionState.CONNECTED:
            return None
        self.tick(now)
        if self._controls:
            return _render(self._controls.popleft())
        if now >= self._keep_alive_at:
            self._keep_alive_at = now + KEEP_ALIVE_SECONDS
            return _render(self._control("session.keep_alive"))
        return self._next_speech(now)

    def _next_speech(self, now: float) -> str | None:
        utterance = self._sending()
        while utterance is not None:
            if utterance.chunks:
                return self._next_chunk(utterance, now)
            if not utterance.complete:
                return None
            utterance.closed = True
            if utterance.sent_any:
                return _render({"type": "agent.speak_end", "event_id": utterance.id})
            self._end(utterance, Outcome.COMPLETED, now)
            utterance = self._sending()
        return None

    def _sending(self) -> Utterance | None:
        return next((utterance for utterance in self._speech.open if not utterance.closed), None)

    def _next_chunk(self, utterance: Utterance, now: float) -> str | None:
        if now < self._chunk_due(utterance.chunks[0]):
            return None
        chunk = utterance.chunks.popleft()
        utterance.sent(chunk, max(self._plays_until, now))
        self._plays_until = utterance.plays_until
        audio = base64.b64encode(chunk).decode("ascii")
        return _render({"type": "agent.speak", "event_id": utterance.id, "audio": audio})

    def _chunk_due(self, chunk: bytes) -> float:
        return self._plays_until + seconds_of(len(chunk)) - LEAD_SECONDS

    def next_due(self, now: float) -> float | None:
        """When `next_frame` has something to do again, if nothing else happens; None before `connected`."""
        if self._state is not SessionState.CONNECTED:
            return None
        if self._controls:
            return now
        moments = [self._keep_alive_at]
        moments += [utterance.overdue_at for utterance in self._speech.open if utterance.closed]
        utterance = self._sending()
        if utterance is not None:
            moments += self._speech_due(utterance, now)
        return min(moments)

    def _speech_due(self, utterance: Utterance, now: float) -> list[float]:
        if utterance.chunks:
            return [self._chunk_due(utterance.chunks[0])]
        if utterance.complete:
            return [now]
        return [utterance.added_at + QUIET_SECONDS] if _may_flush(utterance) else []

    def tick(self, now: float) -> None:
        """Do what only time brings: let a part of a chunk go, give up waiting for an end."""
        for overdue in [one for one in self._speech.open if one.closed and now >= one.overdue_at]:
            self._maybe_talking = True
            self._end(overdue, Outcome.PRESUMED, now)
        utterance = self._sending()
        if utterance is None or utterance.chunks or not _may_flush(utterance):
            return
        if now >= utterance.added_at + QUIET_SECONDS:
            utterance.chunks.append(utterance.framer.flush())

    # Frames in

    def receive(self, frame: str | bytes, now: float) -> None:
        """Take in a frame, whatever it holds."""
        event = read_event(frame)
        if isinstance(event, Unreadable):
            self._happened.append(event)
        else:
            self._apply(event, now)

    def _apply(self, event: AnyEvent, now: float) -> None:
        match event:
            case StateUpdated():
                self._session(event, now)
            case SpeechBegan():
                self._began(self._speech.begun(event, now), now)
            case SpeechEnded():
                self._ended(self._speech.ended(event, now), event.interrupted, now)
            case PoseChanged(talking=True):
                self._began(self._speech.begun(event, now), now)
            case PoseChanged():
                self._silent(now)
            case Acknowledged():
                pass
            case Trouble() | Unknown():
                self._happened.append(event)

    def _session(self, event: StateUpdated, now: float) -> None:
        match event.state:
            case SessionState.CONNECTED:
                self.connected(now)
            case SessionState.OVER:
                self.shut(now, event.word)
            case SessionState.CONNECTING:
                pass  # it may come late, and must not close the gate again
            case SessionState.UNKNOWN:
                self._happened.append(
                    Unknown(type=event.type, event_id=event.event_id, source_event_id=event.source_event_id)
                )

    def _began(self, utterance: Utterance | None, now: float) -> None:
        if utterance is None or utterance.started_at is not None:
            return
        for before in self._speech.before(utterance):
            self._end(before, Outcome.COMPLETED, now)
        utterance.started_at = now
        self._happened.append(Speaking(utterance_id=utterance.id))

    def _ended(self, utterance: Utterance | None, interrupted: bool, now: float) -> None:
        self._maybe_talking = False
        if utterance is None:
            return
        for before in self._speech.before(utterance):
            self._end(before, Outcome.COMPLETED, now)
        if interrupted:
            self._end(utterance, Outcome.INTERRUPTED, now)
        elif utterance.closed:  # otherwise it ran dry, and more is coming
            self._end(utterance, Outcome.COMPLETED, now)

    def _silent(self, now: float) -> None:
        """It does not talk: what was wholly sent and has begun, or had the time to, is over."""
        self._maybe_talking = False
        for utterance in list(self._speech.open):
            if utterance.closed and (utterance.started_at is not None or utterance.had_its_time(now)):
                self._end(utterance, Outcome.COMPLETED, now)

    # The connection

    def connected(self, now: float) -> None:
        """Commands are accepted. Also for a reopened websocket on which LiveAvatar does not say so again."""
        if self._state is SessionState.CONNECTING:
            self._state = SessionState.CONNECTED
            self._keep_alive_at = now + KEEP_ALIVE_SECONDS
            self._happened.append(Ready(again=self._was_ready))
            self._was_ready = True

    def lost(self, now: float) -> None:
        """The websocket broke. What was under way is lost, never replayed; what has not begun waits for the next.

        An interrupt that had not left stays, since LiveAvatar may go on speaking what it has.
        """
        if self._state is not SessionState.OVER:
            self._state = SessionState.CONNECTING
        self._controls = deque(command for command in self._controls if command["type"] == "agent.interrupt")
        for utterance in [utterance for utterance in self._speech.open if utterance.sent_any]:
            self._maybe_talking = True
            self._end(utterance, Outcome.LOST, now)

    def shut(self, now: float, word: str | None = None, *, said: bool = True) -> None:
        """The session is over, because LiveAvatar `said` so or because we leave."""
        if self._state is SessionState.OVER:
            return
        self._state = SessionState.OVER
        self._over_word = word
        self._controls.clear()
        self._end_all(Outcome.LOST, now)
        if said:
            self._happened.append(Over(word=word))

    def take_happenings(self) -> list[Happening]:
        """What has happened since the last call, in order."""
        happened, self._happened = self._happened, []
        return happened

    def _end_all(self, outcome: Outcome, now: float) -> None:
        for utterance in list(self._speech.open):
            self._end(utterance, outcome, now)

    def _end(self, utterance: Utterance, outcome: Outcome, now: float) -> None:
        self._speech.close(utterance)
        if not any(other.sent_any for other in self._speech.open):
            self._plays_until = now
        self._happened.append(utterance.ended(outcome, now))


def _may_flush(utterance: Utterance) -> bool:
    """A part of the first chunk never leaves by itself: so small a start was seen to delay everything."""
    return not utterance.complete and utterance.framer.cut_any and utterance.framer.held_bytes > 1


def _render(command: dict[str, Any]) -> str:
    return json.dumps(command, separators=(",", ":"))
