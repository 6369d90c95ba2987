"""One emulator for the run, reset for each test; its clock moves only when told to."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect

from emulators.liveavatar import LiveAvatarEmulator
from emulators.liveavatar.catalogue import ALEX

# Loopback needs no certificates; loading them would be most of a test's time.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
KEY = {"X-API-KEY": "la-key-1"}
SECOND = 48_000  # bytes of 24 kHz, 16 bit, mono

Post = Callable[..., Awaitable[httpx2.Response]]


class Line:
    """A client's end of a session's websocket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, name: str, **fields: Any) -> None:
        """Send a command."""
        await self.connection.send(json.dumps({"type": name} | fields))

    async def speak(self, event_id: str | None, seconds: float, **fields: Any) -> None:
        """Send silence of this length in one chunk."""
        audio = base64.b64encode(bytes(int(seconds * SECOND))).decode()
        await self.send("agent.speak", audio=audio, event_id=event_id, **fields)

    async def next(self) -> Any:
        """The next frame, whatever it is."""
        return json.loads(await self.connection.recv())

    async def until(self, name: str) -> list[dict[str, Any]]:
        """Frames up to and including the first one of this type."""
        frames = [await self.next()]
        while frames[-1]["type"] != name:
            frames.append(await self.next())
        return frames

    async def rest(self) -> list[str]:
        """What comes until the connection ends, as text."""
        return [str(text) async for text in self.connection]

    async def settled(self) -> list[dict[str, Any]]:
        """What has been sent so far: frames before the answer to a command that has one at once."""
        await self.send("sync?", event_id="sync")
        frames = [await self.next()]
        while "sync?" not in str(frames[-1]):
            frames.append(await self.next())
        return frames[:-1]


@pytest.fixture(scope="session")
async def running_liveavatar() -> AsyncIterator[LiveAvatarEmulator]:
    emulator = LiveAvatarEmulator(rate=0)
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
def liveavatar(running_liveavatar: LiveAvatarEmulator) -> LiveAvatarEmulator:
    running_liveavatar.reset()
    return running_liveavatar


@pytest.fixture
async def api(liveavatar: LiveAvatarEmulator) -> AsyncIterator[httpx2.AsyncClient]:
    """A client without credentials."""
    async with httpx2.AsyncClient(base_url=liveavatar.url, verify=NO_CERTIFICATES) as client:
        yield client


@pytest.fixture
def create(api: httpx2.AsyncClient) -> Post:
    """Ask for a token; keyword arguments change the body (None removes)."""

    async def post(**fields: Any) -> httpx2.Response:
        body = {"mode": "LITE", "avatar_id": ALEX} | fields
        kept = {name: value for name, value in body.items() if value is not None}
        return await api.post("/v1/sessions/token", json=kept, headers=KEY)

    return post


@pytest.fixture
def begin(api: httpx2.AsyncClient, create: Post) -> Post:
    """Ask for a token and start its session."""

    async def start(**fields: Any) -> httpx2.Response:
        token = (await create(**fields)).json()["data"]["session_token"]
        return await api.post("/v1/sessions/start", headers={"Authorization": f"Bearer {token}"})

    return start


@pytest.fixture
async def dial(begin: Post) -> AsyncIterator[Callable[..., Awaitable[Line]]]:
    """Start a session and connect to its websocket; with an `address`, only connect."""
    lines: list[Line] = []

    async def open_line(address: str | None = None, **fields: Any) -> Line:
        url = address or (await begin(**fields)).json()["data"]["ws_url"]
        lines.append(Line(await connect(url)))
        return lines[-1]

    yield open_line
    for line in lines:
        await line.connection.close()


@pytest.fixture
async def line(dial: Callable[..., Awaitable[Line]]) -> Line:
    """A started session's websocket that has been told `connected`."""
    line = await dial()
    await line.next()
    assert (await line.next())["state"] == "connected"
    return line


@pytest.fixture
def found(liveavatar: LiveAvatarEmulator) -> Callable[[], list[str]]:
    """Codes of what the client did wrong so far, without what `Line.settled` does."""
    return lambda: [finding.code for finding in liveavatar.findings if "sync?" not in finding.detail]
