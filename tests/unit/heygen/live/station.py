"""The other end of a session's websocket: a real server on loopback that does what a test tells it."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from heygen.live import Bounds, Ended, LiveConnection, SessionUnavailable
from tests.support.clock import ManualClock

# Each of its own, so that a test can tell who sleeps.
BOUNDS = Bounds(open=11.0, ready=12.0, send=13.0, pulse_lost=61.0)
ONCE = dataclasses.replace(BOUNDS, reopens=0)


class WatchedClock(ManualClock):
    """A manual clock that knows who sleeps, by how long they wanted to."""

    def __init__(self) -> None:
        super().__init__()
        self._sleepers_now: dict[object, float] = {}

    @property
    def naps(self) -> list[float]:
        """How long each of those who sleep now wanted to."""
        return list(self._sleepers_now.values())

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been advanced by `seconds`."""
        sleeper = object()
        self._sleepers_now[sleeper] = round(seconds, 6)
        try:
            await super().sleep(seconds)
        finally:
            del self._sleepers_now[sleeper]

    async def pass_by(self, seconds: float) -> None:
        """Once somebody sleeps for just so long, let that time pass and wake them."""
        await until(lambda: seconds in self.naps)
        woken = {sleeper for sleeper, nap in self._sleepers_now.items() if nap == seconds}
        self.advance(seconds)
        await until(lambda: woken.isdisjoint(self._sleepers_now))


async def until(met: Callable[[], bool]) -> None:
    """Wait until `met()`, a few seconds at most."""
    async with asyncio.timeout(8):
        while not met():  # noqa: ASYNC110 - what is waited for is on the other end of a socket
            await asyncio.sleep(0)


class Visit:
    """One websocket that was opened, and what came over it."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self.frames: list[dict[str, Any]] = []
        self.over = False

    def types(self) -> list[str]:
        """What came, in order."""
        return [frame["type"] for frame in self.frames]

    async def came(self, name: str, times: int = 1) -> dict[str, Any]:
        """The frame of this type, once so many of them have come."""
        await until(lambda: self.types().count(name) >= times)
        return [frame for frame in self.frames if frame["type"] == name][times - 1]

    async def tell(self, name: str, **fields: Any) -> None:
        """Send an event."""
        await self.socket.send(json.dumps({"type": name, **fields}))

    def drop(self) -> None:
        """Break the connection without a word."""
        self.socket.transport.abort()


class Station:
    """A websocket server. `refusals` are the HTTP statuses of the next handshakes; `greets`: it says connected."""

    def __init__(self) -> None:
        self.visits: list[Visit] = []
        self.refusals: list[int | None] = []
        self.greets = True
        self.deaf = False
        self.asked = 0
        self.url = ""

    async def visit(self, number: int = 1) -> Visit:
        """The so-manieth websocket, once it is open."""
        await until(lambda: len(self.visits) >= number)
        return self.visits[number - 1]

    async def handle(self, socket: ServerConnection) -> None:
        visit = Visit(socket)
        self.visits.append(visit)
        try:
            if self.greets:
                await visit.tell("session.state_updated", state="connected")
            while not self.deaf:
                visit.frames.append(json.loads(await socket.recv()))
            await socket.wait_closed()
        except ConnectionClosed:
            pass
        visit.over = True

    def answer(self, socket: ServerConnection, request: Request) -> Response | None:
        self.asked += 1
        status = self.refusals.pop(0) if self.refusals else None
        if status is None:
            return None
        response = socket.respond(HTTPStatus(status), "no")
        response.headers["Location"] = self.url + "/elsewhere"
        return response

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Station]:
        """Listen on a free port."""
        options: Any = {"ping_interval": None, "close_timeout": 0.2, "max_queue": 1, "max_size": 2**20}
        async with serve(self.handle, "127.0.0.1", 0, process_request=self.answer, **options) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            self.url = f"ws://127.0.0.1:{port}/session?token=secret-1"
            yield self


def connection(station: Station, clock: WatchedClock, **options: Any) -> LiveConnection:
    """A connection to the station, not opened yet."""
    numbers = itertools.count(1)
    arguments: dict[str, Any] = {"proxy": None, "random": lambda: 0.5, "bounds": BOUNDS, **options}
    return LiveConnection(station.url, clock=clock, new_id=lambda: f"id-{next(numbers)}", **arguments)


async def unavailable(opening: LiveConnection) -> Ended:
    """Why it cannot be opened; no secret is told with it."""
    with pytest.raises(SessionUnavailable) as caught:
        await opening.__aenter__()
    assert "secret" not in str(caught.value) + repr(caught.value) + repr(opening)
    return caught.value.ended


async def everything(live: LiveConnection) -> list[Any]:
    """What happens until the end."""
    return [happening async for happening in live]
