"""Channel: what leaves, when, and what never leaves."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from heygen.live import Outcome, Ready, SessionState, Spoken
from heygen.live.channel import ROOM_SECONDS, UTTERANCE_LIMIT

from .conftest import Desk, pcm, seconds_in


def types(frames: list[dict[str, Any]]) -> list[str]:
    return [frame["type"] for frame in frames]


# The gate


def test_nothing_leaves_before_connected() -> None:
    desk = Desk()
    desk.say(1.0)
    desk.channel.listen(True)

    assert desk.pump() == []
    assert desk.channel.next_due(desk.now) is None
    desk.connect()
    assert types(desk.pump()) == ["agent.speak", "agent.speak", "agent.speak_end"]
    assert desk.happened[0] == Ready(again=False)


@pytest.mark.parametrize("word", ["new", "connecting", "connected", "paused"])
def test_a_late_word_does_not_close_the_gate(desk: Desk, word: str) -> None:
    desk.hear("session.state_updated", state=word)

    assert desk.channel.state is SessionState.CONNECTED
    desk.say(1.0)
    assert desk.pump()


def test_connected_twice_is_one_ready() -> None:
    desk = Desk()
    desk.connect()
    desk.connect()

    assert desk.happened == [Ready(again=False)]


def test_what_somebody_else_left_is_silenced_before_anything_is_said() -> None:
    desk = Desk()
    desk.channel.silence(desk.now)
    desk.say(1.0)
    desk.connect()

    assert types(desk.pump()) == ["agent.interrupt", "agent.speak", "agent.speak", "agent.speak_end"]


# Sound


def test_an_utterance_leaves_in_order_under_one_id(desk: Desk) -> None:
    utterance = desk.say(2.0)
    frames = desk.run(1.0)

    assert types(frames) == ["agent.speak", "agent.speak", "agent.speak", "agent.speak_end"]
    assert {frame["event_id"] for frame in frames} == {utterance}
    assert b"".join(base64.b64decode(frame["audio"]) for frame in frames[:3]) == pcm(2.0)


def test_the_first_chunk_is_small_and_the_others_a_second(desk: Desk) -> None:
    desk.say(2.4)

    assert [seconds_in([frame]) for frame in desk.pump()] == [0.4, 1.0, 1.0, 0.0]


def test_three_seconds_leave_at_once_and_then_the_pace_is_that_of_sound(desk: Desk) -> None:
    desk.say(20.0)
    ahead = []
    for _ in range(60):
        desk.run(0.25)
        ahead.append(seconds_in(desk.sent) - (desk.now - 1_000.0))

    assert max(ahead) <= 3.0
    assert min(ahead) >= 1.5
    assert seconds_in(desk.sent) > 15.0


def test_the_end_leaves_with_the_last_sound_not_after_it(desk: Desk) -> None:
    desk.say(5.0)
    desk.run(2.5)

    assert types(desk.sent)[-1] == "agent.speak_end"


def test_a_part_of_a_chunk_leaves_after_a_short_quiet(desk: Desk) -> None:
    desk.say(0.7, complete=False)

    assert seconds_in(desk.pump()) == pytest.approx(0.4)
    assert desk.run(0.19) == []
    assert seconds_in(desk.run(0.02)) == pytest.approx(0.3)


def test_sound_that_trickles_in_is_not_quiet(desk: Desk) -> None:
    utterance = desk.say(0.5, complete=False)
    desk.pump()
    for _ in range(4):
        desk.run(0.15)
        desk.channel.add(utterance, pcm(0.02), desk.now)

    assert seconds_in(desk.sent) == pytest.approx(0.4)


def test_a_first_chunk_never_leaves_too_small_by_itself(desk: Desk) -> None:
    utterance = desk.say(0.3, complete=False)

    assert desk.run(3.0) == []
    desk.channel.complete(utterance)
    assert types(desk.pump()) == ["agent.speak", "agent.speak_end"]


def test_half_a_sample_waits_for_its_other_half(desk: Desk) -> None:
    utterance = desk.say(0.4, complete=False)
    desk.channel.add(utterance, b"\x07", desk.now)
    desk.run(1.0)
    desk.channel.add(utterance, b"\x08", desk.now)
    desk.channel.complete(utterance)
    desk.pump()

    assert base64.b64decode(desk.sent[1]["audio"]) == b"\x07\x08"


def test_an_utterance_without_sound_is_over_without_a_frame(desk: Desk) -> None:
    silent = desk.say(0.0)
    spoken = desk.say(0.5)

    assert {frame["event_id"] for frame in desk.pump()} == {spoken}
    assert desk.endings == [Spoken(utterance_id=silent, outcome=Outcome.COMPLETED, sent_seconds=0.0, heard_seconds=0.0)]


def test_the_next_utterance_completes_one_left_open(desk: Desk) -> None:
    first = desk.say(0.5, complete=False)
    second = desk.say(0.5)

    assert [(frame["type"], frame["event_id"]) for frame in desk.pump()] == [
        ("agent.speak", first),
        ("agent.speak", first),
        ("agent.speak_end", first),
        ("agent.speak", second),
        ("agent.speak", second),
        ("agent.speak_end", second),
    ]
    assert not desk.channel.add(first, pcm(0.1), desk.now)


def test_what_waits_is_bounded(desk: Desk) -> None:
    utterance = desk.say(ROOM_SECONDS + 3.5, complete=False)

    assert not desk.channel.has_room
    desk.pump()
    desk.run(1.5)
    assert desk.channel.has_room
    assert desk.channel.is_open(utterance)


def test_utterances_that_wait_are_bounded(desk: Desk) -> None:
    for _ in range(UTTERANCE_LIMIT):
        desk.say(0.1)

    assert not desk.channel.has_room
    with pytest.raises(ValueError, match="too many"):
        desk.channel.begin(desk.now)


def test_what_can_leave_is_due_now(desk: Desk) -> None:
    desk.channel.listen(True)
    assert desk.channel.next_due(desk.now) == desk.now
    desk.pump()
    utterance = desk.say(0.4, complete=False)
    desk.pump()
    desk.channel.complete(utterance)
    assert desk.channel.next_due(desk.now) == desk.now


# Interrupting


def test_after_an_interrupt_no_sound_of_the_interrupted_leaves(desk: Desk) -> None:
    utterance = desk.say(10.0, complete=False)
    desk.pump()
    desk.channel.interrupt(desk.now)

    assert not desk.channel.add(utterance, pcm(2.0), desk.now)
    desk.channel.complete(utterance)
    assert types(desk.run(20.0)) == ["agent.interrupt"]


def test_an_interrupt_goes_out_although_no_event_said_it_speaks(desk: Desk) -> None:
    desk.say(0.4, complete=False)
    desk.pump()
    desk.channel.interrupt(desk.now)

    assert types(desk.pump()) == ["agent.interrupt"]


def test_nothing_is_interrupted_when_nothing_left(desk: Desk) -> None:
    utterance = desk.say(0.2, complete=False)
    desk.channel.interrupt(desk.now)

    assert desk.run(5.0) == []
    assert [(one.utterance_id, one.outcome) for one in desk.endings] == [(utterance, Outcome.INTERRUPTED)]


def test_an_interrupt_goes_before_everything_that_waits(desk: Desk) -> None:
    desk.channel.listen(True)
    desk.say(9.0)
    desk.channel.next_frame(desk.now)
    desk.channel.next_frame(desk.now)
    desk.channel.interrupt(desk.now)
    desk.channel.listen(True)
    after = desk.say(0.4)

    frames = desk.pump()
    assert types(frames) == ["agent.interrupt", "agent.start_listening", "agent.speak", "agent.speak_end"]
    assert frames[2]["event_id"] == after


def test_interrupting_twice_sends_one_command(desk: Desk) -> None:
    desk.say(5.0)
    desk.pump()
    desk.channel.interrupt(desk.now)
    desk.channel.interrupt(desk.now)

    assert types(desk.pump()) == ["agent.interrupt"]


def test_after_an_interrupt_the_next_utterance_leaves_at_once(desk: Desk) -> None:
    desk.say(9.0)
    desk.pump()
    desk.channel.interrupt(desk.now)
    desk.pump()
    desk.say(2.0)

    assert seconds_in(desk.pump()) == 2.0


def test_what_was_heard_of_an_interrupted_utterance(desk: Desk) -> None:
    utterance = desk.say(10.0)
    desk.pump()
    desk.run(0.25)
    desk.hear("agent.speak_started", source_event_id=utterance)
    desk.run(1.5)
    desk.channel.interrupt(desk.now)
    desk.pump()

    assert desk.endings[0].heard_seconds == pytest.approx(1.5)
    assert desk.endings[0].sent_seconds == pytest.approx(4.4)


def test_without_events_the_clock_says_what_was_heard(desk: Desk) -> None:
    desk.say(10.0)
    desk.run(2.5)
    desk.channel.interrupt(desk.now)
    desk.pump()

    assert desk.endings[0].heard_seconds == pytest.approx(1.5)


def test_more_than_was_sent_was_never_heard(desk: Desk) -> None:
    utterance = desk.say(0.4, complete=False)
    desk.pump()
    desk.hear("agent.speak_started", source_event_id=utterance)
    desk.run(8.0)
    desk.channel.interrupt(desk.now)
    desk.pump()

    assert desk.endings[0].heard_seconds == pytest.approx(0.4)


# Poses and keep-alive


def test_a_pose_is_not_taken_while_there_is_something_to_say(desk: Desk) -> None:
    desk.say(0.5)

    assert desk.channel.listen(True) is False
    assert "agent.start_listening" not in types(desk.pump())


def test_only_the_last_of_several_poses_leaves(desk: Desk) -> None:
    assert desk.channel.listen(True)
    assert desk.channel.listen(False)

    assert types(desk.pump()) == ["agent.stop_listening"]


def test_a_session_is_kept_alive_every_minute_whatever_else_is_sent(desk: Desk) -> None:
    desk.say(100.0)

    assert types(desk.run(181.0)).count("session.keep_alive") == 3


def test_every_command_has_an_id_of_its_own(desk: Desk) -> None:
    desk.channel.listen(True)
    desk.run(121.0)

    ids = [frame["event_id"] for frame in desk.sent]
    assert len(ids) == 3
    assert len(set(ids)) == 3
