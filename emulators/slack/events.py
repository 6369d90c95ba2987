"""Messages and events in Slack's shape, and who gets told: state changes go in, `workspace.sink` gets events."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Callable

from emulators.slack.state import Channel, File, Json, Message, View
from emulators.slack.workspace import Workspace, identity

_SUBSCRIPTION = {"channel": "message.channels", "group": "message.groups", "im": "message.im", "mpim": "message.mpim"}
CHANNEL_TYPE_LETTERS = {"channel": "C", "group": "G", "im": "D", "mpim": "G"}
_TOKEN = re.compile(r"<@([UW]\w+)>|<(https?://[^|>]+)(?:\|([^>]*))?>")


def file_payload(workspace: Workspace, file: File) -> Json:
    """A file object."""
    base = f"{workspace.url()}/files-pri/{workspace.team_id}-{file.id}"
    extension = file.name.rpartition(".")[2].lower() if "." in file.name else "text"
    shares: Json = {}
    for channel_id, ts in file.shares:
        kind = "public" if workspace.channels[channel_id].kind == "channel" else "private"
        shares.setdefault(kind, {}).setdefault(channel_id, []).append({"ts": ts, "share_user_id": file.user})
    return {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title,
        "mimetype": file.mimetype,
        "filetype": extension,
        "pretty_type": extension.upper(),
        "user": file.user,
        "user_team": workspace.team_id,
        "size": file.size,
        "mode": file.mode,
        "is_external": file.mode == "external",
        "file_access": "visible",
        "url_private": f"{base}/{file.name}",
        "url_private_download": f"{base}/download/{file.name}",
        "permalink": f"{workspace.url()}/files/{file.user}/{file.id}/{file.name}",
        "shares": shares,
    }


def mimetype_of(name: str) -> str:
    """The type Slack would show for a file of this name."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _rich_text(text: str) -> Json:
    """The block that Slack's client makes of what a person types."""
    parts: list[Json] = []
    position = 0
    for token in _TOKEN.finditer(text):
        if token.start() > position:
            parts.append({"type": "text", "text": text[position : token.start()]})
        user, url, label = token.groups()
        link = {"type": "link", "url": url, **({"text": label} if label else {})}
        parts.append({"type": "user", "user_id": user} if user else link)
        position = token.end()
    if position < len(text):
        parts.append({"type": "text", "text": text[position:]})
    section = {"type": "rich_text_section", "elements": parts}
    return {"type": "rich_text", "block_id": "auto", "elements": [section]}


def message_payload(workspace: Workspace, message: Message, *, metadata: bool = True) -> Json:
    """A message as history, replies and events show it."""
    payload: Json = {"type": "message", "user": message.user, "text": message.text, "ts": message.ts}
    payload["team"] = workspace.team_id
    blocks = message.blocks or ([_rich_text(message.text)] if message.text and not message.from_app else [])
    if message.from_app:
        payload.update(identity(workspace))
    optional: Json = {
        "subtype": message.subtype,
        "client_msg_id": message.client_msg_id,
        "blocks": blocks,
        "attachments": message.attachments,
        "edited": message.edited,
        "files": [file_payload(workspace, file) for file in message.files],
        "metadata": message.metadata if metadata else None,
        "thread_ts": message.thread_ts,
        "streaming_state": _streaming_state(message),
        "reactions": [{"name": name, "users": users, "count": len(users)} for name, users in message.reactions.items()],
    }
    payload.update({name: value for name, value in optional.items() if value})
    if message.files:
        payload["upload"] = True
    if message.subtype == "tombstone":
        payload["hidden"] = True
    payload.update(_thread_fields(workspace.channels[message.channel], message))
    return payload


def _streaming_state(message: Message) -> str | None:
    if message.stream is None:
        return None
    return "in_progress" if message.stream.state == "streaming" else "completed"


def _thread_fields(channel: Channel, message: Message) -> Json:
    if message.thread_ts and message.thread_ts != message.ts:
        root = channel.messages.get(message.thread_ts)
        return {"parent_user_id": root.user} if root else {}
    replies = replies_of(channel, message.ts)
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": users,
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
    }


def replies_of(channel: Channel, ts: str) -> list[Message]:
    """The replies under a root, oldest first, without the root."""
    return list(channel.threads.get(ts, {}).values())


def publish(workspace: Workspace, event: Json, *, channel: Channel | None = None, subscription: str = "") -> None:
    """Tell the app, if it is installed, subscribed to the event, and a member where it happened."""
    wanted = (subscription or event["type"]) in workspace.subscriptions
    member = channel is None or workspace.bot.id in channel.members
    if wanted and member and workspace.installed:
        workspace.sink(event)


def publish_message(workspace: Workspace, channel: Channel, event: Json) -> None:
    """Tell the app about something that happened to a message of `channel`."""
    event = {"type": "message", **event, "channel": channel.id, "channel_type": channel.kind}
    event.setdefault("event_ts", event["ts"])
    publish(workspace, event, channel=channel, subscription=_SUBSCRIPTION[channel.kind])


def post(workspace: Workspace, message: Message) -> Message:
    """Add a message to its channel and tell the app, once per event that Slack sends for it."""
    channel = workspace.channels[message.channel]
    channel.messages[message.ts] = message
    if message.thread_ts:
        channel.threads.setdefault(message.thread_ts, {})[message.ts] = message
    for file in message.files:
        file.shares.append((channel.id, message.ts))
    if message.from_app and message.thread_ts:
        workspace.statuses.pop((channel.id, message.thread_ts), None)
    payload = message_payload(workspace, message)
    if message.subtype == "thread_broadcast" and message.thread_ts in channel.messages:
        payload["root"] = message_payload(workspace, channel.messages[message.thread_ts])
    told: list[Callable[[], None]] = [lambda: publish_message(workspace, channel, payload)]
    if _mentions_app(workspace, channel, message):
        mention = {**payload, "type": "app_mention", "channel": channel.id, "event_ts": message.ts}
        mention.pop("subtype", None)
        told.insert(0 if workspace.mention_first else 1, lambda: publish(workspace, mention, channel=channel))
    for tell in told:
        tell()
    return message


def _mentions_app(workspace: Workspace, channel: Channel, message: Message) -> bool:
    named = f"<@{workspace.bot.id}>" in message.text or f"<@{workspace.bot.id}|" in message.text
    return named and not message.from_app and channel.kind in ("channel", "group")


def changed(workspace: Workspace, message: Message, before: Json) -> None:
    """Tell the app that `message` is not what it was `before`."""
    event_ts = workspace.next_ts()
    event = {
        "subtype": "message_changed",
        "hidden": True,
        "ts": event_ts,
        "message": message_payload(workspace, message),
        "previous_message": before,
    }
    publish_message(workspace, workspace.channels[message.channel], event)


def remove(workspace: Workspace, message: Message) -> None:
    """Delete a message: gone, or a tombstone in its place when replies hang on it; the app hears of either."""
    channel = workspace.channels[message.channel]
    before = message_payload(workspace, message)
    if replies_of(channel, message.ts):
        _bury(workspace, message, before)
        return
    del channel.messages[message.ts]
    channel.threads.get(message.thread_ts or "", {}).pop(message.ts, None)
    event = {
        "subtype": "message_deleted",
        "hidden": True,
        "ts": workspace.next_ts(),
        "deleted_ts": before["ts"],
        "previous_message": before,
    }
    publish_message(workspace, channel, event)


def _bury(workspace: Workspace, message: Message, before: Json) -> None:
    """Leave a tombstone where replies hang on a message; Slack tells of it as a change, not as a deletion."""
    message.subtype, message.text = "tombstone", "This message was deleted."
    message.user, message.from_app, message.edited = "USLACKBOT", False, None
    message.blocks, message.attachments, message.files, message.metadata = [], [], [], None
    changed(workspace, message, before)


def view_payload(workspace: Workspace, view: View) -> Json:
    """A view object."""
    return {
        "id": view.id,
        "team_id": workspace.team_id,
        "private_metadata": "",
        "callback_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "close": None,
        "submit": None,
        "external_id": "",
        **view.body,
        "state": {"values": view.values},
        "hash": view.hash,
        "root_view_id": view.root_id,
        "previous_view_id": view.previous_id,
        "app_id": workspace.app_id,
        "app_installed_team_id": workspace.home_id,
        "bot_id": workspace.bot_id,
    }
