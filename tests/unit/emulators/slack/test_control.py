"""The control plane for another process, and what a reader sees."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from emulators.slack import SlackEmulator

VIDEOS = "C0VIDEOS01"
ALICE = "U0ALICE001"


@pytest.fixture
async def page(slack: SlackEmulator) -> AsyncIterator[httpx2.AsyncClient]:
    """The playground's page, in another process as far as the emulator can tell."""
    async with httpx2.AsyncClient(base_url=slack.url, trust_env=False) as http:
        yield http


async def test_people_act_over_http(slack: SlackEmulator, page: httpx2.AsyncClient) -> None:
    said = {"user": "alice", "channel": "#videos", "text": "hello"}
    ts = (await page.post("/_emulator/act/say", json=said)).json()["result"]
    assert slack.message(VIDEOS, ts).text == "hello"


async def test_files_come_as_base64(slack: SlackEmulator, page: httpx2.AsyncClient) -> None:
    data = base64.b64encode(b"bytes").decode()
    upload = {"user": "alice", "channel": "#videos", "name": "a.mp4", "data": data}
    ts = (await page.post("/_emulator/act/upload", json=upload)).json()["result"]
    file_id = slack.message(VIDEOS, ts).files[0].id
    assert (await page.get(f"/_emulator/files/{file_id}")).content == b"bytes"


async def test_an_awaited_act_returns_the_answer(slack: SlackEmulator, app: Any, page: httpx2.AsyncClient) -> None:
    command = {"user": "alice", "channel": "#videos", "command": "/heygen", "text": "help"}
    answer = (await page.post("/_emulator/act/command", json=command)).json()["result"]
    assert answer["status"] == 200
    assert app.commands[0]["text"] == "help"


@pytest.mark.parametrize(
    ("act", "arguments", "status"),
    [
        ("dance", {}, 404),
        ("stop", {}, 404),
        ("say", {"user": "nobody", "channel": "#videos", "text": "x"}, 400),
        ("say", {"who": "alice"}, 400),
        ("upload", {"user": "alice", "channel": "#videos", "name": "a", "data": "%"}, 400),
    ],
)
async def test_impossible_acts_are_refused(
    page: httpx2.AsyncClient, act: str, arguments: dict[str, Any], status: int
) -> None:
    assert (await page.post(f"/_emulator/act/{act}", json=arguments)).status_code == status


async def test_the_snapshot_shows_everything(
    slack: SlackEmulator, client: AsyncWebClient, page: httpx2.AsyncClient
) -> None:
    root = slack.say("alice", VIDEOS, "go")
    await client.chat_postEphemeral(channel=VIDEOS, user=ALICE, text="private")
    await client.assistant_threads_setStatus(channel_id=VIDEOS, thread_ts=root, status="thinking")
    shown = (await page.get("/_emulator/snapshot")).json()
    videos = next(channel for channel in shown["channels"] if channel["id"] == VIDEOS)
    assert videos["messages"][0]["rendered_text"] == "go"
    assert (shown["ephemerals"][0]["visible_to"], shown["statuses"][0]["status"]) == (ALICE, "thinking")


async def test_the_snapshot_waits_for_something_newer(slack: SlackEmulator, page: httpx2.AsyncClient) -> None:
    version = (await page.get("/_emulator/snapshot")).json()["version"]
    waiting = asyncio.create_task(page.get(f"/_emulator/snapshot?after={version}&seconds=5"))
    slack.say("alice", VIDEOS, "news")
    assert "news" in (await waiting).text


async def test_deliveries_can_be_listed(slack: SlackEmulator, app: Any, page: httpx2.AsyncClient) -> None:
    slack.say("alice", VIDEOS, "x")
    await slack.settle()
    (delivery,) = (await page.get("/_emulator/deliveries")).json()
    assert (delivery["type"], delivery["state"]) == ("message", "acked")


async def test_configure_over_http_and_through_reset(slack: SlackEmulator, page: httpx2.AsyncClient) -> None:
    await page.post("/_emulator/act/configure", json={"mention_first": False})
    slack.reset()
    assert slack.workspace.mention_first is False
    slack.configure(mention_first=True)


async def test_configure_knows_its_switches(slack: SlackEmulator) -> None:
    with pytest.raises(ValueError, match="colour"):
        slack.configure(colour="red")


async def test_rendered_text_flattens_blocks(slack: SlackEmulator, client: AsyncWebClient) -> None:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Ready"}},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*J7*"}]},
        {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Again"}}]},
    ]
    ts = (await client.chat_postMessage(channel=VIDEOS, text="Your video", blocks=blocks))["ts"]
    assert slack.message(VIDEOS, ts).rendered_text() == "Your video\nReady\n*J7*\nAgain"


async def test_links_are_found_in_text_and_blocks(slack: SlackEmulator, client: AsyncWebClient) -> None:
    button = {"type": "button", "text": {"type": "plain_text", "text": "Watch"}, "url": "https://a.example/v/2"}
    blocks = json.dumps([{"type": "actions", "elements": [button]}])
    ts = (await client.chat_postMessage(channel=VIDEOS, text="<https://a.example/v/1|one>", blocks=blocks))["ts"]
    assert slack.message(VIDEOS, ts).links() == ["https://a.example/v/1", "https://a.example/v/2"]
