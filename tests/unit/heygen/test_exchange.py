"""Request: what it allows and what it does not show."""

from __future__ import annotations

import pytest

from heygen import Request


@pytest.mark.parametrize("key", ["", "a b", "ü", "x" * 256, "a\n", "a/b"])
def test_a_key_heygen_would_refuse_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="idempotency key"):
        Request(operation="x", method="POST", path="/", idempotency_key=key)


@pytest.mark.parametrize("key", ["a", "x" * 255, "Aa0_:.-"])
def test_documented_keys_are_accepted(key: str) -> None:
    assert Request(operation="x", method="POST", path="/", idempotency_key=key).repeatable


@pytest.mark.parametrize(
    ("method", "repeatable"),
    [("GET", True), ("PUT", True), ("DELETE", True), ("POST", False), ("PATCH", False)],
)
def test_what_may_be_done_twice(method: str, repeatable: bool) -> None:
    assert Request(operation="x", method=method, path="/").repeatable is repeatable  # type: ignore[arg-type]


def test_nothing_of_a_customer_in_the_repr() -> None:
    request = Request(operation="x", method="POST", path="/", query={"title": "Q3 plan"}, json={"s": "Q3 plan"})

    assert "Q3 plan" not in repr(request)


def test_no_request_repeats_itself_unasked() -> None:
    assert not Request(operation="x", method="POST", path="/", idempotency_key="k").retry_in_call
