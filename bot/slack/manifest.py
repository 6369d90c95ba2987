"""The Slack app's manifest, made from what the code does: what it calls, listens to, and offers.

Every scope is there because a method or an event below needs it, and says so. Tests hold the tables against the code:
a call, an event or a shortcut that is missing here fails them, and so does one too many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from agent.records import Json
from bot.slack.app import COMMAND, SUBSCRIBED_EVENTS
from bot.slack.live_actions import SHORTCUT as LIVE_AVATAR
from bot.slack.translate_modal import SHORTCUT as TRANSLATE_VIDEO
from bot.slack.video_modal import SHORTCUT as MAKE_VIDEO

EVENTS_PATH = "/slack/events"
INSTALL_PATH = "/slack/install"
REDIRECT_PATH = "/slack/oauth_redirect"

_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")

METHODS: Mapping[str, tuple[str, ...]] = {
    "agents.sessions.rename": ("chat:write",),
    "agents.sessions.setStatus": ("chat:write",),
    "assistant.threads.setStatus": ("chat:write",),
    "assistant.threads.setSuggestedPrompts": ("assistant:write",),
    "auth.test": (),
    "chat.appendStream": ("chat:write",),
    "chat.delete": ("chat:write",),
    "chat.getPermalink": (),
    "chat.postEphemeral": ("chat:write",),
    "chat.postMessage": ("chat:write",),
    "chat.startStream": ("chat:write",),
    "chat.stopStream": ("chat:write",),
    "chat.update": ("chat:write",),
    "conversations.history": _HISTORY,
    "conversations.info": _READ,
    "conversations.open": ("im:write",),
    "conversations.replies": _HISTORY,
    "files.completeUploadExternal": ("files:write",),
    "files.getUploadURLExternal": ("files:write",),
    "files.info": ("files:read",),
    "reactions.add": ("reactions:write",),
    "usergroups.users.list": ("usergroups:read",),
    "users.info": ("users:read",),
    "views.open": (),
    "views.publish": (),
    "views.update": (),
}
"""What we call with the bot token, and the scopes it takes: all of them, since we meet every kind of conversation."""

APP_METHODS = frozenset({"apps.connections.open", "oauth.v2.access"})
"""What we call with the app-level token, whose scope is no part of a manifest, and with the app's own secret."""

EVENTS: Mapping[str, tuple[str, ...]] = {
    "agent_session_stopped": ("assistant:write",),
    "agent_session_title_changed": ("assistant:write",),
    "app_context_changed": ("assistant:write",),
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "app_uninstalled": (),
    "member_joined_channel": ("channels:read", "groups:read"),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "message.mpim": ("mpim:history",),
    "reaction_added": ("reactions:read",),
    "tokens_revoked": (),
}
"""What each subscription takes."""

BESIDES: Mapping[str, str] = {
    "assistant:write": "being an agent (`agent_view`)",
    "commands": f"`{COMMAND}` and the shortcuts",
}
"""Scopes for what is neither a method nor an event."""


@dataclass(frozen=True, slots=True)
class Shortcut:
    """An entry of a menu: a message's, or the global one."""

    callback_id: str
    name: str
    description: str
    type: Literal["message", "global"] = "message"


SHORTCUTS = (
    Shortcut(MAKE_VIDEO, "Make a video from this", "Makes a video in which an avatar says what this message says"),
    Shortcut(TRANSLATE_VIDEO, "Translate this video", "Translates the video of this message into other languages"),
    Shortcut(LIVE_AVATAR, "Bring in a live avatar", "Asks for an avatar that talks with you, face to face, about this"),
)

PROMPTS = (
    ("Translate a video", "Translate https://example.com/launch.mp4 into Spanish and Japanese"),
    ("What is running?", "Which of my videos are still being made?"),
    ("What did it cost?", "What have I spent this month, and what is left?"),
    ("Talk to an avatar", "Bring in a live avatar: I would like to talk this through"),
)


def scopes() -> dict[str, str]:
    """Each scope of the bot token, and what it is needed for."""
    needs: dict[str, list[str]] = {scope: [why] for scope, why in BESIDES.items()}
    for names, what in ((METHODS, "`{}`"), (EVENTS, "the event `{}`")):
        for name, wanted in names.items():
            for scope in wanted:
                needs.setdefault(scope, []).append(what.format(name))
    return {scope: ", ".join(needs[scope]) for scope in sorted(needs)}


def manifest(*, url: str | None = None, socket: bool = False, oauth: bool = False) -> Json:
    """The manifest as Slack takes it; `ValueError` for an address that Slack would not.

    `url` is where Slack reaches us, which it need not with `socket`. `oauth` is for an app that several workspaces or a
    whole organisation install.
    """
    if url is None and (oauth or not socket):
        raise ValueError("an address is needed that Slack can reach")
    if url is not None and not url.startswith("https://"):
        raise ValueError("Slack takes addresses only that begin with https://")
    base = None if url is None else url.rstrip("/")
    endpoint = None if socket or base is None else base + EVENTS_PATH
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "Greenroom",
            "description": "Makes and translates videos with HeyGen, and reports in the thread that asked",
            "background_color": "#1f3d2b",
        },
        "features": _features(endpoint),
        "oauth_config": {
            **({"redirect_urls": [f"{base}{REDIRECT_PATH}"]} if oauth else {}),
            "scopes": {"bot": list(scopes())},
        },
        "settings": {
            "event_subscriptions": {**_at("request_url", endpoint), "bot_events": sorted(SUBSCRIBED_EVENTS)},
            "interactivity": {
                "is_enabled": True,
                **_at("request_url", endpoint),
                **_at("message_menu_options_url", endpoint),
            },
            "org_deploy_enabled": oauth,
            "socket_mode_enabled": socket,
            "token_rotation_enabled": oauth,
        },
    }


def _features(endpoint: str | None) -> Json:
    return {
        "app_home": {
            "home_tab_enabled": "views.publish" in METHODS,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "bot_user": {"display_name": "greenroom", "always_online": True},
        "agent_view": {
            "agent_description": "Translates and makes videos, and brings a live avatar into the conversation.",
            "suggested_prompts": [{"title": title, "message": message} for title, message in PROMPTS],
        },
        "slash_commands": [
            {
                "command": COMMAND,
                **_at("url", endpoint),
                "description": "Videos with HeyGen",
                "usage_hint": "translate <url> into <languages> | video <words> | jobs | budget | settings | "
                "cancel | help",
                "should_escape": True,
            }
        ],
        "shortcuts": [
            {"name": one.name, "type": one.type, "callback_id": one.callback_id, "description": one.description}
            for one in SHORTCUTS
        ],
    }


def _at(name: str, endpoint: str | None) -> Json:
    return {} if endpoint is None else {name: endpoint}
