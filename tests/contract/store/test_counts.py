"""What metrics read of the tables."""

from __future__ import annotations

import sqlalchemy as sa

from agent.records import TurnState
from bot.store import Store
from bot.store.counts import counts
from bot.store.schema import delivery, lane
from tests.support.clock import ManualClock
from tests.support.store_steps import accept, open_turn


async def test_nothing_counts_as_zero_of_every_state(store: Store) -> None:
    found = await counts(store.database)
    assert found.turns == {state.value: 0 for state in TurnState}
    assert found.oldest == {"lanes": 0.0, "deliveries": 0.0, "submissions": 0.0, "jobs": 0.0}
    assert (found.drift, found.orphans, found.left_to_newer) == (0, 0, 0)


async def test_rows_are_counted_by_state_and_what_waits_has_an_age(store: Store, clock: ManualClock) -> None:
    lease, turn = await open_turn(store)
    await store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply="Hello")
    await accept(store, "Ev2", thread_ts="2.0")
    clock.advance(40.0)
    found = await counts(store.database)
    assert (found.turns["done"], found.turns["running"]) == (1, 0)
    assert sum(found.deliveries.values()) == 1
    assert found.oldest["lanes"] == 40.0


async def test_what_is_left_to_a_newer_version_waits_for_nobody_here(store: Store, clock: ManualClock) -> None:
    await store.lanes.leave(await accept(store, "Ev1"))
    clock.advance(40.0)
    found = await counts(store.database)
    assert (found.left_to_newer, found.oldest["lanes"]) == (1, 0.0)


async def test_a_word_of_a_newer_version_is_counted_as_it_is(store: Store) -> None:
    lease, turn = await open_turn(store)
    await store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply="Hello")
    async with store.database.transaction("test") as connection:
        await connection.execute(sa.update(delivery).values(state=sa.literal_column("'hologram'")))
        await connection.execute(sa.update(lane).values(ready_at=None))
    assert (await counts(store.database)).deliveries["hologram"] == 1
