"""The rooms in which a browser sees and hears the avatar: LiveKit's signalling, media by aiortc.

The media libraries are not part of a production install. Without them everything else works and joining a room
answers 501.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from emulators.handshake import deny
from emulators.liveavatar.state import Session

if TYPE_CHECKING:
    from emulators.liveavatar import LiveAvatarEmulator
    from emulators.liveavatar.room.viewer import Viewer

LIBRARIES = ("aiortc", "livekit.protocol")
# The page comes from another origin, and it asks over HTTP why a websocket was turned away.
ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}
TEXT_SHOWN = 1_000


def available() -> bool:
    """Whether the media libraries are installed."""
    return all(_installed(name) for name in LIBRARIES)


class Rooms:
    """The rooms of one emulator, one for each session, with at most one viewer each: a newer one takes over."""

    def __init__(self, emulator: LiveAvatarEmulator) -> None:
        self._emulator = emulator
        self._viewers: dict[str, Viewer] = {}
        self._present = 0

    def routes(self) -> list[BaseRoute]:
        """Signalling. `/rtc/v1`, the newer path, does not exist, so that clients take the older one."""
        return [
            WebSocketRoute("/rtc", self._join),
            WebSocketRoute("/rtc/{rest:path}", self._absent),
            Route("/rtc/validate", self._validate),
            Route("/rtc/{rest:path}", self._not_found),
        ]

    def viewing(self, session_id: str) -> bool:
        """Whether a client is in this session's room."""
        return session_id in self._viewers

    def publish(self, session_id: str, topic: str, text: str) -> None:
        """Send a data packet to the viewer of a session; `KeyError` where there is none."""
        self._viewers[session_id].publish(topic, text)

    def drop(self, session_id: str) -> None:
        """Cut the viewer of a session off; clients come back by themselves. `KeyError` where there is none."""
        self._viewers[session_id].drop()

    @property
    def empty(self) -> bool:
        """Whether nobody is in any room, nor on the way out of one."""
        return self._present == 0

    def close(self, session: Session, reason: str = "ROOM_DELETED") -> None:
        """Put the viewer out; `reason` is one of LiveKit's `DisconnectReason`."""
        viewer = self._viewers.pop(session.id, None)
        if viewer is not None:
            viewer.put_out(reason)

    def close_all(self) -> None:
        """Put everybody out."""
        for viewer in self._viewers.values():
            viewer.put_out("SERVER_SHUTDOWN")
        self._viewers.clear()

    async def _join(self, websocket: WebSocket) -> None:
        session = self._session(_token(websocket))
        entry = websocket.scope["emulator.entry"]
        if session is None:
            await deny(websocket, entry, 401, "invalid token")
        elif not available():
            await deny(websocket, entry, 501, f"this room needs {' and '.join(LIBRARIES)}")
        else:
            entry.status = 101
            await websocket.accept()
            await self._receive(websocket, session)

    async def _receive(self, websocket: WebSocket, session: Session) -> None:
        # In a thread: reading the media libraries takes long enough to be heard.
        module = await asyncio.to_thread(importlib.import_module, "emulators.liveavatar.room.viewer")
        viewer: Viewer = module.Viewer(websocket, session.id, lambda topic, text: self._note(session, topic, text))
        if websocket.query_params.get("reconnect") == "1":
            await viewer.refuse_to_resume()
            return
        self.close(session, "DUPLICATE_IDENTITY")
        self._viewers[session.id], self._present = viewer, self._present + 1
        speakers = self._emulator.channels[session.id].avatar.speakers
        speakers.listeners.append(viewer.listener)
        self._emulator.sessions.viewer_joined(session)
        session.note(self._emulator.clock.now(), "room.joined")
        self._emulator.kick()
        try:
            await viewer.run()
        finally:
            self._present -= 1
            speakers.listeners.remove(viewer.listener)
            self._emulator.sessions.viewer_left(session)
            session.note(self._emulator.clock.now(), "room.left")
            if self._viewers.get(session.id) is viewer:
                del self._viewers[session.id]
            self._emulator.kick()

    async def _absent(self, websocket: WebSocket) -> None:
        await deny(websocket, websocket.scope["emulator.entry"], 404, "not found")

    async def _validate(self, request: Request) -> Response:
        session = self._session(_token(request))
        status, text = (401, "invalid token") if session is None else (200, "success")
        return PlainTextResponse(text, status, ANY_ORIGIN)

    async def _not_found(self, request: Request) -> Response:
        return PlainTextResponse("not found", 404, ANY_ORIGIN)

    def _session(self, token: str) -> Session | None:
        session = self._emulator.state.by_viewer_token.get(token)
        return session if session is not None and session.open else None

    def _note(self, session: Session, topic: str, text: str) -> None:
        session.note(self._emulator.clock.now(), f"data:{topic}", text=text[:TEXT_SHOWN])
        self._emulator.kick()


def _token(connection: HTTPConnection) -> str:
    """A client's token: browsers can only put it into the query, others send a header."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else connection.query_params.get("access_token", "")


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
