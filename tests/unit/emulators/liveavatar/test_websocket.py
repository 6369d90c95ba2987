"""The session's websocket: who is let in, what is dropped, what is written down, and how it ends."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidStatus

from emulators.liveavatar import LiveAvatarEmulator
from emulators.liveavatar.catalogue import ALEX

KEY = {"X-API-KEY": "la-key-1"}


async def refused(address: str) -> int:
    """The HTTP status of a handshake that is turned away."""
    with pytest.raises(InvalidStatus) as refusal:
        await connect(address)
    return refusal.value.response.status_code


async def test_the_address_carries_its_own_authority(liveavatar: LiveAvatarEmulator, begin) -> None:
    address = (await begin()).json()["data"]["ws_url"]

    assert await refused(address.split("?")[0]) == 403
    assert await refused(address[:-1] + ("0" if address[-1] != "0" else "1")) == 403
    assert await refused(address.replace(liveavatar.session().id, "nobody")) == 403


async def test_a_session_that_has_ended_lets_nobody_in(liveavatar: LiveAvatarEmulator, begin) -> None:
    address = (await begin()).json()["data"]["ws_url"]
    liveavatar.end_session()

    assert await refused(address) == 410


async def test_commands_before_connected_are_dropped_without_a_word(
    liveavatar: LiveAvatarEmulator, dial, found
) -> None:
    liveavatar.switches.connect_seconds = 2
    line = await dial()
    await line.speak("u1", 1.0)
    await liveavatar.journal.wait_for(found)
    liveavatar.advance(3)

    assert [frame["state"] for frame in [await line.next(), await line.next()]] == ["new", "connected"]
    assert await line.settled() == []
    assert liveavatar.session().audio_bytes == 0
    assert found() == ["before_connected"]


@pytest.mark.parametrize("frame", ["", "{", "[1]", "null", '"x"', "{}", '{"type": null}', b"\x00\x01"])
async def test_frames_that_are_no_commands_are_survived(line, found, frame: Any) -> None:
    await line.connection.send(frame)
    [error] = await line.until("error")

    assert error["error"]["type"] == "invalid_request_error"
    assert found() == ["malformed_frame"]


async def test_keep_alive_pushes_the_timeout_back(liveavatar: LiveAvatarEmulator, line) -> None:
    liveavatar.join_viewer()
    for _ in range(3):
        liveavatar.advance(290)
        await line.send("session.keep_alive", event_id="k")
        await line.settled()

    assert liveavatar.session().open


async def test_the_same_address_can_be_opened_again(liveavatar: LiveAvatarEmulator, begin, dial) -> None:
    address = (await begin()).json()["data"]["ws_url"]
    first = await dial(address)
    await first.connection.close()
    await liveavatar.journal.wait_for(lambda: liveavatar.session().socket_gone_since)
    second = await dial(address)

    assert [(await second.next())["state"], (await second.next())["state"]] == ["new", "connected"]
    assert liveavatar.session().socket_gone_since is None
    assert liveavatar.channel().connections == 2


async def test_a_newer_connection_takes_over(liveavatar: LiveAvatarEmulator, begin, dial) -> None:
    address = (await begin()).json()["data"]["ws_url"]
    first = await dial(address)
    second = await dial(address)
    await first.rest()

    assert first.connection.close_code == 1001
    assert len([await second.next(), await second.next()]) == 2
    assert liveavatar.channel().connected


async def test_an_utterance_goes_on_while_the_client_is_away(liveavatar: LiveAvatarEmulator, begin, dial) -> None:
    address = (await begin()).json()["data"]["ws_url"]
    first = await dial(address)
    await first.speak("u1", 3.0)
    await first.send("agent.speak_end", event_id="u1")
    await first.settled()
    liveavatar.advance(1)
    await first.connection.close()
    second = await dial(address)
    await second.settled()
    liveavatar.advance(5)

    assert [frame["type"] for frame in await second.settled()] == ["agent.speak_ended", "agent.state_updated"]


async def test_a_stop_is_told_and_closes_the_websocket(
    liveavatar: LiveAvatarEmulator, api: httpx2.AsyncClient, line
) -> None:
    await api.post("/v1/sessions/stop", json={"session_id": liveavatar.session().id}, headers=KEY)
    [last] = await line.rest()

    assert json.loads(last)["state"] == "disconnected"
    with pytest.raises(ConnectionClosedOK):
        await line.connection.recv()


@pytest.mark.parametrize("reason", ["NO_CREDITS", "SERVER_ERROR", "AVATAR_DELETED"])
async def test_the_service_can_end_a_session(liveavatar: LiveAvatarEmulator, line, reason: Any) -> None:
    liveavatar.end_session(reason=reason)
    await line.rest()

    assert (liveavatar.session().end_reason, line.connection.close_code) == (reason, 1000)


async def test_at_its_limit_a_session_may_go_mute(liveavatar: LiveAvatarEmulator, dial, found) -> None:
    liveavatar.switches.mute_at_limit = True
    line = await dial(max_session_duration=60)
    await line.settled()
    liveavatar.advance(55)
    await line.speak("u1", 10.0)
    await line.settled()
    liveavatar.advance(10)
    said = len(liveavatar.session().frames)
    await line.speak("u2", 1.0)
    await line.send("agent.speak_end", event_id="u2")
    await liveavatar.journal.wait_for(lambda: found()[-2:] == ["after_end", "after_end"])
    liveavatar.advance(60)
    await (await line.connection.ping())

    assert liveavatar.session().end_reason == "MAX_DURATION_REACHED"
    assert liveavatar.session().credits == 1
    assert [frame.type for frame in list(liveavatar.session().frames)[said:] if frame.direction == "out"] == []
    assert [utterance.outcome for utterance in liveavatar.utterances()] == ["interrupted"]


async def test_the_journal_of_a_session_has_everything_in_order(
    liveavatar: LiveAvatarEmulator, api: httpx2.AsyncClient, line
) -> None:
    began = liveavatar.clock.now()
    await line.speak("u1", 1.0)
    await line.settled()
    liveavatar.advance(0.5)
    await api.post("/v1/sessions/stop", json={"session_id": liveavatar.session().id}, headers=KEY)
    await line.rest()
    await liveavatar.journal.wait_for(lambda: liveavatar.session().frames[-1].type == "websocket.closed")
    frames = [frame for frame in liveavatar.session().frames if frame.type not in ("sync?", "error")]

    assert [(frame.direction, frame.type) for frame in frames] == [
        ("in", "POST /v1/sessions/start"),
        ("in", "websocket.open"),
        ("out", "session.state_updated"),
        ("out", "session.state_updated"),
        ("in", "agent.speak"),
        ("out", "agent.audio_buffer_appended"),
        ("out", "agent.speak_started"),
        ("out", "agent.state_updated"),
        ("in", "POST /v1/sessions/stop"),
        ("out", "session.state_updated"),
        ("in", "websocket.closed"),
    ]
    assert (frames[4].audio_bytes, frames[4].content) == (48_000, {"event_id": "u1"})
    assert [round(frame.at - began, 3) for frame in frames[4:9]] == [0, 0, 0.2, 0.2, 0.5]


async def test_secrets_stay_out_of_the_journal(liveavatar: LiveAvatarEmulator, line) -> None:
    [handshake] = liveavatar.journal.select("WEBSOCKET")

    assert (handshake.status, handshake.query) == (101, {"token": "***"})
    assert liveavatar.session().secret not in str(liveavatar.session().frames)


@pytest.fixture
async def quick() -> AsyncIterator[LiveAvatarEmulator]:
    """An emulator of its own whose time passes by itself, faster than ours."""
    emulator = LiveAvatarEmulator(rate=20)
    await emulator.start()
    yield emulator
    await emulator.stop()


async def started_at(emulator: LiveAvatarEmulator) -> str:
    """Start a session; the address of its websocket."""
    async with httpx2.AsyncClient(base_url=emulator.url) as client:
        body = {"mode": "LITE", "avatar_id": ALEX}
        data = (await client.post("/v1/sessions/token", json=body, headers=KEY)).json()["data"]
        bearer = {"Authorization": f"Bearer {data['session_token']}"}
        answer = await client.post("/v1/sessions/start", headers=bearer)
    return str(answer.json()["data"]["ws_url"])


async def test_time_passes_by_itself(quick: LiveAvatarEmulator, dial) -> None:
    line = await dial(await started_at(quick))
    await line.speak("u1", 2.0)
    await line.send("agent.speak_end", event_id="u1")
    await line.until("agent.speak_ended")
    [utterance] = quick.utterances()

    assert utterance.ended == pytest.approx((utterance.started or 0) + 2.0)
    [told] = [frame.at for frame in quick.session().frames if frame.type == "agent.speak_ended"]
    assert 0 <= told - (utterance.ended or 0) < 40  # two seconds of ours: it was not found by chance, much later


async def test_minutes_pass_by_themselves(quick: LiveAvatarEmulator, dial) -> None:
    quick.account().credits = 1
    quick.clock.rate = 600
    await dial(await started_at(quick))
    await quick.journal.wait_for(lambda: quick.session().ended)

    assert quick.session().end_reason == "NO_CREDITS"


async def test_stopping_the_emulator_ends_its_websockets(quick: LiveAvatarEmulator, dial) -> None:
    line = await dial(await started_at(quick))
    await quick.stop()
    await line.connection.wait_closed()

    assert line.connection.close_code in (1001, 1006, 1012)


async def test_a_connection_that_is_cut_shows_as_an_error(liveavatar: LiveAvatarEmulator, line) -> None:
    liveavatar.drop_websocket()

    with pytest.raises(ConnectionClosedError):
        await line.connection.recv()
    assert liveavatar.session().open
