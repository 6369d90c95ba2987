"""An unmodified livekit-client in a real browser joins the emulated avatar's room: it sees, hears, and is put out."""

from __future__ import annotations

import base64
import json
import math
import shutil
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.async_api import Page, async_playwright
from starlette.responses import FileResponse
from starlette.routing import BaseRoute, Route
from websockets.asyncio.client import ClientConnection, connect

from emulators.base import Emulator
from emulators.liveavatar import LiveAvatarEmulator
from emulators.liveavatar.catalogue import ALEX

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

HERE = Path(__file__).parent
CLIENT = HERE.parent.parent / ".tools/livekit/package/dist/livekit-client.umd.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
]
TONE = b"".join(struct.pack("<h", int(9000 * math.sin(2 * math.pi * 440 * i / 24_000))) for i in range(24_000))


class PageServer(Emulator):
    """Serves the viewer's page from an origin of its own, as the product does."""

    name = "page"

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", lambda _: FileResponse(HERE / "room.html")),
            Route("/livekit-client.js", lambda _: FileResponse(CLIENT)),
        ]


@pytest.fixture
async def liveavatar() -> AsyncIterator[LiveAvatarEmulator]:
    emulator = LiveAvatarEmulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def session(liveavatar: LiveAvatarEmulator) -> dict[str, Any]:
    """A started session: where its room and its websocket are."""
    async with httpx2.AsyncClient(base_url=liveavatar.url) as client:
        body = {"mode": "LITE", "avatar_id": ALEX}
        answer = await client.post("/v1/sessions/token", json=body, headers={"X-API-KEY": "la-key-1"})
        token = answer.json()["data"]["session_token"]
        answer = await client.post("/v1/sessions/start", headers={"Authorization": f"Bearer {token}"})
    started: dict[str, Any] = answer.json()["data"]
    return started


@pytest.fixture
async def page(session: dict[str, Any]) -> AsyncIterator[Page]:
    """The viewer's page in Chromium, joined to the session's room."""
    assert CHROMIUM, "there is no chromium: .ci/browser installs it"
    assert CLIENT.exists(), "there is no livekit-client: .ci/browser fetches it"
    async with AsyncExitStack() as stack:
        server = PageServer()
        await server.start()
        stack.push_async_callback(server.stop)
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        stack.push_async_callback(browser.close)
        page = await browser.new_page()
        page.set_default_timeout(20_000)
        await page.goto(server.url)
        await page.evaluate("([url, token]) => join(url, token)", room_of(session))
        await page.wait_for_function("seen.events.length === 2 && frames() > 3")
        yield page


@pytest.fixture
async def line(session: dict[str, Any]) -> AsyncIterator[ClientConnection]:
    async with connect(session["ws_url"]) as connection:
        yield connection


def room_of(session: dict[str, Any]) -> list[str]:
    return [session["livekit_url"], session["livekit_client_token"]]


async def speak(line: ClientConnection, event_id: str, seconds: int) -> None:
    for _ in range(seconds):
        audio = base64.b64encode(TONE).decode()
        await line.send(json.dumps({"type": "agent.speak", "event_id": event_id, "audio": audio}))


async def test_a_viewer_sees_a_moving_face_and_hears_what_is_spoken(page: Page, line: ClientConnection) -> None:
    assert sorted(await page.evaluate("seen.events")) == ["heygen audio", "heygen video"]
    assert await page.evaluate("[video.videoWidth, video.videoHeight]") == [640, 360]
    before = await page.evaluate("performance.now()")
    await speak(line, "u1", 2)
    await line.send(json.dumps({"type": "agent.speak_end", "event_id": "u1"}))

    await page.wait_for_function("since => loud(since)", arg=before)
    await page.wait_for_function("() => frames() > 30")
    spoken = (await (await page.wait_for_function("since => loud(since)", arg=before)).json_value())[0]
    await page.wait_for_function("since => quiet(since)", arg=spoken)


async def test_after_an_interrupt_the_viewer_hears_nothing_more(
    liveavatar: LiveAvatarEmulator, page: Page, line: ClientConnection, figure: Any
) -> None:
    before = await page.evaluate("performance.now()")
    await speak(line, "u1", 20)
    heard = (await (await page.wait_for_function("since => loud(since)", arg=before)).json_value())[0]
    stopped = await page.evaluate("performance.now()")
    await line.send(json.dumps({"type": "agent.interrupt", "event_id": "i1"}))
    silent = (await (await page.wait_for_function("since => quiet(since)", arg=stopped)).json_value())[0]
    figure(f"speak to audible {heard - before:.0f} ms, interrupt to silent {silent - stopped:.0f} ms")

    assert [utterance.outcome for utterance in liveavatar.utterances()] == ["interrupted"]
    assert liveavatar.findings == []


async def test_a_viewer_is_counted_and_put_out_at_the_end(liveavatar: LiveAvatarEmulator, page: Page) -> None:
    assert liveavatar.session().viewers == 1
    liveavatar.end_session(reason="NO_CREDITS")

    await page.wait_for_function("seen.events.includes('disconnected ROOM_DELETED')")
    await liveavatar.journal.wait_for(lambda: liveavatar.session().viewers == 0)


async def test_data_packets_travel_both_ways(liveavatar: LiveAvatarEmulator, page: Page) -> None:
    session = liveavatar.session()
    liveavatar.rooms.publish(session.id, "agent-response", '{"event_type": "avatar.speak_started"}')
    await page.wait_for_function("seen.data.length === 1")
    await page.evaluate("say('{\"event_type\": \"avatar.interrupt\"}', 'agent-control')")

    assert await page.evaluate("seen.data[0]") == ["agent-response", '{"event_type": "avatar.speak_started"}']
    await liveavatar.journal.wait_for(lambda: [f for f in session.frames if f.type == "data:agent-control"])


async def test_a_page_that_is_reloaded_is_let_in_again(
    liveavatar: LiveAvatarEmulator, page: Page, session: dict[str, Any]
) -> None:
    await page.reload()
    await page.evaluate("([url, token]) => join(url, token)", room_of(session))

    await page.wait_for_function("seen.events.length === 2 && frames() > 3")
    await liveavatar.journal.wait_for(lambda: liveavatar.session().viewers == 1)


async def test_a_viewer_who_is_cut_off_comes_back_by_itself(liveavatar: LiveAvatarEmulator, page: Page) -> None:
    liveavatar.rooms.drop(liveavatar.session().id)
    await page.wait_for_function("seen.events.length === 4")
    before = await page.evaluate("frames()")

    await page.wait_for_function("before => room.state === 'connected' && frames() > before + 3", arg=before)
    await liveavatar.journal.wait_for(lambda: liveavatar.session().viewers == 1)
    noted = [frame.type for frame in liveavatar.session().frames if frame.type.startswith("room")]
    assert noted == ["room.joined", "room.left", "room.joined"]
