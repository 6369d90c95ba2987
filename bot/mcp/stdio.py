"""Standard input and output: one program, which has started this process. Everything else goes to standard error."""

from __future__ import annotations

from mcp.server.stdio import stdio_server

from bot.mcp.server import Desk, Parts
from bot.mcp.tokens import Token


async def serve(parts: Parts, token: Token, version: str) -> None:
    """Answer until the input ends."""
    server = Desk(parts, lambda _: token).server(version)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
