"""A session's websocket: frames in to the avatar, its events out in the chosen dialect, and everything noted."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from typing import TYPE_CHECKING, Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from emulators.handshake import reset
from emulators.liveavatar.avatar import Avatar
from emulators.liveavatar.commands import Commands
from emulators.liveavatar.dialects import Dialect, Event
from emulators.liveavatar.state import Frame, Session
from emulators.liveavatar.trouble import EventLine, EventTrouble

if TYPE_CHECKING:
    from emulators.liveavatar import LiveAvatarEmulator

OUTBOX_LIMIT = 5_000
RESET = -1
WENT_AWAY = 1001


class Connection:
    """One websocket of a session. Texts leave in order; a number closes with that code, `RESET` without one."""

    def __init__(self, websocket: WebSocket, transport: asyncio.Transport | None, connected_at: float) -> None:
        self.websocket = websocket
        self.connected_at = connected_at
        self.connected = False
        self.closed_with: int | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._transport = transport
        self._outbox: asyncio.Queue[str | int] = asyncio.Queue(OUTBOX_LIMIT)
        self._ending = False

    def put(self, text: str) -> None:
        """Send this; a client that reads nothing for too long loses the connection."""
        if self._ending:
            return
        try:
            self._outbox.put_nowait(text)
        except asyncio.QueueFull:
            self.end(RESET)

    def end(self, code: int) -> None:
        """Close after what was put before, or reset."""
        if self._ending:
            return
        self._ending = True
        if self._outbox.full():
            reset(self._transport)
        else:
            self._outbox.put_nowait(code)

    def stall(self) -> None:
        """Stop reading and sending, so that pings are not answered either."""
        self._flowing.clear()
        if self._transport is not None:
            self._transport.pause_reading()

    def flow(self) -> None:
        """Go on after a stall."""
        self._flowing.set()
        if self._transport is not None:
            self._transport.resume_reading()

    async def receive(self) -> str | None:
        """The next frame's text ("" for a binary one); None at the end, with its code in `closed_with`."""
        message = await self.websocket.receive()
        if message["type"] == "websocket.disconnect":
            self.closed_with = message.get("code")
            return None
        if not self._flowing.is_set():
            self.stall()
            await self._flowing.wait()
        return message.get("text") or ""

    async def send(self) -> None:
        """Send what is put until the end."""
        while True:
            item = await self._outbox.get()
            await self._flowing.wait()
            if isinstance(item, str):
                await self.websocket.send_text(item)
            elif item == RESET:
                reset(self._transport)
                return
            else:
                await self.websocket.close(item)
                return


class Channel:
    """One session's avatar and the websocket that speaks for it, one at a time: a newer one takes over."""

    def __init__(self, emulator: LiveAvatarEmulator, session: Session) -> None:
        self.session = session
        self.dialect: Dialect = emulator.dialect
        self.connections = 0
        self._emulator = emulator
        self._connection: Connection | None = None
        self._line = EventLine(emulator.event_trouble)
        self.avatar = Avatar(session, emulator.clock, emulator.switches, self.emit)
        self._commands = Commands(session, self.avatar, emulator.clock, self.emit, self._keep_alive)

    # -- what tests and the playground do to it ----------------------------------------------------------------

    @property
    def trouble(self) -> EventTrouble:
        """How this session's events go wrong; replace it at any time."""
        return self._line.trouble

    @trouble.setter
    def trouble(self, trouble: EventTrouble) -> None:
        self._line.trouble = trouble

    @property
    def connected(self) -> bool:
        """Whether a client is there and has been told so."""
        return self._connection is not None and self._connection.connected

    def drop(self, code: int | None = None) -> None:
        """End the websocket with this close code, or reset the connection."""
        if self._connection is not None:
            self._connection.end(RESET if code is None else code)

    def stall(self) -> None:
        """Neither read nor send (pongs neither) until `flow`."""
        if self._connection is not None:
            self._connection.stall()

    def flow(self) -> None:
        """Go on after `stall`."""
        if self._connection is not None:
            self._connection.flow()

    def emit_raw(self, text: str) -> None:
        """Send a frame nothing has happened for."""
        self._send(text)

    # -- events ------------------------------------------------------------------------------------------------

    def emit(self, event: Event) -> None:
        """Tell the client, in its dialect, through the trouble that is armed."""
        for frame in self.dialect.render(event, self._new_id):
            for text in self._line.pass_on(frame):
                self._send(text)
            if self._emulator.cuts_at(self.session, frame["type"]):
                return

    def tick(self) -> None:
        """Let the avatar go on, and say `connected` when it is time."""
        connection = self._connection
        if connection is not None and not connection.connected and self._now() >= connection.connected_at:
            connection.connected = True
            self.emit(Event("session", state="connected"))
        self.avatar.tick()

    def next_due(self) -> float | None:
        """When `tick` has something to do."""
        connection = self._connection
        waiting = [connection.connected_at] if connection is not None and not connection.connected else []
        due = self.avatar.next_due()
        return min([*waiting, *([] if due is None else [due])], default=None)

    def over(self) -> None:
        """The session has ended: fall silent, say so unless it ends mutely, close."""
        self.avatar.silence()
        if self.session.muted:
            return
        self.emit(Event("session", state="closing"))
        self.emit(Event("session", state="closed"))
        self.drop(1000)

    # -- the connection ----------------------------------------------------------------------------------------

    async def serve(self, websocket: WebSocket, transport: asyncio.Transport | None) -> None:
        """Speak with one client until either side ends it."""
        await websocket.accept()
        self.drop(WENT_AWAY)
        connection = Connection(websocket, transport, self._now() + self._emulator.switches.connect_seconds)
        self._connection, self.connections = connection, self.connections + 1
        self.session.socket_gone_since = None
        self.session.note(self._now(), "websocket.open")
        self.emit(Event("session", state="opening"))
        self.tick()
        self._emulator.kick()
        sender = asyncio.create_task(connection.send(), name="liveavatar-sender")
        try:
            await self._read(connection)
        finally:
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError, RuntimeError, WebSocketDisconnect):
                await sender
            self._leave(connection)

    async def _read(self, connection: Connection) -> None:
        while True:
            text = await connection.receive()
            if text is None:
                return
            self.tick()
            name = self._commands.receive(text, listening=connection.connected)
            self._emulator.cuts_at(self.session, name)
            self._emulator.wake_by(self.next_due())

    def _leave(self, connection: Connection) -> None:
        self.session.note(self._now(), "websocket.closed", code=connection.closed_with)
        if self._connection is connection:
            self._connection = None
            self.session.socket_gone_since = self._now()
        self._emulator.kick()

    def _send(self, text: str) -> None:
        if self._connection is None:
            return
        self.session.frames.append(_frame(self._now(), text))
        self._connection.put(text)

    def _keep_alive(self) -> None:
        self._emulator.sessions.keep_alive(self.session)

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self._emulator.random.getrandbits(128), version=4))

    def _now(self) -> float:
        return self._emulator.clock.now()


def _frame(at: float, text: str) -> Frame:
    """A frame for the session's journal, also when it is no event."""
    try:
        content: Any = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return Frame(at, "out", "", {"text": text})
    fields = {key: value for key, value in content.items() if key != "type"}
    return Frame(at, "out", str(content.get("type", "")), fields)
