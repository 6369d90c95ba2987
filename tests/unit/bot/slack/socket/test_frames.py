"""Frames of Socket Mode, as Slack sends them and as it never would."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.socket.frames import Disconnect, Envelope, Hello, Reason, Strange, ack, parse

HELLO = {
    "type": "hello",
    "num_connections": 2,
    "debug_info": {"host": "applink-1", "build_number": 10, "approximate_connection_time": 18060},
    "connection_info": {"app_id": "A1"},
}
EVENT = {
    "envelope_id": "dbdd0ef3",
    "type": "events_api",
    "payload": {"type": "event_callback", "event_id": "Ev1"},
    "accepts_response_payload": False,
    "retry_attempt": 1,
    "retry_reason": "timeout",
}


def read(frame: Any) -> Any:
    return parse(json.dumps(frame))


def test_hello_tells_the_app_and_how_long() -> None:
    assert read(HELLO) == Hello("A1", 2, 18060.0)


@pytest.mark.parametrize("seconds", [None, "soon", True, 0, -5, float("inf"), float("nan")])
def test_a_lifetime_that_is_none_is_unknown(seconds: Any) -> None:
    assert read(HELLO | {"debug_info": {"approximate_connection_time": seconds}}) == Hello("A1", 2, None)


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.OTHER])
def test_a_disconnect_has_a_reason(reason: Reason) -> None:
    assert read({"type": "disconnect", "reason": str(reason)}) == Disconnect(reason, str(reason))


@pytest.mark.parametrize("word", ["socket_moved", "", None, 7])
def test_a_reason_that_nobody_knows_is_kept_as_a_word(word: Any) -> None:
    assert read({"type": "disconnect", "reason": word}) == Disconnect(
        Reason.OTHER, word if word == "socket_moved" else ""
    )


def test_an_envelope_is_read_with_its_repetition() -> None:
    frame = read(EVENT)
    assert (frame.id, frame.kind, frame.takes_payload) == ("dbdd0ef3", "events_api", False)
    assert (frame.attempt, frame.retry_reason, frame.payload["event_id"]) == (1, "timeout", "Ev1")


def test_what_people_wrote_is_not_in_an_envelopes_repr() -> None:
    assert "Ev1" not in repr(read(EVENT))


def test_a_kind_of_envelope_that_nobody_knows_is_one_too() -> None:
    assert isinstance(read(EVENT | {"type": "workflow_step"}), Envelope)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        '{"type": "pong"}',
        '{"envelope_id": "e"}',
        '{"envelope_id": "e", "payload": "x"}',
        "[" * 9999,
    ],
)
def test_what_is_no_frame_is_strange(text: str) -> None:
    assert isinstance(parse(text), Strange)


def test_an_ack_names_its_envelope() -> None:
    assert json.loads(ack(read(EVENT), None)) == {"envelope_id": "dbdd0ef3"}


@pytest.mark.parametrize(("takes", "keys"), [(True, {"envelope_id", "payload"}), (False, {"envelope_id"})])
def test_an_answer_is_given_only_where_slack_takes_one(takes: bool, keys: set[str]) -> None:
    envelope = read(EVENT | {"accepts_response_payload": takes})
    assert set(json.loads(ack(envelope, {"text": "hi"}))) == keys


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
fields = st.fixed_dictionaries({}, optional=dict.fromkeys([*HELLO, *EVENT, "reason"], anything))


@given(fields | anything, st.sampled_from(["hello", "disconnect", "events_api", None]))
def test_any_json_gets_an_answer(frame: Any, kind: str | None) -> None:
    if isinstance(frame, dict) and kind is not None:
        frame = {**frame, "type": kind}
    assert isinstance(read(frame), Hello | Disconnect | Envelope | Strange)


@given(st.binary(max_size=50))
def test_any_bytes_get_an_answer(raw: bytes) -> None:
    assert isinstance(parse(raw), Hello | Disconnect | Envelope | Strange)
