"""A stand-in for LiveAvatar: sessions that are paid by the minute, a websocket that speaks, and a room to see it in.

Strict where the real service is: what it refuses, this refuses; what it silently gets wrong because of the client is
noted in the session's `findings`.

    emulator = LiveAvatarEmulator(rate=0)
    await emulator.start()
    ...                          # POST /v1/sessions/token with X-API-KEY: la-key-1, then /v1/sessions/start
    emulator.advance(60)         # a minute is paid, what was to be said has been said
    emulator.session().findings
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from typing import Any

from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from emulators.base import Emulator, Entry, Fault
from emulators.handshake import deny, let_in, record
from emulators.liveavatar.api import Api
from emulators.liveavatar.avatar import Utterance
from emulators.liveavatar.channel import Channel
from emulators.liveavatar.control import Control, snapshot
from emulators.liveavatar.dialects import CURRENT, DIALECTS, DOCUMENTED, Dialect
from emulators.liveavatar.errors import Refusal, usual_body
from emulators.liveavatar.operations import Gate, respond
from emulators.liveavatar.room import Rooms
from emulators.liveavatar.sessions import Sessions
from emulators.liveavatar.state import (
    Account,
    Charge,
    EndReason,
    Finding,
    Frame,
    RatedClock,
    Session,
    State,
    Switches,
)
from emulators.liveavatar.trouble import Cut, EventTrouble

__all__ = [
    "CURRENT",
    "DIALECTS",
    "DOCUMENTED",
    "Account",
    "Charge",
    "Cut",
    "Dialect",
    "EventTrouble",
    "Finding",
    "Frame",
    "LiveAvatarEmulator",
    "Session",
    "Switches",
    "Utterance",
]

DEFAULT_KEY = "la-key-1"
DEFAULT_CREDITS = 100.0
DEFAULT_CAP = 1
LONGEST_SESSION = 1200
LONGEST_WAIT = 5.0
FAREWELL_SECONDS = 2.0
SMALLEST_STEP = 1e-6  # a step as small as the clock can tell
LEFT_RUNNING = frozenset({"IDLE_TIMEOUT", "MAX_DURATION_REACHED", "ZOMBIE_SESSION_REAP"})


class LiveAvatarEmulator(Emulator):
    """LiveAvatar on loopback; see `Switches` for what can be changed about it.

    `rate`: emulator seconds per second of the machine (1 real time, 0 only by `advance`). The default account has
    `credits`, may have `cap` sessions open together, none longer than `longest_session` seconds. `dialect` names
    one of `DIALECTS`: the form in which events are sent.
    """

    name = "liveavatar"
    websockets = "websockets-sansio"

    def __init__(
        self,
        *,
        seed: int = 1,
        rate: float = 1.0,
        credits: float = DEFAULT_CREDITS,
        cap: int = DEFAULT_CAP,
        longest_session: int = LONGEST_SESSION,
        dialect: str = CURRENT.name,
    ) -> None:
        self._credits = credits
        self._cap = cap
        self._longest_session = longest_session
        self._first_dialect = DIALECTS[dialect]
        self._gate = Gate(self)
        self._kicked = asyncio.Event()
        self._wakes_at = math.inf
        self._loop: asyncio.Task[None] | None = None
        self.rooms = Rooms(self)
        self.channels: dict[str, Channel] = {}
        # The vendor's own client calls from whatever page it is on, with credentials.
        self._to_pages = CORSMiddleware(
            super().__call__, allow_origin_regex=".*", allow_credentials=True, allow_methods=["*"], allow_headers=["*"]
        )
        super().__init__(seed=seed)
        self.clock: RatedClock = RatedClock(rate)
        self._fresh()

    def _fresh(self) -> None:
        """Everything that `reset` starts over."""
        self.state = State()
        self.sessions = Sessions(self.state, self.clock, self.random, self._over)
        self.cuts: list[Cut] = []
        self.event_trouble = EventTrouble()
        self.dialect = self._first_dialect
        self.channels = {}
        self.add_account(
            DEFAULT_KEY,
            name="greenroom",
            credits=self._credits,
            cap=self._cap,
            longest_session=self._longest_session,
        )

    def reset(self) -> None:
        """Back to the start: default account, default switches, no sessions; open websockets are closed."""
        for channel in self.channels.values():
            channel.drop(1001)
        self.rooms.close_all()
        self._gate.forget()
        super().reset()
        self._fresh()

    # -- what tests and the playground look at -----------------------------------------------------------------

    @property
    def switches(self) -> Switches:
        """The behaviour that can be changed; `reset` restores it."""
        return self.state.switches

    @property
    def charges(self) -> list[Charge]:
        """Every charge and refund in order."""
        return self.state.charges

    @property
    def findings(self) -> list[Finding]:
        """What clients did wrong, over all sessions, in order."""
        found = [finding for session in self.state.sessions.values() for finding in session.findings]
        return sorted(found, key=lambda finding: finding.at)

    def session(self, session_id: str | None = None) -> Session:
        """A session; without an id the newest one. `KeyError` where there is none."""
        if session_id is not None:
            return self.state.sessions[session_id]
        if not self.state.sessions:
            raise KeyError("no session")
        return next(reversed(self.state.sessions.values()))

    def channel(self, session_id: str | None = None) -> Channel:
        """The websocket's side of a started session, without an id that of the newest; `KeyError`."""
        return self.channels[self.session(session_id).id]

    def utterances(self, session_id: str | None = None) -> list[Utterance]:
        """What a session was given to say, in order."""
        return list(self.channel(session_id).avatar.utterances)

    def snapshot(self) -> dict[str, Any]:
        """Everything visible, JSON-safe: clock, credits, sessions with what was said and found, charges."""
        self.tick()
        return snapshot(self)

    def error_body(self, status: int) -> Any:
        """An error in the shape that is switched on."""
        return usual_body(status, self.switches.error_shape)

    # -- accounts and time -------------------------------------------------------------------------------------

    def add_account(
        self,
        api_key: str,
        *,
        name: str | None = None,
        credits: float = DEFAULT_CREDITS,
        cap: int = DEFAULT_CAP,
        longest_session: int = LONGEST_SESSION,
    ) -> Account:
        """Add a customer."""
        account = Account(name or api_key, api_key, credits, cap, longest_session)
        self.state.accounts[account.name] = account
        return account

    def account(self, api_key: str = DEFAULT_KEY) -> Account:
        """The account of a key; `KeyError` for an unknown one."""
        by_key = {account.api_key: account for account in self.state.accounts.values()}
        return by_key[api_key]

    def advance(self, seconds: float) -> None:
        """Move the clock, and with it speech, minutes, timeouts and tokens, each at its own time."""
        target = self.clock.now() + seconds
        while (due := self.next_due()) is not None and due < target:
            self.clock.advance(max(SMALLEST_STEP, due - self.clock.now()))
            self.tick()
        self.clock.advance(max(0.0, target - self.clock.now()))
        self.tick()
        self.kick()

    def next_due(self) -> float | None:
        """When `tick` will have something to do, on the emulator's clock."""
        dues = [channel.next_due() for channel in self.channels.values() if channel.session.open]
        return min((due for due in [*dues, self.sessions.next_due()] if due is not None), default=None)

    def tick(self) -> None:
        """Let everything happen that is due; every request and the background loop do this too."""
        for channel in list(self.channels.values()):
            if channel.session.open:
                channel.tick()
        self.sessions.tick()

    def kick(self) -> None:
        """Something has changed: wake whoever waits for it."""
        self._kicked.set()
        self.journal.wake()

    def wake_by(self, due: float | None) -> None:
        """Something has changed that is due at this time, which may be before the next look at the clock."""
        if due is not None and due < self._wakes_at:
            self._kicked.set()
        self.journal.wake()

    # -- what goes wrong ---------------------------------------------------------------------------------------

    def speak_dialect(self, name: str) -> None:
        """Send events in this dialect, in sessions that run as well; `KeyError` for an unknown one."""
        self.dialect = DIALECTS[name]
        for channel in self.channels.values():
            channel.dialect = self.dialect

    def trouble_events(self, **options: Any) -> EventTrouble:
        """Let events go wrong, in sessions that run as well; see `EventTrouble`. Without options all is well again."""
        self.event_trouble = EventTrouble(**options)
        for channel in self.channels.values():
            channel.trouble = self.event_trouble
        return self.event_trouble

    def fail_start(self, message: str = "Emulated failure.") -> None:
        """Let the next start fail after its first minute was taken; it is given back."""
        self.sessions.start_failures.append(message)

    def cut_websocket(self, at: str, **options: Any) -> Cut:
        """End a websocket when a command or event called `at` has passed; see `Cut`."""
        cut = Cut(at, **options)
        self.cuts.append(cut)
        return cut

    def drop_websocket(self, session_id: str | None = None, code: int | None = None) -> None:
        """End a session's websocket now, with a close code or by a reset; the session goes on."""
        self.channel(session_id).drop(code)

    def end_session(self, session_id: str | None = None, reason: EndReason = "SERVER_ERROR") -> None:
        """End a session from the service's side."""
        self.sessions.end(self.session(session_id), self.clock.now(), reason)
        self.kick()

    def join_viewer(self, session_id: str | None = None) -> None:
        """Let somebody be in the room without a browser."""
        self.sessions.viewer_joined(self.session(session_id))

    def leave_viewer(self, session_id: str | None = None) -> None:
        """The counterpart of `join_viewer`."""
        self.sessions.viewer_left(self.session(session_id))

    def cuts_at(self, session: Session, name: str) -> bool:
        """Play the cut that is armed for this moment, if any."""
        cut = next((c for c in self.cuts if c.strikes(session.id, name)), None)
        if cut is not None:
            self.channels[session.id].drop(cut.code)
        return cut is not None

    # -- a session's life --------------------------------------------------------------------------------------

    def opened(self, session: Session) -> None:
        """A session runs: give it a websocket's side and a room."""
        self.channels[session.id] = Channel(self, session)

    def addresses(self, session: Session) -> dict[str, Any]:
        """Where a started session's room and websocket are."""
        own_room = session.requested.get("livekit_config")
        base = self.url.replace("http", "ws", 1)
        speaks = session.mode == "LITE" and not session.connector
        return {
            "session_id": session.id,
            "livekit_url": own_room["livekit_url"] if own_room else base,
            "livekit_client_token": own_room["livekit_client_token"] if own_room else session.viewer_token,
            "livekit_agent_token": None,
            "ws_url": f"{base}/v1/realtime/{session.id}?token={session.secret}" if speaks else None,
        }

    def _over(self, session: Session) -> None:
        if session.end_reason in LEFT_RUNNING and not session.stopped:
            session.found(session.ended or 0.0, "not_stopped", f"the service ended it: {session.end_reason}")
        if session.id in self.channels:
            self.channels[session.id].over()
        self.rooms.close(session)

    # -- serving -----------------------------------------------------------------------------------------------

    async def start(self, port: int = 0) -> str:
        """Listen on loopback and let time pass."""
        url = await super().start(port)
        self.start_background()
        return url

    async def stop(self) -> None:
        """End the background work, every websocket and room, and close the listener."""
        await self.stop_background()
        for channel in self.channels.values():
            channel.drop(1001)
        self.rooms.close_all()
        with contextlib.suppress(TimeoutError):
            await self.journal.wait_for(lambda: self.rooms.empty, FAREWELL_SECONDS)
        await super().stop()

    def start_background(self) -> None:
        """Only the background work, for an emulator that is mounted (set `url` then) instead of started."""
        if self._loop is None:
            self._loop = asyncio.create_task(self._run(), name="liveavatar-emulator-background")

    async def stop_background(self) -> None:
        """The counterpart of `start_background`; an error of the background work comes out here."""
        if self._loop is not None:
            self._loop.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._loop
        self._loop = None

    async def _run(self) -> None:
        while True:
            self._kicked.clear()
            self.tick()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self._kicked.wait()

    def _pause(self) -> float:
        """Seconds until something is due, on the machine's clock."""
        due = self.next_due()
        self._wakes_at = math.inf if due is None else due
        if due is None or self.clock.rate <= 0:
            return LONGEST_WAIT
        return min(LONGEST_WAIT, max(0.0, (due - self.clock.now()) / self.clock.rate))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._to_pages(scope, receive, send)
            return
        entry = record(scope, next(self._seq), self.clock.now())
        self.journal.add(entry)
        if await let_in(self.faults, entry, scope, receive, send):
            await super().__call__(scope, receive, send)

    def routes(self) -> list[BaseRoute]:
        """API, websockets, the room, the control plane; everything else under /v1 is an enveloped 404."""
        return [
            *Control(self).routes(),
            *(self._gate.route(operation) for operation in Api(self).operations()),
            WebSocketRoute("/v1/realtime/{session_id}", self._realtime),
            *self.rooms.routes(),
            Route("/v1/{rest:path}", self._unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ]

    async def _realtime(self, websocket: WebSocket) -> None:
        self.tick()
        session = self.state.sessions.get(websocket.path_params["session_id"])
        entry: Entry = websocket.scope["emulator.entry"]
        if session is None or websocket.query_params.get("token") != session.secret:
            await deny(websocket, entry, 403, "Forbidden")
        elif not session.open and not session.muted:
            await deny(websocket, entry, 410, "The session has ended")
        else:
            entry.status = 101
            await self.channels[session.id].serve(websocket, websocket.scope["emulator.transport"])

    async def _unknown(self, request: Request) -> Response:
        return self._gate.refuse(Refusal(404, "Not Found"))

    def _fault_response(self, fault: Fault) -> Response:
        body = fault.body if fault.body is not None else self.error_body(fault.status)
        return respond(body, fault.status, dict(fault.headers))
