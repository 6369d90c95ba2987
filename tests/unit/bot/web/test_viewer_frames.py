"""What a page may say on its websocket, and how what it may not say is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.live.ports import EndPressed, Hello, Muted, RoomReady, Sound, Typed
from bot.web.viewer_frames import BadFrameError, Pong, read_sound, read_text

HELLO = {"type": "hello", "version": 1, "consent": True, "microphone": False, "language": "de"}


def refused(frame: str | bytes) -> int:
    """The code that a frame is refused with."""
    with pytest.raises(BadFrameError) as caught:
        read_sound(frame) if isinstance(frame, bytes) else read_text(frame)
    return caught.value.code


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (HELLO, Hello(consent=True, microphone=False, language="de")),
        (HELLO | {"language": "fil"}, Hello(consent=True, microphone=False)),
        (HELLO | {"language": 7}, Hello(consent=True, microphone=False)),
        ({"type": "ready"}, RoomReady()),
        ({"type": "text", "text": " What now?\n"}, Typed("What now?")),
        ({"type": "mute", "muted": True}, Muted(True)),
        ({"type": "end", "and": "more"}, EndPressed()),
        ({"type": "pong"}, Pong()),
    ],
    ids=["hello", "long language", "odd language", "ready", "text", "mute", "end", "pong"],
)
def test_each_message_is_what_it_says(said: dict[str, Any], meant: object) -> None:
    assert read_text(json.dumps(said)) == meant


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", 1007),
        ("{", 1007),
        ("[" * 16_000, 1007),
        ('{"type": "text", "text": "' + "9" * 16_384 + '"}', 1009),
        ("[]", 1003),
        ("null", 1003),
        ("{}", 1003),
        ('{"type": ["text"]}', 1003),
        ('{"type": "speak"}', 1003),
        (json.dumps(HELLO | {"version": 2}), 1003),
        (json.dumps(HELLO | {"version": None}), 1003),
        (json.dumps(HELLO | {"consent": "yes"}), 1003),
        (json.dumps(HELLO | {"microphone": 1}), 1003),
        ('{"type": "mute"}', 1003),
        ('{"type": "text"}', 1003),
        ('{"type": "text", "text": " \\n"}', 1003),
        (json.dumps({"type": "text", "text": "a" * 2_001}), 1009),
    ],
    ids=lambda value: str(value)[:90],
)
def test_what_is_no_message_is_refused(frame: str, code: int) -> None:
    assert refused(frame) == code


def test_two_thousand_characters_fit_however_they_are_written() -> None:
    assert read_text(json.dumps({"type": "text", "text": "ß" * 2_000})) == Typed("ß" * 2_000)


def test_what_databases_refuse_is_taken_out_of_texts() -> None:
    assert read_text('{"type": "text", "text": "a\\u0000b\\ud800c\\n\\u001bd"}') == Typed("abc\nd")


@pytest.mark.parametrize(("size", "code"), [(0, 1007), (1_919, 1007), (65_538, 1009)])
def test_sound_comes_in_whole_samples_and_not_too_many(size: int, code: int) -> None:
    assert refused(bytes(size)) == code


@pytest.mark.parametrize("size", [2, 1_920, 65_536])
def test_sound_is_passed_on_as_it_came(size: int) -> None:
    assert read_sound(b"\1\2" * (size // 2)) == Sound(b"\1\2" * (size // 2))


FRAMES = st.text(max_size=200) | st.recursive(st.none() | st.booleans() | st.text(), st.lists, max_leaves=5).map(
    json.dumps
)


@given(FRAMES)
def test_any_other_text_is_refused_with_a_code(frame: str) -> None:
    assert refused(frame) in (1003, 1007)


@given(st.text(max_size=100))
def test_what_comes_out_of_a_text_can_be_stored(words: str) -> None:
    said = read_text(json.dumps({"type": "text", "text": f"-{words}"}))
    assert isinstance(said, Typed)
    assert "\0" not in said.text
    said.text.encode()
