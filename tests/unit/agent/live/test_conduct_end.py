"""Every way in which a session ends by its rules, each with its last words and within its bounds."""

from __future__ import annotations

import pytest

from agent.live.actions import Begin, Silence, Think
from agent.live.phrases import ENGLISH
from agent.live.records import CommandKind, LineState, LiveEnd
from agent.live.stage import Bounds
from heygen.live import Over, Ready

from .table import MAXIMUM, OPERATOR, REQUESTER, START, Table

BOUNDS = Bounds()
ANSWER = "The German one is still being made, it will not be long now."


def answering() -> Table:
    table = Table().open()
    table.says("Is the German video done?")
    table.take(table.conduct.fragment(table.turn, ANSWER, table.now))
    table.wait(1.0)
    return table


def test_the_visitor_presses_end_and_it_is_over_at_once() -> None:
    table = answering()
    table.take(table.conduct.end_pressed(table.now))
    assert table.end == (LiveEnd.VISITOR, REQUESTER)
    assert table.part is None
    assert table.lines[-1].state is LineState.INTERRUPTED
    assert table.conduct.next_due is None


def test_nothing_happens_after_the_end() -> None:
    table = answering()
    table.take(table.conduct.end_pressed(table.now))
    before = len(table.done)
    table.says("Hello?", 5)
    table.types("Hello?")
    table.orders(CommandKind.SAY, "Hello.")
    table.take(table.conduct.happened(Over(word="closed"), table.now))
    table.take(table.conduct.drain(table.now, table.now))
    table.wait(1_000.0)
    assert [type(one).__name__ for one in table.done[before:]] == ["Done"]


# -- goodbye --------------------------------------------------------------------------------------------------------


def test_the_model_says_goodbye_and_it_ends_when_that_was_heard() -> None:
    table = Table().open()
    table.says("Thank you, goodbye!")
    table.writes("Goodbye, it was nice to talk to you.", goodbye=True)
    assert table.end is None
    table.wait(5.0)
    assert table.end == (LiveEnd.GOODBYE, None)
    assert table.texts[-1] == "Goodbye, it was nice to talk to you."


def test_a_model_that_ends_without_a_word_is_given_one() -> None:
    table = Table().open()
    table.says("Goodbye!")
    table.writes(goodbye=True)
    table.wait(10.0)
    assert table.end == (LiveEnd.GOODBYE, None)
    assert table.texts[-1] == ENGLISH.farewells[LiveEnd.GOODBYE]


def test_a_goodbye_that_is_interrupted_is_none() -> None:
    table = Table().open()
    table.says("Goodbye!")
    table.writes("Goodbye, it was nice to talk to you.", goodbye=True)
    table.says("Wait, one more thing!", 2, seconds=0.5)
    table.wait(20.0)
    assert table.end is None
    assert table.count(Think) == 2


# -- silence --------------------------------------------------------------------------------------------------------


def test_somebody_who_says_nothing_is_asked_and_then_it_ends() -> None:
    table = Table()
    table.join()
    table.wait(BOUNDS.idle - 0.1)
    assert table.texts == [ENGLISH.greeting]
    table.wait(5.0)
    assert table.texts[-1] == ENGLISH.idle
    table.wait(BOUNDS.no_answer - 5.1)
    assert table.end is None
    table.wait(10.0)
    assert table.end == (LiveEnd.IDLE, None)
    assert table.texts[-1] == ENGLISH.farewells[LiveEnd.IDLE]


@pytest.mark.parametrize("sign", ["voice", "text", "operator"])
def test_any_sign_of_life_puts_it_off(sign: str) -> None:
    table = Table()
    table.join()
    table.wait(BOUNDS.idle + BOUNDS.no_answer - 1.0)
    match sign:
        case "voice":
            table.begins()
            table.stops()
        case "text":
            table.types("Yes.")
        case _:
            table.orders(CommandKind.WHISPER, "Let her think.")
    table.wait(BOUNDS.idle - 5.0)
    assert table.end is None


def test_nobody_is_asked_in_the_middle_of_an_answer() -> None:
    table = Table()
    table.join()
    table.says("Tell me a long story.")
    table.writes(*["This is a long story that goes on and on."] * 60)
    table.wait(100.0)
    assert ENGLISH.idle not in table.texts
    table.wait(60.0)
    assert ENGLISH.idle in table.texts


# -- nobody there ---------------------------------------------------------------------------------------------------


def test_a_page_that_does_not_come_back_ends_it_without_a_word() -> None:
    table = answering()
    table.take(table.conduct.viewer_gone(table.now))
    table.wait(BOUNDS.gone - 0.1)
    assert table.end is None
    table.wait(0.2)
    assert table.end == (LiveEnd.LEFT, None)
    assert table.texts[-1].startswith("The German one")


def test_a_page_that_never_came_ends_it_too() -> None:
    table = Table()
    table.wait(BOUNDS.gone + 0.1)
    assert table.end == (LiveEnd.LEFT, None)


def test_a_short_break_takes_nothing_from_anybody() -> None:
    table = answering()
    table.take(table.conduct.viewer_gone(table.now))
    table.wait(BOUNDS.alone - 0.5)
    table.take(table.conduct.viewer_here(table.now))
    table.take(table.conduct.room_ready(table.now))
    assert table.count(Silence) == 0


def test_after_a_reload_the_answer_that_was_not_heard_is_given_again() -> None:
    table = answering()
    table.take(table.conduct.viewer_gone(table.now))
    table.wait(BOUNDS.alone + 0.1)
    assert table.count(Silence) == 1
    table.take(table.conduct.viewer_here(table.now))
    assert table.count(Think) == 1
    table.take(table.conduct.room_ready(table.now))
    assert table.count(Think) == 2
    table.wait(BOUNDS.gone)
    assert table.end is None


def test_nothing_is_said_while_nobody_is_there() -> None:
    table = Table().open()
    table.take(table.conduct.viewer_gone(table.now))
    table.orders(CommandKind.SAY, "Are you there?")
    table.wait(5.0)
    assert table.count(Begin) == 1
    table.take(table.conduct.viewer_here(table.now))
    table.take(table.conduct.room_ready(table.now))
    assert table.count(Begin) == 2


# -- the maximum ----------------------------------------------------------------------------------------------------


def test_the_maximum_is_announced_aloud_and_then_it_ends_with_a_word() -> None:
    table = Table()
    table.join()
    while table.now < START + MAXIMUM - BOUNDS.warning - 10:
        table.types("I am still here.")
        table.writes("Good.")
        table.wait(10.0)
    table.wait(START + MAXIMUM - BOUNDS.warning - table.now + 3.0)
    assert table.texts[-1] == ENGLISH.warning
    assert table.notices == ["ending_soon"]
    table.wait(BOUNDS.warning - 3.1)
    assert table.end is None
    table.wait(10.0)
    assert table.end == (LiveEnd.MAXIMUM, None)
    assert table.texts[-1] == ENGLISH.farewells[LiveEnd.MAXIMUM]


def test_the_maximum_counts_for_teammates_too() -> None:
    table = Table(taken_by=OPERATOR, ends_at=START + 60.0).open()
    table.wait(80.0)
    assert table.end == (LiveEnd.MAXIMUM, None)


def test_the_last_words_have_a_bound() -> None:
    table = Table(voiceless=True)  # the voice hangs
    table.join()
    table.orders(CommandKind.END)
    table.wait(BOUNDS.farewell - 0.1)
    assert table.end is None
    table.wait(0.2)
    assert table.end == (LiveEnd.OPERATOR, OPERATOR)
    assert table.count(Silence) == 2


# -- LiveAvatar, and the process ------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["over", "disconnected"])
def test_liveavatar_ends_it(how: str) -> None:
    table = answering()
    if how == "over":
        table.lost()
        table.take(table.conduct.happened(Over(word="closed"), table.now))
    else:
        table.take(table.conduct.disconnected(table.now))
    assert table.end == (LiveEnd.PROVIDER, None)
    assert "provider" in table.notices


def test_a_reason_that_is_known_stays() -> None:
    table = answering()
    table.orders(CommandKind.END)
    table.take(table.conduct.happened(Over(word="closed"), table.now))
    assert table.end == (LiveEnd.OPERATOR, OPERATOR)


def test_a_reconnected_websocket_is_no_end_and_no_greeting() -> None:
    table = answering()
    table.lost()
    table.take(table.conduct.happened(Ready(again=True), table.now))
    table.wait(5.0)
    assert table.end is None
    assert table.texts.count(ENGLISH.greeting) == 1


def test_a_draining_process_lets_it_go_on_as_long_as_it_can_and_ends_it_with_a_word() -> None:
    table = answering()
    table.take(table.conduct.drain(table.now + 30.0, table.now))
    table.wait(30.0 - BOUNDS.farewell - 0.1)
    assert table.end is None
    table.wait(BOUNDS.farewell)
    assert table.end == (LiveEnd.DRAINED, None)
    assert table.texts[-1] == ENGLISH.farewells[LiveEnd.DRAINED]


def test_a_process_in_a_hurry_says_the_word_at_once_and_only_if_there_is_time_for_one() -> None:
    table = answering()
    table.take(table.conduct.drain(table.now + 4.0, table.now))
    assert table.states[-1] == ("closing", "drained")
    table.wait(4.1)
    assert table.end == (LiveEnd.DRAINED, None)
    assert ENGLISH.farewells[LiveEnd.DRAINED].startswith(table.texts[-1])

    table = answering()
    table.take(table.conduct.drain(table.now, table.now))
    assert table.end == (LiveEnd.DRAINED, None)
    assert table.part is None


def test_the_page_is_told_how_long_it_has() -> None:
    table = Table()
    table.join()
    assert table.shown[0]["remaining_seconds"] == MAXIMUM
    table.wait(30.5)
    table.orders(CommandKind.MUTE)
    assert [one for one in table.shown if one["type"] == "state"][-1]["remaining_seconds"] == MAXIMUM - 31
