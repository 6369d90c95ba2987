"""The seam: one request in, one reply out. Everything above it can be tested with another `Transport`."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

HEADER_VALUE = re.compile(r"[!-~]+")
_KEY = re.compile(r"[A-Za-z0-9_:.-]{1,255}")


class CallClass(enum.Enum):
    """How long a call may take altogether; the value is in seconds."""

    READ = 30.0
    WRITE = 120.0
    UPLOAD = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call. `path` is already percent-encoded; `operation` is HeyGen's operation name, for logs and errors.

    `retry_in_call` lets `RetryingTransport` repeat the request on the spot. It is set for reads and for writes that
    are `harmless_twice`: repeating any other is the business of whoever keeps its idempotency key. `bearer` is a
    token that takes the place of the API key in this request.
    """

    operation: str
    method: Method
    path: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    idempotency_key: str | None = None
    call_class: CallClass = CallClass.READ
    retry_in_call: bool = False
    harmless_twice: bool = False
    bearer: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.idempotency_key is not None and not _KEY.fullmatch(self.idempotency_key):
            raise ValueError("an idempotency key is 1 to 255 characters of A-Z a-z 0-9 _ : . -")
        if self.bearer is not None and not HEADER_VALUE.fullmatch(self.bearer):
            raise ValueError("a bearer token is printable ASCII without spaces")

    @property
    def safe(self) -> bool:
        """Whether the request changes nothing at the other side."""
        return self.method == "GET"

    @property
    def repeatable(self) -> bool:
        """Whether doing it twice is as good as once: by its method, its nature, or because a key makes it so."""
        return self.method in ("GET", "PUT", "DELETE") or self.harmless_twice or self.idempotency_key is not None


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer: parsed JSON (None for an empty body), header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Any = field(repr=False)
    request_id: str | None = None


class Transport(Protocol):
    """Carries a request to HeyGen by whatever way; raises only `HeyGenError`s."""

    async def send(self, request: Request) -> Reply:
        """The successful reply to `request`."""
        ...
