"""Answers in Truto's shapes."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse, Response

PASSED = ("retry-after", "x-request-id")


class Refusal(Exception):
    """Truto's own refusal; raise it anywhere below a route."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message
        self.headers = headers or {}


def own_error(status: int, message: str) -> dict[str, Any]:
    """An error's body."""
    return {"statusCode": status, "error": HTTPStatus(status).phrase, "message": message}


def remote_error(status: int, raw: Any, headers: Mapping[str, str] | None = None) -> Response:
    """HeyGen's error as Truto passes it on."""
    said = raw.get("error") if isinstance(raw, dict) else None
    message = said.get("message", "") if isinstance(said, dict) else ""
    body = own_error(status, message) | {"truto_is_remote_error": True, "raw_response": raw}
    return JSONResponse(body, status, dict(headers or {}))


def forwarded(headers: Mapping[str, str]) -> dict[str, str]:
    """The provider's headers that come along."""
    return {name: headers[name] for name in PASSED if name in headers}


def enveloped(body: Any, envelope: str) -> Any:
    """HeyGen's body in one of the shapes that Truto's papers describe."""
    if envelope == "verbatim":
        return body
    if envelope == "stripped" and isinstance(body, dict) and "data" in body:
        return {"result": body["data"], "next_cursor": body.get("next_token"), "prev_cursor": None}
    return {"result": body, "next_cursor": None, "prev_cursor": None}
