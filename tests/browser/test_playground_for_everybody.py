"""The playground judged by axe in every view, on a desk and on a phone, and walked through by the Tab key."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright, expect

from bot import playground
from emulators.scenarios import Stage
from emulators.slack import Message
from tests.support.axe import violations
from tests.support.viewer_browser import FLAGS, LIVEKIT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
PATIENCE = 30.0
MILLISECONDS = PATIENCE * 1000
TABS = ("HeyGen", "LiveAvatar", "Model", "Requests", "Trouble")
# What has the focus: what it is called, whether it can be seen, and whether the focus can.
STOP = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const { width, height } = one.getBoundingClientRect();
  const frame = (one.matches('textarea') && one.closest('.composer')) || one;
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(frame);
  return {
    name: `${one.tagName} ${one.id} ${one.ariaLabel ?? one.textContent.trim().slice(0, 30)}`,
    inSight: width > 0 && height > 0,
    marked: (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1.5) || boxShadow !== 'none',
  };
}"""
MOST_STOPS = 150


@dataclass
class Show:
    """The playground, somebody's page of it, and what axe has found so far, by view."""

    stage: Stage
    page: Page
    url: str
    found: dict[str, list[tuple[str, list[Any]]]] = field(default_factory=dict)

    async def look(self, view: str) -> None:
        """Have axe judge the page as it is."""
        self.found[view] = await violations(self.page)
        await self.fits(view)

    async def fits(self, view: str) -> None:
        """See that nothing has to be scrolled to the side."""
        if await self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            self.found.setdefault(view, []).append(("wider than the screen", []))

    async def posted(self, root: str, words: str) -> Message:
        """A post of the app's in a thread, once it is there."""

        def there() -> Message | None:
            thread = self.stage.slack.thread("videos", root)
            return next((one for one in thread if one.from_app and words in f"{one.text} {one.blocks}"), None)

        found = await self.stage.slack.journal.wait_for(there, PATIENCE)
        assert isinstance(found, Message)
        return found

    def ask(self, text: str) -> str:
        """Alice asks in #videos; the thread."""
        return self.stage.slack.say("alice", "videos", f"<@{self.stage.slack.bot_user}> {text}")

    async def go(self, person: str, place: str = "videos") -> None:
        """Open the page as somebody, somewhere."""
        await self.page.goto("about:blank")
        await self.page.goto(f"{self.url}#person={person}&place={place}")
        await expect(self.page.get_by_label("You are")).to_have_value(person, timeout=MILLISECONDS)

    async def newest_thread(self, person: str) -> None:
        """Open the page as somebody, with the newest thread, which a phone opens when it is asked to."""
        await self.go(person)
        if not await self.page.get_by_role("complementary", name="Thread").is_visible():
            await self.page.get_by_role("button", name=re.compile("repl")).last.click()


@asynccontextmanager
async def show(size: Any, **context: Any) -> AsyncIterator[Show]:
    """Everything started; what the page's console calls an error fails the test."""
    assert CHROMIUM, "there is no chromium: .ci/browser installs it"
    async with AsyncExitStack() as stack:
        stage, connect = await stack.enter_async_context(playground.opened())
        console = playground.page_of(stage, connect)
        url = await console.start(0)
        stack.push_async_callback(console.stop)
        driver = await stack.enter_async_context(async_playwright())
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        stack.push_async_callback(browser.close)
        page = await browser.new_page(viewport=size, reduced_motion="reduce", **context)
        errors: list[str] = []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_default_timeout(MILLISECONDS)
        built = Show(stage, page, url)
        await built.go("alice")
        yield built
        assert errors == []


@pytest.fixture(autouse=True)
def _livekit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.playground.LIVEKIT", str(LIVEKIT))


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_axe_finds_nothing_in_any_view(size: Any) -> None:
    async with show(size) as play:
        page = play.page
        await play.look("nothing yet")
        root = play.ask(f"Translate {play.stage.heygen.url}/sources/launch.mp4 into French and German")
        await play.posted(root, "are ready")
        await play.newest_thread("alice")
        await expect(page.get_by_text(re.compile("are ready")).first).to_be_visible(timeout=MILLISECONDS)
        await play.look("results")
        if size is PHONE:
            await page.get_by_role("button", name="Close the thread").click()
        for name in TABS:
            tab = page.get_by_role("tab", name=name)
            await tab.click()
            await (play.look(name) if size is DESK else play.fits(name))
        await play.go("alice", "@app/home")
        await expect(page.get_by_role("region", name="Home")).to_be_visible(timeout=MILLISECONDS)
        await play.look("home")

        await page.get_by_role("button", name="Guided tour").click()
        await play.look("the tour")

        root = play.ask(f"Translate {play.stage.heygen.url}/sources/camera.mp4 into French, German and Japanese")
        await play.posted(root, "approve_request")
        await play.newest_thread("bob")
        await page.get_by_role("button", name="Approve").first.click()
        await expect(page.get_by_role("dialog")).to_be_visible(timeout=MILLISECONDS)
        await play.look("a question back")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0, timeout=MILLISECONDS)
        await play.newest_thread("alice")
        await page.get_by_role("button", name="Change").first.click()
        await expect(page.get_by_role("dialog")).to_be_visible(timeout=MILLISECONDS)
        await play.look("a modal")
        await play.go("dave")
        await page.get_by_label(re.compile("^Message #")).press_sequentially("/heygen ")
        await play.look("what can be typed")
        wrong = [f"{view}: {rule} {where}" for view, found in play.found.items() for rule, where in found]
        assert wrong == [], "\n".join(wrong)


async def test_tab_goes_through_everything_and_is_seen_where_it_is() -> None:
    async with show(DESK) as play:
        root = play.ask("how much credit is left?")
        await play.posted(root, "left")
        await play.go("alice")
        stops = []
        for _ in range(MOST_STOPS):
            await play.page.keyboard.press("Tab")
            if (stop := await play.page.evaluate(STOP)) is None:
                break
            stops.append(stop)
        names = " | ".join(stop["name"] for stop in stops)
        assert [stop["name"] for stop in stops if not (stop["inSight"] and stop["marked"])] == []
        assert len(stops) < MOST_STOPS, names
        for part in ("person", "Message", "tab-heygen", "reset"):
            assert part in names
