"""What LiveAvatar's HTTP answers mean: its envelope, its numbered errors, and the shapes that come in their place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import APIError, HeyGenError, InsufficientCredit
from ..exchange import Reply, Request
from ..fields import Malformed, identifier, load_json, text
from ..replies import REPLY_LIMIT, api_error, read_reply
from .errors import SessionLimitReached

_LIMIT_CODE = "4003"
_LIMIT_WORDS = "concurrency limit"
_CREDIT_WORD = "credit"


def read_live_reply(request: Request, status: int, headers: Mapping[str, str], raw: bytes, *, now: float) -> Reply:
    """The reply in an answer, or the error it stands for, raised.

    The envelope's `code` does not decide: the documents say 100 where the vendor's own client takes 1000 for
    success. What counts is the HTTP status and then the fields one needs.
    """
    if status < 400:
        return read_reply(request, status, headers, raw, now=now)
    raise _error(request, status, _waiting_names(headers), _body(raw), now=now)


def _waiting_names(headers: Mapping[str, str]) -> dict[str, str]:
    """Header names in lower case; `X-RateLimit-Reset` (seconds left) by the name the rest of the package knows."""
    lowered = {name.lower(): value for name, value in headers.items()}
    if "x-ratelimit-reset" in lowered:
        lowered.setdefault("ratelimit-reset", lowered["x-ratelimit-reset"])
    return lowered


def _body(raw: bytes) -> Mapping[str, Any]:
    try:
        body = load_json(raw) if len(raw) <= REPLY_LIMIT else None
    except Malformed:
        return {}
    return body if isinstance(body, dict) else {}


def _error(
    request: Request, status: int, headers: Mapping[str, str], body: Mapping[str, Any], *, now: float
) -> HeyGenError:
    message = _message(body)
    plain = {"code": identifier(body, "code"), "message": message}
    error = api_error(request, status, headers, {"error": plain}, now=now)
    special = _special_class(status, plain["code"], message.lower())
    return error if special is None or not isinstance(error, APIError) else _recast(error, special)


def _message(body: Mapping[str, Any]) -> str:
    """The sentence for people, from any of the places where it was seen."""
    return text(body, "message") or _first(body.get("data"), "message") or _first(body.get("detail"), "msg") or ""


def _first(items: Any, name: str) -> str | None:
    if isinstance(items, list) and items and isinstance(items[0], dict):
        return text(items[0], name)
    return None


def _special_class(status: int, code: str | None, message: str) -> type[APIError] | None:
    """There is no published table of codes, so the words have to do where the number is not known."""
    if status >= 500 or status in (401, 404, 429):
        return None
    if (status == 403 and code == _LIMIT_CODE) or _LIMIT_WORDS in message:
        return SessionLimitReached
    return InsufficientCredit if _CREDIT_WORD in message else None


def _recast(error: APIError, special: type[APIError]) -> APIError:
    return special(
        operation=error.operation,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
        retry_after=error.retry_after,
        message=error.detail,
    )
