"""A newcomer follows the guided tour from its first step to what it proves, in a real browser, as a person would.

Most steps are done by hand, so that the page is used and not only its buttons: Alice writes and presses, Bob approves,
the live avatar is joined in a second tab with a microphone, Carol takes over.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from playwright.async_api import BrowserContext, ConsoleMessage, Page, async_playwright, expect

from bot import playground
from tests.support.viewer_browser import CHROMIUM, FLAGS, LIVEKIT, MICROPHONE, SOUND_ALLOWED

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PATIENCE = 45_000  # milliseconds
PLAYED = "document.querySelector('video').currentTime > 0.5 && document.querySelector('video').videoWidth === 480"


@pytest.fixture
async def context(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BrowserContext]:
    """A browser with a microphone; whatever a console calls an error fails the test."""
    assert CHROMIUM, "there is no chromium: .ci/browser installs it"
    assert LIVEKIT.exists(), "there is no livekit-client: .ci/browser fetches it"
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(message.text)

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *MICROPHONE, SOUND_ALLOWED])
        context = await browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["microphone"])
        context.set_default_timeout(PATIENCE)
        context.on("console", note)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        yield context
        await browser.close()
    assert errors == []


@pytest.fixture
async def page(context: BrowserContext, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Page]:
    """The playground's page with the tour open."""
    monkeypatch.setattr("bot.playground.LIVEKIT", str(LIVEKIT))
    async with AsyncExitStack() as stack:
        stage, connect = await stack.enter_async_context(playground.opened())
        console = playground.page_of(stage, connect)
        url = await console.start(0)
        stack.push_async_callback(console.stop)
        page = await context.new_page()
        await page.goto(url)
        await page.get_by_role("button", name="Guided tour").click()
        yield page
        for tab in context.pages:  # before what they talk to is gone
            await tab.close()


async def step(page: Page, title: str) -> None:
    """The tour is at this step."""
    await expect(page.locator("#tour-title")).to_have_text(title)


async def done(page: Page) -> None:
    """The step is done; on to the next."""
    await expect(page.locator(".tour-done")).to_be_visible(timeout=PATIENCE)
    await page.locator("#tour-next").click()


async def show(page: Page) -> None:
    """Let the page do the step."""
    await page.locator("#tour-show").click()


async def proved(page: Page, what: str, count: int) -> None:
    """A line of what was proved."""
    row = page.locator(".tour-proof tr").filter(has_text=what)
    await expect(row.locator("td").first).to_have_text(str(count))
    await expect(row).to_contain_text("right")


async def be(page: Page, name: str) -> None:
    """Be somebody else."""
    await page.get_by_label("You are").select_option(name.lower())


async def say(page: Page, text: str) -> None:
    """Type into the channel's composer and send."""
    box = page.locator("#composer textarea")
    await box.fill(text)
    await box.press("Enter")


async def press(page: Page, name: str, sure: str) -> None:
    """Press the newest button of the thread with this name, and say yes to Slack, which asks once more."""
    await page.locator("#thread-messages").get_by_role("button", name=name, exact=True).last.click()
    await page.get_by_role("dialog").get_by_role("button", name=sure, exact=True).click()


async def test_one_sentence_three_languages_and_a_reply_that_is_lost(page: Page, context: BrowserContext) -> None:
    await step(page, "Ask in your own words")
    await page.keyboard.press("Tab")  # the tour is walked by keyboard: from its heading to the button that shows
    await page.locator("#tour-show").focus()
    await page.keyboard.press("Enter")
    await done(page)
    await done(page)
    await show(page)
    await done(page)
    async with context.expect_page() as opened:
        await show(page)
    player = await opened.value
    await player.evaluate("document.querySelector('video').play()")
    async with asyncio.timeout(PATIENCE / 1000):
        while not await player.evaluate(PLAYED):  # the page's policy lets no script of others wait in it
            pass
    await player.close()
    await done(page)
    await show(page)
    await done(page)
    await expect(page.locator("#panel-journals").get_by_text("drop reply").first).to_be_visible()
    await show(page)
    await done(page)

    await proved(page, "Charges", 4)
    await proved(page, "Messages that call Alice back", 2)
    await page.keyboard.press("Escape")
    await expect(page.locator("#tour")).to_be_hidden()


async def test_a_human_is_wanted_and_a_face_comes(page: Page, context: BrowserContext) -> None:
    await page.locator("#tour-escalate").click()
    await say(page, "@Greenroom I am fed up, nothing works, I want to talk to a human!")
    await done(page)
    await done(page)
    await show(page)
    await done(page)
    async with context.expect_page() as opened:
        await show(page)
    room = await opened.value
    await room.get_by_label("I know that I talk with an AI").check()
    await room.get_by_role("button", name="Start").click()
    await expect(room.locator("#captions")).to_contain_text("I am an AI")
    await done(page)
    await be(page, "Carol")
    await press(page, "Take over", "Take over")
    await done(page)
    await show(page)
    await expect(room.locator("#captions")).to_contain_text("Your invoice is corrected.")
    await done(page)
    await room.get_by_role("button", name=re.compile("^End")).first.click()
    await room.get_by_role("dialog").get_by_role("button", name=re.compile("^End")).click()
    await done(page)

    await proved(page, "Credits paid", 1)
    await proved(page, "Things LiveAvatar would object to", 0)


async def test_three_who_are_named_and_a_list_that_bob_approves(page: Page) -> None:
    await page.locator("#tour-leads").click()
    await show(page)
    await done(page)
    await show(page)
    await done(page)
    await page.locator("#tour-option").select_option("12")
    await show(page)
    await done(page)
    await be(page, "Bob")
    await press(page, "Approve", "Approve")
    await done(page)
    await be(page, "Alice")
    await press(page, "Looks good, make the rest", "Make them")
    await done(page)
    await done(page)

    await proved(page, "Videos at HeyGen", 15)
    await proved(page, "Different keys among them", 15)
    await page.get_by_role("button", name="Start again").click()
    await step(page, "Three people in a sentence")
