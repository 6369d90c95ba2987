"""All live sessions of this process: who comes in, who has them, how they end, and what others left running."""

from __future__ import annotations

import asyncio
import dataclasses
from weakref import WeakValueDictionary

import structlog

from agent.errands import Errands
from agent.errors import LeaseLost
from agent.live.parts import LiveParts
from agent.live.phrases import phrases_in
from agent.live.ports import Hello, Viewer
from agent.live.records import LiveEnd, LiveSession, LiveState
from agent.live.session import ENDED, MOVED, Outcome, Running
from agent.live.stage import notice
from agent.live.stopping import Stopper
from agent.live.summary import Summaries
from agent.live.tenure import Tenure

log = structlog.get_logger(__name__)

NOT_ALLOWED = 4003
SWEEP_SECONDS = 5.0
SWEPT_AT_ONCE = 20
GRACE_SECONDS = 10.0  # for a viewer who comes back when the process that had the session died
STOP_AGAIN_SECONDS = 30.0
STOP_SECONDS = 5.0  # of a drain, for stops after the last word
LOOKS_AT_ONCE = 8


@dataclasses.dataclass(slots=True)
class _Orphan:
    """A session that has to be stopped, not before `due_at`: another process had it, or its stop was not confirmed."""

    tenure: Tenure
    session: LiveSession
    end: LiveEnd
    due_at: float


class Desk:
    """Implements `agent.live.ports.LiveDesk`. At most `limit` sessions of an account at once. `summaries`: or none."""

    def __init__(self, parts: LiveParts, *, limit: int, summaries: Summaries | None) -> None:
        self._parts = parts
        self._limit = limit
        self._summaries = summaries
        self._stopper = Stopper(parts.store, parts.accounts, parts.clock)
        self._errands = Errands()
        self._running: dict[str, Running] = {}
        self._orphans: dict[str, _Orphan] = {}
        self._doors: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._swept_at = float("-inf")
        self._draining = False

    @property
    def sessions(self) -> int:
        """How many this process has."""
        return len(self._running)

    # -- viewers -----------------------------------------------------------------------------------------------

    async def attend(self, session_id: str, viewer: Viewer, hello: Hello) -> None:
        """See `LiveDesk.attend`. The session goes on when this is cancelled, for as long as a viewer may be away."""
        try:
            running = await self._admitted(session_id, viewer, hello)
        except Exception as error:
            log.exception("live_not_joined", session=session_id, error=type(error).__name__)
            await self._turn_away(viewer, hello, "trouble", MOVED)
            return
        if running is None:
            return
        try:
            await self._serve(running, viewer)
        finally:
            running.detach(viewer)

    async def _serve(self, running: Running, viewer: Viewer) -> None:
        async for item in viewer.inputs():
            await running.take(viewer, item)

    async def _admitted(self, session_id: str, viewer: Viewer, hello: Hello) -> Running | None:
        """The session with this viewer in it; None when the page was turned away."""
        if not hello.consent:
            await self._turn_away(viewer, hello, "no_consent", NOT_ALLOWED)
            return None
        if self._draining:
            await self._turn_away(viewer, hello, "stopping", MOVED)
            return None
        async with self._doors.setdefault(session_id, asyncio.Lock()):
            running = self._running.get(session_id)
            if running is not None and not running.ending:
                return await self._again(running, viewer, hello)
            if await self._full(session_id):
                await self._turn_away(viewer, hello, "busy", MOVED)
                return None
            return await self._anew(session_id, viewer, hello)

    async def _full(self, session_id: str) -> bool:
        """Whether the account of a session has as many as it may have."""
        if len(self._running) < self._limit:
            return False
        mine = (await self._parts.store.session(session_id)).account_id
        return sum(one.session.account_id == mine for one in self._running.values()) >= self._limit

    async def _again(self, running: Running, viewer: Viewer, hello: Hello) -> Running | None:
        if await running.tenure.join_again(viewer.user_id) is None:
            await self._not_joined(running.session.id, viewer, hello)
            return None
        running.attach(viewer, hello)
        return running

    async def _anew(self, session_id: str, viewer: Viewer, hello: Hello) -> Running | None:
        joined = await self._parts.store.join(session_id, viewer.user_id)
        if joined is None:
            await self._not_joined(session_id, viewer, hello)
            return None
        lease, session, access = joined
        self._orphans.pop(session_id, None)
        running = Running(
            self._parts,
            self._errands,
            Tenure(self._parts.store, lease),
            session,
            access,
            language=hello.language,
            sweep=self.sweep_now,
        )
        running.attach(viewer, hello)
        self._running[session_id] = running
        self._errands.run(self._hold(running), "live-session")
        log.info("live_joined", session=session_id, state=session.state, sessions=len(self._running))
        return running

    async def _not_joined(self, session_id: str, viewer: Viewer, hello: Hello) -> None:
        session = await self._parts.store.session(session_id)
        over = session.state in (LiveState.CLOSING, LiveState.ENDED)
        await self._turn_away(viewer, hello, "over" if over else "not_allowed", ENDED if over else NOT_ALLOWED)

    async def _turn_away(self, viewer: Viewer, hello: Hello, code: str, close: int) -> None:
        viewer.show(notice(code, phrases_in(hello.language).notice(code)))
        await viewer.close(close, code)

    # -- a session's life --------------------------------------------------------------------------------------

    async def _hold(self, running: Running) -> None:
        outcome: Outcome | None = (LiveEnd.DRAINED, None)  # when it is cancelled
        try:
            outcome = await running.run()
        finally:
            if self._running.get(running.session.id) is running:
                del self._running[running.session.id]
            if outcome is not None:
                # First of all, and whatever becomes of the rest: from here on nobody needs it to run.
                self._errands.run(self._stop(running, *outcome), "live-stop")
            await running.clear_away()

    async def _stop(self, running: Running, end: LiveEnd, by: str | None) -> None:
        await running.started()
        session = running.session
        log.info("live_ends", session=session.id, end=end, by=by)
        try:
            ended = await self._stopper.stop(running.tenure, session, end, by, running.write_all)
        except LeaseLost:
            log.info("live_lost", session=session.id)
            return
        finally:
            await running.end_writing()
        if ended is None:
            self._leave(running.tenure, session, end)
        else:
            self._ended(ended)

    def _leave(self, tenure: Tenure, session: LiveSession, end: LiveEnd) -> None:
        """Its stop is not confirmed: it stays `CLOSING`, and is tried again until it is."""
        due_at = self._parts.clock.now() + STOP_AGAIN_SECONDS
        closing = dataclasses.replace(session, state=LiveState.CLOSING)
        self._orphans[session.id] = _Orphan(tenure, closing, end, due_at)

    def _ended(self, session: LiveSession) -> None:
        log.info("live_ended", session=session.id, end=session.end, charged=session.charged)
        if self._summaries is not None and session.lines and not self._draining:
            self._errands.run(self._summaries.make(session), "live-summary")

    # -- the process -------------------------------------------------------------------------------------------

    async def run_due(self) -> int:
        """See `LiveDesk.run_due`."""
        done = 0
        running = list(self._running.values())
        for first in range(0, len(running), LOOKS_AT_ONCE):
            looks = [one.look() for one in running[first : first + LOOKS_AT_ONCE]]
            done += sum(await asyncio.gather(*looks))
        now = self._parts.clock.now()
        if now - self._swept_at >= SWEEP_SECONDS and not self._draining:
            self._swept_at = now
            await self._find_orphans()
        return done + await self._stop_orphans(now)

    async def _find_orphans(self) -> None:
        now = self._parts.clock.now()
        for lease, session in await self._parts.store.orphans(SWEPT_AT_ONCE):
            closing = session.state is LiveState.CLOSING
            end = session.end if closing and session.end is not None else LiveEnd.ORPHANED
            due_at = now if closing else now + GRACE_SECONDS
            log.warning("live_orphan", session=session.id, state=session.state)
            self._orphans[session.id] = _Orphan(Tenure(self._parts.store, lease), session, end, due_at)

    async def _stop_orphans(self, now: float) -> int:
        due = [orphan for orphan in self._orphans.values() if orphan.due_at <= now]
        for orphan in due:
            self._orphans.pop(orphan.session.id, None)
            self._errands.run(self._stop_orphan(orphan), "live-sweep")
        return len(due)

    async def sweep_now(self) -> bool:
        """Stop at once what is over for people and may still occupy a place; whether there was something."""
        await self._find_orphans()
        over = [orphan for orphan in self._orphans.values() if orphan.session.state is LiveState.CLOSING]
        for orphan in over:
            self._orphans.pop(orphan.session.id, None)
        await asyncio.gather(*(self._stop_orphan(orphan) for orphan in over))
        return bool(over)

    async def _stop_orphan(self, orphan: _Orphan) -> None:
        try:
            ended = await self._stopper.stop(orphan.tenure, orphan.session, orphan.end, None, _nothing)
        except LeaseLost:
            return  # somebody joined it again
        if ended is None:
            self._leave(orphan.tenure, orphan.session, orphan.end)
        else:
            self._ended(ended)

    async def drain(self, seconds: float, *, hand_over: bool = False) -> None:
        """See `LiveDesk.drain`. Returns a few seconds after the bound at the latest."""
        self._draining = True
        by = self._parts.clock.now() + seconds
        for running in self._running.values():
            if not (hand_over and running.hand_over()):
                running.drain(by)
        await self._wait(seconds + STOP_SECONDS)
        for task in self._errands.open:
            if task.get_name() in ("live-session", "live-summary"):
                task.cancel()
        await self._wait(STOP_SECONDS)
        for task in self._errands.open:
            task.cancel()
        await self._wait(STOP_SECONDS)

    async def _wait(self, seconds: float) -> None:
        """Until nothing is under way, within a bound of the desk's clock."""
        late = asyncio.ensure_future(self._parts.clock.sleep(seconds))
        try:
            while (errands := self._errands.open) and not late.done():
                await asyncio.wait({late, *errands}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            late.cancel()
            await asyncio.gather(late, return_exceptions=True)


async def _nothing() -> None:
    """Whoever had it wrote what was said, or died before."""
