"""Webhooks: only what HeyGen signed gets in, and whatever gets in is read or refused."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heygen import InvalidSignature, JobKind, MalformedEvent, parse_webhook, verify_webhook
from heygen.webhooks import BODY_LIMIT

SECRET = "whsec_1"
BODY = b'{"event_type": "avatar_video.success", "event_data": {"video_id": "v1", "callback_id": "J7"}}'


def sign(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_the_documented_algorithm() -> None:
    """A published vector of HMAC-SHA256."""
    mac = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"

    verify_webhook("key", {"Heygen-Signature": mac}, b"The quick brown fox jumps over the lazy dog")


@pytest.mark.parametrize("name", ["Heygen-Signature", "heygen-signature", "HEYGEN-SIGNATURE", "Signature", "signature"])
def test_either_header_in_any_case(name: str) -> None:
    verify_webhook(SECRET, {name: sign(BODY)}, BODY)


def test_hex_digits_in_capitals() -> None:
    verify_webhook(SECRET, {"Signature": f" {sign(BODY).upper()} "}, BODY)


def test_the_new_header_counts_when_both_are_there() -> None:
    with pytest.raises(InvalidSignature):
        verify_webhook(SECRET, {"Signature": sign(BODY), "Heygen-Signature": "00"}, BODY)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Heygen-Signature": ""},
        {"Heygen-Signature": "0" * 64},
        {"Heygen-Signature": "ü" * 64},
        {"Heygen-Signature": "\ud800"},
        {"Heygen-Signature": sign(BODY)[:-1]},
        {"Heygen-Signature": sign(BODY, "other")},
        {"X-Signature": sign(BODY)},
    ],
)
def test_what_is_not_signed_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidSignature):
        verify_webhook(SECRET, headers, BODY)


def test_without_a_secret_nothing_is_accepted() -> None:
    with pytest.raises(InvalidSignature, match="secret"):
        verify_webhook("", {"Signature": hmac.new(b"", BODY, hashlib.sha256).hexdigest()}, BODY)


def test_errors_do_not_tell_the_right_signature() -> None:
    with pytest.raises(InvalidSignature) as caught:
        verify_webhook(SECRET, {"Signature": "00"}, BODY)
    assert sign(BODY) not in str(caught.value)


@pytest.mark.parametrize("timestamp", ["1000", "1300", "700", " 1000 "])
def test_a_fresh_timestamp(timestamp: str) -> None:
    verify_webhook(SECRET, {"Signature": sign(BODY), "Heygen-Timestamp": timestamp}, BODY, now=1000.0)


@pytest.mark.parametrize("timestamp", ["1301", "699", "", "now", "-1000", "1e3", "٣" * 4, "9" * 400])
def test_a_stale_or_odd_timestamp(timestamp: str) -> None:
    headers = {"Signature": sign(BODY), "heygen-timestamp": timestamp}

    with pytest.raises(InvalidSignature, match="timestamp"):
        verify_webhook(SECRET, headers, BODY, now=1000.0)


def test_the_timestamp_is_optional() -> None:
    verify_webhook(SECRET, {"Signature": sign(BODY)}, BODY, now=1000.0)


def test_without_a_clock_the_timestamp_is_ignored() -> None:
    verify_webhook(SECRET, {"Signature": sign(BODY), "Heygen-Timestamp": "0"}, BODY)


HEADERS = st.dictionaries(
    st.sampled_from(["Heygen-Signature", "signature", "Heygen-Timestamp", "Other"]) | st.text(), st.text()
)


@given(st.text(), HEADERS, st.binary())
def test_verify_raises_nothing_but_its_own_error(secret: str, headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(InvalidSignature):
        verify_webhook(secret, headers, body, now=0.0)


@given(st.text(min_size=1), st.binary())
def test_what_was_signed_is_accepted(secret: str, body: bytes) -> None:
    verify_webhook(secret, {"Signature": sign(body, secret)}, body)


@given(st.binary(min_size=1), st.data())
def test_a_changed_body_is_refused(body: bytes, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(body) - 1))
    changed = bytearray(body)
    changed[position] ^= data.draw(st.integers(1, 255))

    with pytest.raises(InvalidSignature):
        verify_webhook(SECRET, {"Signature": sign(body)}, bytes(changed))


def test_an_event() -> None:
    body = BODY[:-1] + b', "event_id": "ev1", "created_at": "2026-11-22T00:00:00Z"}'
    event = parse_webhook(body, {})

    assert (event.event_id, event.event_type) == ("ev1", "avatar_video.success")
    assert (event.kind, event.provider_id, event.success) == (JobKind.VIDEO, "v1", True)
    assert (event.callback_id, event.created_at) == ("J7", datetime(2026, 11, 22, tzinfo=UTC))


def test_the_older_name_of_the_type() -> None:
    body = b'{"event": "video_translate.fail", "event_data": {"video_translate_id": "t1"}}'
    event = parse_webhook(body, {})

    assert (event.event_type, event.kind, event.provider_id) == (
        "video_translate.fail",
        JobKind.TRANSLATION,
        "t1",
    )


@pytest.mark.parametrize(
    ("headers", "body_id", "expected"),
    [
        ({"heygen-EVENT-id": "from-header"}, "from-body", "from-header"),
        ({}, "from-body", "from-body"),
        ({"Heygen-Event-Id": ""}, "from-body", "from-body"),
        ({"Heygen-Event-Id": "two words"}, "from-body", "from-body"),
        ({"Heygen-Event-Id": "x" * 129}, "from-body", "from-body"),
        ({}, 17, "17"),
    ],
)
def test_where_the_id_comes_from(headers: dict[str, str], body_id: Any, expected: str) -> None:
    body = json.dumps({"event_type": "a", "event_id": body_id}).encode()

    assert parse_webhook(body, headers).event_id == expected


@pytest.mark.parametrize("body_id", [b"null", b'"a b"', b"{}", b'"' + b"x" * 200 + b'"'])
def test_without_an_id_the_body_is_digested(body_id: bytes) -> None:
    body = b'{"event_type": "a", "event_id": ' + body_id + b"}"

    assert parse_webhook(body, {}).event_id == "sha256:" + hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("data", [b"null", b"[]", b'"x"'])
def test_an_event_without_data_is_still_an_event(data: bytes) -> None:
    assert parse_webhook(b'{"event_type": "a", "event_data": ' + data + b"}", {}).data == {}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff", b"{}", b'{"event_type": 5}', b'{"event_type": ""}', b"[" * 100_000],
    ids=repr,
)
def test_what_is_no_event(body: bytes) -> None:
    with pytest.raises(MalformedEvent):
        parse_webhook(body, {})


def test_a_body_beyond_the_limit_is_not_read() -> None:
    fits = BODY + b" " * (BODY_LIMIT - len(BODY))

    assert parse_webhook(fits, {}).provider_id == "v1"
    with pytest.raises(MalformedEvent, match="more than"):
        parse_webhook(fits + b" ", {})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
EVENTS = st.fixed_dictionaries(
    {"event_type": JSON}, optional={"event_id": JSON, "event_data": JSON, "event": JSON, "created_at": JSON}
)


@given(st.one_of(st.binary(), (JSON | EVENTS).map(lambda value: json.dumps(value).encode())), HEADERS)
def test_parse_raises_nothing_but_its_own_error(body: bytes, headers: dict[str, str]) -> None:
    try:
        event = parse_webhook(body, headers)
    except MalformedEvent:
        return
    assert event.event_id
    assert event.event_type
