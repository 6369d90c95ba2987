"""Socket Mode's place in the application: made from the settings, begun with it, ended before anything else of it."""

from __future__ import annotations

from contextlib import AsyncExitStack

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import MonotonicClock
from bot.identity import IdentityHolder
from bot.settings import Settings, SettingsError
from bot.slack.socket import ANOTHER_APP, BoltAnswers, Refused, SocketMode, opening

FIRST_CONNECTION_SECONDS = 10.0


def socket_mode(
    settings: Settings, client: AsyncWebClient, bolt: AsyncApp, identity: IdentityHolder
) -> SocketMode | None:
    """Socket Mode for this app; None without an app-level token."""
    if settings.slack_app_token is None:
        return None
    return SocketMode(
        opening=opening(client, settings.secret("slack_app_token")),
        answer=BoltAnswers(bolt),
        app_id=lambda: identity().app_id if identity.known else "",
        clock=MonotonicClock(),
    )


async def begin(stack: AsyncExitStack, socket: SocketMode | None) -> None:
    """Connect, and have it stopped when `stack` is closed. `SettingsError` when Slack will not have us."""
    if socket is None:
        return
    try:
        await socket.start(FIRST_CONNECTION_SECONDS)
    except Refused as error:
        raise SettingsError(_why(error.code)) from error
    stack.push_async_callback(socket.stop)


def _why(code: str) -> str:
    if code == ANOTHER_APP:
        return "SLACK_APP_TOKEN belongs to another Slack app than SLACK_BOT_TOKEN."
    return f"SLACK_APP_TOKEN was refused by Slack: {code}."
