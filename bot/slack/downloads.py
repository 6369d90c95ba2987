"""Fetches files that people have attached in Slack: from Slack's hosts alone, bounded, and never a page for a file.

The token goes with the first request and never across a redirect. A bot that may not see a file is not refused: Slack
answers 200 with its sign-in page, which is noticed here before anybody reads it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
import structlog

from agent.errors import SourceRefused
from agent.records import Json
from bot.slack.outcomes import SLACK_ERRORS, Verdict, judge
from bot.slack.ports import ClientOf, TokenOf

log = structlog.get_logger(__name__)

HOSTS = ("slack.com", "slack-files.com", "slack-edge.com")
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 3
DEADLINE = 120.0
PIECE = 64 * 1024
MEGABYTE = 1_000_000
BEGINNING = 512  # bytes that are looked at before any is handed on
PAGES = (b"<!doctype", b"<html", b"<head", b"<?xml")
UNUSABLE = {
    "tombstone": "That file has been deleted.",
    "hidden_by_limit": "Slack hides that file because the workspace is over its limit.",
    "external": "That file lies outside of Slack. Please attach the file itself.",
}


class SlackFiles:
    """`agent.ports.Files`. The clients have to have a session; `token` gives that of a workspace.

    `allowed` are further origins (`http://host:port`) that are Slack's here: that of the API where it is not Slack's
    own, which is so in the playground and in tests. `seconds` is how long all of a file may take.
    """

    def __init__(
        self, clients: ClientOf, *, token: TokenOf, allowed: Collection[str] = (), seconds: float = DEADLINE
    ) -> None:
        self._clients = clients
        self._token = token
        self._allowed = frozenset(allowed)
        self._seconds = seconds

    def open(self, workspace_id: str, file_id: str, *, largest: int) -> AbstractAsyncContextManager[SlackFile]:
        """See `agent.ports.Files.open`."""
        return self._open(workspace_id, file_id, largest)

    @asynccontextmanager
    async def _open(self, workspace_id: str, file_id: str, largest: int) -> AsyncIterator[SlackFile]:
        about = await self._about(workspace_id, file_id)
        url = str(about.get("url_private_download") or about.get("url_private") or "")
        told = about.get("size")
        size = told if isinstance(told, int) and told >= 0 else None
        if size is not None and size > largest:
            raise _too_large(largest)
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._get(workspace_id, url)
                try:
                    yield SlackFile(str(about.get("name") or "file"), response, size, largest)
                finally:
                    response.close()
        except TimeoutError as error:
            raise _refused("timeout", "Slack took too long to hand the file over.", retryable=True) from error
        except aiohttp.ClientError as error:
            raise _refused("unreachable", "Slack did not hand the file over.", retryable=True) from error

    async def _about(self, workspace_id: str, file_id: str) -> Json:
        """What Slack knows of the file now."""
        try:
            answer = await self._clients(workspace_id).files_info(file=file_id)
        except SLACK_ERRORS as error:
            failure = judge(error)
            log.info("file_unknown", code=failure.code, request_id=failure.request_id)
            if failure.verdict in (Verdict.REFUSED, Verdict.MISSING):
                raise _refused("file_not_found", "Slack does not show me that file. Please attach it here.") from error
            raise _refused("unreachable", "Slack did not answer.", retryable=True) from error
        about = answer.get("file")
        if not isinstance(about, dict):
            raise _refused("file_not_found", "Slack does not show me that file. Please attach it here.")
        if sentence := UNUSABLE.get(str(about.get("mode"))):
            raise _refused("file_unusable", sentence)
        return about

    async def _get(self, workspace_id: str, url: str) -> aiohttp.ClientResponse:
        """The answer to a download, after at most a few redirects, none of which leads away from Slack."""
        if (session := self._clients(workspace_id).session) is None:
            raise ValueError("downloads need a client with a session")
        headers = {"Authorization": f"Bearer {await self._token(workspace_id)}"}
        for _ in range(MOST_REDIRECTS + 1):
            if not self._is_slack(url):
                log.warning("download_elsewhere", host=(_host(url) or "")[:100])
                raise _refused("file_elsewhere", "That file does not lie at Slack. Please attach the file itself.")
            response = await session.get(url, headers=headers, allow_redirects=False)
            if response.status not in REDIRECTS:
                return _answered(response)
            url = urljoin(url, response.headers.get("Location", ""))
            response.close()
            headers = {}
        raise _refused("unreachable", "Slack sent me round in circles for that file.")

    def _is_slack(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            origin = f"{parts.scheme}://{parts.netloc}"
        except ValueError:
            return False
        if origin in self._allowed:
            return True
        host = (parts.hostname or "").lower()
        ours = any(host == name or host.endswith(f".{name}") for name in HOSTS)
        return parts.scheme == "https" and ours and parts.port in (None, 443) and "@" not in parts.netloc


def own_origins(api_url: str) -> frozenset[str]:
    """The origin of an API that is not Slack's own: its files lie there, too."""
    parts = urlsplit(api_url)
    host = (parts.hostname or "").lower()
    is_slacks = any(host == name or host.endswith(f".{name}") for name in HOSTS)
    return frozenset() if is_slacks else frozenset({f"{parts.scheme}://{parts.netloc}"})


class SlackFile:
    """`agent.ports.IncomingFile` over an answer of Slack's."""

    def __init__(self, name: str, response: aiohttp.ClientResponse, size: int | None, largest: int) -> None:
        self.name = name
        self.content_type = response.content_type
        self.size = size
        self._response = response
        self._largest = largest

    async def chunks(self) -> AsyncIterator[bytes]:
        """See `agent.ports.IncomingFile.chunks`."""
        content = self._response.content
        first = await _beginning(content)
        if self.content_type == "text/html" or first.lstrip().lower().startswith(PAGES):
            raise _refused("not_the_file", "Slack showed me a page instead of the file: I may not see it there.")
        seen = len(first)
        if first:
            yield first
        async for piece in content.iter_chunked(PIECE):
            seen += len(piece)
            if seen > self._largest:
                raise _too_large(self._largest)
            yield piece
        if self.size is not None and seen != self.size:
            raise _refused("file_cut_short", "Slack handed over only a part of the file.", retryable=True)


async def _beginning(content: Any) -> bytes:
    """As much as tells a page from a file, however small the pieces come."""
    first = b""
    while len(first) < BEGINNING and (piece := await content.read(BEGINNING - len(first))):
        first += piece
    return first


def _answered(response: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
    if response.status == 200:
        return response
    response.close()
    if response.status in (401, 403, 404, 410):
        raise _refused("file_not_found", "Slack does not show me that file. Please attach it here.")
    raise _refused("unreachable", "Slack did not hand the file over.", retryable=True)


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _too_large(largest: int) -> SourceRefused:
    return _refused("too_large", f"The file is larger than {largest / MEGABYTE:.0f} MB, so I can't take it.")


def _refused(code: str, sentence: str, *, retryable: bool = False) -> SourceRefused:
    return SourceRefused(code, sentence, retryable=retryable)
