"""What the channel knows of an utterance's life, in every dialect, and when events lie, repeat or stay away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from heygen.live import Outcome

from .conftest import Desk, pcm


def documented(desk: Desk, name: str, utterance: str) -> None:
    """The event's id is the command's."""
    desk.hear(f"agent.{name}", event_id=utterance)


def observed(desk: Desk, name: str, utterance: str) -> None:
    """A fresh event id, the command's as the source."""
    desk.hear(f"agent.{name}", event_id=f"fresh-{name}", source_event_id=utterance, task={"id": f"task-{utterance}"})


def by_task(desk: Desk, name: str, utterance: str) -> None:
    """Only the task is named, and by a name of theirs."""
    desk.hear(f"agent.{name}", event_id=f"fresh-{name}", task={"id": f"task-{utterance}"})


def nameless(desk: Desk, name: str, utterance: str) -> None:
    """Nothing is named."""
    desk.hear(f"agent.{name}")


def in_a_room(desk: Desk, name: str, utterance: str) -> None:
    """The data channel's spelling."""
    fields = {"event_type": f"avatar.{name}", "session_id": "s", "source_event_id": utterance}
    desk.hear("", **fields)


def nested(desk: Desk, name: str, utterance: str) -> None:
    """One level deeper."""
    desk.hear(f"agent.{name}", payload={"source_event_id": utterance})


def by_pose(desk: Desk, name: str, utterance: str) -> None:
    """No events about speech, only what the avatar does."""
    desk.hear("agent.state_updated", new_state="talking" if name == "speak_started" else "idle")


def by_bare_pose(desk: Desk, name: str, utterance: str) -> None:
    """The same in the other spelling."""
    desk.hear("agent.state_updated", state="talking" if name == "speak_started" else "listening")


def everything(desk: Desk, name: str, utterance: str) -> None:
    """All of it, with acknowledgements, and each twice."""
    for tell in (observed, by_pose, documented, by_pose):
        desk.hear("agent.audio_buffer_appended", event_id=utterance)
        tell(desk, name, utterance)


Tell = Callable[[Desk, str, str], None]
DIALECTS = [documented, observed, by_task, nameless, in_a_room, nested, by_pose, by_bare_pose, everything]
dialects = pytest.mark.parametrize("tell", DIALECTS, ids=lambda tell: tell.__name__)


def endings(desk: Desk) -> list[tuple[str, Outcome]]:
    desk.pump()
    return [(one.utterance_id, one.outcome) for one in desk.endings]


@dialects
def test_one_utterance(desk: Desk, tell: Tell) -> None:
    utterance = desk.say(2.0)
    desk.pump()
    assert not desk.channel.speaking
    tell(desk, "speak_started", utterance)
    assert desk.channel.speaking
    desk.run(2.2)
    tell(desk, "speak_ended", utterance)

    assert not desk.channel.speaking
    assert desk.beginnings == [utterance]
    assert endings(desk) == [(utterance, Outcome.COMPLETED)]
    assert desk.endings[0].heard_seconds == 2.0


@dialects
def test_two_utterances_one_after_the_other(desk: Desk, tell: Tell) -> None:
    first, second = desk.say(1.0), desk.say(1.0)
    desk.pump()
    for utterance in (first, second):
        tell(desk, "speak_started", utterance)
        desk.run(1.0)
        tell(desk, "speak_ended", utterance)

    assert desk.beginnings == [first, second]
    assert endings(desk) == [(first, Outcome.COMPLETED), (second, Outcome.COMPLETED)]


@dialects
def test_a_repeated_beginning_is_not_the_next_ones(desk: Desk, tell: Tell) -> None:
    first = desk.say(1.0)
    desk.say(1.0)
    desk.pump()
    tell(desk, "speak_started", first)
    desk.run(0.3)
    tell(desk, "speak_started", first)
    desk.hear("agent.state_updated", new_state="talking")

    assert desk.beginnings == [first]
    assert endings(desk) == []


def test_nameless_beginnings_are_told_apart_by_time(desk: Desk) -> None:
    first, second = desk.say(1.0), desk.say(1.0)
    desk.pump()
    nameless(desk, "speak_started", first)
    desk.run(1.0)
    nameless(desk, "speak_started", second)

    assert desk.beginnings == [first, second]
    assert endings(desk) == [(first, Outcome.COMPLETED)]


def test_a_nameless_end_counts_without_a_beginning(desk: Desk) -> None:
    utterance = desk.say(1.0)
    desk.run(0.5)
    nameless(desk, "speak_ended", utterance)
    assert endings(desk) == []
    desk.run(0.7)
    nameless(desk, "speak_ended", utterance)

    assert endings(desk) == [(utterance, Outcome.COMPLETED)]


@pytest.mark.parametrize("tell", [documented, observed, by_task, in_a_room, nested], ids=lambda tell: tell.__name__)
@pytest.mark.parametrize("late", ["speak_started", "speak_ended", "speak_interrupted"])
def test_a_repeated_word_on_the_last_one_is_not_about_this_one(desk: Desk, tell: Tell, late: str) -> None:
    first = desk.say(1.0)
    desk.pump()
    tell(desk, "speak_started", first)
    desk.run(1.0)
    tell(desk, "speak_ended", first)
    second = desk.say(3.0)
    desk.pump()
    tell(desk, late, first)
    assert desk.beginnings == [first]
    tell(desk, "speak_started", second)
    desk.run(3.0)
    tell(desk, late, first)

    assert desk.channel.speaking
    assert endings(desk) == [(first, Outcome.COMPLETED)]


def test_a_late_answer_to_the_interrupt_does_not_end_what_is_said_now(desk: Desk) -> None:
    desk.say(8.0)
    desk.pump()
    desk.channel.interrupt(desk.now)
    command = desk.pump()[0]["event_id"]
    answer = desk.say(1.0)
    desk.pump()
    desk.hear("agent.speak_started", source_event_id=answer)
    desk.hear("agent.speak_interrupted", event_id="fresh", source_event_id=command)

    assert desk.channel.speaking


@dialects
def test_an_interrupt_and_its_echoes_do_not_end_the_answer_that_follows(desk: Desk, tell: Tell) -> None:
    question = desk.say(8.0)
    desk.pump()
    tell(desk, "speak_started", question)
    desk.run(1.0)
    desk.channel.interrupt(desk.now)
    desk.pump()
    command = desk.sent[-1]["event_id"]
    answer = desk.say(1.0)
    desk.pump()
    desk.hear("agent.audio_buffer_cleared", event_id=command)
    desk.hear("agent.audio_buffer_cleared")
    tell(desk, "speak_interrupted", question)
    desk.hear("agent.speak_interrupted", event_id="fresh-2", source_event_id=command)
    desk.run(0.3)
    tell(desk, "speak_started", answer)
    assert desk.channel.speaking
    desk.run(1.0)
    tell(desk, "speak_ended", answer)

    assert desk.beginnings == [question, answer]
    assert endings(desk) == [(question, Outcome.INTERRUPTED), (answer, Outcome.COMPLETED)]


@dialects
def test_events_of_what_is_over_are_old_news(desk: Desk, tell: Tell) -> None:
    first = desk.say(1.0)
    desk.pump()
    tell(desk, "speak_started", first)
    desk.run(1.0)
    tell(desk, "speak_ended", first)
    tell(desk, "speak_ended", first)
    second = desk.say(1.0)
    tell(desk, "speak_ended", first)

    desk.pump()
    assert endings(desk) == [(first, Outcome.COMPLETED)]
    tell(desk, "speak_started", second)
    assert desk.beginnings == [first, second]


def test_without_any_event_an_utterance_is_presumed_spoken(desk: Desk) -> None:
    utterance = desk.say(2.0)
    desk.run(6.9)
    assert endings(desk) == []
    desk.run(0.2)

    assert endings(desk) == [(utterance, Outcome.PRESUMED)]
    assert desk.endings[0].heard_seconds == 2.0


def test_a_late_start_puts_off_the_presumption(desk: Desk) -> None:
    utterance = desk.say(2.0)
    desk.run(6.0)
    desk.hear("agent.speak_started", source_event_id=utterance)
    desk.run(6.9)
    assert endings(desk) == []
    desk.run(0.2)

    assert endings(desk) == [(utterance, Outcome.PRESUMED)]


def test_what_was_only_presumed_to_be_over_can_still_be_silenced(desk: Desk) -> None:
    desk.say(2.0)
    desk.run(8.0)
    desk.channel.interrupt(desk.now)

    assert desk.pump()[0]["type"] == "agent.interrupt"
    desk.channel.interrupt(desk.now)
    assert desk.pump() == []


def test_an_interrupt_overtakes_a_pose_that_waits(desk: Desk) -> None:
    desk.say(2.0)
    desk.run(8.0)
    desk.channel.listen(True)
    desk.channel.interrupt(desk.now)

    assert [frame["type"] for frame in desk.pump()] == ["agent.interrupt", "agent.start_listening"]


@pytest.mark.parametrize("proof", ["agent.speak_ended", "agent.idle_started"])
def test_what_was_proved_to_be_over_is_not_interrupted(desk: Desk, proof: str) -> None:
    desk.say(2.0)
    desk.run(8.0)
    desk.hear(proof)
    desk.channel.interrupt(desk.now)

    assert desk.pump() == []


def test_the_start_of_the_next_is_the_end_of_the_one_before(desk: Desk) -> None:
    first, second = desk.say(1.0), desk.say(1.0)
    desk.pump()
    desk.hear("agent.speak_started", source_event_id=second)

    assert endings(desk) == [(first, Outcome.COMPLETED)]


def test_the_end_of_the_next_is_the_end_of_the_one_before(desk: Desk) -> None:
    first, second = desk.say(1.0), desk.say(1.0)
    desk.pump()
    desk.hear("agent.speak_ended", source_event_id=second)

    assert endings(desk) == [(first, Outcome.COMPLETED), (second, Outcome.COMPLETED)]


def test_silence_after_both_had_their_time_ends_both(desk: Desk) -> None:
    first, second = desk.say(1.0), desk.say(1.0)
    desk.pump()
    desk.hear("agent.state_updated", new_state="talking")
    desk.run(2.1)
    desk.hear("agent.state_updated", new_state="idle")

    assert endings(desk) == [(first, Outcome.COMPLETED), (second, Outcome.COMPLETED)]


@pytest.mark.parametrize("word", ["agent.speak_ended", "agent.idle_started"])
def test_running_dry_is_not_the_end_while_more_is_coming(desk: Desk, word: str) -> None:
    utterance = desk.say(0.4, complete=False)
    desk.pump()
    desk.hear("agent.speak_started", source_event_id=utterance)
    desk.run(1.0)
    desk.hear(word, source_event_id=utterance)

    assert desk.channel.add(utterance, pcm(1.0), desk.now)
    desk.channel.complete(utterance)
    assert [frame["type"] for frame in desk.pump()] == ["agent.speak", "agent.speak_end"]


@pytest.mark.parametrize("name", ["agent.speak_interrupted", "agent.audio_buffer_cleared"])
def test_interrupted_over_there_nothing_more_of_it_leaves(desk: Desk, name: str) -> None:
    utterance = desk.say(9.0, complete=False)
    desk.pump()
    desk.hear(name, source_event_id=utterance)

    assert not desk.channel.add(utterance, pcm(1.0), desk.now)
    assert desk.run(9.0) == []
    assert endings(desk) == [(utterance, Outcome.INTERRUPTED)]


@pytest.mark.parametrize("name", ["speak_started", "speak_ended", "speak_interrupted", "audio_buffer_cleared"])
@pytest.mark.parametrize("fields", [{}, {"event_id": "x"}, {"source_event_id": "id-1"}])
def test_events_about_nothing_change_nothing(desk: Desk, name: str, fields: Any) -> None:
    desk.hear(f"agent.{name}", **fields)
    utterance = desk.say(0.2, complete=False)
    desk.hear(f"agent.{name}", **fields)

    assert desk.happened == []
    assert desk.channel.is_open(utterance)


@pytest.mark.parametrize("name", ["audio_buffer_appended", "audio_buffer_committed"])
def test_acknowledgements_do_not_make_it_speak(desk: Desk, name: str) -> None:
    utterance = desk.say(1.0)
    desk.pump()
    desk.hear(f"agent.{name}", event_id=utterance)

    assert not desk.channel.speaking
    assert desk.happened == []
