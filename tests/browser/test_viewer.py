"""A person joins a live session in a real browser: sees and hears the avatar, talks, types, mutes, reloads, ends."""

from __future__ import annotations

import asyncio
import base64
import json
import math
import re
import struct
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect
from websockets.asyncio.client import connect

from agent.live.ports import EndPressed, Hello, Muted, RoomReady, Typed
from tests.support.viewer_browser import FRAMES, Theatre, caption, joined, state_of, theatre

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

THREAD = "The transcript and the bill are in the Slack thread. You can close this page."
TONE = b"".join(struct.pack("<h", int(9000 * math.sin(2 * math.pi * 440 * i / 24_000))) for i in range(24_000))
# How loud what the page plays is, at most, over a fifth of a second.
LOUDEST = """async () => {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(document.getElementById('audio').srcObject).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let most = 0;
  for (let round = 0; round < 10; round += 1) {
    await new Promise((done) => setTimeout(done, 20));
    analyser.getFloatTimeDomainData(samples);
    most = Math.max(most, ...samples.map(Math.abs));
  }
  await context.close();
  return most;
}"""


@pytest.fixture
async def house() -> AsyncIterator[Theatre]:
    async with theatre() as house:
        yield house


async def test_a_person_joins_sees_a_moving_face_and_hears_it(house: Theatre) -> None:
    async with joined(house) as (page, visit):
        assert visit.hello == Hello(consent=True, microphone=True, language="en")
        assert visit.presses == [RoomReady()]
        before = await page.evaluate(FRAMES)
        await page.wait_for_function(f"before => {FRAMES} > before + 5", arg=before)
        await expect(page.locator("#curtain")).to_be_hidden()

        assert await page.evaluate(LOUDEST) < 0.01
        channel = house.liveavatar.channel()
        async with connect(
            f"{house.access['url']}/v1/realtime/{channel.session.id}?token={channel.session.secret}"
        ) as line:
            audio = base64.b64encode(TONE).decode()
            await line.send(json.dumps({"type": "agent.speak", "event_id": "u1", "audio": audio}))
            await line.send(json.dumps({"type": "agent.speak_end", "event_id": "u1"}))
            async with asyncio.timeout(10):
                while await page.evaluate(LOUDEST) < 0.1:
                    pass


async def test_the_token_leaves_the_address_and_nothing_secret_is_kept(house: Theatre) -> None:
    link = house.stage.link()
    page = await house.open(link)
    assert page.url == link
    await house.enter(page)

    assert page.url == f"{house.stage.url}/live/room"
    await page.go_back()
    assert link.rpartition("/")[2] not in page.url
    await page.go_forward()
    stored = await page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert json.loads(stored) == [{}, {"greenroom-live": '{"microphone":true,"device":"default"}'}, ""]
    own = [url for url in house.urls if url.startswith(house.stage.url) and url != link]
    assert not [url for url in own if "?" in url or house.access["token"] in url]


async def test_nothing_starts_without_consent(house: Theatre) -> None:
    page = await house.open()
    await page.get_by_role("button", name="Start").click()

    await expect(page.get_by_role("alert").filter(has_text="Please tick this first")).to_be_visible()
    await expect(page.get_by_label("I know that I talk with an AI")).to_be_focused()
    assert house.stage.passes.passes["pass_0"].opened_at is None


async def test_nothing_starts_on_a_page_that_could_not_show_the_picture() -> None:
    async with theatre() as house:
        await house.enter(await house.open())
        await house.context.route(re.compile("livekit"), lambda route: route.fulfill(body="window.LivekitClient = {}"))
        page = await house.open()
        await page.get_by_label("I know that I talk with an AI").check()
        await page.get_by_role("button", name="Start").click()
        await expect(page.get_by_role("alert").filter(has_text="A part of this page did not load")).to_be_visible()
        assert house.stage.passes.passes["pass_1"].opened_at is None

        await page.goto(f"{house.stage.url}/live/room")
        await expect(page.get_by_role("heading", name="The page is not complete")).to_be_visible()
        assert len(house.desk.visits) == 1
        assert all("digest" in error for error in house.errors)  # another file than the one whose hash is in the page
        house.errors.clear()


async def test_words_appear_as_they_are_said_and_are_read_out_once(house: Theatre) -> None:
    async with joined(house) as (page, visit):
        await page.evaluate("""() => {
          window.read = [];
          new MutationObserver((changes) => changes.forEach(({ addedNodes }) =>
            addedNodes.forEach((node) => window.read.push(node.textContent)))).observe(
            document.querySelector('[role=log]'), { childList: true });
        }""")
        for shown in (
            caption("1", "you", "How long", final=False),
            caption("1", "you", "How long does it take?"),
            caption("2", "avatar", "About ten", final=False),
            caption("2", "avatar", "About ten", interrupted=True),
            caption("3", "teammate", "<b>Ten & a half</b>") | {"name": "Bob"},
            caption("3", "teammate", "<b>Ten & a half</b>") | {"name": "Bob"},
        ):
            visit.viewer.show(shown)
        lines = page.get_by_role("list", name="Captions").get_by_role("listitem")
        await expect(lines).to_have_text(
            ["YouHow long does it take?", "AvatarAbout teninterrupted", "Bob<b>Ten & a half</b>"]
        )
        assert await page.evaluate("window.read") == [
            "You: How long does it take?",
            "Avatar: About ten",
            "Bob: <b>Ten & a half</b>",
        ]


async def test_words_that_were_none_are_taken_back(house: Theatre) -> None:
    async with joined(house) as (page, visit):
        visit.viewer.show(caption("1", "you", "Mm", final=False))
        await expect(page.get_by_text("Mm", exact=True)).to_be_visible()
        visit.viewer.show(caption("1", "you", ""))
        await expect(page.get_by_text("What is said appears here.")).to_be_visible()
        assert await page.locator("[role=log]").text_content() == ""


async def test_the_newest_words_are_in_sight_unless_somebody_reads_older_ones(house: Theatre) -> None:
    async with joined(house) as (page, visit):
        bottom = "(([list]) => list.scrollHeight - list.scrollTop - list.clientHeight)([captions])"
        for number in range(30):
            visit.viewer.show(caption(str(number), "avatar", f"Sentence {number}."))
        await expect(page.get_by_text("Sentence 29.").first).to_be_in_viewport()
        assert await page.evaluate(bottom) < 2

        await page.evaluate("captions.scrollTop = 0")
        visit.viewer.show(caption("30", "avatar", "Sentence 30."))
        await expect(page.get_by_role("listitem").filter(has_text="Sentence 30.")).to_have_count(1)
        assert await page.evaluate("captions.scrollTop") == 0


async def test_what_is_typed_is_sent_and_the_box_is_empty_again(house: Theatre) -> None:
    async with joined(house) as (page, visit):
        box = page.get_by_label("Write to the avatar")
        await box.fill("  What does it cost?  ")
        await box.press("Enter")
        await expect(box).to_have_value("")
        await box.fill("   ")
        await page.get_by_role("button", name="Send").click()
        await box.fill("x" * 2_001)
        await page.get_by_role("button", name="Send").click()

        await house.desk.wait_for(lambda: len(visit.presses) == 3)
        assert visit.presses[1:] == [Typed("What does it cost?"), Typed("x" * 2_000)]


async def test_a_muted_microphone_sends_nothing(house: Theatre) -> None:
    async with joined(house) as (page, visit):
        await house.desk.wait_for(lambda: len(visit.sound) > 50_000)
        await page.get_by_role("button", name="Mute", exact=True).click()
        await house.desk.wait_for(lambda: Muted(True) in visit.inputs)
        await page.get_by_label("Write to the avatar").fill("Still there")
        await page.wait_for_timeout(500)  # twelve frames would come
        await page.keyboard.press("Enter")
        await house.desk.wait_for(lambda: Typed("Still there") in visit.inputs)
        muted = visit.inputs.index(Muted(True))
        assert visit.inputs[muted:] == [Muted(True), Typed("Still there")]

        await page.get_by_role("button", name="Unmute").click()
        heard = len(visit.sound)
        await house.desk.wait_for(lambda: len(visit.sound) > heard + 10_000)
        assert Muted(False) in visit.inputs


async def test_the_end_is_asked_about_once(house: Theatre) -> None:
    async with joined(house) as (page, visit):
        await page.get_by_role("button", name="End", exact=True).click()
        await page.get_by_role("button", name="Keep talking").click()
        await page.get_by_role("button", name="End", exact=True).click()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_be_hidden()
        assert visit.presses == [RoomReady()]

        await page.get_by_role("button", name="End", exact=True).click()
        await page.get_by_role("button", name="End session").click()
        await house.desk.wait_for(lambda: EndPressed() in visit.inputs)
        visit.viewer.show(state_of("ended", 0, "visitor"))
        await visit.viewer.close(4000, "ended")
        heading = page.get_by_role("heading", name="The session has ended")
        await expect(heading).to_be_focused()
        await expect(
            page.get_by_text("You ended it. The transcript and the bill are in the Slack thread.")
        ).to_be_visible()
        await house.liveavatar.journal.wait_for(lambda: house.liveavatar.session().viewers == 0)
        assert len(house.desk.visits) == 1


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("operator", f"A teammate ended it. {THREAD}"),
        ("maximum", f"The time that was agreed on is over. {THREAD}"),
        ("not_started", "The avatar could not be started. Please ask again in the Slack thread, or go on there."),
        ("something newer", THREAD),
        (None, THREAD),
    ],
    ids=str,
)
async def test_the_reason_of_an_end_is_told(reason: str | None, said: str) -> None:
    async with theatre(flags=[]) as house:
        house.desk.greet = lambda visit: None
        page = await house.open()
        await page.get_by_label("without one").check()
        await page.get_by_label("I know that I talk with an AI").check()
        await page.get_by_role("button", name="Start").click()
        visit = await house.desk.visit()
        visit.viewer.show(state_of("ended", 0, reason))
        await visit.viewer.close(4000, "ended")
        await expect(page.locator("#farewell-text")).to_have_text(said)


async def test_the_page_says_who_speaks_and_how_long_there_is(house: Theatre) -> None:
    async with joined(house) as (page, visit):
        await expect(page.locator("#remaining-text")).to_have_text(re.compile(r"^14:[34]\d$"))
        await expect(page.get_by_text("AI avatar", exact=True)).to_be_visible()
        visit.viewer.show(state_of("human_takeover", 59.6))
        await expect(page.get_by_text("AI avatar, a teammate speaks")).to_be_visible()
        await expect(page.locator("#remaining-text")).to_have_text(re.compile(r"^(1:00|0:5\d)$"))
        visit.viewer.show(state_of("live", 30, muted=True))
        await expect(page.get_by_text("AI avatar, muted by a teammate")).to_be_visible()
        visit.viewer.show({"type": "listening", "on": True})
        await expect(page.get_by_text("Listening")).to_be_visible()
        visit.viewer.show({"type": "notice", "code": "idle", "text": "Are you still there?"})
        await expect(page.get_by_role("status").get_by_text("Are you still there?")).to_be_visible()
        await page.get_by_role("button", name="Dismiss").click()
        await expect(page.get_by_text("Are you still there?")).to_be_hidden()
        visit.viewer.show({"type": "something newer"})
