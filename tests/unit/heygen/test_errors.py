"""The tree of errors and their texts."""

from __future__ import annotations

import pytest

import heygen
from heygen import APIError, ConnectionFailed, HeyGenError, Timeout, UnexpectedReply, errors

ALL = [value for value in vars(errors).values() if isinstance(value, type) and value.__module__ == errors.__name__]


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_every_error_is_public_in_the_tree_and_in_its_description(cls: type[Exception]) -> None:
    assert issubclass(cls, HeyGenError)
    assert cls.__name__ in heygen.__all__
    assert cls.__name__ in (errors.__doc__ or "")


def test_plain_errors_know_their_outcome() -> None:
    error = heygen.InvalidSignature("no")

    assert (error.outcome_unknown, error.retryable, error.retry_after) == (False, False, None)


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (False, "x: could not connect"),
        (True, "x: connection lost while waiting for the answer"),
        (None, "x: connection lost while sending"),
    ],
)
def test_a_failed_connection_says_when(sent: bool | None, text: str) -> None:
    assert str(ConnectionFailed(operation="x", sent=sent, outcome_unknown=True, retryable=False)) == text


def test_a_timeout_names_its_seconds() -> None:
    error = Timeout(operation="x", seconds=30.0, sent=None, outcome_unknown=True, retryable=True)

    assert (str(error), error.retryable) == ("x: no answer within 30 s", True)


def test_an_api_error_without_request_id() -> None:
    assert str(APIError(operation="x", status=418, code="teapot")) == "x: HTTP 418 teapot"


def test_an_unexpected_reply_without_status() -> None:
    assert str(UnexpectedReply(operation="x", reason="odd")) == "x: odd"
