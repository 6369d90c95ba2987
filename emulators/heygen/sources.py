"""Sample source videos and recordings for tests and demos, and how the service downloads a source it is given."""

from __future__ import annotations

import asyncio
import dataclasses
import ipaddress
from urllib.parse import urlsplit

import httpx2
from starlette.responses import Response

from emulators.heygen import media
from emulators.heygen.film import LONGEST_FILM, Scene, filmed

READ_LIMIT = 4_000_000
UNREACHABLE = "Failed to download the video from the provided URL."
NOT_A_VIDEO = "The file at the provided URL is not a supported video."


@dataclasses.dataclass(frozen=True, slots=True)
class Sample:
    """A source video: its true length, and how it hides or delays it."""

    seconds: float
    header_tells: bool = True
    moov_last: bool = False
    slow: bool = False
    size: int = 60_000

    @property
    def plays(self) -> bool:
        """Whether there is a film of it."""
        return self.header_tells and not (self.moov_last or self.slow) and self.seconds <= LONGEST_FILM


SAMPLES: dict[str, Sample] = {
    "launch.mp4": Sample(42),
    "short.mp4": Sample(9.5),
    "long.mp4": Sample(1800, size=400_000),
    "camera.mp4": Sample(75, moov_last=True, size=400_000),
    "unknown.mp4": Sample(75, header_tells=False),
    "slow.mp4": Sample(30, slow=True),
}
SOUNDS: dict[str, float] = {"voice.mp3": 20.0, "long.mp3": 590.0}  # recordings, and how long they are
PAGE = b"<!doctype html><title>A page</title><p>This is not a video.</p>"


async def sample_response(name: str, asked: str | None, slow_seconds: float, *, film: bool = False) -> Response:
    """Serve a sample, or the byte range `asked` for; with `film` one that plays, where the sample hides nothing."""
    if name == "page.html":
        return Response(PAGE, media_type="text/html")
    if name in SOUNDS:
        return media.ranged(media.mp3(SOUNDS[name]), "audio/mpeg", asked)
    sample = SAMPLES.get(name)
    if sample is None:
        return Response("Not found", 404, media_type="text/plain")
    if sample.slow:
        await asyncio.sleep(slow_seconds)
    if film and sample.plays:
        made = await asyncio.to_thread(filmed, Scene(name, ("A sample video", "to translate")), sample.seconds)
        return media.ranged(made, "video/mp4", asked)
    seconds = sample.seconds if sample.header_tells else None
    content = media.mp4(name, seconds, size=sample.size, moov_last=sample.moov_last)
    return media.ranged(content, "video/mp4", asked)


@dataclasses.dataclass(frozen=True, slots=True)
class Inspection:
    """What a download showed: the length where known, or what was wrong."""

    seconds: float | None = None
    failure: str | None = None


async def inspect(client: httpx2.AsyncClient, url: str, own: str, timeout: float) -> Inspection:
    """Download `url` if it is on this machine, within `timeout` seconds; other hosts count as good.

    `own` is the emulator's own address: its samples' true length is known even where a header hides it.
    """
    if not on_loopback(url):
        return Inspection()
    try:
        async with asyncio.timeout(timeout):
            content = await _download(client, url)
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError):
        return Inspection(failure=UNREACHABLE)
    if content[4:8] != b"ftyp":
        return Inspection(failure=NOT_A_VIDEO if content else UNREACHABLE)
    sample = SAMPLES.get(url.removeprefix(f"{own}/sources/").partition("?")[0])
    return Inspection(seconds=sample.seconds if sample else media.mp4_seconds(content))


async def _download(client: httpx2.AsyncClient, url: str) -> bytes:
    """The first bytes of a good answer; nothing of any other."""
    content = bytearray()
    async with client.stream("GET", url) as response:
        if response.status_code != 200:
            return b""
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) >= READ_LIMIT:
                break
    return bytes(content)


def on_loopback(url: str) -> bool:
    """Whether `url` points at this machine, which is as far as an emulator goes."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
