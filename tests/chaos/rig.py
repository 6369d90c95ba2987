"""The rig of the kill runs: emulators here, the application in a process that may die at any of its points."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any, Self

from tests.chaos.stand import Stand, free_port
from tests.chaos.tables import quiet
from tests.support import postgres
from tests.support.clock import ManualClock
from tests.support.store_steps import new_store, put_tables

SETTLE_SECONDS = 60.0  # much more than it takes: machines that do other things as well are slow
LANGUAGES = ("French (France)", "German (Germany)", "Japanese (Japan)")
SQLITE_LEASE = 8.0  # seconds; a start takes everything over at once, so it does not matter
POSTGRES_LEASE = 1.0  # a start waits for it
MAKING_TABLES = "commit migrations."


Place = tuple[str, int]


def places(points: list[str]) -> list[Place]:
    """The points of a run, each named by its label and which occurrence it was."""
    seen: Counter[str] = Counter()
    named = []
    for label in points:
        seen[label] += 1
        named.append((label, seen[label]))
    return named


def anew(found: list[Place]) -> list[Place]:
    """Those at which a kill leaves what none of the others leaves.

    Right before a commit or call stands what stood right after the one before it: what it would do is not done. So
    once before each kind, and after every one.
    """
    return [(label, number) for label, number in found if number == 1 or label.endswith(" after")]


@dataclasses.dataclass(slots=True)
class Run:
    """What one run came to: the points it reached, everything that was wrong, and whether it was killed."""

    points: list[str]
    wrong: list[str]
    killed: bool


class Rig(Stand):
    """Plays the translation once per `play`, killing the application at one of its points.

    Each time on a database without rows: on the PostgreSQL server at `server_url`, or else in a file.
    """

    def __init__(self, folder: Path, server_url: str | None = None) -> None:
        super().__init__(folder)
        self.port = free_port()
        self._server_url = server_url
        self._database_url = ""
        self._tables_url = ""
        self._run = 0

    async def __aenter__(self) -> Self:
        """Start everything."""
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop everything."""
        await self.close()

    async def close(self) -> None:
        """Stop everything."""
        await super().close()
        if self._tables_url:
            await asyncio.to_thread(postgres.drop_database, str(self._server_url), self._tables_url)

    async def play(self, kill_at: Place | None) -> Run:
        """The whole scenario; with `kill_at` the application dies there and is started again."""
        self._run += 1
        home = self.folder / f"run-{self._run}"
        home.mkdir()
        self.reset(self.public_url)
        self._database_url = await self._new_database(home, kill_at)
        try:
            return await self._play(home, kill_at)
        finally:
            if self._server_url and self._database_url != self._tables_url:
                await asyncio.to_thread(postgres.drop_database, self._server_url, self._database_url)

    async def _play(self, home: Path, kill_at: Place | None) -> Run:
        first = await self._start(home, "first", kill_at)
        await self.until_up(first, self.port, SETTLE_SECONDS)
        root = self._ask()
        wrong = await self._settled(root, first)
        status = await self._end(first)
        if killed := status == -signal.SIGKILL:
            second = await self._start(home, "second", None)
            await self.until_up(second, self.port, SETTLE_SECONDS)
            self.slack.redeliver_now()
            wrong = await self._settled(root, second)
            status = await self._end(second)
        wrong += [] if status == 0 else [f"the application ended with {status}"]
        return Run(_lines(home / "first.points"), [*wrong, *self._wrong(root)], killed)

    async def _end(self, pid: int) -> int:
        """Stop the application if it is still there; returns how it ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        return await self.zygote.ended(pid)

    # -- the parties -------------------------------------------------------------------------------------------

    @property
    def public_url(self) -> str:
        """Where the application answers."""
        return f"http://127.0.0.1:{self.port}"

    async def _new_database(self, home: Path, kill_at: Place | None) -> str:
        """Without tables where making them belongs to the run: the calm one, and one that dies over it."""
        bare = kill_at is None or kill_at[0].startswith(MAKING_TABLES)
        if not self._server_url:
            if not bare:
                await put_tables(home / "greenroom.db")
            return f"sqlite:///{home}/greenroom.db"
        if bare:
            return await asyncio.to_thread(postgres.new_database, self._server_url)
        return await self._tables(self._server_url)

    async def _tables(self, server_url: str) -> str:
        """A database in which the tables stand, and nothing in them: the server spends longer on a new one."""
        if not self._tables_url:
            self._tables_url = await asyncio.to_thread(postgres.new_database, server_url)
            store = new_store(self._tables_url, ManualClock())
            await store.start()
            await store.stop()
        await asyncio.to_thread(postgres.empty, self._tables_url)
        return self._tables_url

    def _ask(self) -> str:
        source = f"{self.heygen.url}/sources/launch.mp4"
        wish = f"Translate {source} into French, German and Japanese and tell me when all three are done"
        return self.slack.say("alice", "videos", f"<@{self.slack.bot_user}> {wish}")

    async def _start(self, home: Path, name: str, kill_at: Place | None) -> int:
        return await self.zygote.start(self.order(home, name, kill_at))

    def order(self, home: Path, name: str, kill_at: Place | None) -> dict[str, Any]:
        """What the zygote is told of an application."""
        return {
            "settings": self.settings(self._database_url, self.public_url),
            "port": self.port,
            "points": str(home / f"{name}.points"),
            "log": str(home / f"{name}.log"),
            "kill_at": kill_at,
            "lease": POSTGRES_LEASE if self._server_url else SQLITE_LEASE,
        }

    # -- waiting -----------------------------------------------------------------------------------------------

    async def _settled(self, root: str, pid: int) -> list[str]:
        """Wait until nothing more is to be done; what is missing then is wrong."""
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                while not self._done(root):
                    if self.zygote.status(pid) is not None:
                        return [f"the application died: {self.zygote.status(pid)}"]
                    await self._act(root)
                    await asyncio.sleep(0.02)
        except TimeoutError:
            return ["not settled in time"]
        return []

    async def _act(self, root: str) -> None:
        """What people do meanwhile; here nothing."""

    def _done(self, root: str) -> bool:
        told = bool(self.with_key(root, "closing:")) and any(self.replies(root))
        return told and quiet(self._database_url)

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
            if len(found := self.with_key(root, what)) != 1:
                wrong.append(f"{len(found)} posts with key {what}")
        closing = self.with_key(root, "closing:")
        if closing and len(closing[0].links()) != len(LANGUAGES):
            wrong.append(f"links in the closing: {len(closing[0].links())}")
        cards = self.with_key(root, "card:")
        if cards and "all 3 are ready" not in cards[0].rendered_text():
            wrong.append("the card is not up to date")
        if len(replies := self.replies(root)) != 1:
            wrong.append(f"{len(replies)} replies: {[message.rendered_text()[:60] for message in replies]}")
        return wrong


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
