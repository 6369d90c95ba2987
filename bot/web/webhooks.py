"""Where HeyGen reports: verified before it is read, answered at once."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.hints import Hints
from heygen import InvalidSignature, MalformedEvent, WebhookEvent, webhooks

log = structlog.get_logger(__name__)

BODY_LIMIT = 1_000_000


class TooLarge(Exception):
    """The request's body is over the limit."""


class Webhooks:
    """The webhook routes. `account_of` tells whose path was called, None for a path we never gave out."""

    def __init__(self, *, hints: Hints, secret: str | None, account_of: Callable[[str], str | None]) -> None:
        self._hints = hints
        self._secret = secret
        self._account_of = account_of

    def routes(self) -> list[Route]:
        """HeyGen probes with OPTIONS within a second and reports with POST."""
        return [
            Route("/webhooks/heygen/callback/{token}", self._callback, methods=["POST", "OPTIONS"]),
            Route("/webhooks/heygen/{token}", self._signed, methods=["POST", "OPTIONS"]),
        ]

    async def _signed(self, request: Request) -> Response:
        """An event of a registered endpoint."""
        account_id = self._account_of(request.path_params["token"])
        if account_id is None:
            return _say(404, "no such endpoint")
        if request.method == "OPTIONS":
            return _say(200, "ok")
        if self._secret is None:
            return _say(503, "no webhook secret is configured")
        try:
            body = await _body(request)
            # Without a look at the timestamp: it is not signed, and a delivery repeated for 24 h may carry an old one.
            webhooks.verify(self._secret, request.headers, body)
            event = webhooks.parse(body, request.headers)
        except (InvalidSignature, MalformedEvent, TooLarge) as error:
            log.warning("webhook_refused", account=account_id, error=type(error).__name__)
            return _say(401 if isinstance(error, InvalidSignature) else 400, "refused")
        await self._hints.receive(account_id, event)
        return _say(200, "ok")

    async def _callback(self, request: Request) -> Response:
        """An unsigned callback of one job: its path proves nothing but that we gave it out, so it is a hint."""
        account_id = self._account_of(request.path_params["token"])
        if account_id is None:
            return _say(404, "no such endpoint")
        if request.method == "POST":
            try:
                event: WebhookEvent = webhooks.parse(await _body(request), request.headers)
            except (MalformedEvent, TooLarge):
                return _say(400, "refused")
            await self._hints.touch(account_id, event)
        return _say(200, "ok")


async def _body(request: Request) -> bytes:
    """The body, refused as soon as it is too large."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_LIMIT:
                raise TooLarge
    except ClientDisconnect as error:
        raise MalformedEvent("the sender went away") from error
    return body


def _say(status: int, text: str) -> Response:
    return PlainTextResponse(text + "\n", status_code=status)
