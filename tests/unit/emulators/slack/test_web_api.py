"""The Web API's door and `chat.*`: what passes, and what is refused by which name."""

from __future__ import annotations

from typing import Any

import aiohttp
import httpx2
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from emulators.slack import SlackEmulator

VIDEOS = "C0VIDEOS01"
GENERAL = "C0GENERAL1"
ALICE = "U0ALICE001"
META = {"event_type": "greenroom", "event_payload": {"key": "d1"}}


async def test_auth_test_names_the_bot(slack: SlackEmulator, client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert (answer["user_id"], answer["team_id"]) == (slack.bot_user, "T0GREENROOM")


@pytest.mark.parametrize(("token", "error"), [("", "not_authed"), ("xoxb-wrong", "invalid_auth")])
async def test_a_token_is_checked(slack: SlackEmulator, token: str, error: str) -> None:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    async with httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"{slack.api_url}auth.test", headers=headers)
    assert answer.json() == {"ok": False, "error": error}


async def test_an_uninstalled_app_has_no_account(slack: SlackEmulator, api: Any) -> None:
    slack.uninstall()
    assert await api.refused("auth.test") == "account_inactive"


async def test_unknown_methods_are_named_so(api: Any) -> None:
    assert await api.refused("chat.shout") == "unknown_method"


async def test_a_missing_scope_is_refused(slack: SlackEmulator, api: Any) -> None:
    slack.workspace.scopes.discard("chat:write")
    assert await api.refused("chat.postMessage", channel=VIDEOS, text="hi") == "missing_scope"


async def test_arguments_come_as_query_form_or_json(slack: SlackEmulator) -> None:
    address, headers = f"{slack.api_url}users.info", {"authorization": f"Bearer {slack.bot_token}"}
    async with httpx2.AsyncClient(trust_env=False, headers=headers) as http:
        answers = [
            await http.get(address, params={"user": ALICE}),
            await http.post(address, data={"user": ALICE}),
            await http.post(address, json={"user": ALICE}),
            await http.post(address, data={"user": ALICE, "token": slack.bot_token}, headers={"authorization": ""}),
        ]
    assert [answer.json()["user"]["name"] for answer in answers] == ["alice"] * 4


@pytest.mark.parametrize(("body", "error"), [("{", "invalid_json"), ("[1]", "json_not_object")])
async def test_broken_json_is_refused(slack: SlackEmulator, body: str, error: str) -> None:
    headers = {"authorization": f"Bearer {slack.bot_token}", "content-type": "application/json"}
    async with httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"{slack.api_url}chat.postMessage", content=body, headers=headers)
    assert answer.json()["error"] == error


async def test_a_posted_message_can_be_read_back(slack: SlackEmulator, client: AsyncWebClient) -> None:
    answer = await client.chat_postMessage(channel=VIDEOS, text="hello", metadata=META)
    message = slack.message("#videos", answer["ts"])
    assert (message.text, message.metadata, message.user) == ("hello", META, slack.bot_user)


async def test_timestamps_are_unique_and_rising(slack: SlackEmulator) -> None:
    stamps = [slack.say("alice", "#videos", str(n)) for n in range(50)]
    assert stamps == sorted(set(stamps))
    assert all(len(ts.partition(".")[2]) == 6 for ts in stamps)


async def test_a_user_id_as_channel_is_a_direct_message(slack: SlackEmulator, client: AsyncWebClient) -> None:
    answer = await client.chat_postMessage(channel=ALICE, text="psst")
    assert answer["channel"] == slack.direct_channel("alice")


async def test_a_channel_name_is_good_enough_for_posting(client: AsyncWebClient) -> None:
    assert (await client.chat_postMessage(channel="#videos", text="x"))["channel"] == VIDEOS


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE1"}, "channel_not_found"),
        ({"channel": "#nowhere"}, "channel_not_found"),
        ({"text": ""}, "no_text"),
        ({"channel": ""}, "invalid_arguments"),
        ({"text": {"a": 1}}, "invalid_arguments"),
        ({"markdown_text": "**x**"}, "markdown_text_conflict"),
        ({"text": None, "markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"thread_ts": "1.000001"}, "thread_not_found"),
        ({"metadata": {"event_type": "x"}}, "invalid_metadata_format"),
        ({"metadata": {"event_type": "", "event_payload": {}}}, "invalid_metadata_format"),
        ({"metadata": {"event_type": "x", "event_payload": []}}, "invalid_metadata_format"),
        ({"metadata": "{"}, "invalid_metadata_format"),
        ({"metadata": {"event_type": "x", "event_payload": {"a": "x" * 20_000}}}, "metadata_too_large"),
        ({"blocks": "{"}, "invalid_blocks_format"),
        ({"blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"attachments": "x"}, "invalid_arguments"),
        ({"attachments": {"text": "x"}}, "invalid_attachments"),
        ({"attachments": [{}] * 101}, "too_many_attachments"),
    ],
)
async def test_post_message_refuses(api: Any, arguments: dict[str, Any], error: str) -> None:
    assert await api.refused("chat.postMessage", **{"channel": VIDEOS, "text": "hi", **arguments}) == error


async def test_the_app_must_be_a_member(slack: SlackEmulator, api: Any) -> None:
    slack.leave("heygen", "#general")
    assert await api.refused("chat.postMessage", channel=GENERAL, text="hi") == "not_in_channel"


async def test_a_private_channel_of_others_does_not_exist(slack: SlackEmulator, api: Any) -> None:
    secret = slack.add_channel("secret", ["alice", "bob"], "group")
    assert await api.refused("chat.postMessage", channel=secret, text="hi") == "channel_not_found"


async def test_an_archived_channel_takes_nothing(slack: SlackEmulator, api: Any) -> None:
    slack.archive("#general")
    assert await api.refused("chat.postMessage", channel=GENERAL, text="hi") == "is_archived"


@pytest.mark.parametrize("replies", [0, 1])
async def test_a_deleted_root_has_no_thread(slack: SlackEmulator, api: Any, replies: int) -> None:
    root = slack.say("alice", VIDEOS, "root")
    for _ in range(replies):
        slack.say("bob", VIDEOS, "reply", root)
    slack.delete("alice", VIDEOS, root)
    assert await api.refused("chat.postMessage", channel=VIDEOS, text="hi", thread_ts=root) == "thread_not_found"


async def test_a_reply_is_no_root(slack: SlackEmulator, api: Any) -> None:
    reply = slack.say("bob", VIDEOS, "reply", slack.say("alice", VIDEOS, "root"))
    error = await api.refused("chat.postMessage", channel=VIDEOS, text="hi", thread_ts=reply)
    assert error == "cannot_reply_to_message"


async def test_long_text_is_truncated_with_a_warning(slack: SlackEmulator, client: AsyncWebClient) -> None:
    answer = await client.chat_postMessage(channel=VIDEOS, text="x" * 40_001)
    assert len(slack.message(VIDEOS, answer["ts"]).text) == 40_000
    assert answer["response_metadata"]["warnings"] == ["message_truncated"]


async def test_update_keeps_the_old_text_as_an_edit(slack: SlackEmulator, client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel=VIDEOS, text="one", metadata=META))["ts"]
    await client.chat_update(channel=VIDEOS, ts=ts, text="two")
    message = slack.message(VIDEOS, ts)
    assert (message.text, message.edits, message.metadata) == ("two", ["one"], META)


async def test_update_with_text_alone_drops_the_blocks(slack: SlackEmulator, client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel=VIDEOS, text="a", blocks=[{"type": "divider"}]))["ts"]
    await client.chat_update(channel=VIDEOS, ts=ts, text="b")
    assert slack.message(VIDEOS, ts).blocks == []


async def test_update_with_an_empty_object_removes_metadata(slack: SlackEmulator, api: Any) -> None:
    ts = (await api.client.chat_postMessage(channel=VIDEOS, text="a", metadata=META))["ts"]
    await api.client.api_call("chat.update", json={"channel": VIDEOS, "ts": ts, "text": "a", "metadata": {}})
    assert slack.message(VIDEOS, ts).metadata is None


async def test_update_refuses_what_is_not_ours(slack: SlackEmulator, api: Any) -> None:
    ts = slack.say("alice", VIDEOS, "mine")
    assert await api.refused("chat.update", channel=VIDEOS, ts=ts, text="x") == "cant_update_message"
    assert await api.refused("chat.delete", channel=VIDEOS, ts=ts) == "cant_delete_message"


async def test_update_refuses_more_than_4000_characters(api: Any) -> None:
    ts = (await api.client.chat_postMessage(channel=VIDEOS, text="a"))["ts"]
    assert await api.refused("chat.update", channel=VIDEOS, ts=ts, text="x" * 4001) == "msg_too_long"
    assert await api.refused("chat.update", channel=VIDEOS, ts=ts, text="") == "no_text"


async def test_update_refuses_an_archived_channel(slack: SlackEmulator, api: Any) -> None:
    ts = (await api.client.chat_postMessage(channel=VIDEOS, text="a"))["ts"]
    slack.archive("#videos")
    assert await api.refused("chat.update", channel=VIDEOS, ts=ts, text="b") == "is_inactive"


@pytest.mark.parametrize("method", ["chat.update", "chat.delete"])
async def test_a_message_that_is_gone_is_not_found(api: Any, method: str) -> None:
    assert await api.refused(method, channel=VIDEOS, ts="1.000001", text="x") == "message_not_found"


async def test_a_deleted_message_is_gone(slack: SlackEmulator, client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel=VIDEOS, text="a"))["ts"]
    await client.chat_delete(channel=VIDEOS, ts=ts)
    assert slack.messages(VIDEOS) == []


async def test_an_ephemeral_is_seen_by_one_person(slack: SlackEmulator, client: AsyncWebClient) -> None:
    await client.chat_postEphemeral(channel=VIDEOS, user=ALICE, text="only you")
    assert [message.text for message in slack.ephemerals("alice")] == ["only you"]
    assert slack.ephemerals("bob") == slack.messages(VIDEOS) == []


async def test_an_ephemeral_cannot_be_updated(api: Any) -> None:
    ts = (await api.client.chat_postEphemeral(channel=VIDEOS, user=ALICE, text="x"))["message_ts"]
    assert await api.refused("chat.update", channel=VIDEOS, ts=ts, text="y") == "message_not_found"


async def test_an_ephemeral_needs_somebody_in_the_channel(slack: SlackEmulator, api: Any) -> None:
    slack.leave("alice", VIDEOS)
    error = await api.refused("chat.postEphemeral", channel=VIDEOS, user=ALICE, text="x")
    assert error == "user_not_in_channel"


async def test_a_dropped_reply_has_posted_all_the_same(slack: SlackEmulator, client: AsyncWebClient) -> None:
    slack.fail("drop_reply", "/api/chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=VIDEOS, text="once")
    assert [message.text for message in slack.messages(VIDEOS)] == ["once"]


async def test_a_fault_looks_like_slack(slack: SlackEmulator, api: Any) -> None:
    slack.fail("before", "/api/auth.test", status=500)
    assert await api.refused("auth.test") == "internal_error"


async def test_reset_empties_the_workspace(slack: SlackEmulator) -> None:
    slack.say("alice", VIDEOS, "x")
    slack.reset()
    assert slack.messages(VIDEOS) == []
    assert not slack.deliveries
