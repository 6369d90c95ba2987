"""What every chaos run stands on: the emulators here, and a process that forks applications which may die."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
from pathlib import Path
from typing import Any

from bot.accounts import account_id_of, webhook_path
from emulators.heygen import HeyGenEmulator
from emulators.openai import OpenAIEmulator
from emulators.slack import Message, SlackEmulator

ROOT = Path(__file__).parents[2]
SECRET_KEY = "k" * 40
WEBHOOK_SECRET = "whsec-chaos"
WALLET = 10_000.0  # USD: no run is about an empty one


class Zygote:
    """The process that forks applications; see `tests.chaos.zygote`."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._started: asyncio.Queue[int] = asyncio.Queue(maxsize=10)
        self._ended: dict[int, int] = {}
        self._change = asyncio.Event()

    async def open(self) -> None:
        """Start it."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.chaos.zygote",
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._reader = asyncio.create_task(self._read())

    async def close(self) -> None:
        """End it; applications still running are killed by their owner before."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            await self._process.wait()
        if self._reader is not None:
            await self._reader

    async def start(self, order: dict[str, Any]) -> int:
        """Fork an application; returns its process id."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        await self._process.stdin.drain()
        return await asyncio.wait_for(self._started.get(), 20)

    def status(self, pid: int) -> int | None:
        """The exit status of an application (negative: the signal that ended it), None while it runs."""
        return self._ended.get(pid)

    async def ended(self, pid: int, seconds: float = 20.0) -> int:
        """Wait for an application to end."""
        async with asyncio.timeout(seconds):
            while pid not in self._ended:
                self._change.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._change.wait(), 0.2)
        return self._ended[pid]

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            word, pid, *rest = line.decode().split()
            if word == "started":
                await self._started.put(int(pid))
            else:
                self._ended[int(pid)] = int(rest[0])
                self._change.set()


class Stand:
    """The emulators, the zygote, and how an application is told about them."""

    def __init__(self, folder: Path, openai: OpenAIEmulator | None = None) -> None:
        self.folder = folder
        self.slack, self.openai = SlackEmulator(), openai or OpenAIEmulator()
        self.heygen = HeyGenEmulator(speed="fast", balance=WALLET)
        self.zygote = Zygote()

    async def open(self) -> None:
        """Start the emulators and the zygote."""
        for emulator in (self.slack, self.openai, self.heygen):
            await emulator.start()
        await self.zygote.open()

    async def close(self) -> None:
        """Stop everything."""
        await self.zygote.close()
        for emulator in (self.heygen, self.openai, self.slack):
            await emulator.stop()

    def reset(self, public_url: str) -> None:
        """Empty emulators that know the application's address."""
        for emulator in (self.slack, self.openai, self.heygen):
            emulator.reset()
        self.slack.configure(f"{public_url}/slack/events")
        self.slack.limits.enabled = False
        self.openai.pace = 0.02  # slow enough that the answer is streamed while it comes
        self.heygen.set_speed("fast")
        self.heygen.switches.translation_seconds = (20.0, 40.0)
        path = webhook_path(SECRET_KEY, account_id_of(self.slack.workspace.team_id))
        self.heygen.seed_endpoint(f"{public_url}{path}", WEBHOOK_SECRET)

    def settings(self, database_url: str, public_url: str) -> dict[str, Any]:
        """The settings of an application."""
        return {
            "slack_bot_token": self.slack.bot_token,
            "slack_signing_secret": self.slack.signing_secret,
            "slack_api_url": self.slack.api_url,
            "openai_api_key": self.openai.api_key,
            "openai_base_url": self.openai.base_url,
            "openai_model": "emulated-planner",
            "heygen_api_key": "hg-key-1",
            "heygen_base_url": self.heygen.url,
            "heygen_webhook_secret": WEBHOOK_SECRET,
            "database_url": database_url,
            "public_url": public_url,
            "secret_key": SECRET_KEY,
            "fetch_allowed_hosts": self.heygen.url.removeprefix("http://"),
            "slack_upload_max_mb": 0,
        }

    async def until_up(self, pid: int, port: int, seconds: float) -> None:
        """Until the application listens (or is dead)."""
        async with asyncio.timeout(seconds):
            while self.zygote.status(pid) is None:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.02)
                    continue
                writer.close()
                return

    def by_app(self, root: str) -> list[Message]:
        """What the application wrote into a thread, in the order in which it stands there."""
        return [message for message in self.slack.thread("videos", root) if message.from_app]

    def with_key(self, root: str, prefix: str) -> list[Message]:
        """Posts of a thread whose key begins like this."""
        return [message for message in self.by_app(root) if key_of(message).startswith(prefix)]

    def replies(self, root: str) -> list[Message]:
        """What the person reads as answers. An abandoned stream without words is nothing to read."""
        others = [m for m in self.by_app(root) if not key_of(m).startswith(("card:", "closing:"))]
        return [message for message in others if message.rendered_text().strip()]


def key_of(message: Message) -> str:
    """The key of a post; a stream has none."""
    return str(((message.metadata or {}).get("event_payload") or {}).get("key", ""))


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
