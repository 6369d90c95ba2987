"""Posts of live sessions against the Slack emulator and the real store: cards, lines, files, reactions, once each."""

from __future__ import annotations

from typing import Any

import pytest

from agent.live.ports import NewLine
from agent.live.records import CommandKind, LiveEnd, LiveSession, Manner, Speaker
from agent.records import DeliveryKind, DeliveryState, Lease
from bot.store.directory import Workspace
from bot.store.outbox import NewDelivery
from emulators.slack import Message, SlackEmulator
from tests.support.clock import ManualClock
from tests.support.live_rows import ACCESS, new_session
from tests.support.store_steps import new_store, running, sqlite_url
from tests.unit.bot.slack.test_delivery import direct_posts, drain
from tests.unit.bot.slack.thread import ALICE, CHANNEL, TEAM, Thread


async def offered(thread: Thread, **other: Any) -> LiveSession:
    """A session of Alice's in the thread."""
    new = new_session(await thread.accept(), workspace_id=TEAM, requester=ALICE, **other)
    return await thread.store.live.open(new)


async def live(thread: Thread) -> Lease:
    """A session that talks."""
    session = await offered(thread)
    joined = await thread.store.live.join(session.id, ALICE)
    assert joined is not None
    await thread.store.live.starting(joined[0], "p1")
    await thread.store.live.live(joined[0], ACCESS, usable_seconds=600.0)
    return joined[0]


async def say(thread: Thread, lease: Lease, *texts: str) -> None:
    lines = [NewLine(at=thread.clock.now(), speaker=Speaker.VISITOR, manner=Manner.VOICE, text=text) for text in texts]
    await thread.store.live.add_lines(lease, lines)


async def end(thread: Thread, lease: Lease) -> None:
    await thread.store.live.closing(lease, LiveEnd.VISITOR, ended_by=ALICE)
    await thread.store.live.stopped(lease, credits=None, seconds=70.0)


def files(thread: Thread) -> list[Message]:
    return [post for post in thread.posts() if post.files]


# -- cards


async def test_the_card_is_edited_from_offer_to_end(thread: Thread) -> None:
    lease = await live(thread)
    await drain(thread)
    (card,) = thread.posts()
    assert "speaks with the avatar" in card.rendered_text()
    await end(thread, lease)
    await drain(thread, seconds=5)
    assert thread.posts()[0].ts == card.ts
    assert "ended it. It lasted 1 min 10 s and came to $0.24." in card.rendered_text()


async def test_the_card_of_what_runs_is_brought_up_to_date(thread: Thread) -> None:
    lease = await live(thread)
    await drain(thread)
    thread.clock.advance(20)
    await thread.store.claims.extend()
    await thread.store.live.show_running()
    await drain(thread)
    assert "(20 s)" in thread.shown()[0]
    await end(thread, lease)
    await drain(thread, seconds=5)
    edits = len(thread.posts()[0].edits)
    await thread.store.live.show_running()
    await drain(thread)
    assert len(thread.posts()[0].edits) == edits


async def test_without_a_channel_of_their_own_operators_are_called_in_the_thread(thread: Thread) -> None:
    await offered(thread, call_seconds=60.0)
    await drain(thread)
    assert "<@U0DAVE0001>: whoever is free can claim this" in thread.shown()[0]


async def test_an_offer_that_cannot_be_posted_reaches_the_requester_directly(thread: Thread) -> None:
    await offered(thread)
    thread.slack.leave(thread.slack.bot_user, CHANNEL)
    await drain(thread)
    assert "is ready for you" in direct_posts(thread)[0]


async def test_a_doubtful_card_is_brought_up_to_date(thread: Thread) -> None:
    session = await offered(thread)
    thread.slack.fail("drop_reply", "/api/chat.postMessage")
    await thread.worker.run_once()
    await thread.store.live.decline(session.id, ALICE)
    await drain(thread)
    assert len(thread.posts()) == 1
    assert "declined it" in thread.shown()[0]


# -- what is said


async def test_lines_are_posted_in_order_under_their_numbers(thread: Thread) -> None:
    lease = await live(thread)
    await say(thread, lease, "Hello?", "<!channel> Anybody?")
    await say(thread, lease, "I need help.")
    await drain(thread)
    assert [post.text for post in thread.posts()[1:]] == [
        "`1` *Visitor*: Hello?\n`2` *Visitor*: &lt;!channel&gt; Anybody?",
        "`3` *Visitor*: I need help.",
    ]


async def test_what_was_typed_in_the_thread_is_not_repeated_there(thread: Thread) -> None:
    lease = await live(thread)
    whose = {"actor": ALICE, "text": "Hi", "message_ts": "5.0", "key": "k"}
    await thread.store.live.command(lease.id, CommandKind.ASK, **whose)
    typed = NewLine(at=1.0, speaker=Speaker.VISITOR, manner=Manner.THREAD, text="Hi", actor=ALICE)
    spoken = NewLine(at=2.0, speaker=Speaker.AVATAR, manner=Manner.OURS, text="Hello!")
    await thread.store.live.add_lines(lease, [typed, spoken])
    await drain(thread)
    assert [post.text for post in thread.posts()[1:]] == ["`2` *Avatar*: Hello!"]


# -- after the end


async def ended(thread: Thread) -> Lease:
    lease = await live(thread)
    await say(thread, lease, "Hello?")
    await drain(thread)
    await end(thread, lease)
    return lease


async def test_bill_transcript_and_summary_follow_in_the_thread(thread: Thread) -> None:
    lease = await ended(thread)
    await thread.store.live.summarised(lease.id, "Somebody said hello [1].")
    await drain(thread)
    closing, shared, summary = thread.posts()[2:]
    assert f"<@{ALICE}> live session L1 ended" in closing.rendered_text()
    (file,) = shared.files
    assert (file.title, file.name) == ("Transcript of live session L1", "live-session-L1-2027-01-15.txt")
    assert b"[1] 00:00 Visitor: Hello?" in file.data
    assert shared.thread_ts == thread.root
    assert "Somebody said hello [1]." in summary.rendered_text()


async def test_a_closing_that_cannot_be_posted_reaches_the_requester_directly(thread: Thread) -> None:
    lease = await live(thread)
    await drain(thread)
    await end(thread, lease)
    thread.slack.archive(CHANNEL)
    await drain(thread)
    assert any("live session L1 ended" in words for words in direct_posts(thread))


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
@pytest.mark.parametrize("kind", ["drop_before", "drop_reply", "after"])
async def test_the_transcript_is_shared_once_whatever_gets_lost(thread: Thread, method: str, kind: Any) -> None:
    lease = await ended(thread)
    thread.slack.fail(kind, f"/api/{method}", **({"status": 503} if kind == "after" else {}))
    await drain(thread)
    assert len(files(thread)) == 1
    delivery = await thread.delivery(f"live:{lease.id}:file")
    assert (delivery.state, delivery.ts) == (DeliveryState.POSTED, files(thread)[0].ts)


async def test_an_upload_that_breaks_off_is_begun_again(thread: Thread) -> None:
    await ended(thread)
    thread.slack.fail("drop_before", "/upload/")
    thread.slack.fail("before", "/upload/", status=500, skip=1)
    await drain(thread, seconds=5)
    assert len(files(thread)) == 1


async def test_a_shared_file_that_cannot_be_found_at_once_is_not_shared_again(thread: Thread) -> None:
    lease = await ended(thread)
    thread.slack.fail("before", "/api/conversations.replies", status=500)
    await drain(thread, seconds=5)
    assert len(files(thread)) == 1
    delivery = await thread.delivery(f"live:{lease.id}:file")
    assert (delivery.state, delivery.ts) == (DeliveryState.POSTED, files(thread)[0].files[0].id)


async def test_where_files_are_forbidden_the_rest_goes_on(thread: Thread) -> None:
    lease = await ended(thread)
    thread.slack.workspace.file_uploads_enabled = False
    await thread.store.live.summarised(lease.id, "Hello [1].")
    await drain(thread)
    assert (await thread.delivery(f"live:{lease.id}:file")).error == "file_uploads_disabled"
    assert "Hello [1]." in thread.shown()[-1]


# -- reactions


async def react(thread: Thread, name: str = "speech_balloon", ts: str | None = None) -> str:
    await thread.accept()
    body = {"ts": ts or thread.root, "name": name}
    await thread.store.deliveries.enqueue(
        NewDelivery(thread.conversation_id, DeliveryKind.REACTION, f"reaction:{name}", body=body)
    )
    return f"reaction:{name}"


def reactions(thread: Thread) -> dict[str, list[str]]:
    return thread.slack.thread(CHANNEL, thread.root)[0].reactions


async def test_a_reaction_is_put_on_the_message(thread: Thread) -> None:
    key = await react(thread)
    await drain(thread)
    assert reactions(thread) == {"speech_balloon": [thread.slack.bot_user]}
    assert await thread.state(key) is DeliveryState.POSTED


@pytest.mark.parametrize("kind", ["drop_before", "drop_reply", "after"])
async def test_a_reaction_in_doubt_is_simply_repeated(thread: Thread, kind: Any) -> None:
    key = await react(thread)
    thread.slack.fail(kind, "/api/reactions.add", **({"status": 503} if kind == "after" else {}))
    await drain(thread, seconds=5)
    assert reactions(thread) == {"speech_balloon": [thread.slack.bot_user]}
    assert await thread.state(key) is DeliveryState.POSTED
    assert thread.calls("conversations.replies") == []


async def test_a_reaction_on_a_message_that_is_gone_is_given_up(thread: Thread) -> None:
    key = await react(thread, ts="1.000001")
    await drain(thread)
    assert await thread.state(key) is DeliveryState.DEAD


async def test_a_reaction_keeps_to_its_limit(thread: Thread) -> None:
    key = await react(thread)
    limited = {"ok": False, "error": "ratelimited"}
    thread.slack.fail("before", "/api/reactions.add", status=429, body=limited, headers={"Retry-After": "30"})
    await drain(thread)
    assert thread.pacer.wait("reactions.add", CHANNEL, patience=0) == 30
    assert thread.pacer.wait("chat.postMessage", CHANNEL, patience=0) <= 1
    await drain(thread, seconds=31)
    assert await thread.state(key) is DeliveryState.POSTED


async def test_a_reaction_that_has_to_wait_keeps_nothing_waiting(thread: Thread) -> None:
    await react(thread)
    limited = {"ok": False, "error": "ratelimited"}
    thread.slack.fail("before", "/api/reactions.add", status=429, body=limited, headers={"Retry-After": "30"})
    await thread.queue("reply:1", "Hello.")
    await drain(thread)
    assert "Hello." in thread.shown()[0]
    assert not await thread.store.turns.unposted(thread.conversation_id)


# -- without live sessions


async def test_a_post_about_a_session_that_does_not_exist_is_dead(thread: Thread) -> None:
    await thread.accept()
    for kind in (DeliveryKind.LIVE_CARD, DeliveryKind.LIVE_FILE):
        new = NewDelivery(thread.conversation_id, kind, f"lost:{kind}", "live_99")
        await thread.store.deliveries.enqueue(new)
    await drain(thread)
    await thread.queue("lost:nobody", kind=DeliveryKind.LIVE_SUMMARY)
    await drain(thread)
    assert {await thread.state(f"lost:{kind}") for kind in ("live_card", "live_file", "nobody")} == {DeliveryState.DEAD}


async def test_where_operators_have_a_channel_they_are_called_there(
    slack: SlackEmulator, client: Any, tmp_path: Any, clock: ManualClock
) -> None:
    general = slack.workspace.place("general").id
    async with running(new_store(sqlite_url(tmp_path), clock, ops_channel=general)) as store:
        await store.directory.put_workspace(Workspace(TEAM, "Greenroom"))
        thread = Thread(slack, client, store, clock, ops_channel=True)
        session = await offered(thread, call_seconds=60.0)
        await drain(thread)
        (call,) = [m for m in slack.messages(general) if m.from_app]
        assert "<@U0DAVE0001> *<@U0ALICE001> asks for a person*" in call.rendered_text()
        assert call.links()[-1].endswith(f"/p{thread.root.replace('.', '')}")
        assert "U0DAVE0001" not in thread.shown()[0]
        await store.live.claim(session.id, "U0DAVE0001")
        await drain(thread, seconds=5)
        assert "<@U0DAVE0001> has this conversation now" in call.rendered_text()
