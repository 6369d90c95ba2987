"""Refusals in the vendor's envelope."""

from __future__ import annotations

from typing import Any

DOCUMENTATION = "https://developers.heygen.com/docs/error-codes"

USUAL_CODES = {
    400: "invalid_parameter",
    401: "unauthorized",
    402: "insufficient_credit",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    413: "payload_too_large",
    429: "rate_limit_exceeded",
    500: "internal_error",
    502: "internal_error",
    503: "internal_error",
    504: "gateway_timeout",
}


def error_body(code: str, message: str, param: str | None = None) -> dict[str, Any]:
    """The error envelope; `param` names the request field at fault."""
    error = {"code": code, "message": message, "doc_url": f"{DOCUMENTATION}#{code.replace('_', '-')}"}
    return {"error": error | ({"param": param} if param else {})}


def usual_body(status: int) -> dict[str, Any]:
    """What an error with this HTTP status usually says."""
    fallback = "unclassified_client_error" if status < 500 else "internal_error"
    return error_body(USUAL_CODES.get(status, fallback), f"Emulated failure with status {status}.")


class Refusal(Exception):
    """A request answered with an error; raise it anywhere below a route."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        param: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.body = error_body(code, message, param)
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}


def invalid(param: str, message: str) -> Refusal:
    """400 about one field."""
    return Refusal(400, "invalid_parameter", message, param=param)


def missing(code: str, what: str) -> Refusal:
    """404 for an unknown or foreign resource."""
    return Refusal(404, code, f"{what} was not found.")
