"""What a failed Slack call means for us: a pure judgement over the SDK's and aiohttp's errors."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackRequestError

SLACK_ERRORS = (SlackApiError, SlackRequestError, aiohttp.ClientError, TimeoutError, OSError)
"""Everything a call through the SDK raises when it fails."""

DEFAULT_RETRY_AFTER = 5.0
LONGEST_RETRY_AFTER = 3600.0
REQUEST_ID = "x-slack-req-id"


class Verdict(enum.StrEnum):
    """What to do about a failed call."""

    RATE_LIMITED = "rate_limited"
    UNSURE = "unsure"  # it may have been carried out
    NOT_SENT = "not_sent"  # the connection was never made
    MISSING = "missing"  # the message to change is gone
    BLOCKS = "blocks"  # the blocks are not to Slack's taste; the text may be
    NOT_STREAMING = "not_streaming"
    NO_STREAMS = "no_streams"  # this workspace has no streaming at all
    NO_METHOD = "no_method"  # there is nothing at the method's address: another server than Slack, or a proxy's bad day
    REFUSED = "refused"  # final


NOT_FOUND = 404

_CODES = {
    "ratelimited": Verdict.RATE_LIMITED,
    "rate_limited": Verdict.RATE_LIMITED,
    "fatal_error": Verdict.UNSURE,
    "internal_error": Verdict.UNSURE,
    "service_unavailable": Verdict.UNSURE,
    "request_timeout": Verdict.UNSURE,
    "streaming_state_conflict": Verdict.UNSURE,
    "message_not_found": Verdict.MISSING,
    "invalid_blocks": Verdict.BLOCKS,
    "invalid_blocks_format": Verdict.BLOCKS,
    "msg_blocks_too_long": Verdict.BLOCKS,
    "message_not_in_streaming_state": Verdict.NOT_STREAMING,
    "unknown_method": Verdict.NO_STREAMS,
    "method_deprecated": Verdict.NO_STREAMS,
    "feature_not_enabled": Verdict.NO_STREAMS,
    "not_authorized": Verdict.NO_STREAMS,
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A judged error: `code` is Slack's or a word of ours, `retry_after` is seconds, `request_id` Slack's."""

    verdict: Verdict
    code: str
    retry_after: float = 0.0
    request_id: str | None = None


def judge(error: Exception) -> Failure:
    """Judge an error of `SLACK_ERRORS`."""
    if isinstance(error, SlackApiError):
        return _judge_answer(error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return Failure(Verdict.NOT_SENT, "no_connection")
    if isinstance(error, TimeoutError):
        return Failure(Verdict.UNSURE, "timeout")
    return Failure(Verdict.UNSURE, "connection_lost")


def _judge_answer(error: SlackApiError) -> Failure:
    response = error.response
    status = getattr(response, "status_code", None) or getattr(response, "status", None) or 0
    code = _code(response)
    verdict = _CODES.get(code)
    headers = getattr(response, "headers", None)
    request_id = headers.get(REQUEST_ID) if isinstance(headers, Mapping) else None
    if status == 429 or verdict is Verdict.RATE_LIMITED:
        return Failure(Verdict.RATE_LIMITED, "ratelimited", _retry_after(headers), request_id)
    if verdict is not None:
        return Failure(verdict, code, request_id=request_id)
    if status == NOT_FOUND and not code:
        return Failure(Verdict.NO_METHOD, "http_404", request_id=request_id)
    if status >= 500 or not code:
        return Failure(Verdict.UNSURE, code or f"http_{status}", request_id=request_id)
    return Failure(Verdict.REFUSED, code, request_id=request_id)


def _code(response: Any) -> str:
    data = getattr(response, "data", response)
    code = data.get("error") if isinstance(data, dict) else None
    return code if isinstance(code, str) else ""


def _retry_after(headers: Any) -> float:
    value = headers.get("Retry-After") if isinstance(headers, Mapping) else None
    try:
        seconds = float(value) if value is not None else DEFAULT_RETRY_AFTER
    except ValueError:
        return DEFAULT_RETRY_AFTER
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER) if seconds == seconds else DEFAULT_RETRY_AFTER
