"""The Slack emulator as the page sees it: the one place that knows its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emulators.console.slack_files import is_shown
from emulators.slack import SlackEmulator
from emulators.slack.state import Channel, File, Json, Message, User, UserGroup, View
from emulators.slack.workspace import Workspace

MESSAGES_SHOWN = 300
NOTES_SHOWN = 100
PREVIEW_BYTES, PREVIEW_LINES = 600, 4
TEXT_ENDINGS = (".srt", ".vtt", ".csv", ".md", ".json")


def slack_view(slack: SlackEmulator, roles: Mapping[str, Sequence[str]]) -> Json:
    """People and groups, channels with their newest messages, private notes, modals, Homes, menus, JSON-safe."""
    workspace = slack.workspace
    workspace.settle()
    return {
        "team": workspace.team_name,
        "bot": {"id": workspace.bot.id, "name": workspace.bot.real_name},
        "people": [_person(user, roles.get(user.name, ())) for user in workspace.users.values() if not user.is_bot],
        "groups": [_group(group) for group in workspace.usergroups.values() if not group.deleted],
        "channels": [_channel(channel) for channel in workspace.channels.values()],
        "private": [_message(message) for message in workspace.private[-NOTES_SHOWN:]],
        "views": [_view(view) for view in workspace.views.values()],
        "homes": [_view(view) for view in workspace.homes.values()],
        "statuses": _statuses(workspace),
        "menu": _menu(workspace),
        "prompts": {channel: given["prompts"] for channel, given in workspace.prompts.items()},
    }


def names(slack: SlackEmulator) -> dict[str, str]:
    """User ids by lower-case name, for mentions; the bot answers to its name and its handle."""
    users = slack.workspace.users.values()
    return {name.lower(): user.id for user in users for name in (user.name, user.real_name)}


def _person(user: User, roles: Sequence[str]) -> Json:
    about = {"id": user.id, "name": user.name, "real_name": user.real_name, "guest": user.is_guest}
    return {**about, "roles": list(roles)}


def _menu(workspace: Workspace) -> Json:
    """What the app's manifest offers: commands, shortcuts on messages and everywhere, suggested prompts."""
    grant = workspace.grant
    if grant is None:
        return {"commands": [], "shortcuts": [], "prompts": []}
    shortcuts = [
        {"callback_id": id_, "type": kind, **grant.described.get(id_, {"name": id_})}
        for id_, kind in grant.shortcuts.items()
    ]
    commands = [grant.described.get(name, {"name": name}) for name in grant.commands]
    return {"commands": commands, "shortcuts": shortcuts, "prompts": grant.prompts}


def _group(group: UserGroup) -> Json:
    return {"id": group.id, "handle": group.handle, "members": group.members}


def _view(view: View) -> Json:
    """A modal, the topmost of a person being their last, or a Home."""
    shown = {name: view.body.get(name) for name in ("title", "submit", "close", "blocks")}
    about = {"id": view.id, "hash": view.hash, "user": view.user}
    return {**about, **shown, "values": view.values, "errors": view.errors}


def _channel(channel: Channel) -> Json:
    messages = list(channel.messages.values())[-MESSAGES_SHOWN:]
    return {
        "id": channel.id,
        "name": channel.name,
        "kind": channel.kind,
        "members": sorted(channel.members),
        "messages": [_message(message) for message in messages],
    }


def _message(message: Message) -> Json:
    stream = message.stream
    return {
        "ts": message.ts,
        "channel": message.channel,
        "thread_ts": message.thread_ts,
        "user": message.user,
        "text": message.text,
        "blocks": message.blocks,
        "subtype": message.subtype,
        "edited": message.edited is not None,
        "updated": bool(message.edits),
        "visible_to": message.visible_to,
        "stream": {"state": stream.state, "title": stream.title, "tasks": [*stream.tasks.values()]} if stream else None,
        "files": [_file(file) for file in message.files],
        "reactions": message.reactions,
    }


def _file(file: File) -> Json:
    """A file with what its card shows: a player's or picture's kind, or the first lines of a text."""
    shown = file.mimetype if is_shown(file.mimetype) else ""
    about = {"id": file.id, "name": file.title or file.name, "size": file.size, "type": file.mimetype}
    about["ending"] = file.name.rpartition(".")[2].upper() if "." in file.name else ""
    return {**about, "shown": shown.partition("/")[0], "preview": _preview(file)}


def _preview(file: File) -> str:
    if not (file.mimetype.startswith("text/") or file.name.lower().endswith(TEXT_ENDINGS)):
        return ""
    lines = file.data[:PREVIEW_BYTES].decode("utf-8", "replace").splitlines()
    return "\n".join(lines[:PREVIEW_LINES])


def _statuses(workspace: Workspace) -> list[Json]:
    """Threads in which the app is at work: its free-text line, and whether there is a stop button."""
    busy = {key for key, session in workspace.sessions.items() if session.status == "processing"}
    lines = dict.fromkeys(busy, "is working…") | {key: line.status for key, line in workspace.statuses.items()}
    return [
        {"channel": channel, "thread_ts": ts, "text": text, "can_stop": (channel, ts) in busy}
        for (channel, ts), text in sorted(lines.items())
    ]
