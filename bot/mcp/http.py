"""Streamable HTTP: the door of `/mcp`. Without a token nothing behind it is reached."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import structlog
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.mcp.server import Context, Desk, Parts
from bot.mcp.tokens import Token, Tokens

log = structlog.get_logger(__name__)

PATH = "/mcp"
LARGEST = 1024 * 1024  # bytes of a request
WHOSE = "greenroom.program"  # where the door leaves in the scope whose request it is
REFUSED = "A bearer token is needed, one of MCP_TOKENS."
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class Door:
    """Lets requests with a token in. No session is kept: a restart loses nothing, and any process may answer."""

    def __init__(self, tokens: Tokens, parts: Parts, *, version: str, public_url: str | None) -> None:
        self._tokens = tokens
        self._origins = {public_url} if public_url else set()
        self._server: Server[object] = Desk(parts, whose).server(version)
        # Whoever has the token may come by any name of ours, so the name in the request is not looked at.
        self._manager = StreamableHTTPSessionManager(self._server, stateless=True, max_request_body_size=LARGEST)

    def route(self) -> Route:
        """Where programs come to."""
        return Route(PATH, _Endpoint(self), methods=None)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Answer requests for as long as the block lasts. The manager lives and ends in a task of its own."""
        opened, closing = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(self._hold(opened, closing), name="mcp")
        waiting = asyncio.create_task(opened.wait())
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        try:
            yield
        finally:
            closing.set()
            await task

    async def _hold(self, opened: asyncio.Event, closing: asyncio.Event) -> None:
        async with self._manager.run():
            opened.set()
            await closing.wait()

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if not welcome(headers.get("origin"), self._origins):
            refusal: Response = _refusal(403, "forbidden_origin", "Requests of this page are not answered.")
        elif (token := self._token(headers.get("authorization", ""))) is None:
            refusal = _refusal(401, "unauthorized", REFUSED)
            refusal.headers["WWW-Authenticate"] = 'Bearer realm="greenroom"'
        else:
            scope.setdefault("state", {})[WHOSE] = token
            await self._manager.handle_request(scope, receive, send)
            return
        log.info("program_refused", status=refusal.status_code)
        await refusal(scope, receive, send)

    def _token(self, authorization: str) -> Token | None:
        scheme, _, secret = authorization.partition(" ")
        return self._tokens.of(secret.strip()) if scheme.lower() == "bearer" else None


class _Endpoint:
    """A class, so that Starlette hands it the raw request."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._door.answer(scope, receive, send)


def welcome(origin: str | None, ours: Collection[str]) -> bool:
    """Whether a request of a web page from `origin` is answered; programs that are no pages send none."""
    if origin is None or origin in ours:
        return True
    try:
        return urlsplit(origin).hostname in LOCAL
    except ValueError:
        return False


def whose(context: Context) -> Token:
    """The token that a request came by; `LookupError` where the door was not passed."""
    token = context.request.scope.get("state", {}).get(WHOSE) if context.request is not None else None
    if isinstance(token, Token):
        return token
    raise LookupError("a request without a token has come through")


def _refusal(status: int, code: str, message: str) -> JSONResponse:
    body = {"jsonrpc": "2.0", "id": None, "error": {"code": -32001, "message": message, "data": {"code": code}}}
    return JSONResponse(body, status_code=status)
