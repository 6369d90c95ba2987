"""Installing the app from a manifest: what Slack would refuse of it, and what the workspace then grants.

The rules are Slack's documented limits and what its settings pages insist on. Without a manifest the workspace grants
what its switches say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from emulators.slack.errors import Refusal
from emulators.slack.schema import Problems, array, boolean, choice, number, record, report, string
from emulators.slack.state import Grant, Json
from emulators.slack.workspace import Workspace

SWITCHES = ("scopes", "subscriptions", "is_agent", "socket_mode", "unfurl_domains", "grant")
_URL = string(3_000)
_EVENT_SCOPES = {
    "app_mention": {"app_mentions:read"},
    "file_shared": {"files:read"},
    "member_joined_channel": {"channels:read", "groups:read"},
    "member_left_channel": {"channels:read", "groups:read"},
    "message.channels": {"channels:history"},
    "message.groups": {"groups:history"},
    "message.im": {"im:history"},
    "message.mpim": {"mpim:history"},
    "reaction_added": {"reactions:read"},
    "reaction_removed": {"reactions:read"},
}
_FREE_EVENTS = {
    "agent_session_stopped",
    "agent_session_title_changed",
    "app_context_changed",
    "app_home_opened",
    "app_uninstalled",
    "tokens_revoked",
}
_SCOPES = {
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "chat:write.customize",
    "chat:write.public",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "links.embed:write",
    "links:read",
    "links:write",
    "mpim:history",
    "mpim:read",
    "mpim:write",
    "reactions:read",
    "reactions:write",
    "team:read",
    "usergroups:read",
    "users:read",
    "users:read.email",
}

_PROMPT = record({"title": string(200), "message": string(3_000)})
_COMMAND = record(
    {"command": string(32), "description": string(2_000)},
    {"url": _URL, "usage_hint": string(1_000), "should_escape": boolean},
)
_SHORTCUT = record(
    {
        "name": string(24),
        "type": choice("message", "global"),
        "callback_id": string(255),
        "description": string(150),
    }
)
_FEATURES = record(
    {"bot_user": record({"display_name": string(80)}, {"always_online": boolean})},
    {
        "app_home": record(
            {},
            {
                "home_tab_enabled": boolean,
                "messages_tab_enabled": boolean,
                "messages_tab_read_only_enabled": boolean,
            },
        ),
        "agent_view": record({"agent_description": string(300)}, {"suggested_prompts": array(_PROMPT, 4, least=0)}),
        "slash_commands": array(_COMMAND, 50),
        "shortcuts": array(_SHORTCUT, 10),
        "unfurl_domains": array(string(255), 5),
    },
)
_NAMES = choice(*sorted(_SCOPES))
_RULE = record(
    {
        "display_information": record(
            {"name": string(35)},
            {
                "description": string(140),
                "long_description": string(4_000, 174),
                "background_color": string(7, 4),
            },
        ),
        "settings": record(
            {},
            {
                "event_subscriptions": record(
                    {},
                    {
                        "request_url": _URL,
                        "bot_events": array(choice(*sorted({*_EVENT_SCOPES, *_FREE_EVENTS})), 100),
                    },
                ),
                "interactivity": record(
                    {"is_enabled": boolean}, {"request_url": _URL, "message_menu_options_url": _URL}
                ),
                "org_deploy_enabled": boolean,
                "socket_mode_enabled": boolean,
                "token_rotation_enabled": boolean,
            },
        ),
    },
    {
        "_metadata": record({}, {"major_version": number(1, 2), "minor_version": number(0, 1)}),
        "features": _FEATURES,
        "oauth_config": record(
            {},
            {
                "redirect_urls": array(_URL, 1_000),
                "scopes": record({}, {"bot": array(_NAMES, 255), "bot_optional": array(_NAMES, 255)}),
            },
        ),
    },
)


def accept(manifest: Any) -> Json:
    """The manifest, when Slack takes it; `invalid_manifest` with every problem otherwise."""
    problems: Problems = []
    _RULE(manifest, "", problems)
    if not problems:
        problems += _together(manifest)
    if problems:
        raise Refusal("invalid_manifest", problems)
    return dict(manifest)


def _together(manifest: Json) -> Problems:
    """What parts of a manifest ask of each other."""
    problems: Problems = []
    features, settings = manifest.get("features", {}), manifest["settings"]
    granted = set(_scopes(manifest))
    for event in settings.get("event_subscriptions", {}).get("bot_events", ()):
        for missing in sorted(_EVENT_SCOPES.get(event, set()) - granted):
            report(problems, f"{event} needs the scope {missing}", "/settings/event_subscriptions/bot_events")
    if (features.get("slash_commands") or features.get("shortcuts")) and "commands" not in granted:
        report(problems, "slash commands and shortcuts need the scope commands", "/oauth_config/scopes/bot")
    if "agent_view" in features and "assistant:write" not in granted:
        report(problems, "an agent needs the scope assistant:write", "/oauth_config/scopes/bot")
    if features.get("shortcuts") and not settings.get("interactivity", {}).get("is_enabled"):
        report(problems, "shortcuts need interactivity", "/settings/interactivity")
    if not settings.get("socket_mode_enabled"):
        problems += _without_addresses(features, settings)
    for url, pointer in _urls(manifest):
        if not url.startswith("https://"):
            report(problems, "must be an https URL", pointer)
    return problems


def _without_addresses(features: Json, settings: Json) -> Iterator[str]:
    """What lacks an address although nothing comes over Socket Mode."""
    needed = [
        (settings.get("event_subscriptions", {}), "bot_events", "request_url", "/settings/event_subscriptions"),
        (settings.get("interactivity", {}), "is_enabled", "request_url", "/settings/interactivity"),
    ]
    needed += [(one, "command", "url", "/features/slash_commands") for one in features.get("slash_commands", ())]
    for part, what, address, pointer in needed:
        if part.get(what) and not part.get(address):
            yield f"[ERROR] missing required field: {address} [json-pointer:{pointer}]"


def _urls(part: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(part, dict):
        for name, member in part.items():
            here = f"{pointer}/{name}"
            if isinstance(member, str) and (name == "url" or name.endswith("_url")):
                yield member, here
            else:
                yield from _urls(member, here)
    elif isinstance(part, list):
        for index, member in enumerate(part):
            if isinstance(member, str) and pointer.endswith("redirect_urls"):
                yield member, f"{pointer}/{index}"
            else:
                yield from _urls(member, f"{pointer}/{index}")


def _scopes(manifest: Json) -> list[str]:
    scopes = manifest.get("oauth_config", {}).get("scopes", {})
    return [*scopes.get("bot", ()), *scopes.get("bot_optional", ())]


def switches(manifest: Json) -> Json:
    """The workspace's switches as an accepted manifest sets them."""
    features, settings = manifest.get("features", {}), manifest["settings"]
    home = features.get("app_home", {})
    return {
        "scopes": set(_scopes(manifest)),
        "subscriptions": set(settings.get("event_subscriptions", {}).get("bot_events", ())),
        "is_agent": "agent_view" in features,
        "socket_mode": bool(settings.get("socket_mode_enabled")),
        "unfurl_domains": set(features.get("unfurl_domains", ())),
        "grant": Grant(
            {one["command"]: bool(one.get("should_escape")) for one in features.get("slash_commands", ())},
            {one["callback_id"]: one["type"] for one in features.get("shortcuts", ())},
            messages=bool(home.get("messages_tab_enabled")) and not home.get("messages_tab_read_only_enabled", True),
            home=bool(home.get("home_tab_enabled")),
            described=_described(features),
            prompts=list(features.get("agent_view", {}).get("suggested_prompts", ())),
        ),
    }


def _described(features: Json) -> dict[str, Json]:
    """What menus show of commands and shortcuts."""
    commands = {
        one["command"]: {"name": one["command"], "about": one["description"], "hint": one.get("usage_hint", "")}
        for one in features.get("slash_commands", ())
    }
    shortcuts = {
        one["callback_id"]: {"name": one["name"], "about": one["description"]} for one in features.get("shortcuts", ())
    }
    return {**commands, **shortcuts}


_LINK = re.compile(r"https?://[^\s<>]+")
_NAME = re.compile(r"(?<!\S)([@#])([\w-]+)")


def escaped(workspace: Workspace, text: str) -> str:
    """A command's text as Slack sends it when it is to escape links, people and channels."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _NAME.sub(lambda found: _reference(workspace, found), _LINK.sub(r"<\g<0>>", text))


def _reference(workspace: Workspace, found: re.Match[str]) -> str:
    sigil, name = found.groups()
    known = workspace.users.values() if sigil == "@" else workspace.channels.values()
    for one in known:
        if one.name == name:
            return f"<{sigil}{one.id}|{name}>"
    return found.group()
