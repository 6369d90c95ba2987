"""Somebody on the page of a live session, without a browser: opens a personal link, agrees, listens, speaks and types.

It follows the page's protocol as docs/lifecycle-live.md tells it, and knows nothing of the app behind it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

FRAME_BYTES = 1_920  # 40 ms of s16le mono 24 kHz, as the page's microphone sends it
FRAME_SECONDS = 0.04
PATIENCE = 20.0

Json = dict[str, Any]


class Visitor:
    """One person on one page. `messages` is all that the page was told, in order; `closed` how it was closed."""

    def __init__(self) -> None:
        self.messages: list[Json] = []
        self.closed: int | None = None
        self._http = httpx2.AsyncClient(timeout=PATIENCE, follow_redirects=False)
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._origin = ""
        self._base = ""

    # -- coming in -----------------------------------------------------------------------------------------------

    async def open(self, link: str) -> httpx2.Response:
        """Look at a personal link, which changes nothing."""
        parts = urlsplit(link)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._base = link.rpartition("/")[0]
        return await self._http.get(link)

    async def enter(self, link: str) -> httpx2.Response:
        """Agree, and exchange the link for the page's cookie."""
        await self.open(link)
        body = {"token": link.rpartition("/")[2], "consent": True}
        return await self._http.post(f"{self._base}/enter", json=body, headers={"Origin": self._origin})

    async def come_in(self, *, microphone: bool = True, language: str = "en", **hello: Any) -> None:
        """Connect the page, with the cookie it has."""
        cookies = "; ".join(f"{name}={value}" for name, value in self._http.cookies.items())
        url = f"{self._base.replace('http', 'ws', 1)}/ws"
        self.closed = None
        self._socket = await connect(url, additional_headers={"Cookie": cookies}, origin=self._origin, proxy=None)  # type: ignore[arg-type]
        self._reader = asyncio.create_task(self._read(self._socket), name="visitor")
        first = {"type": "hello", "version": 1, "consent": True, "microphone": microphone, "language": language}
        await self.send(first | hello)

    async def join(self, link: str, **hello: Any) -> None:
        """Everything up to the moment at which the picture plays."""
        answer = await self.enter(link)
        if answer.status_code != 200:
            raise RuntimeError(f"the page refuses the link: {answer.status_code}")
        await self.come_in(**hello)
        await self.until(lambda: self.told("room"))
        await self.send({"type": "ready"})

    async def _read(self, socket: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "ping":
                    await socket.send(json.dumps({"type": "pong"}))
                self.messages.append(message)
                self._changed.set()
        self.closed = socket.close_code
        self._changed.set()

    # -- being there ---------------------------------------------------------------------------------------------

    async def send(self, message: Json) -> None:
        """Send a message of the page's."""
        await self._open_socket().send(json.dumps(message))

    async def type(self, text: str) -> None:
        """Write into the page's text box."""
        await self.send({"type": "text", "text": text})

    async def speak(self, pcm: bytes, *, pace: float = 1.0) -> None:
        """Say something into the microphone at the speed of sound, or `pace` times as fast."""
        for at in range(0, len(pcm), FRAME_BYTES):
            await self._open_socket().send(pcm[at : at + FRAME_BYTES].ljust(FRAME_BYTES, b"\0"))
            await asyncio.sleep(FRAME_SECONDS / pace)

    async def end(self) -> None:
        """Press End."""
        await self.send({"type": "end"})

    async def leave(self) -> None:
        """Close the tab."""
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()
        if self._reader is not None:
            await self._reader
        await self._http.aclose()

    def _open_socket(self) -> ClientConnection:
        if self._socket is None:
            raise RuntimeError("the page is not connected")
        return self._socket

    # -- what it was told ----------------------------------------------------------------------------------------

    def told(self, kind: str) -> list[Json]:
        """Messages of a kind."""
        return [message for message in self.messages if message["type"] == kind]

    def captions(self, who: str) -> list[Json]:
        """The newest form of each caption of `who` (`you`, `avatar`, `teammate`), in order."""
        newest = {one["id"]: one for one in self.told("caption") if one["who"] == who}
        return list(newest.values())

    def heard(self, who: str = "avatar") -> str:
        """All words of `who`, as far as captions show them."""
        return " ".join(caption["text"] for caption in self.captions(who))

    @property
    def state(self) -> str:
        """The session's state as the page was told last."""
        states = self.told("state")
        return str(states[-1]["state"]) if states else ""

    async def until(self, condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        """Wait until `condition()` is truthy and return its value; `TimeoutError` with what was told until then."""
        try:
            async with asyncio.timeout(seconds):
                while not (value := condition()):
                    self._changed.clear()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(0.1):
                            await self._changed.wait()
                return value
        except TimeoutError:
            newest = [message for message in self.messages if message["type"] != "ping"][-8:]
            raise TimeoutError(
                f"waited {seconds} s in vain; closed {self.closed}; the page was told {newest}"
            ) from None
