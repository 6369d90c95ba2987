"""The end of a session's billing: its row first, then LiveAvatar, then what it cost. Tried again within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import structlog

from agent.errors import LeaseLost
from agent.live.ports import LiveAccounts, LiveStore
from agent.live.records import LiveEnd, LiveSession, LiveState
from agent.live.tenure import Tenure
from agent.ports import Clock
from heygen import HeyGenError
from heygen.live import LiveClient, StopReason

log = structlog.get_logger(__name__)

ROW_SECONDS = 5.0  # a database that hangs does not keep a session running
WAITS = (0.5, 1.0, 2.0, 4.0)
SHORTEST_SECONDS = 1.0
LONGEST_WAIT = 10.0  # whatever LiveAvatar asks for

REASONS = {
    LiveEnd.VISITOR: StopReason.USER_CLOSED,
    LiveEnd.LEFT: StopReason.USER_DISCONNECTED,
    LiveEnd.IDLE: StopReason.IDLE_TIMEOUT,
    LiveEnd.MAXIMUM: StopReason.MAX_DURATION_REACHED,
    LiveEnd.PROVIDER: StopReason.SERVER_ERROR,
    LiveEnd.NOT_STARTED: StopReason.SERVER_ERROR,
    LiveEnd.ORPHANED: StopReason.ZOMBIE_SESSION_REAP,
}


class Stopper:
    """Stops sessions. One per process."""

    def __init__(self, store: LiveStore, accounts: LiveAccounts, clock: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._clock = clock

    async def stop(
        self, tenure: Tenure, session: LiveSession, end: LiveEnd, by: str | None, flush: Callable[[], Awaitable[None]]
    ) -> LiveSession | None:
        """End it; the ended session, None when LiveAvatar has not confirmed the stop: then it stays `CLOSING`.

        `session` is as last known, for when its row cannot be written. `flush` writes what was said. `LeaseLost`
        before anything was done to LiveAvatar's session.
        """
        closing = await self._close(tenure, session, end, by)
        if closing.state is LiveState.ENDED:
            return closing
        return await self.confirm(tenure, closing, end, flush)

    async def confirm(
        self, tenure: Tenure, session: LiveSession, end: LiveEnd, flush: Callable[[], Awaitable[None]]
    ) -> LiveSession | None:
        """Have LiveAvatar stop a session whose row is closed, and settle it; None when that has to be tried later."""
        bill = await self._stopped_there(session, end)
        await self._flushed(tenure, flush)
        if bill is None:
            return None
        credits, seconds = bill
        try:
            async with asyncio.timeout(ROW_SECONDS):
                return await tenure.write(lambda lease: self._store.stopped(lease, credits=credits, seconds=seconds))
        except LeaseLost:
            raise
        except Exception as error:
            log.exception("stop_not_settled", session=session.id, error=type(error).__name__)
            return None

    async def _close(self, tenure: Tenure, session: LiveSession, end: LiveEnd, by: str | None) -> LiveSession:
        try:
            async with asyncio.timeout(ROW_SECONDS):
                return await tenure.write(lambda lease: self._store.closing(lease, end, ended_by=by))
        except LeaseLost:
            raise
        except Exception as error:  # money first: the sweep finds the row
            log.exception("closing_not_written", session=session.id, error=type(error).__name__)
            return session

    async def _flushed(self, tenure: Tenure, flush: Callable[[], Awaitable[None]]) -> None:
        try:
            async with asyncio.timeout(ROW_SECONDS):
                await flush()
        except LeaseLost:
            raise
        except Exception as error:
            log.exception("lines_lost", session=tenure.session_id, error=type(error).__name__)

    async def _stopped_there(self, session: LiveSession, end: LiveEnd) -> tuple[Decimal | None, float | None] | None:
        """What it cost and how long it ran, as far as LiveAvatar tells; None when it may still run."""
        if session.provider_session_id is None:
            return Decimal(0), 0.0
        for wait in (*WAITS, None):
            try:
                client = await self._accounts.client(session.account_id)
                await client.stop_session(session.provider_session_id, REASONS.get(end, StopReason.AGENT_HANG_UP))
                return await self._bill(client, session.provider_session_id, end)
            except HeyGenError as error:
                log.warning("stop_failed", session=session.id, error=str(error), again=wait)
                if wait is None:
                    return None
                await self._clock.sleep(min(max(wait, error.retry_after or 0.0), LONGEST_WAIT))
        return None

    async def _bill(
        self, client: LiveClient, provider_session_id: str, end: LiveEnd
    ) -> tuple[Decimal | None, float | None]:
        try:
            record = await client.get_session(provider_session_id)
        except HeyGenError as error:
            log.warning("bill_unread", error=str(error))
            return None, None
        if record.credits and not record.duration:
            return record.credits, SHORTEST_SECONDS  # it ran, if only for a moment
        if end is LiveEnd.NOT_STARTED and not record.duration:
            return record.credits, 0.0
        return record.credits, record.duration if record.over else None
