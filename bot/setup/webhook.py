"""Registering at HeyGen where it reports what became of jobs."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator

import httpx2
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.accounts import account_id_of, webhook_path
from bot.heygen_account import heygen_client
from bot.server import Server, bound
from bot.settings import Settings
from heygen import Client

USER_AGENT = "greenroom"
SLACK_SECONDS = 8
MOST_PAGES = 20


async def registered(settings: Settings) -> str | None:
    """The secret of our endpoint at HeyGen, which is made if there is none; None when ours is registered and known.

    Raises `HeyGenError`, and `SlackApiError` where Slack does not say which workspace this is.
    """
    url = await _address(settings)
    async with httpx2.AsyncClient() as http:
        client = heygen_client(settings, http, USER_AGENT)
        there = await _found(client, url)
        if there is not None and settings.heygen_webhook_secret is not None:
            return None
        if there is not None:  # its secret is never told again
            return await client.rotate_webhook_secret(there, idempotency_key=secrets.token_hex(16))
        async with _answering(settings):
            made = await client.create_webhook_endpoint(url, idempotency_key=secrets.token_hex(16))
    return made.secret


async def _address(settings: Settings) -> str:
    token = settings.secret("slack_bot_token")
    slack = AsyncWebClient(token=token, base_url=settings.slack_api_url, timeout=SLACK_SECONDS)
    team_id = str((await slack.auth_test())["team_id"])
    return f"{settings.public_url}{webhook_path(settings.secret('secret_key'), account_id_of(team_id))}"


async def _found(client: Client, url: str) -> str | None:
    token = None
    for _ in range(MOST_PAGES):
        page = await client.list_webhook_endpoints(limit=100, token=token)
        for endpoint in page.items:
            if endpoint.url == url:
                return endpoint.id
        if (token := page.next_token) is None:
            return None
    return None


@contextlib.asynccontextmanager
async def _answering(settings: Settings) -> AsyncIterator[None]:
    """Somebody has to answer there while HeyGen looks: the app itself if it runs, else this."""
    try:
        listener = bound(settings.host, settings.port)
    except OSError:
        yield
        return
    server = Server(Starlette(routes=[Route("/{path:path}", _fine, methods=["OPTIONS"])]), listener)
    await server.start()
    try:
        yield
    finally:
        await server.stop()
        listener.close()


async def _fine(_: Request) -> Response:
    return Response()
