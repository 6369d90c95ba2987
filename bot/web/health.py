"""`/healthz`: the process is alive. `/readyz`: whether it can do its work, and how much of it waits; no details.

Not ready (503) is what taking the process out of service may mend: a database that does not answer, a loop that keeps
failing, a Socket Mode connection that is refused or away for a minute. A process that is about to end is `draining`
(503): nothing more is to be sent to it. What needs an eye and not a restart (work that piles up, a loop that has
stumbled) is ready, but `degraded`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import enum
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from agent.records import Json
from bot.slack.socket import SocketStatus
from bot.store.overview import Backlog

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 2.0
PERSISTENT = 5  # failed rounds in a row: about ten seconds, of a loop that waits longer between them more
SPARED = frozenset({"notifications", "catch-up"})  # other loops stand in for these, only slower
AWAY_SECONDS = 60.0  # that Slack cannot reach us, before somebody should
OVERDUE_SECONDS = 300.0  # that something due may wait before it is worth a look

Result = TypeVar("Result")


class Status(enum.StrEnum):
    """The verdict."""

    DRAINING = "draining"
    READY = "ready"
    DEGRADED = "degraded"
    FAILING = "failing"


class Health:
    """Answers for the process. What is asked: the database, the backlog in it, each loop's failed rounds in a row."""

    def __init__(
        self,
        *,
        ping: Callable[[], Awaitable[None]],
        backlog: Callable[[], Awaitable[Backlog]],
        failures: Callable[[], Mapping[str, int]],
        slack_known: Callable[[], bool],
        socket: Callable[[], SocketStatus | None] = lambda: None,
        draining: Callable[[], bool] = lambda: False,
    ) -> None:
        self._ping = ping
        self._backlog = backlog
        self._failures = failures
        self._slack_known = slack_known
        self._socket = socket
        self._draining = draining

    def routes(self) -> list[Route]:
        """The health routes."""
        return [Route("/healthz", self._alive), Route("/readyz", self._ready)]

    async def _alive(self, request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def _ready(self, request: Request) -> Response:
        if self._draining():
            return JSONResponse({"status": Status.DRAINING}, status_code=503)
        _, database = await _answer("database", self._ping)
        backlog, counted = await _answer("backlog", self._backlog)
        failing = {name: times for name, times in self._failures().items() if times}
        known, socket = self._slack_known(), self._socket()
        status = verdict(
            database=database and counted, failing=failing, slack_known=known, backlog=backlog, socket=socket
        )
        body: Json = {
            "status": status,
            "database": "ok" if database else "failing",
            "slack": "known" if known else "unknown",
            **({} if socket is None else {"socket": _word(socket)}),
            "failing_loops": failing,
            **({} if backlog is None else dataclasses.asdict(backlog)),
        }
        return JSONResponse(body, status_code=503 if status is Status.FAILING else 200)


def verdict(
    *,
    database: bool,
    failing: Mapping[str, int],
    slack_known: bool,
    backlog: Backlog | None,
    socket: SocketStatus | None = None,
) -> Status:
    """What the findings come to; `failing` counts failed rounds in a row by loop, `socket` is None over HTTP."""
    if not database or any(times >= PERSISTENT for name, times in failing.items() if name not in SPARED):
        return Status.FAILING
    if socket is not None and (socket.refusal is not None or socket.away > AWAY_SECONDS):
        return Status.FAILING
    overdue = backlog is not None and max(backlog.oldest_delivery, backlog.oldest_submission) > OVERDUE_SECONDS
    away = socket is not None and not socket.connected
    return Status.DEGRADED if failing or overdue or away or not slack_known else Status.READY


def _word(socket: SocketStatus) -> str:
    if socket.connected:
        return "connected"
    return "connecting" if socket.refusal is None else "refused"


async def _answer(part: str, ask: Callable[[], Awaitable[Result]]) -> tuple[Result | None, bool]:
    """What a part answers, and whether it did, in time."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await ask(), True
    except Exception as error:  # noqa: BLE001 - whatever a part raises means that it does not work
        log.warning("not_ready", part=part, error=type(error).__name__)
        return None, False
