"""What an HTTP answer means: a reply, or which error. Pure, so that every transport can share it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from .errors import (
    APIError,
    Conflict,
    Forbidden,
    Gone,
    HeyGenError,
    InsufficientCredit,
    InvalidRequest,
    NotFound,
    QuotaExceeded,
    RateLimited,
    RequestInProgress,
    ServerError,
    Unauthorized,
    UnexpectedReply,
)
from .exchange import Reply, Request
from .fields import Malformed, block, load_json, safe_word, text

REPLY_LIMIT = 8 * 1024 * 1024
LONGEST_WAIT = 86_400.0
_EPOCH_BEGINS = 1e8
_SECONDS = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")

_BY_STATUS: dict[int, tuple[type[APIError], str]] = {
    400: (InvalidRequest, "validation_error"),
    401: (Unauthorized, "unauthorized"),
    402: (InsufficientCredit, "insufficient_credit"),
    403: (Forbidden, "forbidden"),
    404: (NotFound, "not_found"),
    409: (Conflict, "conflict"),
    410: (Gone, "endpoint_sunset"),
    413: (InvalidRequest, "payload_too_large"),
    422: (InvalidRequest, "validation_error"),
    429: (RateLimited, "rate_limit_exceeded"),
}
_BY_CODE: dict[tuple[int, str], type[APIError]] = {
    (409, "request_in_progress"): RequestInProgress,
    (429, "quota_exceeded"): QuotaExceeded,
}
_LATER = frozenset({(409, "request_in_progress"), (409, "resource_not_ready")})


class ReadReply(Protocol):
    """What an answer means: returns the reply in it or raises the error it stands for, as `read_reply` does."""

    def __call__(self, request: Request, status: int, headers: Mapping[str, str], raw: bytes, *, now: float) -> Reply:
        """`now` is in Unix seconds."""
        ...


def read_reply(request: Request, status: int, headers: Mapping[str, str], raw: bytes, *, now: float) -> Reply:
    """The reply in an answer, or the error it stands for, raised. `now` is in Unix seconds, for dated waits."""
    lowered = {name.lower(): value for name, value in headers.items()}
    request_id = safe_word(lowered.get("x-request-id"))
    if status >= 400:
        raise api_error(request, status, lowered, _error_body(raw), now=now)
    if not 200 <= status < 300:
        raise unexpected(request, "is not an answer", status=status, request_id=request_id)
    if len(raw) > REPLY_LIMIT:
        raise unexpected(request, "body is too large", status=status, request_id=request_id)
    try:
        body = load_json(raw) if raw.strip() else None
    except Malformed as error:
        raise unexpected(request, "body is not JSON", status=status, request_id=request_id) from error
    reply = Reply(status, lowered, body, request_id)
    refuse_error_key(request, reply)
    return reply


def unexpected(
    request: Request,
    reason: str,
    *,
    status: int | None = None,
    code: str | None = None,
    request_id: str | None = None,
    message: str = "",
) -> UnexpectedReply:
    """An `UnexpectedReply` to `request`: after anything but a read, whether it was carried out is unknown."""
    return UnexpectedReply(
        operation=request.operation,
        reason=reason,
        status=status,
        code=code,
        request_id=request_id,
        outcome_unknown=not request.safe,
        message=message,
    )


def api_error(request: Request, status: int, headers: Mapping[str, str], body: Any, *, now: float) -> HeyGenError:
    """The error for an HTTP status of 400 and more. `headers` have lower-case names, `body` is parsed JSON."""
    error = _error_object(body)
    fallback_class, fallback_code = _class_of(status)
    code = (safe_word(error.get("code")) or fallback_code).lower()
    failed_there = status >= 500 or status == 408
    return _BY_CODE.get((status, code), fallback_class)(
        operation=request.operation,
        status=status,
        code=code,
        request_id=safe_word(headers.get("x-request-id")),
        retryable=_retryable(request, status, code),
        retry_after=retry_after(headers, now=now),
        outcome_unknown=failed_there and not request.safe,
        param=text(error, "param"),
        message=text(error, "message") or "",
    )


def retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """Seconds to wait as the other side asks, at most a day; None if it does not say. Header names in lower case.

    `Retry-After` counts first, in seconds or as an HTTP date; then `ratelimit-reset`, in seconds or, when it is
    too large for that, as a Unix time.
    """
    asked = headers.get("retry-after", "")
    wait = _seconds(asked)
    if wait is None:
        wait = _until_date(asked, now)
    if wait is None:
        wait = _seconds(headers.get("ratelimit-reset", ""))
        if wait is not None and wait > _EPOCH_BEGINS:
            wait -= now
    return None if wait is None else min(max(wait, 0.0), LONGEST_WAIT)


def _seconds(value: str) -> float | None:
    stripped = value.strip()
    return float(stripped) if _SECONDS.fullmatch(stripped) else None


def _until_date(value: str, now: float) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return aware.timestamp() - now


def _class_of(status: int) -> tuple[type[APIError], str]:
    if status >= 500:
        return ServerError, "unclassified_server_error"
    return _BY_STATUS.get(status, (APIError, "unclassified_client_error"))


def _retryable(request: Request, status: int, code: str) -> bool:
    if status >= 500:
        return request.repeatable
    if status == 429:
        return code != "quota_exceeded"
    return (status, code) in _LATER


def _error_body(raw: bytes) -> Any:
    """A JSON body, or None: an edge answers in HTML or not at all, and then the status has to do."""
    try:
        return load_json(raw) if len(raw) <= REPLY_LIMIT else None
    except Malformed:
        return None


def _error_object(body: Any) -> Mapping[str, Any]:
    """The envelope's error; a bare string there is its message, and `code` may stand outside of it."""
    if not isinstance(body, dict):
        return {}
    if isinstance(body.get("error"), str):
        return {"message": body["error"], "code": body.get("code")}
    return block(body, "error") or body


def refuse_error_key(request: Request, reply: Reply) -> None:
    """`UnexpectedReply` for a success that carries an error: some proxies and old shapes answer failures with 200."""
    if not isinstance(reply.body, dict) or reply.body.get("error") in (None, {}, ""):
        return
    error = _error_object(reply.body)
    code = safe_word(error.get("code"))
    raise unexpected(
        request,
        "carries an error",
        status=reply.status,
        code=code.lower() if code else None,
        request_id=reply.request_id,
        message=text(error, "message") or "",
    )
