"""What an answer of Truto's means: HeyGen's reply in it, HeyGen's error in it, or an error of Truto's own. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heygen.errors import HeyGenError, RequestInProgress
from heygen.exchange import Reply, Request
from heygen.fields import Malformed, load_json, safe_word, text
from heygen.replies import REPLY_LIMIT, api_error, read_reply, refuse_error_key, retry_after

from .errors import ReconnectNeeded, TrutoBusy, TrutoFailed, TrutoRefused

_ERROR = frozenset({"error"})
_ERROR_ENVELOPE = frozenset({"error", "code", "message"})  # of a resource `error` is one field among many
OWN_WAIT = 10.0  # what Truto's limiter asks for when it does not say
_REFUSALS = {
    401: "truto_token",
    403: "truto_forbidden",
    404: "truto_unknown",
    405: "truto_sandbox",
    503: "truto_blocked",
}


def read_heygen(request: Request, status: int, headers: Mapping[str, str], raw: bytes, *, now: float) -> Reply:
    """HeyGen's reply as it would have come directly, or the error in the answer, raised. `now` is in Unix seconds."""
    reply = read_plain(request, status, headers, raw, now=now)
    unpacked = Reply(reply.status, reply.headers, heygens_body(reply.body), reply.request_id)
    refuse_error_key(request, unpacked)
    return unpacked


def read_plain(request: Request, status: int, headers: Mapping[str, str], raw: bytes, *, now: float) -> Reply:
    """The same with the body as Truto says it."""
    if status >= 400:
        lowered = {name.lower(): value for name, value in headers.items()}
        raise truto_error(request, status, lowered, raw, now=now)
    return read_reply(request, status, headers, raw, now=now)


def heygens_body(body: Any) -> Any:
    """HeyGen's envelope, wherever Truto put it.

    It comes as it is, below `result`, or without itself, so that only what was in it is there; then its cursor is
    Truto's `next_cursor`.
    """
    if body is None or (isinstance(body, dict) and "data" in body):
        return body
    if not isinstance(body, dict) or "result" not in body:
        return {"data": body}
    inner, cursor = body["result"], body.get("next_cursor")
    if isinstance(inner, dict) and ("data" in inner or _ERROR <= inner.keys() <= _ERROR_ENVELOPE):
        return inner
    return {"data": inner} | ({"next_token": cursor} if isinstance(cursor, str) else {})


def truto_error(request: Request, status: int, headers: Mapping[str, str], raw: bytes, *, now: float) -> HeyGenError:
    """The error behind a status of 400 and more: HeyGen's, if Truto says that it is. Header names in lower case."""
    body = _body(raw)
    wait = _wait(headers, now)
    if body.get("truto_is_remote_error") is not True:
        return _own(request, status, headers, body, wait)
    error = api_error(request, status, headers, _remote_body(body), now=now)
    error.retry_after = wait
    if status != 401:
        return error
    return ReconnectNeeded(
        operation=request.operation, status=status, code="reconnect_needed", request_id=_request_id(headers)
    )


def _own(
    request: Request, status: int, headers: Mapping[str, str], body: Mapping[str, Any], wait: float | None
) -> HeyGenError:
    said: dict[str, Any] = {
        "operation": request.operation,
        "status": status,
        "request_id": _request_id(headers),
        "message": text(body, "message") or "",
    }
    if status == 429:
        return TrutoBusy(code="truto_busy", retryable=True, retry_after=OWN_WAIT if wait is None else wait, **said)
    if status == 409:  # the same key is being worked on: nothing else is refused with it before HeyGen was asked
        return RequestInProgress(code="request_in_progress", retryable=True, retry_after=wait, **said)
    if status == 408 or (status >= 500 and status != 503):
        unknown = not request.safe
        return TrutoFailed(
            code="truto_failed", retryable=request.repeatable, retry_after=wait, outcome_unknown=unknown, **said
        )
    return TrutoRefused(code=_REFUSALS.get(status, "truto_refused"), **said)


def _wait(headers: Mapping[str, str], now: float) -> float | None:
    """The longer of what both headers ask for; directly HeyGen only has the first."""
    asked = (retry_after({name: headers.get(name, "")}, now=now) for name in ("retry-after", "ratelimit-reset"))
    return max((wait for wait in asked if wait is not None), default=None)


def _body(raw: bytes) -> Mapping[str, Any]:
    try:
        body = load_json(raw) if len(raw) <= REPLY_LIMIT else None
    except Malformed:
        return {}
    return body if isinstance(body, dict) else {}


def _remote_body(body: Mapping[str, Any]) -> Any:
    """What HeyGen said, as JSON or as text; else what Truto says about it."""
    remote = body.get("raw_response")
    if isinstance(remote, str):
        try:
            remote = load_json(remote.encode())
        except Malformed:
            remote = {"message": remote}
    return remote if isinstance(remote, dict) and remote else {"message": text(body, "message") or ""}


def _request_id(headers: Mapping[str, str]) -> str | None:
    return safe_word(headers.get("x-request-id"))
