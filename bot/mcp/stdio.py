"""Standard input and output: one program, which has started this process. Everything else goes to standard error."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import structlog
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp_types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError, jsonrpc_message_adapter
from pydantic import ValidationError

from bot.mcp.server import Desk, Parts
from bot.mcp.tokens import Token

log = structlog.get_logger(__name__)

CHUNK = 64 * 1024
LONGEST = 1024 * 1024  # bytes of a message, as over HTTP
Refuse = Callable[[JSONRPCError], Awaitable[None]]


async def serve(parts: Parts, token: Token, version: str) -> None:
    """Answer until the input ends."""
    server = Desk(parts, lambda _: token).server(version)
    reader, transport = await _input()
    incoming = Incoming(reader)
    stdin: Any = incoming  # the server only iterates over it
    try:
        async with stdio_server(stdin=stdin) as (read, write):
            incoming.refuse = lambda refusal: write.send(SessionMessage(refusal))
            await server.run(read, write, server.create_initialization_options())
    finally:
        transport.close()


class Incoming:
    """The messages of standard input, one a line. What is none is answered here: nobody else would answer it.

    Waiting for one can be cancelled, which a thread that reads cannot.
    """

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self.refuse: Refuse | None = None

    async def __aiter__(self) -> AsyncIterator[str]:
        """Every line that is a message."""
        async for line in lines(self._reader):
            refusal = judged(line)
            if refusal is None:
                yield (line or b"").decode("utf-8", "replace")
            elif self.refuse is not None and (line is None or line.strip()):
                log.info("message_refused", code=refusal.error.code)
                await self.refuse(refusal)


async def lines(reader: asyncio.StreamReader) -> AsyncIterator[bytes | None]:
    """Lines, without their ends; None in place of one that is too long."""
    kept, dropping = bytearray(), False
    while chunk := await reader.read(CHUNK):
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            dropping = dropping or len(kept) + len(part) > LONGEST
            yield None if dropping else bytes(kept + part)
            kept, dropping = bytearray(), False
        dropping = dropping or len(kept) + len(rest) > LONGEST
        kept = bytearray() if dropping else kept + rest


def judged(line: bytes | None) -> JSONRPCError | None:
    """What to answer to a line that is no message; None for one that is."""
    if line is None:
        return _error(None, INVALID_REQUEST, f"The message is longer than {LONGEST} bytes.")
    try:
        jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValidationError:
        pass
    else:
        return None
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return _error(None, PARSE_ERROR, "This is not JSON.")
    if isinstance(message, list):
        return _error(None, INVALID_REQUEST, "Batches are not part of this protocol: send one message a line.")
    number = message.get("id") if isinstance(message, dict) else None
    return _error(number, INVALID_REQUEST, "This is no JSON-RPC 2.0 message.")


def _error(number: object, code: int, message: str) -> JSONRPCError:
    known = number if isinstance(number, str | int) and not isinstance(number, bool) else None
    return JSONRPCError(jsonrpc="2.0", id=known, error=ErrorData(code=code, message=message))


async def _input() -> tuple[asyncio.StreamReader, asyncio.BaseTransport]:
    """Standard input, read without a thread. `OSError` for what is no pipe, socket or terminal."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    try:
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    except ValueError as error:
        raise OSError("standard input has to be a pipe, as programs that start this one make it") from error
    return reader, transport
