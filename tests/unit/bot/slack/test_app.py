"""The Bolt application: committed before it is acked, everything has a listener, no network before the ack."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import pytest
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from agent.records import Submission
from bot.slack.actions import Actions
from bot.slack.app import SUBSCRIBED_EVENTS, build_app
from bot.slack.intake import Intake, timestamp_guard
from bot.slack.router import Answer, Interaction, Router
from emulators.slack import SlackEmulator
from tests.support.workspaces import at_home
from tests.unit.bot.slack.memory import MemoryEchoes, MemoryLanes, Wakes
from tests.unit.bot.slack.rows import US, message_body, submission
from tests.unit.bot.slack.test_router import CLICK, COMMAND, EVENT

SECRET = "signing-secret"


class Edge:
    """The app with what it is connected to."""

    def __init__(self, client: AsyncWebClient, wakes: Wakes) -> None:
        self.lanes, self.echoes = MemoryLanes(), MemoryEchoes()
        self.router = Router(lanes=self.lanes, wake=wakes)
        intake = Intake(lanes=self.lanes, echoes=self.echoes, members=at_home(US), wake=wakes)
        self.app: AsyncApp = build_app(
            client, signing_secret=SECRET, members=at_home(US, client.token), intake=intake, router=self.router
        )

    async def event(self, body: dict[str, Any]) -> BoltResponse:
        return await self.send(json.dumps(body), "application/json")

    async def interact(self, payload: dict[str, Any]) -> BoltResponse:
        return await self.send(urlencode({"payload": json.dumps(payload)}), "application/x-www-form-urlencoded")

    async def command(self, body: dict[str, Any]) -> BoltResponse:
        return await self.send(urlencode(body), "application/x-www-form-urlencoded")

    async def send(self, raw: str, kind: str, secret: str = SECRET) -> BoltResponse:
        timestamp = str(int(time.time()))
        signature = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=raw)
        headers: dict[str, str | Sequence[str]] = {
            "content-type": [kind],
            "x-slack-request-timestamp": [timestamp],
            "x-slack-signature": [str(signature)],
        }
        return await self.app.async_dispatch(AsyncBoltRequest(body=raw, headers=headers))


class AlicesRequests:
    """Every request is Alice's, but for one that nobody knows."""

    async def submission(self, submission_id: str) -> Submission:
        if submission_id == "sub_unknown":
            raise KeyError(submission_id)
        return submission(id=submission_id, requester="UALICE")


async def called(slack: SlackEmulator, method: str) -> dict[str, Any]:
    """The arguments of the only call of `method`, once it has come."""
    entries = await slack.journal.wait_for(lambda: slack.journal.select(path=f"/api/{method}"))
    assert len(entries) == 1
    return {**entries[0].query, **(entries[0].body or {})}


@pytest.fixture
def edge(client: AsyncWebClient, wakes: Wakes) -> Edge:
    return Edge(client, wakes)


# -- events ----------------------------------------------------------------------------------------------------


async def test_a_mention_is_committed_and_acked(edge: Edge, wakes: Wakes) -> None:
    answer = await edge.event(message_body(type="app_mention", text="<@U0BOT> hi"))
    assert answer.status == 200
    assert [event.payload["text"] for event in edge.lanes.events] == ["hi"]
    assert wakes.count == 1


async def test_nothing_is_asked_of_slack_before_the_ack(edge: Edge, slack: SlackEmulator) -> None:
    await edge.event(message_body(type="app_mention", text="<@U0BOT> hi"))
    assert not slack.journal.entries


async def test_a_store_error_is_not_acked(edge: Edge, wakes: Wakes) -> None:
    edge.lanes.error = OSError("disk full")
    assert (await edge.event(message_body(text="<@U0BOT> hi"))).status == 500
    assert wakes.count == 0


async def test_a_forged_event_is_refused(edge: Edge) -> None:
    raw = json.dumps(message_body(text="<@U0BOT> hi"))
    assert (await edge.send(raw, "application/json", secret="wrong")).status == 401
    assert edge.lanes.events == []


async def test_our_own_post_is_recorded_as_an_echo(edge: Edge) -> None:
    metadata = {"event_type": "greenroom_delivery", "event_payload": {"key": "card:1"}}
    answer = await edge.event(message_body(text="x", user="U0BOT", bot_id="B0BOT", metadata=metadata))
    assert answer.status == 200
    assert edge.echoes.echoes == [("T1", "C1", "card:1", "1.000100")]


UNASKED = {"file_shared", "im_created"}


@pytest.mark.parametrize("name", sorted({name.split(".")[0] for name in SUBSCRIBED_EVENTS} | UNASKED))
async def test_every_event_has_a_listener(edge: Edge, name: str) -> None:
    assert (await edge.event(message_body(type=name))).status == 200


SUBTYPES = ["bot_message", "channel_join", "file_share", "me_message", "message_changed", "message_deleted"]


@pytest.mark.parametrize("subtype", [*SUBTYPES, "message_replied", "thread_broadcast", "assistant_app_thread"])
async def test_every_message_subtype_has_a_listener(edge: Edge, subtype: str) -> None:
    assert (await edge.event(message_body(subtype=subtype))).status == 200


async def test_slacks_rate_limit_notice_is_acked(edge: Edge) -> None:
    notice = {"type": "app_rate_limited", "team_id": "T1", "minute_rate_limited": 1, "api_app_id": "A0APP"}
    assert (await edge.event(notice)).status == 200


async def test_the_url_is_verified(edge: Edge) -> None:
    answer = await edge.event({"type": "url_verification", "challenge": "c"})
    assert json.loads(answer.body) == {"challenge": "c"}


# -- interactions ----------------------------------------------------------------------------------------------


async def test_a_command_is_answered_privately(edge: Edge) -> None:
    async def say(interaction: Interaction) -> Answer:
        return Answer(text=f"hello {interaction.user_id}")

    edge.router.add("command", "/heygen", say)
    body = json.loads((await edge.command(COMMAND)).body)
    assert (body["response_type"], body["text"]) == ("ephemeral", "hello UALICE")


async def test_a_commands_event_is_committed_before_the_ack(edge: Edge) -> None:
    async def act(_: Interaction) -> Answer:
        return Answer(text="ok", event=EVENT)

    edge.router.add("command", "/heygen", act)
    assert (await edge.command(COMMAND)).status == 200
    assert edge.lanes.events == [EVENT]


async def test_a_command_that_cannot_be_committed_is_not_acked(edge: Edge) -> None:
    async def act(_: Interaction) -> Answer:
        return Answer(text="ok", event=EVENT)

    edge.router.add("command", "/heygen", act)
    edge.lanes.error = OSError("disk full")
    assert (await edge.command(COMMAND)).status == 500


async def test_a_click_goes_to_the_conversation_of_its_thread(edge: Edge) -> None:
    Actions(requests=AlicesRequests()).register(edge.router)
    assert (await edge.interact(CLICK)).status == 200
    (event,) = edge.lanes.events
    assert (event.kind, event.thread_ts, event.channel_id, event.opens) == ("action", "1.0", "C1", False)
    assert event.payload == {"name": "refresh", "submission_id": "sub_1", "user": "UALICE"}


async def test_a_retry_click_names_its_request(edge: Edge) -> None:
    Actions(requests=AlicesRequests()).register(edge.router)
    retry = CLICK | {"actions": [{"action_id": "retry_failed", "value": "sub_2", "action_ts": "3", "type": "button"}]}
    await edge.interact(retry)
    assert edge.lanes.events[0].payload["name"] == "retry_failed"


@pytest.mark.parametrize(
    ("user", "value", "words"),
    [("UBOB", "sub_2", "Only <@UALICE>, who asked for this"), ("UALICE", "sub_unknown", "don't know this request")],
)
async def test_a_retry_that_may_not_be_is_answered_privately(
    edge: Edge, slack: SlackEmulator, user: str, value: str, words: str
) -> None:
    Actions(requests=AlicesRequests()).register(edge.router)
    retry = {"action_id": "retry_failed", "value": value, "action_ts": "3", "type": "button"}
    await edge.interact(CLICK | {"user": {"id": user}, "actions": [retry]})
    asked = await called(slack, "chat.postEphemeral")
    assert asked["user"] == user
    assert words in asked["text"]
    assert edge.lanes.events == []


async def test_a_button_without_a_request_is_explained_to_the_clicker(edge: Edge, slack: SlackEmulator) -> None:
    Actions(requests=AlicesRequests()).register(edge.router)
    await edge.interact(CLICK | {"actions": [{"action_id": "refresh_card", "action_ts": "3", "type": "button"}]})
    asked = await called(slack, "chat.postEphemeral")
    assert (asked["user"], asked["channel"], asked["thread_ts"]) == ("UALICE", "C1", "1.0")
    assert edge.lanes.events == []


async def test_an_unknown_button_is_acked_and_explained(edge: Edge, slack: SlackEmulator) -> None:
    assert (await edge.interact(CLICK)).status == 200
    assert "older version" in (await called(slack, "chat.postEphemeral"))["text"]


SHORTCUT = {
    "type": "shortcut",
    "callback_id": "x",
    "team": {"id": "T1"},
    "user": {"id": "UALICE"},
    "action_ts": "1",
    "trigger_id": "t",
}


async def test_a_global_shortcut_is_answered_directly(edge: Edge, slack: SlackEmulator) -> None:
    assert (await edge.interact(SHORTCUT)).status == 200
    assert (await called(slack, "chat.postMessage"))["channel"] == "UALICE"


async def test_a_shortcut_may_open_a_modal(edge: Edge, slack: SlackEmulator) -> None:
    async def open_modal(_: Interaction) -> Answer:
        return Answer(open_view={"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": []})

    edge.router.add("shortcut", "x", open_modal)
    await edge.interact(SHORTCUT)
    assert (await called(slack, "views.open"))["trigger_id"] == "t"


VIEW = {
    "type": "view_submission",
    "team": {"id": "T1"},
    "user": {"id": "UALICE"},
    "view": {"id": "V1", "hash": "h", "type": "modal", "callback_id": "m", "state": {"values": {}}},
}


async def test_a_modals_errors_are_answered(edge: Edge) -> None:
    async def check(_: Interaction) -> Answer:
        return Answer(response_action="errors", errors={"b": "Too long."})

    edge.router.add("view", "m", check)
    body = json.loads((await edge.interact(VIEW)).body)
    assert body == {"response_action": "errors", "errors": {"b": "Too long."}}


@pytest.mark.parametrize("kind", ["view_submission", "view_closed"])
async def test_an_unknown_modal_is_acked(edge: Edge, kind: str) -> None:
    assert (await edge.interact(VIEW | {"type": kind})).status == 200


async def test_an_unknown_option_list_is_empty(edge: Edge) -> None:
    asked = {"type": "block_suggestion", "action_id": "a", "block_id": "b", "value": "x"}
    answer = await edge.interact(asked | {"team": {"id": "T1"}, "user": {"id": "UALICE"}})
    assert json.loads(answer.body) == {"options": []}


# -- signature headers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("timestamp", ["", "now", "1e9", "-5", "１２", "9" * 5000])
def test_a_timestamp_that_is_no_number_is_refused(timestamp: str) -> None:
    assert not timestamp_guard({"X-Slack-Request-Timestamp": timestamp})


def test_a_signature_outside_ascii_is_refused() -> None:
    assert not timestamp_guard({"x-slack-request-timestamp": "1800000000", "x-slack-signature": "v0=é"})


def test_ordinary_and_missing_headers_are_left_to_bolt() -> None:
    assert timestamp_guard({"X-Slack-Request-Timestamp": "1800000000", "X-Slack-Signature": "v0=ab"})
    assert timestamp_guard({})
