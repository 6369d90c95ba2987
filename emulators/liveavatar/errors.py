"""Refusals, in the several shapes clients have met."""

from __future__ import annotations

from typing import Any, assert_never

from emulators.liveavatar.state import ErrorShape

# Only this number is known from the wild; the others follow the HTTP status and nobody should rely on them.
CONCURRENCY = 4003
USUAL_MESSAGES = {
    401: "Invalid credentials",
    403: "Forbidden",
    404: "Not found",
    429: "Too many requests",
    500: "Internal server error",
    502: "Bad gateway",
    503: "Service unavailable",
}


class Refusal(Exception):
    """A request answered with an error; raise it anywhere below a route."""

    def __init__(self, status: int, message: str, *, code: int | None = None, retry_after: int | None = None) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message
        self.code = status * 10 if code is None else code
        self.headers: dict[str, str] = {}
        if retry_after is not None:
            self.headers = {"Retry-After": str(retry_after), "X-RateLimit-Reset": str(retry_after)}

    def body(self, shape: ErrorShape) -> Any:
        """The answer's body: JSON, or a string for plain text."""
        return error_body(self.code, self.message, shape)


class Unprocessable(Refusal):
    """422 with the validator's list of what is wrong, whatever the shape of other errors."""

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__(422, "Unprocessable entity")
        self.problems = problems

    def body(self, shape: ErrorShape) -> Any:
        """`detail`: where, what, which rule."""
        return {"detail": self.problems}


def error_body(code: int, message: str, shape: ErrorShape) -> Any:
    """An error in one of the shapes that clients of the service have to understand."""
    match shape:
        case "message":
            return {"code": code, "data": None, "message": message}
        case "data":
            return {"code": code, "data": [{"message": message}], "message": None}
        case "detail":
            return {"detail": [{"loc": ["body"], "msg": message, "type": "value_error"}]}
        case "error":
            return {"error": message}
        case "text":
            return message
        case _:
            assert_never(shape)


def usual_body(status: int, shape: ErrorShape) -> Any:
    """What an error with this HTTP status usually says."""
    return error_body(status * 10, USUAL_MESSAGES.get(status, f"Emulated failure with status {status}"), shape)
