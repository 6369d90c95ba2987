"""The decision to send again, and the transport that obeys it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heygen import (
    READ_POLICY,
    ConnectionFailed,
    HeyGenError,
    NotFound,
    RateLimited,
    Request,
    RequestInProgress,
    RetryingTransport,
    RetryPolicy,
    ServerError,
    Timeout,
    UnexpectedReply,
    next_wait,
)

GET = Request(operation="get", method="GET", path="/", retry_in_call=True)
POST = Request(operation="post", method="POST", path="/")
PATCH = Request(operation="patch", method="PATCH", path="/")
KEYED = Request(operation="post", method="POST", path="/", idempotency_key="k")
DELETE = Request(operation="delete", method="DELETE", path="/")
UNSAFE = [POST, PATCH]
REPEATABLE = [GET, KEYED, DELETE]


def refused(cls: type[Any] = RateLimited, status: int = 429, **more: Any) -> Any:
    return cls(operation="x", status=status, code="c", **{"retryable": True, **more})


# `retryable` is true even where the request forbids it: another transport's mistake must not double a payment.
OPEN_ENDED = [
    refused(ServerError, 503, outcome_unknown=True),
    ConnectionFailed(operation="x", sent=True, outcome_unknown=True, retryable=True),
    Timeout(operation="x", seconds=30, sent=None, outcome_unknown=True, retryable=True),
]
NAMES = ["5xx", "lost", "timeout"]


def middle() -> float:
    return 0.5


def wait_for(error: HeyGenError, request: Request = GET, attempt: int = 1, **policy: Any) -> float | None:
    return next_wait(attempt, error, request, RetryPolicy(**policy), middle)


@pytest.mark.parametrize("error", OPEN_ENDED, ids=NAMES)
@pytest.mark.parametrize("request_", UNSAFE, ids=["post", "patch"])
def test_a_write_without_key_is_never_repeated(error: HeyGenError, request_: Request) -> None:
    assert wait_for(error, request_) is None


@pytest.mark.parametrize("error", OPEN_ENDED, ids=NAMES)
@pytest.mark.parametrize("request_", REPEATABLE, ids=["get", "keyed", "delete"])
def test_what_may_happen_twice_is_repeated(error: HeyGenError, request_: Request) -> None:
    assert wait_for(error, request_) == 1.0


@pytest.mark.parametrize("request_", UNSAFE + REPEATABLE, ids=["post", "patch", "get", "keyed", "delete"])
def test_429_is_repeated_for_every_method(request_: Request) -> None:
    assert wait_for(refused(), request_) == 1.0


def test_work_in_progress_is_asked_for_again() -> None:
    assert wait_for(refused(RequestInProgress, 409, retry_after=5.0), KEYED) == 5.0


@pytest.mark.parametrize(
    "error",
    [refused(NotFound, 404, retryable=False), UnexpectedReply(operation="x", reason="odd")],
    ids=["404", "unexpected"],
)
def test_what_waiting_does_not_cure_is_not_repeated(error: HeyGenError) -> None:
    assert wait_for(error) is None


def test_waits_double_up_to_the_longest() -> None:
    waits = [wait_for(refused(), attempt=n, retries=7, longest_wait=10.0) for n in range(1, 9)]

    assert waits == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0, 10.0, None]


@pytest.mark.parametrize(("asked", "wait"), [(0.2, 1.0), (9.0, 9.0), (600.0, 30.0)])
def test_an_asked_wait_counts_when_longer_and_is_bounded(asked: float, wait: float) -> None:
    assert wait_for(refused(retry_after=asked)) == wait


@given(st.integers(1, 10), st.floats(0, 1), st.none() | st.floats(0, 1e9))
def test_every_wait_is_bounded(attempt: int, chance: float, asked: float | None) -> None:
    policy = RetryPolicy(retries=10)
    wait = next_wait(attempt, refused(retry_after=asked), GET, policy, lambda: chance)

    assert wait is not None
    assert 0.75 <= wait <= 30.0 * 1.25


class Waits(list[float]):
    async def sleep(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def retrying(transport: Any, waits: Waits) -> RetryingTransport:
    return RetryingTransport(transport, READ_POLICY, waits.sleep, middle)


async def test_a_read_gets_two_more_tries(retrying: Any, transport: Any, waits: Waits) -> None:
    transport.answer(refused(), refused(), {"data": 1})

    assert (await retrying.send(GET)).body == {"data": 1}
    assert waits == [1.0, 2.0]


async def test_the_third_failure_is_raised(retrying: Any, transport: Any) -> None:
    last = refused(ServerError, 502)
    transport.answer(refused(), refused(), last)

    with pytest.raises(ServerError) as caught:
        await retrying.send(GET)
    assert caught.value is last


@pytest.mark.parametrize("request_", [POST, KEYED])
async def test_a_submit_is_sent_once(retrying: Any, transport: Any, waits: Waits, request_: Request) -> None:
    transport.answer(refused())

    with pytest.raises(RateLimited):
        await retrying.send(request_)
    assert waits == []


async def test_an_error_that_is_not_ours_passes_through(retrying: Any, transport: Any, waits: Waits) -> None:
    transport.answer(RuntimeError("bug"))

    with pytest.raises(RuntimeError, match="bug"):
        await retrying.send(GET)
    assert waits == []
