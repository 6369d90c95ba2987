"""The transport to LiveAvatar over TCP: credentials, budgets, repetition."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from starlette.requests import Request as WebRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from emulators.base import Emulator
from heygen import READ_POLICY, HttpTransport, Request, RetryingTransport, ServerError
from heygen.live import LiveClient, SessionLimitReached, SessionToken, live_transport
from tests.support.clock import ManualClock

SESSION = SessionToken(session_id="s1", token="jwt-1")


class SessionServer(Emulator):
    """Starts anything, stops anything, and remembers with which credentials."""

    def __init__(self) -> None:
        super().__init__()
        self.credentials: list[tuple[str | None, str | None]] = []
        self.start_body: dict[str, Any] = {}
        self.start_status = 201

    def routes(self) -> list[BaseRoute]:
        return [Route("/v1/sessions/{verb}", self.act, methods=["POST"])]

    async def act(self, request: WebRequest) -> Response:
        self.credentials.append((request.headers.get("x-api-key"), request.headers.get("authorization")))
        starting = request.path_params["verb"] == "start"
        body = self.start_body if starting else {"code": 1000, "data": None, "message": "ok"}
        return JSONResponse(body, status_code=self.start_status if starting else 200)


@pytest.fixture
async def server() -> AsyncIterator[SessionServer]:
    running = SessionServer()
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def wire(server: SessionServer) -> AsyncIterator[HttpTransport]:
    async with httpx2.AsyncClient() as http:
        yield live_transport(server.url, "key-1", http, "greenroom/1")


async def test_a_start_carries_the_token_alone_and_a_stop_the_key_alone(server: Any, wire: Any) -> None:
    server.start_body = {
        "code": 100,
        "data": {"session_id": "s1", "livekit_url": "w", "livekit_client_token": "t", "ws_url": "wss://x"},
        "message": "",
    }
    live = LiveClient(wire)
    await live.start_session(SESSION)
    await live.stop_session("s1")

    assert server.credentials == [(None, "Bearer jwt-1"), ("key-1", None)]


async def test_the_errors_are_live_avatars(server: Any, wire: Any) -> None:
    server.start_body, server.start_status = {"code": 4003, "message": "limit"}, 403

    with pytest.raises(SessionLimitReached):
        await LiveClient(wire).start_session(SESSION)


async def test_a_stop_that_fails_twice_succeeds_at_last(server: Any, wire: Any) -> None:
    server.fail("before", status=503)
    server.fail("before", status=503)
    clock = ManualClock()
    retrying = RetryingTransport(wire, READ_POLICY, lambda seconds: clock.sleep(0), lambda: 0.5)

    assert await LiveClient(retrying).stop_session("s1") is True
    assert len(server.credentials) == 1


async def test_a_start_is_sent_once(server: Any, wire: Any) -> None:
    server.fail("before", "/v1/sessions/start", status=503)
    retrying = RetryingTransport(wire, READ_POLICY, lambda seconds: ManualClock().sleep(0), lambda: 0.5)

    with pytest.raises(ServerError):
        await LiveClient(retrying).start_session(SESSION)
    paths = [entry.path for entry in server.journal.entries]
    assert paths == ["/v1/sessions/start", "/v1/sessions/stop"]


async def test_an_unsendable_token_is_refused_without_showing_it() -> None:
    with pytest.raises(ValueError, match="bearer") as caught:
        Request(operation="x", method="POST", path="/", bearer="jwt-1\r\nX: 1")
    assert "jwt" not in str(caught.value)


def test_the_token_is_in_no_repr() -> None:
    assert "jwt-1" not in repr(Request(operation="x", method="POST", path="/", bearer="jwt-1"))
