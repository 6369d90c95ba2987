"""Slack's requests: guarded against what Bolt would answer with a 500, and counted while they wait for their answer."""

from __future__ import annotations

from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.slack.intake import timestamp_guard

MANY = 20  # at two hundred events a second, those of a tenth of a second; Slack gives each three


class Crowd:
    """How many wait for an answer of ours right now: work for which nobody waits makes room for them."""

    def __init__(self) -> None:
        self.waiting = 0

    def is_big(self) -> bool:
        """Whether there are more than a moment's."""
        return self.waiting > MANY


class SlackRequests:
    """Slack's one endpoint."""

    def __init__(self, handler: AsyncSlackRequestHandler, crowd: Crowd) -> None:
        self._handler = handler
        self._crowd = crowd

    async def answer(self, request: Request) -> Response:
        """Events, interactivity and commands."""
        if not timestamp_guard(request.headers):
            return PlainTextResponse("invalid request\n", status_code=401)
        self._crowd.waiting += 1
        try:
            return await self._handler.handle(request)
        finally:
            self._crowd.waiting -= 1
