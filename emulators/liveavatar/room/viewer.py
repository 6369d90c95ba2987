"""One viewer in a room: LiveKit's signalling over a websocket, and a peer connection that sends face and voice.

The older of LiveKit's two signalling paths, with one peer connection in each direction; clients fall back to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from typing import Any

from aiortc import RTCDataChannel, RTCSessionDescription
from aiortc.exceptions import InvalidStateError
from aiortc.mediastreams import MediaStreamTrack
from aiortc.sdp import candidate_from_sdp
from google.protobuf.message import DecodeError
from livekit.protocol import models, rtc
from starlette.websockets import WebSocket, WebSocketDisconnect

from emulators.handshake import reset
from emulators.liveavatar.room.media import FaceTrack, Listener, VoiceTrack
from emulators.liveavatar.room.peer import Peer
from emulators.liveavatar.room.picture import HEIGHT, WIDTH

AVATAR = "heygen"
AVATAR_SID, VIEWER_SID = "PA_avatar", "PA_viewer"
AUDIO_SID, VIDEO_SID = "TR_audio", "TR_video"
PROTOCOL = 15
PING_SECONDS = 5
DATA_WAITING = 1_000

OnData = Callable[[str, str], None]


class Viewer:
    """Speaks with one client until it leaves or `leave` is called. `on_data` gets topic and text of its packets."""

    def __init__(self, websocket: WebSocket, room: str, on_data: OnData) -> None:
        self.listener = Listener()
        self._websocket = websocket
        self._room = room
        self._on_data = on_data
        self._down = Peer()
        self._up: Peer | None = None
        self._tracks = {AUDIO_SID: VoiceTrack(self.listener), VIDEO_SID: FaceTrack(self.listener)}
        self._reliable: RTCDataChannel | None = None
        self._unsent: list[bytes] = []
        self._out = asyncio.Event()
        self._reason = "UNKNOWN_REASON"

    # -- the avatar's side -------------------------------------------------------------------------------------

    def publish(self, topic: str, text: str) -> None:
        """Send a data packet of the avatar's, at once or as soon as the viewer is there."""
        user = models.UserPacket(participant_sid=AVATAR_SID, payload=text.encode(), topic=topic)
        packet = models.DataPacket(kind=models.DataPacket.RELIABLE, participant_identity=AVATAR, user=user)
        if len(self._unsent) < DATA_WAITING:
            self._unsent.append(packet.SerializeToString())
        self._flush()

    def put_out(self, reason: str) -> None:
        """Let `run` tell the client that it is out (`reason`: one of LiveKit's `DisconnectReason`) and hang up."""
        self._reason = reason
        self._out.set()

    def drop(self) -> None:
        """Reset the signalling connection, as a network does that goes away."""
        reset(self._websocket.scope.get("emulator.transport"))

    # -- the conversation --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Let the client in, and answer it until it is gone or put out."""
        conversation = asyncio.create_task(self._converse(), name="liveavatar-room-viewer")
        out = asyncio.create_task(self._out.wait(), name="liveavatar-room-out")
        try:
            await asyncio.wait({conversation, out}, return_when=asyncio.FIRST_COMPLETED)
            if conversation.done():
                with contextlib.suppress(WebSocketDisconnect):
                    conversation.result()
            else:
                await self._say_farewell()
        finally:
            await _cancelled(conversation, out)
            await self._hang_up()

    async def _converse(self) -> None:
        await self._send(join=self._join())
        await self._offer()
        while (request := await self._receive()) is not None:
            await self._answer(request)

    async def _say_farewell(self) -> None:
        message = rtc.LeaveRequest(reason=self._reason, action=rtc.LeaveRequest.DISCONNECT)
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await self._send(leave=message)
            await self._websocket.close()

    async def refuse_to_resume(self) -> None:
        """Tell a client that comes back to a connection we no longer have to begin anew."""
        message = rtc.LeaveRequest(reason=models.STATE_MISMATCH, action=rtc.LeaveRequest.RECONNECT, can_reconnect=True)
        await self._send(leave=message)
        await self._websocket.close()
        await self._hang_up()

    async def _receive(self) -> rtc.SignalRequest | None:
        """The next request; None when the client leaves, is gone, or says what nobody understands."""
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            return None
        request = _parse(message.get("bytes") or b"")
        return None if request is None or request.WhichOneof("message") == "leave" else request

    async def _answer(self, request: rtc.SignalRequest) -> None:
        match request.WhichOneof("message"):
            case "answer":
                await self._down.setRemoteDescription(RTCSessionDescription(request.answer.sdp, "answer"))
            case "offer":
                await self._accept_upstream(request.offer)
            case "trickle":
                await self._add_candidate(request.trickle)
            case "ping":
                await self._send(pong=_milliseconds())
            case "ping_req":
                pong = rtc.Pong(last_ping_timestamp=request.ping_req.timestamp, timestamp=_milliseconds())
                await self._send(pong_resp=pong)
            case _:
                pass  # what else clients say (settings of tracks, subscriptions) changes nothing here

    async def _offer(self) -> None:
        for sid, track in self._tracks.items():
            self._add_track(sid, track)
        self._reliable = self._down.createDataChannel("_reliable", ordered=True)
        self._reliable.on("open", self._flush)
        self._down.createDataChannel("_lossy", ordered=False, maxRetransmits=0)
        await self._down.setLocalDescription(await self._down.createOffer())
        await self._send(offer=rtc.SessionDescription(type="offer", sdp=self._down.localDescription.sdp, id=1))

    def _add_track(self, sid: str, track: MediaStreamTrack) -> None:
        sender = self._down.addTrack(track)
        # Clients learn from these names in the SDP whose track it is; the library has no other way to set them.
        sender._stream_id, sender._track_id = f"{AVATAR_SID}|{sid}", sid

    async def _accept_upstream(self, offer: rtc.SessionDescription) -> None:
        if self._up is None:
            self._up = Peer()
            self._up.on("datachannel", self._listen_to)
        await self._up.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        await self._up.setLocalDescription(await self._up.createAnswer())
        await self._send(answer=rtc.SessionDescription(type="answer", sdp=self._up.localDescription.sdp, id=offer.id))

    async def _add_candidate(self, trickle: rtc.TrickleRequest) -> None:
        told = json.loads(trickle.candidateInit)
        connection = self._down if trickle.target == rtc.SUBSCRIBER else self._up
        line = told.get("candidate", "").removeprefix("candidate:")
        if connection is None or not line or ".local " in line:
            return
        candidate = candidate_from_sdp(line)
        candidate.sdpMid, candidate.sdpMLineIndex = told.get("sdpMid"), told.get("sdpMLineIndex")
        with contextlib.suppress(InvalidStateError):
            await connection.addIceCandidate(candidate)

    def _listen_to(self, channel: RTCDataChannel) -> None:
        channel.on("message", self._hear)

    def _hear(self, raw: str | bytes) -> None:
        packet = models.DataPacket()
        with contextlib.suppress(DecodeError):
            packet.ParseFromString(raw if isinstance(raw, bytes) else raw.encode())
            self._on_data(packet.user.topic, packet.user.payload.decode(errors="replace"))

    def _flush(self) -> None:
        while self._unsent and self._reliable is not None and self._reliable.readyState == "open":
            self._reliable.send(self._unsent.pop(0))

    def _join(self) -> rtc.JoinResponse:
        # Nobody here would listen to a viewer's microphone, so a client is told at once that it may not publish one.
        may = models.ParticipantPermission(can_subscribe=True, can_publish=False, can_publish_data=True)
        return rtc.JoinResponse(
            room=models.Room(sid=f"RM_{self._room}", name=self._room),
            participant=models.ParticipantInfo(
                sid=VIEWER_SID, identity="client", state=models.ParticipantInfo.ACTIVE, permission=may
            ),
            other_participants=[_avatar()],
            server_version="1.9.0",
            subscriber_primary=True,
            ping_interval=PING_SECONDS,
            ping_timeout=3 * PING_SECONDS,
            server_info=models.ServerInfo(edition=models.ServerInfo.Standard, version="1.9.0", protocol=PROTOCOL),
        )

    async def _send(self, **message: Any) -> None:
        await self._websocket.send_bytes(rtc.SignalResponse(**message).SerializeToString())

    async def _hang_up(self) -> None:
        for track in self._tracks.values():
            track.stop()
        for connection in (self._down, self._up):
            if connection is not None:
                await connection.hang_up()


async def _cancelled(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _avatar() -> models.ParticipantInfo:
    audio = models.TrackInfo(
        sid=AUDIO_SID, type=models.AUDIO, source=models.MICROPHONE, mime_type="audio/opus", name="audio"
    )
    video = models.TrackInfo(
        sid=VIDEO_SID,
        type=models.VIDEO,
        source=models.CAMERA,
        mime_type="video/VP8",
        width=WIDTH,
        height=HEIGHT,
        name="video",
    )
    return models.ParticipantInfo(
        sid=AVATAR_SID,
        identity=AVATAR,
        state=models.ParticipantInfo.ACTIVE,
        is_publisher=True,
        tracks=[audio, video],
    )


def _parse(raw: bytes) -> rtc.SignalRequest | None:
    try:
        return rtc.SignalRequest.FromString(raw)
    except DecodeError:
        return None


def _milliseconds() -> int:
    return int(time.time() * 1000)
