"""HeyGen's HTTP interface behind the seam: budgets, credentials, bounded bodies, foreign errors mapped to ours."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping

import httpx2

from .errors import ConnectionFailed, Timeout, UnexpectedReply
from .exchange import HEADER_VALUE, CallClass, Reply, Request
from .multipart import Multipart
from .replies import REPLY_LIMIT, ReadReply, read_reply

CONNECT_SECONDS = 10.0
_USER_AGENT = re.compile(r"[ -~]+")
_NEVER_SENT = (httpx2.ConnectError, httpx2.ProxyError)


class HttpTransport:
    """HeyGen's own HTTP interface with an API key. The `http` client stays the caller's to close.

    `read` says what an answer means; another of the vendor's interfaces has shapes of its own. Raises `ValueError`
    for a base URL, key or user agent that cannot be sent; the text never shows the key.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        http: httpx2.AsyncClient,
        user_agent: str,
        *,
        now: Callable[[], float] = time.time,
        budgets: Mapping[CallClass, float] | None = None,
        read: ReadReply = read_reply,
    ) -> None:
        self._base_url = _checked_base(base_url)
        self._headers = _credentials(api_key, user_agent)
        self._http = http
        self._now = now
        self._budgets = {kind: kind.value for kind in CallClass} | dict(budgets or {})
        self._read = read

    def __repr__(self) -> str:
        return f"HttpTransport({self._base_url!r})"

    async def send(self, request: Request) -> Reply:
        """Send `request` once, within its class's time budget, following no redirect."""
        status, headers, raw = await self._exchange(request)
        return self._read(request, status, headers, raw, now=self._now())

    async def _exchange(self, request: Request) -> tuple[int, Mapping[str, str], bytes]:
        budget = self._budgets[request.call_class]
        try:
            async with asyncio.timeout(budget):
                return await self._stream(request, budget)
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise _timed_out(request, budget, error) from error
        except httpx2.DecodingError as error:
            raise UnexpectedReply(
                operation=request.operation,
                reason="body cannot be decoded",
                outcome_unknown=not request.safe,
            ) from error
        except httpx2.RequestError as error:
            raise _connection_failed(request, error) from error

    async def _stream(self, request: Request, budget: float) -> tuple[int, Mapping[str, str], bytes]:
        response = await self._http.send(self._build(request, budget), stream=True, auth=None, follow_redirects=False)
        try:
            return response.status_code, response.headers, await _read_bounded(response)
        finally:
            await response.aclose()

    def _build(self, request: Request, budget: float) -> httpx2.Request:
        """The wire request. Built without the client's help, so that no cookie or default crosses accounts."""
        headers = dict(self._headers)
        if request.bearer is not None:
            del headers["X-Api-Key"]
            headers["Authorization"] = f"Bearer {request.bearer}"
        content: bytes | AsyncIterator[bytes] | None = None
        if request.json is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(request.json, separators=(",", ":"), allow_nan=False).encode()
        if request.file is not None:
            form = Multipart(request.file)
            headers |= {"Content-Type": form.content_type, "Content-Length": str(form.length)}
            content = form.pieces()
        if request.idempotency_key is not None:
            headers["Idempotency-Key"] = request.idempotency_key
        timeout = httpx2.Timeout(budget, connect=min(CONNECT_SECONDS, budget))
        return httpx2.Request(
            request.method,
            self._base_url + request.path,
            params=dict(request.query) or None,
            headers=headers,
            content=content,
            extensions={"timeout": timeout.as_dict()},
        )


async def _read_bounded(response: httpx2.Response) -> bytes:
    """The body, or its first bytes just past the limit: reading stops there."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > REPLY_LIMIT:
            break
    return bytes(body)


def _timed_out(request: Request, budget: float, error: BaseException) -> Timeout:
    waiting = isinstance(error, httpx2.ConnectTimeout | httpx2.PoolTimeout)
    return Timeout(
        operation=request.operation,
        seconds=min(CONNECT_SECONDS, budget) if isinstance(error, httpx2.ConnectTimeout) else budget,
        sent=False if waiting else None,
        outcome_unknown=not (waiting or request.safe),
        retryable=request.repeatable,
    )


def _connection_failed(request: Request, error: httpx2.RequestError) -> ConnectionFailed:
    sent: bool | None = True
    if isinstance(error, _NEVER_SENT):
        sent = False
    elif isinstance(error, httpx2.WriteError):
        sent = None
    return ConnectionFailed(
        operation=request.operation,
        sent=sent,
        outcome_unknown=not (sent is False or request.safe),
        retryable=request.repeatable,
    )


def _checked_base(base_url: str) -> str:
    """`base_url` without a trailing slash."""
    url = httpx2.URL(base_url)
    if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.query or url.fragment:
        raise ValueError("the base URL must be http(s)://host[:port][/path]")
    return base_url.rstrip("/")


def _credentials(api_key: str, user_agent: str) -> dict[str, str]:
    """Headers of every request. Checked here, since the HTTP library's own complaint would quote the key."""
    if not HEADER_VALUE.fullmatch(api_key):
        raise ValueError("the API key must be printable ASCII without spaces")
    if not _USER_AGENT.fullmatch(user_agent):
        raise ValueError("the user agent must be printable ASCII")
    return {
        "X-Api-Key": api_key,
        "User-Agent": user_agent,
        "Accept": "application/json",
        "Accept-Encoding": "identity",  # the size limit then holds for what arrives, not for what it unpacks to
    }
