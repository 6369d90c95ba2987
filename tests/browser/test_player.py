"""Somebody opens the link to a result in a real browser: it plays, with captions, by keyboard and on a phone."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from emulators.heygen import HeyGenEmulator, media
from emulators.openai import OpenAIEmulator
from emulators.slack import SlackEmulator
from tests.scenario.stage import Stage
from tests.support.axe import judged
from tests.support.viewer_browser import CHROMIUM, FLAGS, PATIENCE, SOUND_ALLOWED

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

# A second of moving picture, which no emulator has: made by the browser itself.
FILM = """async () => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
  const paint = canvas.getContext('2d');
  const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: 'video/webm' });
  const pieces = [];
  recorder.ondataavailable = ({ data }) => pieces.push(data);
  const over = new Promise((resolve) => { recorder.onstop = resolve; });
  recorder.start();
  for (let at = 0; at < 20; at += 1) {
    paint.fillStyle = `hsl(${at * 18} 60% 40%)`;
    paint.fillRect(0, 0, 320, 180);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  recorder.stop();
  await over;
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}"""


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The app between emulators."""
    async with AsyncExitStack() as stack:
        emulators = SlackEmulator(), OpenAIEmulator(), HeyGenEmulator(speed="step")
        for emulator in emulators:
            await emulator.start()
            stack.push_async_callback(emulator.stop)
        emulators[0].limits.enabled = False
        stage = Stage(*emulators, tmp_path)
        await stage.start()
        stack.push_async_callback(stage.stop)
        yield stage


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A tab; whatever its console calls an error fails the test."""
    assert CHROMIUM, "there is no chromium: .ci/browser installs it"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, SOUND_ALLOWED])
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(PATIENCE)
        errors: list[str] = []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
        assert errors == []
        await browser.close()


async def test_a_result_is_watched(stage: Stage, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    root = stage.translate("French")
    await stage.finish(1)
    link = (await stage.closing(root, "ready")).links()[0]
    film = base64.b64decode(await page.evaluate(FILM))
    monkeypatch.setattr(media, "mp4", lambda *_, **__: film)  # which HeyGen has of no other kind
    await page.goto(link)
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.evaluate(until("video.readyState >= 2"))
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.tagName") == "VIDEO"
    await page.keyboard.press("Space")
    await page.evaluate(until("video.currentTime > 0"))
    await page.evaluate("document.querySelector('video').textTracks[0].mode = 'showing'")
    await page.evaluate(until("video.textTracks[0].cues?.length > 0"))
    assert stage.heygen.url not in await page.content()
    for width, height in ((1280, 800), (390, 844)):
        await page.set_viewport_size({"width": width, "height": height})
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await expect(page.get_by_role("link", name="Download")).to_be_in_viewport()
    await judged(page)


def until(condition: str) -> str:
    """A script that ends once this is true of the `video`: the page's policy lets playwright's own wait not run."""
    return f"""async () => {{
      const video = document.querySelector('video');
      while (!({condition})) await new Promise((resolve) => setTimeout(resolve, 50));
    }}"""
