"""Channel: the end of the session and of the connection, and what is none of its business."""

from __future__ import annotations

from typing import Any

import pytest

from heygen.live import Outcome, Over, Ready, SessionState, Spoken, Trouble, Unknown, Unreadable

from .conftest import Desk, pcm


def types(frames: list[dict[str, Any]]) -> list[str]:
    return [frame["type"] for frame in frames]


# The end of the session and of the connection


@pytest.mark.parametrize("word", ["closing", "closed", "disconnected"])
def test_when_the_session_is_over_nothing_leaves_any_more(desk: Desk, word: str) -> None:
    utterance = desk.say(5.0, complete=False)
    desk.pump()
    desk.hear("session.state_updated", state=word)

    assert desk.happened[-1] == Over(word=word)
    assert desk.endings[0].outcome is Outcome.LOST
    desk.channel.interrupt(desk.now)
    assert not desk.channel.listen(True)
    assert not desk.channel.add(utterance, pcm(1.0), desk.now)
    assert desk.run(100.0) == []
    desk.connect()
    assert (desk.channel.state, desk.channel.over_word) == (SessionState.OVER, word)


def test_an_utterance_begun_after_the_end_is_lost(desk: Desk) -> None:
    desk.hear("session.stopped", end_reason="NO_CREDITS")
    utterance = desk.channel.begin(desk.now)

    assert not desk.channel.is_open(utterance)
    assert [one.outcome for one in desk.channel.take_happenings() if isinstance(one, Spoken)] == [Outcome.LOST]


def test_the_session_ends_once(desk: Desk) -> None:
    desk.hear("session.state_updated", state="closing")
    desk.hear("session.state_updated", state="closed")

    assert desk.happened == [Over(word="closing")]


def test_a_lost_connection_loses_what_was_under_way_and_keeps_what_had_not_begun(desk: Desk) -> None:
    under_way = desk.say(9.0)
    waiting = desk.say(1.0)
    desk.pump()
    desk.channel.lost(desk.now)

    assert desk.run(30.0) == []
    assert [(one.utterance_id, one.outcome) for one in desk.endings] == [(under_way, Outcome.LOST)]
    desk.connect()
    assert {frame["event_id"] for frame in desk.pump()} == {waiting}
    assert desk.happened[1] == Ready(again=True)


def test_an_interrupt_outlives_the_connection(desk: Desk) -> None:
    desk.say(9.0)
    desk.pump()
    desk.channel.interrupt(desk.now)
    desk.channel.lost(desk.now)
    desk.connect()

    assert types(desk.pump()) == ["agent.interrupt"]


def test_interrupting_while_disconnected_silences_what_it_still_has(desk: Desk) -> None:
    desk.say(9.0)
    desk.pump()
    desk.channel.lost(desk.now)
    desk.channel.interrupt(desk.now)
    desk.connect()

    assert types(desk.pump()) == ["agent.interrupt"]


def test_poses_do_not_outlive_the_connection(desk: Desk) -> None:
    desk.channel.listen(True)
    desk.channel.lost(desk.now)
    desk.connect()

    assert desk.pump() == []


def test_a_connection_lost_after_the_end_stays_over(desk: Desk) -> None:
    desk.hear("session.state_updated", state="closed")
    desk.channel.lost(desk.now)

    assert desk.channel.state is SessionState.OVER


# Everything else they say


def test_trouble_unknown_events_and_noise_are_passed_on(desk: Desk) -> None:
    desk.hear("error", error={"type": "video_starvation", "message": "late"})
    desk.hear("agent.new_thing", event_id="e", source_event_id="s")
    desk.hear("session.state_updated", state="paused", event_id="e2")
    desk.channel.receive(b"\xff", desk.now)
    desk.pump()

    assert desk.happened == [
        Trouble(type="error", kind="video_starvation", detail="late"),
        Unknown(type="agent.new_thing", event_id="e", source_event_id="s"),
        Unknown(type="session.state_updated", event_id="e2"),
        Unreadable(reason="not JSON"),
    ]
