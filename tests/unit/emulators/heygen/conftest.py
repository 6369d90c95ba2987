"""One emulator for the run, reset for each test, with jobs that move only when told to."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from emulators.base import Emulator
from emulators.heygen import HeyGenEmulator

# Loopback needs no certificates; loading them would be most of a test's time.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

Translate = Callable[..., Awaitable[httpx2.Response]]


class Receiver(Emulator):
    """A webhook receiver: keeps raw bodies, answers what `statuses` says, then 200."""

    name = "receiver"

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[bytes] = []
        self.statuses: list[int] = []
        self.options_status = 200

    def routes(self) -> list[BaseRoute]:
        return [Route("/{rest:path}", self.receive, methods=["POST", "OPTIONS"])]

    def reset(self) -> None:
        super().reset()
        self.bodies.clear()
        self.statuses.clear()
        self.options_status = 200

    async def receive(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=self.options_status)
        self.bodies.append(await request.body())
        return Response(status_code=self.statuses.pop(0) if self.statuses else 200)


@pytest.fixture(scope="session")
async def running_heygen() -> AsyncIterator[HeyGenEmulator]:
    emulator = HeyGenEmulator(speed="step")
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture(scope="session")
async def running_receiver() -> AsyncIterator[Receiver]:
    emulator = Receiver()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
def heygen(running_heygen: HeyGenEmulator) -> HeyGenEmulator:
    running_heygen.reset()
    return running_heygen


@pytest.fixture
def receiver(running_receiver: Receiver, heygen: HeyGenEmulator) -> Receiver:
    running_receiver.reset()
    return running_receiver


@pytest.fixture
async def api(heygen: HeyGenEmulator) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with the default account's key."""
    headers = {"X-Api-Key": "hg-key-1"}
    async with httpx2.AsyncClient(base_url=heygen.url, headers=headers, verify=NO_CERTIFICATES) as client:
        yield client


@pytest.fixture
def translate(api: httpx2.AsyncClient) -> Translate:
    """Submit a translation of a film elsewhere; keyword arguments are further fields of the body."""

    async def submit(*languages: str, key: str | None = None, **fields: Any) -> httpx2.Response:
        video = {"type": "url", "url": "https://media.example.com/film.mp4"}
        body = {"video": video, "output_languages": list(languages) or ["German (Germany)"]} | fields
        headers = {} if key is None else {"Idempotency-Key": key}
        return await api.post("/v3/video-translations", json=body, headers=headers)

    return submit


@pytest.fixture
def avatar_video(api: httpx2.AsyncClient) -> Translate:
    """Submit a video in which an avatar says hello; keyword arguments change the body (None removes)."""

    async def submit(key: str | None = None, **fields: Any) -> httpx2.Response:
        body = {"type": "avatar", "avatar_id": "look-1", "script": "Hello there.", "voice_id": "voice-1"} | fields
        headers = {} if key is None else {"Idempotency-Key": key}
        kept = {name: value for name, value in body.items() if value is not None}
        return await api.post("/v3/videos", json=kept, headers=headers)

    return submit
