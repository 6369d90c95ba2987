"""Events that go wrong, websockets that end at the worst moment, and a service that stands still."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidMessage, InvalidStatus

from emulators.liveavatar import LiveAvatarEmulator


def types(texts: list[str]) -> list[str]:
    return [json.loads(text)["type"].removeprefix("agent.") for text in texts]


async def say(line: Any, liveavatar: LiveAvatarEmulator, event_id: str = "u1") -> None:
    """Speak a second, to its end on the emulator's clock."""
    await line.speak(event_id, 1.0)
    await line.send("agent.speak_end", event_id=event_id)
    utterances = liveavatar.channel().avatar.utterances
    await liveavatar.journal.wait_for(lambda: [u for u in utterances if u.id == event_id and u.committed])
    liveavatar.advance(2)


async def all_of(line: Any, liveavatar: LiveAvatarEmulator) -> list[str]:
    """Everything that was sent, by closing the connection."""
    liveavatar.drop_websocket(code=1000)
    texts: list[str] = await line.rest()
    return texts


async def until_lost(line: Any) -> list[str]:
    """Everything that comes before the connection ends, which must be an error."""
    texts = []
    try:
        while True:
            texts.append(str(await line.connection.recv()))
    except ConnectionClosedError:
        return texts


async def test_events_may_stay_away(liveavatar: LiveAvatarEmulator, line) -> None:
    liveavatar.trouble_events(silent=True)
    await say(line, liveavatar)

    assert await all_of(line, liveavatar) == []
    assert [utterance.outcome for utterance in liveavatar.utterances()] == ["ended"]


async def test_one_event_may_be_missing(liveavatar: LiveAvatarEmulator, line) -> None:
    liveavatar.trouble_events(without=frozenset({"agent.speak_ended"}))
    await say(line, liveavatar)

    assert types(await all_of(line, liveavatar)) == [
        "audio_buffer_appended",
        "audio_buffer_committed",
        "speak_started",
        "state_updated",
        "state_updated",
    ]


async def test_events_may_be_repeated(liveavatar: LiveAvatarEmulator, line) -> None:
    liveavatar.trouble_events(repeat=2)
    await line.speak("u1", 1.0)
    frames = [await line.next() for _ in range(3)]

    assert frames[0] == frames[1] == frames[2]


async def test_an_event_may_come_after_a_later_one(liveavatar: LiveAvatarEmulator, line) -> None:
    liveavatar.speak_dialect("speech_only")
    liveavatar.trouble_events(late={"agent.speak_started": "agent.speak_ended"})
    await say(line, liveavatar)

    assert types(await all_of(line, liveavatar)) == ["speak_ended", "speak_started"]


async def test_unknown_events_are_mixed_in(liveavatar: LiveAvatarEmulator, line) -> None:
    liveavatar.trouble_events(unknown=True)
    liveavatar.speak_dialect("speech_only")
    await say(line, liveavatar)
    heard = types(await all_of(line, liveavatar))

    assert heard[1::2] == ["speak_started", "speak_ended"]
    assert not {"speak_started", "speak_ended"} & set(heard[0::2])


async def test_frames_that_are_no_events_are_mixed_in(liveavatar: LiveAvatarEmulator, line) -> None:
    liveavatar.trouble_events(garbage=True)
    for number in range(10):
        await say(line, liveavatar, f"u{number}")
    texts = await all_of(line, liveavatar)

    assert {"", "not json", "[]", "null"} < set(texts)
    assert len([text for text in texts if "speak_ended" in text]) == 10


async def test_any_frame_can_be_sent(liveavatar: LiveAvatarEmulator, line) -> None:
    liveavatar.channel().emit_raw('{"type": "warning", "warning": {"type": "x", "message": "y"}}')

    assert (await line.next())["warning"] == {"type": "x", "message": "y"}


async def test_trouble_ends_when_it_is_told_to(liveavatar: LiveAvatarEmulator, line) -> None:
    liveavatar.trouble_events(silent=True)
    await say(line, liveavatar)
    liveavatar.trouble_events()

    assert await line.settled() == []
    await line.speak("u2", 1.0)
    assert (await line.next())["type"] == "agent.audio_buffer_appended"


@pytest.mark.parametrize("code", [1011, 4000, None])
async def test_a_websocket_ends_at_a_chosen_event(liveavatar: LiveAvatarEmulator, line, code: int | None) -> None:
    liveavatar.cut_websocket("agent.speak_started", code=code)
    await say(line, liveavatar)
    heard = await until_lost(line)

    assert line.connection.close_code == (1006 if code is None else code)
    assert types(heard) == ["audio_buffer_appended", "audio_buffer_committed", "speak_started"]
    assert liveavatar.session().open


async def test_a_websocket_ends_after_a_chosen_command(liveavatar: LiveAvatarEmulator, line) -> None:
    liveavatar.cut_websocket("agent.speak", code=1011, skip=2)
    for _ in range(3):
        await line.speak("u1", 1.0)
    await until_lost(line)

    assert liveavatar.session().audio_bytes == 144_000


async def test_a_cut_may_happen_again_and_to_one_session_only(liveavatar: LiveAvatarEmulator, begin, dial) -> None:
    liveavatar.account().cap = 2
    address = (await begin()).json()["data"]["ws_url"]
    first_id = liveavatar.session().id
    other = await dial()
    liveavatar.cut_websocket("session.state_updated", skip=1, times=2, session_id=first_id)
    for _ in range(2):
        line = await dial(address)
        await until_lost(line)
        liveavatar.cuts[0].skip = 1
    line = await dial(address)

    await line.settled()
    await other.settled()
    assert liveavatar.channel(first_id).connections == 3


async def test_a_service_that_stands_still_answers_no_ping(liveavatar: LiveAvatarEmulator, api, line) -> None:
    liveavatar.channel().stall()
    pong = await line.connection.ping()
    for _ in range(5):  # long enough for an answer
        await api.get("/v1/avatars/public")
    await line.send("agent.interrupt", event_id="i1")
    liveavatar.channel().emit_raw('{"type": "warning"}')
    assert not pong.done()
    assert not liveavatar.session().interruptions
    liveavatar.channel().flow()

    await pong
    assert (await line.next())["type"] == "warning"
    assert (await line.next())["type"] == "agent.audio_buffer_cleared"


async def test_a_client_that_reads_nothing_loses_its_connection(liveavatar: LiveAvatarEmulator, line) -> None:
    channel = liveavatar.channel()
    channel.stall()
    for _ in range(6_000):
        channel.emit_raw('{"type": "warning"}')
    channel.flow()

    assert len(await until_lost(line)) < 6_000


async def test_a_handshake_can_be_refused(liveavatar: LiveAvatarEmulator, begin) -> None:
    address = (await begin()).json()["data"]["ws_url"]
    liveavatar.fail("before", "/v1/realtime/.*", method="WEBSOCKET", status=503)
    with pytest.raises(InvalidStatus) as refusal:
        await connect(address)

    assert refusal.value.response.status_code == 503
    assert [entry.status for entry in liveavatar.journal.select("WEBSOCKET")] == [503]


async def test_a_handshake_can_be_dropped(liveavatar: LiveAvatarEmulator, begin) -> None:
    address = (await begin()).json()["data"]["ws_url"]
    liveavatar.fail("drop_before", "/v1/realtime/.*", method="WEBSOCKET")

    with pytest.raises((InvalidMessage, ConnectionResetError)):
        await connect(address)


async def test_a_handshake_can_be_slow(liveavatar: LiveAvatarEmulator, begin, dial) -> None:
    address = (await begin()).json()["data"]["ws_url"]
    liveavatar.fail("delay", "/v1/realtime/.*", method="WEBSOCKET", seconds=0.05)
    line = await dial(address)

    assert (await line.next())["state"] == "new"
    assert [entry.fault for entry in liveavatar.journal.select("WEBSOCKET")] == ["delay"]


async def test_a_stop_can_fail_twice(liveavatar: LiveAvatarEmulator, api, begin) -> None:
    body = {"session_id": (await begin()).json()["data"]["session_id"]}
    liveavatar.fail("before", "/v1/sessions/stop", status=500, times=2)
    headers = {"X-API-KEY": "la-key-1"}
    statuses = [(await api.post("/v1/sessions/stop", json=body, headers=headers)).status_code for _ in range(3)]

    assert statuses == [500, 500, 200]
