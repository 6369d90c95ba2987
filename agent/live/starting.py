"""The start of a session's billing: LiveAvatar's session, its row, its start, and the row of that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from agent.errors import NotApproved, OverCap
from agent.live.parts import LiveParts
from agent.live.records import LiveAccess, LiveEnd, LiveSession
from agent.live.tenure import Tenure
from heygen import HeyGenError
from heygen.live import (
    MUTE_MARGIN_SECONDS,
    LiveClient,
    SessionLimitReached,
    SessionToken,
    StartedSession,
    StopReason,
)

log = structlog.get_logger(__name__)


AGAIN_SECONDS = 0.3
LONGEST_WAIT = 3.0  # somebody is waiting


class NotStarted(Exception):
    """It did not start; `sentence` is for the person, None where there is nothing to add."""

    def __init__(self, end: LiveEnd, sentence: str | None = None) -> None:
        super().__init__(end.value)
        self.end = end
        self.sentence = sentence


class Starter:
    """Starts one session. `session` is its row as last written.

    `sweep` stops what this process left running of the account; True when that was something.
    """

    def __init__(
        self,
        parts: LiveParts,
        tenure: Tenure,
        session: LiveSession,
        *,
        shown: Callable[[LiveSession], None],
        sweep: Callable[[], Awaitable[bool]],
    ) -> None:
        self._parts = parts
        self._tenure = tenure
        self._shown = shown
        self._sweep = sweep
        self.session = session

    async def start(self) -> LiveAccess:
        """The ways into it. `NotStarted` and `LeaseLost`; whatever is raised, its row tells whether it may run."""
        try:
            client = await self._parts.accounts.client(self.session.account_id)
            token = await self._created(client)
        except HeyGenError as error:
            log.warning("live_not_created", session=self.session.id, error=str(error))
            raise NotStarted(LiveEnd.NOT_STARTED) from error
        await self._set_aside(token)
        started = await self._started(client, token)
        return await self._running(client, started)

    async def _created(self, client: LiveClient) -> SessionToken:
        """LiveAvatar's session, which costs nothing before it is started: so its making may be repeated."""
        options = await self._parts.options(self.session)
        try:
            return await client.create_session(options)
        except HeyGenError as error:
            if not (error.retryable or error.outcome_unknown):
                raise
            log.info("live_created_again", session=self.session.id, error=str(error))
            await self._parts.clock.sleep(min(error.retry_after or AGAIN_SECONDS, LONGEST_WAIT))
            return await client.create_session(options)

    async def _set_aside(self, token: SessionToken) -> None:
        try:
            self._took(await self._tenure.write(lambda lease: self._parts.store.starting(lease, token.session_id)))
        except OverCap as error:
            raise NotStarted(LiveEnd.BUDGET, error.sentence) from error
        except NotApproved as error:
            raise NotStarted(LiveEnd.NOT_STARTED) from error

    async def _started(self, client: LiveClient, token: SessionToken) -> StartedSession:
        try:
            try:
                return await client.start_session(token)
            except SessionLimitReached:
                if not await self._sweep():
                    raise
                return await client.start_session(token)
        except HeyGenError as error:
            log.warning("live_not_started", session=self.session.id, error=str(error))
            raise NotStarted(LiveEnd.NOT_STARTED) from error

    async def _running(self, client: LiveClient, started: StartedSession) -> LiveAccess:
        access = LiveAccess(started.socket_url, started.room_url, started.room_token)
        usable = started.usable_seconds
        if usable is None:
            usable = max(self.session.max_seconds - MUTE_MARGIN_SECONDS, 0.0)
        try:
            live = self._parts.store.live
            self._took(await self._tenure.write(lambda lease: live(lease, access, usable_seconds=usable)))
        except BaseException:
            # Nobody else has a way into it, whoever has its row by now.
            await self._stop_useless(client, started.session_id)
            raise
        return access

    async def _stop_useless(self, client: LiveClient, session_id: str) -> None:
        try:
            await client.stop_session(session_id, StopReason.SERVER_ERROR)
        except HeyGenError as error:
            log.warning("stop_failed", session=self.session.id, error=str(error), again=None)

    def _took(self, session: LiveSession) -> None:
        self.session = session
        self._shown(session)
