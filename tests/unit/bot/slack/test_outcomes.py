"""What a failed call means."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from bot.slack.delivery import backoff
from bot.slack.outcomes import Failure, Verdict, judge


class Answer:
    def __init__(self, status: int, data: Any, headers: dict[str, str] | None = None) -> None:
        self.status_code = status
        self.data = data
        self.headers = headers or {}


def refused(status: int, data: Any, headers: dict[str, str] | None = None) -> Failure:
    return judge(SlackApiError("failed", Answer(status, data, headers)))  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("channel_not_found", Verdict.REFUSED),
        ("not_in_channel", Verdict.REFUSED),
        ("is_archived", Verdict.REFUSED),
        ("account_inactive", Verdict.REFUSED),
        ("msg_too_long", Verdict.REFUSED),
        ("invalid_blocks", Verdict.BLOCKS),
        ("message_not_found", Verdict.MISSING),
        ("message_not_in_streaming_state", Verdict.NOT_STREAMING),
        ("unknown_method", Verdict.NO_STREAMS),
        ("internal_error", Verdict.UNSURE),
    ],
)
def test_slacks_words_are_judged(code: str, verdict: Verdict) -> None:
    assert refused(200, {"ok": False, "error": code}) == Failure(verdict, code)


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("x", 5.0), (None, 5.0), ("nan", 5.0), ("1e9", 3600.0)])
def test_a_429_says_how_long(header: str | None, seconds: float) -> None:
    headers = {} if header is None else {"Retry-After": header}
    assert refused(429, {}, headers) == Failure(Verdict.RATE_LIMITED, "ratelimited", seconds)


@pytest.mark.parametrize("data", [None, {}, "oops"])
def test_a_server_error_leaves_us_unsure(data: Any) -> None:
    assert refused(502, data) == Failure(Verdict.UNSURE, "http_502")


@pytest.mark.parametrize("data", [None, {"message": "Not Found"}, "<html>"])
def test_an_address_without_a_method_is_none_of_slacks_refusals(data: Any) -> None:
    assert refused(404, data) == Failure(Verdict.NO_METHOD, "http_404")
    assert refused(404, {"ok": False, "error": "unknown_method"}).verdict is Verdict.NO_STREAMS


def test_a_timeout_and_a_reset_leave_us_unsure() -> None:
    assert judge(TimeoutError()).verdict is Verdict.UNSURE
    assert judge(aiohttp.ServerDisconnectedError()).verdict is Verdict.UNSURE


@pytest.mark.parametrize("attempts", [0, 1, 5, 50])
def test_the_backoff_doubles_and_is_bounded(attempts: int) -> None:
    assert 1.0 <= backoff(attempts, 0.0) <= backoff(attempts, 1.0) <= 300.0
