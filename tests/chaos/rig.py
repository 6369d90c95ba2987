"""The rig of the kill runs: emulators here, the application in a process that may die at any of its points."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import signal
import socket
import sqlite3
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from bot.accounts import account_id_of, webhook_path
from emulators.heygen import HeyGenEmulator
from emulators.openai import OpenAIEmulator
from emulators.slack import Message, SlackEmulator

ROOT = Path(__file__).parents[2]
SECRET_KEY = "k" * 40
WEBHOOK_SECRET = "whsec-chaos"
SETTLE_SECONDS = 20.0
LANGUAGES = ("French (France)", "German (Germany)", "Japanese (Japan)")


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


Place = tuple[str, int]


def places(points: list[str]) -> list[Place]:
    """The points of a run, each named by its label and which occurrence it was."""
    seen: Counter[str] = Counter()
    named = []
    for label in points:
        seen[label] += 1
        named.append((label, seen[label]))
    return named


@dataclasses.dataclass(slots=True)
class Run:
    """What one run came to: the points it reached, everything that was wrong, and whether it was killed."""

    points: list[str]
    wrong: list[str]
    killed: bool


class Rig:
    """Plays the translation once per `play`, killing the application at one of its points."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.slack, self.openai, self.heygen = SlackEmulator(), OpenAIEmulator(), HeyGenEmulator(speed="fast")
        self.zygote = Zygote()
        self.port = _free_port()
        self._run = 0

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

    async def play(self, kill_at: Place | None) -> Run:
        """The whole scenario on a new database; with `kill_at` the application dies there and is started again."""
        self._run += 1
        home = self.folder / f"run-{self._run}"
        home.mkdir()
        self._reset()
        first = await self._start(home, "first", kill_at)
        await self._until_up(first)
        root = self._ask()
        killed = await self._until_killed_or_settled(first, root, home)
        last = first
        if killed:
            last = await self._start(home, "second", None)
            await self._until_up(last)
            self.slack.redeliver_now()
        wrong = await self._settled(root, home, last)
        os.kill(last, signal.SIGTERM)
        status = await self.zygote.ended(last)
        wrong += [] if status == 0 else [f"the application ended with {status}"]
        return Run(_lines(home / "first.points"), [*wrong, *self._wrong(root)], killed)

    # -- the parties -------------------------------------------------------------------------------------------

    def _reset(self) -> None:
        for emulator in (self.slack, self.openai, self.heygen):
            emulator.reset()
        url = f"http://127.0.0.1:{self.port}"
        self.slack.configure(f"{url}/slack/events")
        self.slack.limits.enabled = False
        self.openai.pace = 0.02  # slow enough that the answer is streamed while it comes
        self.heygen.set_speed("fast")
        self.heygen.switches.translation_seconds = (20.0, 40.0)
        path = webhook_path(SECRET_KEY, account_id_of(self.slack.workspace.team_id))
        self.heygen.seed_endpoint(f"{url}{path}", WEBHOOK_SECRET)

    def _ask(self) -> str:
        source = f"{self.heygen.url}/sources/launch.mp4"
        wish = f"Translate {source} into French, German and Japanese and tell me when all three are done"
        return self.slack.say("alice", "videos", f"<@{self.slack.bot_user}> {wish}")

    async def _start(self, home: Path, name: str, kill_at: Place | None) -> int:
        pid = await self.zygote.start(
            {
                "settings": self._settings(home),
                "port": self.port,
                "points": str(home / f"{name}.points"),
                "log": str(home / f"{name}.log"),
                "kill_at": kill_at,
                "lease": 8.0,
            }
        )
        return pid

    def _settings(self, home: Path) -> dict[str, Any]:
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
            "database_url": f"sqlite:///{home}/greenroom.db",
            "public_url": f"http://127.0.0.1:{self.port}",
            "secret_key": SECRET_KEY,
            "fetch_allowed_hosts": self.heygen.url.removeprefix("http://"),
        }

    # -- waiting -----------------------------------------------------------------------------------------------

    async def _until_up(self, pid: int) -> None:
        """Until the application listens (or is dead)."""
        async with asyncio.timeout(SETTLE_SECONDS):
            while self.zygote.status(pid) is None:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.02)
                    continue
                writer.close()
                return

    async def _until_killed_or_settled(self, pid: int, root: str, home: Path) -> bool:
        async with asyncio.timeout(SETTLE_SECONDS):
            while self.zygote.status(pid) is None and not (self._done(root) and _quiet(home)):
                await asyncio.sleep(0.02)
        if self.zygote.status(pid) is None:
            return False
        return await self.zygote.ended(pid) == -signal.SIGKILL

    async def _settled(self, root: str, home: Path, pid: int) -> list[str]:
        """Wait until nothing more is to be done; what is missing then is wrong."""
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                while not (self._done(root) and _quiet(home)):
                    if self.zygote.status(pid) is not None:
                        return [f"the second process died: {self.zygote.status(pid)}"]
                    await asyncio.sleep(0.02)
        except TimeoutError:
            return ["not settled in time"]
        return []

    def _done(self, root: str) -> bool:
        return bool(self._with_key(root, "closing:")) and any(self._replies(root))

    # -- judging, from the emulators alone -----------------------------------------------------------------------

    def _wrong(self, root: str) -> list[str]:
        wrong = []
        charges = [charge for charge in self.heygen.charges if not charge.refunded]
        if Counter(charge.language for charge in charges) != Counter(LANGUAGES):
            wrong.append(f"charges: {[charge.language for charge in charges]}")
        if len({charge.idempotency_key for charge in charges}) != 1:
            wrong.append("more than one key")
        wrong += self._wrong_posts(root)
        return wrong

    def _wrong_posts(self, root: str) -> list[str]:
        wrong = []
        for what in ("card:", "closing:"):
            if len(found := self._with_key(root, what)) != 1:
                wrong.append(f"{len(found)} posts with key {what}")
        closing = self._with_key(root, "closing:")
        if closing and len(closing[0].links()) != len(LANGUAGES):
            wrong.append(f"links in the closing: {len(closing[0].links())}")
        cards = self._with_key(root, "card:")
        if cards and "all 3 are ready" not in cards[0].rendered_text():
            wrong.append("the card is not up to date")
        if len(replies := self._replies(root)) != 1:
            wrong.append(f"{len(replies)} replies: {[message.rendered_text()[:60] for message in replies]}")
        return wrong

    def _by_app(self, root: str) -> list[Message]:
        return [message for message in self.slack.thread("videos", root) if message.from_app]

    def _with_key(self, root: str, prefix: str) -> list[Message]:
        return [m for m in self._by_app(root) if _key(m).startswith(prefix)]

    def _replies(self, root: str) -> list[Message]:
        """What the person reads as the answer. An abandoned stream without words is nothing to read."""
        others = [m for m in self._by_app(root) if not _key(m).startswith(("card:", "closing:"))]
        return [message for message in others if message.rendered_text().strip()]


def _key(message: Message) -> str:
    return str(((message.metadata or {}).get("event_payload") or {}).get("key", ""))


def _quiet(home: Path) -> bool:
    """Whether our tables hold nothing that is still to be done. Only to know when to look, never what to find."""
    with contextlib.closing(sqlite3.connect(f"file:{home}/greenroom.db?mode=ro", uri=True, timeout=5)) as database:
        try:
            posts = database.execute(
                "select count(*) from delivery where state not in ('posted', 'dead') or posted_version < version"
            ).fetchone()[0]
            lanes = database.execute("select count(*) from inbox where done_at is null").fetchone()[0]
        except sqlite3.OperationalError:
            return False
    return posts == 0 and lanes == 0


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
