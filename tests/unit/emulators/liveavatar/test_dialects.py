"""Every form of the events tells of the same conversation, each in its own words."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from emulators.liveavatar import DIALECTS, LiveAvatarEmulator
from emulators.liveavatar.dialects import Event

SPOKEN = [
    Event("session", state="opening"),
    Event("session", state="connected"),
    Event("appended", "u1"),
    Event("committed", "u1"),
    Event("speak_started", "u1"),
    Event("pose", "u1", before="idle", pose="talking"),
    Event("speak_ended", "u1"),
    Event("pose", "u1", before="talking", pose="idle"),
]
INTERRUPTED = [
    Event("cleared", "i1"),
    Event("speak_interrupted", "u1", interrupt="i1"),
    Event("pose", "u1", before="talking", pose="idle"),
]


def told(name: str, events: list[Event]) -> list[dict[str, Any]]:
    numbers = itertools.count(1)
    dialect = DIALECTS[name]
    return [frame for event in events for frame in dialect.render(event, lambda: f"fresh-{next(numbers)}")]


def words(frames: list[dict[str, Any]]) -> list[str]:
    return [frame["type"].removeprefix("agent.") for frame in frames]


STATES = ["session.state_updated"] * 2
BUFFER = ["audio_buffer_appended", "audio_buffer_committed"]
CONVERSATIONS = {
    "documented": [*STATES, *BUFFER, "speak_started", "state_updated", "speak_ended", "state_updated"],
    "current": [*STATES, *BUFFER, "speak_started", "state_updated", "speak_ended", "state_updated"],
    "poses": [*STATES, "state_updated", "state_updated"],
    "short_poses": [*STATES, "state_updated", "state_updated"],
    "speech_only": [*STATES, "speak_started", "speak_ended"],
    "idle": [
        *STATES,
        *BUFFER,
        "speak_started",
        "state_updated",
        "idle_ended",
        "speak_ended",
        "state_updated",
        "idle_started",
    ],
    "cleared": [*STATES, *BUFFER, "speak_started", "speak_ended"],
    "anonymous": [*STATES, *BUFFER, "speak_started", "state_updated", "speak_ended", "state_updated"],
    "nested": [*STATES, *BUFFER, "speak_started", "state_updated", "speak_ended", "state_updated"],
}


@pytest.mark.parametrize("name", [*DIALECTS])
def test_a_conversation_is_told(name: str) -> None:
    assert words(told(name, SPOKEN)) == CONVERSATIONS[name]


def test_the_documents_give_our_id_back() -> None:
    frames = told("documented", [Event("speak_started", "u1"), *INTERRUPTED])

    assert [frame["event_id"] for frame in frames] == ["u1", "i1", "i1", "u1"]
    assert all("source_event_id" not in frame for frame in frames)


def test_the_service_as_it_was_met_gives_ids_of_its_own_and_ours_beside_them() -> None:
    frames = told("current", [Event("speak_started", "u1"), *INTERRUPTED])

    assert [frame["source_event_id"] for frame in frames] == ["u1", "i1", "u1", "u1"]
    assert len({frame["event_id"] for frame in frames} - {"u1", "i1"}) == 4


def test_one_form_knows_no_ids() -> None:
    assert all(not {"event_id", "source_event_id"} & frame.keys() for frame in told("anonymous", SPOKEN))


def test_one_form_puts_everything_into_a_payload() -> None:
    frame = told("nested", [Event("pose", "u1", before="idle", pose="talking")])[0]

    assert set(frame) == {"type", "payload"}
    assert (frame["payload"]["new_state"], frame["payload"]["source_event_id"]) == ("talking", "u1")


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        ("documented", ["audio_buffer_cleared", "speak_interrupted", "state_updated"]),
        ("cleared", ["audio_buffer_cleared"]),
        ("poses", ["state_updated"]),
        ("speech_only", ["speak_interrupted"]),
    ],
)
def test_an_interrupt_is_told_in_different_words(name: str, heard: list[str]) -> None:
    assert words(told(name, INTERRUPTED)) == heard


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("documented", ["connecting", "connected", "closing", "closed"]),
        ("current", ["new", "connected", "disconnected"]),
    ],
)
def test_the_states_of_a_session_have_two_vocabularies(name: str, states: list[str]) -> None:
    life = [Event("session", state=state) for state in ("opening", "connected", "closing", "closed")]

    assert [frame["state"] for frame in told(name, life)] == states


def test_the_pose_has_two_spellings() -> None:
    pose = [Event("pose", "u1", before="idle", pose="talking")]
    [new], [short] = told("poses", pose), told("short_poses", pose)

    assert (new["previous_state"], new["new_state"]) == ("idle", "talking")
    assert short["state"] == "talking"
    assert "new_state" not in short


def test_errors_and_warnings_are_told_in_every_form() -> None:
    event = Event("error", "u1", error="server_error", message="Oh")

    for name in DIALECTS:
        [frame] = told(name, [event])
        detail = frame.get("payload", frame)["error"]
        assert detail == {"type": "server_error", "message": "Oh", "event_id": "u1"}


async def test_the_dialect_can_be_changed_while_a_session_runs(liveavatar: LiveAvatarEmulator, line) -> None:
    liveavatar.speak_dialect("nested")
    await line.speak("u1", 1.0)

    assert (await line.next())["payload"]["source_event_id"] == "u1"
    with pytest.raises(KeyError):
        liveavatar.speak_dialect("klingon")


async def test_a_new_session_speaks_the_chosen_dialect(liveavatar: LiveAvatarEmulator, dial) -> None:
    liveavatar.speak_dialect("documented")
    line = await dial()

    assert [(await line.next())["state"], (await line.next())["state"]] == ["connecting", "connected"]
    liveavatar.end_session()
    assert [json.loads(text)["state"] for text in await line.rest()] == ["closing", "closed"]
    liveavatar.reset()
    assert liveavatar.dialect.name == "current"
