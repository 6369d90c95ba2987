"""Slack's sender without a client library: a library's own work would be most of what a flood measures."""

from __future__ import annotations

import asyncio
from collections import deque
from urllib.parse import urlsplit

from emulators.slack import Answer, SlackEmulator
from emulators.slack.delivery import Courier, Poster
from emulators.slack.workspace import Workspace

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class LeanPoster(Poster):
    """Posts over plain connections that are kept; one that did not answer in time is closed, as Slack does."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._free: deque[Line] = deque()

    async def _send(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        try:
            async with asyncio.timeout(self.ack_seconds):
                return await self._exchange(url, body, headers)
        except TimeoutError:
            return Answer(0, reason="http_timeout")
        except (OSError, asyncio.IncompleteReadError):
            return Answer(0, reason="connection_failed")

    async def _exchange(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        address = urlsplit(url)
        line = self._kept() or await asyncio.open_connection(address.hostname, address.port)
        kept = False
        try:
            line[1].write(_request(address.netloc, address.path, body, headers))
            answer = await _answer(line[0])
            kept = True
            return answer
        finally:
            if kept:
                self._free.append(line)
            else:
                line[1].close()

    def _kept(self) -> Line | None:
        """A connection from before; those that the app has closed meanwhile are dropped."""
        while self._free:
            reader, writer = self._free.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.close()
        return None

    async def close(self) -> None:
        """Close the connections."""
        await super().close()
        while self._free:
            self._free.pop()[1].close()


def make_lean(slack: SlackEmulator) -> None:
    """Have `slack` send its events like this."""
    slack.poster = LeanPoster(slack.workspace)
    slack.courier = Courier(slack.workspace, slack.poster, slack.sockets, slack.journal)
    slack.workspace.sink = slack.courier.send


def _request(host: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    lines = [f"POST {path} HTTP/1.1", f"host: {host}", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in head[1:] if line)
    await reader.readexactly(int(fields["content-length"]))
    status = int(head[0].split()[1])
    return Answer(status, reason="" if 200 <= status < 300 else "http_error", headers=fields)
