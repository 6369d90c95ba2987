"""People acting in Slack through the page."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from emulators.base import Emulator
from emulators.slack import SlackEmulator

Send = Callable[..., Awaitable[httpx2.Response]]
VIDEOS = "C0VIDEOS01"


def button(action_id: str, value: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": value}
    return {"type": "button", "action_id": action_id, "value": value, "text": text}


async def posted_buttons(slack: SlackEmulator, *buttons: dict[str, Any]) -> str:
    api = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    answer = await api.chat_postMessage(
        channel=VIDEOS, text="card", blocks=[{"type": "actions", "elements": list(buttons)}]
    )
    return str(answer["ts"])


def interaction(app: Emulator) -> Any:
    forms = [entry.body for entry in app.journal.entries if isinstance(entry.body, dict) and "payload" in entry.body]
    return json.loads(forms[-1]["payload"])


async def test_saying_something_mentions_the_app_and_links(send: Send, slack: SlackEmulator) -> None:
    answer = await send("say", user="alice", channel="videos", text="@Greenroom translate https://e.com/a.mp4")

    message = slack.message("videos", answer.json()["ts"])
    assert message.text == f"<@{slack.bot_user}> translate <https://e.com/a.mp4>"


async def test_saying_something_in_a_thread(send: Send, slack: SlackEmulator) -> None:
    root = slack.say("alice", "videos", "hello")
    await send("say", user="bob", channel="videos", text="me too", thread_ts=root)

    assert [message.text for message in slack.thread("videos", root)][-1] == "me too"


async def test_saying_something_to_the_app_opens_the_direct_message(send: Send, slack: SlackEmulator) -> None:
    answer = await send("say", user="carol", channel=slack.bot_user, text="hello")

    assert answer.status_code == 200
    [direct] = [channel for channel in slack.workspace.channels.values() if channel.kind == "im"]
    assert direct.members == {"U0CAROL001", slack.bot_user}


async def test_a_command_is_answered_privately(send: Send, slack: SlackEmulator) -> None:
    answer = await send("command", user="alice", channel="videos", text="jobs")

    assert answer.json() == {"ok": True, "status": 200, "reason": ""}
    assert [note.text for note in slack.ephemerals("alice")] == ["You have no jobs yet."]


async def test_a_click_reaches_the_app_with_the_right_value(send: Send, slack: SlackEmulator, app: Emulator) -> None:
    ts = await posted_buttons(slack, button("retry", "s1"), button("refresh", "s2"))
    await send("click", user="bob", channel=VIDEOS, ts=ts, action_id="refresh", value="s2")

    action = interaction(app)["actions"][0]
    assert (action["action_id"], action["value"]) == ("refresh", "s2")


async def test_choosing_from_a_menu_reaches_the_app(send: Send, slack: SlackEmulator, app: Emulator) -> None:
    option = {"text": {"type": "plain_text", "text": "German"}, "value": "de"}
    ts = await posted_buttons(slack, {"type": "static_select", "action_id": "language", "options": [option]})
    await send("select", user="bob", channel=VIDEOS, ts=ts, action_id="language", value="de")

    assert interaction(app)["actions"][0]["selected_option"]["value"] == "de"


async def test_stopping_ends_the_stream(send: Send, slack: SlackEmulator) -> None:
    root = slack.say("alice", "videos", "hello")
    api = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    begun = await api.chat_startStream(
        channel=VIDEOS, thread_ts=root, recipient_user_id="U0ALICE001", recipient_team_id="T0GREENROOM"
    )
    answer = await send("stop", user="alice", channel=VIDEOS, thread_ts=root)

    assert answer.status_code == 200
    assert slack.message("videos", begun["ts"]).stream_state == "stopped"


@pytest.mark.parametrize(
    ("action", "body", "words"),
    [
        ("say", {"user": "alice", "channel": "videos"}, "text must be"),
        ("say", {"user": "alice", "channel": "videos", "text": "  "}, "text must be"),
        ("say", {"user": "alice", "channel": "videos", "text": "x" * 12_001}, "text must be"),
        ("say", {"user": "mallory", "channel": "videos", "text": "hi"}, "no user mallory"),
        ("say", {"user": "alice", "channel": "videos", "text": "hi", "thread_ts": "1.2"}, "no thread"),
        ("click", {"user": "alice", "channel": "videos", "ts": "1.2", "action_id": "a"}, "Slack would not let you"),
        ("stop", {"user": "alice", "channel": "videos", "thread_ts": "1.2"}, "no stop button"),
    ],
)
async def test_what_cannot_be_done_is_refused_in_words(
    send: Send, action: str, body: dict[str, Any], words: str
) -> None:
    answer = await send(action, **body)

    assert answer.status_code == 400
    assert words in answer.json()["error"]
