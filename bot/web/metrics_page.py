"""`/metrics`: for Prometheus, and for nobody without the token of the settings."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.metrics import Metrics
from bot.store.counts import Counts
from bot.store.database import TROUBLE

log = structlog.get_logger(__name__)


class MetricsPage:
    """`token` None: there is no such page. `counts` reads the tables, `live_sessions` is this process's own."""

    def __init__(
        self,
        metrics: Metrics,
        *,
        token: str | None,
        counts: Callable[[], Awaitable[Counts]],
        live_sessions: Callable[[], int],
    ) -> None:
        self._metrics = metrics
        self._token = token
        self._counts = counts
        self._live_sessions = live_sessions

    def routes(self) -> list[Route]:
        """The page's route, where there is one."""
        return [] if self._token is None else [Route("/metrics", self._answer)]

    async def _answer(self, request: Request) -> Response:
        if not self._allowed(request.headers.get("authorization", "")):
            return PlainTextResponse("not allowed\n", status_code=401, headers={"WWW-Authenticate": "Bearer"})
        try:
            counts = await self._counts()
        except TROUBLE as error:
            log.warning("not_counted", error=type(error).__name__)
            return PlainTextResponse("the database does not answer\n", status_code=503)
        text = self._metrics.page(counts, self._live_sessions())
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    def _allowed(self, given: str) -> bool:
        wanted = f"Bearer {self._token}"
        return hmac.compare_digest(given.encode(), wanted.encode())
