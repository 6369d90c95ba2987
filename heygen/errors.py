"""Everything this package raises on purpose.

* HeyGenError
  + APIError: HeyGen answered with an HTTP error
    - InvalidRequest: 400, 413, 422
    - Unauthorized: 401
    - InsufficientCredit: 402
    - Forbidden: 403
    - NotFound: 404
    - Conflict: 409
      · RequestInProgress: the same idempotency key is still being worked on
    - Gone: 410
    - RateLimited: 429, slow down
    - QuotaExceeded: 429, waiting does not help
    - ServerError: 5xx
  + ConnectionFailed: no answer, the connection could not be made or was lost
  + Timeout: no answer within the time allowed
  + UnexpectedReply: an answer that is not of the documented shape
  + StorageRefused: the store behind an upload link did not take the file
  + FileChanged: a file turned out shorter or longer than was said
  + InvalidArguments: refused here, before anything was sent; also a ValueError
  + WebhookError
    - InvalidSignature
    - MalformedEvent

A caller needs three attributes of them, and every class has all three: `outcome_unknown` (the request may have
been carried out although we have no proof; look before sending it again), `retryable` (sending the very same
request again is safe and may help) and `retry_after` (seconds the other side asked us to wait, or None).

Texts name the operation, the status, the code and the request id. They never hold bodies, URLs or credentials;
what the vendor wrote for people is kept apart, in `detail`.
"""

from __future__ import annotations

DETAIL_LIMIT = 300

_CONNECTION_TEXTS = {
    False: "could not connect",
    True: "connection lost while waiting for the answer",
    None: "connection lost while sending",
}


class HeyGenError(Exception):
    """Base of this package's errors."""

    def __init__(
        self,
        text: str,
        *,
        outcome_unknown: bool = False,
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(text)
        self.outcome_unknown = outcome_unknown
        self.retryable = retryable
        self.retry_after = retry_after


class APIError(HeyGenError):
    """HeyGen refused or failed: `status` is HTTP's, `code` HeyGen's in lower case, `param` the field at fault.

    `detail` is the vendor's sentence, cut to 300 characters. It may quote the customer, so it is not in `str()`.
    """

    def __init__(
        self,
        *,
        operation: str,
        status: int,
        code: str,
        request_id: str | None = None,
        retryable: bool = False,
        retry_after: float | None = None,
        outcome_unknown: bool = False,
        param: str | None = None,
        message: str = "",
    ) -> None:
        text = f"{operation}: HTTP {status} {code}{_suffix(request_id)}"
        super().__init__(text, outcome_unknown=outcome_unknown, retryable=retryable, retry_after=retry_after)
        self.operation = operation
        self.status = status
        self.code = code
        self.request_id = request_id
        self.param = param
        self.detail = message[:DETAIL_LIMIT]


class InvalidRequest(APIError):
    """The arguments were refused; `param` and `code` say which and why."""


class Unauthorized(APIError):
    """The API key is missing or wrong."""


class InsufficientCredit(APIError):
    """The balance or the plan does not cover the request."""


class Forbidden(APIError):
    """The key is good, the thing asked for is not permitted."""


class NotFound(APIError):
    """No such resource."""


class Conflict(APIError):
    """The resource is not in a state that allows this."""


class RequestInProgress(Conflict):
    """A request with the same idempotency key has not been answered yet: repeat it later with that key."""


class Gone(APIError):
    """The vendor has switched this endpoint off."""


class RateLimited(APIError):
    """Too many requests or too many jobs at once; refused before anything was done."""


class QuotaExceeded(APIError):
    """A 429 that waiting does not cure."""


class ServerError(APIError):
    """HeyGen, or something in front of it, failed."""


class ConnectionFailed(HeyGenError):
    """The connection failed. `sent` is False when the request never left, True when it did, None if in part."""

    def __init__(self, *, operation: str, sent: bool | None, outcome_unknown: bool, retryable: bool) -> None:
        text = f"{operation}: {_CONNECTION_TEXTS[sent]}"
        super().__init__(text, outcome_unknown=outcome_unknown, retryable=retryable)
        self.operation = operation
        self.sent = sent


class Timeout(HeyGenError):
    """No answer within `seconds`. `sent` is False when no connection was made in that time, else None."""

    def __init__(
        self, *, operation: str, seconds: float, sent: bool | None, outcome_unknown: bool, retryable: bool
    ) -> None:
        text = f"{operation}: no answer within {seconds:g} s"
        super().__init__(text, outcome_unknown=outcome_unknown, retryable=retryable)
        self.operation = operation
        self.seconds = seconds
        self.sent = sent


class UnexpectedReply(HeyGenError):
    """An answer we cannot read. After a write its outcome is unknown; `code` is set when the answer had one."""

    def __init__(
        self,
        *,
        operation: str,
        reason: str,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        outcome_unknown: bool = False,
        message: str = "",
    ) -> None:
        shown = "" if status is None else f"HTTP {status} "
        text = f"{operation}: {shown}{reason}{f' {code}' if code else ''}{_suffix(request_id)}"
        super().__init__(text, outcome_unknown=outcome_unknown)
        self.operation = operation
        self.reason = reason
        self.status = status
        self.code = code
        self.request_id = request_id
        self.detail = message[:DETAIL_LIMIT]


class StorageRefused(HeyGenError):
    """The object store answered an upload with `status`; `code` is the store's word, such as `AccessDenied`.

    From 500 on the same upload may be tried again. Below that the link is of no use any more, be it expired or
    made for another file: ask for a new one, with a new idempotency key. Nothing was stored.
    """

    def __init__(self, *, status: int, code: str | None = None) -> None:
        super().__init__(f"upload: HTTP {status}{f' {code}' if code else ''}", retryable=status >= 500)
        self.status = status
        self.code = code


class FileChanged(HeyGenError):
    """The file had another length than announced, so its upload was broken off and nothing was stored."""

    def __init__(self, *, announced: int, found: int) -> None:
        super().__init__(f"upload: {announced} bytes were announced, {found} came")
        self.announced = announced
        self.found = found


class InvalidArguments(HeyGenError, ValueError):
    """Arguments that HeyGen would refuse, found before anything was sent. The text quotes none of their values.

    `problems` are pairs of the argument's place, such as `video.voice_settings.speed`, and what is wrong with it.
    """

    def __init__(self, operation: str, problems: tuple[tuple[str, str], ...]) -> None:
        super().__init__(f"{operation}: " + "; ".join(f"{place}: {what}" for place, what in problems))
        self.operation = operation
        self.problems = problems


class WebhookError(HeyGenError):
    """A webhook request that we do not act on."""


class InvalidSignature(WebhookError):
    """The request was not proved to come from HeyGen."""


class MalformedEvent(WebhookError):
    """The body is not an event we can read."""


def _suffix(request_id: str | None) -> str:
    return f" (request {request_id})" if request_id else ""
