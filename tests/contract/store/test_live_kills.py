"""A process that dies at any step of a live session leaves a row that says what to do, and no bill beyond."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from agent.live.records import PAID_STATES, LiveEnd, LiveState
from agent.money import Entry
from agent.records import Lease
from bot.store import Store
from tests.contract.store.test_erasure import KilledError, kill_at
from tests.support.clock import ManualClock
from tests.support.live_rows import ACCESS, MOST, OFFER, REQUESTER, ask, booked, join, line, new_session, offer, thread
from tests.support.store_steps import LEASE, WORKSPACE, claiming_as

pytestmark = pytest.mark.full

Step = Callable[[Store, Lease], Awaitable[Any]]
STEPS: dict[str, Step] = {
    "live.starting": lambda store, lease: store.live.starting(lease, "p1"),
    "live.live": lambda store, lease: store.live.live(lease, ACCESS, usable_seconds=300.0),
    "live.mode": lambda store, lease: store.live.set_mode(lease, LiveState.HUMAN_TAKEOVER, taken_by="U7", muted=False),
    "live.lines": lambda store, lease: store.live.add_lines(lease, [line("Hello")]),
    "live.command": lambda store, lease: ask(store, lease.id),
    "live.left": lambda store, lease: store.live.viewer_left(lease),
    "live.closing": lambda store, lease: store.live.closing(lease, LiveEnd.VISITOR),
    "live.stopped": lambda store, lease: store.live.stopped(lease, credits=Decimal(1), seconds=20.0),
}


async def live_until_killed(store: Store) -> str:
    """A whole life, of which a killed process sees a part; returns the session."""
    session = await offer(store)
    try:
        lease = await join(store, session)
        for step in STEPS.values():
            await step(store, lease)
    except KilledError:
        pass
    return session.id


async def sweep(store: Store) -> list[str]:
    """Another process looks around, as it does now and then; returns what had to be stopped."""
    stopped = []
    with claiming_as(store, "second"):
        for lease, session in await store.live.orphans(10):
            await store.live.closing(lease, LiveEnd.ORPHANED)
            await store.live.stopped(lease, credits=None, seconds=20.0)
            stopped.append(session.provider_session_id or "")
        await store.live.run_due()
    return stopped


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("step", ["live.join", *STEPS])
async def test_a_kill_at_any_step_is_cleared_up_within_a_lease(
    store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, step: str, committed: bool
) -> None:
    with monkeypatch.context() as patched:
        kill_at(patched, store, step, committed=committed)
        session_id = await live_until_killed(store)
    before = await store.live.session(session_id)
    assert await sweep(store) == []  # its owner might be alive
    clock.advance(LEASE)
    stopped = await sweep(store)
    after = await store.live.session(session_id)
    lines = await booked(store, session_id)
    if before.state in PAID_STATES:
        assert stopped == ["p1"]
        assert (after.state, after.viewer) == (LiveState.ENDED, None)
    elif before.state is LiveState.ENDED:
        assert (stopped, after) == ([], before)
    else:
        assert (stopped, after.state, after.viewer, lines) == ([], LiveState.OFFERED, None, [])
        with claiming_as(store, "second"):
            assert await store.live.join(session_id, REQUESTER) is not None
        return
    assert [kind for kind, _ in lines] == [Entry.HOLD, Entry.RELEASE, Entry.CHARGE]
    assert sum(amount for kind, amount in lines if kind is not Entry.CHARGE) == 0
    assert lines[0] == (Entry.HOLD, MOST)


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("step", ["live.orphans", "live.closing", "live.stopped"])
async def test_a_sweep_that_is_killed_is_done_by_the_next(
    store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, step: str, committed: bool
) -> None:
    session = await offer(store)
    lease = await join(store, session)
    await store.live.starting(lease, "p1")
    await store.live.live(lease, ACCESS, usable_seconds=300.0)
    clock.advance(LEASE)
    with monkeypatch.context() as patched:
        kill_at(patched, store, step, committed=committed)
        with pytest.raises(KilledError):
            await sweep(store)
    clock.advance(LEASE)
    await sweep(store)
    ended = await store.live.session(session.id)
    assert (ended.state, ended.end, ended.held) == (LiveState.ENDED, LiveEnd.ORPHANED, 0)
    assert [kind for kind, _ in await booked(store, session.id)] == [Entry.HOLD, Entry.RELEASE, Entry.CHARGE]


DECISIONS: dict[str, tuple[Callable[[Store, str], Awaitable[Any]], list[str]]] = {
    "live.open": (lambda store, _: store.live.run_due(), []),
    "live.claim": (lambda store, session_id: store.live.claim(session_id, "U7"), ["claimed"]),
    "live.decline": (lambda store, session_id: store.live.decline(session_id, REQUESTER), ["declined"]),
    "live.approve": (lambda store, session_id: store.live.approve(session_id, "U5"), ["approved"]),
    "live.time": (lambda store, _: store.live.run_due(), ["expired"]),
}


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("step", DECISIONS)
async def test_a_decision_that_was_interrupted_is_made_once(
    store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, step: str, committed: bool
) -> None:
    decide, deeds = DECISIONS[step]
    new = new_session(await thread(store), needs_approval=True)

    async def attempt() -> None:
        session = await store.live.open(new)
        clock.advance(OFFER if step == "live.time" else 0.0)
        await decide(store, session.id)

    with monkeypatch.context() as patched:
        kill_at(patched, store, step, committed=committed)
        with pytest.raises(KilledError):
            await attempt()
    await attempt()
    assert len(await store.live.sessions(WORKSPACE)) == 1
    assert [line.deed for line in await store.audit.recent(WORKSPACE)] == deeds
