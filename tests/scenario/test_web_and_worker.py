"""`python -m bot web` and `python -m bot worker` as processes of their own on PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from emulators.heygen import HeyGenEmulator
from emulators.openai import OpenAIEmulator
from emulators.slack import Message, SlackEmulator
from tests.support import postgres
from tests.support.mcp_process import environment

pytestmark = pytest.mark.full

START_SECONDS = 40.0
END_SECONDS = 30.0


Services = tuple[SlackEmulator, OpenAIEmulator, HeyGenEmulator]


@pytest.fixture
def services(_emulators: Services) -> Iterator[Services]:
    """Fresh emulators."""
    for emulator in _emulators:
        emulator.reset()
    yield _emulators
    _emulators[0].configure("")


@pytest.fixture
def database(postgres_url: str) -> Iterator[str]:
    """An empty database."""
    url = postgres.new_database(postgres_url)
    yield url
    postgres.drop_database(postgres_url, url)


class Process:
    """`python -m bot PART`. `url` is where it says that it listens."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.url = ""
        self.said: list[str] = []

    async def listens(self) -> None:
        """Wait until it says where."""
        assert self._process.stderr is not None
        async with asyncio.timeout(START_SECONDS):
            while line := (await self._process.stderr.readline()).decode():
                self.said.append(line)
                if found := re.search(r"listening on (http://\S+)", line):
                    self.url = found.group(1)
                    return
        raise AssertionError("".join(self.said))

    async def stopped(self) -> int:
        """Ask it to end, as a platform does; its exit code."""
        self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(END_SECONDS):
            _, rest = await self._process.communicate()
        self.said.append(rest.decode())
        return self._process.returncode or 0


@contextlib.asynccontextmanager
async def started(part: str, settings: dict[str, str], folder: Path) -> AsyncIterator[Process]:
    """A process that is gone after the block whatever happens."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", part),
        env=settings,
        cwd=folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Process(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


@pytest.mark.timeout(150)
async def test_one_answers_the_other_works_and_both_end_by_themselves(
    services: Services, database: str, tmp_path: Path
) -> None:
    slack, openai, heygen = services
    settings = environment(slack, openai, heygen, tmp_path, 0, DATABASE_URL=database, MCP_TOKENS="")
    settings["PUBLIC_URL"] = "http://127.0.0.1:9"
    async with started("web", settings, tmp_path) as web, started("worker", settings, tmp_path) as worker:
        await asyncio.gather(web.listens(), worker.listens())
        slack.configure(f"{web.url}/slack/events")
        root = slack.say("alice", "videos", f"<@{slack.bot_user}> hello")
        await slack.journal.wait_for(lambda: answers(slack, root), START_SECONDS)
        codes = await asyncio.gather(web.stopped(), worker.stopped())
        assert codes == [0, 0], (web.said, worker.said)
        assert "Traceback" not in "".join([*web.said, *worker.said])
    assert len(answers(slack, root)) == 1


def answers(slack: SlackEmulator, root: str) -> list[Message]:
    """What the app has said in a thread."""
    thread = slack.thread("videos", root)
    return [m for m in thread if m.from_app and m.ts != root and m.stream_state != "streaming"]
