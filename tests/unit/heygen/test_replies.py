"""Which answer means what."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import heygen
from heygen import APIError, HeyGenError, Reply, Request, UnexpectedReply, read_reply, retry_after

GET = Request(operation="videoGet", method="GET", path="/v3/videos/v1")
POST = Request(operation="videoCreate", method="POST", path="/v3/videos")
KEYED = Request(operation="videoCreate", method="POST", path="/v3/videos", idempotency_key="k1")
DELETE = Request(operation="videoDelete", method="DELETE", path="/v3/videos/v1")


def failure(status: int, body: Any = None, request: Request = GET, **headers: str) -> APIError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    dashed = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(APIError) as caught:
        read_reply(request, status, dashed, raw, now=0.0)
    return caught.value


def coded(code: str, **more: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": "No.", **more}}


CLASSES = [
    (400, "InvalidRequest", "validation_error"),
    (401, "Unauthorized", "unauthorized"),
    (402, "InsufficientCredit", "insufficient_credit"),
    (403, "Forbidden", "forbidden"),
    (404, "NotFound", "not_found"),
    (405, "APIError", "unclassified_client_error"),
    (409, "Conflict", "conflict"),
    (410, "Gone", "endpoint_sunset"),
    (413, "InvalidRequest", "payload_too_large"),
    (422, "InvalidRequest", "validation_error"),
    (429, "RateLimited", "rate_limit_exceeded"),
    (500, "ServerError", "unclassified_server_error"),
    (502, "ServerError", "unclassified_server_error"),
    (504, "ServerError", "unclassified_server_error"),
    (599, "ServerError", "unclassified_server_error"),
]


@pytest.mark.parametrize("body", [b"", b"<html>bad gateway</html>", b"[]", b"{}", b'"x"', b"\xff"])
@pytest.mark.parametrize(("status", "name", "code"), CLASSES)
def test_without_a_usable_body_the_status_decides(status: int, name: str, code: str, body: bytes) -> None:
    error = failure(status, body)

    assert (type(error).__name__, error.code, error.status) == (name, code, status)


def test_codes_are_compared_in_lower_case() -> None:
    assert failure(404, coded("AVATAR_NOT_FOUND")).code == "avatar_not_found"


@pytest.mark.parametrize(
    ("status", "code", "cls", "retryable"),
    [
        (409, "REQUEST_IN_PROGRESS", heygen.RequestInProgress, True),
        (409, "resource_not_ready", heygen.Conflict, True),
        (409, "conflict", heygen.Conflict, False),
        (429, "rate_limit_exceeded", heygen.RateLimited, True),
        (429, "quota_exceeded", heygen.QuotaExceeded, False),
        (400, "download_failed", heygen.InvalidRequest, False),
        (402, "trial_limit_exceeded", heygen.InsufficientCredit, False),
    ],
)
def test_codes_refine_the_class(status: int, code: str, cls: type[APIError], retryable: bool) -> None:
    error = failure(status, coded(code), POST)

    assert type(error) is cls
    assert (error.retryable, error.outcome_unknown) == (retryable, False)


@pytest.mark.parametrize(
    ("request_", "unknown", "retryable"),
    [(GET, False, True), (POST, True, False), (KEYED, True, True), (DELETE, True, True)],
    ids=["get", "post", "keyed-post", "delete"],
)
def test_a_server_error_leaves_a_write_open(request_: Request, unknown: bool, retryable: bool) -> None:
    error = failure(500, coded("internal_error"), request_)

    assert (error.outcome_unknown, error.retryable) == (unknown, retryable)


def test_a_408_leaves_a_write_open() -> None:
    assert failure(408, b"", POST).outcome_unknown


def test_the_text_names_operation_status_code_and_request() -> None:
    error = failure(400, coded("invalid_parameter", param="title"), x_request_id="req-7")

    assert str(error) == "videoGet: HTTP 400 invalid_parameter (request req-7)"
    assert (error.param, error.detail, error.request_id) == ("title", "No.", "req-7")


def test_the_vendors_sentence_is_cut_and_not_in_the_text() -> None:
    error = failure(400, {"error": {"message": "secret script " * 100}})

    assert len(error.detail) == 300
    assert "secret" not in str(error) + repr(error)


@pytest.mark.parametrize("code", ["has spaces and text", "x" * 129, "", 17, None, ["a"]])
def test_a_code_that_is_no_code_is_not_repeated(code: Any) -> None:
    assert failure(400, {"error": {"code": code}}).code == "validation_error"


@pytest.mark.parametrize("request_id", ["two words", "x" * 129, "a\nb"])
def test_an_unprintable_request_id_is_dropped(request_id: str) -> None:
    assert failure(400, b"", X_Request_Id=request_id).request_id is None


def test_an_error_that_is_a_bare_string() -> None:
    error = failure(400, {"error": "No.", "code": "Invalid_Parameter"})

    assert (error.code, error.detail) == ("invalid_parameter", "No.")


def test_a_legacy_error_without_envelope() -> None:
    assert failure(400, {"code": 400123, "message": "Old."}).detail == "Old."


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[" * 100 + b"]" * 100, "not JSON"),
        (b'{"error": {"code": "X_Y", "message": "m"}, "data": {}}', "carries an error x_y"),
        (b'{"error": "failed"}', "carries an error"),
        (b'{"error": {"code": "a b"}}', "carries an error"),
    ],
    ids=["html", "cut", "bytes", "deep", "deeper-than-we-go", "error", "string", "code"],
)
def test_a_200_that_is_no_answer(body: bytes, reason: str) -> None:
    with pytest.raises(UnexpectedReply, match=reason) as caught:
        read_reply(POST, 200, {"X-Request-Id": "r1"}, body, now=0.0)
    assert (caught.value.outcome_unknown, caught.value.request_id) == (True, "r1")


def test_an_unexpected_answer_to_a_read_changed_nothing() -> None:
    with pytest.raises(UnexpectedReply) as caught:
        read_reply(GET, 200, {}, b"<html>", now=0.0)
    assert not caught.value.outcome_unknown


@pytest.mark.parametrize("error", [b"null", b"{}", b'""'])
def test_an_empty_error_key_is_none(error: bytes) -> None:
    assert read_reply(GET, 200, {}, b'{"data": 1, "error": %s}' % error, now=0.0).body["data"] == 1


@pytest.mark.parametrize("status", [100, 204, 302])
def test_only_2xx_is_a_reply(status: int) -> None:
    if status == 204:
        assert read_reply(DELETE, status, {}, b"", now=0.0).body is None
        return
    with pytest.raises(UnexpectedReply, match=str(status)):
        read_reply(DELETE, status, {}, b"", now=0.0)


def test_text_that_no_database_takes_is_cleaned() -> None:
    reply = read_reply(GET, 200, {}, rb'{"a\u0000": ["x\u0000y\ud800z", 1.5, null]}', now=0.0)

    assert reply.body == {"a": ["xy?z", 1.5, None]}


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": " 2.5 "}, 2.5),
        ({"retry-after": "Thu, 01 Jan 1970 00:18:20 GMT"}, 100.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:18:20 -0000"}, 100.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e9"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "99999999"}, 86_400.0),
        ({"retry-after": "soon", "ratelimit-reset": "7"}, 7.0),
        ({"retry-after": "3", "ratelimit-reset": "7"}, 3.0),
        ({"ratelimit-reset": "60"}, 60.0),
        ({"ratelimit-reset": "1700000000"}, 86_400.0),
    ],
)
def test_the_wait_asked_for(headers: dict[str, str], wait: float | None) -> None:
    assert retry_after(headers, now=1000.0) == wait


def test_a_reset_given_as_unix_time() -> None:
    assert retry_after({"ratelimit-reset": "1700000030"}, now=1_700_000_000.0) == 30.0


def test_a_429_carries_the_wait() -> None:
    assert failure(429, coded("rate_limit_exceeded"), Retry_After="2").retry_after == 2.0


DATES = st.from_regex(r"(Mon, )?[0-9]{1,12} [A-Z][a-z]{2} [0-9]{1,12} [0-9]{1,4}:[0-9:]{1,9} ?[-+A-Z0-9]{0,9}")
VALUES = st.one_of(st.text(), DATES, st.integers().map(str), st.floats().map(str))


@given(VALUES, VALUES)
def test_any_header_gives_a_wait_within_a_day_or_none(asked: str, reset: str) -> None:
    wait = retry_after({"retry-after": asked, "ratelimit-reset": reset}, now=1.7e9)

    assert wait is None or 0.0 <= wait <= 86_400.0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["error", "code", "message"]), inner),
)


@given(st.integers(100, 599), st.one_of(st.binary(), JSON.map(lambda value: json.dumps(value).encode())))
def test_any_answer_is_a_reply_or_an_error_of_ours(status: int, raw: bytes) -> None:
    try:
        outcome: type = type(read_reply(POST, status, {"x-request-id": "r"}, raw, now=0.0))
    except HeyGenError as error:
        outcome = type(error)

    assert issubclass(outcome, APIError) if status >= 400 else outcome in (Reply, UnexpectedReply)
    assert outcome is not Reply or 200 <= status < 300
