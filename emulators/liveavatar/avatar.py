"""The avatar's side of a session: audio in, speech paced by the length of that audio. No I/O.

Time comes from the emulator's clock. What happens is said to `emit`; sound that is being spoken goes to `speakers`.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable
from typing import Literal, Protocol

from emulators.base import Clock
from emulators.liveavatar.dialects import Event, Pose
from emulators.liveavatar.state import Interruption, Session, Switches

BYTES_PER_SECOND = 48_000  # 24 kHz, 16 bit, mono
UTTERANCES_KEPT = 2_000
INTERRUPTED_KEPT = 2_000
UNSPOKEN_BYTES = 20_000_000
TINY_SECONDS = 0.1
TINY_CHUNKS = 5

Outcome = Literal["waiting", "talking", "ended", "interrupted", "dropped"]


class Speaker(Protocol):
    """Where spoken sound goes."""

    def play(self, pcm: bytes) -> None:
        """Speak this after what was given before."""

    def hush(self) -> None:
        """Forget what has not been spoken yet."""


class Speakers:
    """Everybody who listens to one avatar; nobody at first."""

    def __init__(self) -> None:
        self.listeners: list[Speaker] = []

    def play(self, pcm: bytes) -> None:
        """Speak this to all of them."""
        for listener in self.listeners:
            listener.play(pcm)

    def hush(self) -> None:
        """Let all of them forget what has not been spoken."""
        for listener in self.listeners:
            listener.hush()


@dataclasses.dataclass(slots=True)
class Utterance:
    """What is said between the first audio and `speak_end` or an interrupt; times are unix seconds.

    `pcm` keeps the audio as long as the session's limit allows. `until` is when the audio at hand has been spoken.
    """

    id: str | None
    received_at: float
    seconds: float = 0.0
    chunks: int = 0
    tiny_chunks: int = 0
    first_chunk: float = 0.0
    committed: bool = False
    ready_at: float | None = None
    started: float | None = None
    until: float = 0.0
    ended: float | None = None
    outcome: Outcome = "waiting"
    starved: bool = False
    pcm: bytearray = dataclasses.field(default_factory=bytearray)
    unspoken: bytearray = dataclasses.field(default_factory=bytearray)


class Avatar:
    """Speaks what it is given, in order, as the session's websocket tells it."""

    def __init__(self, session: Session, clock: Clock, switches: Switches, emit: Callable[[Event], None]) -> None:
        self.session = session
        self.speakers = Speakers()
        self.pose: Pose = "idle"
        self.utterances: deque[Utterance] = deque(maxlen=UTTERANCES_KEPT)
        self.furthest_ahead = 0.0
        self._clock = clock
        self._switches = switches
        self._emit = emit
        self._queue: deque[Utterance] = deque()
        self._interrupted: deque[str | None] = deque(maxlen=INTERRUPTED_KEPT)
        self._free_at = 0.0
        self._kept = 0

    # -- commands ----------------------------------------------------------------------------------------------

    def speak(self, event_id: str | None, pcm: bytes) -> None:
        """Append audio; the first after the end of an utterance opens the next one."""
        now = self._clock.now()
        self.tick()
        self._count(event_id, len(pcm))
        utterance = self._open_utterance(event_id, now)
        self._judge(utterance, event_id, pcm)
        self._append(utterance, pcm, now)
        self._emit(Event("appended", event_id))
        self.tick()

    def speak_end(self, event_id: str | None) -> None:
        """Close the open utterance; it ends when it has been spoken."""
        now = self._clock.now()
        self.tick()
        utterance = self._last_open()
        if utterance is None:
            self._found("speak_end_without_audio", f"speak_end {event_id!r} has no audio before it")
            return
        if utterance.id != event_id:
            self._found("speak_end_of_another", f"speak_end {event_id!r} closes utterance {utterance.id!r}")
        utterance.committed = True
        utterance.until = max(utterance.until, now) if utterance.started is not None else 0.0
        if utterance.ready_at is None:
            utterance.ready_at = now + self._switches.start_latency
        self._emit(Event("committed", event_id))
        self.tick()

    def interrupt(self, event_id: str | None) -> None:
        """Drop everything that has not been spoken."""
        now = self._clock.now()
        self.tick()
        self.session.interruptions.append(Interruption(now, event_id))
        talking = self._talking()
        self._drop(now)
        self.speakers.hush()
        self._emit(Event("cleared", event_id))
        if talking is not None:
            self._emit(Event("speak_interrupted", talking.id, interrupt=event_id))
            self._take_pose("idle", talking.id)

    def listen(self, on: bool, event_id: str | None) -> None:
        """Take the listening pose or leave it; nothing happens while talking."""
        self.tick()
        if self.pose == "talking":
            self._found("pose_while_talking", "start_listening or stop_listening while the avatar talks")
            return
        self._take_pose("listening" if on else "idle", event_id)

    def silence(self) -> None:
        """Stop for good without a word: the session is over."""
        open_utterance = self._last_open()
        if open_utterance is not None:
            self._found("utterance_never_ended", f"the session ended before speak_end of {open_utterance.id!r}")
        self._drop(self._clock.now())
        self.speakers.hush()

    # -- time --------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Let everything happen that is due."""
        now = self._clock.now()
        while self._queue and self._step(self._queue[0], now):
            pass

    def next_due(self) -> float | None:
        """When `tick` will have something to do, if nothing comes in."""
        if not self._queue:
            return None
        utterance = self._queue[0]
        if utterance.started is None:
            return None if utterance.ready_at is None else max(utterance.ready_at, self._free_at)
        if utterance.committed:
            return utterance.until
        return None if utterance.starved else utterance.until + self._switches.starvation_seconds

    def ahead(self) -> float:
        """Seconds of audio at hand that have not been spoken."""
        now = self._clock.now()
        waiting = sum(u.seconds for u in self._queue if u.started is None)
        talking = self._talking()
        return waiting + (max(0.0, talking.until - now) if talking else 0.0)

    def _step(self, utterance: Utterance, now: float) -> bool:
        due = self.next_due()
        if due is None or due > now:
            return False
        if utterance.started is None:
            self._begin(utterance, due)
        elif utterance.committed:
            self._finish(utterance)
        else:
            utterance.starved = True
            self._found("starved", f"no audio for {self._switches.starvation_seconds} s and no speak_end")
            self._emit(Event("error", utterance.id, error="video_starvation", message="Audio came too slowly"))
        return True

    def _begin(self, utterance: Utterance, at: float) -> None:
        utterance.started, utterance.until = at, at + utterance.seconds
        utterance.outcome = "talking"
        self.speakers.play(bytes(utterance.unspoken))
        utterance.unspoken.clear()
        self._emit(Event("speak_started", utterance.id))
        self._take_pose("talking", utterance.id)

    def _finish(self, utterance: Utterance) -> None:
        self._queue.popleft()
        self._free_at = utterance.ended = utterance.until
        utterance.outcome = "ended"
        self._emit(Event("speak_ended", utterance.id))
        self._take_pose("idle", utterance.id)

    # -- utterances --------------------------------------------------------------------------------------------

    def _talking(self) -> Utterance | None:
        return self._queue[0] if self._queue and self._queue[0].started is not None else None

    def _last_open(self) -> Utterance | None:
        return self._queue[-1] if self._queue and not self._queue[-1].committed else None

    def _open_utterance(self, event_id: str | None, now: float) -> Utterance:
        utterance = self._last_open()
        if utterance is None:
            utterance = Utterance(event_id, now)
            self._queue.append(utterance)
            self.utterances.append(utterance)
        return utterance

    def _append(self, utterance: Utterance, pcm: bytes, now: float) -> None:
        seconds = len(pcm) / BYTES_PER_SECOND
        utterance.seconds += seconds
        utterance.chunks += 1
        self._keep(utterance, pcm)
        if utterance.started is not None:
            utterance.until = max(utterance.until, now) + seconds
            utterance.starved = False
            self.speakers.play(pcm)
        else:
            if utterance.ready_at is None and seconds >= self._switches.first_chunk_seconds:
                utterance.ready_at = now + self._switches.start_latency
            if len(utterance.unspoken) < UNSPOKEN_BYTES:
                utterance.unspoken += pcm
        self.furthest_ahead = max(self.furthest_ahead, self.ahead())

    def _drop(self, now: float) -> None:
        for utterance in self._queue:
            utterance.ended = now
            utterance.outcome = "dropped" if utterance.started is None else "interrupted"
            utterance.unspoken.clear()
            self._interrupted.append(utterance.id)
        self._queue.clear()
        self._free_at = now

    def _keep(self, utterance: Utterance, pcm: bytes) -> None:
        room = max(0, self._switches.keep_audio_bytes - self._kept)
        utterance.pcm += pcm[:room]
        self._kept += min(room, len(pcm))

    def _take_pose(self, pose: Pose, cause: str | None) -> None:
        if pose == self.pose:
            return
        before, self.pose = self.pose, pose
        self._emit(Event("pose", cause, before=before, pose=pose))

    # -- what the client does wrong ----------------------------------------------------------------------------

    def _count(self, event_id: str | None, size: int) -> None:
        self.session.audio_bytes += size
        if not self.session.interruptions:
            return
        last = self.session.interruptions[-1]
        last.bytes_after += size
        if event_id is not None and event_id in self._interrupted:
            last.stale_bytes += size
            self._found("audio_after_interrupt", f"{size} bytes of utterance {event_id!r} came after its interrupt")

    def _judge(self, utterance: Utterance, event_id: str | None, pcm: bytes) -> None:
        seconds = len(pcm) / BYTES_PER_SECOND
        if event_id is None:
            self._found("event_id_missing", "agent.speak without event_id")
        elif utterance.id != event_id:
            self._found("event_id_changed", f"{event_id!r} within utterance {utterance.id!r}: speak_end is missing")
        if len(pcm) % 2:
            self._found("odd_bytes", f"a chunk of {len(pcm)} bytes splits a sample")
        if pcm.startswith(b"RIFF"):
            self._found("wave_header", "a file header is spoken as noise")
        if utterance.chunks == 0:
            utterance.first_chunk = seconds
        elif utterance.chunks == 1 and utterance.first_chunk < self._switches.first_chunk_seconds:
            self._found("small_first_chunk", f"the first chunk of {utterance.id!r} was {utterance.first_chunk:.3f} s")
        utterance.tiny_chunks += seconds < TINY_SECONDS
        if utterance.tiny_chunks == TINY_CHUNKS:
            self._found("tiny_chunks", f"utterance {utterance.id!r} comes in chunks under {TINY_SECONDS} s")

    def _found(self, code: str, detail: str) -> None:
        self.session.found(self._clock.now(), code, detail)
