"""Socket Mode's other end: addresses that work once, envelopes and acks, refreshes, and what goes wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from emulators.slack import SlackEmulator

VIDEOS = "C0VIDEOS01"
Dial = Callable[[], Awaitable["Line"]]


class Line:
    """An app's websocket, by hand."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def next(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(await self.socket.recv())
        return frame

    async def ack(self, envelope: dict[str, Any], **fields: Any) -> None:
        await self.socket.send(json.dumps({"envelope_id": envelope["envelope_id"], **fields}))

    async def ended(self) -> int | None:
        await self.socket.wait_closed()
        return self.socket.close_code


@pytest.fixture
async def slack(slack: SlackEmulator) -> AsyncIterator[SlackEmulator]:
    """The emulator with Socket Mode switched on and without limits."""
    slack.configure(socket_mode=True)
    slack.limits.enabled = False
    yield slack
    slack.configure(socket_mode=False, ack_seconds=3.0)


async def address(slack: SlackEmulator) -> str:
    client = AsyncWebClient(base_url=slack.api_url, retry_handlers=[])
    return str((await client.apps_connections_open(app_token=slack.app_token))["url"])


@pytest.fixture
async def dial(slack: SlackEmulator) -> AsyncIterator[Dial]:
    """Opens websockets."""
    sockets: list[ClientConnection] = []

    async def open_one() -> Line:
        socket = await connect(await address(slack), proxy=None, ping_interval=None, close_timeout=0.2)
        sockets.append(socket)
        return Line(socket)

    yield open_one
    for socket in sockets:
        socket.transport.abort()


async def greeted(dial: Dial) -> Line:
    line = await dial()
    assert (await line.next())["type"] == "hello"
    return line


# -- the way in --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "error"),
    [("", "not_authed"), ("xapp-wrong", "invalid_auth"), ("bot", "not_allowed_token_type")],
)
async def test_only_the_app_token_opens_connections(slack: SlackEmulator, token: str, error: str) -> None:
    token = slack.bot_token if token == "bot" else token
    headers = {"authorization": f"Bearer {token}"} if token else {}
    async with httpx2.AsyncClient(trust_env=False, headers=headers) as http:
        answer = await http.post(f"{slack.api_url}apps.connections.open")
    assert answer.json()["error"] == error


async def test_the_app_token_opens_nothing_else(slack: SlackEmulator) -> None:
    client = AsyncWebClient(token=slack.app_token, base_url=slack.api_url)
    with pytest.raises(SlackApiError) as caught:
        await client.auth_test()
    assert caught.value.response["error"] == "not_allowed_token_type"


async def test_the_app_token_needs_its_scope(slack: SlackEmulator) -> None:
    slack.workspace.app_scopes.clear()
    with pytest.raises(SlackApiError) as caught:
        await address(slack)
    assert (caught.value.response["error"], caught.value.response["needed"]) == ("missing_scope", "connections:write")


async def test_hello_says_which_app_how_many_and_how_long(slack: SlackEmulator, dial: Dial) -> None:
    await greeted(dial)
    hello = await (await dial()).next()
    assert (hello["num_connections"], hello["connection_info"]) == (2, {"app_id": slack.workspace.app_id})
    assert hello["debug_info"]["approximate_connection_time"] == 3600


async def test_an_address_works_once(slack: SlackEmulator) -> None:
    url = await address(slack)
    async with connect(url, proxy=None):
        pass
    with pytest.raises(InvalidStatus) as caught:
        await connect(url, proxy=None)
    assert caught.value.response.status_code == 408
    assert [entry.status for entry in slack.journal.select("WEBSOCKET")] == [101, 408]
    assert {entry.query["ticket"] for entry in slack.journal.select("WEBSOCKET")} == {"***"}


async def test_an_address_expires(slack: SlackEmulator) -> None:
    url = await address(slack)
    slack.clock.advance(31)
    with pytest.raises(InvalidStatus):
        await connect(url, proxy=None)


async def test_the_eleventh_connection_is_one_too_many(dial: Dial) -> None:
    for _ in range(10):
        await greeted(dial)
    line = await dial()
    assert (await line.next())["reason"] == "too_many_websockets"
    assert await line.ended() == 1000


async def test_switched_off_it_opens_nothing(slack: SlackEmulator) -> None:
    slack.configure(socket_mode=False)
    with pytest.raises(SlackApiError):
        await address(slack)


# -- envelopes ---------------------------------------------------------------------------------------------------


async def test_an_event_comes_in_an_envelope_and_is_acked(slack: SlackEmulator, dial: Dial) -> None:
    line = await greeted(dial)
    slack.say("alice", VIDEOS, "hello")
    envelope = await line.next()
    assert (envelope["type"], envelope["accepts_response_payload"]) == ("events_api", False)
    assert (envelope["retry_attempt"], envelope["retry_reason"]) == (0, "")
    assert envelope["payload"]["event"]["text"] == "hello"
    await line.ack(envelope)
    await slack.settle()
    assert (slack.deliveries[0].state, slack.deliveries[0].statuses) == ("acked", [200])


async def test_what_is_not_acked_comes_again_in_a_new_envelope(slack: SlackEmulator, dial: Dial) -> None:
    slack.configure(ack_seconds=0.1)
    line = await greeted(dial)
    slack.say("alice", VIDEOS, "hello")
    first, second = await line.next(), await line.next()
    assert first["payload"] == second["payload"]
    assert first["envelope_id"] != second["envelope_id"]
    assert (second["retry_attempt"], second["retry_reason"]) == (1, "timeout")


async def test_what_a_broken_connection_carried_comes_over_another(slack: SlackEmulator, dial: Dial) -> None:
    line = await greeted(dial)
    slack.say("alice", VIDEOS, "hello")
    first = await line.next()
    other = await greeted(dial)
    line.socket.transport.abort()
    second = await other.next()
    assert second["payload"]["event_id"] == first["payload"]["event_id"]
    await other.ack(second)
    await slack.settle()
    assert slack.deliveries[0].statuses == [0, 200]


async def test_an_ack_counts_only_where_its_envelope_was_sent(slack: SlackEmulator, dial: Dial) -> None:
    slack.configure(ack_seconds=0.2)
    line = await greeted(dial)
    slack.say("alice", VIDEOS, "hello")
    envelope = await line.next()
    other = await greeted(dial)
    await other.ack(envelope)
    await slack.journal.wait_for(lambda: slack.sockets.complaints)
    assert slack.deliveries[0].state == "sending"


async def test_a_late_ack_is_no_offence(slack: SlackEmulator, dial: Dial) -> None:
    slack.configure(ack_seconds=0.1)
    line = await greeted(dial)
    slack.say("alice", VIDEOS, "hello")
    late, again = await line.next(), await line.next()
    await line.ack(late)
    await line.ack(again)
    await slack.settle()
    assert (slack.deliveries[0].statuses, list(slack.sockets.complaints)) == ([0, 200], [])


async def test_events_wait_for_a_connection_as_long_as_slack_repeats(slack: SlackEmulator, dial: Dial) -> None:
    slack.say("alice", VIDEOS, "anybody there?")
    await slack.journal.wait_for(lambda: slack.deliveries[0].attempts == 2)
    line = await greeted(dial)
    slack.clock.advance(60)
    assert (await line.next())["retry_attempt"] == 2


async def test_a_command_is_answered_in_the_ack(slack: SlackEmulator, dial: Dial) -> None:
    line = await greeted(dial)
    typed = asyncio.create_task(slack.command("alice", VIDEOS, "/heygen", "help"))
    envelope = await line.next()
    assert (envelope["type"], envelope["payload"]["text"]) == ("slash_commands", "help")
    assert "retry_attempt" not in envelope
    await line.ack(envelope, payload={"text": "Here you are"})
    assert (await typed).ok
    assert slack.ephemerals("alice")[-1].text == "Here you are"


async def test_a_command_that_nobody_takes_fails_before_the_person(slack: SlackEmulator) -> None:
    assert not (await slack.command("alice", VIDEOS, "/heygen", "help")).ok
    assert "dispatch_failed" in slack.ephemerals("alice")[-1].text


async def test_a_shortcut_comes_as_an_interactive_envelope(slack: SlackEmulator, dial: Dial) -> None:
    line = await greeted(dial)
    used = asyncio.create_task(slack.shortcut("alice", "make"))
    envelope = await line.next()
    assert (envelope["type"], envelope["payload"]["callback_id"]) == ("interactive", "make")
    await line.ack(envelope)
    assert (await used).ok


async def test_a_payload_for_an_event_is_an_offence(slack: SlackEmulator, dial: Dial) -> None:
    line = await greeted(dial)
    slack.say("alice", VIDEOS, "hello")
    await line.ack(await line.next(), payload={"text": "hi"})
    await slack.settle()
    assert len(slack.sockets.complaints) == 1


async def test_connections_share_the_envelopes(slack: SlackEmulator, dial: Dial) -> None:
    lines = [await greeted(dial) for _ in range(2)]

    async def answer(line: Line) -> None:
        while True:
            await line.ack(await line.next())

    answering = [asyncio.create_task(answer(line)) for line in lines]
    for number in range(40):
        slack.say("alice", VIDEOS, str(number))
    await slack.settle()
    for task in answering:
        task.cancel()
    await asyncio.gather(*answering, return_exceptions=True)
    assert {delivery.state for delivery in slack.deliveries} == {"acked"}
    assert all(connection.carried > 5 for connection in slack.sockets.history)


async def test_an_event_may_come_over_every_connection(slack: SlackEmulator, dial: Dial) -> None:
    slack.sockets.doubles = True
    lines = [await greeted(dial) for _ in range(2)]
    slack.say("alice", VIDEOS, "hello")
    envelopes = [await line.next() for line in lines]
    assert envelopes[0] == envelopes[1]
    for line, envelope in zip(lines, envelopes, strict=True):
        await line.ack(envelope)
    await slack.settle()
    assert (slack.deliveries[0].state, list(slack.sockets.complaints)) == ("acked", [])


# -- ends --------------------------------------------------------------------------------------------------------


async def test_a_connection_is_warned_refreshed_and_closed(slack: SlackEmulator, dial: Dial) -> None:
    line = await greeted(dial)
    slack.clock.advance(3580)
    assert (await line.next())["reason"] == "warning"
    slack.clock.advance(10)
    assert (await line.next())["reason"] == "refresh_requested"
    slack.clock.advance(10)
    assert await line.ended() == 1000
    await slack.journal.wait_for(lambda: not slack.sockets.live)


async def test_a_connection_about_to_end_still_gets_envelopes(slack: SlackEmulator, dial: Dial) -> None:
    line = await greeted(dial)
    slack.sockets.refresh()
    assert (await line.next())["reason"] == "refresh_requested"
    slack.say("alice", VIDEOS, "hello")
    assert (await line.next())["type"] == "events_api"


async def test_switching_it_off_ends_every_connection(slack: SlackEmulator, dial: Dial) -> None:
    lines = [await greeted(dial) for _ in range(2)]
    await slack.disturb_sockets("disable")
    for line in lines:
        assert (await line.next())["reason"] == "link_disabled"
        assert await line.ended() == 1000


async def test_a_silent_connection_answers_no_ping(slack: SlackEmulator, dial: Dial) -> None:
    slack.configure(ack_seconds=0.1)
    line = await greeted(dial)
    await slack.disturb_sockets("silence")
    pong = await line.socket.ping()
    slack.say("alice", VIDEOS, "hello")
    await slack.journal.wait_for(lambda: slack.deliveries[0].statuses == [0, 0])
    assert not pong.done()
    assert slack.sockets.live[0].carried == 2


@pytest.mark.parametrize(("kind", "seen"), [("before", False), ("half", False), ("sent", True), ("acked", True)])
async def test_a_connection_can_break_around_an_envelope(
    slack: SlackEmulator, dial: Dial, kind: Any, seen: bool
) -> None:
    slack.sockets.trouble(kind)
    line = await greeted(dial)
    slack.say("alice", VIDEOS, "hello")
    if seen:
        await line.ack(await line.next())
    with pytest.raises(ConnectionClosed):
        await line.next()
    await slack.journal.wait_for(lambda: slack.deliveries[0].statuses[:1] == [0])
    assert list(slack.sockets.complaints) == []


async def test_an_armed_fault_turns_a_handshake_away(slack: SlackEmulator) -> None:
    slack.fail("before", "/link/", method="WEBSOCKET", status=503)
    with pytest.raises(InvalidStatus) as caught:
        await connect(await address(slack), proxy=None)
    assert caught.value.response.status_code == 503
