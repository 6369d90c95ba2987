"""What an app puts on people's screens: confirm dialogs, modals, buttons for some, notes for one; two people act."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.async_api import Page, async_playwright, expect
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from emulators.base import Emulator
from emulators.console import Console
from emulators.heygen import HeyGenEmulator
from emulators.openai import OpenAIEmulator
from emulators.slack import SlackEmulator
from tests.browser.test_playground import CHROMIUM, PATIENCE, QUIET

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

VIDEOS, ALICE, DAVE = "C0VIDEOS01", "U0ALICE001", "U0DAVE0001"


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def button(action_id: str, text: str, **more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "text": plain(text), "value": "q1", **more}


CONFIRM = {
    "title": plain("Spend $7.42?"),
    "text": {"type": "mrkdwn", "text": "Three languages for *Alice*."},
    "confirm": plain("Spend it"),
    "deny": plain("Not yet"),
}
CARD = [
    button("approve", "Approve", style="primary", confirm=CONFIRM, visible_to_user_ids=[DAVE]),
    button("change", "Change"),
]
MODES = [{"text": plain("Fast"), "value": "speed"}, {"text": plain("Fine"), "value": "precision"}]
CHANGE = {
    "type": "modal",
    "title": plain("Change"),
    "submit": plain("New quote"),
    "close": plain("Back"),
    "blocks": [
        {
            "type": "input",
            "block_id": "title",
            "label": plain("Title"),
            "element": {"type": "plain_text_input", "action_id": "title", "initial_value": "Launch"},
        },
        {
            "type": "input",
            "block_id": "mode",
            "label": plain("Mode"),
            "element": {"type": "static_select", "action_id": "mode", "options": MODES},
        },
        {
            "type": "input",
            "block_id": "also",
            "label": plain("Also"),
            "optional": True,
            "element": {"type": "checkboxes", "action_id": "also", "options": MODES},
        },
    ],
}


class App(Emulator):
    """An app that opens the modal, finds one mistake in it, and keeps what it is told."""

    name = "app"

    def __init__(self, slack: SlackEmulator) -> None:
        super().__init__()
        self.told: list[dict[str, Any]] = []
        self.answers: list[Response] = [JSONResponse({"response_action": "errors", "errors": {"title": "Taken."}})]
        self.slack = slack

    def routes(self) -> list[BaseRoute]:
        return [Route("/slack", self.receive, methods=["POST"])]

    @property
    def api(self) -> AsyncWebClient:
        return AsyncWebClient(self.slack.bot_token, base_url=self.slack.api_url)

    async def receive(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        if "payload" not in form:
            return Response()
        payload = json.loads(form["payload"][0])
        self.told.append(payload)
        if payload["type"] == "view_submission":
            return self.answers.pop() if self.answers else Response()
        if payload["type"] == "block_actions" and payload["actions"][0]["action_id"] == "change":
            await self.api.views_open(trigger_id=payload["trigger_id"], view=CHANGE)
        return Response()

    async def post_card(self) -> None:
        """Put the card and a private note under what alice said."""
        root = self.slack.say("alice", VIDEOS, "please, <!subteam^S0APPROVE1>")
        blocks = [{"type": "actions", "elements": CARD}]
        await self.api.chat_postMessage(channel=VIDEOS, thread_ts=root, text="card", blocks=blocks)
        await self.api.chat_postEphemeral(channel=VIDEOS, thread_ts=root, user=DAVE, text="Alice waits for you.")


@pytest.fixture
async def app() -> AsyncIterator[App]:
    slack = SlackEmulator()
    app = App(slack)
    for emulator in (slack, app):
        await emulator.start()
    slack.configure(f"{app.url}/slack")
    await app.post_card()
    yield app
    for emulator in (slack, app):
        await emulator.stop()


@pytest.fixture
async def page(app: App) -> AsyncIterator[Page]:
    """The page over emulators and `app`; whatever its console calls an error fails the test."""
    assert CHROMIUM, "there is no chromium: .ci/browser installs it"
    async with AsyncExitStack() as stack:
        console = Console(app.slack, HeyGenEmulator(), OpenAIEmulator())
        url = await console.start(0)
        stack.push_async_callback(console.stop)
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        stack.push_async_callback(browser.close)
        page = await browser.new_page(viewport={"width": 1280, "height": 900})
        errors: list[str] = []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_default_timeout(PATIENCE)
        await page.goto(url)
        yield page
        assert errors == []


async def become(page: Page, name: str) -> None:
    await page.get_by_label("You are").select_option(name)


async def test_only_the_approver_sees_the_button_and_the_note(page: Page) -> None:
    await expect(page.get_by_role("button", name="Change")).to_be_visible()
    await expect(page.locator(".mention", has_text="@video-approvers").first).to_be_visible()
    await expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    await expect(page.get_by_text("Alice waits for you.")).to_have_count(0)

    await become(page, "dave")
    await expect(page.get_by_role("button", name="Approve")).to_be_visible()
    await expect(page.get_by_text("Alice waits for you.")).to_be_visible()


async def test_a_press_counts_only_when_it_is_confirmed(page: Page, app: App) -> None:
    await become(page, "dave")
    dialog = page.get_by_role("dialog", name="Spend $7.42?")
    await page.get_by_role("button", name="Approve").click()
    await expect(dialog.locator("strong", has_text="Alice")).to_be_visible()
    await dialog.get_by_role("button", name="Not yet").click()
    await expect(dialog).to_have_count(0)
    assert app.told == []

    await page.get_by_role("button", name="Approve").click()
    await dialog.get_by_role("button", name="Spend it").click()
    await expect(dialog).to_have_count(0)
    await app.journal.wait_for(lambda: app.told)
    [payload] = app.told
    assert (payload["user"]["name"], payload["actions"][0]["confirm"]["title"]["text"]) == ("dave", "Spend $7.42?")


async def test_a_modal_is_filled_in_repaired_and_submitted(page: Page, app: App) -> None:
    modal = page.get_by_role("dialog", name="Change")
    await page.get_by_role("button", name="Change").click()
    await modal.get_by_label("Mode").select_option("Fine")
    await modal.get_by_label("Fast").check()
    await modal.get_by_role("button", name="New quote").click()
    await expect(modal.get_by_text("Taken.")).to_be_visible()
    await modal.get_by_label("Title").fill("Launch 2")
    await modal.get_by_role("button", name="New quote").click()
    await expect(modal).to_have_count(0)

    values = app.told[-1]["view"]["state"]["values"]
    assert values["title"]["title"]["value"] == "Launch 2"
    assert values["mode"]["mode"]["selected_option"]["value"] == "precision"
    assert [option["value"] for option in values["also"]["also"]["selected_options"]] == ["speed"]


@pytest.mark.parametrize("leave", ["Back", "Escape"])
async def test_a_modal_can_be_left_and_belongs_to_one_person(page: Page, app: App, leave: str) -> None:
    modal = page.get_by_role("dialog", name="Change")
    await page.get_by_role("button", name="Change").click()
    await expect(modal).to_be_visible()
    assert [view.user for view in app.slack.workspace.views.values()] == [ALICE]
    if leave == "Escape":
        await page.keyboard.press("Escape")
    else:
        await modal.get_by_role("button", name=leave).click()
    await expect(modal).to_have_count(0)
    assert not app.slack.workspace.views


async def test_a_phone_has_room_for_a_modal(page: Page) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.reload()  # as on a phone: there no thread opens by itself
    await page.get_by_role("button", name=re.compile(r"\brepl(y|ies)\b")).first.click()
    await page.get_by_role("button", name="Change").click()
    await expect(page.get_by_role("dialog", name="Change")).to_be_visible()

    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def test_the_model_can_be_made_to_misbehave(page: Page) -> None:
    await page.get_by_role("tab", name="Trouble").click()
    await page.get_by_label("Gullible model").check()
    await page.reload()
    await expect(page.get_by_label("Gullible model")).to_be_checked()
    await expect(page.get_by_label(re.compile("Lying"))).not_to_be_checked()
