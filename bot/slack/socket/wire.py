"""Getting a websocket from Slack: an address that works once, then the handshake. Foreign errors become ours.

The address is a secret, and so is the token; the library's log lines and exceptions quote the one. Neither leaves here.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Awaitable, Callable
from typing import Literal
from urllib.parse import urlsplit

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidProxy, InvalidStatus, InvalidURI

from bot.slack.outcomes import SLACK_ERRORS, Failure, judge

FRAME_LIMIT = 8 * 1024 * 1024
FRAMES_AHEAD = 16
HANDSHAKE_SECONDS = 10.0
CLOSE_SECONDS = 1.0  # Slack answers a close, but was seen to leave the connection open after it
LONGEST_WAIT = 300.0

# What only people can change: the token, the app's switch, the workspace.
FATAL = frozenset(
    {
        "access_denied",
        "account_inactive",
        "forbidden_team",
        "invalid_auth",
        "missing_scope",
        "not_allowed_token_type",
        "not_authed",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    }
)

# Not in the tree of loggers, so that no configuration of them can switch it on.
_silent = logging.Logger("bot.slack.socket.wire")  # noqa: LOG001
_silent.disabled = True


class Refused(Exception):
    """Slack gives no address, and will give none until somebody changes something; `code` is its word for it."""

    retryable = False

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack refuses a Socket Mode connection: {code}")
        self.code = code


class Unavailable(Exception):
    """No websocket this time; `retry_after` is what Slack asked to wait, in seconds."""

    retryable = True

    def __init__(self, code: str, retry_after: float = 0.0) -> None:
        super().__init__(f"no Socket Mode connection: {code}")
        self.code = code
        self.retry_after = retry_after


def opening(client: AsyncWebClient, token: str) -> Callable[[], Awaitable[ClientConnection]]:
    """Opens websockets with an app-level token."""

    async def open_one() -> ClientConnection:
        return await open_websocket(await ask_for_address(client, token))

    return open_one


async def ask_for_address(client: AsyncWebClient, token: str) -> str:
    """An address that works once. Raises `Refused` or `Unavailable`."""
    try:
        answer = await client.apps_connections_open(app_token=token)
    except SLACK_ERRORS as error:
        failure = judge(error)
        raise _no_address(failure, final=isinstance(error, SlackApiError)) from error
    url = answer.get("url")
    if not isinstance(url, str):
        raise Unavailable("no_address")
    return url


def _no_address(failure: Failure, *, final: bool) -> Refused | Unavailable:
    if final and failure.code in FATAL:
        return Refused(failure.code)
    return Unavailable(failure.code, min(failure.retry_after, LONGEST_WAIT))


class _Connect(connect):
    def process_redirect(self, exc: Exception) -> Exception | str:
        """Follow none: the address is a secret."""
        return exc


async def open_websocket(url: str) -> ClientConnection:
    """The handshake. Raises `Unavailable`: an address that is refused is dead, and the next one may work."""
    try:
        return await _Connect(
            url,
            compression=None,
            proxy=_proxy(url),
            open_timeout=HANDSHAKE_SECONDS,
            ping_interval=None,  # the fleet decides who is alive
            close_timeout=CLOSE_SECONDS,
            max_size=FRAME_LIMIT,
            max_queue=FRAMES_AHEAD,
            logger=_silent,
        )
    except InvalidStatus as error:
        failed = Unavailable(f"http_{error.response.status_code}")
    except (InvalidHandshake, OSError, TimeoutError, EOFError):
        failed = Unavailable("unreachable")
    except (InvalidURI, InvalidProxy, ValueError):
        failed = Unavailable("bad_address")
    raise failed  # outside of the handlers, so that what quotes the address is not chained to it


def _proxy(url: str) -> Literal[True] | None:
    """The system's proxy, but none for an address on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    return None if here else True
