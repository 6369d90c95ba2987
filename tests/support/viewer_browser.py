"""The viewer's page in a real Chromium: a microphone that plays a file, a room to join, a console to watch."""

from __future__ import annotations

import shutil
import struct
import wave
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from math import pi, sin, sqrt
from pathlib import Path
from typing import Any

import httpx2
from playwright.async_api import BrowserContext, ConsoleMessage, Page, async_playwright, expect

from bot.web.viewer_assets import locate
from bot.web.viewer_headers import room_sources
from emulators.liveavatar import LiveAvatarEmulator
from emulators.liveavatar.catalogue import ALEX
from tests.support.viewer import RecordingDesk, ViewerStage, Visit, viewer_stage

TOOLS = Path(__file__).parent.parent.parent / ".tools"
LIVEKIT = TOOLS / "livekit/package/dist/livekit-client.umd.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
]
SOUND_ALLOWED = "--autoplay-policy=no-user-gesture-required"
MICROPHONE = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
PATIENCE = 20_000  # milliseconds
RATE = 24_000
NOTES = (440, 660, 990)
NOTE_SECONDS = 0.4
RESTS = 0.2
FRAMES = "document.getElementById('video').getVideoPlaybackQuality().totalVideoFrames"
WINDOW = 960  # samples: 40 ms


@dataclass
class Theatre:
    """The page, served, with an avatar's room, and a desk that lets whoever comes into it."""

    stage: ViewerStage
    liveavatar: LiveAvatarEmulator
    access: dict[str, str]
    context: BrowserContext
    errors: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)

    @property
    def desk(self) -> RecordingDesk:
        return self.stage.desk

    async def open(self, address: str | None = None) -> Page:
        """A fresh tab at a fresh link, or at another address."""
        page = await self.context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.urls.append(request.url))
        await page.goto(address or self.stage.link())
        return page

    async def enter(self, page: Page, number: int = 0) -> Visit:
        """Agree and press Start; the desk's visit once the picture plays."""
        await page.get_by_label("I know that I talk with an AI").check()
        await page.get_by_role("button", name="Start").click()
        return await self.playing(number)

    async def playing(self, number: int = 0) -> Visit:
        """The visit with this number, once its page plays."""
        visit = await self.desk.visit(number)
        await self.desk.wait_for(lambda: visit.presses, 20)
        return visit

    def greet(self, visit: Visit) -> None:
        """What a session's start shows."""
        for state, remaining in (("joined", None), ("starting", 900), ("live", 880)):
            visit.viewer.show(state_of(state, remaining))
        visit.viewer.show({"type": "room", **self.access})

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)


def state_of(
    state: str, remaining: float | None = None, reason: str | None = None, muted: bool = False
) -> dict[str, Any]:
    """A `state` for the page."""
    return {"type": "state", "state": state, "reason": reason, "remaining_seconds": remaining, "muted": muted}


def caption(id: str, who: str, text: str, *, final: bool = True, interrupted: bool = False) -> dict[str, Any]:
    """A `caption` for the page."""
    said = {"id": id, "who": who, "name": None, "text": text}
    return {"type": "caption", **said, "final": final, "interrupted": interrupted}


@asynccontextmanager
async def theatre(
    *, flags: Sequence[str] = (*MICROPHONE, SOUND_ALLOWED), hears: Path | None = None, **context: Any
) -> AsyncIterator[Theatre]:
    """Everything started; `hears` is what the microphone plays, over and over. Errors in the console fail the test."""
    assert CHROMIUM, "there is no chromium: .ci/browser installs it"
    assert LIVEKIT.exists(), "there is no livekit-client: .ci/browser fetches it"
    arguments = [*FLAGS, *flags, *([f"--use-file-for-fake-audio-capture={hears}"] if hears else [])]
    async with AsyncExitStack() as stack:
        liveavatar = LiveAvatarEmulator()
        await liveavatar.start()
        stack.push_async_callback(liveavatar.stop)
        livekit = locate(str(LIVEKIT), None, TOOLS)
        stage = await stack.enter_async_context(viewer_stage(livekit=livekit, rooms=room_sources(liveavatar.url)))
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        stack.push_async_callback(browser.close)
        built = Theatre(stage, liveavatar, await started(liveavatar), await browser.new_context(**context))
        stage.desk.greet = built.greet
        yield built
        assert built.errors == []


@asynccontextmanager
async def joined(house: Theatre) -> AsyncIterator[tuple[Page, Visit]]:
    """A page that plays."""
    page = await house.open()
    visit = await house.enter(page)
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    yield page, visit


async def started(liveavatar: LiveAvatarEmulator) -> dict[str, str]:
    """Start a session; its room and the viewer's key."""
    async with httpx2.AsyncClient(base_url=liveavatar.url) as client:
        body = {"mode": "LITE", "avatar_id": ALEX}
        answer = await client.post("/v1/sessions/token", json=body, headers={"X-API-KEY": "la-key-1"})
        token = answer.json()["data"]["session_token"]
        answer = await client.post("/v1/sessions/start", headers={"Authorization": f"Bearer {token}"})
    data = answer.json()["data"]
    return {"url": data["livekit_url"], "token": data["livekit_client_token"]}


def melody() -> bytes:
    """Three notes with rests between them, s16le at 24 kHz: what suppresses noise leaves them alone."""
    note, rest = int(NOTE_SECONDS * RATE), bytes(2 * int(RESTS * RATE))
    parts = [[int(12_000 * sin(2 * pi * hertz * at / RATE)) for at in range(note)] for hertz in NOTES]
    return b"".join(struct.pack(f"<{note}h", *part) + rest for part in parts)


def written(path: Path, pcm: bytes, rate: int = RATE) -> Path:
    """Sound as a file that a browser's microphone can play."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)
    return path


def notes_of(pcm: bytes) -> list[int]:
    """The notes of the melody in the order in which they are heard; `-1` for anything else that lasts and is loud."""
    samples = struct.unpack(f"<{len(pcm) // 2}h", pcm)
    heard = (_note(samples[at : at + WINDOW]) for at in range(0, len(samples) - WINDOW + 1, WINDOW))
    runs = [(note, len(list(run))) for note, run in groupby(heard)]
    return [note for note, windows in runs if note is not None and windows >= 3]


def _note(samples: Sequence[int]) -> int | None:
    if loudness(samples) < 300:
        return None
    crossings = sum(1 for before, after in pairwise(samples) if before < 0 <= after)
    hertz = crossings * RATE / len(samples)
    return next((note for note in NOTES if abs(hertz - note) < note * 0.12), -1)


def loudness(samples: Sequence[int]) -> float:
    """Root mean square."""
    return sqrt(sum(sample * sample for sample in samples) / max(1, len(samples)))
