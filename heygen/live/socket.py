"""The websocket library behind a seam: no redirect followed, nothing logged, foreign errors mapped to ours.

The address carries its own authority, and the library's log lines and exceptions quote it. So neither leaves here.
"""

from __future__ import annotations

import logging
from typing import Literal

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidProxy, InvalidStatus, InvalidURI
from websockets.uri import parse_uri

FRAME_LIMIT = 1024 * 1024
_CLOSE_SECONDS = 3.0

# Not in the tree of loggers, so that no configuration of them can switch it on.
_silent = logging.Logger("heygen.live.wire")  # noqa: LOG001
_silent.disabled = True


class Refused(Exception):
    """The other side answered, and not with a websocket; `status` is HTTP's, None where there was none."""

    def __init__(self, status: int | None) -> None:
        super().__init__(f"the websocket was refused: HTTP {status}")
        self.status = status


class Unreachable(Exception):
    """There was no answer that would settle it: it may be tried again."""


class _Connect(connect):
    def process_redirect(self, exc: Exception) -> Exception | str:
        """Follow none: the address is a secret."""
        return exc


def check_url(url: str) -> None:
    """`ValueError`, without the address in it, when `url` is no websocket's."""
    if not _is_websocket(url):
        raise ValueError("the address of a session's websocket must be ws(s)://host[:port]/path")


def _is_websocket(url: str) -> bool:
    try:
        parse_uri(url)
    except (InvalidURI, ValueError):
        return False
    return True


async def open_socket(url: str, *, proxy: str | Literal[True] | None) -> ClientConnection:
    """Open the websocket; whoever calls bounds the time. Raises `Refused` or `Unreachable`.

    The library's own pings are off: the media server was seen to hold back its answers under load, and the library
    would then close a connection that is fine.
    """
    refused: Refused | Unreachable
    try:
        return await _Connect(
            url,
            compression=None,  # sound in base64 hardly shrinks
            proxy=proxy,
            open_timeout=None,
            ping_interval=None,
            close_timeout=_CLOSE_SECONDS,
            max_size=FRAME_LIMIT,
            logger=_silent,
        )
    except InvalidStatus as error:
        status = error.response.status_code
        refused = Unreachable() if status >= 500 or status in (408, 429) else Refused(status)
    except (InvalidHandshake, OSError, TimeoutError, EOFError):
        refused = Unreachable()
    except (InvalidURI, InvalidProxy):
        refused = Refused(None)
    raise refused  # outside of the handlers, so that what quotes the address is not chained to it
