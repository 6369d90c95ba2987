"""Whatever is called in whatever order by whomever: no charge without a start, no hold after the end, one owner."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.errors import LeaseLost, OverCap
from agent.live.records import PAID_STATES, WAITING_STATES, CommandKind, LiveEnd, LiveSession, LiveState
from agent.money import Cap, Entry, Period, Scope
from agent.records import Lease
from bot.store import Store
from bot.store.live import LiveSessions
from bot.store.schema import delivery, ledger, live_command, live_line, live_session
from tests.support.clock import ManualClock
from tests.support.live_rows import ACCESS, LIVE_ACCOUNT, MINUTE, MOST, OPERATOR, REQUESTER, line, new_session, thread
from tests.support.store_steps import LEASE, WORKSPACE, claiming_as, new_store, running, sqlite_url

pytestmark = pytest.mark.full

WHO = st.sampled_from(["first", "second"])
SESSION = st.integers(0, 1)
SECONDS = st.sampled_from([None, 0.0, 0.5, 60.0, 61.0, 9_999.0])
WRITES: dict[str, Callable[[LiveSessions, Lease], Awaitable[Any]]] = {
    "starting": lambda live, lease: live.starting(lease, f"p-{lease.id}"),
    "live": lambda live, lease: live.live(lease, ACCESS, usable_seconds=300.0),
    "take_over": lambda live, lease: live.set_mode(lease, LiveState.HUMAN_TAKEOVER, taken_by=OPERATOR, muted=True),
    "hand_back": lambda live, lease: live.set_mode(lease, LiveState.LIVE, taken_by=None, muted=False),
    "left": lambda live, lease: live.viewer_left(lease),
    "say": lambda live, lease: live.add_lines(lease, [line("Hello")]),
    "commands": lambda live, lease: live.commands(lease),
    "closing": lambda live, lease: live.closing(lease, LiveEnd.VISITOR),
    "closing_unstarted": lambda live, lease: live.closing(lease, LiveEnd.NOT_STARTED),
}
OWNED = [*WRITES, "done"]
NEXT = {
    LiveState.JOINED: "starting",
    LiveState.STARTING: "live",
    LiveState.LIVE: "closing",
    LiveState.HUMAN_TAKEOVER: "closing",
    LiveState.CLOSING: "stopped",
}
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("go"), SESSION),
        st.tuples(st.just("join"), WHO, SESSION),
        st.tuples(st.sampled_from(OWNED), WHO, SESSION),
        st.tuples(st.just("stopped"), WHO, SESSION, SECONDS),
        st.tuples(st.just("sweep"), WHO),
        st.tuples(st.sampled_from(["claim", "decline", "approve", "ask", "pass", "summary", "open"]), SESSION),
        st.tuples(st.just("advance"), st.sampled_from([1.0, 59.0, LEASE, 300.0, 1_000.0])),
        st.tuples(st.sampled_from(["beat", "time"])),
    ),
    max_size=40,
)
LEFT = (live_session, live_line, live_command, ledger, delivery)
# What a session may become in one step; it may always stay as it is.
FOLLOWS = {
    LiveState.CALLING: {LiveState.OFFERED, LiveState.ENDED},
    LiveState.OFFERED: {LiveState.JOINED, LiveState.ENDED},
    LiveState.JOINED: {LiveState.OFFERED, LiveState.STARTING, LiveState.ENDED},
    LiveState.STARTING: {LiveState.LIVE, LiveState.CLOSING, LiveState.ENDED},
    LiveState.LIVE: {LiveState.HUMAN_TAKEOVER, LiveState.CLOSING, LiveState.ENDED},
    LiveState.HUMAN_TAKEOVER: {LiveState.LIVE, LiveState.CLOSING, LiveState.ENDED},
    LiveState.CLOSING: {LiveState.ENDED},
    LiveState.ENDED: set(),
}


class Play:
    """Performs steps on two sessions, of which one needs an approval, and checks after each what must be true."""

    def __init__(self, store: Store, clock: ManualClock) -> None:
        self.store = store
        self.clock = clock
        self.conversations: list[str] = []
        self.ids: list[str] = []
        self.leases: dict[tuple[str, str], Lease] = {}
        self.epochs: dict[str, int] = {}
        self.before: dict[str, LiveSession] = {}
        self.count = 0

    async def begin(self, ahead: tuple[int, int]) -> None:
        for number, other in enumerate(({"call_seconds": 60.0, "needs_approval": True}, {})):
            self.conversations.append(await thread(self.store, f"Ev{number}"))
            session = await self.store.live.open(new_session(self.conversations[-1], **other))
            self.ids.append(session.id)
        await self.store.live.approve(self.ids[0], "U5")
        self.clock.advance(60.0 if ahead[0] else 0.0)
        await self.store.live.run_due()
        for number, steps in enumerate(ahead):
            for _ in range(steps):
                await self.step(("go", number))

    async def rows(self) -> dict[str, list[Any]]:
        """All that a live session leaves."""
        async with self.store.database.reading() as connection:
            return {table.name: list(await connection.execute(sa.select(table))) for table in LEFT}

    async def step(self, step: tuple[Any, ...]) -> None:
        match step:
            case ("join", str(who), int(number)):
                await self.join(who, self.ids[number])
            case ("stopped", str(who), int(number), seconds):
                await self.owned("stopped", who, self.ids[number], seconds)
            case ("sweep", str(who)):
                await self.sweep(who)
            case ("advance", float(seconds)):
                self.clock.advance(seconds)
            case ("go", int(number)):
                await self.go(self.ids[number])
            case ("beat",):
                await self.store.claims.extend()
            case ("time",):
                await self.store.live.run_due()
            case (str(what), int(number)):
                await self.outside(what, number)
            case (str(what), str(who), int(number)):
                await self.owned(what, who, self.ids[number], None)
        await self.check()

    async def join(self, who: str, session_id: str) -> None:
        with claiming_as(self.store, who):
            found = await self.store.live.join(session_id, REQUESTER)
        if found is not None:
            self.took(who, found[0])

    def took(self, who: str, lease: Lease) -> None:
        assert lease.epoch > self.epochs.get(lease.id, 0)
        self.epochs[lease.id] = lease.epoch
        self.leases[who, lease.id] = lease

    async def sweep(self, who: str) -> None:
        with claiming_as(self.store, who):
            for lease, session in await self.store.live.orphans(10):
                assert session.state in PAID_STATES
                self.took(who, lease)

    async def owned(self, what: str, who: str, session_id: str, seconds: float | None) -> None:
        """Only the newest lease may change anything; what makes no sense in this state changes nothing."""
        if (lease := self.leases.get((who, session_id))) is None:
            return
        before = await self.rows()
        try:
            await self.perform(what, lease, seconds)
        except LeaseLost:
            del self.leases[who, session_id]
            assert await self.rows() == before
        except (ValueError, OverCap):
            assert await self.rows() == before
            assert lease.epoch == self.epochs[session_id]
        else:
            assert lease.epoch == self.epochs[session_id]

    async def perform(self, what: str, lease: Lease, seconds: float | None) -> None:
        if what == "stopped":
            await self.store.live.stopped(lease, credits=None, seconds=seconds)
        elif what == "done":
            for command in await self.store.live.commands(lease):
                await self.store.live.command_done(lease, command, reaction="eyes")
        else:
            await WRITES[what](self.store.live, lease)

    async def go(self, session_id: str) -> None:
        """The next step of a session that goes its usual way."""
        state = (await self.store.live.session(session_id)).state
        if state is LiveState.OFFERED:
            await self.join("first", session_id)
        elif state in NEXT:
            await self.owned(NEXT[state], "first", session_id, 61.0)

    async def outside(self, what: str, number: int) -> None:
        """What anybody may do at any time."""
        live, session_id = self.store.live, self.ids[number]
        self.count += 1
        match what:
            case "claim":
                await live.claim(session_id, OPERATOR)
            case "decline":
                await live.decline(session_id, REQUESTER)
            case "approve":
                await live.approve(session_id, "U5")
            case "ask":
                whose: dict[str, Any] = {"actor": REQUESTER, "text": "?", "message_ts": "5.0", "key": str(self.count)}
                running_before = (await live.session(session_id)).running
                assert await live.command(session_id, CommandKind.ASK, **whose) is running_before
            case "pass":
                await live.open_pass((await live.new_pass(session_id, REQUESTER)).id)
            case "summary":
                await live.summarised(session_id, "A summary.")
            case "open":
                opened = await live.open(new_session(self.conversations[number], key=f"again-{self.count}"))
                self.ids[number] = opened.id

    async def check(self) -> None:
        rows = await self.rows()
        money: dict[str, dict[Entry, int]] = {}
        for row in rows["ledger"]:
            own = money.setdefault(row.job_id, dict.fromkeys(Entry, 0))
            own[row.kind] += row.amount
        sessions = await self.store.live.sessions(WORKSPACE, 500)
        for session in sessions:
            self.check_one(session, money.get(session.id, dict.fromkeys(Entry, 0)))
        held = sum(own[Entry.HOLD] + own[Entry.RELEASE] for own in money.values())
        assert held <= 2 * MOST
        owners = [row for row in rows["live_session"] if row.owner is not None]
        assert all(row.state not in {*WAITING_STATES, LiveState.ENDED} for row in owners)
        assert {row.account_id for row in rows["ledger"]} <= {LIVE_ACCOUNT}

    def check_one(self, session: LiveSession, money: dict[Entry, int]) -> None:
        held = money[Entry.HOLD] + money[Entry.RELEASE]
        assert session.held == held
        assert held == (MOST if session.state in PAID_STATES else 0)
        assert (session.started_at is None) == (money[Entry.HOLD] == 0)
        if session.started_at is None:
            assert money[Entry.CHARGE] == 0
        if session.state is LiveState.ENDED:
            assert session.end is not None
            assert (session.charged or 0) == money[Entry.CHARGE]
            assert (session.viewer, session.taken_by) == (None, None)
        else:
            assert money[Entry.CHARGE] == 0
        before = self.before.get(session.id)
        if before is not None and before.state is not session.state:
            self.check_way(before, session)
        self.before[session.id] = session

    def check_way(self, before: LiveSession, after: LiveSession) -> None:
        """Between two looks lies one step, so each change is one of the table's."""
        assert after.state in FOLLOWS[before.state]
        if after.state is LiveState.JOINED:
            assert not after.needs_approval or after.approved_by is not None

    async def settle(self) -> None:
        """Everybody gone, one sweep ends what is left: nothing stays set aside."""
        self.clock.advance(LEASE * 2)
        with claiming_as(self.store, "third"):
            for lease, _ in await self.store.live.orphans(10):
                await self.store.live.closing(lease, LiveEnd.ORPHANED)
                await self.store.live.stopped(lease, credits=None, seconds=None)
        for _ in range(2):  # what is called for is offered first
            self.clock.advance(10_000.0)
            await self.store.live.run_due()
        rows = await self.rows()
        assert {row.state for row in rows["live_session"]} == {LiveState.ENDED}
        assert sum(row.amount for row in rows["ledger"] if row.kind is not Entry.CHARGE) == 0
        assert all(row.amount % MINUTE == 0 for row in rows["ledger"])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ahead=st.tuples(st.integers(0, 4), st.integers(0, 5)), steps=STEPS)
async def test_live_sessions_keep_their_promises(
    sqlite_file: Path, ahead: tuple[int, int], steps: list[tuple[Any, ...]]
) -> None:
    """Each session is some steps ahead on its usual way when anything else begins."""
    clock = ManualClock()
    caps = [Cap(Scope.WORKSPACE, Period.MONTH, 2 * MOST)]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(sqlite_file, folder)  # making the tables takes longer than what happens in them
        async with running(new_store(sqlite_url(Path(folder)), clock, caps=caps)) as store:
            play = Play(store, clock)
            await play.begin(ahead)
            for step in steps:
                await play.step(step)
            await play.settle()
