"""read_event: every dialect says the same, and nothing makes it raise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heygen.live import SessionState, Trouble, Unknown, Unreadable
from heygen.live.events import (
    FRAME_LIMIT,
    Acknowledged,
    Event,
    PoseChanged,
    SpeechBegan,
    SpeechEnded,
    StateUpdated,
    read_event,
)


def event(**fields: Any) -> Any:
    return read_event(json.dumps(fields))


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("new", SessionState.CONNECTING),
        ("connecting", SessionState.CONNECTING),
        ("connected", SessionState.CONNECTED),
        ("CONNECTED", SessionState.CONNECTED),
        ("closing", SessionState.OVER),
        ("closed", SessionState.OVER),
        ("disconnected", SessionState.OVER),
        ("paused", SessionState.UNKNOWN),
        ("", SessionState.UNKNOWN),
    ],
)
def test_states_of_a_session(word: str, state: SessionState) -> None:
    assert event(type="session.state_updated", state=word).state is state


@pytest.mark.parametrize("name", ["end_reason", "stop_reason"])
def test_a_room_says_that_the_session_was_stopped(name: str) -> None:
    found = event(event_type="session.stopped", **{name: "NO_CREDITS"})

    assert found == StateUpdated(type="session.stopped", state=SessionState.OVER, word="NO_CREDITS")


@pytest.mark.parametrize("field", ["new_state", "state"])
@pytest.mark.parametrize(("word", "talking"), [("talking", True), ("idle", False), ("listening", False)])
def test_poses(field: str, word: str, talking: bool) -> None:
    assert event(type="agent.state_updated", **{field: word}) == PoseChanged(
        type="agent.state_updated", talking=talking
    )


def test_an_unknown_pose_is_an_unknown_event() -> None:
    assert event(type="agent.state_updated", new_state="dancing") == Unknown(type="agent.state_updated")


def test_idling_is_not_talking() -> None:
    assert event(type="agent.idle_started") == PoseChanged(type="agent.idle_started", talking=False)
    assert event(type="agent.idle_ended") == Acknowledged(type="agent.idle_ended")


@pytest.mark.parametrize("family", ["agent", "avatar"])
@pytest.mark.parametrize("field", ["type", "event_type"])
def test_speech_in_both_families(family: str, field: str) -> None:
    assert isinstance(event(**{field: f"{family}.speak_started"}), SpeechBegan)
    assert event(**{field: f"{family}.speak_ended"}) == SpeechEnded(type=f"{family}.speak_ended", interrupted=False)
    assert event(**{field: f"{family}.speak_interrupted"}).interrupted


def test_the_source_names_the_command_before_the_event_does() -> None:
    found = event(type="agent.speak_ended", event_id="fresh", source_event_id="ours", task={"id": 7})

    assert (found.source_event_id, found.event_id, found.task_id) == ("ours", "fresh", "7")
    assert found.names == ("ours", "fresh", "7")


@pytest.mark.parametrize("kind", ["appended", "committed"])
def test_acknowledgements_are_not_speech(kind: str) -> None:
    assert isinstance(event(type=f"agent.audio_buffer_{kind}", event_id="u1"), Acknowledged)


def test_a_cleared_buffer_is_an_interruption() -> None:
    assert event(type="agent.audio_buffer_cleared").interrupted


@pytest.mark.parametrize("kind", ["error", "warning"])
def test_trouble_is_read_and_its_sentence_kept_out_of_the_repr(kind: str) -> None:
    inner = {"type": "video_starvation", "message": "Ann's words " + "x" * 1_000, "event_id": "u1"}
    found = event(type=kind, event_id="e9", **{kind: inner})

    assert isinstance(found, Trouble)
    assert (found.kind, found.warning, found.event_id) == ("video_starvation", kind == "warning", "u1")
    assert len(found.detail) == 300
    assert "Ann" not in repr(found)


@pytest.mark.parametrize("body", [{"error": "no"}, {"message": "no"}, {"error": {"message": "no"}}])
def test_trouble_in_other_shapes(body: Any) -> None:
    assert event(type="error", **body) == Trouble(type="error", kind="error", detail="no")


def test_a_payload_is_looked_into() -> None:
    found = event(type="session.state_updated", event_id="e1", payload={"state": "connected", "event_id": "inner"})

    assert found == StateUpdated(
        type="session.state_updated", event_id="e1", state=SessionState.CONNECTED, word="connected"
    )


def test_bytes_are_read_as_text() -> None:
    assert read_event(b'{"type":"agent.speak_started"}') == SpeechBegan(type="agent.speak_started")


@pytest.mark.parametrize("name", ["user.transcription", "agent.x", "avatar", "."])
def test_other_types_are_kept_as_unknown(name: str) -> None:
    assert event(type=name, event_id="e", source_event_id="s") == Unknown(type=name, event_id="e", source_event_id="s")


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "[]",
        "null",
        "5",
        '"x"',
        "{}",
        '{"type":7}',
        '{"type":"two words"}',
        b"\xff\xfe",
        "\ud800",
        "[" * 100_000,
        '{"type":"x","a":"' + "y" * FRAME_LIMIT + '"}',
    ],
    ids=range(13),
)
def test_what_is_no_event_is_unreadable(frame: Any) -> None:
    assert isinstance(read_event(frame), Unreadable)


_NAMES = st.sampled_from(
    ["type", "event_type", "state", "new_state", "payload", "error", "warning", "task", "id", "event_id", "message"]
)
_WORDS = st.sampled_from(["error", "warning", "session.state_updated", "agent.state_updated", "session.stopped"])
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9) | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=5),
    max_leaves=10,
)


@given(st.binary(max_size=99) | st.text(max_size=99) | JSON.map(json.dumps))
def test_reading_never_raises(frame: str | bytes) -> None:
    assert isinstance(read_event(frame), Event | Unreadable)
