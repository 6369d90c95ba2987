"""Serves an ASGI application until the process is asked to stop."""

from __future__ import annotations

import asyncio
import socket

import uvicorn
from starlette.applications import Starlette

SHUTDOWN_SECONDS = 10
FRAME_BYTES = 64 * 1024  # of a websocket's message; a larger one is refused by its header, before it is read


class Server:
    """uvicorn on a socket of ours, without its signal handlers: whoever owns the process decides when it ends."""

    def __init__(self, asgi: Starlette, listener: socket.socket) -> None:
        self._listener = listener
        config = uvicorn.Config(
            asgi,
            log_level="warning",
            log_config=None,
            lifespan="off",
            access_log=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            ws="websockets-sansio",
            ws_max_size=FRAME_BYTES,
            ws_per_message_deflate=False,  # sound does not shrink, and a small frame could unpack to a huge one
            ws_ping_interval=None,  # the viewer's page is asked by us, so that its script has to answer
            server_header=False,
        )
        self._server = uvicorn.Server(config)
        self._task: asyncio.Task[None] | None = None
        self.url = url_of(listener)

    async def start(self) -> None:
        """Answer requests from now on."""
        self._task = asyncio.create_task(self._server._serve([self._listener]), name="server")
        while not self._server.started:
            if self._task.done():
                self._task.result()
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Answer what is under way, then close."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task


def bound(host: str, port: int) -> socket.socket:
    """A listening address; `OSError` when it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named so that asyncio switches Nagle's delay off.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def url_of(listener: socket.socket) -> str:
    """The URL of a listening address, as seen from this machine."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
