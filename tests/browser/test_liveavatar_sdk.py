"""The vendor's own web client, unmodified, takes the emulated LiveAvatar for the real one."""

from __future__ import annotations

import base64
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest
from playwright.async_api import Page, async_playwright
from starlette.responses import FileResponse
from starlette.routing import BaseRoute, Route

from emulators.base import Emulator
from emulators.liveavatar import LiveAvatarEmulator
from emulators.liveavatar.catalogue import ALEX
from tests.browser.test_liveavatar_room import CHROMIUM, FLAGS, TONE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

HERE = Path(__file__).parent
CLIENTS = HERE.parent.parent / ".tools/browser/node_modules"
SDK = CLIENTS / "@heygen/liveavatar-web-sdk/dist/index.umd.js"
EVENTS = CLIENTS / "events/events.js"


class PageServer(Emulator):
    """A customer's page: an origin of its own, as the vendor's client is used."""

    name = "page"

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", lambda _: FileResponse(HERE / "sdk.html")),
            Route("/sdk.js", lambda _: FileResponse(SDK)),
            Route("/events.js", lambda _: FileResponse(EVENTS)),
        ]


@pytest.fixture
async def liveavatar() -> AsyncIterator[LiveAvatarEmulator]:
    emulator = LiveAvatarEmulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def page(liveavatar: LiveAvatarEmulator) -> AsyncIterator[Page]:
    """The vendor's client in Chromium with a session that it has started itself."""
    assert shutil.which(CHROMIUM), "there is no chromium: .ci/browser installs it"
    assert SDK.exists(), "there is no web SDK: .ci/browser fetches it"
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
        await page.evaluate("([token, url]) => start(token, url)", [await _token(liveavatar), liveavatar.url])
        yield page


async def _token(liveavatar: LiveAvatarEmulator) -> str:
    async with httpx2.AsyncClient(base_url=liveavatar.url) as client:
        body = {"mode": "LITE", "avatar_id": ALEX}
        answer = await client.post("/v1/sessions/token", json=body, headers={"X-API-KEY": "la-key-1"})
    return str(answer.json()["data"]["session_token"])


async def test_it_starts_a_session_and_shows_the_avatar(liveavatar: LiveAvatarEmulator, page: Page) -> None:
    await page.wait_for_function("() => seen.ready && frames() > 3")

    assert await page.evaluate("[session.state, session.mode, session.sessionId]") == [
        "CONNECTED",
        "LITE",
        liveavatar.session().id,
    ]
    assert liveavatar.session().open
    assert liveavatar.session().viewers == 1


async def test_it_has_the_avatar_speak(liveavatar: LiveAvatarEmulator, page: Page) -> None:
    await page.evaluate("(audio) => { session.repeatAudio(audio); }", base64.b64encode(TONE).decode())
    await page.wait_for_function("() => seen.spoken.includes('ended')")

    assert await page.evaluate("seen.spoken") == ["started", "ended"]
    assert [utterance.outcome for utterance in liveavatar.utterances()] == ["ended"]


async def test_it_stops_the_session(liveavatar: LiveAvatarEmulator, page: Page) -> None:
    await page.evaluate("() => session.stop()")
    await page.wait_for_function("() => seen.states.includes('CLIENT_INITIATED')")
    await liveavatar.journal.wait_for(lambda: not liveavatar.session().open)

    stops = liveavatar.journal.select("POST", "/v1/sessions/stop")
    assert [entry.status for entry in stops] == [200]
    assert liveavatar.session().viewers == 0
