"""One viewer's page, connected: `agent.live.ports.Viewer` over a websocket. Every wait and every queue has a limit.

    async with ViewerSocket(websocket, session_id=session_id, user_id=user_id) as viewer:
        hello = await viewer.hello()
        if hello is not None:
            await desk.attend(session_id, viewer, hello)

Leaving the block closes the connection, if nothing else has.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import structlog
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from agent.live.ports import Hello, Sound, ViewerInput
from bot.web.viewer_frames import INVALID, UNSUPPORTED, BadFrameError, Pong, read_sound, read_text
from bot.web.viewer_headers import is_allowed
from bot.web.viewer_queue import Allowance, InputQueue

log = structlog.get_logger(__name__)

ENDED, NOT_ALLOWED, TOO_SLOW, TRY_AGAIN = 4000, 4003, 4008, 4010
TOO_MANY = 1008


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds: for the hello, between pings, for any word after a ping, for closing. `outgoing`: messages not yet read.

    A page may send `messages` a second and sound of `sound` bytes a second: real time (48,000) and a little more, so
    that sound of another rate is noticed. Bursts are what piles up while a network stands still.
    """

    hello: float = 10.0
    ping: float = 15.0
    answer: float = 20.0
    close: float = 3.0
    outgoing: int = 256
    messages: float = 100.0
    messages_burst: float = 500.0
    sound: float = 60_000.0
    sound_burst: float = 600_000.0


@dataclass(frozen=True, slots=True)
class _Farewell:
    code: int
    reason: str


class ViewerSocket:
    """A websocket that has been accepted. Three tasks: one reads, one writes, one asks whether the page still lives.

    `rooms` is where the page may look for its picture: a room elsewhere is an error of ours, and is logged.
    """

    def __init__(
        self,
        websocket: WebSocket,
        *,
        session_id: str,
        user_id: str,
        rooms: Sequence[str] = (),
        limits: Limits | None = None,
    ) -> None:
        self._websocket = websocket
        self._log = log.bind(session=session_id)
        self._user_id = user_id
        self._rooms = rooms
        self._limits = limits or Limits()
        self._outgoing: deque[str] = deque()
        self._inputs = InputQueue()
        self._messages = Allowance(rate=self._limits.messages, burst=self._limits.messages_burst)
        self._sound = Allowance(rate=self._limits.sound, burst=self._limits.sound_burst)
        self._said_hello: asyncio.Future[Hello | None] = asyncio.get_running_loop().create_future()
        self._to_write = asyncio.Event()
        self._to_read = asyncio.Event()
        self._heard = asyncio.Event()
        self._finished = asyncio.Event()
        self._farewell: _Farewell | None = None
        self._gone = False
        self._tasks: list[asyncio.Task[None]] = []
        self._last_resort: asyncio.TimerHandle | None = None

    # What the desk uses

    @property
    def user_id(self) -> str:
        """See `agent.live.ports.Viewer.user_id`."""
        return self._user_id

    def show(self, message: dict[str, Any]) -> None:
        """See `agent.live.ports.Viewer.show`."""
        if self._over:
            return
        if len(self._outgoing) >= self._limits.outgoing:
            self._outgoing.clear()  # nobody reads them, and the word that closes has to get past
            self._end(TOO_SLOW, "the page does not read")
            return
        if message.get("type") == "room" and not is_allowed(message["url"], self._rooms):
            self._log.error("room_not_allowed", host=urlsplit(message["url"]).netloc, allowed=list(self._rooms))
        self._outgoing.append(json.dumps(message, separators=(",", ":"), ensure_ascii=False))
        self._to_write.set()

    async def inputs(self) -> AsyncIterator[ViewerInput]:
        """See `agent.live.ports.Viewer.inputs`."""
        while True:
            while len(self._inputs):
                yield self._inputs.take()
            if self._over:
                return
            self._to_read.clear()
            await self._to_read.wait()

    async def close(self, code: int, reason: str) -> None:
        """See `agent.live.ports.Viewer.close`. What was shown before is delivered first; the first code counts."""
        self._end(code, reason)
        await self._finished.wait()  # bounded by the last resort

    # Its life

    async def __aenter__(self) -> Self:
        work = {"read": self._read, "write": self._write, "ping": self._ping}
        self._tasks = [asyncio.create_task(part(), name=f"viewer-{name}") for name, part in work.items()]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.close(TRY_AGAIN, "try again")
        finally:
            for task in self._tasks:
                task.cancel()
            results = await asyncio.gather(*self._tasks, return_exceptions=True)
            if self._last_resort is not None:
                self._last_resort.cancel()
        self._tell()
        if error is None and (broken := next((r for r in results if isinstance(r, Exception)), None)):
            raise broken

    async def hello(self) -> Hello | None:
        """What the page says first; None when it says something else, nothing in time, or goes away."""
        try:
            async with asyncio.timeout(self._limits.hello):
                return await asyncio.shield(self._said_hello)
        except TimeoutError:
            self._end(TOO_SLOW, "no hello")
            return None

    @property
    def _over(self) -> bool:
        return self._gone or self._farewell is not None

    def _end(self, code: int, reason: str) -> None:
        """Close as soon as what was shown has left, and by force when that takes too long."""
        if self._over:
            return
        self._farewell = _Farewell(code, reason)
        self._last_resort = asyncio.get_running_loop().call_later(self._limits.close, self._abort)
        self._wake()

    def _leave(self) -> None:
        """The page has gone."""
        self._gone = True
        self._wake()

    def _wake(self) -> None:
        """Whoever waits for something looks again."""
        self._to_write.set()
        self._to_read.set()
        if not self._said_hello.done():
            self._said_hello.set_result(None)

    def _abort(self) -> None:
        """Drop the connection: a page that reads nothing does not read the word that closes it either."""
        self._gone = True
        transport = getattr(getattr(self._websocket._receive, "__self__", None), "transport", None)
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()
        for task in self._tasks:
            task.cancel()
        self._finished.set()

    def _tell(self) -> None:
        farewell = self._farewell
        code, reason = (farewell.code, farewell.reason) if farewell else (None, "the page went away")
        self._log.info("viewer_closed", code=code, reason=reason, sound_dropped=self._inputs.dropped)

    # Reading

    async def _read(self) -> None:
        try:
            while (message := await self._websocket.receive())["type"] != "websocket.disconnect":
                self._heard.set()
                self._take(message)
        except BadFrameError as error:
            self._end(error.code, error.reason)
        finally:
            if self._farewell is None:
                self._leave()

    def _take(self, message: Message) -> None:
        now = asyncio.get_running_loop().time()
        if not self._messages.spend(1, now):
            raise BadFrameError(TOO_MANY, "too many messages")
        item = read_text(message["text"]) if message.get("text") is not None else read_sound(message["bytes"])
        if isinstance(item, Sound) and not self._sound.spend(len(item.pcm), now):
            raise BadFrameError(INVALID, "sound comes faster than it is spoken")
        self._sort(item)

    def _sort(self, item: Hello | ViewerInput | Pong) -> None:
        if isinstance(item, Pong):
            return
        if isinstance(item, Hello) == self._said_hello.done():
            raise BadFrameError(UNSUPPORTED, "hello comes first, and once")
        if isinstance(item, Hello):
            self._said_hello.set_result(item)
        elif self._inputs.put(item):
            self._to_read.set()
        else:
            raise BadFrameError(TOO_MANY, "too many messages")

    # Writing

    async def _write(self) -> None:
        try:
            while await self._something():
                await self._websocket.send_text(self._outgoing.popleft())
            if self._farewell is not None and not self._gone:
                await self._websocket.close(self._farewell.code, self._farewell.reason)
        except (WebSocketDisconnect, RuntimeError) as error:
            # RuntimeError: the server has just closed, because of a frame that it refused itself.
            self._log.debug("viewer_not_written_to", error=type(error).__name__)
        finally:
            self._leave()
            self._finished.set()

    async def _something(self) -> bool:
        """Wait for something to send; False when there will be nothing more."""
        while not self._gone and not self._outgoing and self._farewell is None:
            self._to_write.clear()
            await self._to_write.wait()
        return bool(self._outgoing) and not self._gone

    async def _ping(self) -> None:
        """The page's script has to answer, not only the browser under it."""
        while not self._over:
            await asyncio.sleep(self._limits.ping)
            self._heard.clear()
            self.show({"type": "ping"})
            try:
                async with asyncio.timeout(self._limits.answer):
                    await self._heard.wait()
            except TimeoutError:
                self._outgoing.clear()
                self._end(TOO_SLOW, "the page does not answer")
