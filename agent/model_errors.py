"""From what a model's server says to our errors: the same on every wire."""

from __future__ import annotations

import openai

from agent.errors import ModelError
from agent.records import Json

RETRYABLE_FAILURES = frozenset({"server_error", "rate_limit_exceeded", "vector_store_timeout"})
_GONE = frozenset({"model_not_found", "model_not_available"})
_STATUS_CODES = {401: "unauthorized", 403: "forbidden", 404: "bad_request", 422: "bad_request", 400: "bad_request"}
# How servers that have no code for it say that the input is longer than the model's window.
_TOO_LONG = ("context length", "context window", "prompt is too long", "maximum context")


def from_openai(error: openai.APIError) -> ModelError:
    """Our error for the SDK's; the caller chains it."""
    if isinstance(error, openai.APITimeoutError):
        return ModelError("timeout", retryable=True)
    if isinstance(error, openai.APIStatusError):
        return _from_status(error)
    if isinstance(error, openai.APIConnectionError):
        return ModelError("connection", retryable=True)
    if error.code:  # an error in the middle of a stream
        return from_code(str(error.code), None)
    # The SDK raises a plain APIError for an `error` event on some servers.
    return ModelError("stream_incomplete", retryable=True)


def from_code(code: str | None, request_id: str | None) -> ModelError:
    """Our error for a failure that an answer itself tells."""
    if code == "insufficient_quota":
        return ModelError("quota", retryable=False, request_id=request_id)
    if code == "content_filter":
        return ModelError("filtered", retryable=False, request_id=request_id)
    retryable = code is None or code in RETRYABLE_FAILURES
    return ModelError("server" if retryable else "refused", retryable=retryable, request_id=request_id)


def cut_short(reason: str | None, request_id: str | None) -> ModelError:
    """Our error for an answer that was ended before its end; `reason` as either wire calls it."""
    match reason:
        case "max_output_tokens" | "length":
            code = "too_long_answer"
        case "content_filter":
            code = "filtered"
        case _:
            code = "refused"
    return ModelError(code, retryable=False, request_id=request_id)


def _from_status(error: openai.APIStatusError) -> ModelError:
    status, request_id = error.status_code, error.request_id
    if (name := _conclusive(error)) is not None:
        return ModelError(name, retryable=False, status=status, request_id=request_id)
    retryable = status in (408, 409, 429) or status >= 500
    name = "rate_limited" if status == 429 else "server"
    after = retry_after(dict(error.response.headers))
    return ModelError(name, retryable=retryable, retry_after=after, status=status, request_id=request_id)


def _conclusive(error: openai.APIStatusError) -> str | None:
    """The code of a failure that trying again does not change, None for the others."""
    if error.code == "insufficient_quota":
        return "quota"
    if error.code in _GONE:
        return "no_model"
    words = str(error.message).lower()
    long = error.status_code in (400, 413, 422) and any(phrase in words for phrase in _TOO_LONG)
    if error.code == "context_length_exceeded" or long:
        return "context_length"
    return _STATUS_CODES.get(error.status_code)


def retry_after(headers: Json) -> float | None:
    """Seconds a server asks us to wait: `retry-after-ms`, else `retry-after` in seconds; None where it does not."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * scale)
        except (KeyError, ValueError):
            continue
    return None
