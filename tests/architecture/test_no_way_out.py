"""A test that tried to reach another machine would fail, whichever way it went."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.conftest import OutsideConnectionError

OUTSIDE = "192.0.2.1"  # a documentation address: nobody has it


@pytest.mark.parametrize("way", ["connect", "connect_ex"])
def test_a_socket_leads_nowhere_else(way: str) -> None:
    with socket.socket() as connection, pytest.raises(OutsideConnectionError):
        getattr(connection, way)((OUTSIDE, 80))


def test_no_other_name_is_looked_up() -> None:
    with pytest.raises(OutsideConnectionError):
        socket.getaddrinfo("example.com", 80)


async def test_neither_does_the_event_loop() -> None:
    with pytest.raises(OutsideConnectionError):
        await asyncio.open_connection(OUTSIDE, 80)
