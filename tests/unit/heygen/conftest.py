"""A transport that answers from a script, a real transport over a handler, and a small server on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx2
import pytest
from starlette.requests import Request as WebRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from emulators.base import Emulator
from heygen import Client, HttpTransport, Reply, Request


class ScriptedTransport:
    """Answers each request with the next step, a body or an error, and remembers the requests."""

    def __init__(self) -> None:
        self.steps: list[Any] = []
        self.requests: list[Request] = []

    def answer(self, *steps: Any) -> None:
        self.steps.extend(steps)

    async def send(self, request: Request) -> Reply:
        self.requests.append(request)
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return Reply(200, {}, step, "req-1")

    @property
    def only(self) -> Request:
        assert len(self.requests) == 1
        return self.requests[0]


@pytest.fixture
def transport() -> Iterator[ScriptedTransport]:
    scripted = ScriptedTransport()
    yield scripted
    assert not scripted.steps, "answers that nobody asked for"


@pytest.fixture
def client(transport: ScriptedTransport) -> Client:
    return Client(transport)


Handler = Callable[[httpx2.Request], Any]


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., HttpTransport]]:
    """Make an `HttpTransport` whose network is a function."""
    clients = []

    def make(handler: Handler, **options: Any) -> HttpTransport:
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(handler))
        clients.append(http)
        return HttpTransport("https://heygen.example", "key-1", http, "greenroom/1", **options)

    yield make
    for http in clients:
        await http.aclose()


class SmallServer(Emulator):
    """Answers everything with `{"data": {"seen": <path>}}`."""

    def routes(self) -> list[BaseRoute]:
        return [Route("/{path:path}", self.echo, methods=["GET", "POST", "DELETE"])]

    async def echo(self, request: WebRequest) -> Response:
        return JSONResponse({"data": {"seen": request.url.path}}, headers={"X-Request-Id": "req-9"})


@pytest.fixture
async def server() -> AsyncIterator[SmallServer]:
    small = SmallServer()
    await small.start()
    yield small
    await small.stop()


@pytest.fixture
async def wire(server: SmallServer) -> AsyncIterator[HttpTransport]:
    """A transport connected to the small server by TCP."""
    async with httpx2.AsyncClient() as http:
        yield HttpTransport(server.url, "key-1", http, "greenroom/1")
