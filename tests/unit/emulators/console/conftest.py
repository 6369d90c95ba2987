"""The page over three running emulators, reset for each test, with a client that behaves like the page itself."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from emulators.base import Emulator
from emulators.console import Console
from emulators.heygen import HeyGenEmulator
from emulators.openai import OpenAIEmulator
from emulators.slack import SlackEmulator

# Loopback needs no certificates; loading them would be most of a test's time.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

Send = Callable[..., Awaitable[httpx2.Response]]


class App(Emulator):
    """An app that acknowledges everything and keeps what it was sent."""

    name = "app"

    def routes(self) -> list[BaseRoute]:
        return [Route("/slack", self.receive, methods=["POST"])]

    async def receive(self, request: Request) -> Response:
        is_command = "command" in parse_qs((await request.body()).decode())
        return JSONResponse({"text": "You have no jobs yet."}) if is_command else Response()


@dataclass(frozen=True, slots=True)
class Running:
    """Everything that listens."""

    slack: SlackEmulator
    heygen: HeyGenEmulator
    openai: OpenAIEmulator
    app: App
    console: Console


@pytest.fixture(scope="session")
async def running() -> AsyncIterator[Running]:
    slack, heygen, openai, app = SlackEmulator(), HeyGenEmulator(speed="step"), OpenAIEmulator(), App()
    console = Console(slack, heygen, openai)
    for emulator in (slack, heygen, openai, app):
        await emulator.start()
    slack.configure(f"{app.url}/slack")
    await console.start(0)
    yield Running(slack, heygen, openai, app, console)
    for server in (console, slack, heygen, openai, app):
        await server.stop()


@pytest.fixture
async def slack(running: Running) -> AsyncIterator[SlackEmulator]:
    running.slack.reset()
    yield running.slack
    await running.slack.settle()


@pytest.fixture
def heygen(running: Running) -> HeyGenEmulator:
    running.heygen.reset()
    return running.heygen


@pytest.fixture
def openai(running: Running) -> OpenAIEmulator:
    running.openai.reset()
    return running.openai


@pytest.fixture
def app(running: Running) -> App:
    running.app.reset()
    return running.app


@pytest.fixture
async def stranger(
    running: Running, slack: SlackEmulator, heygen: HeyGenEmulator, openai: OpenAIEmulator, app: App
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client that sends no Origin, over emulators that were just reset."""
    async with httpx2.AsyncClient(base_url=running.console.url, verify=NO_CERTIFICATES, trust_env=False) as client:
        yield client


@pytest.fixture
async def page(stranger: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """A client that sends the page's Origin, as a browser does."""
    stranger.headers["Origin"] = str(stranger.base_url).rstrip("/")
    return stranger


@pytest.fixture
def send(page: httpx2.AsyncClient) -> Send:
    """Send one of the page's actions: `await send("say", user="alice", …)`."""

    async def send(action: str, **body: Any) -> httpx2.Response:
        return await page.post(f"/api/{action}", json=body)

    return send
