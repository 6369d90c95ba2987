"""The room, joined by a client that is not a browser; tests/browser joins it with one."""

from __future__ import annotations

import array
import asyncio
import base64
import math
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2
import pytest
from aiortc import RTCDataChannel, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from livekit.protocol import models, rtc
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from emulators.liveavatar import LiveAvatarEmulator
from emulators.liveavatar.room.peer import Peer
from emulators.liveavatar.room.picture import HEIGHT, WIDTH, face

TONE = b"".join(struct.pack("<h", int(9000 * math.sin(2 * math.pi * 440 * i / 24_000))) for i in range(24_000))


class Guest:
    """A viewer made of the same parts as a LiveKit client: signalling messages and a peer connection."""

    def __init__(self, signal: ClientConnection) -> None:
        self.signal = signal
        self.down = Peer()
        self.up = Peer()
        self.join: rtc.JoinResponse | None = None
        self.tracks: dict[str, MediaStreamTrack] = {}
        self.packets: asyncio.Queue[models.DataPacket] = asyncio.Queue()
        self.leave: asyncio.Future[rtc.LeaveRequest] = asyncio.get_running_loop().create_future()
        self.down.on("track", lambda track: self.tracks.setdefault(track.kind, track))
        self.down.on("datachannel", self._channel)

    async def enter(self) -> None:
        """Join, and answer the offer of face and voice."""
        self.join = (await self.read()).join
        offer = (await self.read()).offer
        await self.down.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        await self.down.setLocalDescription(await self.down.createAnswer())
        answer = rtc.SessionDescription(type="answer", sdp=self.down.localDescription.sdp, id=offer.id)
        await self.send(answer=answer)

    async def publish(self, topic: str, payload: bytes) -> None:
        """Send a data packet over a peer connection of our own."""
        channel = self.up.createDataChannel("_reliable", ordered=True)
        opened = asyncio.Event()
        channel.on("open", opened.set)
        await self.up.setLocalDescription(await self.up.createOffer())
        await self.send(offer=rtc.SessionDescription(type="offer", sdp=self.up.localDescription.sdp, id=1))
        answer = (await self.read()).answer
        await self.up.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
        await opened.wait()
        user = models.UserPacket(payload=payload, topic=topic)
        channel.send(b"\xff\xff no packet")
        channel.send(models.DataPacket(user=user).SerializeToString())

    async def read(self) -> rtc.SignalResponse:
        """The next signalling message."""
        raw = await self.signal.recv()
        assert isinstance(raw, bytes)
        return rtc.SignalResponse.FromString(raw)

    async def send(self, **message: Any) -> None:
        """Send a signalling message."""
        await self.signal.send(rtc.SignalRequest(**message).SerializeToString())

    async def hear(self, *, loud: bool) -> None:
        """Wait until the voice is loud, or quiet for a tenth of a second."""
        quiet = 0
        while quiet < 5:
            frame: Any = await self.tracks["audio"].recv()
            stereo = frame.samples * 2 * 2  # the plane is longer than what is in it
            samples = array.array("h", bytes(frame.planes[0])[:stereo])
            level = sum(map(abs, samples)) / len(samples)
            if loud and level > 1000:
                return
            quiet = quiet + 1 if level < 50 and not loud else 0

    def _channel(self, channel: RTCDataChannel) -> None:
        channel.on("message", lambda raw: self.packets.put_nowait(models.DataPacket.FromString(raw)))


def address_of(started: dict[str, Any], **query: str) -> str:
    extra = "".join(f"&{name}={value}" for name, value in query.items())
    return f"{started['livekit_url']}/rtc?access_token={started['livekit_client_token']}{extra}"


@pytest.fixture
async def started(begin) -> dict[str, Any]:
    data: dict[str, Any] = (await begin()).json()["data"]
    return data


@pytest.fixture
async def visit(started: dict[str, Any]) -> AsyncIterator[Callable[[], Awaitable[Guest]]]:
    """Join the session's room."""
    guests: list[Guest] = []

    async def join() -> Guest:
        guests.append(Guest(await connect(address_of(started))))
        await guests[-1].enter()
        return guests[-1]

    yield join
    for guest in guests:
        await guest.signal.close()
        await guest.down.hang_up()
        await guest.up.hang_up()


async def say(line: Any, event_id: str) -> None:
    audio = base64.b64encode(TONE).decode()
    for _ in range(10):
        await line.send("agent.speak", event_id=event_id, audio=audio)
    await line.settled()


async def test_a_guest_meets_the_avatar(liveavatar: LiveAvatarEmulator, visit) -> None:
    guest = await visit()
    [avatar] = guest.join.other_participants

    assert (avatar.identity, [track.type for track in avatar.tracks]) == ("heygen", [models.AUDIO, models.VIDEO])
    assert guest.join.subscriber_primary
    assert "msid:PA_avatar|TR_audio TR_audio" in guest.down.remoteDescription.sdp
    assert liveavatar.session().viewers == 1
    assert liveavatar.rooms.viewing(liveavatar.session().id)


async def test_a_guest_sees_the_face(visit) -> None:
    guest = await visit()
    frame: Any = await guest.tracks["video"].recv()

    assert (frame.width, frame.height) == (WIDTH, HEIGHT)


async def test_a_guest_hears_what_is_spoken_until_it_is_interrupted(
    liveavatar: LiveAvatarEmulator, started, visit, dial
) -> None:
    guest, line = await visit(), await dial(started["ws_url"])
    await say(line, "u1")
    liveavatar.advance(0.3)
    await guest.hear(loud=True)
    await line.send("agent.interrupt", event_id="i1")

    await guest.hear(loud=False)
    assert [utterance.outcome for utterance in liveavatar.utterances()] == ["interrupted"]


async def test_data_packets_travel_both_ways(liveavatar: LiveAvatarEmulator, started, visit) -> None:
    guest = await visit()
    liveavatar.rooms.publish(started["session_id"], "agent-response", "hello")
    packet = await guest.packets.get()
    await guest.publish("agent-control", b"\xffbye")
    [frame] = await liveavatar.journal.wait_for(
        lambda: [frame for frame in liveavatar.session().frames if frame.type == "data:agent-control"]
    )

    assert (packet.user.topic, packet.user.payload, packet.participant_identity) == (
        "agent-response",
        b"hello",
        "heygen",
    )
    assert frame.content == {"text": "\ufffdbye"}


async def test_pings_are_answered(visit) -> None:
    guest = await visit()
    await guest.send(ping=1)
    assert (await guest.read()).pong > 0
    await guest.send(ping_req=rtc.Ping(timestamp=7))

    assert (await guest.read()).pong_resp.last_ping_timestamp == 7


async def test_a_guest_who_leaves_is_gone(liveavatar: LiveAvatarEmulator, visit) -> None:
    guest = await visit()
    await guest.send(leave=rtc.LeaveRequest())
    await liveavatar.journal.wait_for(lambda: liveavatar.session().viewers == 0)

    assert liveavatar.session().viewer_gone_since == liveavatar.clock.now()
    assert liveavatar.channel().avatar.speakers.listeners == []
    assert [f.type for f in liveavatar.session().frames if f.type.startswith("room")] == ["room.joined", "room.left"]


async def test_the_end_of_the_session_puts_the_guest_out(liveavatar: LiveAvatarEmulator, visit) -> None:
    guest = await visit()
    liveavatar.end_session(reason="NO_CREDITS")
    leave = (await guest.read()).leave

    assert (leave.reason, leave.action) == (models.ROOM_DELETED, rtc.LeaveRequest.DISCONNECT)
    await guest.signal.wait_closed()


async def test_whoever_comes_later_takes_the_place(liveavatar: LiveAvatarEmulator, visit) -> None:
    first = await visit()
    await visit()

    assert (await first.read()).leave.reason == models.DUPLICATE_IDENTITY
    await first.signal.wait_closed()
    await liveavatar.journal.wait_for(lambda: liveavatar.session().viewers == 1)


async def test_a_connection_is_not_resumed_but_begun_anew(started) -> None:
    guest = Guest(await connect(address_of(started, reconnect="1", sid="PA_viewer")))

    assert (await guest.read()).leave.action == rtc.LeaveRequest.RECONNECT
    await guest.signal.wait_closed()


async def test_a_guest_can_be_cut_off(liveavatar: LiveAvatarEmulator, started, visit) -> None:
    guest = await visit()
    liveavatar.rooms.drop(started["session_id"])
    await guest.signal.wait_closed()

    assert guest.signal.close_code == 1006
    await liveavatar.journal.wait_for(lambda: liveavatar.session().viewers == 0)


async def test_what_nobody_understands_ends_the_visit(liveavatar: LiveAvatarEmulator, visit) -> None:
    guest = await visit()
    await guest.signal.send(b"\xff\xff\xff")
    await guest.signal.wait_closed()

    await liveavatar.journal.wait_for(lambda: liveavatar.session().viewers == 0)


async def turned_away(address: str) -> int:
    with pytest.raises(InvalidStatus) as refusal:
        await connect(address)
    return refusal.value.response.status_code


async def test_a_room_wants_its_token(liveavatar: LiveAvatarEmulator, api: httpx2.AsyncClient, started) -> None:
    address = address_of(started)
    validate = {"access_token": started["livekit_client_token"]}

    assert await turned_away(f"{address}x") == 401
    assert (await api.get("/rtc/validate", params=validate)).status_code == 200
    liveavatar.end_session()
    assert await turned_away(address) == 401
    answer = await api.get("/rtc/validate", params=validate)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (401, "*")


async def test_a_client_that_is_no_browser_shows_its_token_in_a_header(
    liveavatar: LiveAvatarEmulator, api: httpx2.AsyncClient, started
) -> None:
    header = {"Authorization": f"Bearer {started['livekit_client_token']}"}
    wrong = {"Authorization": "Bearer another"}

    assert (await api.get("/rtc/validate", headers=header)).status_code == 200
    assert (await api.get("/rtc/validate", headers=wrong)).status_code == 401
    async with connect(f"{started['livekit_url']}/rtc", additional_headers=header) as signal:
        assert rtc.SignalResponse.FromString(await signal.recv()).join.participant.identity == "client"


async def test_the_newer_path_does_not_exist_so_that_clients_take_the_older_one(
    api: httpx2.AsyncClient, started
) -> None:
    address = address_of(started)

    assert await turned_away(address.replace("/rtc?", "/rtc/v1?")) == 404
    answer = await api.get("/rtc/v1/validate")
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (404, "*")


async def test_without_the_media_libraries_everything_but_the_room_works(
    monkeypatch: pytest.MonkeyPatch, started, dial
) -> None:
    monkeypatch.setattr("emulators.liveavatar.room.LIBRARIES", ("aiortc", "nowhere.to_be_found"))

    assert await turned_away(address_of(started)) == 501
    assert await (await dial(started["ws_url"])).settled() != []


def test_the_mouth_opens_with_the_voice() -> None:
    closed, open_wide = face(0.0, 0)[0], face(2.0, 0)[0]
    below_the_lips = 262 * WIDTH + 320

    assert closed[below_the_lips] > open_wide[below_the_lips]
    assert face(0.0, 0) != face(0.0, 1)
    assert [len(plane) for plane in face(0.5, 7)] == [WIDTH * HEIGHT, WIDTH * HEIGHT // 4, WIDTH * HEIGHT // 4]
