"""What of an utterance was heard, in words, and who goes first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.live.utterance import WAITING_LIMIT, Lines, Source, Utterance, Verdict

FIRST, SECOND = "This is the first sentence of it.", "And this is the second one."


def utterance(*pieces: str, seconds: float = 2.0, source: Source = Source.MODEL) -> Utterance:
    """One part, each piece `seconds` long."""
    made = Utterance("line_1", source)
    made.begin_part("part-1")
    for piece in pieces or (FIRST, SECOND):
        made.add(piece)
        made.add_sound(seconds)
        made.end_span()
    return made


def heard(made: Utterance, seconds: float) -> str:
    made.end_part(made.parts[-1], seconds - made.parts[-1].before)
    return made.heard_text()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, ""),
        (0.1, ""),
        (0.9, "This is the"),
        (1.99, FIRST),
        (2.0, FIRST),
        (3.0, f"{FIRST} And this is"),
        (4.0, f"{FIRST} {SECOND}"),
        (9.0, f"{FIRST} {SECOND}"),
    ],
)
def test_as_much_of_the_words_as_of_their_sound(seconds: float, text: str) -> None:
    assert heard(utterance(), seconds) == text


def test_without_sound_nothing_was_heard() -> None:
    silent = Utterance("line_1", Source.MODEL)
    silent.add(FIRST)
    assert silent.heard_text() == ""


def test_of_a_piece_whose_sound_is_still_coming_not_more_than_half_is_counted() -> None:
    made = Utterance("line_1", Source.MODEL)
    made.begin_part("part-1")
    made.add(FIRST)
    made.add_sound(2.0)
    assert heard(made, 2.0) == "This is the"


def test_what_came_after_a_gap_counts_from_there() -> None:
    made = utterance(FIRST)
    made.end_part(made.parts[0], 2.0)
    made.add(SECOND)
    made.begin_part("part-2")
    made.add_sound(2.0)
    made.end_span()
    assert made.sounds
    made.end_part(made.parts[1], 1.0)
    assert made.heard_text() == f"{FIRST} And this is"
    assert not made.sounds


def test_scripts_without_spaces_are_cut_anywhere_and_joined_without_one() -> None:
    made = utterance("你好，很高兴见到你。", "我们开始吧。")
    assert made.text == "你好，很高兴见到你。我们开始吧。"
    assert heard(made, 1.0) == "你好，很高"


@given(
    pieces=st.lists(st.text("ab c.", min_size=1, max_size=12).filter(str.strip), min_size=1, max_size=5),
    seconds=st.floats(0, 12),
)
def test_what_was_heard_begins_like_what_was_said_and_ends_with_a_word(pieces: list[str], seconds: float) -> None:
    made = utterance(*(piece.strip() for piece in pieces))
    text = heard(made, seconds)
    assert made.text.startswith(text)
    rest = made.text[len(text) :]
    assert not rest or not text or rest[0].isspace() or text[-1].isspace()


# -- captions -------------------------------------------------------------------------------------------------------


def test_a_caption_shows_the_text_up_to_the_piece_that_is_heard() -> None:
    made = utterance()
    assert made.text_at(10.0) == ""
    assert made.next_text_at(10.0) is None
    made.parts[0].since = 10.0
    assert made.text_at(11.9) == FIRST
    assert made.next_text_at(11.9) == 12.0
    assert made.text_at(12.0) == f"{FIRST} {SECOND}"
    assert made.next_text_at(12.0) is None


# -- who goes first -------------------------------------------------------------------------------------------------


def line(source: Source) -> Utterance:
    return Utterance(source.value, source)


def test_one_after_the_other() -> None:
    lines = Lines()
    first, second = line(Source.MODEL), line(Source.NOTICE)
    assert [lines.add(first), lines.add(second)] == [Verdict.WAITS, Verdict.WAITS]
    assert lines.begin() is first
    assert lines.begin() is None
    lines.finish()
    assert lines.begin() is second
    assert lines.everything == (second,)


def test_a_person_interrupts_the_machine_and_waits_for_another_person() -> None:
    lines = Lines()
    lines.add(line(Source.MODEL))
    assert lines.judge(Source.OPERATOR) is Verdict.INTERRUPTS
    with pytest.raises(ValueError, match="interrupts"):
        lines.add(line(Source.OPERATOR))
    lines.clear()
    first, second = line(Source.OPERATOR), line(Source.OPERATOR)
    lines.add(first)
    lines.begin()
    assert lines.judge(Source.OPERATOR) is Verdict.WAITS
    lines.add(line(Source.NOTICE))
    lines.add(second)
    assert lines.waiting[0] is second
    assert lines.human_speaks


def test_people_who_wait_stay_when_the_machine_is_silenced() -> None:
    lines = Lines()
    spoken, waiting, machine = line(Source.OPERATOR), line(Source.OPERATOR), line(Source.NOTICE)
    lines.add(spoken)
    lines.begin()
    lines.add(waiting)
    lines.add(machine)
    assert lines.clear(keep_human=True) == [spoken, machine]
    assert lines.everything == (waiting,)


def test_a_filler_fills_only_silence() -> None:
    lines = Lines()
    lines.add(line(Source.MODEL))
    assert lines.add(line(Source.FILLER)) is Verdict.DROPPED
    lines.clear()
    assert lines.add(line(Source.FILLER)) is Verdict.WAITS


def test_not_everything_can_wait() -> None:
    lines = Lines()
    verdicts = [lines.add(line(Source.NOTICE)) for _ in range(WAITING_LIMIT + 1)]
    assert verdicts.count(Verdict.DROPPED) == 1
    assert len(lines.waiting) == WAITING_LIMIT
