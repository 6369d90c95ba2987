"""A load balancer in miniature: one address, and for each connection the next application that is ready."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

CHUNK = 65_536


class Proxy:
    """Forwards bytes; `ports` tells which local ports are ready now."""

    def __init__(self, ports: Callable[[], list[int]]) -> None:
        self._ports = ports
        self._server: asyncio.Server | None = None
        self._count = 0
        self._open: set[asyncio.StreamWriter] = set()
        self.url = ""

    async def open(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Break every connection."""
        if self._server is not None:
            self._server.close()
            for writer in self._open:
                writer.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            ports = self._ports()
            if ports:
                self._count += 1
                behind = await asyncio.open_connection("127.0.0.1", ports[self._count % len(ports)])
                await asyncio.gather(_pump(reader, behind[1]), _pump(behind[0], writer))
        except OSError:
            pass  # nobody there: whoever asked sees the connection close
        finally:
            self._open.discard(writer)
            writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
