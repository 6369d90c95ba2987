"""A person opens the playground in a real browser and uses it: the thread, a command, a button, both widths."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from playwright.async_api import Page, async_playwright, expect

from bot.playground import ROLES, opened
from emulators.console import Console

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 30_000  # milliseconds


@asynccontextmanager
async def playground() -> AsyncIterator[Page]:
    """The playground's page in Chromium; whatever its console calls an error fails the test."""
    assert CHROMIUM, "there is no chromium: .ci/browser installs it"
    expect.set_options(timeout=PATIENCE)
    async with AsyncExitStack() as stack:
        stage, connect = await stack.enter_async_context(opened())
        console = Console(stage.slack, stage.heygen, stage.openai, after_reset=connect, roles=ROLES)
        url = await console.start(0)
        stack.push_async_callback(console.stop)
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        stack.push_async_callback(browser.close)
        page = await browser.new_page(viewport={"width": 1280, "height": 1000})
        errors: list[str] = []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_default_timeout(PATIENCE)
        await page.goto(url)
        yield page
        assert errors == []


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """The page, with the app behind it."""
    async with playground() as page:
        yield page


async def say(page: Page, text: str) -> None:
    """Type into the channel's composer and send."""
    box = page.get_by_placeholder(re.compile("^Message #"))
    await box.fill(text)
    await box.press("Enter")


async def test_a_translation_is_asked_for_and_watched_to_its_end(page: Page) -> None:
    await page.get_by_role("button", name="Translate a video").click()
    await page.get_by_placeholder(re.compile("^Message #")).press("Enter")

    await expect(page.get_by_text(re.compile(r"(is|are) ready|ready\.")).first).to_be_visible(timeout=PATIENCE)
    links = page.get_by_role("link", name="Watch the video")
    await expect(links.first).to_have_attribute("href", re.compile(r"^http://127\.0\.0\.1:\d+/v/"))


async def test_a_command_is_answered_privately(page: Page) -> None:
    await say(page, "/heygen help")

    await expect(page.get_by_text("Only visible to you").first).to_be_visible()
    await expect(page.get_by_text(re.compile("Translates the video behind a link")).first).to_be_visible()


async def test_a_question_is_answered_in_its_thread(page: Page) -> None:
    await say(page, "@Greenroom how much credit is left?")

    await expect(page.get_by_text(re.compile("usd left")).first).to_be_visible()


async def test_a_phone_shows_everything_without_scrolling_sideways(page: Page) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await say(page, "@Greenroom how much credit is left?")
    await expect(page.get_by_text(re.compile("usd left")).first).to_be_visible()

    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
