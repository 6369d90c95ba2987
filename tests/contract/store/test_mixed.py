"""Whether others' words stand in a conversation, from the rows of its turns."""

from __future__ import annotations

from agent.records import Lease, TurnRecord
from bot.store import Store
from tests.support.store_steps import PERSON, open_row


async def turn(
    store: Store, name: str, requester: str = PERSON, *, tainted: bool = False, thread_ts: str = "1.0"
) -> tuple[Lease, TurnRecord]:
    """A turn that is over."""
    lease, row = await open_row(store, name, thread_ts=thread_ts)
    begun = await store.turns.begin_turn(lease, row, origin="message", requester=requester, items=[], tainted=tainted)
    await store.lanes.finish_row(lease, row)
    if thread_ts == "1.0":  # another lane stays claimed, so that it is not ready again
        await store.lanes.release(lease)
    return lease, begun


async def test_a_person_alone_with_the_app_is_not_mixed(store: Store) -> None:
    await turn(store, "Ev1")
    _, last = await turn(store, "Ev2")
    assert not await store.turns.mixed(last.id)


async def test_somebody_else_makes_it_mixed_for_both(store: Store) -> None:
    _, first = await turn(store, "Ev1")
    _, second = await turn(store, "Ev2", "U0OTHER01")
    assert await store.turns.mixed(first.id)
    assert await store.turns.mixed(second.id)


async def test_what_a_tool_has_read_in_an_earlier_turn_counts(store: Store) -> None:
    await turn(store, "Ev1", tainted=True)
    _, last = await turn(store, "Ev2")
    assert await store.turns.mixed(last.id)
    assert not await store.turns.tainted(last.id)


async def test_other_conversations_do_not_count(store: Store) -> None:
    await turn(store, "Ev1", "U0OTHER01", tainted=True, thread_ts="2.0")
    _, last = await turn(store, "Ev2")
    assert not await store.turns.mixed(last.id)
