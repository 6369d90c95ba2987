"""The seam: one request in, one reply out. Everything above it can be tested with another `Transport`."""

from __future__ import annotations

import enum
import re
from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

HEADER_VALUE = re.compile(r"[!-~]+")
_KEY = re.compile(r"[A-Za-z0-9_:.-]{1,255}")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,64}/[A-Za-z0-9!#$&^_.+-]{1,64}")


class CallClass(enum.Enum):
    """How long a call may take altogether; the value is in seconds."""

    READ = 30.0
    WRITE = 120.0
    UPLOAD = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSource:
    """A file on its way to HeyGen. `chunks` are read once, never kept, and have to be `size` bytes together."""

    name: str = field(repr=False)
    content_type: str
    size: int
    chunks: AsyncIterable[bytes] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.name.strip() or self.size < 1:
            raise ValueError("a file has a name and at least one byte")
        if not _MEDIA_TYPE.fullmatch(self.content_type):
            raise ValueError("a content type is two words with a slash between them")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call. `path` is already percent-encoded; `operation` is HeyGen's operation name, for logs and errors.

    `retry_in_call` lets `RetryingTransport` repeat the request on the spot. It is set for reads and for writes that
    are `harmless_twice`: repeating any other is the business of whoever keeps its idempotency key. A key that is
    not `key_trusted` is sent although nothing promises that HeyGen looks at it. `bearer` is a token that takes the
    place of the API key in this request. `file` is the body of an upload, in the form field `file`.
    """

    operation: str
    method: Method
    path: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    file: FileSource | None = None
    idempotency_key: str | None = None
    key_trusted: bool = True
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
        keyed = self.key_trusted and self.idempotency_key is not None
        return self.method in ("GET", "PUT", "DELETE") or self.harmless_twice or keyed


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
