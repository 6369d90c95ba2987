"""A page that is reloaded, opened twice, cut off or late: where it comes back by itself, and where it says why not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from agent.live.ports import Muted, RoomReady, Typed
from tests.support.viewer import Visit
from tests.support.viewer_browser import FRAMES, MICROPHONE, PATIENCE, Theatre, joined, theatre

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture
async def house() -> AsyncIterator[Theatre]:
    async with theatre() as house:
        yield house


async def test_a_reload_goes_on_by_itself(house: Theatre) -> None:
    async with joined(house) as (page, visit):
        await page.reload()
        again = await house.playing(1)
        await house.desk.wait_for(lambda: visit.over and again.sound)
        assert again.hello.microphone
        assert again.presses == [RoomReady()]
        await expect(page.get_by_role("button", name="Mute", exact=True)).to_be_visible()


async def test_who_was_muted_is_muted_after_a_reload(house: Theatre) -> None:
    async with joined(house) as (page, _):
        await page.get_by_role("button", name="Mute", exact=True).click()
        await page.reload()
        again = await house.playing(1)
        await house.desk.wait_for(lambda: RoomReady() in again.inputs)
        await expect(page.get_by_role("button", name="Unmute")).to_be_visible()
        assert Muted(True) in again.inputs
        assert again.sound == b""


async def test_a_page_that_nobody_has_clicked_asks_for_a_click_to_be_heard() -> None:
    gesture = "--autoplay-policy=document-user-activation-required"  # what people's browsers do
    async with theatre(flags=[*MICROPHONE, gesture]) as house, joined(house):
        page = await house.open(f"{house.stage.url}/live/room")
        await house.playing(1)
        await page.get_by_role("button", name="Turn on sound", exact=True).click()
        await expect(page.locator("#unblock")).to_be_hidden()
        assert await page.evaluate("document.getElementById('audio').paused") is False


async def test_a_second_tab_takes_over_and_the_first_can_take_it_back(house: Theatre) -> None:
    async with joined(house) as (first, _):
        second = await house.open(f"{house.stage.url}/live/room")
        await house.playing(1)
        await expect(first.get_by_role("heading", name="You are in this session on another page")).to_be_visible()
        assert len(house.desk.visits) == 2

        await first.get_by_role("button", name="Go on here").click()
        await house.playing(2)
        await expect(second.get_by_role("heading", name="You are in this session on another page")).to_be_visible()


async def test_a_lost_connection_comes_back_by_itself_and_the_picture_stays(house: Theatre) -> None:
    async with joined(house) as (page, visit):
        await visit.viewer.close(4010, "try again")
        await expect(page.get_by_role("status").get_by_text("The connection was lost.")).to_be_visible()
        again = await house.playing(1)
        await expect(page.get_by_text("The connection was lost.")).to_be_hidden()
        await expect(page.get_by_text("Live", exact=True)).to_be_visible()
        assert again.presses == [RoomReady()]
        noted = [frame.type for frame in house.liveavatar.session().frames if frame.type.startswith("room")]
        assert noted == ["room.joined"]


async def test_a_server_that_turns_it_away_is_asked_less_and_less_often(house: Theatre) -> None:
    async with joined(house) as (page, visit):
        await page.evaluate("""() => {
          window.waits = [];
          const own = setTimeout;
          window.setTimeout = (work, wait) => { window.waits.push(wait); return own(work, wait); };
        }""")

        def busy(another: Visit) -> None:
            another.viewer.show({"type": "notice", "code": "busy", "text": "Too many sessions are running."})
            closing.append(asyncio.ensure_future(another.viewer.close(4010, "busy")))

        closing: list[asyncio.Future[None]] = []
        house.desk.greet = busy
        await visit.viewer.close(4010, "try again")
        await house.desk.visit(2)
        await expect(page.get_by_text("Too many sessions are running.")).to_be_visible()
        house.desk.greet = house.greet
        await house.playing(3)
        waits = [wait / 1000 for wait in await page.evaluate("window.waits.filter((wait) => wait < 5000)")]
        assert waits == [pytest.approx(after, rel=0.25) for after in (0.5, 1, 2)]
        await expect(page.get_by_text("Too many sessions are running.")).to_be_hidden()
        await asyncio.gather(*closing)


async def test_words_that_cannot_be_sent_stay_in_the_box(house: Theatre) -> None:
    async with joined(house) as (page, visit):
        house.stage.passes.hold.clear()
        await visit.viewer.close(4010, "try again")
        await expect(page.get_by_text("Reconnecting", exact=True)).to_be_visible()
        box = page.get_by_label("Write to the avatar")
        await box.fill("Wait for me")
        await box.press("Enter")
        await expect(page.get_by_text("Your words could not be sent yet.")).to_be_visible()
        await expect(box).to_have_value("Wait for me")
        house.stage.passes.hold.set()
        again = await house.playing(1)
        await box.press("Enter")
        await house.desk.wait_for(lambda: Typed("Wait for me") in again.inputs)


async def test_a_picture_that_is_lost_is_fetched_again(house: Theatre) -> None:
    async with joined(house) as (page, _):
        house.liveavatar.rooms.drop(house.liveavatar.session().id)
        await expect(page.get_by_role("status").get_by_text("The picture was lost")).to_be_visible()
        await expect(page.get_by_text("The picture was lost")).to_be_hidden(timeout=PATIENCE)
        before = await page.evaluate(FRAMES)
        await page.wait_for_function(f"before => {FRAMES} > before + 5", arg=before)


async def test_a_session_that_ended_meanwhile_is_not_joined_again(house: Theatre) -> None:
    async with joined(house) as (page, visit):
        house.stage.passes.change(state="ended", started_at=1.0)
        await visit.viewer.close(4010, "try again")
        await expect(page.get_by_role("heading", name="The session has ended")).to_be_visible()
        await page.reload()
        await expect(page.get_by_role("heading", name="This session has ended")).to_be_visible()
    house.errors[:] = [error for error in house.errors if "410 (Gone)" not in error]


async def test_a_used_link_is_refused_elsewhere_and_leads_back_in_its_own_browser() -> None:
    async with theatre() as house:
        link = house.stage.link()
        await house.enter(await house.open(link))
        # Followed from another site, as from Slack: the cookie stays behind.
        page = await house.context.new_page()
        await page.goto(house.liveavatar.url)
        await page.evaluate("link => { location.href = link; }", link)
        await house.playing(1)
        assert page.url == f"{house.stage.url}/live/room"

        browser = house.context.browser
        assert browser is not None
        other = await (await browser.new_context()).new_page()
        answer = await other.goto(link)
        assert answer is not None
        assert answer.status == 403
        await expect(other.get_by_role("heading", name="This link has already been used")).to_be_visible()
        await other.wait_for_load_state("networkidle")
        assert other.url == link
        assert len(house.desk.visits) == 2


async def test_a_link_that_expires_while_its_page_is_open_says_so_and_starts_nothing() -> None:
    async with theatre() as house:
        page = await house.open()
        house.stage.clock.advance(600)
        await page.get_by_label("I know that I talk with an AI").check()
        await page.get_by_role("button", name="Start").click()
        await expect(page.get_by_role("alert").filter(has_text="This link has expired.")).to_be_visible()
        assert house.desk.visits == []
        house.errors[:] = [error for error in house.errors if "410 (Gone)" not in error]
