"""Two versions side by side: what only the newer one can read is left to it, and to nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from agent import formats
from agent.formats import NewerWord
from agent.records import DeliveryKind, Source, TurnState
from bot.posts import Posts
from bot.store import Store
from bot.store.schema import delivery, item
from tests.support.store_steps import PERSON, accept, claim_lane, event, open_row, open_turn, user_item


@contextmanager
def newer(*names: str) -> Iterator[None]:
    """In this block the code is that of a version which has brought in `names`."""
    before = formats.FORMAT, formats.SINCE
    formats.FORMAT, formats.SINCE = 2, dict.fromkeys(names, 2)
    try:
        yield
    finally:
        formats.FORMAT, formats.SINCE = before


async def test_what_a_newer_version_has_begun_is_left_to_it_until_it_is_done(store: Store) -> None:
    with newer():
        lease, turn = await open_turn(store)
        await store.lanes.release(lease)
    assert await store.lanes.claim(10) == []
    with newer():
        lease = await claim_lane(store)
        await store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply=None)
        await store.lanes.release(lease)
    assert [lease.id for lease in await store.lanes.claim(10)] == [turn.conversation_id]


async def test_a_log_with_an_item_of_a_newer_version_is_left_to_it_for_good(store: Store) -> None:
    with newer("note"):
        lease, row = await open_row(store)
        note = (Source.RUNTIME, {"type": "note"})
        turn = await store.turns.begin_turn(
            lease, row, origin="message", requester=PERSON, items=[user_item("Hello"), note]
        )
        await store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply=None)
        await store.lanes.release(lease)
    await accept(store, "Ev2")
    assert await store.lanes.claim(10) == []
    with newer("note"):
        assert len(await store.lanes.claim(10)) == 1


async def test_an_event_of_a_newer_version_that_arrives_meanwhile_is_not_taken_from_the_lane(store: Store) -> None:
    lease, row = await open_row(store)
    with newer("reaction"):
        await accept(store, "Ev2", kind="reaction")
    assert await store.lanes.next_row(lease) is None
    assert await store.lanes.claim(10) == []
    with newer("reaction"):
        lease = await claim_lane(store)
        assert (await store.lanes.next_row(lease)) == row


async def test_a_row_with_an_unknown_word_is_not_claimed_and_says_so_where_it_is_read(store: Store) -> None:
    _, turn = await open_turn(store)
    await Posts(store, lambda: None).say_notice("notice", turn.conversation_id, "Hello")
    await written(store, sa.update(delivery).values(kind=sa.literal_column("'hologram'")))
    await written(store, sa.update(item).values(source=sa.literal_column("'oracle'")))
    assert await store.deliveries.claim_due(10) == []
    with pytest.raises(NewerWord, match="'oracle'"):
        await store.turns.items(turn.conversation_id)
    await written(store, sa.update(delivery).values(kind=DeliveryKind.NOTICE))
    assert len(await store.deliveries.claim_due(10)) == 1


async def written(store: Store, statement: sa.Update) -> None:
    async with store.database.transaction("test") as connection:
        await connection.execute(statement)


async def test_a_conversation_that_was_left_waits_for_the_newer_version(store: Store) -> None:
    lease, row = await open_row(store)
    await store.lanes.release(lease)
    await store.lanes.leave(row.conversation_id)
    await store.lanes.accept(event("Ev2"))
    assert await store.lanes.claim(10) == []
    with newer():
        assert len(await store.lanes.claim(10)) == 1
