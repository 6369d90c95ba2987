"""`agent.live.ports.LiveStore` and its neighbours in memory, and a viewer's page without a browser."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from decimal import Decimal
from typing import Any

from agent.errors import LeaseLost, OverCap
from agent.live.ports import NewLine, ViewerInput
from agent.live.records import (
    PAID_STATES,
    RUNNING_STATES,
    TALKING_STATES,
    CommandKind,
    LiveAccess,
    LiveCommand,
    LiveEnd,
    LiveLine,
    LiveSession,
    LiveState,
)
from agent.ports import Clock
from agent.records import Lease
from heygen.live import LiveClient
from tests.support.agent_stores import Steps

REQUESTER, OPERATOR = "U1", "U7"
MINUTE = 120_000


def live_session(session_id: str = "live_1", **fields: Any) -> LiveSession:
    """A session that is offered, with plain defaults."""
    defaults: dict[str, Any] = {
        "id": session_id,
        "key": f"key-{session_id}",
        "workspace_id": "W1",
        "account_id": "W1-liveavatar",
        "conversation_id": "C1",
        "handle": "L1",
        "requester": REQUESTER,
        "reason": "I would like to talk to somebody.",
        "state": LiveState.OFFERED,
        "created_at": 0.0,
        "max_seconds": 600,
        "price_per_minute": MINUTE,
        "offer_seconds": 900.0,
    }
    return LiveSession(**(defaults | fields))


@dataclasses.dataclass(slots=True)
class Row:
    """A session with what only the store knows of it. `owner` is None where no living process has it."""

    session: LiveSession
    epoch: int = 0
    owner: str | None = None
    access: LiveAccess | None = None
    lines: list[LiveLine] = dataclasses.field(default_factory=list)
    waiting: list[LiveCommand] = dataclasses.field(default_factory=list)
    reactions: list[tuple[str, str | None]] = dataclasses.field(default_factory=list)
    batches: list[int] = dataclasses.field(default_factory=list)


class FakeLiveStore(Steps):
    """Every method is one step of its name; see `Steps`. `owner` is this process, `starting` raises `over_cap`."""

    def __init__(self, clock: Clock, rows: dict[str, Row] | None = None, *, owner: str = "here") -> None:
        super().__init__()
        self._clock = clock
        self.rows = rows if rows is not None else {}
        self.owner = owner
        self.over_cap: OverCap | None = None
        self.broken: set[str] = set()
        self.stuck: asyncio.Event | None = None

    def beside(self, owner: str) -> FakeLiveStore:
        """The same rows, seen by another process."""
        return FakeLiveStore(self._clock, self.rows, owner=owner)

    def offer(self, session_id: str = "live_1", **fields: Any) -> LiveSession:
        """A new session that may be joined."""
        session = live_session(session_id, **fields)
        self.rows[session_id] = Row(session)
        return session

    def order(
        self, kind: CommandKind, text: str = "", *, actor: str = OPERATOR, session_id: str = "live_1"
    ) -> LiveCommand:
        """Somebody in Slack wants something."""
        row = self.rows[session_id]
        seq = len(row.reactions) + len(row.waiting) + 1
        command = LiveCommand(
            id=f"{session_id}-command-{seq}-{kind}",
            session_id=session_id,
            seq=seq,
            kind=kind,
            actor=actor,
            text=text,
            message_ts=f"ts{seq}",
            created_at=self._clock.now(),
        )
        row.waiting.append(command)
        return command

    def abandon(self, session_id: str = "live_1") -> None:
        """The process that has it dies."""
        self.rows[session_id].owner = None

    def seize(self, session_id: str = "live_1", owner: str = "elsewhere") -> None:
        """Another process has it now."""
        row = self.rows[session_id]
        row.owner, row.epoch = owner, row.epoch + 1

    # -- the port ----------------------------------------------------------------------------------------------

    async def session(self, session_id: str) -> LiveSession:
        await self._step("session")
        return self.rows[session_id].session

    async def join(self, session_id: str, user_id: str) -> tuple[Lease, LiveSession, LiveAccess | None] | None:
        await self._step("join")
        row = self.rows.get(session_id)
        if row is None or row.session.requester != user_id:
            return None
        if row.session.state is not LiveState.OFFERED and row.session.state not in RUNNING_STATES:
            return None
        state = LiveState.JOINED if row.session.state is LiveState.OFFERED else row.session.state
        self._change(row, state=state, viewer=user_id)
        return self._take(row), row.session, row.access

    async def starting(self, lease: Lease, provider_session_id: str) -> LiveSession:
        row = await self._held("starting", lease)
        if self.over_cap is not None:
            raise self.over_cap
        if row.session.state is not LiveState.JOINED:
            raise ValueError(row.session.state)
        begun = {"state": LiveState.STARTING, "provider_session_id": provider_session_id}
        return self._change(row, **begun, started_at=self._clock.now(), held=row.session.price_at_most)

    async def live(self, lease: Lease, access: LiveAccess, *, usable_seconds: float) -> LiveSession:
        row = await self._held("live", lease)
        row.access = access
        until = (row.session.started_at or 0.0) + min(usable_seconds, row.session.max_seconds)
        return self._change(row, state=LiveState.LIVE, usable_until=until)

    async def set_mode(self, lease: Lease, state: LiveState, *, taken_by: str | None, muted: bool) -> LiveSession:
        row = await self._held("set_mode", lease)
        if state not in TALKING_STATES or (state is LiveState.HUMAN_TAKEOVER) != (taken_by is not None):
            raise ValueError(state)
        if row.session.state not in TALKING_STATES:
            return row.session
        return self._change(row, state=state, taken_by=taken_by, muted=muted)

    async def viewer_left(self, lease: Lease) -> LiveSession:
        row = await self._held("viewer_left", lease)
        if row.session.state is LiveState.JOINED:
            row.owner = None
            return self._change(row, state=LiveState.OFFERED, viewer=None)
        return self._change(row, viewer=None)

    async def hand_over(self, lease: Lease) -> None:
        row = await self._held("hand_over", lease)
        row.owner = None
        self._change(row, viewer=None)

    async def add_lines(self, lease: Lease, lines: Sequence[NewLine]) -> list[LiveLine]:
        row = await self._held("add_lines", lease)
        begin = len(row.lines) + 1
        fields = [dataclasses.asdict(line) for line in lines]
        added = [LiveLine(seq=seq, **values) for seq, values in enumerate(fields, begin)]
        row.lines += added
        row.batches.append(len(added))
        self._change(row, lines=len(row.lines))
        return added

    async def transcript(self, session_id: str) -> list[LiveLine]:
        await self._step("transcript")
        return list(self.rows[session_id].lines)

    async def commands(self, lease: Lease) -> list[LiveCommand]:
        return list((await self._held("commands", lease)).waiting)

    async def command_done(self, lease: Lease, command: LiveCommand, *, reaction: str | None = None) -> None:
        row = await self._held("command_done", lease)
        row.waiting = [one for one in row.waiting if one.id != command.id]
        row.reactions.append((command.text or command.kind.value, reaction))

    async def closing(self, lease: Lease, end: LiveEnd, *, ended_by: str | None = None) -> LiveSession:
        row = await self._held("closing", lease)
        if row.session.state is LiveState.CLOSING:
            return row.session
        if row.session.started_at is None:
            return self._over(row, end, ended_by, charged=0)
        return self._change(row, state=LiveState.CLOSING, end=end, ended_by=ended_by, taken_by=None, muted=False)

    async def stopped(self, lease: Lease, *, credits: Decimal | None, seconds: float | None) -> LiveSession:
        row = await self._held("stopped", lease)
        session = row.session
        ran = self._clock.now() - (session.started_at or 0.0) if seconds is None else seconds
        charged = session.price_per_minute * int(-(-ran // 60))
        return self._over(row, session.end or LiveEnd.PROVIDER, session.ended_by, charged=charged, credits=credits)

    async def summarised(self, session_id: str, summary: str) -> None:
        await self._step("summarised")
        self._change(self.rows[session_id], summary=summary)

    async def orphans(self, limit: int) -> list[tuple[Lease, LiveSession]]:
        await self._step("orphans")
        free = [row for row in self.rows.values() if row.owner is None and row.session.state in PAID_STATES]
        return [(self._take(row), row.session) for row in free[:limit]]

    # -- inside ------------------------------------------------------------------------------------------------

    async def _step(self, name: str) -> None:
        if self.stuck is not None:
            await self.stuck.wait()
        if name in self.broken:
            raise ConnectionError(name)
        self.before(name)

    async def _held(self, name: str, lease: Lease) -> Row:
        await self._step(name)
        row = self.rows[lease.id]
        if (row.owner, row.epoch) != (lease.owner, lease.epoch):
            raise LeaseLost(name)
        return row

    def _take(self, row: Row) -> Lease:
        row.owner, row.epoch = self.owner, row.epoch + 1
        return Lease(row.session.id, self.owner, row.epoch)

    def _over(self, row: Row, end: LiveEnd, ended_by: str | None, **values: Any) -> LiveSession:
        row.owner, row.access = None, None
        over = {"state": LiveState.ENDED, "end": end, "ended_by": ended_by, "ended_at": self._clock.now(), "held": 0}
        return self._change(row, **over, viewer=None, **values)

    def _change(self, row: Row, **values: Any) -> LiveSession:
        row.session = dataclasses.replace(row.session, **values)
        return row.session


class FakeLiveAccounts:
    """`agent.live.ports.LiveAccounts`: one client for everybody."""

    def __init__(self, client: LiveClient) -> None:
        self._client = client

    async def client(self, account_id: str) -> LiveClient:
        return self._client


class FakeHumanCalls:
    """`agent.live.ports.HumanCalls`: notes who was called and why; the second call within a session is one too many."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    async def call(self, session: LiveSession, reason: str) -> bool:
        first = session.id not in [called for called, _ in self.calls]
        self.calls.append((session.id, reason))
        return first


class FakeViewer:
    """`agent.live.ports.Viewer`: what it was shown is kept, what it does is put in by `do`, `leave` ends it."""

    def __init__(self, user_id: str = REQUESTER) -> None:
        self._user_id = user_id
        self._inputs: deque[ViewerInput] = deque()
        self._changed = asyncio.Event()
        self._gone = False
        self.shown: list[dict[str, Any]] = []
        self.closed: tuple[int, str] | None = None
        self.on_show: Callable[[dict[str, Any]], None] = lambda _: None

    @property
    def user_id(self) -> str:
        return self._user_id

    def show(self, message: dict[str, Any]) -> None:
        if not self._gone:
            self.shown.append(message)
            self.on_show(message)

    async def inputs(self) -> AsyncIterator[ViewerInput]:
        while True:
            while self._inputs:
                yield self._inputs.popleft()
            if self._gone:
                return
            self._changed.clear()
            await self._changed.wait()

    async def close(self, code: int, reason: str) -> None:
        self.closed = self.closed or (code, reason)
        self.leave()

    def do(self, *inputs: ViewerInput) -> None:
        """The person does something."""
        self._inputs += inputs
        self._changed.set()

    def leave(self) -> None:
        """The page goes away."""
        self._gone = True
        self._changed.set()

    # -- what there was to see ---------------------------------------------------------------------------------

    def of(self, kind: str) -> list[dict[str, Any]]:
        """All messages of a type."""
        return [message for message in self.shown if message["type"] == kind]

    @property
    def notices(self) -> list[str]:
        """The codes of the notices that were shown, in order."""
        return [message["code"] for message in self.of("notice") if message["text"]]

    @property
    def captions(self) -> dict[str, dict[str, Any]]:
        """What each caption shows at last."""
        return {message["id"]: message for message in self.of("caption")}

    def read(self, who: str | None = None) -> list[str]:
        """What stands on the page, of `who` or of everybody."""
        shown = [one for one in self.captions.values() if who is None or one["who"] == who]
        return [one["text"] for one in shown if one["text"]]

    @property
    def state(self) -> dict[str, Any]:
        """The newest state."""
        return self.of("state")[-1]
