"""The viewer's page served for real, with passes in memory and a desk that notes what each page does."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette

from agent.live.ports import Hello, Sound, Viewer, ViewerInput
from agent.live.records import LivePass, LiveSession, LiveState
from bot.server import Server, bound, url_of
from bot.web.viewer import Viewer as ViewerPage
from bot.web.viewer_assets import LiveKitFile, LiveKitUrl
from bot.web.viewer_socket import Limits
from tests.support.clock import ManualClock

SECRET = "s" * 32
USER = "UALICE"
SESSION = LiveSession(
    id="live_1",
    key="live:1",
    workspace_id="T1",
    account_id="T1-liveavatar",
    conversation_id="conv_1",
    handle="L1",
    requester=USER,
    reason="asked for a person",
    state=LiveState.OFFERED,
    created_at=0.0,
    max_seconds=900,
    price_per_minute=200_000,
)
# What is checked is how it is served; only the browser's tests need the real file.
LIVEKIT = LiveKitFile(b"window.LivekitClient = {};\n" * 100, "sha384-" + "A" * 64)


class MemoryPasses:
    """Passes and their sessions, as `bot.store.live` has them. While `hold` is unset, looking them up waits."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.hold = asyncio.Event()
        self.hold.set()
        self.passes: dict[str, LivePass] = {}
        self.sessions = {SESSION.id: SESSION}

    def new_pass(self, session_id: str = SESSION.id, user_id: str = USER, seconds: float = 600.0) -> LivePass:
        """What a press on Join makes."""
        now = self._clock.now()
        made = LivePass(
            id=f"pass_{len(self.passes)}",
            session_id=session_id,
            user_id=user_id,
            created_at=now,
            expires_at=now + seconds,
        )
        self.passes[made.id] = made
        return made

    def change(self, session_id: str = SESSION.id, **changes: Any) -> None:
        """Let a session be as it may be by now."""
        self.sessions[session_id] = dataclasses.replace(self.sessions[session_id], **changes)

    async def find_pass(self, pass_id: str) -> tuple[LivePass, LiveSession] | None:
        """See `bot.web.viewer.Passes`."""
        await self.hold.wait()
        given = self.passes.get(pass_id)
        return None if given is None else (given, self.sessions[given.session_id])

    async def check_pass(self, pass_id: str) -> tuple[LivePass, LiveSession] | None:
        """See `bot.web.viewer.Passes`."""
        found = await self.find_pass(pass_id)
        return None if found is None or found[0].opened_at is None else found

    async def open_pass(self, pass_id: str) -> LivePass | None:
        """See `bot.web.viewer.Passes`."""
        given, now = self.passes.get(pass_id), self._clock.now()
        if given is None or given.opened_at is not None or given.expires_at <= now:
            return None
        if self.sessions[given.session_id].state is LiveState.ENDED:
            return None
        self.passes[pass_id] = dataclasses.replace(given, opened_at=now)
        return self.passes[pass_id]


@dataclasses.dataclass(eq=False)
class Visit:
    """A page that is or was attended to, and what came from it."""

    session_id: str
    viewer: Viewer
    hello: Hello
    inputs: list[ViewerInput] = dataclasses.field(default_factory=list)
    over: bool = False

    @property
    def sound(self) -> bytes:
        """All sound so far."""
        return b"".join(item.pcm for item in self.inputs if isinstance(item, Sound))

    @property
    def presses(self) -> list[ViewerInput]:
        """Everything but sound."""
        return [item for item in self.inputs if not isinstance(item, Sound)]


class RecordingDesk:
    """Attends to pages: newer ones of a session put the older out. `greet` is called with each visit.

    `reading` unset: it does not read what pages send.
    """

    def __init__(self, greet: Callable[[Visit], None] = lambda _: None) -> None:
        self.greet = greet
        self.visits: list[Visit] = []
        self.reading = asyncio.Event()
        self.reading.set()
        self._changed = asyncio.Event()

    async def attend(self, session_id: str, viewer: Viewer, hello: Hello) -> None:
        """See `agent.live.ports.LiveDesk.attend`."""
        older = [visit for visit in self.visits if visit.session_id == session_id and not visit.over]
        visit = Visit(session_id, viewer, hello)
        self.visits.append(visit)
        self._tell()
        try:
            for other in older:
                await other.viewer.close(4001, "opened elsewhere")
            self.greet(visit)
            await self._read(visit)
        finally:
            visit.over = True
            self._tell()

    async def _read(self, visit: Visit) -> None:
        await self.reading.wait()
        async for item in visit.viewer.inputs():
            visit.inputs.append(item)
            self._tell()
            await self.reading.wait()

    async def run_due(self) -> int:
        """See `agent.live.ports.LiveDesk.run_due`."""
        return 0

    async def drain(self, seconds: float) -> None:
        """See `agent.live.ports.LiveDesk.drain`."""

    async def wait_for(self, condition: Callable[[], Any], seconds: float = 10.0) -> Any:
        """Wait until `condition()` is truthy, looked at whenever something comes from a page."""
        async with asyncio.timeout(seconds):
            while not (value := condition()):
                self._changed.clear()
                await self._changed.wait()
        return value

    async def visit(self, number: int = 0) -> Visit:
        """The page that came as the given one, counted from 0, once it has."""
        await self.wait_for(lambda: len(self.visits) > number)
        return self.visits[number]

    def _tell(self) -> None:
        self._changed.set()


@dataclasses.dataclass
class ViewerStage:
    """The page, served on loopback at `url`."""

    url: str
    app: Starlette
    page: ViewerPage
    passes: MemoryPasses
    desk: RecordingDesk
    clock: ManualClock

    def link(self) -> str:
        """A fresh personal link."""
        return self.page.link(self.passes.new_pass())

    @property
    def socket_url(self) -> str:
        """Where its websocket is."""
        return self.url.replace("http", "ws", 1) + "/live/ws"


@asynccontextmanager
async def viewer_stage(
    *,
    desk: RecordingDesk | None = None,
    public_url: str | None = None,
    livekit: LiveKitFile | LiveKitUrl = LIVEKIT,
    rooms: tuple[str, ...] = (),
    limits: Limits | None = None,
    listening: bool = True,
) -> AsyncIterator[ViewerStage]:
    """Serve the page; `public_url` where it believes to be, if not where it is. Not `listening`: only its `app`."""
    clock, desk = ManualClock(), desk or RecordingDesk()
    passes = MemoryPasses(clock)
    listener = bound("127.0.0.1", 0)
    url = url_of(listener)
    page = ViewerPage(
        public_url=public_url or url,
        secret=SECRET,
        passes=passes,
        desk=desk,
        clock=clock,
        livekit=livekit,
        rooms=rooms,
        limits=limits,
    )
    stage = ViewerStage(url, Starlette(routes=page.routes()), page, passes, desk, clock)
    server = Server(stage.app, listener)
    if listening:
        await server.start()
    try:
        yield stage
    finally:
        await server.stop()
        listener.close()
