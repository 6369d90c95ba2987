"""The viewer's page as its server sees it: a websocket client with the page's cookie."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.viewer import ViewerStage

HELLO = {"type": "hello", "version": 1, "consent": True, "microphone": True, "language": "en"}
FRAME = bytes(range(0, 192)) * 10


async def cookie_of(stage: ViewerStage) -> str:
    """Come in by a fresh link; the cookie it was exchanged for."""
    async with httpx2.AsyncClient(headers={"Origin": stage.url}) as browser:
        token = stage.link().rpartition("/")[2]
        answer = await browser.post(f"{stage.url}/live/enter", json={"token": token, "consent": True})
    return str(answer.headers["set-cookie"].partition(";")[0])


@asynccontextmanager
async def paged(
    stage: ViewerStage, *, hello: dict[str, Any] | None = HELLO, cookie: str | None = None, **options: Any
) -> AsyncIterator[ClientConnection]:
    """A page, connected."""
    headers = {"Cookie": cookie or await cookie_of(stage)}
    async with connect(stage.socket_url, origin=stage.url, additional_headers=headers, proxy=None, **options) as page:
        if hello is not None:
            await page.send(json.dumps(hello))
        yield page


async def closed(page: ClientConnection) -> tuple[int | None, str]:
    """The code and reason that a page is closed with, after whatever it is shown until then."""
    try:
        while True:
            await asyncio.wait_for(page.recv(), 10)
    except ConnectionClosed as ending:
        return (None, "") if ending.rcvd is None else (ending.rcvd.code, ending.rcvd.reason)


async def shown(page: ClientConnection) -> dict[str, Any]:
    """The next message to the page."""
    message: dict[str, Any] = json.loads(await asyncio.wait_for(page.recv(), 10))
    return message


async def until(condition: Callable[[], Any]) -> None:
    """Look until it is so, for 10 s at most."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(0.01)
