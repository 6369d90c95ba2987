"""Calling a teammate into a session that runs."""

from __future__ import annotations

import pytest

from agent.live.records import LiveSession
from bot.slack.live_calls import AGAIN_SECONDS, LiveCalls
from bot.store import Store
from tests.support import live_rows
from tests.support.clock import ManualClock
from tests.support.live_rows import REQUESTER
from tests.unit.bot.slack.memory import Wakes


class Calls:
    """Calls over a real store, and what the operators' channel was told."""

    def __init__(self, store: Store, clock: ManualClock, wakes: Wakes, session: LiveSession) -> None:
        self.told: list[tuple[str, str, str]] = []
        self.session, self._deliveries = session, store.deliveries
        self.calls = LiveCalls(
            posts=store.deliveries,
            places=store.turns,
            operators=lambda _: ["<!subteam^S1>"],
            tell_operators=self._tell,
            clock=clock,
            kick=wakes,
        )

    async def _tell(self, workspace_id: str, key: str, text: str) -> None:
        self.told.append((workspace_id, key, text))

    async def call(self, reason: str = "a refund") -> bool:
        return await self.calls.call(self.session, reason)

    async def said(self, clock: ManualClock) -> str:
        found = await self._deliveries.find(f"live:{self.session.id}:human:{int(clock.now() // AGAIN_SECONDS)}")
        assert found is not None
        return str(found.body["text"])


@pytest.fixture
async def calls(store: Store, clock: ManualClock, wakes: Wakes) -> Calls:
    lease = await live_rows.running(store)
    return Calls(store, clock, wakes, await store.live.session(lease.id))


async def test_the_thread_and_the_operators_are_told(calls: Calls, clock: ManualClock, wakes: Wakes) -> None:
    assert await calls.call()
    who = f"<@{REQUESTER}> asks for a person in live session L1"
    assert await calls.said(clock) == f"<!subteam^S1> {who}: a refund. Its card here lets you take over."
    ((workspace_id, key, text),) = calls.told
    assert (workspace_id, text) == ("T1", f"{who}, in <#C1>: a refund.")
    assert key.endswith(":ops")
    assert wakes.count == 1


async def test_nobody_is_called_twice_within_a_minute(calls: Calls, clock: ManualClock) -> None:
    assert await calls.call()
    for _ in range(3):
        assert not await calls.call()
        clock.advance(AGAIN_SECONDS / 3 - 1)
    clock.advance(2 * AGAIN_SECONDS)
    assert await calls.call()
    assert len(calls.told) == 2


async def test_a_reason_cannot_ping_or_lead_anywhere(calls: Calls, clock: ManualClock) -> None:
    await calls.call("<!channel> see https://evil.example/x\nnow")
    assert "&lt;!channel&gt; see (link) now." in await calls.said(clock)
    assert "evil" not in calls.told[0][2]
