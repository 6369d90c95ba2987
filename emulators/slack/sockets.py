"""Socket Mode's other end: one-time addresses, websockets that share the envelopes, refreshes, and what goes wrong.

Slack documents little of what happens when things go wrong here. Where it does not, this is the harsher guess: an
acknowledgement counts only on the websocket that its envelope came over, a dying websocket still gets envelopes, and
what was not acknowledged comes again under a new envelope id.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import time
import uuid
from collections import deque
from typing import Literal, assert_never

from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.frames import Frame, Opcode

from emulators.base import Entry, Journal
from emulators.handshake import deny, reset
from emulators.slack.arguments import Arguments
from emulators.slack.delivery import Answer
from emulators.slack.errors import Refusal
from emulators.slack.limits import TIER_1
from emulators.slack.methods import Method
from emulators.slack.state import Json
from emulators.slack.workspace import Workspace

MOST_WEBSOCKETS = 10
TICKET_SECONDS = 30.0
TICK = 0.05
COMPLAINTS_KEPT = 100
HISTORY_KEPT = 2_000
NORMAL, GOING_AWAY = 1000, 1001

EnvelopeKind = Literal["events_api", "interactive", "slash_commands"]
Step = Literal["warning", "refresh_requested", "close"]
TroubleKind = Literal["before", "half", "sent", "acked"]


def open_connection(workspace: Workspace, _arguments: Arguments) -> Json:
    """`apps.connections.open`: an address that works once, and not for long."""
    if not workspace.socket_mode:
        raise Refusal("access_denied")  # the documented list of errors names no better one
    ticket = str(uuid.UUID(int=workspace.random.getrandbits(128)))
    workspace.tickets[ticket] = workspace.clock.now() + TICKET_SECONDS
    address = workspace.url().replace("http", "ws", 1)
    return {"url": f"{address}/link/?ticket={ticket}&app_id={workspace.app_id}"}


METHODS = {
    "apps.connections.open": Method(open_connection, ("connections:write",), TIER_1, "app"),
}


@dataclasses.dataclass(slots=True)
class Trouble:
    """The websocket breaks around an envelope: instead of it, in its middle, right after it, or at its ack."""

    kind: TroubleKind
    skip: int = 0


class Connection:
    """One websocket. `told` lists the reasons of its disconnect messages, `carried` counts envelopes."""

    def __init__(self, websocket: WebSocket, transport: asyncio.Transport | None, number: int) -> None:
        self.number = number
        self.told: list[str] = []
        self.carried = 0
        self.over = asyncio.Event()
        self.silent = False
        self.steps: deque[tuple[float, Step]] = deque()
        self._websocket = websocket
        self._transport = transport
        self._waiting: dict[str, asyncio.Future[Json | None]] = {}
        self._forgotten: set[str] = set()

    async def send(self, frame: Json) -> None:
        """Send a frame; what a silent or broken websocket is given is lost."""
        if self.silent or self.over.is_set():
            return
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):
            await self._websocket.send_text(json.dumps(frame))

    async def tell(self, reason: str) -> None:
        """Say that the connection will end."""
        self.told.append(reason)
        await self.send({"type": "disconnect", "reason": reason, "debug_info": {"host": f"applink-{self.number}"}})

    async def ask(self, envelope: Json) -> Json | None:
        """Send an envelope and wait for its ack; None when the websocket ends first."""
        self.carried += 1
        future: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        identifier = envelope["envelope_id"]
        self._waiting[identifier] = future
        if self.over.is_set():
            return None
        try:
            await self.send(envelope)
            return await future
        finally:
            del self._waiting[identifier]
            self._forgotten.add(identifier)

    async def send_unasked(self, envelope: Json) -> None:
        """Send an envelope whose ack nobody will wait for."""
        self.carried += 1
        self._forgotten.add(envelope["envelope_id"])
        await self.send(envelope)

    def acknowledge(self, frame: Json) -> str | None:
        """Take an ack; what is wrong with it, or None."""
        identifier = frame.get("envelope_id")
        future = self._waiting.get(identifier) if isinstance(identifier, str) else None
        if future is None:
            return None if identifier in self._forgotten else f"an ack for an envelope that was not sent here: {frame}"
        if not future.done():
            future.set_result(frame)
        return None

    async def receive(self) -> str | None:
        """The next text; None at the end."""
        message = await self._websocket.receive()
        return None if message["type"] == "websocket.disconnect" else str(message.get("text") or "")

    def half(self, frame: Json) -> None:
        """Begin a frame and break off in its middle."""
        raw = Frame(Opcode.TEXT, json.dumps(frame).encode()).serialize(mask=False)
        if self._transport is not None:
            self._transport.write(raw[: len(raw) // 2])

    def fall_silent(self) -> None:
        """Neither read nor send any more, while the connection looks open."""
        self.silent = True
        if self._transport is not None:
            self._transport.pause_reading()

    def drop(self) -> None:
        """Reset the connection."""
        reset(self._transport)
        self.end()

    async def close(self, code: int = NORMAL) -> None:
        """Close in order."""
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):
            await self._websocket.close(code)
        self.end()

    def end(self) -> None:
        """Nothing more can come of this websocket."""
        self.over.set()
        for future in self._waiting.values():
            if not future.done():
                future.set_result(None)


class Sockets:
    """Every websocket of the app. Times are on the emulator's clock, but for `ack_seconds`.

    `lifetime` is how long a websocket lives; `grace` lies between its warning, its refresh and its end. `doubles`
    sends each event over every websocket. `complaints` says what the app did that Slack would not expect.
    """

    def __init__(self, workspace: Workspace, journal: Journal) -> None:
        self.workspace = workspace
        self.ack_seconds = 3.0
        self.live: list[Connection] = []
        self.history: deque[Connection] = deque(maxlen=HISTORY_KEPT)
        self.complaints: deque[str] = deque(maxlen=COMPLAINTS_KEPT)
        self.troubles: list[Trouble] = []
        self._journal = journal
        self.set_defaults()

    def set_defaults(self) -> None:
        """Switches as at the start."""
        self.lifetime = 3_600.0
        self.grace = 10.0
        self.greets = True
        self.doubles = False
        self.most = MOST_WEBSOCKETS

    def clear(self) -> None:
        """Break every connection and forget what was."""
        for connection in list(self.live):
            connection.drop()
        self.live.clear()
        self.history.clear()
        self.complaints.clear()
        self.troubles.clear()
        self.set_defaults()

    # -- websockets ----------------------------------------------------------------------------------------------

    async def serve(self, websocket: WebSocket, entry: Entry, transport: asyncio.Transport | None) -> None:
        """One websocket from its handshake to its end."""
        if not self.workspace.socket_mode or not self._redeem(websocket.query_params.get("ticket", "")):
            await deny(websocket, entry, 408, "Request Timeout")
            return
        entry.status = 101
        await websocket.accept()
        connection = Connection(websocket, transport, len(self.history) + 1)
        self.history.append(connection)
        if len(self.live) >= self.most:
            await connection.tell("too_many_websockets")
            await connection.close()
            return
        await self._hold(connection)

    def _redeem(self, ticket: str) -> bool:
        expires = self.workspace.tickets.pop(ticket, None)
        return expires is not None and self.workspace.clock.now() < expires

    async def _hold(self, connection: Connection) -> None:
        end = self.workspace.clock.now() + self.lifetime
        connection.steps = deque(
            [(end - 2 * self.grace, "warning"), (end - self.grace, "refresh_requested"), (end, "close")]
        )
        if self.greets:
            await connection.send(self._hello())
        self.live.append(connection)
        self._journal.wake()
        ageing = asyncio.create_task(self._age(connection))
        try:
            await self._listen(connection)
        finally:
            ageing.cancel()
            await asyncio.gather(ageing, return_exceptions=True)
            connection.end()
            if connection in self.live:
                self.live.remove(connection)
            self._journal.wake()

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.live) + 1,
            "debug_info": {"host": "applink-emulated", "approximate_connection_time": int(self.lifetime)},
            "connection_info": {"app_id": self.workspace.app_id},
        }

    async def _listen(self, connection: Connection) -> None:
        while (text := await connection.receive()) is not None:
            if not connection.silent and not connection.over.is_set():
                self._take(connection, text)

    def _take(self, connection: Connection, text: str) -> None:
        try:
            frame = json.loads(text)
        except ValueError:
            frame = None
        if not isinstance(frame, dict):
            self.complaints.append(f"not a JSON object: {text[:100]}")
        elif self._breaks("acked"):
            connection.drop()
        elif problem := connection.acknowledge(frame):
            self.complaints.append(problem)

    async def _age(self, connection: Connection) -> None:
        while True:
            while connection.steps and connection.steps[0][0] <= self.workspace.clock.now():
                await self._step(connection, connection.steps.popleft()[1])
            await asyncio.sleep(TICK)

    async def _step(self, connection: Connection, step: Step) -> None:
        match step:
            case "warning" | "refresh_requested":
                await connection.tell(step)
            case "close":
                await connection.close()
            case _:
                assert_never(step)

    # -- what Slack does to websockets ---------------------------------------------------------------------------

    def warn(self) -> None:
        """Warn every websocket that its end is near; refresh and end follow."""
        now = self.workspace.clock.now()
        for connection in self.live:
            connection.steps = deque(
                [(now, "warning"), (now + self.grace, "refresh_requested"), (now + 2 * self.grace, "close")]
            )

    def refresh(self) -> None:
        """Ask for new websockets in place of the present ones, which end after `grace`."""
        now = self.workspace.clock.now()
        for connection in self.live:
            if "refresh_requested" not in connection.told:
                connection.steps = deque([(now, "refresh_requested"), (now + self.grace, "close")])

    def drop(self) -> None:
        """Reset every connection."""
        for connection in list(self.live):
            connection.drop()

    def silence(self) -> None:
        """Keep every connection open and never say a word over it again."""
        for connection in self.live:
            connection.fall_silent()

    async def disable(self) -> None:
        """An admin switches Socket Mode off."""
        self.workspace.socket_mode = False
        for connection in list(self.live):
            await connection.tell("link_disabled")
            await connection.close()

    def trouble(self, kind: TroubleKind, *, skip: int = 0) -> None:
        """Break a websocket at the next envelope (after `skip` good ones)."""
        self.troubles.append(Trouble(kind, skip))

    def _breaks(self, *kinds: TroubleKind) -> TroubleKind | None:
        for trouble in self.troubles:
            if trouble.kind not in kinds:
                continue
            if trouble.skip == 0:
                self.troubles.remove(trouble)
                return trouble.kind
            trouble.skip -= 1
            return None
        return None

    # -- envelopes -----------------------------------------------------------------------------------------------

    async def deliver(
        self, kind: EnvelopeKind, payload: Json, *, accepts: bool, attempt: int = 0, reason: str = ""
    ) -> Answer:
        """Send one envelope over one websocket and wait for its ack as long as Slack would."""
        started = time.monotonic()
        if not self.live:
            return Answer(0, reason="no_connection")
        frame = await self._sent(self._envelope(kind, payload, accepts=accepts, attempt=attempt, reason=reason))
        seconds = time.monotonic() - started
        if frame is None:
            return Answer(0, reason="timeout", seconds=seconds)
        if not accepts and "payload" in frame:
            self.complaints.append(f"a payload in the ack of {kind}")
            frame = {}
        return Answer(200, frame.get("payload"), seconds=seconds)

    def _envelope(self, kind: EnvelopeKind, payload: Json, *, accepts: bool, attempt: int, reason: str) -> Json:
        envelope: Json = {
            "envelope_id": str(uuid.UUID(int=self.workspace.random.getrandbits(128))),
            "type": kind,
            "payload": payload,
            "accepts_response_payload": accepts,
        }
        return envelope | ({"retry_attempt": attempt, "retry_reason": reason} if kind == "events_api" else {})

    async def _sent(self, envelope: Json) -> Json | None:
        connection = self.workspace.random.choice(self.live)
        others = [other for other in self.live if other is not connection] if self.doubles else []
        try:
            async with asyncio.timeout(self.ack_seconds):
                for other in others:
                    await other.send_unasked(envelope)
                return await self._over(connection, envelope)
        except TimeoutError:
            return None

    async def _over(self, connection: Connection, envelope: Json) -> Json | None:
        kind = self._breaks("before", "half", "sent")
        if kind == "half":
            connection.half(envelope)
        elif kind == "sent":
            await connection.send_unasked(envelope)
            await asyncio.sleep(TICK)  # the app has it, and perhaps has committed it
        if kind is not None:
            connection.drop()
            return None
        return await connection.ask(envelope)
