"""Native streams and agent sessions: who may start one, what it takes, and how it dies."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.models.messages.chunk import MarkdownTextChunk, PlanUpdateChunk, TaskUpdateChunk
from slack_sdk.web.async_client import AsyncWebClient

from emulators.slack import CannotDoError, SlackEmulator

VIDEOS = "C0VIDEOS01"
ALICE = "U0ALICE001"
RECIPIENT = {"recipient_user_id": ALICE, "recipient_team_id": "T0GREENROOM"}
DIVIDER = {"type": "divider"}


@pytest.fixture
def root(slack: SlackEmulator) -> str:
    return slack.say("alice", VIDEOS, "a video, please")


@pytest.fixture
async def stream(client: AsyncWebClient, root: str) -> dict[str, str]:
    """Channel and ts of an open stream."""
    answer = await client.chat_startStream(channel=VIDEOS, thread_ts=root, **RECIPIENT)
    return {"channel": VIDEOS, "ts": answer["ts"]}


async def test_appended_text_lands_in_one_message(
    slack: SlackEmulator, client: AsyncWebClient, stream: dict[str, str]
) -> None:
    await client.chat_appendStream(**stream, markdown_text="Hello ")
    await client.chat_stopStream(**stream, markdown_text="world", blocks=[DIVIDER])
    message = slack.message(**stream)
    assert (message.text, message.stream_state, len(message.blocks)) == ("Hello world", "completed", 1)


async def test_the_sdk_helper_streams(slack: SlackEmulator, client: AsyncWebClient, root: str) -> None:
    streamer = await client.chat_stream(channel=VIDEOS, thread_ts=root, buffer_size=4, **RECIPIENT)
    await streamer.append(markdown_text="one two ")
    await streamer.append(markdown_text="three four")
    await streamer.stop()
    assert slack.thread(VIDEOS, root)[1].text == "one two three four"


async def test_chunks_make_text_tasks_plan_and_blocks(
    slack: SlackEmulator, client: AsyncWebClient, stream: dict[str, str]
) -> None:
    task = {"id": "t1", "title": "Translate"}
    first = [PlanUpdateChunk(title="Plan"), TaskUpdateChunk(**task, status="pending"), MarkdownTextChunk(text="Hi")]
    await client.chat_appendStream(**stream, chunks=first)
    second = [TaskUpdateChunk(**task, status="complete"), {"type": "blocks", "blocks": [DIVIDER]}]
    await client.chat_appendStream(**stream, chunks=second)
    assert slack.message(**stream).rendered_text() == "Hi\nPlan\nTranslate\n[complete]"


@pytest.mark.parametrize("missing", ["recipient_team_id", "recipient_user_id"])
async def test_a_channel_needs_the_recipient(api: Any, root: str, missing: str) -> None:
    given = {name: value for name, value in RECIPIENT.items() if name != missing}
    assert await api.refused("chat.startStream", channel=VIDEOS, thread_ts=root, **given) == f"missing_{missing}"


async def test_the_recipient_is_a_person(slack: SlackEmulator, api: Any, root: str) -> None:
    recipient = {**RECIPIENT, "recipient_user_id": slack.bot_user}
    assert await api.refused("chat.startStream", channel=VIDEOS, thread_ts=root, **recipient) == "user_not_found"


async def test_a_direct_message_needs_no_recipient(slack: SlackEmulator, client: AsyncWebClient) -> None:
    ts = slack.say("alice", "@heygen", "hi")
    assert (await client.chat_startStream(channel=slack.direct_channel("alice"), thread_ts=ts))["ok"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"thread_ts": ""}, "invalid_arguments"),
        ({"thread_ts": "1.000001"}, "thread_not_found"),
        ({"recipient_team_id": "T0OTHER"}, "team_not_found"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"chunks": [{"type": "song"}]}, "invalid_chunks"),
        ({"chunks": [{"type": "task_update", "id": "t", "title": "x", "status": "done"}]}, "invalid_chunks"),
        ({"chunks": [{"type": "task_update", "id": "t", "title": "x" * 257, "status": "error"}]}, "invalid_chunks"),
        ({"chunks": [{"type": "blocks", "blocks": [{"type": "song"}]}]}, "invalid_blocks"),
        ({"chunks": [{"type": "blocks", "blocks": [DIVIDER] * 30}] * 2}, "msg_blocks_too_many"),
        ({"task_display_mode": "sparse"}, "invalid_arguments"),
    ],
)
async def test_start_refuses(api: Any, root: str, arguments: dict[str, Any], error: str) -> None:
    call = {"channel": VIDEOS, "thread_ts": root, **RECIPIENT, **arguments}
    assert await api.refused("chat.startStream", **call) == error


async def test_text_and_chunks_exclude_each_other(api: Any, stream: dict[str, str]) -> None:
    both = {"markdown_text": "x", "chunks": [{"type": "markdown_text", "text": "x"}]}
    error = await api.refused("chat.appendStream", **stream, **both)
    assert error == "cannot_provide_both_markdown_text_and_chunks"


async def test_a_stream_keeps_to_its_mode(api: Any, stream: dict[str, str]) -> None:
    await api.client.chat_appendStream(**stream, markdown_text="x")
    chunks = [{"type": "markdown_text", "text": "x"}]
    assert await api.refused("chat.appendStream", **stream, chunks=chunks) == "streaming_mode_mismatch"


async def test_an_append_says_something(api: Any, stream: dict[str, str]) -> None:
    assert await api.refused("chat.appendStream", **stream) == "no_text"


async def test_an_open_stream_is_neither_updated_nor_deleted(api: Any, stream: dict[str, str]) -> None:
    assert await api.refused("chat.update", **stream, text="x") == "streaming_state_conflict"
    assert await api.refused("chat.delete", **stream) == "cant_delete_message"


async def test_a_stream_lives_just_under_five_minutes(
    slack: SlackEmulator, client: AsyncWebClient, stream: dict[str, str]
) -> None:
    slack.clock.advance(295)
    assert (await client.chat_appendStream(**stream, markdown_text="still here"))["ok"]


@pytest.mark.parametrize("method", ["chat.appendStream", "chat.stopStream"])
async def test_a_stream_dies_after_five_minutes(
    slack: SlackEmulator, api: Any, stream: dict[str, str], method: str
) -> None:
    await api.client.chat_appendStream(**stream, markdown_text="busy")
    slack.clock.advance(300)
    assert await api.refused(method, **stream, markdown_text="x") == "message_not_in_streaming_state"
    assert slack.message(**stream).stream_state == "expired"


async def test_a_dead_stream_can_be_updated(
    slack: SlackEmulator, client: AsyncWebClient, stream: dict[str, str]
) -> None:
    slack.clock.advance(300)
    await client.chat_update(**stream, text="the whole text")
    assert slack.message(**stream).rendered_text() == "the whole text"


async def test_a_stopped_stream_takes_no_more(api: Any, stream: dict[str, str]) -> None:
    await api.client.chat_stopStream(**stream, markdown_text="end")
    error = await api.refused("chat.appendStream", **stream, markdown_text="x")
    assert error == "message_not_in_streaming_state"


async def test_only_own_messages_stream(slack: SlackEmulator, api: Any, root: str) -> None:
    error = await api.refused("chat.appendStream", channel=VIDEOS, ts=root, markdown_text="x")
    assert error == "message_not_owned_by_app"


async def test_stop_sets_metadata_and_session(
    slack: SlackEmulator, client: AsyncWebClient, stream: dict[str, str], root: str
) -> None:
    assert slack.session(VIDEOS, root) == "processing"
    metadata = {"event_type": "x", "event_payload": {}}
    await client.chat_stopStream(**stream, metadata=metadata, session_status="suspended")
    assert (slack.session(VIDEOS, root), slack.message(**stream).metadata) == ("suspended", metadata)


@pytest.mark.parametrize("error", ["unknown_method", "feature_not_enabled"])
async def test_streaming_can_be_switched_off(slack: SlackEmulator, api: Any, root: str, error: str) -> None:
    slack.workspace.streaming_enabled, slack.workspace.streaming_error = False, error
    assert await api.refused("chat.startStream", channel=VIDEOS, thread_ts=root, **RECIPIENT) == error


async def test_pressing_stop_closes_the_stream(slack: SlackEmulator, api: Any, stream: dict[str, str]) -> None:
    slack.press_stop("alice", VIDEOS, slack.message(**stream).thread_ts or "")
    assert slack.message(**stream).stream_state == "stopped"
    assert await api.refused("chat.stopStream", **stream) == "message_not_in_streaming_state"


async def test_without_work_there_is_no_stop_button(slack: SlackEmulator, root: str) -> None:
    with pytest.raises(CannotDoError):
        slack.press_stop("alice", VIDEOS, root)


async def test_a_session_is_created_named_and_renamed(slack: SlackEmulator, client: AsyncWebClient, root: str) -> None:
    thread = {"channel_id": VIDEOS, "thread_ts": root}
    await client.agents_sessions_setStatus(**thread, status="processing", title="Launch video")
    await client.agents_sessions_rename(**thread, title="Launch")
    assert (slack.session(VIDEOS, root), slack.snapshot()["sessions"][0]["title"]) == ("processing", "Launch")


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("agents.sessions.setStatus", {"status": "busy"}, "invalid_arguments"),
        ("agents.sessions.setStatus", {"status": "active", "title": "x" * 201}, "invalid_arguments"),
        ("agents.sessions.setStatus", {"status": "active", "thread_ts": ""}, "invalid_arguments"),
        ("agents.sessions.rename", {"title": "x"}, "session_not_found"),
        ("agents.sessions.rename", {"title": "x" * 201}, "invalid_arguments"),
        ("assistant.threads.setStatus", {"status": "x", "thread_ts": "1.1"}, "invalid_thread_ts"),
        ("assistant.threads.setStatus", {}, "invalid_arguments"),
        ("assistant.threads.setStatus", {"status": "x", "loading_messages": ["y"] * 11}, "invalid_arguments"),
        ("assistant.threads.setSuggestedPrompts", {"prompts": [{"title": "x"}]}, "invalid_arguments"),
        (
            "assistant.threads.setSuggestedPrompts",
            {"prompts": [{"title": "x", "message": "y"}] * 5},
            "invalid_arguments",
        ),
    ],
)
async def test_sessions_and_statuses_refuse(
    api: Any, root: str, method: str, arguments: dict[str, Any], error: str
) -> None:
    assert await api.refused(method, **{"channel_id": VIDEOS, "thread_ts": root, **arguments}) == error


async def test_only_agents_have_sessions(slack: SlackEmulator, api: Any, root: str) -> None:
    slack.workspace.is_agent = False
    call = {"channel_id": VIDEOS, "thread_ts": root, "status": "active"}
    assert await api.refused("agents.sessions.setStatus", **call) == "not_authorized"


async def test_a_session_warns_when_nobody_hears_the_stop_button(
    slack: SlackEmulator, client: AsyncWebClient, root: str
) -> None:
    slack.workspace.subscriptions.discard("agent_session_stopped")
    answer = await client.agents_sessions_setStatus(channel_id=VIDEOS, thread_ts=root, status="processing")
    assert answer["warning"] == "missing_agent_session_stopped_event_subscription"


async def _thinking(slack: SlackEmulator, client: AsyncWebClient, root: str) -> None:
    await client.assistant_threads_setStatus(channel_id=VIDEOS, thread_ts=root, status="is thinking")
    shown = slack.status(VIDEOS, root)
    assert shown is not None
    assert shown.status == "is thinking"


async def test_a_status_vanishes_after_two_minutes(slack: SlackEmulator, client: AsyncWebClient, root: str) -> None:
    await _thinking(slack, client, root)
    slack.clock.advance(120)
    assert slack.status(VIDEOS, root) is None


async def test_a_status_vanishes_with_a_post(slack: SlackEmulator, client: AsyncWebClient, root: str) -> None:
    await _thinking(slack, client, root)
    await client.chat_postMessage(channel=VIDEOS, thread_ts=root, text="done")
    assert slack.status(VIDEOS, root) is None


async def test_an_empty_status_clears(slack: SlackEmulator, client: AsyncWebClient, root: str) -> None:
    await _thinking(slack, client, root)
    await client.assistant_threads_setStatus(channel_id=VIDEOS, thread_ts=root, status="")
    assert slack.status(VIDEOS, root) is None


@pytest.mark.parametrize("in_thread", [False, True])
async def test_prompts_show_only_without_a_thread(
    slack: SlackEmulator, client: AsyncWebClient, in_thread: bool
) -> None:
    channel, prompts = slack.direct_channel("alice"), [{"title": "Make", "message": "Make a video"}]
    ts = slack.say("alice", "@heygen", "hi") if in_thread else None
    await client.assistant_threads_setSuggestedPrompts(channel_id=channel, prompts=prompts, thread_ts=ts)
    assert (channel in slack.snapshot()["prompts"]) is not in_thread
