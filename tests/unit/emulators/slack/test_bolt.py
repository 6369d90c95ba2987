"""Bolt, Slack's own framework, as the app: it must find every request in order, from signature to modal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from emulators.base import Emulator
from emulators.slack import SlackEmulator

VIDEOS = "C0VIDEOS01"


def text(value: str) -> dict[str, str]:
    return {"type": "plain_text", "text": value}


CARD = [{"type": "actions", "elements": [{"type": "button", "text": text("Approve"), "action_id": "approve"}]}]
MODAL = {
    "type": "modal",
    "callback_id": "make",
    "title": text("New video"),
    "submit": text("Make"),
    "blocks": [
        {
            "type": "input",
            "block_id": "name",
            "label": text("Name"),
            "element": {"type": "plain_text_input", "action_id": "typed"},
        }
    ],
}


def bolt(slack: SlackEmulator) -> AsyncApp:
    """An app with one listener of each kind."""
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
    app = AsyncApp(client=client, signing_secret=slack.signing_secret)

    async def mention(event: dict[str, Any], client: AsyncWebClient) -> None:
        where = {"channel": event["channel"], "thread_ts": event["ts"]}
        await client.chat_postMessage(**where, text="Shall I?", blocks=CARD)

    async def message() -> None: ...

    async def approve(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        where = {"channel": body["channel"]["id"], "ts": body["message"]["ts"]}
        await client.chat_update(**where, text=f"Approved by <@{body['user']['id']}>")

    async def command(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack("One moment")
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    async def submitted(ack: Any, view: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.chat_postMessage(channel=VIDEOS, text=view["state"]["values"]["name"]["typed"]["value"])

    app.event("app_mention")(mention)
    app.event("message")(message)
    app.action("approve")(approve)
    app.command("/heygen")(command)
    app.view("make")(submitted)
    return app


class Server(Emulator):
    """Bolt behind a port."""

    name = "bolt"

    def __init__(self, app: AsyncApp) -> None:
        self.handler = AsyncSlackRequestHandler(app)
        super().__init__()

    def routes(self) -> list[BaseRoute]:
        return [Route("/slack/events", self.handle, methods=["POST"])]

    async def handle(self, request: Request) -> Response:
        return await self.handler.handle(request)


@pytest.fixture
async def listening(slack: SlackEmulator) -> AsyncIterator[SlackEmulator]:
    """The emulator with a Bolt app that listens to it."""
    server = Server(bolt(slack))
    slack.configure(f"{await server.start()}/slack/events")
    yield slack
    slack.courier.clear()
    await server.stop()


async def _mentioned(slack: SlackEmulator) -> Any:
    """Mention the app and wait for its card."""
    root = slack.say("alice", VIDEOS, f"<@{slack.bot_user}> a video")
    return (await slack.journal.wait_for(lambda: slack.thread(VIDEOS, root)[1:]))[0]


async def test_bolt_gives_the_challenge_back(listening: SlackEmulator) -> None:
    assert (await listening.url_verification()).reason == ""


async def test_bolt_answers_a_mention_in_its_thread(listening: SlackEmulator) -> None:
    card = await _mentioned(listening)
    await listening.settle()
    assert card.rendered_text() == "Shall I?\nApprove"
    assert {delivery.state for delivery in listening.deliveries} == {"acked"}


async def test_bolt_understands_a_click(listening: SlackEmulator) -> None:
    card = await _mentioned(listening)
    await listening.click("bob", VIDEOS, card.ts, "approve")
    await listening.journal.wait_for(lambda: card.text == "Approved by <@U0BOB00001>")


async def test_bolt_opens_and_receives_a_modal(listening: SlackEmulator) -> None:
    await listening.command("alice", VIDEOS, "/heygen", "make")
    view = (await listening.journal.wait_for(lambda: listening.views("alice")))[0]
    assert [message.text for message in listening.ephemerals("alice")] == ["One moment"]
    await listening.submit_view("alice", view.id, {"typed": "Launch"})
    await listening.journal.wait_for(lambda: [m.text for m in listening.messages(VIDEOS)] == ["Launch"])


async def test_bolt_refuses_a_forged_request(listening: SlackEmulator) -> None:
    assert (await listening.forge("bad_signature")).status == 401
