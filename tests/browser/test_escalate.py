"""The second scenario as the person lives it: the real app, a real browser, a microphone that plays what she says."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import ConsoleMessage, Page, async_playwright, expect

from bot import playground
from emulators.openai import Say, sound
from emulators.scenarios import Stage
from emulators.slack import Message
from tests.support.viewer_browser import CHROMIUM, FLAGS, LIVEKIT, MICROPHONE, SOUND_ALLOWED, written

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PLEA = "I am fed up, nothing works, I want to talk to a human!"
QUESTION = "Which videos are being made for me at the moment?"
INTERRUPTION = "Stop, please wait a moment, I have another question."
TAKEN = "Hello Alice, this is Carol. Your invoice is corrected."
LONG = (
    "There is a lot to tell about that. First we look at what was asked for, then at what is being made, and then at "
    "what is ready. After that we go through every language, one by one, and compare what was said with what is heard."
)
SECONDS = 60.0
FRAMES = "document.getElementById('video').getVideoPlaybackQuality().totalVideoFrames"


@dataclass
class Play:
    """The app between its emulators, and Alice's browser."""

    stage: Stage
    page: Page
    root: str
    errors: list[str] = field(default_factory=list)

    async def until(self, condition: object) -> object:
        """Wait for something in Slack."""
        return await self.stage.slack.journal.wait_for(condition, SECONDS)  # type: ignore[arg-type]

    def by_app(self) -> list[Message]:
        """What the app wrote into the thread."""
        return [one for one in self.stage.slack.thread("videos", self.root) if one.from_app]

    def card(self, action: str) -> Message | None:
        """The session's card, once it offers this."""
        return next((one for one in reversed(self.by_app()) if f"'{action}'" in str(one.blocks)), None)

    async def press(self, person: str, action: str) -> None:
        """Somebody presses a button of the card."""
        card = await self.until(lambda: self.card(action))
        assert isinstance(card, Message)
        assert (await self.stage.slack.click(person, card.channel, card.ts, action)).ok

    def said(self) -> str:
        """Everything in the thread."""
        return "\n".join(one.rendered_text() for one in self.stage.slack.thread("videos", self.root))


@asynccontextmanager
async def _browser(hears: Path) -> AsyncIterator[tuple[Page, list[str]]]:
    assert CHROMIUM, "there is no chromium: .ci/browser installs it"
    flags = [*FLAGS, *MICROPHONE, SOUND_ALLOWED, f"--use-file-for-fake-audio-capture={hears}"]
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(message.text)

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = await (await browser.new_context(permissions=["microphone"])).new_page()
        page.set_default_timeout(SECONDS * 1000)
        page.on("console", note)
        yield page, errors
        await browser.close()


@pytest.fixture
async def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Play]:
    """Alice has asked for a human, and is in the live session that was offered her."""
    assert LIVEKIT.exists(), "there is no livekit-client: .ci/browser fetches it"
    monkeypatch.setattr("bot.playground.LIVEKIT", str(LIVEKIT))
    async with AsyncExitStack() as stack:
        stage, _ = await stack.enter_async_context(playground.opened())
        stage.openai.script([[], [], [Say(LONG)]])  # the third answer, to what she asks aloud, is a long one
        heard = [stage.openai.sounds.register(text) for text in (QUESTION, INTERRUPTION)]
        tape = sound.silence(9.0) + heard[0] + sound.silence(7.0) + heard[1] + sound.silence(60.0)
        page, errors = await stack.enter_async_context(_browser(written(tmp_path / "alice.wav", tape)))
        root = stage.slack.say("alice", "videos", f"<@{stage.slack.bot_user}> {PLEA}")
        play = Play(stage, page, root, errors)
        await play.press("alice", "live_join")
        await page.goto(str(await play.until(lambda: _link(stage))))
        await page.get_by_label("I know that I talk with an AI").check()
        assert not stage.liveavatar.journal.select("POST", r"/v1/sessions/start")
        await page.get_by_role("button", name="Start").click()
        yield play
        assert errors == []


def _link(stage: Stage) -> str | None:
    links = [link for message in stage.slack.ephemerals("alice") for link in message.links()]
    return next((link for link in links if "/live/" in link), None)


async def test_from_the_plea_to_the_bill(play: Play) -> None:
    live, page, captions = play.stage.liveavatar, play.page, play.page.locator("#captions")
    async with asyncio.timeout(SECONDS):
        while await page.evaluate(FRAMES) <= 3:  # the page's policy lets no script of others wait in it
            pass
    await expect(captions).to_contain_text("I am an AI", timeout=SECONDS * 1000)

    await expect(captions).to_contain_text(QUESTION, timeout=SECONDS * 1000)
    await expect(captions).to_contain_text("There is a lot to tell", timeout=SECONDS * 1000)
    await expect(captions).to_contain_text(INTERRUPTION, timeout=SECONDS * 1000)
    cut = await live.journal.wait_for(
        lambda: [one for one in live.utterances() if one.outcome == "interrupted"], SECONDS
    )
    assert len(cut) == 1
    assert "compare what was said" not in await captions.inner_text()

    await play.press("carol", "live_take_over")
    await expect(page.get_by_text("A teammate is speaking with you now")).to_be_visible()
    play.stage.slack.say("carol", "videos", TAKEN, thread_ts=play.root)
    await expect(captions).to_contain_text(TAKEN)
    await live.journal.wait_for(lambda: live.utterances()[-1].ended is not None, SECONDS)
    assert live.utterances()[-1].outcome == "ended"
    await play.press("carol", "live_hand_back")
    await expect(page.get_by_text("The AI is speaking with you again")).to_be_visible()

    await page.get_by_role("button", name=re.compile("^End")).first.click()
    await page.get_by_role("dialog").get_by_role("button", name=re.compile("^End")).click()
    await live.journal.wait_for(lambda: not live.session().open, SECONDS)
    await play.until(lambda: "came to $0." in play.said())
    await play.until(lambda: [one for one in play.stage.slack.thread("videos", play.root) if one.files])
    assert live.findings == []
    assert 1 <= sum(charge.credits for charge in live.charges) <= 2
