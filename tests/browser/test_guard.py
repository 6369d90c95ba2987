"""The browser's tests run on uvloop, where Python sees no connections: the loop itself refuses what leads outside."""

from __future__ import annotations

import asyncio

import pytest
import uvloop

from tests.conftest import OutsideConnectionError

pytestmark = pytest.mark.browser


async def test_nothing_leads_outside() -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, uvloop.Loop)
    with pytest.raises(OutsideConnectionError):
        await loop.create_connection(asyncio.Protocol, "192.0.2.1", 80)
    with pytest.raises(OutsideConnectionError):
        await loop.getaddrinfo("example.com", 80)
