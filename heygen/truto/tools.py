"""The tools of an account at Truto: asked for at run time, kept for a while, called through its proxy."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from heygen.errors import HeyGenError, InvalidArguments, UnexpectedReply
from heygen.exchange import Request, Transport
from heygen.fields import Malformed

from .definitions import Tool, page_of, tool_of

FRESH_SECONDS = 600.0
STALE_SECONDS = 86_400.0
AGAIN_SECONDS = 30.0
MOST_PAGES = 20
LISTING = "trutoTools"


@dataclass(frozen=True, slots=True)
class Listed:
    """Definitions as they were read at `at`. `dropped` counts those that could not be used."""

    tools: Mapping[str, Tool]
    at: float
    dropped: int = 0


class TrutoTools:
    """What Truto offers for one integrated account, whatever HeyGen has added since this was written.

    `transport` is a `TrutoWire` that reads with `read_plain`, or something around one. Definitions are read again after
    ten minutes; when that fails, those of the last day still count. `now` is in seconds of any clock.
    """

    def __init__(self, transport: Transport, account_id: str, *, now: Callable[[], float] = time.monotonic) -> None:
        self._transport = transport
        self._path = f"/integrated-account/{account_id}/tools"
        self._now = now
        self._kept: Listed | None = None
        self._not_before = 0.0
        self._lock = asyncio.Lock()

    async def listed(self) -> Listed:
        """The definitions. Raises what reading them raised when there are none from the last day."""
        async with self._lock:
            if self._kept is None or (self._age(self._kept) > FRESH_SECONDS and self._now() >= self._not_before):
                await self._refresh()
            assert self._kept is not None  # noqa: S101 - `_refresh` raises otherwise
            return self._kept

    async def call(self, name: str, arguments: Mapping[str, Any], *, idempotency_key: str | None = None) -> Any:
        """Call a tool and return its answer as JSON.

        `InvalidArguments` for a tool that there is not, and for arguments it does not take or misses. A write is sent
        once: nothing promises that Truto passes its key on, so nobody should send it again without a look.
        """
        tool = (await self.listed()).tools.get(name)
        if tool is None:
            raise InvalidArguments("truto", (("tool", "there is none of this name"),))
        if problems := tool.problems(arguments):
            raise InvalidArguments(name, tuple(problems))
        reply = await self._transport.send(tool.request(arguments, idempotency_key))
        return reply.body

    def _age(self, kept: Listed) -> float:
        return self._now() - kept.at

    async def _refresh(self) -> None:
        try:
            self._kept = await self._read()
        except HeyGenError:
            self._not_before = self._now() + AGAIN_SECONDS
            if self._kept is None or self._age(self._kept) > STALE_SECONDS:
                self._kept = None
                raise

    async def _read(self) -> Listed:
        tools: dict[str, Tool] = {}
        cursor: str | None = None
        dropped = 0
        for _ in range(MOST_PAGES):
            entries, cursor = await self._page(cursor)
            for entry in entries:
                try:
                    tool = tool_of(entry)
                except Malformed:
                    dropped += 1
                else:
                    dropped += tool.name in tools
                    tools.setdefault(tool.name, tool)
            if cursor is None:
                return Listed(tools, self._now(), dropped)
        raise UnexpectedReply(operation=LISTING, reason=f"there are more than {MOST_PAGES} pages")

    async def _page(self, cursor: str | None) -> tuple[list[Any], str | None]:
        query = {} if cursor is None else {"next_cursor": cursor}
        asked = Request(operation=LISTING, method="GET", path=self._path, query=query, retry_in_call=True)
        reply = await self._transport.send(asked)
        try:
            return page_of(reply.body)
        except Malformed as error:
            raise UnexpectedReply(operation=LISTING, reason=str(error), status=reply.status) from error
