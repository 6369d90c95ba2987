"""`chat.postMessage`, `update`, `delete`, `postEphemeral` and `getPermalink`."""

from __future__ import annotations

from emulators.slack import events
from emulators.slack.arguments import Arguments
from emulators.slack.errors import CannotDoError, Refusal
from emulators.slack.limits import TIER_3, TIER_4
from emulators.slack.methods import Content, Method, find_message, find_user, read_content
from emulators.slack.state import Channel, Json, Message
from emulators.slack.workspace import Workspace

OPTION_NAMES = ("unfurl_links", "unfurl_media", "mrkdwn", "parse", "link_names", "username", "icon_emoji", "icon_url")
PRIVATE_LIMIT = 2_000


def target(workspace: Workspace, reference: str) -> Channel:
    """Where `chat.postMessage` goes: a channel id, a channel's name, or a user's id for a direct message."""
    if reference in workspace.users and reference != workspace.bot.id:
        return workspace.direct(workspace.bot.id, reference)
    if reference in workspace.channels:
        return workspace.writable_channel(reference)
    try:
        return workspace.writable_channel(workspace.place(reference).id)
    except CannotDoError as error:
        raise Refusal("channel_not_found") from error


def app_message(workspace: Workspace, channel: Channel, thread_ts: str | None, content: Content) -> Message:
    """A message of the app's, not posted yet."""
    return Message(
        channel=channel.id,
        ts=workspace.next_ts(),
        user=workspace.bot.id,
        text=content.text,
        blocks=content.blocks,
        attachments=content.attachments,
        metadata=content.metadata,
        thread_ts=thread_ts,
        from_app=True,
    )


def post_message(workspace: Workspace, arguments: Arguments) -> Json:
    """`chat.postMessage`."""
    channel = target(workspace, arguments.required("channel"))
    content = read_content(workspace, arguments)
    thread_ts = arguments.text("thread_ts") or None
    if thread_ts:
        workspace.root(channel, thread_ts)
    if wait := workspace.limits.take_post(channel.id):
        raise Refusal("ratelimited", status=429, headers={"retry-after": str(wait)})
    message = app_message(workspace, channel, thread_ts, content)
    message.options = {name: arguments.values[name] for name in OPTION_NAMES if arguments.has(name)}
    if thread_ts and arguments.flag("reply_broadcast"):
        message.subtype = "thread_broadcast"
    events.post(workspace, message)
    return _posted(workspace, message, content)


def _posted(workspace: Workspace, message: Message, content: Content) -> Json:
    answer: Json = {
        "channel": message.channel,
        "ts": message.ts,
        "message": events.message_payload(workspace, message),
    }
    if content.warnings:
        answer["warning"] = ",".join(content.warnings)
        answer["response_metadata"] = {"warnings": content.warnings}
    return answer


def update(workspace: Workspace, arguments: Arguments) -> Json:
    """`chat.update`."""
    channel = workspace.joined_channel(arguments.required("channel"))
    message = find_message(channel, arguments.required("ts"))
    content = read_content(workspace, arguments, update=True)
    if not message.from_app:
        raise Refusal("cant_update_message")
    if message.stream_state == "streaming":
        raise Refusal("streaming_state_conflict")
    if channel.is_archived:
        raise Refusal("is_inactive")
    apply_update(workspace, message, content)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, **_posted(workspace, message, content)}


def apply_update(workspace: Workspace, message: Message, content: Content) -> None:
    """Change a message as `chat.update` does: text alone drops the blocks, metadata stays unless it is given."""
    before = events.message_payload(workspace, message)
    message.edits.append(message.text)
    if content.given & {"text", "markdown_text"}:
        message.text = content.text
    if content.given & {"blocks", "text", "markdown_text"}:
        message.blocks = content.blocks
        if message.stream:
            message.stream.chunks.clear()
    if content.given & {"text", "markdown_text"} and not content.blocks:
        message.edited = {"user": message.user, "ts": workspace.next_ts()}
    if "attachments" in content.given:
        message.attachments = content.attachments
    if "metadata" in content.given:
        message.metadata = content.metadata
    events.changed(workspace, message, before)


def delete(workspace: Workspace, arguments: Arguments) -> Json:
    """`chat.delete`."""
    channel = workspace.joined_channel(arguments.required("channel"))
    message = find_message(channel, arguments.required("ts"))
    if not message.from_app or message.stream_state == "streaming":
        raise Refusal("cant_delete_message")
    events.remove(workspace, message)
    return {"channel": channel.id, "ts": message.ts}


def post_ephemeral(workspace: Workspace, arguments: Arguments) -> Json:
    """`chat.postEphemeral`."""
    channel = workspace.writable_channel(arguments.required("channel"))
    user = arguments.required("user")
    if user not in workspace.users or user not in channel.members:
        raise Refusal("user_not_in_channel")
    content = read_content(workspace, arguments)
    message = app_message(workspace, channel, arguments.text("thread_ts") or None, content)
    show_privately(workspace, message, find_user(workspace, user))
    return {"message_ts": message.ts}


def show_privately(workspace: Workspace, message: Message, user: str) -> None:
    """Show a message to one person only; the oldest are forgotten beyond a bound, like on a client's reload."""
    message.visible_to = user
    workspace.private.append(message)
    del workspace.private[:-PRIVATE_LIMIT]


def get_permalink(workspace: Workspace, arguments: Arguments) -> Json:
    """`chat.getPermalink`."""
    channel = workspace.joined_channel(arguments.required("channel"))
    message = find_message(channel, arguments.required("message_ts"))
    link = f"{workspace.url()}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": link}


METHODS: dict[str, Method] = {
    "chat.postMessage": Method(post_message, ("chat:write",), 600),
    "chat.update": Method(update, ("chat:write",), TIER_3),
    "chat.delete": Method(delete, ("chat:write",), TIER_3),
    "chat.postEphemeral": Method(post_ephemeral, ("chat:write",), TIER_4),
    "chat.getPermalink": Method(get_permalink, (), 600),
}
