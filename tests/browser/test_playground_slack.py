"""The Slack side of the playground, used as Slack: files, another person's click, Home, shortcuts, the keyboard."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.test_playground import playground, say

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

LEADS = "name,company\nAda,Acme\nLin,Initech\n"
DROP = """([selector, name, text]) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([text], name, { type: "text/csv" }));
  for (const kind of ["dragenter", "dragover", "drop"]) {
    const event = new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true });
    document.querySelector(selector).dispatchEvent(event);
  }
}"""


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """The page, with the app behind it."""
    async with playground() as page:
        yield page


def timeline(page: Page) -> Locator:
    return page.get_by_role("log", name="Messages")


def thread(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Thread")


async def open_menu(page: Page, entry: str) -> None:
    """Use an entry of the newest message's menu, by keyboard alone."""
    await timeline(page).get_by_role("button", name=re.compile("^More actions")).last.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menu")).to_be_visible()
    items = await page.get_by_role("menuitem").all_inner_texts()
    at = next(index for index, words in enumerate(items) if entry in words)
    for _ in range(at):
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")


async def test_a_list_is_dropped_and_another_person_approves(page: Page) -> None:
    await page.evaluate(DROP, [".conversation", "leads.csv", LEADS])
    await expect(page.get_by_role("button", name="Remove leads.csv")).to_be_visible()
    await say(page, "@Greenroom make a video for each row of this list")

    await expect(timeline(page).get_by_role("cell", name="Initech")).to_be_visible()
    await expect(thread(page).get_by_text("waiting for an approval")).to_be_visible()
    await page.get_by_role("button", name=re.compile("Bob is called")).click()
    await expect(page.get_by_label("You are")).to_have_value("bob")
    await expect(page.locator("#person-about")).to_contain_text("approver")
    await thread(page).get_by_role("button", name="Approve").click()
    await page.get_by_role("dialog").get_by_role("button").last.click()
    await expect(thread(page).get_by_text(re.compile("approved by"))).to_be_visible()

    await page.set_viewport_size({"width": 390, "height": 844})
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    covered = page.locator(".conversation")
    await expect(covered).to_have_attribute("inert", "")
    assert await thread(page).bounding_box() == await covered.bounding_box()
    await page.get_by_role("button", name="Close the thread").click()
    await expect(covered).not_to_have_attribute("inert", "")
    await expect(page.get_by_label("You are")).to_be_hidden()
    await page.get_by_role("button", name="Channels and people").click()
    await expect(page.get_by_label("You are")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_label("You are")).to_be_hidden()


async def test_the_home_shows_what_this_person_may_do(page: Page) -> None:
    await page.get_by_role("button", name="Greenroom", exact=True).click()
    suggested = page.get_by_role("group", name="Suggested prompts")
    await expect(suggested.get_by_role("button", name="Talk to an avatar")).to_be_visible()
    await page.get_by_role("button", name="Home", exact=True).click()
    home = page.get_by_role("region", name="Home")
    await expect(home.get_by_role("heading", name="Welcome")).to_be_visible()
    await expect(home.get_by_role("button", name="Connect another")).to_have_count(0)

    await page.get_by_label("You are").select_option("dave")
    await home.get_by_role("button", name="Connect another").click()
    modal = page.get_by_role("dialog")
    await expect(modal.get_by_role("textbox").first).to_be_focused()
    await modal.locator(".send").click()
    await expect(modal.get_by_text("Please complete this required field.").first).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(modal).to_have_count(0)


async def test_everything_goes_by_keyboard(page: Page) -> None:
    box = page.get_by_placeholder(re.compile("^Message #"))
    await box.focus()
    await page.keyboard.type("/he")
    await expect(page.get_by_role("option", name="/heygen")).to_contain_text("<languages>")
    await page.keyboard.press("Tab")
    await page.keyboard.type("help")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Only visible to you")).to_be_visible()
    await page.keyboard.type("Hello and welcome to Acme")
    await page.keyboard.press("Enter")
    await expect(timeline(page).get_by_text("Hello and welcome to Acme")).to_be_visible()

    await open_menu(page, "Make a video from this")
    modal = page.get_by_role("dialog", name="Make a video")
    script = modal.get_by_label("What is said")
    await expect(script).to_have_value("Hello and welcome to Acme")
    await script.press("End")
    await page.keyboard.type(", Ada")
    await page.keyboard.press("Tab")
    await page.keyboard.type("ken")
    await page.keyboard.press("ArrowDown")
    await expect(modal.get_by_role("option").first).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(modal.get_by_role("button", name="Clear Avatar (optional)")).to_be_visible()
    await expect(modal.get_by_role("img", name=re.compile("."))).to_be_visible()  # the app has drawn the dialog anew
    await expect(script).to_have_value("Hello and welcome to Acme, Ada")
    await page.keyboard.press("Escape")
    await expect(modal).to_have_count(0)

    await open_menu(page, "Edit message")
    await page.get_by_label("Edit your message").fill("Goodbye")
    await page.keyboard.press("Enter")
    await expect(timeline(page).get_by_text("Goodbye")).to_be_visible()
    await expect(timeline(page).get_by_text("(edited)")).to_be_visible()
    await open_menu(page, "Delete message")
    await page.get_by_role("dialog").get_by_role("button", name="Delete").press("Enter")
    await expect(timeline(page).get_by_text("Goodbye")).to_have_count(0)
