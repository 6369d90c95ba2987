"""What people in Slack do with a running session, and how it goes on without ears or without a voice."""

from __future__ import annotations

import pytest

from agent.live.actions import Begin, Silence, StopThinking, Think
from agent.live.ears import Final
from agent.live.phrases import ENGLISH
from agent.live.records import CommandKind, LineState, LiveEnd, Manner, Speaker

from .table import OPERATOR, OTHER, REQUESTER, Table

ANSWER = "The German one is still being made, it will not be long now."
WORDS = "I am looking at it myself, give me a minute please."


def asked() -> Table:
    """Somebody has asked, the model is thinking."""
    table = Table().open()
    table.says("Is the German video done?")
    return table


def answering() -> Table:
    """The model is answering."""
    table = asked()
    table.take(table.conduct.fragment(table.turn, ANSWER, table.now))
    table.wait(1.0)
    return table


# -- saying ---------------------------------------------------------------------------------------------------------


def test_an_operators_words_are_said_and_the_thread_is_told_when_they_were_heard() -> None:
    table = Table().open()
    table.orders(CommandKind.SAY, WORDS)
    assert table.reactions == []
    table.wait(5.0)
    assert table.reactions == [(WORDS, "white_check_mark")]
    assert table.line() == (Speaker.TEAMMATE, Manner.THREAD, WORDS, LineState.SAID)
    assert table.lines[-1].actor == OPERATOR
    assert table.captions[-1] == ("teammate", WORDS, True, False)


def test_they_interrupt_the_machine_and_take_the_place_of_its_answer() -> None:
    table = answering()
    table.orders(CommandKind.SAY, WORDS)
    assert table.count(Silence) == 1
    table.wait(10.0)
    assert [line.state for line in table.lines[-2:]] == [LineState.INTERRUPTED, LineState.SAID]
    assert table.count(Think) == 1


def test_they_take_the_place_of_an_answer_that_has_not_begun() -> None:
    table = asked()
    table.orders(CommandKind.SAY, WORDS)
    assert table.count(StopThinking) == 1
    table.wait(10.0)
    assert table.count(Think) == 1
    table.says("Thank you.", 2)
    assert table.thoughts[-1].remarks[-2].speaker is Speaker.TEAMMATE


def test_one_after_the_other() -> None:
    table = Table().open()
    table.orders(CommandKind.SAY, WORDS)
    table.orders(CommandKind.SAY, "And this as well.", actor=OTHER)
    assert table.count(Silence) == 0
    table.wait(10.0)
    assert table.texts[-2:] == [WORDS, "And this as well."]


def test_the_visitor_interrupts_a_person_too_and_the_person_is_told() -> None:
    table = Table().open()
    table.orders(CommandKind.SAY, WORDS)
    table.orders(CommandKind.SAY, "And this as well.")
    table.wait(1.0)
    table.says("Wait, who is this?", seconds=0.6)
    assert table.reactions == [(WORDS, "scissors")]
    table.wait(10.0)
    assert table.reactions[-1] == ("And this as well.", "white_check_mark")


def test_what_the_visitor_types_does_not_interrupt_a_person() -> None:
    table = Table().open()
    table.orders(CommandKind.SAY, WORDS)
    table.types("Hello?")
    assert table.count(Silence) == 0


def test_it_is_written_down_as_it_stands_in_the_thread() -> None:
    table = Table().open()
    table.orders(CommandKind.SAY, "*Hello*, see https://example.com for more :tada:")
    table.wait(10.0)
    assert table.captions[-1][1] == "Hello, see for more"
    assert table.texts[-1] == "*Hello*, see https://example.com for more :tada:"


def test_nothing_that_can_be_said_is_said_to_be_lost() -> None:
    table = Table().open()
    table.orders(CommandKind.SAY, ":tada:")
    assert table.reactions == [(":tada:", "warning")]


def test_too_much_at_once_is_lost_and_says_so() -> None:
    table = Table().open()
    for number in range(20):
        table.orders(CommandKind.SAY, f"Number {number} of many.")
    assert [reaction for _, reaction in table.reactions] == ["warning"] * 3


# -- taking over ----------------------------------------------------------------------------------------------------


def test_taking_over_silences_the_model_until_it_is_handed_back() -> None:
    table = answering()
    table.orders(CommandKind.TAKE_OVER)
    assert table.count(Silence) == table.count(StopThinking) == 1
    assert table.modes == [("human_takeover", OPERATOR, False)]
    table.says("Who is this?", 2)
    table.wait(5.0)
    assert table.count(Think) == 1
    table.orders(CommandKind.SAY, WORDS)
    table.wait(5.0)
    table.orders(CommandKind.HAND_BACK)
    assert table.modes[-1] == ("live", None, False)
    assert table.count(Think) == 1  # a person has answered
    table.says("And who are you?", 3)
    assert table.count(Think) == 2
    assert [one["state"] for one in table.shown if one["type"] == "state"][-2:] == ["human_takeover", "live"]


def test_what_nobody_has_answered_is_answered_when_it_is_handed_back() -> None:
    table = Table().open()
    table.orders(CommandKind.TAKE_OVER)
    table.says("Is it done?")
    table.orders(CommandKind.HAND_BACK)
    assert table.thinking


def test_another_operator_takes_it_out_of_the_first_ones_hands_and_silences_nobody() -> None:
    table = Table().open()
    table.orders(CommandKind.TAKE_OVER)
    table.orders(CommandKind.SAY, WORDS)
    table.wait(0.5)
    table.orders(CommandKind.TAKE_OVER, actor=OTHER)
    table.orders(CommandKind.TAKE_OVER, actor=OTHER)
    assert table.modes == [("human_takeover", OPERATOR, False), ("human_takeover", OTHER, False)]
    assert table.count(Silence) == 0


def test_a_session_that_was_taken_over_stays_so_in_another_process() -> None:
    table = Table(taken_by=OPERATOR).open()
    table.says("Is it done?")
    assert table.count(Think) == 0
    assert table.states[-1] == ("human_takeover", None)


# -- whispering -----------------------------------------------------------------------------------------------------


def test_a_whisper_goes_to_the_model_alone() -> None:
    table = Table().open()
    table.orders(CommandKind.WHISPER, "She is a journalist.")
    table.wait(5.0)
    assert table.texts == [ENGLISH.greeting]
    assert table.count(Begin) == 1
    assert table.reactions == [("She is a journalist.", "shushing_face")]
    table.says("What can you do?")
    remark = table.thoughts[-1].remarks[1]
    assert (remark.text, remark.whisper) == ("She is a journalist.", True)
    assert "journalist" not in str(table.shown)


def test_an_answer_that_has_not_begun_takes_it_into_account() -> None:
    table = asked()
    table.orders(CommandKind.WHISPER, "She is a journalist.")
    assert table.count(Think) == 2
    assert table.thoughts[-1].remarks[-1].whisper


def test_an_answer_that_has_begun_is_not_disturbed() -> None:
    table = answering()
    table.orders(CommandKind.WHISPER, "She is a journalist.")
    assert table.count(Silence) == 0
    assert table.count(Think) == 1


# -- muting ---------------------------------------------------------------------------------------------------------


def test_a_muted_avatar_is_silent_and_the_visitor_is_still_heard() -> None:
    table = answering()
    table.orders(CommandKind.MUTE)
    assert table.count(Silence) == 1
    assert table.modes == [("live", None, True)]
    table.says("Hello?", 2)
    table.wait(10.0)
    assert table.count(Think) == 1
    assert table.line() == (Speaker.VISITOR, Manner.VOICE, "Hello?", LineState.SAID)
    assert table.notices[-1] == "muted"
    table.orders(CommandKind.UNMUTE)
    assert table.count(Think) == 2
    assert table.modes[-1] == ("live", None, False)


def test_words_for_a_muted_avatar_are_only_shown() -> None:
    table = Table().open()
    table.orders(CommandKind.MUTE)
    table.orders(CommandKind.SAY, WORDS)
    assert table.reactions[-1] == (WORDS, "mute")
    assert table.line() == (Speaker.TEAMMATE, Manner.THREAD, WORDS, LineState.SILENT)
    assert table.captions[-1] == ("teammate", WORDS, True, False)


def test_who_takes_over_a_muted_avatar_wants_to_be_heard() -> None:
    table = Table(muted=True).open()
    table.orders(CommandKind.TAKE_OVER)
    table.orders(CommandKind.SAY, WORDS)
    table.wait(5.0)
    assert table.modes == [("human_takeover", OPERATOR, False)]
    assert table.line()[-1] is LineState.SAID


def test_muting_twice_is_muting_once() -> None:
    table = Table().open()
    table.orders(CommandKind.MUTE)
    table.orders(CommandKind.MUTE)
    table.orders(CommandKind.UNMUTE)
    table.orders(CommandKind.UNMUTE)
    assert [muted for _, _, muted in table.modes] == [True, False]


# -- ending it ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "actor", "end", "words"),
    [
        (CommandKind.END, OPERATOR, LiveEnd.OPERATOR, True),
        (CommandKind.END, REQUESTER, LiveEnd.VISITOR, False),
        (CommandKind.HAND_OVER, OPERATOR, LiveEnd.HANDED_OVER, True),
    ],
)
def test_somebody_ends_it(kind: CommandKind, actor: str, end: LiveEnd, words: bool) -> None:
    table = answering()
    table.orders(kind, actor=actor)
    assert table.states[-1] == ("closing", end.value)
    assert (table.end is None) is words
    table.wait(10.0)
    assert table.end == (end, actor)
    assert (table.texts[-1] == ENGLISH.farewells.get(end)) is words


def test_what_comes_too_late_is_told_so() -> None:
    table = Table().open()
    table.orders(CommandKind.END)
    table.orders(CommandKind.SAY, WORDS)
    table.orders(CommandKind.MUTE)
    assert table.reactions == [("end", None), (WORDS, "warning"), ("mute", None)]


def test_words_that_wait_when_it_ends_are_lost_and_said_to_be() -> None:
    table = Table().open()
    table.orders(CommandKind.SAY, WORDS)
    table.orders(CommandKind.SAY, "And this.")
    table.wait(1.0)
    table.orders(CommandKind.END)
    table.wait(10.0)
    assert table.reactions == [("end", None), ("And this.", "warning"), (WORDS, "scissors")]


# -- without a voice ------------------------------------------------------------------------------------------------


def test_without_a_voice_everything_is_shown_and_it_goes_on() -> None:
    table = Table(speaks=False)
    table.join()
    assert table.notices == ["voice_down"]
    table.says("Is it done?")
    table.writes(ANSWER)
    assert table.count(Begin) == 0
    assert table.line() == (Speaker.AVATAR, Manner.VOICE, ANSWER, LineState.SILENT)
    assert table.captions[-1] == ("avatar", ANSWER, True, False)
    table.orders(CommandKind.END)
    assert table.end == (LiveEnd.OPERATOR, OPERATOR)


def test_a_voice_that_fails_in_the_middle_leaves_what_was_heard_and_what_was_only_shown() -> None:
    table = Table(voiceless=True).open()
    table.sound(ENGLISH.greeting)
    table.take(table.conduct.voiced(table.saying, table.now))  # type: ignore[arg-type]
    table.wait(10.0)
    table.says("Is it done?")
    table.take(table.conduct.fragment(table.turn, "First this is said.", table.now))
    table.sound("First this is said.")
    table.take(table.conduct.fragment(table.turn, "Then this is not.", table.now))
    table.take(table.conduct.voice_fails(table.saying, 30.0, table.now))  # type: ignore[arg-type]
    table.take(table.conduct.answered(table.turn, False, table.now))
    table.wait(5.0)
    assert table.notices == ["voice_down"]
    assert [table.line(-2), table.line(-1)] == [
        (Speaker.AVATAR, Manner.VOICE, "First this is said.", LineState.SAID),
        (Speaker.AVATAR, Manner.VOICE, "Then this is not.", LineState.SILENT),
    ]


def test_a_voice_that_failed_is_tried_again_after_a_while_and_the_notice_goes_when_it_works() -> None:
    table = Table(voiceless=True).open()
    table.take(table.conduct.voice_fails(table.saying, 30.0, table.now))  # type: ignore[arg-type]
    assert table.line()[-1] is LineState.SILENT
    table.orders(CommandKind.SAY, WORDS)
    assert table.count(Begin) == 1
    table.wait(31.0)
    table.voiceless = False
    table.orders(CommandKind.SAY, WORDS)
    table.wait(5.0)
    assert table.line()[-1] is LineState.SAID
    assert [(one["code"], one["text"] is None) for one in table.shown if one["type"] == "notice"] == [
        ("voice_down", False),
        ("voice_down", True),
    ]


def test_a_voice_that_is_gone_for_good_is_not_tried_again() -> None:
    table = Table(voiceless=True).open()
    table.take(table.conduct.voice_fails(table.saying, None, table.now))  # type: ignore[arg-type]
    table.wait(60.0)
    table.orders(CommandKind.SAY, WORDS)
    assert table.count(Begin) == 1


# -- without ears ---------------------------------------------------------------------------------------------------


def test_without_ears_it_is_said_and_typing_goes_on() -> None:
    table = Table(hears=False).open()
    assert table.notices == ["ears_down"]
    table.types("Is it done?")
    assert table.thinking


def test_ears_that_fail_hold_nobody_up_and_are_welcome_back() -> None:
    table = asked()
    table.begins()
    table.take(table.conduct.ears_down(table.now))
    table.take(table.conduct.ears_down(table.now))
    table.writes(ANSWER)
    table.wait(5.0)
    assert table.texts[-1] == ANSWER
    table.take(table.conduct.ears_up(table.now))
    notices = [(one["code"], one["text"] is None) for one in table.shown if one["type"] == "notice"]
    assert notices == [("ears_down", False), ("ears_down", True)]
    table.take(table.conduct.heard(Final("Hello again.", 1), table.now))
    assert table.thinking


def test_what_could_not_be_made_out_is_asked_for_again() -> None:
    table = asked()
    table.begins()
    table.stops()
    table.take(table.conduct.not_heard(table.now))
    table.writes(ANSWER)
    assert table.notices == ["not_heard"]
    assert table.count(Begin) == 2  # it does not wait for words that will not come
