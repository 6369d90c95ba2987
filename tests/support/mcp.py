"""An MCP client of our own: JSON-RPC as the specification writes it, over HTTP and over a process's standard streams.

It shares nothing with the package that the server is built on, so that one mistake cannot agree with itself.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import httpx2

Json = dict[str, Any]
VERSION = "2025-06-18"
HELLO: Json = {"protocolVersion": VERSION, "capabilities": {}, "clientInfo": {"name": "stranger", "version": "1"}}
SECONDS = 60.0
LINE = 4 * 1024 * 1024
KEY = "greenroom/idempotency-key"


def token_line(workspace: str, person: str, dollars: str = "500", name: str = "robot") -> str:
    """An entry of `MCP_TOKENS`."""
    return f"{name}/{workspace}/{person}/{dollars}/{secret_of(name)}"


def secret_of(name: str = "robot") -> str:
    """The token in it."""
    return f"{name}-token-of-more-than-thirty-two-characters"


def request(method: str, params: Json | None = None, number: int = 1) -> Json:
    """One request."""
    return {"jsonrpc": "2.0", "id": number, "method": method, **({} if params is None else {"params": params})}


def calling(name: str, arguments: Json | None = None, *, once: str | None = None, progress: str | None = None) -> Json:
    """The parameters of `tools/call`."""
    meta = {**({KEY: once} if once else {}), **({"progressToken": progress} if progress else {})}
    return {"name": name, "arguments": arguments or {}, **({"_meta": meta} if meta else {})}


class OverHttp:
    """Streamable HTTP."""

    def __init__(self, url: str, secret: str | None = None) -> None:
        self.url = f"{url}/mcp"
        self.headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": VERSION}
        if secret is not None:
            self.headers["Authorization"] = f"Bearer {secret}"
        self.notified: list[Json] = []

    async def post(self, body: Any, **headers: str) -> httpx2.Response:
        """Send whatever it is and return the raw answer."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with httpx2.AsyncClient(timeout=SECONDS, trust_env=False) as client:
            kind = {"Content-Type": "application/json"}
            return await client.post(self.url, content=content, headers=self.headers | kind | headers)

    async def ask(self, method: str, params: Json | None = None) -> Json:
        """The answer to a request; what is told meanwhile is kept in `notified`."""
        response = await self.post(request(method, params))
        if "event-stream" not in response.headers.get("content-type", ""):
            return dict(response.json())
        data = [line.removeprefix("data:").strip() for line in response.text.splitlines() if line.startswith("data:")]
        messages = [json.loads(one) for one in data if one]
        self.notified += [one for one in messages if "id" not in one]
        return next(one for one in messages if one.get("id") == 1)

    async def call(self, name: str, arguments: Json | None = None, **options: str) -> Json:
        """Call a tool and return its structured answer."""
        return structured(await self.ask("tools/call", calling(name, arguments, **options)))


class OverStdio:
    """A process of its own, spoken to as its parent does."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.notified: list[Json] = []
        self._number = 0

    @classmethod
    async def start(cls, command: Sequence[str], environment: dict[str, str], folder: str) -> OverStdio:
        """Start it and say hello."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, cwd=folder, limit=LINE
        )
        client = cls(process)
        answer = await client.ask("initialize", HELLO)
        assert answer["result"]["serverInfo"]["name"] == "greenroom"
        client.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return client

    def send(self, message: Any) -> None:
        """Write one line."""
        assert self.process.stdin is not None
        line = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.process.stdin.write(line + b"\n")

    async def ask(self, method: str, params: Json | None = None) -> Json:
        """The answer to a request."""
        self._number += 1
        self.send(request(method, params, self._number))
        return await self.answer(self._number)

    async def answer(self, number: Any) -> Json:
        """The message that answers request `number`; others are kept."""
        assert self.process.stdout is not None
        async with asyncio.timeout(SECONDS):
            while line := await self.process.stdout.readline():
                message: Json = json.loads(line)  # whatever else stands there is a fault
                if message.get("id") == number and "method" not in message:
                    return message
                self.notified.append(message)
        assert self.process.stderr is not None
        raise AssertionError(f"the process has ended: {(await self.process.stderr.read()).decode()[-2000:]}")

    async def call(self, name: str, arguments: Json | None = None, **options: str) -> Json:
        """Call a tool and return its structured answer."""
        return structured(await self.ask("tools/call", calling(name, arguments, **options)))

    async def stop(self) -> int:
        """Close its input, as a parent that goes away does; its exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        async with asyncio.timeout(SECONDS):
            _, code = await asyncio.gather(self._drain(), self.process.wait())
        return code

    async def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        await asyncio.gather(self._drain(), self.process.wait())

    async def _drain(self) -> None:
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                await stream.read()


def structured(answer: Json) -> Json:
    """What a tool answers, which is the same as text and as structure."""
    result = answer["result"]
    told: Json = result["structuredContent"]
    assert json.loads(result["content"][0]["text"]) == told
    assert bool(result.get("isError", False)) is not told["ok"]
    assert {"ok", "code", "retryable", "retry_after_s"} <= told.keys()
    return told
