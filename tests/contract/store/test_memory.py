"""Summaries are kept once, facts within their bounds; both go with their conversation."""

from __future__ import annotations

import dataclasses

import pytest

from agent.compaction import Digest, Digested
from agent.errors import LeaseLost
from agent.memory import MOST_IN_THREAD
from agent.records import ModelCall
from bot.store import Store
from tests.support.store_steps import CHANNEL, PERSON, WORKSPACE, everything, open_turn

CALL = ModelCall("m", "resp", None, 10, 5, 0)


async def test_an_attempt_is_noted_before_the_summary_and_made_once(store: Store) -> None:
    lease, turn = await open_turn(store)
    assert await store.summed.digested(lease.id) == Digested()
    assert await store.summed.begin(lease, 7)
    assert not await store.summed.begin(lease, 7)
    assert await store.summed.digested(lease.id) == Digested(None, 7)
    await store.summed.finish(lease, turn.id, Digest(7, "They want French."), CALL)
    assert await store.summed.begin(lease, 9)
    assert await store.summed.digested(lease.id) == Digested(Digest(7, "They want French."), 9)
    counted = await store.turns.turn_of_row(turn.inbox_id)
    assert counted
    assert (counted.tokens, counted.model_calls) == (15, 0)


async def test_who_lost_the_lane_sums_up_and_keeps_nothing(store: Store) -> None:
    lease, turn = await open_turn(store)
    lost = dataclasses.replace(lease, epoch=lease.epoch - 1)
    before = await everything(store)
    with pytest.raises(LeaseLost):
        await store.summed.begin(lost, 1)
    with pytest.raises(LeaseLost):
        await store.summed.finish(lost, turn.id, Digest(1, "x"), CALL)
    with pytest.raises(LeaseLost):
        await store.facts.add(lost, turn, "x", key="k", everywhere=False)
    assert await everything(store) == before


async def test_a_fact_is_kept_once_for_a_call_and_seen_where_it_counts(store: Store) -> None:
    lease, turn = await open_turn(store)
    here = await store.facts.add(lease, turn, "in French", key="k1", everywhere=False)
    again = await store.facts.add(lease, turn, "in French", key="k1", everywhere=False)
    wide = await store.facts.add(lease, turn, "blue logo", key="k2", everywhere=True)
    assert here
    assert wide
    assert again
    assert here.number == again.number < wide.number
    assert [one.text for one in await store.facts.of(WORKSPACE, lease.id)] == ["in French", "blue logo"]
    assert [one.text for one in await store.facts.of(WORKSPACE, "another")] == ["blue logo"]
    assert await store.facts.of("another", lease.id) == []
    assert [one.text for one in await store.facts.shown(WORKSPACE, "U0ELSE", CHANNEL)] == ["in French", "blue logo"]
    assert [one.text for one in await store.facts.shown(WORKSPACE, "U0ELSE", "C0ELSE")] == ["blue logo"]
    assert len(await store.facts.shown(WORKSPACE, PERSON, "C0ELSE")) == 2
    assert await store.facts.forget("another", [here.number]) == 0
    assert await store.facts.forget(WORKSPACE, [here.number, 999]) == 1
    assert [one.text for one in await store.facts.of(WORKSPACE, lease.id)] == ["blue logo"]


async def test_there_is_room_for_so_many(store: Store) -> None:
    lease, turn = await open_turn(store)
    for number in range(MOST_IN_THREAD):
        assert await store.facts.add(lease, turn, "x", key=f"k{number}", everywhere=False)
    assert await store.facts.add(lease, turn, "x", key="one more", everywhere=False) is None
    assert await store.facts.add(lease, turn, "x", key="elsewhere", everywhere=True)


async def test_a_number_is_never_used_twice(store: Store) -> None:
    lease, turn = await open_turn(store)
    first = await store.facts.add(lease, turn, "x", key="k1", everywhere=True)
    assert first
    await store.facts.forget(WORKSPACE, [first.number])
    second = await store.facts.add(lease, turn, "y", key="k2", everywhere=True)
    assert second
    assert second.number > first.number
