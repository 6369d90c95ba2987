"""One websocket: its envelopes are read, given to the app, and acknowledged where they came from."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol, assert_never

import structlog
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from agent.records import Json
from bot.slack.socket.frames import Disconnect, Envelope, Hello, Strange, ack, parse

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 20.0  # Slack has repeated it long before, but what was committed is worth an ack even so
SEND_SECONDS = 5.0
DRAIN_SECONDS = 5.0
FAREWELL_SECONDS = 2.0

Payload = Json | None
Answering = Callable[[Envelope], Awaitable[tuple[bool, Payload]]]
"""Has the app take an envelope: whether it is to be acknowledged, and with what."""


class Reports(Protocol):
    """What a link tells its supervisor."""

    def greeted(self, number: int, hello: Hello) -> bool:
        """Slack said hello; False when this is nobody we want to talk to."""
        ...

    def heard(self, number: int) -> None:
        """There was a sign of life."""
        ...

    def held(self, number: int) -> None:
        """Nothing is read for now."""
        ...

    def told(self, number: int, disconnect: Disconnect) -> None:
        """Slack announced the end."""
        ...


class Bench:
    """Envelopes that are being worked on, over all links: at most `limit`, and none forgotten before its end."""

    def __init__(self, limit: int) -> None:
        self._slots = asyncio.Semaphore(limit)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def full(self) -> bool:
        """Whether `begin` would have to wait."""
        return self._slots.locked()

    async def begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Work on something in the background, once there is room."""
        try:
            await self._slots.acquire()
        except BaseException:
            work.close()
            raise
        task = asyncio.create_task(work, name="envelope")
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._slots.release()

    async def clear(self) -> None:
        """Give up what is still being worked on."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Link:
    """A websocket's life from its handshake to its end.

    An envelope is acknowledged on the websocket it came over or not at all: then Slack sends it again, and the inbox
    knows it. While the bench is full nothing is read.
    """

    def __init__(
        self, number: int, socket: ClientConnection, *, answer: Answering, bench: Bench, reports: Reports
    ) -> None:
        self._number = number
        self._socket = socket
        self._answer = answer
        self._bench = bench
        self._reports = reports
        self._leave = asyncio.Event()
        self._answers: set[asyncio.Task[None]] = set()
        self._greeted = False

    @property
    def close_code(self) -> int | None:
        """How the websocket was closed; None while it is open."""
        return self._socket.close_code

    async def run(self) -> None:
        """Until the websocket is over or `leave` was called. Cancelled, it breaks the connection without a word."""
        reading = asyncio.create_task(self._read(), name=f"socket-{self._number}-reading")
        leaving = asyncio.create_task(self._leave.wait())
        try:
            await asyncio.wait({reading, leaving}, return_when=asyncio.FIRST_COMPLETED)
            reading.cancel()
            await asyncio.wait({reading})
            if not reading.cancelled():
                reading.result()
            await self._finish()
        finally:
            reading.cancel()
            leaving.cancel()
            self._socket.transport.abort()

    def leave(self) -> None:
        """Read no more, confirm what is being worked on, and close."""
        self._leave.set()

    async def _finish(self) -> None:
        if self._answers:
            await asyncio.wait(self._answers, timeout=DRAIN_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._socket.close()

    # -- reading -------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self._take(await self._socket.recv(decode=False))

    async def _take(self, text: bytes) -> None:
        self._reports.heard(self._number)
        frame = parse(text)
        match frame:
            case Hello():
                self._greeted = self._reports.greeted(self._number, frame)
            case Disconnect():
                self._reports.told(self._number, frame)
            case Envelope():
                await self._begin(frame)
            case Strange(what):
                log.warning("socket_frame_strange", link=self._number, what=what)
            case _:
                assert_never(frame)

    async def _begin(self, envelope: Envelope) -> None:
        if not self._greeted:
            log.warning("socket_frame_strange", link=self._number, what="an envelope before hello")
            return
        if self._bench.full:
            self._reports.held(self._number)
        task = await self._bench.begin(self._handle(envelope))
        self._reports.heard(self._number)
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    # -- answering -----------------------------------------------------------------------------------------------

    async def _handle(self, envelope: Envelope) -> None:
        """Have the envelope answered, then confirm it; what fails is not confirmed, so that Slack repeats it."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                accepted, payload = await self._answer(envelope)
        except Exception as error:  # noqa: BLE001 - whatever it was, it was not committed for sure
            log.warning("envelope_failed", kind=envelope.kind, attempt=envelope.attempt, error=type(error).__name__)
            return
        if accepted:
            await self._confirm(envelope, payload)

    async def _confirm(self, envelope: Envelope, payload: Payload) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._socket.send(ack(envelope, payload))
        except (ConnectionClosed, TimeoutError):
            log.info("envelope_not_confirmed", kind=envelope.kind, link=self._number)

    # -- signs of life -------------------------------------------------------------------------------------------

    async def ping(self) -> None:
        """Ask for a sign of life; it is reported when it comes."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                pong = await self._socket.ping()
        except (ConnectionClosed, TimeoutError):
            return
        asyncio.ensure_future(pong).add_done_callback(self._ponged)

    def _ponged(self, pong: asyncio.Future[float]) -> None:
        if not pong.cancelled() and pong.exception() is None:
            self._reports.heard(self._number)
