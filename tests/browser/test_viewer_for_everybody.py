"""The viewer's page by keyboard alone, judged by axe in every view, at every size, light and dark, and still."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page, expect

from agent.live.ports import EndPressed, Typed
from tests.support.axe import judged
from tests.support.viewer import Visit
from tests.support.viewer_browser import Theatre, caption, state_of, theatre

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
LOW = {"width": 740, "height": 360}  # a phone on its side
SMALL = {"width": 320, "height": 568}
TABLET = {"width": 820, "height": 1180}
FOCUS = """() => {
  const { activeElement: element } = document;
  return element.id || element.name || element.value || element.textContent.trim();
}"""
# What is cut off at a side, or lies outside of the screen although it is always to be at hand.
OUT_OF_SIGHT = """() => {
  const wide = document.documentElement.scrollWidth > innerWidth ? ['the page'] : [];
  const needed = [...document.querySelectorAll('#session button:not([hidden]), #session input, #video')];
  return [...wide, ...needed.filter((element) => {
    const { top, left, bottom, right, width } = element.getBoundingClientRect();
    return width && (top < 0 || left < 0 || bottom > innerHeight + 1 || right > innerWidth + 1);
  }).map((element) => element.id)];
}"""


@asynccontextmanager
async def talking(house: Theatre) -> AsyncIterator[tuple[Page, Visit]]:
    """A session in which things were said and there is something to know."""
    page = await house.open()
    visit = await house.enter(page)
    for shown in (
        caption("1", "avatar", "Hello, I am the avatar of your team. " * 4),
        caption("2", "you", "How long does it take?"),
        caption("3", "avatar", "About ten", interrupted=True),
        caption("4", "you", "And what", final=False),
        {"type": "notice", "code": "soon", "text": "Half a minute is left."},
        {"type": "listening", "on": True},
        state_of("live", 40),
    ):
        visit.viewer.show(shown)
    await expect(page.get_by_text("Half a minute is left.")).to_be_visible()
    await expect(page.locator("#curtain")).to_be_hidden()
    yield page, visit


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_axe_finds_nothing_in_any_view(scheme: Any, size: Any) -> None:
    async with theatre(color_scheme=scheme, viewport=size, reduced_motion="reduce") as house:
        page = await house.open()
        await judged(page)
        await page.get_by_role("button", name="Start").click()
        await page.get_by_role("button", name="Test microphone").click()
        await expect(page.get_by_label("Microphone", exact=True)).to_be_visible()
        await judged(page)
        await page.close()
        async with talking(house) as (page, visit):
            await judged(page)
            await page.get_by_role("button", name="Mute", exact=True).click()
            await page.get_by_role("button", name="End", exact=True).click()
            await judged(page)
            await visit.viewer.close(4001, "elsewhere")
            await expect(page.get_by_role("button", name="Go on here")).to_be_visible()
            await judged(page)
        await page.goto(f"{house.stage.url}/live/nonsense")
        await judged(page)
        house.errors[:] = [error for error in house.errors if "404 (Not Found)" not in error]


async def test_a_session_is_held_by_keyboard_alone() -> None:
    async with theatre() as house:
        page = await house.open()
        keys = page.keyboard
        await expect(page.get_by_role("heading", name="Talk with an AI avatar")).to_be_focused()
        order = []
        for _ in range(4):
            await keys.press("Tab")
            order.append(await page.evaluate(FOCUS))
        assert order == ["voice", "try", "consent", "start"]
        await keys.press("Shift+Tab")
        await keys.press("Space")
        await keys.press("Tab")
        await keys.press("Enter")

        visit = await house.playing()
        await expect(page.get_by_role("heading", name="Live session")).to_be_focused()
        order = []
        for _ in range(5):
            await keys.press("Tab")
            order.append(await page.evaluate(FOCUS))
        assert order == ["captions", "mute", "words", "send", "end"]
        await keys.press("Shift+Tab")
        await keys.press("Shift+Tab")
        await keys.type("Hello")
        await keys.press("Enter")
        await house.desk.wait_for(lambda: Typed("Hello") in visit.inputs)
        assert await page.evaluate(FOCUS) == "words"

        await keys.press("Tab")
        await keys.press("Tab")
        await keys.press("Enter")
        assert await page.evaluate(FOCUS) == "stay"
        await keys.press("Escape")
        assert await page.evaluate(FOCUS) == "end"
        await keys.press("Enter")
        await keys.press("Tab")
        assert await page.evaluate(FOCUS) == "end"  # in the dialog: End session
        await keys.press("Enter")
        await house.desk.wait_for(lambda: EndPressed() in visit.inputs)
        await visit.viewer.close(4000, "ended")
        await expect(page.get_by_role("heading", name="The session has ended")).to_be_focused()


async def test_the_focus_can_be_seen() -> None:
    async with theatre() as house:
        page = await house.open()
        for _ in range(4):
            await page.keyboard.press("Tab")
            assert await page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"


@pytest.mark.parametrize("size", [DESK, PHONE, LOW, SMALL, TABLET], ids=["desk", "phone", "low", "small", "tablet"])
async def test_everything_is_in_sight_at_every_size(size: Any) -> None:
    async with theatre(viewport=size) as house:
        page = await house.open()
        assert await page.evaluate(OUT_OF_SIGHT) == []
        await page.close()
        async with talking(house) as (page, _):
            assert await page.evaluate(OUT_OF_SIGHT) == []
            height = await page.evaluate("video.getBoundingClientRect().height / innerHeight")
            assert height > 0.3


async def test_whoever_wants_no_motion_sees_none() -> None:
    async with theatre(reduced_motion="reduce") as house, talking(house) as (page, _):
        assert await page.evaluate("document.getAnimations().length") == 0


async def test_what_could_be_pressed_with_a_finger_is_large_enough() -> None:
    async with theatre(viewport=PHONE, has_touch=True) as house, talking(house) as (page, _):
        sizes = await page.evaluate(
            "[...document.querySelectorAll('.controls button')].map((one) => one.getBoundingClientRect())"
            ".map(({ width, height }) => Math.min(width, height))"
        )
        assert min(sizes) >= 44
