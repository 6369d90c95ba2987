"""The playground's page: one static page and a small JSON API over the emulators, for people to type into.

    console = Console(slack, heygen, openai)
    url = await console.start()      # port 8080, or the next free one
    ...
    await console.stop()

It answers only requests addressed to this machine by a loopback name, and changes things only for its own page.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Collection, Mapping, Sequence

import uvicorn

from emulators.console.parties import Parties
from emulators.console.site import console_app
from emulators.heygen import HeyGenEmulator
from emulators.liveavatar import LiveAvatarEmulator
from emulators.openai import OpenAIEmulator
from emulators.slack import SlackEmulator

__all__ = ["Console"]

DEFAULT_PORT = 8080
PORTS_TRIED = 50


class Console:
    """Serves the page on 127.0.0.1. `after_reset` is called when the page has reset the emulators.

    `real` names the parties (`slack`, `heygen`, `openai`, `liveavatar`) in whose place the app talks to the real
    service, so that the page can say so. `roles` tells it by name what the app lets people do ("approver").
    """

    def __init__(
        self,
        slack: SlackEmulator,
        heygen: HeyGenEmulator,
        openai: OpenAIEmulator,
        *,
        after_reset: Callable[[], None] = lambda: None,
        liveavatar: LiveAvatarEmulator | None = None,
        real: Collection[str] = (),
        roles: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.url = ""
        self._app = console_app(
            Parties(slack, heygen, openai, after_reset, liveavatar, frozenset(real), roles=roles or {})
        )
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, port: int = DEFAULT_PORT) -> str:
        """Listen on `port`, or on the next free one when it is taken, and return the URL without a trailing slash.

        `port` 0 takes any free one; `OSError` when 50 ports in a row are taken.
        """
        listener = free_listener(port)
        config = uvicorn.Config(
            self._app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1, ws="none", server_header=False
        )
        self._server = uvicorn.Server(config)
        self._task = asyncio.create_task(self._server._serve([listener]), name="console")
        while not self._server.started:
            if self._task.done():
                self._task.result()
            await asyncio.sleep(0.005)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        return self.url

    async def stop(self) -> None:
        """Close the listener and every connection."""
        if self._server is None or self._task is None:
            return
        self._server.should_exit = True
        self._server.force_exit = True
        await self._task
        self._server = self._task = None


def free_listener(port: int) -> socket.socket:
    """A socket bound to `port` on loopback, or to one of the next 49; `OSError` when all are taken."""
    for candidate in range(port, min(port + PORTS_TRIED, 65_536)):
        try:
            return _bound(candidate)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
    raise OSError(errno.EADDRINUSE, f"ports {port} to {port + PORTS_TRIED - 1} are all taken")


def _bound(port: int) -> socket.socket:
    # The protocol is named so that asyncio switches Nagle's delay off.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen()  # claims the port now, so that a second page takes the next one
    except OSError:
        listener.close()
        raise
    return listener
