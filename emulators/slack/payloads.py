"""Interaction payloads as Slack sends them: block actions, submissions, shortcuts, suggestions, commands."""

from __future__ import annotations

from emulators.slack.events import message_payload, view_payload
from emulators.slack.state import Channel, Json, Message, ResponseUrl, User, View
from emulators.slack.workspace import Workspace


def _head(workspace: Workspace, kind: str, user: User) -> Json:
    whole = workspace.organisation
    team = {"id": workspace.team_id, "domain": workspace.team_name.lower(), **_organisation(workspace)}
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": workspace.team_id},
        "api_app_id": workspace.app_id,
        "token": "emulated-verification-token",
        "team": team,
        "enterprise": None if whole is None else {"id": whole.id, "name": whole.name},
        "is_enterprise_install": workspace.whole,
    }


def _view_head(workspace: Workspace, kind: str, user: User) -> Json:
    """From a view of an organisation's installation: no team is named beside the person's."""
    head = _head(workspace, kind, user)
    return {**head, "team": None} if workspace.whole else head


def _channel(channel: Channel) -> Json:
    return {"id": channel.id, "name": "directmessage" if channel.kind == "im" else channel.name}


def new_response_url(workspace: Workspace, user: User, channel: str, message: Message | None = None) -> str:
    """A URL that answers this interaction: five times, half an hour."""
    token = workspace.new_id("", 24)
    thread_ts = message.thread_ts if message else None
    workspace.response_urls[token] = ResponseUrl(token, user.id, channel, thread_ts, workspace.clock.now(), message)
    return f"{workspace.url()}/response/{workspace.team_id}/{token}"


def message_action(workspace: Workspace, user: User, message: Message, action: Json, values: Json) -> Json:
    """`block_actions` from a message, private or not."""
    channel = workspace.channels[message.channel]
    private = message.visible_to is not None
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": private,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    payload = {
        **_head(workspace, "block_actions", user),
        "container": container,
        "trigger_id": workspace.new_trigger(user.id),
        "channel": _channel(channel),
        "state": {"values": values},
        "response_url": new_response_url(workspace, user, channel.id, message),
        "actions": [action],
    }
    if not private:
        payload["message"] = message_payload(workspace, message)
    return payload


def view_action(workspace: Workspace, user: User, view: View, action: Json) -> Json:
    """`block_actions` from a modal or the Home tab."""
    return {
        **_view_head(workspace, "block_actions", user),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": workspace.new_trigger(user.id, view.id),
        "view": view_payload(workspace, view),
        "actions": [action],
    }


def submission(workspace: Workspace, user: User, view: View) -> Json:
    """`view_submission`."""
    return {
        **_view_head(workspace, "view_submission", user),
        "trigger_id": workspace.new_trigger(user.id, view.id),
        "view": view_payload(workspace, view),
        "response_urls": [],
    }


def closing(workspace: Workspace, user: User, view: View) -> Json:
    """`view_closed`."""
    return {
        **_view_head(workspace, "view_closed", user),
        "view": view_payload(workspace, view),
        "is_cleared": False,
    }


def suggestion(workspace: Workspace, user: User, block_id: str, action_id: str, query: str) -> Json:
    """`block_suggestion`: the options of an external select."""
    return {
        **_head(workspace, "block_suggestion", user),
        "action_id": action_id,
        "block_id": block_id,
        "value": query,
    }


def shortcut(workspace: Workspace, user: User, callback_id: str, message: Message | None) -> Json:
    """A global shortcut, or a message's."""
    payload = {
        **_head(workspace, "message_action" if message else "shortcut", user),
        "callback_id": callback_id,
        "trigger_id": workspace.new_trigger(user.id),
        "action_ts": workspace.next_ts(),
    }
    if message is None:
        return payload
    return {
        **payload,
        "message_ts": message.ts,
        "message": message_payload(workspace, message),
        "channel": _channel(workspace.channels[message.channel]),
        "response_url": new_response_url(workspace, user, message.channel, message),
    }


def _organisation(workspace: Workspace) -> dict[str, str]:
    whole = workspace.organisation
    return {} if whole is None else {"enterprise_id": whole.id, "enterprise_name": whole.name}


def slash_command(workspace: Workspace, user: User, channel: Channel, command: str, text: str) -> dict[str, str]:
    """A slash command's form fields. There is no thread: Slack has none to tell."""
    return {
        "token": "emulated-verification-token",
        "team_id": workspace.team_id,
        "team_domain": workspace.team_name.lower(),
        "channel_id": channel.id,
        "channel_name": str(_channel(channel)["name"]),
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": workspace.app_id,
        "is_enterprise_install": str(workspace.whole).lower(),
        **_organisation(workspace),
        "response_url": new_response_url(workspace, user, channel.id),
        "trigger_id": workspace.new_trigger(user.id),
    }
