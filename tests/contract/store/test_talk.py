"""How people want us to talk: rules that are kept, threads that are quiet, opinions that change."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from agent.records import Lease, TurnRecord
from bot.store import Store
from bot.store.audit import Deed
from bot.store.schema import delivery
from bot.talk import Policy, Reach, Standing, TalkSetting
from tests.support.store_steps import CHANNEL, PERSON, WORKSPACE, open_row, user_item

ELSEWHERE = "C2"
RULES = TalkSetting(Policy.EVERYTHING, (CHANNEL,), (PERSON,), Reach.NOTHING, Reach.READ)


async def begun(store: Store) -> tuple[Lease, TurnRecord]:
    lease, row = await open_row(store)
    return lease, await store.turns.begin_turn(
        lease, row, origin="message", requester=PERSON, items=[user_item("hello")]
    )


async def standing(store: Store, thread_ts: str | None = "1.0", channel: str = CHANNEL) -> Standing:
    return (await store.talk.standing(WORKSPACE, channel, thread_ts))[0]


async def said(store: Store) -> list[Any]:
    async with store.database.reading() as connection:
        return [body["text"] for body in await connection.scalars(sa.select(delivery.c.body))]


async def test_rules_outside_of_threads_are_remembered_but_not_past_a_change_of_ours(store: Store) -> None:
    assert await store.talk.rules(WORKSPACE, CHANNEL) == Standing()
    await store.talk.change(WORKSPACE, "U1", RULES, CHANNEL, Policy.EVERYTHING)
    assert await store.talk.rules(WORKSPACE, CHANNEL) == Standing(RULES, Policy.EVERYTHING)
    assert await store.talk.rules("T2", CHANNEL) == Standing()


async def test_where_nobody_has_said_anything_the_usual_rules_hold(store: Store) -> None:
    assert await standing(store) == Standing()
    _, turn = await begun(store)
    assert await standing(store) == Standing(conversation_id=turn.conversation_id)
    assert await standing(store, "2.0") == Standing()


async def test_rules_are_kept_by_workspace_and_channel_and_changes_are_audited(store: Store) -> None:
    await store.talk.change(WORKSPACE, PERSON, RULES, CHANNEL, Policy.MENTIONS)
    assert await standing(store) == Standing(RULES, Policy.MENTIONS)
    assert (await standing(store, channel=ELSEWHERE)).policy is Policy.EVERYTHING
    assert await store.talk.standing("T2", CHANNEL, "1.0") == (Standing(), store.clock.now())
    await store.talk.change(WORKSPACE, PERSON, TalkSetting(), CHANNEL, None)
    assert await standing(store) == Standing()
    assert await store.talk.policy(WORKSPACE, CHANNEL) is None
    assert [line.deed for line in await store.audit.recent(WORKSPACE)] == [Deed.TALK_CHANGED] * 2


async def test_a_thread_is_quiet_once_and_until_it_is_woken(store: Store) -> None:
    _, turn = await begun(store)
    assert [await store.talk.mute(WORKSPACE, turn.conversation_id, f"Ev{n}") for n in (2, 3)] == [True, False]
    assert len(await said(store)) == 1
    assert (await standing(store)).muted
    assert [await store.talk.unmute(WORKSPACE, turn.conversation_id) for _ in "ab"] == [True, False]
    assert not (await standing(store)).muted
    assert await store.talk.mute(WORKSPACE, turn.conversation_id, "Ev4")


async def test_whoever_was_asked_is_remembered_without_a_word_of_it(store: Store) -> None:
    _, turn = await begun(store)
    await store.talk.mute(WORKSPACE, turn.conversation_id, "Ev2")
    await store.talk.await_answer(WORKSPACE, turn.conversation_id, "U7")
    found = await standing(store)
    assert (found.awaited, found.awaited_at, found.muted) == ("U7", store.clock.now(), True)
    await store.talk.await_answer(WORKSPACE, turn.conversation_id, None)
    assert (await standing(store)).awaited is None


async def test_threads_are_found_by_their_messages_and_by_who_was_answered(store: Store) -> None:
    _, turn = await begun(store)
    assert await store.talk.conversation_of(WORKSPACE, CHANNEL, "1.0") == turn.conversation_id
    assert await store.talk.conversation_of(WORKSPACE, CHANNEL, "9.9") is None
    await store.talk.mute(WORKSPACE, turn.conversation_id, "Ev2")
    async with store.database.transaction("test.posted") as connection:
        await connection.execute(sa.update(delivery).values(ts="1.5"))
    assert await store.talk.conversation_of(WORKSPACE, CHANNEL, "1.5") == turn.conversation_id
    assert await store.talk.conversation_of(WORKSPACE, ELSEWHERE, "1.5") is None
    assert await store.talk.recent_thread(WORKSPACE, CHANNEL, PERSON) == turn.conversation_id
    assert await store.talk.recent_thread(WORKSPACE, CHANNEL, "U7") is None


async def test_an_opinion_is_one_row_a_person_and_changes(store: Store) -> None:
    _, turn = await begun(store)
    assert await store.talk.rate(turn.id, PERSON, good=False)
    assert await store.talk.rate(turn.id, PERSON, good=False, words="wrong language")
    assert await store.talk.rate(turn.id, PERSON, good=False)
    assert [(one.good, one.words) for one in await store.talk.opinions(WORKSPACE)] == [(False, "wrong language")]
    assert await store.talk.rate(turn.id, PERSON, good=True)
    await store.talk.rate(turn.id, "U7", good=False)
    found = {one.user_id: (one.good, one.words) for one in await store.talk.opinions()}
    assert found == {PERSON: (True, None), "U7": (False, None)}
    assert not await store.talk.rate("T-none", PERSON, good=True)
    assert await store.talk.opinions("T2") == []
