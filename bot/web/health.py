"""`/healthz`: the process is alive. `/readyz`: it can do its work; says what keeps it from it, without details."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

log = structlog.get_logger(__name__)

PING_SECONDS = 2.0
Ping = Callable[[], Awaitable[None]]


class Health:
    """Answers for a set of named pings; a ping raises when its part does not work."""

    def __init__(self, pings: Mapping[str, Ping]) -> None:
        self._pings = dict(pings)

    def routes(self) -> list[Route]:
        """The health routes."""
        return [Route("/healthz", self._alive), Route("/readyz", self._ready)]

    async def _alive(self, request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def _ready(self, request: Request) -> Response:
        results = {name: await self._ping(name, ping) for name, ping in self._pings.items()}
        return JSONResponse(results, status_code=200 if all(value == "ok" for value in results.values()) else 503)

    async def _ping(self, name: str, ping: Ping) -> str:
        try:
            async with asyncio.timeout(PING_SECONDS):
                await ping()
        except Exception as error:  # noqa: BLE001 - whatever a part raises means that it is not ready
            log.warning("not_ready", part=name, error=type(error).__name__)
            return "failing"
        return "ok"
