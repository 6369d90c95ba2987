"""A reply while it is written: streamed, edited or not shown at all, and always complete in the end."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable

import pytest

from agent.errors import LeaseLost
from agent.records import Conversation, DeliveryState, Lease, TurnRecord
from bot.slack.reply import SlackReply
from emulators.slack import Message
from tests.unit.bot.slack.thread import ALICE, TEAM, Thread

LONG = "This sentence is long enough that many of them are shown at once. "


class Turn:
    """A running turn with its open reply."""

    def __init__(self, thread: Thread, lease: Lease, turn: TurnRecord, conversation: Conversation) -> None:
        self.thread, self.lease, self.turn, self.conversation = thread, lease, turn, conversation
        self.reply: SlackReply = thread.replies.open(lease, turn, conversation)

    async def finish(self, text: str | None) -> None:
        """Commit the end, then settle."""
        delivery = await self.thread.finish(self.lease, self.turn, text)
        await self.reply.settle(delivery, text)

    async def show(self, text: str) -> None:
        """Append and let time pass until Slack has it."""
        await self.reply.append(text)
        await until(lambda: self.tick() or not self.thread.replies.active)
        assert any(words.endswith(text.strip()) for words in self.thread.shown())

    def tick(self) -> bool:
        """Move the clock a little if somebody waits for it; always False."""
        if self.thread.clock.sleeping:
            self.thread.clock.advance(0.25)
        return False

    async def pause(self, seconds: float = 1.0) -> None:
        """Let the timer of the reply run out."""
        await until(lambda: self.thread.clock.sleeping)
        self.thread.clock.advance(seconds)

    @property
    def row(self) -> str:
        return f"reply:{self.turn.id}"

    async def reply_ts(self) -> str | None:
        row = await self.thread.store.turns.turn_of_row("Ev1")
        return row.reply_ts if row else None


async def until(condition: Callable[[], object]) -> None:
    """Wait for a state; the test's own timeout is the bound."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the conditions look into another task and into the emulator
            await asyncio.sleep(0.001)


@pytest.fixture
async def turn(thread: Thread) -> Turn:
    return Turn(thread, *await thread.begin())


def only(thread: Thread) -> Message:
    (post,) = thread.posts()
    return post


# -- streaming -------------------------------------------------------------------------------------------------


async def test_text_is_streamed_to_the_person_who_asked(turn: Turn, thread: Thread) -> None:
    await turn.show("Hello.")
    start = thread.calls("chat.startStream")[0].body
    assert (start["recipient_user_id"], start["recipient_team_id"], start["thread_ts"]) == (ALICE, TEAM, thread.root)
    assert "markdown_text" not in start
    assert only(thread).stream_state == "streaming"


async def test_the_place_of_the_reply_is_committed_before_any_text(turn: Turn, thread: Thread) -> None:
    thread.slack.fail("delay", "/api/chat.appendStream", seconds=0.2)
    await turn.reply.append("Hello.")
    await turn.pause()
    await until(lambda: thread.calls("chat.appendStream"))
    assert await turn.reply_ts() == only(thread).ts


async def test_nothing_is_shown_before_an_earlier_answer(turn: Turn, thread: Thread) -> None:
    await thread.queue("reply:earlier", "The earlier answer.")
    await turn.reply.append("Hello.")
    for _ in range(3):
        await turn.pause()
    assert not thread.calls("chat.startStream")
    await turn.finish("Hello.")
    while await thread.worker.run_once():
        pass
    assert [words.splitlines()[0] for words in thread.shown()] == ["The earlier answer.", "Hello."]


async def test_a_stream_begins_when_the_earlier_answer_stands(turn: Turn, thread: Thread) -> None:
    await thread.queue("reply:earlier", "The earlier answer.")
    await turn.reply.append("Hello.")
    await turn.pause()
    assert await thread.worker.run_once() == 1
    await until(lambda: turn.tick() or not thread.replies.active)
    assert [words.splitlines()[0] for words in thread.shown()] == ["The earlier answer.", "Hello."]


async def test_little_text_waits_for_the_timer(turn: Turn, thread: Thread) -> None:
    await turn.reply.append("Hel")
    await until(lambda: thread.clock.sleeping)
    await turn.reply.append("lo.")
    assert not thread.calls("chat.startStream")
    await turn.pause()
    await until(lambda: thread.shown() == ["Hello."])


async def test_much_text_does_not_wait(turn: Turn, thread: Thread) -> None:
    await turn.reply.append(LONG * 5)
    await until(lambda: [words.strip() for words in thread.shown()] == [(LONG * 5).strip()])


async def test_a_streamed_reply_ends_in_one_complete_message(turn: Turn, thread: Thread) -> None:
    await turn.show("Hello.")
    await turn.finish("Hello. And good bye.")
    assert thread.shown() == ["Hello. And good bye."]
    assert only(thread).stream_state == "completed"
    assert await thread.state(turn.row) is DeliveryState.POSTED
    assert not thread.calls("chat.update")


async def test_a_reply_that_was_shown_whole_is_only_stopped(turn: Turn, thread: Thread) -> None:
    await turn.show("Hello.")
    await turn.finish("Hello.")
    assert thread.shown() == ["Hello."]
    assert await thread.state(turn.row) is DeliveryState.POSTED


async def test_text_that_differs_from_what_was_shown_replaces_it(turn: Turn, thread: Thread) -> None:
    await turn.show("Hello.")
    await turn.finish("Good evening.")
    assert "Good evening." in only(thread).rendered_text()
    assert "Hello." not in only(thread).rendered_text()


async def test_a_short_answer_needs_no_stream(turn: Turn, thread: Thread) -> None:
    await turn.reply.append("Hi.")
    await turn.finish("Hi.")
    await thread.worker.run_once()
    assert thread.shown()[0].startswith("Hi.")
    assert not thread.calls("chat.startStream")
    assert len(thread.calls("chat.postMessage")) == 1


async def test_an_answer_without_a_stream_wakes_the_outbox(turn: Turn, thread: Thread) -> None:
    thread.announced.clear()
    await turn.finish("Hi.")
    assert thread.announced[-1] == "deliveries"


async def test_an_answer_waits_for_the_card_of_its_turn(turn: Turn, thread: Thread) -> None:
    await thread.queue("card:x", "The card.")
    await turn.finish("Hi.")
    await thread.worker.run_once()
    await thread.worker.run_once()
    assert [words.splitlines()[0] for words in thread.shown()] == ["The card.", "Hi."]


# -- streams that break ----------------------------------------------------------------------------------------


async def test_a_stream_that_slack_ended_is_completed_by_an_edit(turn: Turn, thread: Thread) -> None:
    await turn.show("Hello.")
    thread.slack.clock.advance(301)
    await turn.reply.append(" More.")
    await turn.pause()
    await until(lambda: len(thread.calls("chat.appendStream")) == 2)
    await turn.finish("Hello. More. Done.")
    assert "Hello. More. Done." in only(thread).rendered_text()
    assert await thread.state(turn.row) is DeliveryState.POSTED


async def test_a_stream_that_died_unnoticed_is_completed_by_an_edit(turn: Turn, thread: Thread) -> None:
    await turn.show("Hello.")
    thread.slack.clock.advance(301)
    await turn.finish("Hello. Done.")
    assert "Hello. Done." in only(thread).rendered_text()
    assert len(thread.calls("chat.update")) == 1


async def test_a_stream_is_ended_before_slack_breaks_it(turn: Turn, thread: Thread) -> None:
    await turn.show("Hello.")
    thread.clock.advance(241)
    await thread.store.claims.extend()
    await turn.reply.append(" More.")
    await turn.pause()
    await until(lambda: only(thread).stream_state == "completed")
    await turn.finish("Hello. More.")
    assert "Hello. More." in only(thread).rendered_text()


async def test_a_very_long_answer_stops_streaming_and_comes_in_pieces(turn: Turn, thread: Thread) -> None:
    await turn.reply.append(LONG * 100)
    await until(lambda: len(thread.calls("chat.appendStream")) == 1)
    await turn.reply.append(LONG * 100)
    await until(lambda: thread.calls("chat.stopStream"))
    await turn.finish(LONG * 200)
    await thread.worker.run_once()
    assert len(thread.posts()) == 2
    assert sum(post.blocks[0]["text"].count("This sentence") for post in thread.posts()) == 200


async def test_an_append_whose_answer_was_dropped_is_put_right(turn: Turn, thread: Thread) -> None:
    await turn.show("Hello.")
    thread.slack.fail("drop_reply", "/api/chat.appendStream")
    await turn.reply.append(" More.")
    await turn.pause()
    await until(lambda: len(thread.calls("chat.appendStream")) == 2)
    await turn.finish("Hello. More. Done.")
    assert only(thread).blocks[0]["text"] == "Hello. More. Done."


async def test_a_stop_whose_answer_was_dropped_is_put_right(turn: Turn, thread: Thread) -> None:
    await turn.show("Hello.")
    thread.slack.fail("drop_reply", "/api/chat.stopStream")
    await turn.finish("Hello. Done.")
    assert only(thread).blocks[0]["text"] == "Hello. Done."
    assert await thread.state(turn.row) is DeliveryState.POSTED


async def test_a_429_on_append_loses_no_text(turn: Turn, thread: Thread) -> None:
    await turn.show("Hello.")
    limited = {"ok": False, "error": "ratelimited"}
    thread.slack.fail("before", "/api/chat.appendStream", status=429, body=limited, headers={"Retry-After": "3"})
    await turn.reply.append(" More.")
    await turn.pause()
    await until(lambda: len(thread.calls("chat.appendStream")) == 2)
    await turn.pause(3)
    await until(lambda: thread.shown() == ["Hello. More."])


async def test_a_429_on_stop_is_waited_out_by_the_outbox(turn: Turn, thread: Thread) -> None:
    await turn.show("Hello.")
    limited = {"ok": False, "error": "ratelimited"}
    thread.slack.fail("before", "/api/chat.stopStream", status=429, body=limited, headers={"Retry-After": "3"})
    await turn.finish("Hello. Done.")
    assert await thread.state(turn.row) is DeliveryState.PENDING
    thread.clock.advance(4)
    await thread.worker.run_once()
    assert only(thread).blocks[0]["text"] == "Hello. Done."


async def test_a_429_on_start_is_waited_out(turn: Turn, thread: Thread) -> None:
    limited = {"ok": False, "error": "ratelimited"}
    thread.slack.fail("before", "/api/chat.startStream", status=429, body=limited, headers={"Retry-After": "3"})
    await turn.reply.append("Hello.")
    await turn.pause()
    await until(lambda: thread.calls("chat.startStream"))
    await turn.pause(3)
    await until(lambda: thread.shown() == ["Hello."])


async def test_a_start_that_slack_refuses_leaves_the_answer_to_the_outbox(turn: Turn, thread: Thread) -> None:
    thread.refuse("chat.startStream", "team_not_found")
    await turn.reply.append("Hello.")
    await turn.pause()
    await until(lambda: thread.calls("chat.startStream"))
    await turn.finish("Hello.")
    await thread.worker.run_once()
    assert thread.shown()[0].startswith("Hello.")
    assert TEAM not in thread.replies.without_streams


# -- workspaces without streams --------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["unknown_method", "feature_not_enabled", "method_deprecated", "not_authorized"])
async def test_without_streams_a_message_is_edited(turn: Turn, thread: Thread, code: str) -> None:
    thread.slack.workspace.streaming_enabled, thread.slack.workspace.streaming_error = False, code
    await turn.show("Hello.")
    assert await turn.reply_ts() == only(thread).ts
    await turn.finish("Hello. Done.")
    assert only(thread).blocks[0]["text"] == "Hello. Done."
    assert await thread.state(turn.row) is DeliveryState.POSTED


async def test_a_workspace_without_streams_is_remembered(turn: Turn, thread: Thread) -> None:
    thread.slack.workspace.streaming_enabled = False
    await turn.show("Hello.")
    await turn.finish("Hello.")
    await thread.store.lanes.release(turn.lease)
    next_turn = Turn(thread, *await thread.begin("Ev2"))
    thread.clock.advance(2)
    await next_turn.show("Again.")
    assert len(thread.calls("chat.startStream")) == 1


async def test_edits_come_at_most_once_a_second(turn: Turn, thread: Thread) -> None:
    thread.slack.workspace.streaming_enabled = False
    await turn.show("One.")
    await turn.show(" Two.")
    before = len(thread.calls("chat.update"))
    await turn.reply.append(" Three.")
    await until(lambda: thread.clock.sleeping)
    thread.clock.advance(0.8)
    await until(lambda: thread.clock.sleeping)
    assert len(thread.calls("chat.update")) == before
    await turn.pause()
    await until(lambda: only(thread).blocks[0]["text"] == "One. Two. Three.")


async def test_a_429_on_an_edit_is_waited_out(turn: Turn, thread: Thread) -> None:
    thread.slack.workspace.streaming_enabled = False
    await turn.show("One.")
    limited = {"ok": False, "error": "ratelimited"}
    thread.slack.fail("before", "/api/chat.update", status=429, body=limited, headers={"Retry-After": "3"})
    await turn.reply.append(" Two.")
    await turn.pause()
    await until(lambda: thread.calls("chat.update"))
    await turn.finish("One. Two.")
    assert only(thread).blocks[0]["text"] == "One. Two."


async def test_a_refused_edit_leaves_the_rest_to_the_end(turn: Turn, thread: Thread) -> None:
    thread.slack.workspace.streaming_enabled = False
    await turn.show("One.")
    thread.refuse("chat.update", "edit_window_closed")
    await turn.reply.append(" Two.")
    await turn.pause()
    await until(lambda: thread.calls("chat.update"))
    await turn.finish("One. Two.")
    assert only(thread).blocks[0]["text"] == "One. Two."


async def test_a_long_edited_answer_is_completed_in_pieces(turn: Turn, thread: Thread) -> None:
    thread.slack.workspace.streaming_enabled = False
    await turn.show("One.")
    await turn.reply.append(LONG * 200)
    await turn.finish("One." + LONG * 200)
    await thread.worker.run_once()
    assert len(thread.posts()) == 2


# -- crashes, repetitions, withdrawals -------------------------------------------------------------------------


async def test_a_crash_between_start_and_append_is_completed_by_the_outbox(turn: Turn, thread: Thread) -> None:
    thread.slack.fail("drop_before", "/api/chat.appendStream")
    await turn.reply.append("Hello.")
    await turn.pause()
    await until(lambda: thread.calls("chat.appendStream"))
    await thread.replies.close()
    delivery_id = await thread.finish(turn.lease, turn.turn, "Hello. Done.")
    assert delivery_id is not None
    thread.clock.advance(31)  # the lease of the process that died
    await thread.worker.run_once()
    assert only(thread).blocks[0]["text"] == "Hello. Done."
    assert await thread.state(turn.row) is DeliveryState.POSTED


async def test_a_restarted_answer_replaces_what_was_shown(turn: Turn, thread: Thread) -> None:
    await turn.show("Let me look that up.")
    await turn.reply.restart()
    await turn.reply.append("Hello.")
    await turn.finish("Hello.")
    assert only(thread).blocks[0]["text"] == "Hello."


async def test_a_restart_before_anything_was_shown_streams_as_usual(turn: Turn, thread: Thread) -> None:
    await turn.reply.append("Let me")
    await turn.reply.restart()
    await turn.show("Hello.")
    assert thread.shown() == ["Hello."]


async def test_a_second_attempt_does_not_add_to_the_first_ones_text(turn: Turn, thread: Thread) -> None:
    await turn.show("Hello.")
    await turn.reply.restart()
    row = await thread.store.turns.turn_of_row("Ev1")
    assert row is not None
    again = Turn(thread, turn.lease, row, turn.conversation)
    await again.reply.append(LONG * 10)
    await again.finish("Hello again.")
    assert only(thread).blocks[0]["text"] == "Hello again."


async def test_a_withdrawn_question_takes_the_half_answer_with_it(turn: Turn, thread: Thread) -> None:
    await turn.show("Hello.")
    await turn.finish(None)
    assert thread.posts() == []


async def test_a_withdrawn_question_without_an_answer_needs_nothing(turn: Turn, thread: Thread) -> None:
    await turn.finish(None)
    assert not thread.calls("chat.delete")


async def test_a_worker_that_stood_still_past_its_lease_shows_nothing(turn: Turn, thread: Thread) -> None:
    thread.clock.advance(31)
    await turn.reply.append("Hello.")
    await turn.pause()
    await until(lambda: not thread.replies.active)
    with pytest.raises(LeaseLost):
        await turn.reply.status("is thinking…")
    assert thread.calls("chat.startStream") + thread.calls("assistant.threads.setStatus") == []


async def test_a_lost_lease_takes_the_empty_stream_away(turn: Turn, thread: Thread) -> None:
    await thread.store.lanes.release(turn.lease)  # nobody has told this process yet
    await turn.reply.append("Hello.")
    await turn.pause()
    await until(lambda: thread.calls("chat.delete"))
    await until(lambda: not thread.posts())
    with pytest.raises(LeaseLost):
        await turn.finish("Hello.")


async def test_closing_stops_every_task(turn: Turn, thread: Thread) -> None:
    await turn.reply.append("Hello.")
    await thread.replies.close()
    assert not thread.calls("chat.startStream")
    await turn.finish("Hello.")


async def test_a_conversation_without_a_thread_shows_nothing_yet(thread: Thread) -> None:
    lease, turn, conversation = await thread.begin()
    reply = thread.replies.open(lease, turn, dataclasses.replace(conversation, thread_ts=None))
    await reply.status("is thinking…")
    await reply.append(LONG * 10)
    assert not thread.slack.journal.entries


# -- status ----------------------------------------------------------------------------------------------------


async def test_a_status_is_shown_and_cleared_at_the_end(turn: Turn, thread: Thread) -> None:
    await turn.reply.status("is thinking…")
    await turn.finish("Hi.")
    assert [entry.body["status"] for entry in thread.calls("assistant.threads.setStatus")] == ["is thinking…", ""]


async def test_without_a_status_nothing_is_cleared(turn: Turn, thread: Thread) -> None:
    await turn.finish("Hi.")
    assert not thread.calls("assistant.threads.setStatus")


async def test_a_refused_status_is_not_tried_again(turn: Turn, thread: Thread) -> None:
    thread.refuse("assistant.threads.setStatus", "unknown_method")
    await turn.reply.status("is thinking…")
    await turn.reply.status("is working…")
    assert len(thread.calls("assistant.threads.setStatus")) == 1


async def test_a_status_that_is_rate_limited_is_skipped_for_a_while(turn: Turn, thread: Thread) -> None:
    limited = {"ok": False, "error": "ratelimited"}
    thread.slack.fail("before", "/api/.*setStatus", status=429, body=limited, headers={"Retry-After": "3"})
    for _ in range(2):
        await turn.reply.status("is thinking…")
    assert len(thread.calls("assistant.threads.setStatus")) == 1
    thread.clock.advance(3)
    await turn.reply.status("is thinking…")
    assert len(thread.calls("assistant.threads.setStatus")) == 2


async def test_a_dropped_status_does_not_hurt_the_turn(turn: Turn, thread: Thread) -> None:
    thread.slack.fail("drop_before", "/api/assistant.threads.setStatus")
    await turn.reply.status("is thinking…")
    await turn.finish("Hi.")
    assert TEAM not in thread.replies.without_status


async def test_a_stream_that_begins_while_the_turn_ends_becomes_its_reply(turn: Turn, thread: Thread) -> None:
    thread.slack.fail("delay", "/api/chat.startStream", seconds=0.3)
    await turn.reply.append("Hello.")
    await turn.pause()
    delivery = await thread.finish(turn.lease, turn.turn, "Hello. More.")
    await turn.reply.settle(delivery, "Hello. More.")
    await thread.worker.run_once()
    assert "Hello. More." in only(thread).rendered_text()
