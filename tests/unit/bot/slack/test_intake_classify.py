"""What an Events API body is to us."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.intake import Echo, Ignored, classify
from bot.store.inbox import NewEvent
from tests.unit.bot.slack.rows import US, message_body

MP4 = {
    "id": "F1",
    "name": "talk.mp4",
    "mimetype": "video/mp4",
    "size": 7,
    "url_private": "https://files.slack.com/F1",
    "url_private_download": "https://files.slack.com/F1/download",
}


def event(**fields: Any) -> NewEvent:
    found = classify(message_body(**fields), US)
    assert isinstance(found, NewEvent), found
    return found


def reason(**fields: Any) -> str:
    found = classify(message_body(**fields), US)
    assert isinstance(found, Ignored), found
    return found.reason


def test_a_mention_opens_a_conversation_in_its_own_thread() -> None:
    found = event(type="app_mention", text="<@U0BOT> make a video")
    assert (found.kind, found.opens, found.thread_ts) == ("message", True, "1.000100")
    assert found.payload["text"] == "make a video"


def test_the_mention_and_the_message_share_one_dedup_key() -> None:
    mention = event(type="app_mention", text="<@U0BOT> hi")
    message = event(text="<@U0BOT> hi")
    assert mention.dedup_key == message.dedup_key == "T1:C1:1.000100"
    assert message.opens


def test_the_payload_says_who_said_what_where() -> None:
    assert event(text="<@U0BOT> hi", thread_ts="0.5").payload == {
        "ts": "1.000100",
        "user": "UALICE",
        "text": "hi",
        "files": [],
        "mentioned": True,
        "thread_ts": "0.5",
        "channel_type": "channel",
    }


@pytest.mark.parametrize(
    ("event_type", "text", "channel", "mentioned"),
    [
        ("message", "<@U0BOT> hi", "C1", True),
        ("message", "hi", "C1", False),
        ("app_mention", "hi", "C1", True),
        ("message", "hi", "D1", False),
        ("message", "<@U0BOT|bot> hi", "D1", True),
    ],
)
def test_the_payload_says_whether_we_were_mentioned(event_type: str, text: str, channel: str, mentioned: bool) -> None:
    found = event(type=event_type, text=text, channel=channel, channel_type=None, thread_ts="0.5")
    assert found.payload["mentioned"] is mentioned


def test_a_bare_mention_is_a_message() -> None:
    assert event(text="<@U0BOT>").payload["text"] == ""


@pytest.mark.parametrize("place", [{"channel_type": "im"}, {"channel": "D1", "channel_type": None}])
def test_a_direct_message_opens_without_a_mention(place: dict[str, Any]) -> None:
    found = event(text="hello", **place)
    assert found.opens
    assert found.channel_type == "im"


def test_a_direct_message_may_mention_somebody_else() -> None:
    assert event(text="greet <@UBOB>", channel="D1", channel_type="im").opens


def test_a_thread_reply_without_a_mention_opens_nothing() -> None:
    found = event(text="and German too", thread_ts="0.5")
    assert (found.opens, found.thread_ts) == (False, "0.5")


def test_a_group_message_needs_a_mention_or_a_thread() -> None:
    assert reason(text="hello", channel="G1", channel_type="mpim") == "not addressed to us"
    assert event(text="<@U0BOT> hello", channel="G1", channel_type="mpim").opens


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast"])
def test_files_and_broadcasts_are_messages(subtype: str) -> None:
    assert event(text="look", subtype=subtype, thread_ts="0.5").kind == "message"


def test_a_file_without_words_is_a_message() -> None:
    found = event(text="", subtype="file_share", files=[MP4], channel="D1", channel_type="im")
    assert found.payload["files"] == [
        {"id": "F1", "name": "talk.mp4", "mimetype": "video/mp4", "size": 7, "url": MP4["url_private_download"]}
    ]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"text": "hello"}, "not addressed to us"),
        ({"text": "<@UBOB> look", "thread_ts": "0.5"}, "addressed to somebody else"),
        ({"text": "<@U0BOT> hi", "bot_id": "B9"}, "another bot"),
        ({"text": "<@U0BOT> hi", "bot_profile": {"id": "B9"}}, "another bot"),
        ({"text": "<@U0BOT> hi", "subtype": "bot_message"}, "another bot"),
        ({"text": "<@U0BOT> hi", "hidden": True}, "subtype without work for us"),
        ({"text": "joined <@U0BOT>", "subtype": "channel_join"}, "subtype without work for us"),
        ({"text": "<@U0BOT> hi", "user": "USLACK"}, "nobody's message"),
        ({"text": "<@U0BOT> hi", "user": None}, "nobody's message"),
        ({"text": "", "channel_type": "im"}, "empty message"),
        ({"text": "<@U0BOT>", "ts": None}, "empty message"),
        ({"text": "<@U0BOT>", "channel": None}, "no channel"),
        ({"text": "hi", "user": "U0BOT"}, "own message"),
        ({"text": "hi", "bot_id": "B0BOT"}, "own message"),
        ({"text": "hi", "bot_id": "B1", "app_id": "A0APP"}, "own message"),
        ({"type": "reaction_added"}, "event without work for us"),
    ],
)
def test_what_is_not_for_us_is_ignored(fields: dict[str, Any], why: str) -> None:
    assert reason(**fields) == why


def test_somebody_else_and_us_is_for_us() -> None:
    assert event(text="<@U0BOT> greet <@UBOB>").payload["text"] == "greet <@UBOB>"


def test_an_own_delivery_is_an_echo() -> None:
    metadata = {"event_type": "greenroom_delivery", "event_payload": {"key": "card:1"}}
    found = classify(message_body(text="x", user="U0BOT", bot_id="B0BOT", metadata=metadata), US)
    assert found == Echo("T1", "C1", "card:1", "1.000100")


@pytest.mark.parametrize(
    "metadata",
    [None, "x", {"event_type": "other"}, {"event_type": "greenroom_delivery", "event_payload": {"key": 1}}],
)
def test_an_own_message_without_our_key_is_no_echo(metadata: Any) -> None:
    assert reason(text="x", user="U0BOT", metadata=metadata) == "own message"


def test_somebody_elses_copy_of_our_metadata_is_no_echo() -> None:
    metadata = {"event_type": "greenroom_delivery", "event_payload": {"key": "card:1"}}
    assert reason(text="x", bot_id="B9", metadata=metadata) == "another bot"


# -- edits, deletions, stops -----------------------------------------------------------------------------------


def changed(text: str, before: str, **message: Any) -> dict[str, Any]:
    edited = {"type": "message", "user": "UALICE", "ts": "1.000100", "text": text} | message
    previous = {"type": "message", "user": "UALICE", "ts": "1.000100", "text": before}
    return {"subtype": "message_changed", "hidden": True, "message": edited, "previous_message": previous}


def test_an_edit_tells_the_new_text_of_the_same_message() -> None:
    found = event(**changed("<@U0BOT> make two", "<@U0BOT> make one", thread_ts="0.5"))
    assert (found.kind, found.opens, found.dedup_key) == ("message_changed", False, None)
    assert found.thread_ts == "0.5"
    assert found.payload == {"ts": "1.000100", "text": "make two", "user": "UALICE"}


def test_an_unfurl_is_no_edit() -> None:
    assert reason(**changed("same", "same", attachments=[{"title": "x"}])) == "text unchanged"


def test_our_own_edits_are_ignored() -> None:
    assert reason(**changed("new", "old", user="U0BOT")) == "own change"


def test_another_bots_edits_are_ignored() -> None:
    assert reason(**changed("new", "old", bot_id="B9")) == "another bot"


def test_a_change_without_a_message_is_ignored() -> None:
    assert reason(subtype="message_changed") == "change without a message"


def test_a_deletion_names_the_message() -> None:
    found = event(subtype="message_deleted", deleted_ts="1.000100", previous_message={"thread_ts": "0.5"})
    assert (found.kind, found.thread_ts, found.payload) == ("message_deleted", "0.5", {"ts": "1.000100"})


def test_the_tombstone_of_a_root_is_a_deletion() -> None:
    found = event(**changed("This message was deleted.", "make one", subtype="tombstone"))
    assert (found.kind, found.thread_ts, found.payload) == ("message_deleted", "1.000100", {"ts": "1.000100"})


def test_our_own_deletions_are_ignored() -> None:
    own = {"user": "U0BOT", "ts": "1.000100"}
    assert reason(subtype="message_deleted", deleted_ts="1.000100", previous_message=own) == "own deletion"


def test_a_deletion_without_a_message_is_ignored() -> None:
    assert reason(subtype="message_deleted") == "deletion without a message"


def test_the_stop_button_belongs_to_its_thread() -> None:
    found = event(type="agent_session_stopped", thread_ts="0.5", streaming_message_ts=["2.0", 3])
    assert (found.kind, found.opens, found.thread_ts) == ("stopped", False, "0.5")
    assert found.payload == {"user": "UALICE", "streams": ["2.0"]}


def test_a_stop_without_a_thread_is_ignored() -> None:
    assert reason(type="agent_session_stopped") == "stop without a thread"


# -- ids -------------------------------------------------------------------------------------------------------


def test_the_authorized_team_wins_over_the_senders() -> None:
    body = message_body(text="<@U0BOT> hi") | {"team_id": "T9", "authorizations": [{"team_id": "T2"}]}
    found = classify(body, US)
    assert isinstance(found, NewEvent)
    assert found.workspace_id == "T2"


def test_our_own_team_is_the_last_resort() -> None:
    body = message_body(text="<@U0BOT> hi") | {"team_id": None, "authorizations": []}
    found = classify(body, US)
    assert isinstance(found, NewEvent)
    assert found.workspace_id == "T1"


def test_a_body_without_an_id_gets_a_stable_one() -> None:
    body = message_body(text="<@U0BOT> hi") | {"event_id": None}
    again, other = classify(dict(body), US), classify(message_body(text="<@U0BOT> ho") | {"event_id": None}, US)
    found = classify(body, US)
    assert isinstance(found, NewEvent)
    assert isinstance(again, NewEvent)
    assert isinstance(other, NewEvent)
    assert found.id == again.id != other.id
    assert found.id.startswith("body:")


@pytest.mark.parametrize("body", [{}, {"type": "block_actions"}, {"type": "event_callback", "event": "x"}])
def test_other_bodies_are_no_events(body: dict[str, Any]) -> None:
    assert classify(body, US) == Ignored("not an event")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    *("type", "subtype", "channel", "channel_type", "user", "bot_id", "text", "ts", "thread_ts", "deleted_ts"),
    *("files", "metadata", "message", "previous_message", "hidden", "streaming_message_ts", "app_id"),
]
TYPES = st.sampled_from(["message", "app_mention", "agent_session_stopped"])
SUBTYPES = st.sampled_from([None, "file_share", "message_changed", "message_deleted", "x"])


@given(st.dictionaries(st.sampled_from(FIELDS), JSON), TYPES, SUBTYPES, JSON)
def test_no_body_is_too_strange(fields: dict[str, Any], kind: str, subtype: str | None, authorizations: Any) -> None:
    fields |= {"type": kind, "subtype": subtype}
    body = {"type": "event_callback", "event": fields, "authorizations": authorizations}
    assert dataclasses.is_dataclass(classify(body, US))
