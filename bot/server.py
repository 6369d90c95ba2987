"""Serves an ASGI application until the process is asked to stop."""

from __future__ import annotations

import asyncio
import socket

import uvicorn
from starlette.applications import Starlette

SHUTDOWN_SECONDS = 10


class Server:
    """uvicorn on a socket of ours, without its signal handlers: whoever owns the process decides when it ends."""

    def __init__(self, asgi: Starlette, *, host: str, port: int) -> None:
        self._host = host
        self._port = port
        config = uvicorn.Config(
            asgi,
            log_level="warning",
            log_config=None,
            lifespan="off",
            access_log=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            ws="none",
            server_header=False,
        )
        self._server = uvicorn.Server(config)
        self._task: asyncio.Task[None] | None = None
        self.url = ""

    async def start(self) -> None:
        """Listen; `OSError` when the address is taken."""
        listener = bound(self._host, self._port)
        self.url = f"http://{self._host}:{listener.getsockname()[1]}"
        self._task = asyncio.create_task(self._server._serve([listener]), name="server")
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
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener
