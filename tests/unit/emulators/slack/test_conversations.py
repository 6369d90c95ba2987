"""Reading channels and people, and reactions."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from emulators.slack import SlackEmulator

VIDEOS = "C0VIDEOS01"
ALICE = "U0ALICE001"
META = {"event_type": "x", "event_payload": {"key": "d1"}}


async def test_replies_start_with_the_root(slack: SlackEmulator, client: AsyncWebClient) -> None:
    root = slack.say("alice", VIDEOS, "root")
    reply = slack.say("bob", VIDEOS, "reply", root)
    messages = (await client.conversations_replies(channel=VIDEOS, ts=root))["messages"]
    assert [message["ts"] for message in messages] == [root, reply]
    assert (messages[0]["reply_count"], messages[1]["parent_user_id"]) == (1, ALICE)


@pytest.mark.parametrize("asked", [True, False])
async def test_metadata_comes_only_when_asked_for(slack: SlackEmulator, client: AsyncWebClient, asked: bool) -> None:
    ts = (await client.chat_postMessage(channel=VIDEOS, text="x", metadata=META))["ts"]
    answer = await client.conversations_replies(channel=VIDEOS, ts=ts, include_all_metadata=asked)
    assert (answer["messages"][0].get("metadata") == META) is asked


async def test_replies_come_in_pages(slack: SlackEmulator, client: AsyncWebClient) -> None:
    root = slack.say("alice", VIDEOS, "root")
    texts = [slack.say("bob", VIDEOS, str(n), root) for n in range(4)]
    first = await client.conversations_replies(channel=VIDEOS, ts=root, limit=3)
    seen = [message["ts"] async for page in first for message in page["messages"]]
    assert seen == [root, *texts]


async def test_a_window_cuts_the_replies(slack: SlackEmulator, client: AsyncWebClient) -> None:
    root = slack.say("alice", VIDEOS, "root")
    first, second = slack.say("bob", VIDEOS, "1", root), slack.say("bob", VIDEOS, "2", root)
    answer = await client.conversations_replies(channel=VIDEOS, ts=root, oldest=first)
    assert [message["ts"] for message in answer["messages"]] == [root, second]


async def test_history_is_the_top_level_newest_first(slack: SlackEmulator, client: AsyncWebClient) -> None:
    first = slack.say("alice", VIDEOS, "1")
    slack.say("bob", VIDEOS, "reply", first)
    second = slack.say("alice", VIDEOS, "2")
    answer = await client.conversations_history(channel=VIDEOS)
    assert [message["ts"] for message in answer["messages"]] == [second, first]


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("conversations.replies", {"channel": VIDEOS, "ts": "1.000001"}, "thread_not_found"),
        ("conversations.history", {"channel": "C0"}, "channel_not_found"),
        ("conversations.history", {"channel": VIDEOS, "limit": 1001}, "invalid_arguments"),
        ("conversations.history", {"channel": VIDEOS, "cursor": "x"}, "invalid_cursor"),
        ("conversations.open", {}, "users_list_not_supplied"),
        ("conversations.open", {"users": "U0"}, "user_not_found"),
        ("conversations.list", {"types": "secret"}, "invalid_types"),
        ("users.info", {"user": "U0"}, "user_not_found"),
        ("bots.info", {"bot": "B0"}, "bot_not_found"),
        ("reactions.add", {"channel": VIDEOS, "timestamp": "1.1", "name": "eyes"}, "message_not_found"),
    ],
)
async def test_reading_refuses(api: Any, method: str, arguments: dict[str, Any], error: str) -> None:
    assert await api.refused(method, **arguments) == error


async def test_history_needs_membership(slack: SlackEmulator, api: Any) -> None:
    slack.leave("heygen", VIDEOS)
    assert await api.refused("conversations.history", channel=VIDEOS) == "not_in_channel"


async def test_opening_a_direct_message_twice_is_one(slack: SlackEmulator, client: AsyncWebClient) -> None:
    ids = {(await client.conversations_open(users=[ALICE]))["channel"]["id"] for _ in range(2)}
    assert ids == {slack.direct_channel("alice")}


async def test_channels_are_listed_by_kind(slack: SlackEmulator, client: AsyncWebClient) -> None:
    slack.direct_channel("alice")
    slack.add_channel("secret", ["alice"], "group")
    public = await client.conversations_list()
    private = await client.conversations_list(types="im,private_channel")
    assert {channel["name"] for channel in public["channels"]} == {"videos", "general"}
    assert [channel["user"] for channel in private["channels"]] == [ALICE]


async def test_archived_channels_can_be_left_out(slack: SlackEmulator, client: AsyncWebClient) -> None:
    slack.archive("#general")
    listed = (await client.conversations_list(exclude_archived=True))["channels"]
    assert [channel["name"] for channel in listed] == ["videos"]


async def test_people_channels_team_and_bot_are_described(slack: SlackEmulator, client: AsyncWebClient) -> None:
    assert (await client.users_info(user="U0DAN00001"))["user"]["is_restricted"]
    assert (await client.conversations_info(channel=VIDEOS))["channel"]["is_member"]
    assert ALICE in (await client.conversations_members(channel=VIDEOS))["members"]
    assert (await client.team_info())["team"]["id"] == "T0GREENROOM"
    assert (await client.bots_info())["bot"]["user_id"] == slack.bot_user


async def test_a_reaction_is_given_once(slack: SlackEmulator, api: Any) -> None:
    ts = slack.say("alice", VIDEOS, "x")
    call = {"channel": VIDEOS, "timestamp": ts, "name": "eyes"}
    await api.client.reactions_add(**call)
    assert slack.message(VIDEOS, ts).reactions == {"eyes": [slack.bot_user]}
    assert await api.refused("reactions.add", **call) == "already_reacted"


async def test_a_reaction_is_taken_back_once(slack: SlackEmulator, api: Any) -> None:
    ts = slack.say("alice", VIDEOS, "x")
    call = {"channel": VIDEOS, "timestamp": ts, "name": "eyes"}
    await api.client.reactions_add(**call)
    await api.client.reactions_remove(**call)
    assert slack.message(VIDEOS, ts).reactions == {}
    assert await api.refused("reactions.remove", **call) == "no_reaction"


async def test_a_reaction_has_a_proper_name(slack: SlackEmulator, api: Any) -> None:
    ts = slack.say("alice", VIDEOS, "x")
    assert await api.refused("reactions.add", channel=VIDEOS, timestamp=ts, name="Not A Name") == "invalid_name"
