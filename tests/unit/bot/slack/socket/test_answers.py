"""Envelopes through Bolt: committed means acknowledged, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.app import build_app
from bot.slack.intake import Intake
from bot.slack.router import Answer, Interaction, Router
from bot.slack.socket.answers import BoltAnswers, headers, payload_of
from bot.slack.socket.frames import Envelope
from tests.support.workspaces import at_home
from tests.unit.bot.slack.memory import MemoryEchoes, MemoryLanes, Wakes
from tests.unit.bot.slack.rows import US, message_body
from tests.unit.bot.slack.test_router import COMMAND, EVENT


class Edge:
    """The app without a signing secret, as Socket Mode alone needs none."""

    def __init__(self, client: AsyncWebClient) -> None:
        self.lanes, wakes = MemoryLanes(), Wakes()
        self.router = Router(lanes=self.lanes, wake=wakes)
        intake = Intake(lanes=self.lanes, echoes=MemoryEchoes(), members=at_home(US), wake=wakes)
        bolt: AsyncApp = build_app(client, signing_secret="", members=at_home(US), intake=intake, router=self.router)
        self.answers = BoltAnswers(bolt)


@pytest.fixture
def edge(client: AsyncWebClient) -> Edge:
    return Edge(client)


def envelope(kind: str, payload: dict[str, Any], **fields: Any) -> Envelope:
    values = {"id": "e1", "kind": kind, "takes_payload": True, "attempt": 0, "retry_reason": "", **fields}
    return Envelope(payload=payload, **values)


async def test_an_event_is_committed_and_confirmed_without_a_word(edge: Edge) -> None:
    body = message_body(type="app_mention", text="<@U0BOT> hi")
    assert await edge.answers(envelope("events_api", body)) == (True, None)
    assert [event.payload["text"] for event in edge.lanes.events] == ["hi"]


async def test_what_cannot_be_committed_is_not_confirmed(edge: Edge) -> None:
    edge.lanes.error = OSError("disk full")
    body = message_body(type="app_mention", text="<@U0BOT> hi")
    assert await edge.answers(envelope("events_api", body)) == (False, None)


async def test_an_event_that_nobody_knows_is_confirmed(edge: Edge) -> None:
    assert await edge.answers(envelope("events_api", message_body(type="star_added"))) == (True, None)


async def test_slacks_notice_of_its_own_limit_is_confirmed(edge: Edge) -> None:
    assert await edge.answers(envelope("events_api", {"type": "app_rate_limited", "team_id": "T1"})) == (True, None)


async def test_a_command_is_answered_in_its_ack(edge: Edge) -> None:
    async def act(interaction: Interaction) -> Answer:
        return Answer(text=f"hello {interaction.user_id}", event=EVENT)

    edge.router.add("command", "/heygen", act)
    accepted, payload = await edge.answers(envelope("slash_commands", COMMAND))
    assert (accepted, edge.lanes.events) == (True, [EVENT])
    assert payload is not None
    assert (payload["text"], payload["response_type"]) == ("hello UALICE", "ephemeral")


async def test_a_command_whose_work_cannot_be_committed_is_not_confirmed(edge: Edge) -> None:
    async def act(_: Interaction) -> Answer:
        return Answer(text="ok", event=EVENT)

    edge.router.add("command", "/heygen", act)
    edge.lanes.error = OSError("disk full")
    assert await edge.answers(envelope("slash_commands", COMMAND)) == (False, None)


def test_a_repetition_is_told_as_over_http() -> None:
    repeated = envelope("events_api", {}, attempt=2, retry_reason="timeout")
    assert headers(repeated) == {"x-slack-retry-num": "2", "x-slack-retry-reason": "timeout"}
    assert headers(envelope("events_api", {})) == {}


@pytest.mark.parametrize(
    ("body", "kind", "payload"),
    [
        ("", "text/plain", None),
        ("One moment", "text/plain;charset=utf-8", {"text": "One moment"}),
        ('{"options": []}', "application/json;charset=utf-8", {"options": []}),
        ("[]", "application/json;charset=utf-8", None),
    ],
)
def test_a_response_becomes_a_payload(body: str, kind: str, payload: dict[str, Any] | None) -> None:
    assert payload_of(BoltResponse(status=200, body=body, headers={"content-type": kind})) == payload
