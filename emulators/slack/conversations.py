"""Reading and people: `conversations.*`, `users.*`, `reactions.*`, `auth.test`, `team.info`, `bots.info`."""

from __future__ import annotations

import re
from typing import Literal

from emulators.slack import events
from emulators.slack.arguments import Arguments
from emulators.slack.errors import Refusal
from emulators.slack.limits import TIER_2, TIER_3, TIER_4
from emulators.slack.methods import Method, find_message, find_user, page
from emulators.slack.state import Channel, Json, Message, User
from emulators.slack.workspace import Workspace, identity

_REACTION = re.compile(r"[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?")
_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
_FAMILIES: dict[str, str] = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}
_KINDS = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}


def channel_payload(workspace: Workspace, channel: Channel) -> Json:
    """A conversation object."""
    others = sorted(channel.members - {workspace.bot.id})
    payload: Json = {
        "id": channel.id,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "channel",
        "is_archived": channel.is_archived,
        "created": 1_700_000_000,
        "context_team_id": workspace.team_id,
    }
    if channel.kind == "im":
        return {**payload, "user": others[0] if others else workspace.bot.id}
    return {**payload, "name": channel.name, "is_member": workspace.bot.id in channel.members}


def user_payload(workspace: Workspace, user: User) -> Json:
    """A user object."""
    return {
        **_everywhere(workspace, user),
        "id": user.id,
        "team_id": user.team_id or workspace.team_id,
        "name": user.name,
        "real_name": user.real_name,
        "deleted": user.deleted,
        "is_bot": user.is_bot,
        "is_admin": user.is_admin,
        "is_owner": False,
        "is_restricted": user.is_guest,
        "is_ultra_restricted": False,
        "is_app_user": False,
        "tz": user.timezone,
        "tz_offset": 3600,
        "locale": "en-US",
        "profile": {"real_name": user.real_name, "display_name": user.name, "team": workspace.team_id},
    }


def _everywhere(workspace: Workspace, user: User) -> Json:
    """In an organisation a person is in many teams."""
    if (whole := workspace.organisation) is None:
        return {}
    teams = [team.team_id for team in whole.teams if user.id in team.users]
    known = {"id": user.id, "enterprise_id": whole.id, "enterprise_name": whole.name, "teams": teams}
    return {"enterprise_user": {**known, "is_admin": user.is_admin, "is_owner": False}}


def _in_window(message: Message, arguments: Arguments) -> bool:
    """ts strings have a fixed width, so they compare as text."""
    oldest, latest = arguments.text("oldest", "0"), arguments.text("latest", "9")
    if arguments.flag("inclusive"):
        return oldest <= message.ts <= latest
    return oldest < message.ts < latest


def _messages(workspace: Workspace, found: list[Message], arguments: Arguments) -> Json:
    messages, cursor = page(found, arguments)
    metadata = arguments.flag("include_all_metadata")
    return {
        "messages": [events.message_payload(workspace, message, metadata=metadata) for message in messages],
        "has_more": bool(cursor),
        "response_metadata": {"next_cursor": cursor},
    }


def _permitted(workspace: Workspace, channel: Channel, right: Literal["read", "history", "write"]) -> Channel:
    """The channel, when the token has the scope for conversations of its kind."""
    needed = f"{_FAMILIES[channel.kind]}:{right}"
    if needed not in workspace.scopes:
        raise Refusal("missing_scope", needed=needed, provided=",".join(sorted(workspace.scopes)))
    return channel


def history(workspace: Workspace, arguments: Arguments) -> Json:
    """`conversations.history`."""
    channel = _permitted(workspace, workspace.joined_channel(arguments.required("channel")), "history")
    top = [
        message
        for message in reversed(channel.messages.values())
        if message.thread_ts in (None, message.ts) or message.subtype == "thread_broadcast"
    ]
    return _messages(workspace, [message for message in top if _in_window(message, arguments)], arguments)


def replies(workspace: Workspace, arguments: Arguments) -> Json:
    """`conversations.replies`."""
    channel = _permitted(workspace, workspace.joined_channel(arguments.required("channel")), "history")
    root = channel.messages.get(arguments.required("ts"))
    if root is None:
        raise Refusal("thread_not_found")
    if root.thread_ts and root.thread_ts in channel.messages:
        root = channel.messages[root.thread_ts]
    found = [message for message in events.replies_of(channel, root.ts) if _in_window(message, arguments)]
    return _messages(workspace, [root, *found], arguments)


def info(workspace: Workspace, arguments: Arguments) -> Json:
    """`conversations.info`."""
    channel = _permitted(workspace, workspace.visible_channel(arguments.required("channel")), "read")
    payload = channel_payload(workspace, channel)
    if arguments.flag("include_num_members"):
        payload["num_members"] = len(channel.members)
    return {"channel": payload}


def open_(workspace: Workspace, arguments: Arguments) -> Json:
    """`conversations.open`."""
    if arguments.has("channel"):
        channel = workspace.visible_channel(arguments.required("channel"))
    else:
        users = [find_user(workspace, user) for user in arguments.many("users")]
        if not users:
            raise Refusal("users_list_not_supplied")
        channel = _permitted(workspace, workspace.direct(workspace.bot.id, *users), "write")
    if not arguments.flag("return_im"):
        return {"channel": {"id": channel.id}}
    return {"channel": channel_payload(workspace, channel)}


def list_(workspace: Workspace, arguments: Arguments) -> Json:
    """`conversations.list`."""
    kinds = {_KINDS.get(name, "") for name in arguments.many("types") or ["public_channel"]}
    if "" in kinds:
        raise Refusal("invalid_types")
    kinds = {kind for kind in kinds if f"{_FAMILIES[kind]}:read" in workspace.scopes}
    found = [
        channel
        for channel in workspace.channels.values()
        if channel.kind in kinds
        and (channel.kind == "channel" or workspace.bot.id in channel.members)
        and not (arguments.flag("exclude_archived") and channel.is_archived)
    ]
    channels, cursor = page(found, arguments)
    listed = [channel_payload(workspace, channel) for channel in channels]
    return {"channels": listed, "response_metadata": {"next_cursor": cursor}}


def members(workspace: Workspace, arguments: Arguments) -> Json:
    """`conversations.members`."""
    channel = _permitted(workspace, workspace.visible_channel(arguments.required("channel")), "read")
    users, cursor = page(sorted(channel.members), arguments)
    return {"members": users, "response_metadata": {"next_cursor": cursor}}


def users_info(workspace: Workspace, arguments: Arguments) -> Json:
    """`users.info`."""
    user_id = find_user(workspace, arguments.required("user"))
    return {"user": user_payload(workspace, workspace.users[user_id])}


def users_list(workspace: Workspace, arguments: Arguments) -> Json:
    """`users.list`."""
    users, cursor = page(list(workspace.users.values()), arguments)
    listed = [user_payload(workspace, user) for user in users]
    return {"members": listed, "response_metadata": {"next_cursor": cursor}}


def _reacted(workspace: Workspace, arguments: Arguments) -> tuple[Message, str]:
    channel = workspace.joined_channel(arguments.required("channel"))
    message = find_message(channel, arguments.required("timestamp"))
    name = arguments.required("name").strip(":")
    if not _REACTION.fullmatch(name):
        raise Refusal("invalid_name")
    return message, name


def add_reaction(workspace: Workspace, arguments: Arguments) -> Json:
    """`reactions.add`."""
    message, name = _reacted(workspace, arguments)
    if workspace.bot.id in message.reactions.get(name, []):
        raise Refusal("already_reacted")
    react(workspace, message, workspace.bot.id, name)
    return {}


def remove_reaction(workspace: Workspace, arguments: Arguments) -> Json:
    """`reactions.remove`."""
    message, name = _reacted(workspace, arguments)
    if workspace.bot.id not in message.reactions.get(name, []):
        raise Refusal("no_reaction")
    message.reactions[name].remove(workspace.bot.id)
    if not message.reactions[name]:
        del message.reactions[name]
    return {}


def react(workspace: Workspace, message: Message, user: str, name: str) -> None:
    """Put a reaction on a message and tell the app."""
    users = message.reactions.setdefault(name, [])
    if user not in users:
        users.append(user)
    event = {
        "type": "reaction_added",
        "user": user,
        "reaction": name,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "item_user": message.user,
        "event_ts": workspace.next_ts(),
    }
    events.publish(workspace, event, channel=workspace.channels[message.channel])


def auth_test(workspace: Workspace, _arguments: Arguments) -> Json:
    """`auth.test`."""
    return {
        "url": f"{workspace.url()}/",
        "team": workspace.team_name,
        "user": workspace.bot.name,
        "team_id": workspace.team_id,
        "user_id": workspace.bot.id,
        "bot_id": workspace.bot_id,
        "app_id": workspace.app_id,
        **_whole(workspace),
    }


def _whole(workspace: Workspace) -> Json:
    """What `auth.test` adds in an organisation; for one that has installed the app it names that as the team."""
    if (whole := workspace.organisation) is None:
        return {"is_enterprise_install": False}
    names: Json = {"team_id": whole.id, "team": whole.name} if workspace.whole else {}
    return {**names, "enterprise_id": whole.id, "is_enterprise_install": workspace.whole}


def team_info(workspace: Workspace, _arguments: Arguments) -> Json:
    """`team.info`."""
    return {"team": {"id": workspace.team_id, "name": workspace.team_name, "domain": workspace.team_name.lower()}}


def bots_info(workspace: Workspace, arguments: Arguments) -> Json:
    """`bots.info`."""
    if arguments.text("bot", workspace.bot_id) != workspace.bot_id:
        raise Refusal("bot_not_found")
    return {"bot": {**identity(workspace)["bot_profile"], "user_id": workspace.bot.id}}


METHODS: dict[str, Method] = {
    "auth.test": Method(auth_test, (), 600),
    "team.info": Method(team_info, ("team:read",), TIER_3),
    "bots.info": Method(bots_info, ("users:read",), TIER_3),
    "users.info": Method(users_info, ("users:read",), TIER_4),
    "users.list": Method(users_list, ("users:read",), TIER_2),
    "conversations.history": Method(history, _HISTORY, TIER_3),
    "conversations.replies": Method(replies, _HISTORY, TIER_3),
    "conversations.info": Method(info, _READ, TIER_3),
    "conversations.open": Method(open_, ("im:write", "mpim:write"), TIER_3),
    "conversations.list": Method(list_, _READ, TIER_2),
    "conversations.members": Method(members, _READ, TIER_4),
    "reactions.add": Method(add_reaction, ("reactions:write",), TIER_3),
    "reactions.remove": Method(remove_reaction, ("reactions:write",), TIER_2),
}
