"""LiveAvatar's HTTP answers: which error each stands for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heygen import (
    APIError,
    Forbidden,
    HeyGenError,
    InsufficientCredit,
    InvalidRequest,
    NotFound,
    RateLimited,
    Request,
    ServerError,
    Unauthorized,
)
from heygen.live import SessionLimitReached, read_live_reply
from heygen.replies import REPLY_LIMIT

START = Request(operation="liveSessionStart", method="POST", path="/v1/sessions/start", json={})
SECRET = "Ann's secret plan"


def read(status: int, body: Any, headers: Any = None) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_live_reply(START, status, headers or {}, raw, now=1_000.0)


def error(status: int, body: Any, headers: Any = None) -> APIError:
    with pytest.raises(APIError) as caught:
        read(status, body, headers)
    return caught.value


@pytest.mark.parametrize("code", [100, 1000, 0, None])
def test_success_is_the_status_not_the_code(code: Any) -> None:
    assert read(201, {"code": code, "data": {"a": 1}, "message": ""}).body["data"] == {"a": 1}


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, InvalidRequest), (401, Unauthorized), (403, Forbidden), (404, NotFound), (422, InvalidRequest)],
)
def test_the_status_decides_the_class(status: int, kind: Any) -> None:
    found = error(status, {"code": 4711, "data": None, "message": "no"})

    assert type(found) is kind
    assert (found.status, found.code, found.detail) == (status, "4711", "no")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, {"code": 4003, "message": "no"}),
        (403, {"code": 1, "message": "Session concurrency limit reached"}),
        (400, {"message": "CONCURRENCY LIMIT of your plan"}),
    ],
)
def test_too_many_sessions(status: int, body: Any) -> None:
    found = error(status, body)

    assert isinstance(found, SessionLimitReached)
    assert not found.outcome_unknown


@pytest.mark.parametrize("status", [400, 402, 403])
def test_no_credits(status: int) -> None:
    assert isinstance(error(status, {"code": 1, "message": "Not enough credits"}), InsufficientCredit)


@pytest.mark.parametrize(("status", "kind"), [(401, Unauthorized), (404, NotFound), (429, RateLimited)])
def test_words_do_not_overrule_a_clear_status(status: int, kind: Any) -> None:
    assert type(error(status, {"message": "credit concurrency limit"})) is kind


def test_a_server_error_may_have_started_something() -> None:
    found = error(500, {"message": "credits"})

    assert isinstance(found, ServerError)
    assert found.outcome_unknown


@pytest.mark.parametrize(
    "body",
    [
        {"message": SECRET},
        {"data": [{"message": SECRET}]},
        {"detail": [{"loc": ["body", "avatar_id"], "msg": SECRET, "type": "missing"}]},
    ],
)
def test_the_sentence_is_found_and_kept_out_of_the_text(body: Any) -> None:
    found = error(422, body)

    assert found.detail == SECRET
    assert SECRET not in str(found) + repr(found)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"x"', b"{" * 9, b" " * (REPLY_LIMIT + 1)])
def test_a_body_that_says_nothing_leaves_the_status(body: bytes) -> None:
    assert error(403, body).code == "forbidden"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "7", "X-RateLimit-Reset": "1"}, 7),
        ({"X-RateLimit-Reset": "3"}, 3),
        ({"X-RateLimit-Reset": "3", "RateLimit-Reset": "4"}, 4),
        ({}, None),
    ],
)
def test_how_long_to_wait(headers: Any, wait: Any) -> None:
    found = error(429, {"message": "slow down"}, headers)

    assert (found.retry_after, found.retryable) == (wait, True)


# What a database refuses is taken out of texts on the way.
_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXT,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["code", "message", "data", "detail", "msg", "error"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(status=st.integers(200, 599), body=_JSON)
def test_any_answer_is_a_reply_or_an_error_of_ours(status: int, body: Any) -> None:
    try:
        reply = read(status, body)
    except HeyGenError:
        assert status >= 300 or "error" in body
    else:
        assert reply.body == body
