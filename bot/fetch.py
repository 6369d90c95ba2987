"""Looks at a video or a recording behind a link that a person gave, without letting the link lead us anywhere else.

The name is resolved here, every address is checked, and the connection goes to a checked address; each redirect
starts over. Only a few ranges are read, within a deadline, without cookies or credentials. The sentences name the
host at most, for the rest of a link may be a secret.
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import httpx2

from agent.errors import SourceRefused
from agent.media import MediaFacts, Range, sniff
from agent.sounds import sound_seconds
from bot.addresses import is_public

Code = Literal[
    "not_a_url",
    "scheme",
    "port",
    "private_address",
    "not_found",
    "forbidden",
    "not_a_video",
    "not_a_recording",
    "empty",
    "too_large",
    "unreachable",
    "timeout",
    "too_many_redirects",
]
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

RETRYABLE: frozenset[Code] = frozenset({"unreachable", "timeout"})
INSIDE = "{host} is not on the public internet, so I may not open it. Attach the file here and I upload it to HeyGen."
REDIRECTS = frozenset({301, 302, 303, 307, 308})
HEADERS = {"User-Agent": "greenroom/0.1", "Accept": "*/*", "Accept-Encoding": "identity"}
TIMEOUT = httpx2.Timeout(10.0, connect=5.0)
MEGABYTE = 1_000_000
HOST_SHOWN = 100
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)")

_KINDS: tuple[tuple[str, str], ...] = (
    ("text/html", "a web page"),
    ("image/", "a picture"),
    ("audio/", "an audio file"),
    ("application/pdf", "a PDF document"),
    ("application/zip", "an archive"),
    ("application/gzip", "an archive"),
    ("application/vnd.apple.mpegurl", "a streaming playlist"),
    ("application/xml", "a text file"),
    ("application/json", "a text file"),
    ("text/", "a text file"),
)


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What a probe learnt: the type, seconds (None where the headers do not tell), bytes (None likewise)."""

    content_type: str
    duration: float | None
    size: int | None


@dataclass(frozen=True, slots=True)
class ProbeLimits:
    """`deadline` is seconds for everything; `max_bytes` refuses larger files (None: no limit)."""

    deadline: float = 15.0
    first_bytes: int = 64 * 1024
    more_ranges: int = 2
    redirects: int = 3
    addresses: int = 3
    max_bytes: int | None = None


DEFAULT_LIMITS = ProbeLimits()


async def resolve_host(host: str, port: int) -> list[str]:
    """All addresses of a name, best first; `OSError` when there is none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@functools.cache
def _tls() -> ssl.SSLContext:
    return httpx2.create_ssl_context(trust_env=False)


def probe_client() -> httpx2.AsyncClient:
    """A client that goes nowhere by itself: no proxy, no redirects."""
    return httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=TIMEOUT, verify=_tls())


class SafeProbe:
    """Implements `agent.ports.SourceProbe`.

    `allowed_hosts` are names (`host` or `host:port`) that may have private addresses; only the second form opens a
    port other than 80 and 443.
    """

    def __init__(
        self,
        allowed_hosts: Collection[str] = (),
        client: Callable[[], httpx2.AsyncClient] = probe_client,
        resolve: Resolve = resolve_host,
        *,
        limits: ProbeLimits = DEFAULT_LIMITS,
    ) -> None:
        self._allowed = frozenset(host.lower() for host in allowed_hosts)
        self._client = client
        self._resolve = resolve
        self._limits = limits

    async def probe(self, url: str) -> VideoFacts:
        """Type, length and size of the video at `url`; `SourceRefused` with a sentence for the person."""
        return await self._probe(url, self._judged)

    async def probe_sound(self, url: str) -> VideoFacts:
        """The same of a recording (`agent.ports.SoundProbe`)."""
        return await self._probe(url, self._heard)

    async def _probe(self, url: str, judged: Callable[[_Answer], MediaFacts]) -> VideoFacts:
        deadline = asyncio.get_running_loop().time() + self._limits.deadline
        async with self._client() as http:
            visit = Visit(http, self._allowed, self._resolve, self._limits)
            answer = await _within(deadline, visit.read(parsed(url), Range(0, self._limits.first_bytes)))
            facts = judged(answer)
            for _ in range(self._limits.more_ranges):
                if facts.wanted is None or not _exists(facts.wanted, answer.size):
                    break
                more = await self._more(deadline, visit, answer.url, facts.wanted)
                if more is None:
                    break
                facts = sniff(more.data, facts.content_type, offset=facts.wanted.start)
        return VideoFacts(facts.content_type, facts.duration, answer.size)

    def _judged(self, answer: _Answer) -> MediaFacts:
        """The facts of the first bytes, if they are those of a video we take."""
        host = shown(answer.url)
        if not answer.data:
            raise _refused("empty", f"The file at {host} is empty.")
        facts = sniff(answer.data, answer.content_type)
        if not facts.content_type.startswith("video/"):
            raise _refused("not_a_video", _not_a_video(host, facts.content_type))
        limit = self._limits.max_bytes
        if limit is not None and answer.size is not None and answer.size > limit:
            sizes = f"{answer.size / MEGABYTE:.0f} MB; at most {limit / MEGABYTE:.0f} MB can be used"
            raise _refused("too_large", f"The video at {host} is too large ({sizes}).")
        return facts

    def _heard(self, answer: _Answer) -> MediaFacts:
        """The facts of the first bytes, if they are those of a recording. Sound in MP4 may look like a video."""
        host = shown(answer.url)
        if not answer.data:
            raise _refused("empty", f"The file at {host} is empty.")
        facts = sniff(answer.data, answer.content_type)
        claimed = (answer.content_type or "").partition(";")[0].strip().lower()
        if facts.content_type == "video/mp4" and claimed.startswith("audio/"):
            facts = dataclasses.replace(facts, content_type="audio/mp4")
        if not facts.content_type.startswith("audio/"):
            raise _refused("not_a_recording", _not_a_recording(host, facts.content_type))
        if facts.content_type == "audio/mp4":
            return facts
        return dataclasses.replace(facts, duration=sound_seconds(answer.data, answer.size), wanted=None)

    async def _more(self, deadline: float, visit: Visit, url: httpx2.URL, wanted: Range) -> _Answer | None:
        """A further range; None where the server does not give it, for then the length just stays unknown."""
        try:
            return await _within(deadline, visit.read(url, wanted))
        except SourceRefused as refused:
            if refused.retryable:
                return None
            raise


@dataclass(frozen=True, slots=True)
class _Answer:
    url: httpx2.URL
    data: bytes
    content_type: str | None
    size: int | None


class Visit:
    """The requests of one probe; the redirects of all of them together are bounded."""

    def __init__(
        self, http: httpx2.AsyncClient, allowed: frozenset[str], resolve: Resolve, limits: ProbeLimits
    ) -> None:
        self._http = http
        self._allowed = allowed
        self._resolve = resolve
        self._limits = limits
        self._redirects = limits.redirects

    async def read(self, url: httpx2.URL, wanted: Range) -> _Answer:
        """`wanted` bytes from where `url` leads in the end, or fewer."""
        while True:
            response = await self._open(url, wanted)
            try:
                if response.status_code not in REDIRECTS:
                    return await _answer(url, response, wanted)
                location = response.headers.get("location")
            finally:
                await response.aclose()
            url = self._next(url, location)

    def _next(self, url: httpx2.URL, location: str | None) -> httpx2.URL:
        if not location:
            raise _refused("unreachable", f"{shown(url)} sends on to nowhere.")
        if not self._redirects:
            raise _refused("too_many_redirects", f"The link to {shown(url)} is redirected too often.")
        self._redirects -= 1
        try:
            joined = url.join(location)
        except httpx2.InvalidURL:
            raise _refused("not_a_url", f"{shown(url)} sends on to something that is not a link.") from None
        return parsed(str(joined))

    async def _open(self, url: httpx2.URL, wanted: Range) -> httpx2.Response:
        """The start of the answer from the first checked address that accepts a connection."""
        addresses = (await self._addresses(url))[: self._limits.addresses]
        for address in addresses[:-1]:
            try:
                return await self._send(url, address, wanted)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return await self._send(url, addresses[-1], wanted)

    async def _send(self, url: httpx2.URL, address: str, wanted: Range) -> httpx2.Response:
        host = url.raw_host.decode("ascii")
        headers = {
            **HEADERS,
            "Host": url.netloc.decode("ascii"),
            "Range": f"bytes={wanted.start}-{wanted.start + wanted.length - 1}",
        }
        self._http.cookies.clear()
        pinned = url.copy_with(host=address, fragment=None)
        # The certificate must be the name's, though the connection goes to an address.
        extensions = {"sni_hostname": host}
        request = self._http.build_request("GET", pinned, headers=headers, extensions=extensions)
        return await self._http.send(request, stream=True, follow_redirects=False)

    async def _addresses(self, url: httpx2.URL) -> list[str]:
        """The addresses of the host: all public, or those of a host that was allowed by name."""
        host = url.raw_host.decode("ascii").lower().rstrip(".")
        port = url.port if url.port is not None else 443 if url.scheme == "https" else 80
        is_named = f"{host}:{port}" in self._allowed
        if port not in (80, 443) and not is_named:
            raise _refused("port", f"The link to {shown(url)} uses port {port}; only the usual web ports are opened.")
        try:
            addresses = list(await self._resolve(host, port))
        except (OSError, UnicodeError):
            addresses = []
        if not addresses:
            raise _refused("unreachable", f"The host {shown(url)} cannot be found.")
        if not is_named and host not in self._allowed and not all(map(is_public, addresses)):
            raise _refused("private_address", INSIDE.format(host=shown(url)))
        return addresses


async def _within(deadline: float, reading: Awaitable[_Answer]) -> _Answer:
    """The answer, or what went wrong in our words. Foreign errors may quote the link, so none is chained."""
    try:
        async with asyncio.timeout_at(deadline):
            return await reading
    except (TimeoutError, httpx2.TimeoutException):
        raise _refused("timeout", "The server with the video takes too long to answer.") from None
    except httpx2.HTTPError:
        raise _refused("unreachable", "The server with the video cannot be reached.") from None


def parsed(text: str) -> httpx2.URL:
    """A link we may follow, as far as its text tells."""
    try:
        url = httpx2.URL(text.strip())
    except httpx2.InvalidURL:
        raise _refused("not_a_url", "That is not a link I can open.") from None
    if url.scheme not in ("http", "https"):
        if url.scheme:
            raise _refused("scheme", "Only links that begin with https:// or http:// can be used.")
        raise _refused("not_a_url", "That is not a link I can open.")
    if not url.host:
        raise _refused("not_a_url", "That is not a link I can open.")
    if url.userinfo:
        raise _refused("not_a_url", "Links that contain a user name or a password cannot be used.")
    return url


async def _answer(url: httpx2.URL, response: httpx2.Response, wanted: Range) -> _Answer:
    """The bytes that were asked for. A server that ignores the range is cut off when there are enough of them."""
    start, size = extent(response)
    if response.status_code == 416 and not wanted.start:
        return _Answer(url, b"", None, 0)
    _check_status(url, response.status_code)
    if start != wanted.start:
        raise _refused("unreachable", f"{shown(url)} does not give parts of the video.")
    data = bytearray()
    async for chunk in response.aiter_raw():
        data += chunk
        if len(data) >= wanted.length:
            break
    return _Answer(url, bytes(data[: wanted.length]), response.headers.get("content-type"), size)


def extent(response: httpx2.Response) -> tuple[int, int | None]:
    """Where the body starts in the file, and how long the file is."""
    if response.status_code == 206:
        found = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
        if found is None:
            return 0, None
        return int(found[1]), None if found[2] == "*" else int(found[2])
    length = response.headers.get("content-length", "")
    is_plain = "content-encoding" not in response.headers
    return 0, int(length) if is_plain and re.fullmatch(r"[0-9]{1,18}", length) else None


def _check_status(url: httpx2.URL, status: int) -> None:
    host = shown(url)
    match status:
        case 401 | 403:
            raise _refused("forbidden", f"{host} does not let me in: the video needs a login or permission.")
        case 404 | 410:
            raise _refused("not_found", f"There is no video at this link any more ({host} answered {status}).")
        case _ if not 200 <= status < 300:
            raise _refused("unreachable", f"{host} answered with an error ({status}).")


def _exists(wanted: Range, size: int | None) -> bool:
    return wanted.start < (size if size is not None else 2**53)


def _not_a_video(host: str, content_type: str) -> str:
    kind = next((words for start, words in _KINDS if content_type.startswith(start)), "a file of another kind")
    hint = " Pages, and files behind a login, cannot be used." if content_type == "text/html" else ""
    return f"The link to {host} leads to {kind}, not to a video file. Please give a link to the file itself.{hint}"


def _not_a_recording(host: str, content_type: str) -> str:
    video = "a video" if content_type.startswith("video/") else "a file of another kind"
    kind = next((words for start, words in _KINDS if content_type.startswith(start)), video)
    return f"The link to {host} leads to {kind}, not to a recording. Please give a link to the audio file itself."


def shown(url: httpx2.URL) -> str:
    return url.host[:HOST_SHOWN]


def _refused(code: Code, sentence: str) -> SourceRefused:
    return SourceRefused(code, sentence, retryable=code in RETRYABLE)
