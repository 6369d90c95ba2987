"""Writes beside a running session: lines in batches, so that the thread keeps up without a post a word."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import structlog

from agent.errors import LeaseLost
from agent.live.ports import LiveStore, NewLine
from agent.live.records import LiveCommand, LiveState
from agent.live.tenure import Tenure
from agent.ports import Clock
from agent.records import Lease

log = structlog.get_logger(__name__)

BATCH_SECONDS = 1.0
AGAIN_SECONDS = 1.0
KEPT_LINES = 2_000  # while nothing can be written
TRIES = 10  # for what is no line: what never works must not keep back the rest

Write = Callable[[Lease], Awaitable[object]]


class Scribe:
    """One session's writes, in order. `run` ends only by `LeaseLost` or cancellation."""

    def __init__(self, store: LiveStore, tenure: Tenure, clock: Clock) -> None:
        self._store = store
        self._tenure = tenure
        self._clock = clock
        self._lines: deque[NewLine] = deque(maxlen=KEPT_LINES)
        self._writes: deque[Write] = deque()
        self._changed = asyncio.Event()
        self._tries = 0
        self._writing = asyncio.Lock()  # nothing is written by two at once, and so twice

    def note(self, line: NewLine) -> None:
        """Append to the transcript, soon."""
        self._lines.append(line)
        self._changed.set()

    def set_mode(self, state: LiveState, taken_by: str | None, muted: bool) -> None:
        """Who speaks, and whether the avatar is muted."""
        self.write(lambda lease: self._store.set_mode(lease, state, taken_by=taken_by, muted=muted))

    def done(self, command: LiveCommand, reaction: str | None) -> None:
        """A command needs nothing more."""
        self.write(lambda lease: self._store.command_done(lease, command, reaction=reaction))

    def write(self, write: Write) -> None:
        """Have something written after what was given before."""
        self._writes.append(write)
        self._changed.set()

    async def run(self) -> None:
        """Write what is given, again where that fails."""
        while True:
            self._changed.clear()
            try:
                await self._write_all()
            except LeaseLost:
                raise
            except Exception as error:
                log.exception("not_written", session=self._tenure.session_id, error=type(error).__name__)
                await self._clock.sleep(AGAIN_SECONDS)
                continue
            await self._changed.wait()

    async def _write_all(self) -> None:
        await self._flush_writes()
        if self._lines:
            await self._gather()
            await self.flush()

    async def _gather(self) -> None:
        """Let lines come together for a moment; other writes do not wait for them."""
        until = self._clock.now() + BATCH_SECONDS
        while (left := until - self._clock.now()) > 0:
            sleeping = asyncio.ensure_future(self._clock.sleep(left))
            changing = asyncio.ensure_future(self._changed.wait())
            try:
                await asyncio.wait({sleeping, changing}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for waiting in (sleeping, changing):
                    waiting.cancel()
                await asyncio.gather(sleeping, changing, return_exceptions=True)
            self._changed.clear()
            await self._flush_writes()

    async def _flush_writes(self) -> None:
        async with self._writing:
            await self._write_in_order()

    async def _write_in_order(self) -> None:
        while self._writes:
            self._tries += 1
            if self._tries <= TRIES:
                await self._tenure.write(self._writes[0])
            self._writes.popleft()
            self._tries = 0

    async def flush(self) -> None:
        """Write everything now. May be called when `run` has ended."""
        async with self._writing:
            if self._lines:
                await self._write_lines(list(self._lines))
            await self._write_in_order()

    async def _write_lines(self, lines: list[NewLine]) -> None:
        await self._tenure.write(lambda lease: self._store.add_lines(lease, lines))
        for line in lines:
            if self._lines and self._lines[0] is line:  # the oldest may have been dropped meanwhile
                self._lines.popleft()
