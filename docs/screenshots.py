"""The pictures of the documents, taken from the real playground: `make screenshots`.

Each scene is played between the emulators as people would play it, and then the page is taken, at the width of a desk
and of a phone. Nothing is drawn: it is what `make run` shows. Needs the developers' packages and a Chromium.
"""

from __future__ import annotations

import asyncio
import base64
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

from bot import observability, playground
from emulators.scenarios import Stage
from emulators.slack import Message

FOLDER = Path(__file__).parent / "images"
SIZES = {"": (1280, 960), "-phone": (390, 844)}
LARGEST = 150_000  # bytes of a picture
QUALITIES = (90, 80, 70, 60, 50, 40)
FLAGS = [
    "--no-sandbox",
    "--hide-scrollbars",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
]
SECONDS = 60.0
TO_THE_TOP = """message => {
  const list = message.closest('.timeline');
  list.scrollTop += message.getBoundingClientRect().top - list.getBoundingClientRect().top;
}"""
SLACK_ALONE = """() => {
  const slack = innerWidth < 961 && document.querySelector('main > .slack');
  if (!slack) return null;
  const { x, y } = slack.getBoundingClientRect();
  return { x, y, width: slack.clientWidth, height: slack.clientHeight };
}"""
SETTLED = 1_000  # milliseconds, for pictures that are loaded and for lists that scroll
LEADS = "Name,Company\nSarah,Acme\nJohn,Globex\nMike,Initech\nAiko,Umbrella\nNoor,Hooli\nLars,Wonka\n,Nobody\n"
QUESTION, ANSWER = "What can you do for me here?", "end the live avatar session"


@dataclass(slots=True)
class Play:
    """The playground, and the page of a live session where somebody is on it."""

    stage: Stage
    browser: Browser
    avatar: Page | None = None

    def ask(self, text: str, files: Sequence[tuple[str, bytes]] = ()) -> str:
        """Alice asks in #videos; the thread."""
        slack = self.stage.slack
        return slack.say("alice", "videos", f"<@{slack.bot_user}> {text}", files=list(files))

    def posts(self, root: str) -> list[Message]:
        """What the app wrote into a thread."""
        return [one for one in self.stage.slack.thread("videos", root) if one.from_app]

    async def shown(self, root: str, words: str, *, first: bool = False) -> Message:
        """The newest post of the app's with these words, or with a button of that name; or the first such post."""

        def look() -> Message | None:
            posts = self.posts(root) if first else reversed(self.posts(root))
            return next((one for one in posts if words in f"{one.text} {one.blocks}"), None)

        found = await self.stage.slack.journal.wait_for(look, SECONDS)
        assert isinstance(found, Message)  # noqa: S101 - for the type
        return found

    async def press(self, person: str, root: str, action: str) -> None:
        """Somebody presses a button once it is there."""
        card = await self.shown(root, f"'{action}'")
        await self.stage.slack.click(person, card.channel, card.ts, action)


@dataclass(frozen=True, slots=True)
class Scene:
    """Whose page is taken where, the thread that is to be open in it, the message that is to
    stand on top, and what is to be seen of the other side."""

    person: str
    place: str
    thread: str | None = None
    top: str | None = None
    tab: str = "HeyGen"


async def translation(play: Play) -> Scene:
    """One card with a line for each language, and the message that calls when all is done."""
    source = f"{play.stage.heygen.url}/sources/launch.mp4"
    root = play.ask(f"Translate {source} into French, German and Japanese and tell me when all three are done.")
    await play.shown(root, "all 3 are ready")
    return Scene("alice", "videos", root, (await play.shown(root, "French", first=True)).ts)


async def approval(play: Play) -> Scene:
    """What costs more than goes by itself waits for another person's click."""
    source = f"{play.stage.heygen.url}/sources/camera.mp4"
    root = play.ask(f"Translate {source} into French, German and Japanese.")
    return Scene("bob", "videos", root, (await play.shown(root, "'approve_request'")).ts)


async def leads(play: Play) -> Scene:
    """A list becomes a video for each row: approved, looked at, made, counted."""
    root = play.ask("Make a personal intro video for everybody in this list", [("leads.csv", LEADS.encode())])
    await play.press("bob", root, "approve_batch")
    await play.press("alice", root, "make_rest")
    await play.shown(root, "The list of all of them")
    return Scene("alice", "videos", root, (await play.shown(root, "from the attached list", first=True)).ts)


async def live(play: Play) -> Scene:
    """The controls of a live session in its thread, with what is said in it; Alice is on its page."""
    stage = play.stage
    root = play.ask("I am fed up, nothing works, I want to talk to a human!")
    await play.press("alice", root, "live_join")
    link = await stage.slack.journal.wait_for(lambda: _live_link(stage), SECONDS)
    play.avatar = page = await play.browser.new_page(viewport={"width": 1280, "height": 800})
    await page.goto(str(link))
    await page.get_by_label("I know that I talk with an AI").check()
    await page.get_by_role("button", name="Start").click()
    captions = page.locator("#captions")
    await expect(captions).to_contain_text("I am an AI", timeout=SECONDS * 1000)
    await page.locator("#words").fill(QUESTION)
    await page.keyboard.press("Enter")
    await play.shown(root, ANSWER)
    await play.press("carol", root, "live_take_over")
    card = await play.shown(root, "'live_hand_back'")
    stage.slack.say("carol", "videos", "Hello Alice, this is Carol. Your invoice is corrected.", thread_ts=root)
    await expect(captions).to_contain_text("this is Carol", timeout=SECONDS * 1000)
    await page.locator("#words").blur()
    return Scene("carol", "videos", root, card.ts, "LiveAvatar")


async def home(play: Play) -> Scene:
    """The App Home of somebody who has videos."""
    await translation(play)
    await leads(play)
    return Scene("alice", "@app/home")


SCENES: dict[str, Callable[[Play], Awaitable[Scene]]] = {
    "translation": translation,
    "approval": approval,
    "leads": leads,
    "home": home,
    "live": live,
}
PICTURES = (*SCENES, "avatar")


def _live_link(stage: Stage) -> str | None:
    links = [link for message in stage.slack.ephemerals("alice") for link in message.links()]
    return next((link for link in links if "/live/" in link), None)


async def pictures(names: Sequence[str]) -> None:
    """Play the scenes, each in a playground of its own, and take them."""
    FOLDER.mkdir(exist_ok=True)
    observability.configure("warning")
    async with chromium() as browser:
        for name in names:
            async with AsyncExitStack() as stack:
                stage, url = await stack.enter_async_context(opened())
                play = Play(stage, browser)
                scene = await SCENES[name](play)
                await stage.slack.settle()
                for suffix, (width, height) in SIZES.items():
                    page = await browser.new_page(viewport={"width": width, "height": height})
                    await arrange(page, url, scene)
                    keep(f"{name}{suffix}.webp", await taken(page))
                    await page.close()
                    if play.avatar is not None:
                        await play.avatar.set_viewport_size({"width": width, "height": height})
                        await play.avatar.bring_to_front()
                        keep(f"avatar{suffix}.webp", await taken(play.avatar))


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[Stage, str]]:
    """The playground and its page's address."""
    async with playground.opened() as (stage, connect):
        console = playground.page_of(stage, connect)
        yield stage, await console.start(0)
        await console.stop()


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser that there is."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


async def arrange(page: Page, url: str, scene: Scene) -> None:
    """Be that person there, with the thread open, at its end."""
    await page.goto(f"{url}/#person={scene.person}&place={scene.place}")
    await page.wait_for_load_state("networkidle")
    if scene.thread is not None and not await page.locator("#thread").is_visible():
        await (
            page.locator(f'#timeline article[data-ts="{scene.thread}"]')
            .get_by_role("button", name="repl")
            .first.click()
        )
    await page.wait_for_timeout(SETTLED)
    await page.get_by_role("tab", name=scene.tab).click()
    await page.evaluate("scrollTo(0, 0)")
    if scene.top is not None:
        await page.locator(f'#thread article[data-ts="{scene.top}"]').evaluate(TO_THE_TOP)


async def taken(page: Page) -> bytes:
    """The picture, as good as fits; of a phone only what is Slack's, without what stands above and below it."""
    session = await page.context.new_cdp_session(page)
    data = b""
    box = await page.evaluate(SLACK_ALONE)
    for quality in QUALITIES:
        asked = {"format": "webp", "quality": quality} | (
            {"clip": {**box, "scale": 1}, "captureBeyondViewport": True} if box else {}
        )
        data = base64.b64decode((await session.send("Page.captureScreenshot", asked))["data"])
        if len(data) < LARGEST:
            break
    return data


def keep(name: str, data: bytes) -> None:
    """Write it down, and say so."""
    (FOLDER / name).write_bytes(data)
    sys.stdout.write(f"{name}: {len(data) // 1000} kB\n")


if __name__ == "__main__":
    asyncio.run(pictures(sys.argv[1:] or list(SCENES)))
