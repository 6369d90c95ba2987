"""What the model is told beside what was said: read ahead, so that no turn waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from agent.live.brain import Scene
from agent.live.records import LiveSession
from agent.live.transcript import Remark
from agent.ports import Budget, Clock, JobStore, TurnStore, Used
from agent.records import Item, Job, Lease

log = structlog.get_logger(__name__)

LOAD_SECONDS = 5.0
FRESH_SECONDS = 2.0


class Recollection:
    """The thread's log, its jobs and the budget as they were last read. `refresh` never raises."""

    def __init__(
        self,
        session: LiveSession,
        *,
        turns: TurnStore,
        jobs: JobStore,
        budget: Budget,
        clock: Clock,
        unconfirmed: str | None = None,
    ) -> None:
        self._session = session
        self._turns = turns
        self._jobs_store = jobs
        self._budget_store = budget
        self._clock = clock
        self._items: Sequence[Item] = ()
        self._jobs: Sequence[Job] = ()
        self._budget: Sequence[Used] = ()
        self._unconfirmed = unconfirmed
        self._wanted = asyncio.Event()
        self._read_at: float | None = None

    def want(self) -> None:
        """Somebody begins to speak, or has spoken: the next turn should know what is true then."""
        self._wanted.set()

    async def run(self) -> None:
        """Read again whenever that is wanted."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            if self._read_at is None or self._clock.now() - self._read_at >= FRESH_SECONDS:
                await self.refresh()

    async def refresh(self) -> None:
        """Read everything; what cannot be read stays as it was."""
        session = self._session
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                self._items = await self._turns.items(session.conversation_id)
                self._jobs = await self._jobs_store.conversation_jobs(session.conversation_id)
                whose = (session.workspace_id, session.conversation_id, session.requester)
                self._budget = await self._budget_store.used(*whose)
        except Exception as error:
            log.exception("not_recollected", session=session.id, error=type(error).__name__)
        self._read_at = self._clock.now()

    def scene(self, lease: Lease, remarks: Sequence[Remark]) -> Scene:
        """All that a turn is told."""
        return Scene(
            session=self._session,
            lease=lease,
            items=self._items,
            jobs=self._jobs,
            budget=self._budget,
            remarks=remarks,
            unconfirmed=self._unconfirmed,
        )
