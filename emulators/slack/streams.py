"""Native streaming and agent sessions: `chat.*Stream`, `agents.sessions.*`, `assistant.threads.*`.

A stream takes either `markdown_text` or `chunks`, never a change of mind; it dies five minutes after its start,
and while it lives its message can be neither updated nor deleted.
"""

from __future__ import annotations

from emulators.slack import events
from emulators.slack.arguments import Arguments
from emulators.slack.blocks import MESSAGE_BLOCKS, accept_blocks
from emulators.slack.chat import app_message
from emulators.slack.errors import Refusal
from emulators.slack.limits import TIER_2, TIER_3, TIER_4
from emulators.slack.methods import Content, Method, find_message, read_blocks, read_markdown, read_metadata
from emulators.slack.schema import anything, array, choice, record, string, typed
from emulators.slack.state import (
    SESSION_STATUSES,
    Channel,
    Json,
    Message,
    Session,
    SessionStatus,
    Stream,
    StreamMode,
    ThreadStatus,
)
from emulators.slack.workspace import Workspace

CHUNK_TEXT = 256
CHUNKS = typed(
    {
        "markdown_text": record({"text": string(12_000)}),
        "plan_update": record({"title": string(CHUNK_TEXT)}),
        "task_update": record(
            {
                "id": string(255),
                "title": string(CHUNK_TEXT),
                "status": choice("pending", "in_progress", "complete", "error"),
            },
            {
                "details": string(CHUNK_TEXT),
                "output": string(CHUNK_TEXT),
                "sources": array(record({"url": string(3000), "text": string(CHUNK_TEXT)}), 20, 0),
            },
        ),
        "blocks": record({"blocks": anything}),
    }
)


def _enabled(workspace: Workspace) -> None:
    if not workspace.streaming_enabled:
        raise Refusal(workspace.streaming_error)


def start_stream(workspace: Workspace, arguments: Arguments) -> Json:
    """`chat.startStream`."""
    _enabled(workspace)
    channel = workspace.writable_channel(arguments.required("channel"))
    thread_ts = arguments.required("thread_ts")
    _check_recipient(workspace, channel, arguments)
    root = workspace.root(channel, thread_ts)
    arguments.choice("task_display_mode", ("timeline", "plan", "dense"), "timeline")
    addition = _read_addition(workspace, arguments)
    empty = Content("", [], [], None, frozenset(), [])
    message = app_message(workspace, channel, thread_ts, empty)
    message.stream = Stream(started_at=workspace.clock.now())
    _append(message, addition)
    workspace.streaming.append(message)
    _set_session(workspace, channel, root.ts, "processing")
    events.post(workspace, message)
    return {"channel": channel.id, "ts": message.ts}


def _check_recipient(workspace: Workspace, channel: Channel, arguments: Arguments) -> None:
    if channel.kind == "im":
        return
    if not arguments.text("recipient_team_id"):
        raise Refusal("missing_recipient_team_id")
    if not (user_id := arguments.text("recipient_user_id")):
        raise Refusal("missing_recipient_user_id")
    if arguments.text("recipient_team_id") != workspace.team_id:
        raise Refusal("team_not_found")
    user = workspace.users.get(user_id)
    if user is None or user.is_bot:
        raise Refusal("user_not_found")


def _read_addition(workspace: Workspace, arguments: Arguments) -> tuple[StreamMode | None, str, list[Json]]:
    markdown = read_markdown(arguments)
    chunks = arguments.structure("chunks", [])
    if markdown and chunks:
        raise Refusal("cannot_provide_both_markdown_text_and_chunks")
    problems: list[str] = []
    array(CHUNKS, 100, 0)(chunks, "/chunks", problems)
    if problems:
        raise Refusal("invalid_chunks", problems)
    return ("markdown_text" if markdown else "chunks" if chunks else None), markdown, _with_blocks(workspace, chunks)


def _with_blocks(workspace: Workspace, chunks: list[Json]) -> list[Json]:
    return [
        {**chunk, "blocks": accept_blocks(chunk["blocks"], "message", workspace.short_id)}
        if chunk["type"] == "blocks"
        else chunk
        for chunk in chunks
    ]


def _append(message: Message, addition: tuple[StreamMode | None, str, list[Json]]) -> None:
    mode, markdown, chunks = addition
    stream = message.stream
    if stream is None or mode is None:
        return
    if stream.mode not in (None, mode):
        raise Refusal("streaming_mode_mismatch")
    blocks = sum(len(chunk["blocks"]) for chunk in chunks if chunk["type"] == "blocks")
    if stream.block_count + blocks > MESSAGE_BLOCKS:
        raise Refusal("msg_blocks_too_many")
    stream.mode = mode
    stream.block_count += blocks
    message.text += markdown
    for chunk in chunks:
        _append_chunk(message, stream, chunk)


def _append_chunk(message: Message, stream: Stream, chunk: Json) -> None:
    match chunk["type"]:
        case "markdown_text":
            message.text += chunk["text"]
        case "plan_update":
            stream.title = chunk["title"]
        case "task_update":
            stream.tasks[chunk["id"]] = {**stream.tasks.get(chunk["id"], {}), **chunk}
        case "blocks":
            message.blocks.extend(chunk["blocks"])
    plan = [{"type": "plan_update", "title": stream.title}] if stream.title else []
    stream.chunks = [*plan, *stream.tasks.values()]


def _open_stream(workspace: Workspace, arguments: Arguments) -> tuple[Channel, Message]:
    _enabled(workspace)
    channel = workspace.writable_channel(arguments.required("channel"))
    message = find_message(channel, arguments.required("ts"))
    if not message.from_app:
        raise Refusal("message_not_owned_by_app")
    if message.stream_state != "streaming":
        raise Refusal("message_not_in_streaming_state")
    return channel, message


def append_stream(workspace: Workspace, arguments: Arguments) -> Json:
    """`chat.appendStream`."""
    channel, message = _open_stream(workspace, arguments)
    addition = _read_addition(workspace, arguments)
    if addition[0] is None:
        raise Refusal("no_text")
    _append(message, addition)
    return {"channel": channel.id, "ts": message.ts}


def stop_stream(workspace: Workspace, arguments: Arguments) -> Json:
    """`chat.stopStream`."""
    channel, message = _open_stream(workspace, arguments)
    status = arguments.choice("session_status", SESSION_STATUSES, "active")
    addition = _read_addition(workspace, arguments)
    blocks = read_blocks(workspace, arguments)
    metadata = read_metadata(arguments)
    before = events.message_payload(workspace, message)
    _append(message, addition)
    message.blocks.extend(blocks)
    message.metadata = metadata or message.metadata
    close_stream(workspace, message)
    if message.thread_ts:
        _set_session(workspace, channel, message.thread_ts, _as_status(status))
    events.changed(workspace, message, before)
    return {"channel": channel.id, "ts": message.ts, "message": events.message_payload(workspace, message)}


def close_stream(workspace: Workspace, message: Message, *, by_person: bool = False) -> None:
    """End a message's stream; from now on it is an ordinary message."""
    if message.stream:
        message.stream.state = "stopped" if by_person else "completed"
    workspace.streaming = [open_ for open_ in workspace.streaming if open_ is not message]


def _as_status(value: str) -> SessionStatus:
    return next(status for status in SESSION_STATUSES if status == value)


def _set_session(workspace: Workspace, channel: Channel, thread_ts: str, status: SessionStatus) -> Session:
    session = workspace.sessions.setdefault((channel.id, thread_ts), Session(channel.id, thread_ts, status))
    session.status = status
    workspace.statuses.pop((channel.id, thread_ts), None)  # one slot in the client: the last writer wins
    return session


def set_session_status(workspace: Workspace, arguments: Arguments) -> Json:
    """`agents.sessions.setStatus`."""
    channel, thread_ts = _session_thread(workspace, arguments)
    status = _as_status(arguments.choice("status", SESSION_STATUSES))
    title = arguments.text("title")
    if len(title) > 200:
        raise Refusal("invalid_arguments", ["[ERROR] must be less than 201 characters [json-pointer:/title]"])
    is_new = (channel.id, thread_ts) not in workspace.sessions
    session = _set_session(workspace, channel, thread_ts, status)
    if is_new:
        session.title, session.initiator = title, arguments.text("initiator_user_id") or None
    if "agent_session_stopped" in workspace.subscriptions:
        return {}
    warning = "missing_agent_session_stopped_event_subscription"
    return {"warning": warning, "response_metadata": {"warnings": [warning]}}


def _session_thread(workspace: Workspace, arguments: Arguments) -> tuple[Channel, str]:
    if not workspace.is_agent:
        raise Refusal("not_authorized")
    channel = workspace.writable_channel(arguments.required("channel_id"))
    thread_ts = arguments.required("thread_ts")
    return channel, workspace.root(channel, thread_ts).ts


def rename_session(workspace: Workspace, arguments: Arguments) -> Json:
    """`agents.sessions.rename`."""
    channel, thread_ts = _session_thread(workspace, arguments)
    title = arguments.required("title")
    if len(title) > 200:
        raise Refusal("invalid_arguments", ["[ERROR] must be less than 201 characters [json-pointer:/title]"])
    if (channel.id, thread_ts) not in workspace.sessions:
        raise Refusal("session_not_found")
    workspace.sessions[channel.id, thread_ts].title = title
    return {}


def set_thread_status(workspace: Workspace, arguments: Arguments) -> Json:
    """`assistant.threads.setStatus`."""
    channel = workspace.joined_channel(arguments.required("channel_id"))
    thread_ts = arguments.required("thread_ts")
    if thread_ts not in channel.messages:
        raise Refusal("invalid_thread_ts")
    if not arguments.has("status"):
        raise Refusal("invalid_arguments", ["[ERROR] missing required field: status"])
    lines = arguments.structure("loading_messages", [])
    if not isinstance(lines, list) or len(lines) > 10:
        raise Refusal("invalid_arguments", ["[ERROR] no more than 10 items allowed [json-pointer:/loading_messages]"])
    status = arguments.text("status")
    workspace.statuses.pop((channel.id, thread_ts), None)
    if status:
        workspace.statuses[channel.id, thread_ts] = ThreadStatus(status, workspace.clock.now(), lines)
    return {}


def set_suggested_prompts(workspace: Workspace, arguments: Arguments) -> Json:
    """`assistant.threads.setSuggestedPrompts`."""
    channel = workspace.joined_channel(arguments.required("channel_id"))
    problems: list[str] = []
    prompts = arguments.structure("prompts", [])
    array(record({"title": string(300), "message": string(4000)}), 4)(prompts, "/prompts", problems)
    if problems:
        raise Refusal("invalid_arguments", problems)
    if not arguments.has("thread_ts"):  # with a thread Slack says ok and shows nothing
        workspace.prompts[channel.id] = {"title": arguments.text("title"), "prompts": prompts}
    return {}


METHODS: dict[str, Method] = {
    "chat.startStream": Method(start_stream, ("chat:write",), TIER_2),
    "chat.appendStream": Method(append_stream, ("chat:write",), TIER_4),
    "chat.stopStream": Method(stop_stream, ("chat:write",), TIER_2),
    "agents.sessions.setStatus": Method(set_session_status, ("chat:write",), TIER_3),
    "agents.sessions.rename": Method(rename_session, ("chat:write",), TIER_3),
    "assistant.threads.setStatus": Method(set_thread_status, ("chat:write", "assistant:write"), 600),
    "assistant.threads.setSuggestedPrompts": Method(set_suggested_prompts, ("assistant:write",), TIER_4),
}
