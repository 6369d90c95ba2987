"""One side of a WebRTC connection that stays on this machine."""

from __future__ import annotations

import asyncio
import contextlib

import aioice.ice
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection
from aiortc.exceptions import InvalidStateError

CLOSE_SECONDS = 5.0

# An emulator serves nobody but this machine; the library would offer every address the machine has.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


class Peer(RTCPeerConnection):
    """A peer connection that asks no server for its addresses, needs one socket, and can be closed at any moment."""

    def __init__(self) -> None:
        super().__init__(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))

    async def hang_up(self) -> None:
        """Close, within a bound."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.close()

    async def _RTCPeerConnection__connect(self) -> None:
        # The library runs this in a task that nobody awaits; closing meanwhile would leave its error there.
        with contextlib.suppress(InvalidStateError, ConnectionError):
            await super()._RTCPeerConnection__connect()  # type: ignore[misc]
