"""What the app is told: envelopes, who sees what, redelivery, forged requests."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from starlette.responses import PlainTextResponse

from emulators.slack import CannotDoError, SlackEmulator

VIDEOS = "C0VIDEOS01"
ALICE = "U0ALICE001"
ERROR = 500


async def test_an_event_arrives_signed_and_complete(slack: SlackEmulator, app: Any) -> None:
    ts = slack.say("alice", "#videos", "hello")
    await slack.settle()
    (envelope,) = app.envelopes
    event = {"type": "message", "user": ALICE, "text": "hello", "ts": ts, "channel": VIDEOS, "channel_type": "channel"}
    assert event.items() <= envelope["event"].items()
    assert envelope["type"] == "event_callback"
    assert envelope["authorizations"][0]["user_id"] == slack.bot_user
    assert {"event_id", "event_time", "team_id", "api_app_id", "event_context"} <= set(envelope)


@pytest.mark.parametrize("mention_first", [True, False])
async def test_a_mention_comes_twice_with_one_ts(slack: SlackEmulator, app: Any, mention_first: bool) -> None:
    slack.workspace.mention_first = mention_first
    ts = slack.say("alice", "#videos", f"<@{slack.bot_user}> hello")
    await slack.settle()
    types = ["app_mention", "message"]
    assert [event["type"] for event in app.events] == (types if mention_first else types[::-1])
    assert {event["ts"] for event in app.events} == {ts}
    assert len({envelope["event_id"] for envelope in app.envelopes}) == 2


async def test_a_direct_message_is_no_mention(slack: SlackEmulator, app: Any) -> None:
    slack.say("alice", "@heygen", f"<@{slack.bot_user}> hello")
    await slack.settle()
    assert [(event["type"], event["channel_type"]) for event in app.events] == [("message", "im")]


async def test_what_happens_without_the_app_stays_unknown(slack: SlackEmulator, app: Any) -> None:
    slack.leave("heygen", "#general")
    slack.say("alice", "#general", "secret")
    slack.say("alice", "bob", "secret")
    await slack.settle()
    assert not app.events


async def test_the_app_hears_itself_with_its_metadata(slack: SlackEmulator, app: Any, client: AsyncWebClient) -> None:
    metadata = {"event_type": "delivery", "event_payload": {"key": "d1"}}
    await client.chat_postMessage(channel=VIDEOS, text="x", metadata=metadata)
    await slack.settle()
    (event,) = app.events
    assert (event["bot_id"], event["app_id"]) == (slack.workspace.bot_id, slack.workspace.app_id)
    assert event["metadata"] == metadata


async def test_an_edit_tells_both_versions(slack: SlackEmulator, app: Any) -> None:
    ts = slack.say("alice", VIDEOS, "one")
    slack.edit("alice", VIDEOS, ts, "two")
    await slack.settle()
    event = app.events[-1]
    assert (event["subtype"], event["message"]["text"]) == ("message_changed", "two")
    assert event["previous_message"]["text"] == "one"


async def test_an_unfurl_changes_no_text(slack: SlackEmulator, app: Any) -> None:
    ts = slack.say("alice", VIDEOS, "see https://example.com")
    slack.unfurl(VIDEOS, ts, "https://example.com")
    await slack.settle()
    event = app.events[-1]
    assert event["message"]["text"] == event["previous_message"]["text"]


async def test_a_deletion_tells_what_is_gone(slack: SlackEmulator, app: Any) -> None:
    ts = slack.say("alice", VIDEOS, "oops")
    slack.delete("alice", VIDEOS, ts)
    await slack.settle()
    event = app.events[-1]
    assert (event["subtype"], event["deleted_ts"]) == ("message_deleted", ts)
    assert event["previous_message"]["text"] == "oops"


async def test_a_deleted_root_with_replies_becomes_a_tombstone(slack: SlackEmulator, app: Any) -> None:
    root = slack.say("alice", VIDEOS, "oops")
    slack.say("bob", VIDEOS, "what?", root)
    slack.delete("alice", VIDEOS, root)
    await slack.settle()
    event = app.events[-1]
    assert (event["subtype"], event["hidden"], event["previous_message"]["text"]) == ("message_changed", True, "oops")
    buried = event["message"]
    assert (buried["subtype"], buried["user"], buried["hidden"]) == ("tombstone", "USLACKBOT", True)
    assert (buried["ts"], buried["reply_count"], "edited" in buried) == (root, 1, False)


async def test_pressing_stop_in_a_working_session_leaves_its_status(
    slack: SlackEmulator, app: Any, client: AsyncWebClient
) -> None:
    root = slack.say("alice", VIDEOS, "go")
    await client.agents_sessions_setStatus(channel_id=VIDEOS, thread_ts=root, status="processing")
    slack.press_stop("bob", VIDEOS, root)
    await slack.settle()
    (event,) = app.of_type("agent_session_stopped")
    assert (event["streaming_message_ts"], slack.session(VIDEOS, root)) == ([], "processing")


async def test_a_file_comes_as_a_file_share(slack: SlackEmulator, app: Any) -> None:
    slack.upload("alice", VIDEOS, "clip.mp4", b"bytes")
    await slack.settle()
    (event,) = app.events
    assert (event["subtype"], event["files"][0]["mimetype"]) == ("file_share", "video/mp4")


async def test_a_broadcast_reply_carries_its_root(slack: SlackEmulator, app: Any) -> None:
    root = slack.say("alice", VIDEOS, "root")
    slack.say("bob", VIDEOS, "all of you", root, broadcast=True)
    await slack.settle()
    event = app.events[-1]
    assert (event["subtype"], event["root"]["ts"], event["parent_user_id"]) == ("thread_broadcast", root, ALICE)


async def test_other_events(slack: SlackEmulator, app: Any) -> None:
    ts = slack.say("alice", VIDEOS, "x")
    slack.react("bob", VIDEOS, ts, ":mute:")
    slack.open_home("alice")
    slack.open_home("alice", "messages")
    slack.join("heygen", slack.add_channel("launch", ["alice"]))
    await slack.settle()
    types = [event["type"] for event in app.events]
    assert types == ["message", "reaction_added", "app_home_opened", "app_home_opened", "member_joined_channel"]
    assert [event["tab"] for event in app.of_type("app_home_opened")] == ["home", "messages"]


async def test_pressing_stop_tells_which_streams_ended(slack: SlackEmulator, app: Any, client: AsyncWebClient) -> None:
    channel, root = slack.direct_channel("alice"), slack.say("alice", "@heygen", "go")
    ts = (await client.chat_startStream(channel=channel, thread_ts=root))["ts"]
    slack.press_stop("alice", channel, root)
    await slack.settle()
    (event,) = app.of_type("agent_session_stopped")
    assert (event["streaming_message_ts"], event["thread_ts"], event["user"]) == ([ts], root, ALICE)


async def test_renaming_a_session_tells_the_old_title(slack: SlackEmulator, app: Any, client: AsyncWebClient) -> None:
    root = slack.say("alice", VIDEOS, "go")
    call = {"channel_id": VIDEOS, "thread_ts": root, "status": "active", "title": "old"}
    await client.agents_sessions_setStatus(**call)
    slack.rename_session("alice", VIDEOS, root, "new")
    await slack.settle()
    (event,) = app.of_type("agent_session_title_changed")
    assert (event["title"], event["previous_title"]) == ("new", "old")


async def test_uninstalling_is_the_last_word(slack: SlackEmulator, app: Any) -> None:
    slack.uninstall()
    slack.say("alice", VIDEOS, "anyone?")
    await slack.settle()
    assert [event["type"] for event in app.events] == ["tokens_revoked", "app_uninstalled"]


async def test_unsubscribed_events_are_not_sent(slack: SlackEmulator, app: Any) -> None:
    slack.workspace.subscriptions.discard("message.channels")
    slack.say("alice", VIDEOS, f"<@{slack.bot_user}> x")
    await slack.settle()
    assert [event["type"] for event in app.events] == ["app_mention"]


async def test_a_delivery_is_recorded(slack: SlackEmulator, app: Any) -> None:
    slack.say("alice", VIDEOS, "x")
    await slack.settle()
    (delivery,) = slack.deliveries
    assert (delivery.state, delivery.attempts, delivery.statuses) == ("acked", 1, [200])
    assert delivery.seconds[0] > 0


async def test_a_refused_event_comes_again_at_once(slack: SlackEmulator, app: Any) -> None:
    app.answers.append(PlainTextResponse("", ERROR))
    slack.say("alice", VIDEOS, "x")
    await slack.journal.wait_for(lambda: slack.deliveries[0].state == "acked")
    assert len({envelope["event_id"] for envelope in app.envelopes}) == 1
    headers = app.journal.select(path="/slack/events")[1].headers
    assert (headers["x-slack-retry-num"], headers["x-slack-retry-reason"]) == ("1", "http_error")


async def _attempts(slack: SlackEmulator, number: int) -> str:
    """Wait for this attempt and say what became of it."""
    (delivery,) = slack.deliveries
    await slack.journal.wait_for(lambda: len(delivery.statuses) == number and slack.courier.idle)
    return delivery.state


async def test_retries_wait_one_and_five_minutes(slack: SlackEmulator, app: Any) -> None:
    app.answers.extend(PlainTextResponse("", ERROR) for _ in range(4))
    slack.say("alice", VIDEOS, "x")
    assert await _attempts(slack, 2) == "waiting"
    slack.clock.advance(60)
    assert await _attempts(slack, 3) == "waiting"
    assert slack.deliveries[0].due - slack.clock.now() == pytest.approx(300, abs=20)
    slack.clock.advance(300)
    assert await _attempts(slack, 4) == "failed"


async def test_redeliver_now_skips_the_waiting(slack: SlackEmulator, app: Any) -> None:
    app.answers.extend(PlainTextResponse("", ERROR) for _ in range(2))
    slack.say("alice", VIDEOS, "x")
    (delivery,) = slack.deliveries
    await slack.journal.wait_for(lambda: delivery.state == "waiting" and delivery.attempts == 2)
    assert slack.redeliver_now() == 1
    await slack.journal.wait_for(lambda: delivery.state == "acked")


async def test_an_app_can_refuse_retries(slack: SlackEmulator, app: Any) -> None:
    app.answers.append(PlainTextResponse("", ERROR, {"x-slack-no-retry": "1"}))
    slack.say("alice", VIDEOS, "x")
    await slack.settle()
    assert (slack.deliveries[0].state, slack.redeliver_now()) == ("suppressed", 0)


async def test_a_slow_app_is_asked_again(slack: SlackEmulator, app: Any) -> None:
    slack.configure(ack_seconds=0.05)
    app.fail("delay", "/slack/events", seconds=0.5)
    slack.say("alice", VIDEOS, "x")
    await slack.journal.wait_for(lambda: slack.deliveries[0].attempts == 2)
    assert slack.deliveries[0].reasons[0] == "http_timeout"


async def test_an_absent_app_is_a_failed_connection(slack: SlackEmulator) -> None:
    slack.configure("http://127.0.0.1:1/slack/events")
    slack.say("alice", VIDEOS, "x")
    await slack.journal.wait_for(lambda: slack.deliveries[0].attempts == 2 and slack.courier.idle)
    assert slack.deliveries[0].reasons == ["connection_failed"] * 2


async def test_an_acknowledged_event_can_come_again(slack: SlackEmulator, app: Any) -> None:
    slack.say("alice", VIDEOS, "x")
    await slack.settle()
    slack.redeliver(slack.deliveries[0].event_id)
    await slack.settle()
    assert app.envelopes[0] == app.envelopes[1]
    assert app.journal.select()[1].headers["x-slack-retry-num"] == "1"


async def test_without_a_listener_events_stay_unsent(slack: SlackEmulator) -> None:
    slack.say("alice", VIDEOS, "x")
    assert slack.deliveries[0].state == "unsent"


async def test_a_moved_clock_leaves_signatures_valid(slack: SlackEmulator, app: Any) -> None:
    slack.clock.advance(86_400)
    slack.say("alice", VIDEOS, "tomorrow")
    await slack.settle()
    assert slack.deliveries[0].statuses == [200]


async def test_url_verification_wants_its_challenge_back(slack: SlackEmulator, app: Any) -> None:
    answer = await slack.url_verification()
    assert (answer.status, answer.reason) == (200, "")


async def test_url_verification_notices_a_wrong_challenge(
    slack: SlackEmulator, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "keep", lambda _raw, _kind: PlainTextResponse("huh"))
    assert (await slack.url_verification()).reason == "challenge_failed"


@pytest.mark.parametrize("kind", ["bad_signature", "missing", "stale", "future", "not_a_number", "other_secret"])
async def test_forged_requests_fail_the_sdk_check(slack: SlackEmulator, app: Any, kind: Any) -> None:
    assert (await slack.forge(kind)).status == 401
    assert not app.envelopes


@pytest.mark.parametrize("channel", ["#nowhere", "C0NOWHERE1"])
async def test_people_cannot_talk_nowhere(slack: SlackEmulator, channel: str) -> None:
    with pytest.raises(CannotDoError):
        slack.say("alice", channel, "x")


async def test_people_touch_only_their_own(slack: SlackEmulator) -> None:
    ts = slack.say("alice", VIDEOS, "x")
    with pytest.raises(CannotDoError):
        slack.edit("bob", VIDEOS, ts, "y")
