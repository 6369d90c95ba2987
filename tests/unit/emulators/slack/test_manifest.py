"""Installing from a manifest: what Slack would refuse of it, and what is not granted without it."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from emulators.slack import CannotDoError, Refusal, SlackEmulator

VIDEOS = "C0VIDEOS01"
URL = "https://green.example/slack/events"
MANIFEST: dict[str, Any] = {
    "display_information": {"name": "Greenroom"},
    "features": {
        "app_home": {"messages_tab_enabled": True, "messages_tab_read_only_enabled": False},
        "bot_user": {"display_name": "greenroom"},
        "agent_view": {"agent_description": "Makes videos", "suggested_prompts": [{"title": "t", "message": "m"}]},
        "slash_commands": [{"command": "/heygen", "url": URL, "description": "d", "should_escape": True}],
        "shortcuts": [{"name": "Live", "type": "message", "callback_id": "live", "description": "d"}],
    },
    "oauth_config": {
        "scopes": {"bot": ["app_mentions:read", "assistant:write", "channels:history", "chat:write", "commands"]}
    },
    "settings": {
        "event_subscriptions": {"request_url": URL, "bot_events": ["app_mention", "message.channels"]},
        "interactivity": {"is_enabled": True, "request_url": URL},
    },
}

Change = Callable[[dict[str, Any]], object]


def changed(change: Change) -> dict[str, Any]:
    manifest = copy.deepcopy(MANIFEST)
    change(manifest)
    return manifest


@pytest.fixture
async def installed(slack: SlackEmulator) -> AsyncIterator[SlackEmulator]:
    slack.install(MANIFEST)
    yield slack
    slack.install(None)


PROMPT = {"title": "t", "message": "m"}
WRONG: dict[str, tuple[Change, str]] = {
    "long name": (lambda m: m.update(display_information={"name": "x" * 36}), "/display_information/name"),
    "unknown field": (lambda m: m.update(colour="red"), "colour"),
    "long agent": (lambda m: agent(m).update(agent_description="x" * 301), "agent_view/agent_description"),
    "many prompts": (lambda m: agent(m).update(suggested_prompts=[PROMPT] * 5), "agent_view/suggested_prompts"),
    "long shortcut": (lambda m: m["features"]["shortcuts"][0].update(name="x" * 25), "/shortcuts/0/name"),
    "strange shortcut": (lambda m: m["features"]["shortcuts"][0].update(type="channel"), "/shortcuts/0/type"),
    "command nowhere": (lambda m: m["features"]["slash_commands"][0].pop("url"), "/features/slash_commands"),
    "event without scope": (lambda m: scopes(m).remove("channels:history"), "bot_events"),
    "command without scope": (lambda m: scopes(m).remove("commands"), "/oauth_config/scopes/bot"),
    "agent without scope": (lambda m: scopes(m).remove("assistant:write"), "/oauth_config/scopes/bot"),
    "unknown scope": (lambda m: scopes(m).append("chat:shout"), "/oauth_config/scopes/bot/5"),
    "open redirect": (lambda m: m["oauth_config"].update(redirect_urls=["http://green.example"]), "redirect_urls/0"),
    "unknown event": (lambda m: events(m)["bot_events"].append("message"), "bot_events/2"),
    "events nowhere": (lambda m: events(m).pop("request_url"), "/settings/event_subscriptions"),
    "open address": (lambda m: events(m).update(request_url="http://green.example"), "request_url"),
    "no interactivity": (lambda m: m["settings"]["interactivity"].update(is_enabled=False), "/settings/interactivity"),
}


def agent(manifest: dict[str, Any]) -> dict[str, Any]:
    return manifest["features"]["agent_view"]  # type: ignore[no-any-return]


def scopes(manifest: dict[str, Any]) -> list[str]:
    return manifest["oauth_config"]["scopes"]["bot"]  # type: ignore[no-any-return]


def events(manifest: dict[str, Any]) -> dict[str, Any]:
    return manifest["settings"]["event_subscriptions"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("what", WRONG)
async def test_what_slack_would_not_take_is_refused(slack: SlackEmulator, what: str) -> None:
    change, pointer = WRONG[what]
    with pytest.raises(Refusal) as caught:
        slack.install(changed(change))
    assert caught.value.error == "invalid_manifest"
    assert pointer in " ".join(caught.value.messages)


async def test_socket_mode_needs_no_addresses(slack: SlackEmulator) -> None:
    def bare(manifest: dict[str, Any]) -> None:
        manifest["settings"]["socket_mode_enabled"] = True
        manifest["settings"]["event_subscriptions"].pop("request_url")
        manifest["settings"]["interactivity"].pop("request_url")
        manifest["features"]["slash_commands"][0].pop("url")

    slack.install(changed(bare))
    assert slack.workspace.socket_mode
    slack.install(None)
    assert not slack.workspace.socket_mode


async def test_a_scope_that_was_not_asked_for_is_missing(installed: SlackEmulator, api: Any) -> None:
    channel = installed.add_channel("private", ["alice", "heygen"], "group")
    assert await api.refused("conversations.info", channel=VIDEOS) == "missing_scope"
    assert await api.refused("conversations.history", channel=channel) == "missing_scope"
    assert (await api.client.conversations_history(channel=VIDEOS))["ok"]


async def test_an_event_that_was_not_asked_for_is_not_sent(installed: SlackEmulator, app: Any) -> None:
    ts = installed.say("alice", VIDEOS, "hello")
    installed.react("alice", VIDEOS, ts, "eyes")
    await installed.settle()
    assert [event["type"] for event in app.events] == ["message"]


async def test_only_declared_commands_and_shortcuts_can_be_used(installed: SlackEmulator, app: Any) -> None:
    ts = installed.say("alice", VIDEOS, "hello")
    assert (await installed.shortcut("alice", "live", VIDEOS, ts)).ok
    with pytest.raises(CannotDoError):
        await installed.shortcut("alice", "live")
    with pytest.raises(CannotDoError):
        await installed.shortcut("alice", "dead", VIDEOS, ts)
    with pytest.raises(CannotDoError):
        await installed.command("alice", VIDEOS, "/video", "help")


async def test_a_commands_text_is_escaped_where_that_was_asked_for(installed: SlackEmulator, app: Any) -> None:
    await installed.command("alice", VIDEOS, "/heygen", "translate https://a.example/x?y=1&z=2 for @bob in #videos <3")
    assert app.commands[-1]["text"] == (
        "translate <https://a.example/x?y=1&amp;z=2> for <@U0BOB00001|bob> in <#C0VIDEOS01|videos> &lt;3"
    )


async def test_the_home_tab_has_to_be_enabled(installed: SlackEmulator, api: Any) -> None:
    view = {"type": "home", "blocks": [{"type": "divider"}]}
    assert await api.refused("views.publish", user_id="U0ALICE001", view=view) == "not_enabled"


async def test_without_the_messages_tab_nobody_writes_directly(slack: SlackEmulator) -> None:
    slack.install(changed(lambda m: m["features"]["app_home"].update(messages_tab_read_only_enabled=True)))
    with pytest.raises(CannotDoError):
        slack.say("alice", "@heygen", "hello")
    slack.install(None)
    assert slack.say("alice", "@heygen", "hello")


async def test_a_reset_keeps_what_was_installed(installed: SlackEmulator) -> None:
    installed.reset()
    assert "users:read" not in installed.workspace.scopes
    installed.install(None)
    assert "users:read" in installed.workspace.scopes
