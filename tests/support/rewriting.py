"""A reverse proxy before a stand-in: its answers can be changed, and requests answered in its place."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

import httpx2
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from emulators.base import Emulator

Instead = Callable[[dict[str, Any]], Any]
Rewrite = Callable[[Any], Any]
HOP = frozenset({"host", "content-length", "connection", "transfer-encoding"})


class RewritingProxy(Emulator):
    """Passes requests on to `target` (an address without a path) and its answers back."""

    name = "proxy"

    def __init__(self, target: str) -> None:
        super().__init__()
        self._target = target
        # It only goes to this machine, so it loads no certificates, which would block the loop.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._client = httpx2.AsyncClient(verify=context, trust_env=False, timeout=10.0)
        self._instead: list[tuple[str, re.Pattern[str], Instead]] = []
        self._rewrites: list[tuple[str, re.Pattern[str], Rewrite]] = []

    def instead(self, method: str, path: str, answer: Instead) -> None:
        """Answer 200 with what `answer` makes of the request's fields, unless that is None; the target hears nothing.

        `path` is a regular expression for the whole path.
        """
        self._instead.append((method, re.compile(path), answer))

    def rewrite(self, method: str, path: str, change: Rewrite) -> None:
        """Answer what `change` makes of the target's JSON; `path` is a regular expression for the whole path."""
        self._rewrites.append((method, re.compile(path), change))

    def relent(self) -> None:
        """Change nothing any more."""
        self._instead.clear()
        self._rewrites.clear()

    def routes(self) -> list[BaseRoute]:
        """All paths."""
        return [Route("/{path:path}", self._pass, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])]

    async def _pass(self, request: Request) -> Response:
        body = await request.body()
        for answer in _matching(self._instead, request):
            if (content := answer(_fields(request, body))) is not None:
                return JSONResponse(content)
        reply = await self._client.request(
            request.method,
            self._target + request.url.path,
            params=dict(request.query_params) or None,
            headers={name: value for name, value in request.headers.items() if name not in HOP},
            content=body,
        )
        headers = {name: value for name, value in reply.headers.items() if name.lower() not in HOP}
        return Response(self._changed(request, reply), reply.status_code, headers)

    def _changed(self, request: Request, reply: httpx2.Response) -> bytes:
        content: bytes = reply.content
        for change in _matching(self._rewrites, request):
            if reply.is_success:
                content = json.dumps(change(json.loads(content))).encode()
        return content

    async def stop(self) -> None:
        """Close the listener and the connections to the target."""
        await super().stop()
        await self._client.aclose()


@asynccontextmanager
async def rewriting(target: str) -> AsyncIterator[RewritingProxy]:
    """A proxy before `target`, as long as the block runs."""
    proxy = RewritingProxy(target)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()


def _matching(hooks: list[tuple[str, re.Pattern[str], Any]], request: Request) -> list[Any]:
    return [hook for method, path, hook in hooks if method == request.method and path.fullmatch(request.url.path)]


def _fields(request: Request, body: bytes) -> dict[str, Any]:
    """The query and the fields of a form or of a JSON object."""
    fields: dict[str, Any] = dict(request.query_params)
    if "json" in request.headers.get("content-type", ""):
        return {**fields, **json.loads(body)}
    return fields | dict(parse_qsl(body.decode(), keep_blank_values=True))
