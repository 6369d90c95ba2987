"""What silences the avatar, what waits its turn, and what is no turn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.live.barge_in import (
    ECHO_SECONDS,
    EDGE_SECONDS,
    NEVER,
    SUSTAINED_SECONDS,
    BargeIn,
    Speech,
    Verdict,
    is_backchannel,
    is_echo,
    words_of,
)

SAID = "Your video can be translated into German, French and Spanish. Shall I tell you what that costs?"
SPEECH = Speech(100.0, NEVER, SAID)
MIDDLE = 105.0
WORDS = ["the", "a", "video", "german", "is", "done", "now", "please", "you", "we", "it"]
words = st.lists(st.sampled_from(WORDS), max_size=12)


def heard_over(speech: Speech | None = SPEECH, at: float = MIDDLE) -> BargeIn:
    """Somebody has begun to speak."""
    barge_in = BargeIn()
    barge_in.sound(speech, at)
    return barge_in


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("stop", Verdict.INTERRUPT),
        ("No.", Verdict.INTERRUPT),
        ("Warte!", Verdict.INTERRUPT),
        ("等等", Verdict.INTERRUPT),
        ("what about Italian", Verdict.INTERRUPT),
        ("意大利语怎么样", Verdict.INTERRUPT),
        ("really", Verdict.WAIT),
        ("mm", Verdict.IGNORE),
        ("Yeah, right.", Verdict.IGNORE),
        ("嗯", Verdict.IGNORE),
        ("…", Verdict.IGNORE),
        ("", Verdict.IGNORE),
    ],
)
def test_words_over_the_avatar(text: str, verdict: Verdict) -> None:
    assert heard_over().final(text, SPEECH, MIDDLE) is verdict


@pytest.mark.parametrize("text", ["yes", "mm", "stop", "what about Italian"])
def test_words_into_the_silence_are_a_turn(text: str) -> None:
    assert heard_over(None).final(text, None, MIDDLE) is Verdict.WAIT


def test_a_yes_into_the_last_words_of_a_question_is_its_answer() -> None:
    ending = Speech(100.0, MIDDLE + 0.5, SAID)
    telling = Speech(100.0, MIDDLE + 0.5, "That costs three dollars.")
    assert heard_over(ending).final("yes", ending, MIDDLE) is Verdict.WAIT
    assert heard_over(telling).final("yes", telling, MIDDLE) is Verdict.IGNORE
    assert heard_over().final("yes", SPEECH, MIDDLE) is Verdict.IGNORE


# -- sound ----------------------------------------------------------------------------------------------------------


def test_sound_that_lasts_interrupts_once() -> None:
    barge_in = heard_over()
    due = barge_in.due(SPEECH)
    assert due == MIDDLE + SUSTAINED_SECONDS
    assert barge_in.tick(SPEECH, due - 0.01) is Verdict.NOTHING
    assert barge_in.tick(SPEECH, due) is Verdict.INTERRUPT
    assert barge_in.due(SPEECH) is None
    assert barge_in.tick(SPEECH, due + 1) is Verdict.NOTHING


def test_sound_that_ends_before_does_not() -> None:
    barge_in = heard_over()
    barge_in.silence(SPEECH)
    assert barge_in.due(SPEECH) is None
    assert barge_in.tick(SPEECH, MIDDLE + 5) is Verdict.NOTHING


def test_at_the_edges_of_a_speech_only_words_interrupt() -> None:
    begun = heard_over(at=100.2)
    assert begun.due(SPEECH) == 100.0 + EDGE_SECONDS
    ending = Speech(100.0, 105.3, SAID)
    assert heard_over(ending, 104.5).due(ending) is None
    assert heard_over(ending, 104.5).final("what about Italian", ending, 104.9) is Verdict.INTERRUPT


def test_a_room_that_is_never_silent_cannot_interrupt_for_ever() -> None:
    barge_in = BargeIn()
    for _ in range(2):
        barge_in.sound(SPEECH, MIDDLE)
        assert barge_in.tick(SPEECH, MIDDLE + 1) is Verdict.INTERRUPT
        barge_in.silence(SPEECH)  # and no words came of it
    barge_in.sound(SPEECH, MIDDLE)
    assert barge_in.due(SPEECH) is None
    assert barge_in.final("what about Italian", SPEECH, MIDDLE) is Verdict.INTERRUPT
    barge_in.sound(SPEECH, MIDDLE)
    assert barge_in.due(SPEECH) is not None  # there is somebody after all


# -- echoes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "echo"),
    [
        ("your video can be translated", True),
        ("translated into German French and", True),
        ("can be translate into German French", True),  # one of six was misheard
        ("can be translated in to German French and Spanish", True),  # one became two
        ("can be into German French and", True),  # one was lost
        ("German French", False),  # too few to tell
        ("German and Spanish please", False),
        ("into Spanish and French and German", False),  # the same words in another order
        ("what can be translated into what", False),
        ("video German Spanish costs", False),  # all of them were said, but not beside each other
        ("how long does it take then", False),
    ],
)
def test_an_echo_is_a_stretch_of_what_was_said(text: str, echo: bool) -> None:
    assert is_echo(text, SAID) is echo
    verdict = heard_over().final(text, SPEECH, MIDDLE)
    assert (verdict is Verdict.IGNORE) is echo


@given(before=words, heard=words, after=words)
def test_every_stretch_of_three_words_or_more_is_an_echo(before: list[str], heard: list[str], after: list[str]) -> None:
    said = " ".join([*before, *heard, *after])
    assert is_echo(" ".join(heard), said) is (len(heard) >= 3)


@given(heard=words)
def test_words_that_were_not_said_are_no_echo(heard: list[str]) -> None:
    assert not is_echo(" ".join(heard), "something entirely different was told")


def test_after_an_echo_sound_alone_does_not_interrupt_any_more() -> None:
    barge_in = heard_over()
    assert barge_in.partial("your video can be translated", SPEECH, MIDDLE) is Verdict.IGNORE
    assert barge_in.due(SPEECH) is None
    barge_in.sound(SPEECH, MIDDLE + 3)
    assert barge_in.due(SPEECH) is None


def test_the_first_words_of_what_may_be_an_echo_do_not_interrupt_yet() -> None:
    barge_in = heard_over()
    assert barge_in.partial("your video", SPEECH, MIDDLE) is Verdict.NOTHING
    assert barge_in.partial("your video is wrong", SPEECH, MIDDLE) is Verdict.INTERRUPT


def test_an_answer_in_the_words_of_the_question_is_no_echo() -> None:
    barge_in = BargeIn()
    barge_in.tick(SPEECH, MIDDLE)
    barge_in.over(110.0)
    barge_in.sound(None, 110.0 + ECHO_SECONDS + 0.1)
    assert barge_in.final("into German French and Spanish", None, 112.0) is Verdict.WAIT


def test_the_last_words_come_back_a_little_late() -> None:
    barge_in = BargeIn()
    barge_in.tick(SPEECH, MIDDLE)
    barge_in.over(110.0)
    barge_in.sound(None, 110.0 + ECHO_SECONDS - 0.1)
    assert barge_in.final("tell you what that costs", None, 112.0) is Verdict.IGNORE


# -- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("What's up, Doc?", ["what's", "up", "doc"]),
        ("你好吗", ["你", "好", "吗"]),
        ("はい", ["はい"]),
        ("— … !", []),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    assert words_of(text) == found


@pytest.mark.parametrize(("text", "is_one"), [("Mhm, ok", True), ("ok ok ok ok", False), ("ok stop", False)])
def test_signs_of_listening(text: str, is_one: bool) -> None:
    assert is_backchannel(text) is is_one


def test_a_short_sound_that_was_noticed_late_does_not_last() -> None:
    """A "yeah" of a third of a second: its start is noticed at 0.3 s, its end at 0.44 s."""
    barge_in = BargeIn()
    barge_in.sound(SPEECH, MIDDLE, 0.3)
    due = barge_in.due(SPEECH)
    assert due == pytest.approx(MIDDLE - 0.3 + SUSTAINED_SECONDS)
    barge_in.pause(MIDDLE + 0.14, 0.1)

    assert barge_in.due(SPEECH) is None
    assert barge_in.tick(SPEECH, MIDDLE + 0.6) is Verdict.NOTHING


def test_only_voice_counts_and_not_the_pauses_in_it() -> None:
    barge_in = heard_over()
    barge_in.pause(MIDDLE + 0.3, 0.1)
    barge_in.resume(MIDDLE + 1.0)
    still = SUSTAINED_SECONDS - 0.2

    assert barge_in.due(SPEECH) == pytest.approx(MIDDLE + 1.0 + still)
    assert barge_in.tick(SPEECH, MIDDLE + 1.0 + still) is Verdict.INTERRUPT
