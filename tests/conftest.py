"""What every test gets: the asyncio backend, a closed network, and a watch for blocking calls."""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import Any

import pytest

LOOPBACK_NAMES = {"localhost", ""}


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Everything runs on asyncio: aiohttp, under the Slack SDK, knows nothing else."""
    return "asyncio"


def _is_loopback(host: Any) -> bool:
    if not isinstance(host, str) or host in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


class OutsideConnectionError(BaseException):
    """A test tried to leave this machine. Not an `Exception`, so that no retry loop can swallow it."""


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        connection, address = arguments
        if connection.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise OutsideConnectionError(f"connect to {address!r}")
    elif event == "socket.getaddrinfo" and not _is_loopback(arguments[0]):
        raise OutsideConnectionError(f"look up {arguments[0]!r}")


sys.addaudithook(_audit)
