"""Fetches whole files from behind links that people gave, as carefully as `bot.fetch` looks at them.

Every address is checked and pinned, each redirect starts over, no cookie and no credential goes, and the file is never
kept: it passes in pieces, bounded in bytes and in seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from urllib.parse import unquote

import httpx2

from agent.errors import SourceRefused
from agent.media import Range
from bot.fetch import (
    DEFAULT_LIMITS,
    MEGABYTE,
    REDIRECTS,
    Resolve,
    Visit,
    extent,
    parsed,
    probe_client,
    resolve_host,
    shown,
)

SECONDS = 900.0  # for all of a file
PIECE = 64 * 1024


class LinkFiles:
    """Opens links. `allowed_hosts` are as for `bot.fetch.SafeProbe`; `seconds` is how long one file may take."""

    def __init__(
        self,
        allowed_hosts: Collection[str] = (),
        client: Callable[[], httpx2.AsyncClient] = probe_client,
        resolve: Resolve = resolve_host,
        *,
        seconds: float = SECONDS,
    ) -> None:
        self._allowed = frozenset(host.lower() for host in allowed_hosts)
        self._client = client
        self._resolve = resolve
        self._seconds = seconds

    def open(self, url: str, *, largest: int) -> AbstractAsyncContextManager[LinkFile]:
        """The file of at most `largest` bytes; `SourceRefused` with a sentence for the person."""
        return self._open(url, largest)

    @asynccontextmanager
    async def _open(self, url: str, largest: int) -> AsyncIterator[LinkFile]:
        # Foreign errors may quote the link, so none is chained.
        try:
            async with asyncio.timeout(self._seconds), self._client() as http:
                visit = _Whole(http, self._allowed, self._resolve, DEFAULT_LIMITS)
                where, response = await visit.whole(parsed(url), largest)
                try:
                    yield LinkFile(where, response, largest)
                finally:
                    await response.aclose()
        except (TimeoutError, httpx2.TimeoutException):
            raise _refused("timeout", "The server with the file takes too long.", retryable=True) from None
        except httpx2.HTTPError:
            raise _refused("unreachable", "The server with the file cannot be reached.", retryable=True) from None


class _Whole(Visit):
    """A visit that asks for all there is."""

    async def whole(self, url: httpx2.URL, largest: int) -> tuple[httpx2.URL, httpx2.Response]:
        """Where the link leads in the end, and the beginning of a good answer."""
        while True:
            # A byte more than may be: a file that is too large is noticed and not cut.
            response = await self._open(url, Range(0, largest + 1))
            if response.status_code not in REDIRECTS:
                break
            location = response.headers.get("location")
            await response.aclose()
            url = self._next(url, location)
        try:
            _check(url, response)
        except BaseException:
            await response.aclose()
            raise
        return url, response


class LinkFile:
    """`agent.ports.IncomingFile` over an answer of some server's."""

    def __init__(self, url: httpx2.URL, response: httpx2.Response, largest: int) -> None:
        self.name = unquote(url.path.rstrip("/").rpartition("/")[2]) or "file"
        self.content_type = response.headers.get("content-type", "")
        start, self.size = (0, 0) if response.status_code == 416 else extent(response)
        self._response = response
        self._largest = largest
        if start:
            raise _refused("unreachable", f"{shown(url)} does not give the whole file.")
        if self.size is not None and self.size > largest:
            raise _too_large(largest)

    async def chunks(self) -> AsyncIterator[bytes]:
        """See `agent.ports.IncomingFile.chunks`."""
        seen = 0
        if self._response.status_code == 416:  # there is no first byte
            return
        async for piece in self._pieces():
            seen += len(piece)
            if seen > self._largest:
                raise _too_large(self._largest)
            yield piece
        if self.size is not None and seen != self.size:
            raise _refused("file_cut_short", "The server handed over only a part of the file.", retryable=True)

    async def _pieces(self) -> AsyncIterator[bytes]:
        """Its errors are told apart here: whoever sends the file on knows the same ones of the other side."""
        try:
            async for piece in self._response.aiter_raw(PIECE):
                yield piece
        except httpx2.TimeoutException:
            raise _refused("timeout", "The server with the file takes too long.", retryable=True) from None
        except httpx2.HTTPError:
            raise _refused("unreachable", "The server broke off in the middle of the file.", retryable=True) from None


def _check(url: httpx2.URL, response: httpx2.Response) -> None:
    host, status = shown(url), response.status_code
    match status:
        case 401 | 403:
            sentence = f"{host} does not let me in: the file needs a login, or the link has expired."
            raise _refused("forbidden", sentence)
        case 404 | 410:
            raise _refused("not_found", f"There is no file at this link any more ({host} answered {status}).")
        case 416:
            return
        case _ if not 200 <= status < 300:
            raise _refused("unreachable", f"{host} answered with an error ({status}).", retryable=status >= 500)


def _too_large(largest: int) -> SourceRefused:
    return _refused("too_large", f"The file is too large: at most {largest / MEGABYTE:,.0f} MB can be uploaded.")


def _refused(code: str, sentence: str, *, retryable: bool = False) -> SourceRefused:
    return SourceRefused(code, sentence, retryable=retryable)
