"""The object store behind an upload link: where a direct upload puts its bytes. Not HeyGen, so no credential goes."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Mapping
from typing import Protocol

import httpx2

from .errors import ConnectionFailed, StorageRefused, Timeout
from .exchange import CallClass, FileSource
from .fields import safe_word
from .multipart import counted
from .records import UploadSlot

CONNECT_SECONDS = 10.0
_TOLD = 4_096
_CODE = re.compile(rb"<Code>([A-Za-z0-9]{1,64})</Code>")
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)


class Storage(Protocol):
    """Puts a file where an upload slot says."""

    async def put(self, slot: UploadSlot, file: FileSource) -> None:
        """Send `file` once; raises only `HeyGenError`s, and what reading the file raises."""
        ...


class HttpStorage:
    """A store spoken to over HTTP. The `http` client stays the caller's to close.

    A whole upload may take `seconds`. Links are followed by https only, on this machine also by http.
    """

    def __init__(self, http: httpx2.AsyncClient, *, seconds: float = CallClass.UPLOAD.value) -> None:
        self._http = http
        self._seconds = seconds

    async def put(self, slot: UploadSlot, file: FileSource) -> None:
        """Send `file` in constant memory, with the slot's headers as they are. Twice is as good as once.

        Raises `StorageRefused` for an answer that is no success (an expired or mismatched link is a 403),
        `ConnectionFailed`, `Timeout`, and `FileChanged`; `ValueError` for a link that must not be followed or a
        file the slot has no room for.
        """
        if file.size > slot.max_bytes:
            raise ValueError("the file is larger than the slot allows")
        request = _request(slot, file, self._seconds)
        try:
            async with asyncio.timeout(self._seconds):
                status, told = await self._exchange(request)
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise _timed_out(self._seconds, error) from error
        except httpx2.RequestError as error:
            sent = False if isinstance(error, _NEVER_SENT) else None
            raise ConnectionFailed(operation="upload", sent=sent, outcome_unknown=False, retryable=True) from error
        if not 200 <= status < 300:
            found = _CODE.search(told)
            raise StorageRefused(status=status, code=safe_word(found[1].decode()) if found else None)

    async def _exchange(self, request: httpx2.Request) -> tuple[int, bytes]:
        response = await self._http.send(request, stream=True, auth=None, follow_redirects=False)
        told = bytearray()
        try:
            async for chunk in response.aiter_bytes():
                told += chunk
                if len(told) >= _TOLD:
                    break
        finally:
            await response.aclose()
        return response.status_code, bytes(told[:_TOLD])


def _request(slot: UploadSlot, file: FileSource, seconds: float) -> httpx2.Request:
    """Built without the client's help: the signature covers headers, and a cookie or a key is none of the store's."""
    _check_link(slot.upload_url)
    timeout = httpx2.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
    return httpx2.Request(
        "PUT",
        slot.upload_url,
        headers=_headers(slot.upload_headers, file.size),
        content=counted(file),
        extensions={"timeout": timeout.as_dict()},
    )


def _headers(signed: Mapping[str, str], size: int) -> dict[str, str]:
    """The slot's headers and the length, unless it is among them."""
    named = any(name.lower() == "content-length" for name in signed)
    return dict(signed) if named else {**signed, "Content-Length": str(size)}


def _check_link(link: str) -> None:
    try:
        url = httpx2.URL(link)
    except httpx2.InvalidURL:
        raise ValueError("an upload link is a URL") from None  # the library's own complaint would quote it
    if url.scheme == "https" and url.host:
        return
    if url.scheme == "http" and _on_loopback(url.host):
        return
    raise ValueError("an upload link is https")


def _on_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _timed_out(seconds: float, error: BaseException) -> Timeout:
    waiting = isinstance(error, _NEVER_SENT)
    return Timeout(
        operation="upload",
        seconds=seconds,
        sent=False if waiting else None,
        outcome_unknown=False,
        retryable=True,
    )
