"""What is over for long enough goes, with all that belongs to it; what is unfinished stays, however old."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import sqlalchemy as sa

from agent.live.records import LiveState
from agent.money import Reason
from agent.records import DeliveryKind, DeliveryState, JobState, TurnState
from bot.store import Store
from bot.store.interventions import Impossible
from bot.store.outbox import NewDelivery
from bot.store.overview import Kind
from bot.store.schema import conversation, delivery, inbox, job, live_session, metadata, submission, turn
from tests.support.clock import ManualClock
from tests.support.store_steps import (
    ACCOUNT,
    LINK_SECONDS,
    accept,
    claim_submission,
    end_jobs,
    intend,
    new_submission,
    open_turn,
    run_jobs,
    send,
)
from tests.support.two_people import ALICE, WORDS, Life, dump, said, two_people

STAYS = {"workspace", "account", "ledger", "audit", "migration", "wallet_reading"}


async def rows(store: Store) -> dict[str, int]:
    """How many rows each table has that has some."""
    return {name: len(found) for name, found in (await dump(store)).items() if found}


async def settle(store: Store) -> None:
    """Everything that was begun is over."""
    async with store.database.transaction("test.settle") as connection:
        now = store.clock.now()
        for table, values in (
            (turn, {"state": TurnState.DONE, "finished_at": now}),
            (inbox, {"done_at": now}),
            (job, {"state": JobState.FAILED, "finished_at": now}),
            (submission, {"state": "sent"}),
            (delivery, {"state": DeliveryState.POSTED}),
            (live_session, {"state": LiveState.ENDED, "ended_at": now}),
            (metadata.tables["lane"], {"owner": None}),
        ):
            await connection.execute(sa.update(table).values(**values))


async def clear(store: Store) -> None:
    """Run the loop's rounds until nothing is left for it."""
    while await store.retention.run_once():
        pass


# Rules and a workspace's facts stay until somebody changes them: see docs/data.md.
SET_BY_PEOPLE = {"talk_setting", "channel_policy", "usual_speaker", "fact"}


async def test_what_is_over_goes_with_all_that_belongs_to_it(store: Store, clock: ManualClock) -> None:
    await two_people(store)
    await settle(store)
    before = await rows(store)
    clock.advance(LINK_SECONDS - 1)
    await clear(store)
    assert await rows(store) == before
    clock.advance(2)
    await store.webhook_events.mark_handled(ACCOUNT, "we1")
    await clear(store)
    assert set(await rows(store)) == STAYS | {"role_member", "webhook_event"} | SET_BY_PEOPLE


async def test_the_ledger_and_the_audit_log_hold_no_words(store: Store, clock: ManualClock) -> None:
    await two_people(store)
    await settle(store)
    clock.advance(LINK_SECONDS + 1)
    await clear(store)
    kept = await dump(store)
    assert ALICE in str(kept["ledger"])
    assert ALICE in str(kept["audit"])
    kept.pop("fact")  # a workspace's facts are kept because somebody asked for it
    assert WORDS[ALICE] not in str(kept).upper()


async def written(store: Store) -> None:
    await accept(store, "Ev1")


async def queued_delivery(store: Store) -> None:
    lease, found = await open_turn(store)
    await store.turns.finish_turn(lease, found.id, state=TurnState.DONE, reply=None)
    await store.lanes.next_row(lease)
    await store.deliveries.enqueue(NewDelivery(lease.id, DeliveryKind.REPLY, "late", body={"text": "Hello"}))


async def asked(store: Store) -> None:
    lease, found = await open_turn(store)
    waiting = {"needs": Reason.TOO_DEAR, "expires_at": 9e9}
    await store.jobs.intend(lease, new_submission(lease, "German", turn_id=found.id, **waiting))


async def unwanted(store: Store) -> None:
    (running,) = await run_jobs(store, "German")
    await store.cancellations.cancel(running.submission_id, actor=ALICE)


async def being_sent(store: Store) -> None:
    wanted = await intend(store, "German")
    await store.jobs.mark_sending(await claim_submission(store, wanted))


UNFINISHED: list[Callable[[Store], Awaitable[object]]] = [
    written,
    open_turn,
    asked,
    intend,
    being_sent,
    send,
    run_jobs,
    unwanted,
    queued_delivery,
]


@pytest.mark.full
@pytest.mark.parametrize("begin", UNFINISHED, ids=lambda begin: begin.__name__)
async def test_what_is_unfinished_stays_however_old(
    store: Store, clock: ManualClock, begin: Callable[[Store], Awaitable[object]]
) -> None:
    await begin(store)
    async with store.database.transaction("test.release") as connection:
        await store.claims.release_all(connection)
        if begin not in (written, open_turn):
            now = store.clock.now()
            await connection.execute(sa.update(turn).values(state=TurnState.DONE, finished_at=now))
            await connection.execute(sa.update(inbox).values(done_at=now))
        if begin is not queued_delivery:
            await connection.execute(sa.update(delivery).values(state=DeliveryState.POSTED))
    before = set(await rows(store)) - {"inbox"}
    clock.advance(100 * LINK_SECONDS)
    await clear(store)
    assert set(await rows(store)) - {"inbox"} == before


async def test_a_conversation_that_comes_to_life_again_stays(store: Store, clock: ManualClock) -> None:
    life = Life(store)
    lease, found = await life.turn(ALICE, said(ALICE, "asks"))
    await life.answer(lease, found, "Done.")
    clock.advance(LINK_SECONDS - 10)
    await life.write(ALICE, said(ALICE, "thanks"))
    await settle(store)
    clock.advance(20)
    await clear(store)
    assert WORDS[ALICE] in str(await store.turns.items(lease.id))


async def test_one_that_is_written_to_between_the_look_and_the_deletion_stays(
    store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = Life(store)
    lease, found = await life.turn(ALICE, said(ALICE, "asks"))
    await life.answer(lease, found, "Done.")
    await settle(store)
    clock.advance(LINK_SECONDS + 1)
    delete = store.retention._conversation

    async def written_to(conversation_id: str, before: float) -> bool:
        await life.write(ALICE, said(ALICE, "still there?"))
        return await delete(conversation_id, before)

    monkeypatch.setattr(store.retention, "_conversation", written_to)
    await store.retention.run_once()
    assert WORDS[ALICE] in str(await store.turns.items(lease.id))


async def test_single_rows_of_a_living_conversation_go(store: Store, clock: ManualClock) -> None:
    life = Life(store)
    lease, found = await life.turn(ALICE, said(ALICE, "long ago"))
    await life.answer(lease, found, "Done.")
    await settle(store)
    await store.webhook_events.record(ACCOUNT, "old", "video.done", {})
    await store.webhook_events.mark_handled(ACCOUNT, "old")
    await store.webhook_events.record(ACCOUNT, "open", "video.done", {})
    clock.advance(LINK_SECONDS + 1)
    await life.write(ALICE, said(ALICE, "today"))
    await clear(store)
    left = await dump(store)
    assert ["today" in row for row in left["inbox"]] == [True]
    assert ["open" in row for row in left["webhook_event"]] == [True]
    assert left["model_call"] == []
    assert "long ago" in str(left["item"])


async def test_the_last_look_at_a_wallet_stays(store: Store, clock: ManualClock) -> None:
    for balance in (3_000_000, 2_000_000, 1_000_000):
        await store.wallet.record(ACCOUNT, balance, since=await store.wallet.mark(ACCOUNT))
    clock.advance(LINK_SECONDS + 1)
    await clear(store)
    (reading,) = (await dump(store))["wallet_reading"]
    assert '"balance": 1000000' in reading


@pytest.mark.full
async def test_ended_jobs_take_their_links_along(store: Store, clock: ManualClock) -> None:
    await run_jobs(store, "German")
    await end_jobs(store, [JobState.SUCCEEDED])
    await settle(store)
    assert (await rows(store))["link"] == 1
    clock.advance(LINK_SECONDS + 1)
    await clear(store)
    assert "link" not in await rows(store)


@pytest.mark.full
async def test_much_goes_in_small_batches(store: Store, clock: ManualClock) -> None:
    for number in range(45):
        await accept(store, f"Ev{number}", thread_ts=f"{number}.0")
    await settle(store)
    clock.advance(LINK_SECONDS + 1)
    assert 0 < await store.retention.run_once() < 90
    assert (await rows(store))["conversation"] == 25
    await clear(store)
    async with store.database.reading() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(conversation)) == 0


@pytest.mark.full
async def test_several_may_do_it_at_once(store: Store, clock: ManualClock) -> None:
    await two_people(store)
    await settle(store)
    clock.advance(LINK_SECONDS + 1)
    await asyncio.gather(*(clear(store) for _ in range(4)))
    assert "conversation" not in await rows(store)


@pytest.mark.full
async def test_a_turn_whose_message_is_gone_is_not_tried_again(store: Store, clock: ManualClock) -> None:
    lease, found = await open_turn(store)
    await store.turns.finish_turn(lease, found.id, state=TurnState.FAILED, reply=None)
    await store.lanes.next_row(lease)
    clock.advance(LINK_SECONDS + 1)
    await accept(store, "Ev2")
    await clear(store)
    with pytest.raises(Impossible, match="no longer kept"):
        await store.interventions.retry(Kind.TURN, found.id)
