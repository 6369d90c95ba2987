"""The outbox's worker against the Slack emulator and the real store: once, in order, and nothing lost."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agent.records import DeliveryKind, DeliveryState, JobState, JobUpdate
from bot.slack.delivery import ATTEMPTS
from emulators.slack import SlackEmulator
from tests.unit.bot.slack.thread import ALICE, CHANNEL, TEAM, Thread

LONG = "word " * 1200 + "end."


async def drain(thread: Thread, rounds: int = 10, seconds: float = 0.0) -> None:
    """Let the worker go until nothing is due."""
    for _ in range(rounds):
        thread.clock.advance(seconds)
        thread.slack.clock.advance(max(seconds, 1.0))
        if not await thread.worker.run_once() and not seconds:
            return


# -- the ordinary case -----------------------------------------------------------------------------------------


async def test_a_reply_is_posted_once_in_its_thread(thread: Thread) -> None:
    await thread.queue("reply:1", "**Hello** there.")
    await drain(thread)
    (post,) = thread.posts()
    assert post.blocks[0]["type"] == "markdown"
    assert post.metadata == {"event_type": "greenroom_delivery", "event_payload": {"key": "reply:1"}}
    assert await thread.state("reply:1") is DeliveryState.POSTED


async def test_links_do_not_unfurl(thread: Thread) -> None:
    await thread.queue("reply:1", "See https://example.com")
    await drain(thread)
    body = thread.calls("chat.postMessage")[0].body
    assert (body["unfurl_links"], body["unfurl_media"]) == (False, False)


async def test_two_posts_of_a_thread_keep_their_order(thread: Thread) -> None:
    for number in range(4):
        await thread.queue(f"reply:{number}", f"Number {number}.")
    await drain(thread)
    assert [words.splitlines()[0] for words in thread.shown()] == [f"Number {number}." for number in range(4)]


async def test_a_long_reply_comes_in_pieces_in_order(thread: Thread) -> None:
    text = "\n\n".join(f"Paragraph {number}. " + "word " * 100 for number in range(50))
    await thread.queue("reply:1", text)
    await thread.queue("reply:after", "After.")
    await drain(thread)
    keys = [(post.metadata or {})["event_payload"]["key"] for post in thread.posts()]
    assert keys[0] == "reply:1"
    assert {"reply:1:2", "reply:1:3"} <= set(keys)
    assert keys.index("reply:1:2") < keys.index("reply:1:3")
    joined = "".join(post.blocks[0]["text"] for post in thread.posts())
    assert all(f"Paragraph {number}. " in joined for number in range(50))


async def test_the_root_of_a_command_gives_the_conversation_its_thread(thread: Thread) -> None:
    await thread.accept(thread_ts=None)
    await thread.queue("reply:1", "Hello.")
    await thread.queue("root:1", "Alice asked.", DeliveryKind.ROOT)
    await drain(thread)
    conversation = await thread.store.turns.conversation(thread.conversation_id)
    (root, reply) = thread.slack.thread(CHANNEL, conversation.thread_ts or "")
    assert "Alice asked." in root.rendered_text()
    assert "Hello." in reply.rendered_text()


# -- cards and closings ----------------------------------------------------------------------------------------


async def fail_job(thread: Thread, sentence: str = "no speech") -> None:
    claimed = await thread.store.jobs.claim_due_submissions(1)
    await thread.store.jobs.record_refused(claimed[0][0], code="refused", sentence=sentence)


async def test_a_card_is_edited_in_place(thread: Thread) -> None:
    await thread.submission("German")
    await drain(thread)
    await fail_job(thread)
    await drain(thread)
    card = thread.posts()[0]
    assert "failed" in card.rendered_text()
    assert len(card.edits) == 1


async def test_the_closing_mentions_the_requester_and_can_be_retried(thread: Thread) -> None:
    await thread.submission("German", "French")
    await fail_job(thread, "no speech found")
    await drain(thread)
    closing = thread.posts()[1].rendered_text()
    assert f"<@{ALICE}>" in closing
    assert "no speech found" in closing


async def test_a_card_that_somebody_deleted_is_posted_anew(thread: Thread) -> None:
    submission = await thread.submission("German")
    await drain(thread)
    thread.slack.workspace.channels[CHANNEL].messages.pop(thread.posts()[0].ts)
    await fail_job(thread)
    await drain(thread)
    assert "failed" in thread.shown()[-1] + thread.shown()[0]
    assert await thread.state(f"card:{submission.id}") is DeliveryState.POSTED


async def test_a_late_end_is_told(thread: Thread) -> None:
    await thread.submission("German")
    (claimed,) = await thread.store.jobs.claim_due_submissions(1)
    await thread.store.jobs.mark_sending(claimed[0])
    await thread.store.jobs.record_sent(claimed[0], ["p1"])
    for state in (JobState.RUNNING, JobState.UNKNOWN, JobState.SUCCEEDED):
        await update_job(thread, state)
    await drain(thread)
    assert any("we know now how" in words for words in thread.shown())


async def update_job(thread: Thread, state: JobState) -> None:
    update = JobUpdate(state, state.value, 0.0)
    await thread.store.jobs.touch("A1", ["p1"])
    for lease, job in await thread.store.jobs.claim_due_jobs(1):
        if job.provider_id is None:
            await thread.store.jobs.attach(lease, provider_id="p1", update=update)
        else:
            await thread.store.jobs.record_update(lease, update)


# -- when the line fails ---------------------------------------------------------------------------------------


async def test_a_post_whose_reply_was_dropped_is_visible_once(thread: Thread) -> None:
    thread.slack.fail("drop_reply", "/api/chat.postMessage")
    await thread.queue("reply:1", "Hello.")
    await drain(thread)
    assert len(thread.posts()) == 1
    assert await thread.state("reply:1") is DeliveryState.POSTED
    assert len(thread.calls("chat.postMessage")) == 1


async def test_a_post_that_never_arrived_is_repeated(thread: Thread) -> None:
    thread.slack.fail("drop_before", "/api/chat.postMessage")
    await thread.queue("reply:1", "Hello.")
    await drain(thread)
    assert len(thread.posts()) == 1
    assert len(thread.calls("chat.postMessage")) == 2


async def test_a_root_whose_reply_was_dropped_is_visible_once(thread: Thread) -> None:
    await thread.accept(thread_ts=None)
    thread.slack.fail("drop_reply", "/api/chat.postMessage")
    await thread.queue("root:1", "Alice asked.", DeliveryKind.ROOT)
    await drain(thread)
    posts = [message for message in thread.slack.messages(CHANNEL) if message.from_app]
    assert len(posts) == 1
    assert (await thread.store.turns.conversation(thread.conversation_id)).thread_ts == posts[0].ts


async def test_an_error_after_the_post_was_made_does_not_double_it(thread: Thread) -> None:
    thread.slack.fail("after", "/api/chat.postMessage", status=503)
    await thread.queue("reply:1", "Hello.")
    await drain(thread)
    assert len(thread.posts()) == 1


async def test_a_doubtful_card_is_found_and_brought_up_to_date(thread: Thread) -> None:
    await thread.submission("German")
    thread.slack.fail("drop_reply", "/api/chat.postMessage")
    await thread.worker.run_once()
    await fail_job(thread)
    await drain(thread)
    assert len([words for words in thread.shown() if "asked by" in words]) == 1
    assert "failed" in thread.shown()[0]


async def test_a_search_that_fails_is_repeated_later(thread: Thread) -> None:
    thread.slack.fail("drop_reply", "/api/chat.postMessage")
    thread.slack.fail("before", "/api/conversations.replies", status=500)
    await thread.queue("reply:1", "Hello.")
    await drain(thread)
    assert await thread.state("reply:1") is DeliveryState.UNKNOWN
    await drain(thread, seconds=10)
    assert len(thread.posts()) == 1


async def test_what_can_never_be_looked_for_is_posted(thread: Thread) -> None:
    thread.slack.fail("drop_before", "/api/chat.postMessage")
    thread.refuse("conversations.replies", "missing_scope")
    await thread.queue("reply:1", "Hello.")
    await drain(thread)
    assert len(thread.posts()) == 1


async def test_an_update_whose_reply_was_dropped_is_repeated(thread: Thread) -> None:
    await thread.submission("German")
    await drain(thread)
    await fail_job(thread)
    thread.slack.fail("drop_reply", "/api/chat.update")
    await drain(thread, seconds=5)
    assert "failed" in thread.shown()[0]


async def test_a_429_is_waited_out_by_everybody(thread: Thread) -> None:
    limited = {"ok": False, "error": "ratelimited"}
    thread.slack.fail("before", "/api/chat.postMessage", status=429, body=limited, headers={"Retry-After": "30"})
    await thread.queue("reply:1", "Hello.")
    await drain(thread)
    assert (await thread.delivery("reply:1")).not_before == thread.clock.now() + 30
    assert thread.pacer.wait("chat.postMessage", "C-other", patience=0) == 30
    await drain(thread, seconds=31)
    assert len(thread.posts()) == 1


async def test_a_refused_connection_is_tried_for_as_long_as_it_takes(thread: Thread) -> None:
    thread.client.base_url = "http://127.0.0.1:9/api/"
    await thread.queue("reply:1", "Hello.")
    await drain(thread, rounds=ATTEMPTS + 5, seconds=400)
    delivery = await thread.delivery("reply:1")
    assert (delivery.state, delivery.error) == (DeliveryState.PENDING, "no_connection")
    assert delivery.attempts > ATTEMPTS


async def test_a_server_that_never_recovers_makes_a_dead_letter(thread: Thread) -> None:
    thread.slack.fail("before", "/api/chat.postMessage", status=500, times=10_000)
    await thread.queue("reply:1", "Hello.")
    await drain(thread, rounds=ATTEMPTS * 3, seconds=400)
    assert await thread.state("reply:1") is DeliveryState.DEAD


async def test_an_echo_settles_the_doubt_without_a_search(thread: Thread) -> None:
    thread.slack.fail("drop_reply", "/api/chat.postMessage")
    await thread.queue("reply:1", "Hello.")
    await thread.worker.run_once()
    await thread.store.deliveries.record_echo(TEAM, CHANNEL, "reply:1", thread.posts()[0].ts)
    await drain(thread)
    assert await thread.state("reply:1") is DeliveryState.POSTED
    assert not thread.calls("conversations.replies")


async def test_one_failure_does_not_stop_the_others(thread: Thread, slack: SlackEmulator) -> None:
    other = slack.say(ALICE, CHANNEL, "another thread")
    await thread.queue("reply:1", "Hello.")
    await thread.accept("Ev2", thread_ts=other)
    await thread.queue("reply:2", "Hello to you.")
    thread.refuse("chat.postMessage", "not_in_channel")
    await drain(thread)
    states = {await thread.state("reply:1"), await thread.state("reply:2")}
    assert states == {DeliveryState.DEAD, DeliveryState.POSTED}


# -- what Slack refuses ----------------------------------------------------------------------------------------


async def test_refused_blocks_are_sent_as_text(thread: Thread) -> None:
    thread.refuse("chat.postMessage", "invalid_blocks")
    await thread.queue("reply:1", LONG)
    await drain(thread)
    assert thread.posts()[0].text == LONG


async def test_a_card_whose_blocks_are_refused_is_sent_as_text(thread: Thread) -> None:
    thread.refuse("chat.postMessage", "invalid_blocks")
    await thread.submission("German")
    await drain(thread)
    assert thread.posts()[0].blocks == []
    assert "1 waiting" in thread.posts()[0].text


@pytest.mark.parametrize("code", ["channel_not_found", "not_in_channel", "is_archived", "account_inactive"])
async def test_a_definite_refusal_is_a_dead_letter_that_lets_others_pass(thread: Thread, code: str) -> None:
    thread.refuse("chat.postMessage", code)
    await thread.queue("reply:1", "Hello.")
    await thread.queue("reply:2", "Next.")
    await drain(thread)
    assert (await thread.delivery("reply:1")).error == code
    assert await thread.state("reply:1") is DeliveryState.DEAD
    assert await thread.state("reply:2") is DeliveryState.POSTED


def direct_posts(thread: Thread) -> list[str]:
    channels = [c for c in thread.slack.workspace.channels.values() if c.kind == "im"]
    return [message.rendered_text() for c in channels for message in c.messages.values() if message.from_app]


async def test_a_result_that_cannot_be_posted_reaches_the_requester_directly(thread: Thread) -> None:
    submission = await thread.submission("German")
    await drain(thread)
    await fail_job(thread, "no speech found")
    thread.slack.archive(CHANNEL)
    await drain(thread)
    (direct,) = direct_posts(thread)
    assert "no speech found" in direct
    assert await thread.state(f"closing:{submission.id}") is DeliveryState.DEAD


async def test_a_command_in_a_foreign_channel_is_explained_directly(thread: Thread) -> None:
    await thread.accept(thread_ts=None)
    await thread.queue("root:1", "You asked.", DeliveryKind.ROOT, user=ALICE)
    thread.slack.leave(thread.slack.bot_user, CHANNEL)
    await drain(thread)
    assert "You asked." in direct_posts(thread)[0]


async def test_a_direct_message_that_fails_in_doubt_is_not_doubled(thread: Thread) -> None:
    await thread.submission("German")
    await drain(thread)
    await fail_job(thread)
    thread.slack.archive(CHANNEL)
    thread.slack.fail("drop_reply", "/api/chat.postMessage", skip=1)
    await drain(thread, seconds=10)
    assert len(direct_posts(thread)) == 1


async def test_a_direct_message_that_is_refused_ends_as_a_dead_letter(thread: Thread) -> None:
    submission = await thread.submission("German")
    await drain(thread)
    await fail_job(thread)
    thread.slack.archive(CHANNEL)
    thread.refuse("conversations.open", "user_disabled")
    await drain(thread)
    assert await thread.state(f"closing:{submission.id}") is DeliveryState.DEAD


async def test_a_delivery_without_its_rows_is_dead(thread: Thread) -> None:
    await thread.queue("notice:1", kind=DeliveryKind.NOTICE, job_id="job_unknown")
    await drain(thread)
    assert (await thread.delivery("notice:1")).error == "no_rows"


async def test_a_notice_with_words_of_its_own_is_posted(thread: Thread) -> None:
    await thread.queue("notice:1", "Something changed.", DeliveryKind.NOTICE)
    await drain(thread)
    assert "Something changed." in thread.shown()[0]


async def test_many_posts_to_one_channel_are_paced(thread: Thread, slack: SlackEmulator) -> None:
    for number in range(12):
        await thread.queue(f"reply:{number}", "Hello.")
    await drain(thread, rounds=40)
    assert not slack.limits.refused
    assert len(thread.posts()) == 12


async def test_a_long_wait_goes_back_to_the_outbox(thread: Thread) -> None:
    thread.pacer.blocked("chat.postMessage", 60)
    await thread.queue("reply:1", "Hello.")
    before = thread.clock.now()
    await thread.worker.run_once()
    assert thread.clock.now() == before
    assert (await thread.delivery("reply:1")).not_before == before + 60


async def test_a_lost_lease_stops_the_worker_quietly(thread: Thread) -> None:
    await thread.queue("reply:1", "Hello.")
    claimed = await thread.store.deliveries.claim_due(1)
    thread.clock.advance(100)
    await drain(thread)
    assert await thread.state("reply:1") is DeliveryState.POSTED
    await thread.worker._guarded(claimed[0])
    assert len(thread.posts()) == 1


async def test_a_store_error_is_not_swallowed(thread: Thread, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any) -> None:
        raise OSError("disk full")

    await thread.queue("reply:1", "Hello.")
    monkeypatch.setattr(thread.store.deliveries, "mark_sending", broken)
    with pytest.raises(OSError, match="disk full"):
        await asyncio.wait_for(thread.worker.run_once(), 5)
