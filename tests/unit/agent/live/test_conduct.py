"""How a conversation goes: greeting, question and answer, interruptions, words that wait."""

from __future__ import annotations

import pytest

from agent.live.actions import Begin, Listen, Silence, StopThinking, Think
from agent.live.ears import Final
from agent.live.phrases import ENGLISH
from agent.live.records import CommandKind, LineState, LiveLine, Manner, Speaker
from agent.live.stage import Bounds
from heygen.live import Ready

from .table import REQUESTER, START, Table

ANSWER = "The German one is still being made."
MORE = "It began ten minutes ago, so it will not be long."
BOUNDS = Bounds()


# -- the greeting ---------------------------------------------------------------------------------------------------


def test_the_greeting_waits_for_both_sides_and_says_that_it_is_an_ai() -> None:
    table = Table()
    table.take(table.conduct.viewer_here(START))
    table.take(table.conduct.room_ready(START))
    assert table.count(Begin) == 0
    table.take(table.conduct.happened(Ready(again=False), START))
    assert table.count(Begin) == 1
    table.wait(10.0)
    assert table.line() == (Speaker.AVATAR, Manner.OURS, ENGLISH.greeting, LineState.SAID)
    assert "AI" in ENGLISH.greeting


def test_a_page_that_never_says_that_it_is_ready_is_greeted_all_the_same() -> None:
    table = Table()
    table.take(table.conduct.happened(Ready(again=False), START))
    table.take(table.conduct.viewer_here(START))
    table.wait(BOUNDS.greeting - 0.1)
    assert table.count(Begin) == 0
    table.wait(0.2)
    assert table.count(Begin) == 1


def test_nobody_is_greeted_who_is_not_there() -> None:
    table = Table()
    table.take(table.conduct.happened(Ready(again=False), START))
    table.wait(15.0)
    assert table.count(Begin) == 0


def test_who_was_greeted_by_another_process_is_not_greeted_again_and_gets_an_answer() -> None:
    said = (
        LiveLine(seq=1, at=0.0, speaker=Speaker.AVATAR, manner=Manner.OURS, text="Hello."),
        LiveLine(seq=2, at=1.0, speaker=Speaker.VISITOR, manner=Manner.VOICE, text="How much is it?"),
    )
    table = Table(past=said)
    table.join()
    assert table.count(Begin) == 0
    assert [remark.text for remark in table.thoughts[0].remarks] == ["Hello.", "How much is it?"]


def test_the_greeting_is_heard_before_anything_else_is_said() -> None:
    table = Table(voiceless=True)
    table.join()
    table.says("Hello, are you there?")
    assert table.count(Silence) == 0
    assert not table.thinking
    table.sound(ENGLISH.greeting)
    table.take(table.conduct.voiced(table.saying, table.now))  # type: ignore[arg-type]
    table.wait(10.0)
    assert table.thinking


# -- question and answer --------------------------------------------------------------------------------------------


def test_a_question_is_answered_and_both_are_written_down() -> None:
    table = Table().open()
    table.says("Is the German video done?")
    assert [remark.text for remark in table.thoughts[0].remarks] == [ENGLISH.greeting, "Is the German video done?"]
    table.writes(ANSWER, MORE)
    table.wait(10.0)
    assert table.line(1) == (Speaker.VISITOR, Manner.VOICE, "Is the German video done?", LineState.SAID)
    assert table.line(2) == (Speaker.AVATAR, Manner.VOICE, f"{ANSWER} {MORE}", LineState.SAID)
    assert table.line(1) == table.line(-2)


def test_what_comes_of_a_turn_that_is_not_wanted_any_more_is_dropped() -> None:
    table = Table().open()
    table.says("Is the German video done?")
    old = table.turn
    table.says("I mean the French one.", 2)
    assert table.turn == old + 1
    table.take(table.conduct.fragment(old, "Late words of the first turn.", table.now))
    table.take(table.conduct.answered(old, True, table.now))
    table.writes(ANSWER)
    table.wait(10.0)
    assert table.texts[-1] == ANSWER
    assert table.end is None


def test_the_avatar_listens_while_somebody_speaks_to_it() -> None:
    table = Table().open()
    table.says("Is it done?")
    poses = [action.on for action in table.done if isinstance(action, Listen)]
    assert poses == [True, False]
    assert [one["on"] for one in table.shown if one["type"] == "listening"] == [True, False]


def test_what_is_typed_and_what_is_written_in_the_thread_are_questions_too() -> None:
    table = Table().open()
    table.types("  Is it done?  ")
    table.writes(ANSWER)
    table.wait(10.0)
    table.orders(CommandKind.ASK, "And the French one?", actor=REQUESTER)
    assert table.thinking
    assert table.line(1) == (Speaker.VISITOR, Manner.PAGE, "Is it done?", LineState.SAID)
    assert table.line(3) == (Speaker.VISITOR, Manner.THREAD, "And the French one?", LineState.SAID)
    assert table.lines[3].actor == REQUESTER
    assert table.reactions == [("And the French one?", "eyes")]


def test_a_model_that_says_nothing_and_one_that_fails_leave_nobody_without_a_word() -> None:
    table = Table().open()
    table.says("Hm?")
    table.writes()
    table.wait(10.0)
    assert table.texts[-1] == ENGLISH.no_answer
    table.says("Hello?", 2)
    table.take(table.conduct.not_answered(table.turn, table.now))
    table.wait(10.0)
    assert table.texts[-1] == ENGLISH.no_model


def test_a_model_that_fails_in_the_middle_says_so_after_what_it_has_said() -> None:
    table = Table().open()
    table.says("Is it done?")
    table.take(table.conduct.fragment(table.turn, ANSWER, table.now))
    table.take(table.conduct.not_answered(table.turn, table.now))
    table.wait(20.0)
    assert table.texts[-2:] == [ANSWER, ENGLISH.no_model]


def test_tools_that_take_long_are_excused_once_and_the_answer_follows() -> None:
    table = Table().open()
    table.says("Is it done?")
    table.take(table.conduct.tools(table.turn, True, table.now))
    table.wait(BOUNDS.filler - 0.1)
    assert table.count(Begin) == 1
    table.wait(0.2)
    assert table.count(Begin) == 2
    table.take(table.conduct.tools(table.turn, False, table.now))
    table.writes(ANSWER)
    table.wait(10.0)
    assert table.texts[-2:] == ["Is it done?", ANSWER]  # what fills a pause is not written down


def test_quick_tools_need_no_excuse() -> None:
    table = Table().open()
    table.says("Is it done?")
    table.take(table.conduct.tools(table.turn, True, table.now))
    table.wait(1.0)
    table.take(table.conduct.tools(table.turn, False, table.now))
    table.wait(5.0)
    assert table.count(Begin) == 1


# -- interruptions --------------------------------------------------------------------------------------------------


def answering(**setting: object) -> Table:
    """In the middle of an answer."""
    table = Table(**setting).open()  # type: ignore[arg-type]
    table.says("Is the German video done?")
    table.take(table.conduct.fragment(table.turn, ANSWER, table.now))
    table.take(table.conduct.fragment(table.turn, MORE, table.now))
    table.wait(2.0)
    return table


def test_sound_that_lasts_silences_model_voice_and_avatar() -> None:
    table = answering()
    table.begins()
    table.wait(0.3)
    assert table.count(Silence) == 0
    table.wait(0.2)
    assert table.count(Silence) == 1
    assert table.count(StopThinking) == 1
    assert table.part is None
    table.stops()
    table.take(table.conduct.heard(Final("What about the French one?", 2), table.now))
    assert table.line(2) == (Speaker.AVATAR, Manner.VOICE, f"{ANSWER} It began ten", LineState.INTERRUPTED)
    assert table.line(3) == (Speaker.VISITOR, Manner.VOICE, "What about the French one?", LineState.SAID)
    heard = table.thoughts[-1].remarks[-2]
    assert (heard.text, heard.state) == (f"{ANSWER} It began ten", LineState.INTERRUPTED)


def test_the_line_is_cut_where_it_was_last_heard() -> None:
    table = answering()
    table.wait(1.0)
    table.types("Stop, I meant French.")
    _, _, text, state = table.line(2)
    assert state is LineState.INTERRUPTED
    assert text.startswith(f"{ANSWER} It began")
    assert len(text) < len(f"{ANSWER} {MORE}")
    assert table.captions[-2:] == [("avatar", text, True, True), ("you", "Stop, I meant French.", True, False)]


def test_words_interrupt_before_the_sound_has_lasted() -> None:
    table = answering()
    table.begins()
    table.partial("stop", 2)
    assert table.count(Silence) == 1


def test_a_sign_of_listening_changes_nothing_and_is_taken_back() -> None:
    table = answering()
    table.begins()
    table.wait(0.2)
    table.stops()
    table.partial("mm", 2)
    table.take(table.conduct.heard(Final("Mm.", 2), table.now))
    assert table.count(Silence) == 0
    assert table.texts == [ENGLISH.greeting, "Is the German video done?"]


def test_an_echo_is_taken_back() -> None:
    table = answering()
    table.begins()
    table.wait(0.1)
    table.partial("the German", 2)
    table.take(table.conduct.heard(Final("the German one is still", 2), table.now))
    assert table.count(Silence) == 0
    assert table.captions[-1] == ("you", "", True, False)


def test_a_word_that_does_not_interrupt_is_answered_when_the_avatar_has_ended() -> None:
    table = answering()
    table.begins()
    table.stops()
    table.take(table.conduct.heard(Final("Really?", 2), table.now))
    assert table.count(Silence) == 0
    assert table.count(Think) == 1
    table.take(table.conduct.answered(table.turn, False, table.now))
    table.wait(10.0)
    assert table.count(Think) == 2
    # In the order in which it was begun: the answer had begun before.
    assert table.texts[-2:] == [f"{ANSWER} {MORE}", "Really?"]


def test_what_is_not_heard_yet_is_stopped_too() -> None:
    table = Table(voiceless=True)
    table.join()
    table.sound(ENGLISH.greeting)
    table.take(table.conduct.voiced(table.saying, table.now))  # type: ignore[arg-type]
    table.wait(10.0)
    table.says("Is it done?")
    table.take(table.conduct.fragment(table.turn, ANSWER, table.now))
    table.take(table.conduct.part_begins(table.saying, "part-9", table.now))  # type: ignore[arg-type]
    table.take(table.conduct.sound(table.saying, 1.0, table.now))  # type: ignore[arg-type]
    table.take(table.conduct.heard(Final("I mean French.", 2), table.now))
    assert table.count(Silence) == 1
    assert not any(text in ANSWER for text in table.texts)


def test_nobody_knows_how_much_was_heard_and_it_goes_on_all_the_same() -> None:
    table = answering()
    table.part = None  # the avatar tells nothing any more
    table.types("And French?")
    assert not table.thinking
    table.wait(1.1)
    assert table.thinking
    assert LineState.INTERRUPTED not in {line.state for line in table.lines}  # nothing of it counts as heard


def test_what_the_connection_has_lost_is_marked() -> None:
    table = answering()
    table.lost()
    assert table.line() == (Speaker.AVATAR, Manner.VOICE, f"{ANSWER} It", LineState.LOST)
    table.writes("And more.")
    table.wait(5.0)
    assert table.texts[-1] == "And more."


# -- people who go on speaking --------------------------------------------------------------------------------------


def test_the_avatar_does_not_begin_while_somebody_speaks() -> None:
    table = Table().open()
    table.types("Is it done?")
    table.begins()
    table.take(table.conduct.fragment(table.turn, ANSWER, table.now))
    assert table.count(Begin) == 1
    table.wait(1.0)
    table.stops()
    table.wait(0.3)
    table.take(table.conduct.heard(Final("I mean the French one.", 1), table.now))
    assert table.count(Begin) == 1
    assert table.turn == 2
    assert ANSWER not in table.texts
    table.writes("French is done.")
    table.wait(5.0)
    assert table.texts[-3:] == ["Is it done?", "I mean the French one.", "French is done."]


def test_a_cough_only_delays_it() -> None:
    table = Table().open()
    table.types("Is it done?")
    table.begins()
    table.stops()
    table.writes(ANSWER)
    assert table.count(Begin) == 1
    table.wait(BOUNDS.words + 0.1)
    assert table.count(Begin) == 2


def test_a_noise_that_does_not_end_delays_it_for_so_long_and_no_longer() -> None:
    table = Table().open()
    table.types("Is it done?")
    table.begins()
    table.writes(ANSWER)
    table.wait(BOUNDS.hold - 0.1)
    assert table.count(Begin) == 1
    table.wait(0.2)
    assert table.count(Begin) == 2


# -- captions -------------------------------------------------------------------------------------------------------


def test_captions_follow_what_is_heard() -> None:
    table = answering()
    avatar = [(text, final) for who, text, final, _ in table.captions if who == "avatar"]
    assert avatar[-2:] == [(ANSWER, False), (f"{ANSWER} {MORE}", False)]
    assert (ENGLISH.greeting, True) in avatar


def test_partial_words_are_shown_under_one_caption() -> None:
    table = Table().open()
    table.begins()
    table.partial("Is the")
    table.partial("Is the German one")
    table.take(table.conduct.heard(Final("Is the German one done?", 1), table.now))
    mine = [one for one in table.shown if one["type"] == "caption" and one["who"] == "you"]
    assert [one["text"] for one in mine] == ["Is the", "Is the German one", "Is the German one done?"]
    assert len({one["id"] for one in mine}) == 1


def test_a_page_that_is_loaded_again_is_shown_what_was_said_but_no_whisper() -> None:
    table = Table().open()
    table.orders(CommandKind.WHISPER, "She is a journalist.")
    table.types("Is it done?")
    before = [one["id"] for one in table.shown if one["type"] == "caption"]
    table.shown.clear()
    table.take(table.conduct.viewer_here(table.now))
    again = [one for one in table.shown if one["type"] == "caption"]
    assert [one["text"] for one in again] == [ENGLISH.greeting, "Is it done?"]
    assert {one["id"] for one in again} <= set(before)


@pytest.mark.parametrize("text", ["", "   \n"])
def test_nothing_is_no_question(text: str) -> None:
    table = Table().open()
    table.types(text)
    assert table.count(Think) == 0
