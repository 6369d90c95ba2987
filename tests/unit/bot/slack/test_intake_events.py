"""The intake on events as the Slack emulator sends them, which knows nothing of how we read them."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.intake import Classified, Echo, Ignored, classify
from bot.slack.ports import BotIdentity
from bot.slack.slack_calls import SlackCalls
from bot.slack.views import reply
from bot.store.inbox import NewEvent
from emulators.slack import SlackEmulator
from tests.unit.bot.slack.thread import ALICE, CHANNEL, TEAM


class Heard:
    """Every event of the workspace, classified."""

    def __init__(self, slack: SlackEmulator) -> None:
        self.events: list[dict[str, Any]] = []
        workspace = slack.workspace
        self.identity = BotIdentity(workspace.bot.id, workspace.bot_id, workspace.app_id, TEAM)
        workspace.sink = self.events.append

    def all(self) -> list[Classified]:
        bodies = [{"type": "event_callback", "team_id": TEAM, "event": event} for event in self.events]
        return [classify(body, self.identity) for body in bodies]

    def kinds(self) -> list[str]:
        return [found.kind for found in self.all() if isinstance(found, NewEvent)]


@pytest.fixture
async def heard(slack: SlackEmulator) -> Heard:
    return Heard(slack)


async def test_a_mention_comes_twice_with_one_dedup_key(slack: SlackEmulator, heard: Heard) -> None:
    slack.say(ALICE, CHANNEL, f"<@{slack.bot_user}> hello")
    first, second = heard.all()
    assert isinstance(first, NewEvent)
    assert isinstance(second, NewEvent)
    assert first.dedup_key == second.dedup_key
    assert first.opens
    assert second.opens


async def test_talk_that_is_not_for_us_is_ignored(slack: SlackEmulator, heard: Heard) -> None:
    slack.say(ALICE, CHANNEL, "hello everybody")
    assert all(isinstance(found, Ignored) for found in heard.all())


async def test_an_edit_and_a_deletion_are_heard(slack: SlackEmulator, heard: Heard) -> None:
    ts = slack.say(ALICE, CHANNEL, f"<@{slack.bot_user}> one")
    slack.edit(ALICE, CHANNEL, ts, f"<@{slack.bot_user}> two")
    slack.delete(ALICE, CHANNEL, ts)
    assert heard.kinds() == ["message", "message", "message_changed", "message_deleted"]


async def test_a_file_is_heard(slack: SlackEmulator, heard: Heard) -> None:
    ts = slack.say(ALICE, CHANNEL, f"<@{slack.bot_user}> hello")
    slack.upload(ALICE, CHANNEL, "talk.mp4", b"....ftypmp42", thread_ts=ts)
    found = heard.all()[-1]
    assert isinstance(found, NewEvent)
    assert found.payload["files"][0]["name"] == "talk.mp4"


async def test_our_own_post_and_its_edit_start_nothing(
    slack: SlackEmulator, heard: Heard, client: AsyncWebClient
) -> None:
    calls = SlackCalls(client)
    ts = await calls.post(CHANNEL, None, reply("Hello."), "reply:1")
    await calls.update(CHANNEL, ts, reply("Hello again."), "reply:1")
    posted, edited = heard.all()
    assert posted == Echo(TEAM, CHANNEL, "reply:1", ts)
    assert edited == Ignored("own change")
