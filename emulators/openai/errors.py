"""Refusals in the vendor's envelope."""

from __future__ import annotations

from typing import Any

USUAL: dict[int, tuple[str, str]] = {
    400: ("invalid_request_error", "invalid_value"),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "unsupported_country_region_territory"),
    404: ("invalid_request_error", "not_found"),
    429: ("requests", "rate_limit_exceeded"),
    500: ("server_error", "server_error"),
    503: ("server_error", "server_overloaded"),
}
INVALID_REQUEST = "invalid_request_error"


class Refusal(Exception):
    """A request answered with an error; raise it anywhere below a route.

    `param` names the request field at fault, `headers` go out with the answer.
    """

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = "invalid_value",
        status: int = 400,
        kind: str = INVALID_REQUEST,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code
        self.status = status
        self.kind = kind
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """The error envelope."""
        return error_body(self.message, self.kind, self.param, self.code)


def error_body(message: str, kind: str, param: str | None, code: str | None) -> dict[str, Any]:
    """The error envelope around these fields."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def usual_body(status: int, code: str | None = None, message: str | None = None) -> dict[str, Any]:
    """What an error with this HTTP status usually says."""
    kind, usual_code = USUAL.get(status, USUAL[500 if status >= 500 else 400])
    if code == "insufficient_quota":
        kind = code
    return error_body(message or f"Emulated failure with status {status}.", kind, None, code or usual_code)


def missing(param: str) -> Refusal:
    """A required parameter was left out."""
    return Refusal(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")


def unknown(param: str) -> Refusal:
    """A parameter the API does not have."""
    return Refusal(f"Unknown parameter: '{param}'.", param=param, code="unknown_parameter")


def wrong_type(param: str, expected: str) -> Refusal:
    """A parameter of another type than `expected` (with its article)."""
    return Refusal(f"Invalid type for '{param}': expected {expected}.", param=param, code="invalid_type")


def unsupported_value(param: str, value: object, supported: tuple[str, ...]) -> Refusal:
    """A value outside a closed set."""
    known = ", ".join(f"'{item}'" for item in supported)
    return Refusal(f"Invalid value: '{value}'. Supported values are: {known}.", param=param)


def too_long(param: str, limit: int, length: int) -> Refusal:
    """A string over its limit, in characters."""
    sentence = (
        f"Invalid '{param}': string too long. "
        f"Expected a string with maximum length {limit}, but got a string with length {length} instead."
    )
    return Refusal(sentence, param=param, code="string_above_max_length")
