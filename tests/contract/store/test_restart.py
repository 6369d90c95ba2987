"""What a new process finds when the last one was killed. On SQLite nobody else is alive, so it waits for nothing."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from agent.records import DeliveryKind, DeliveryState, SubmissionState
from bot.store import Store
from bot.store.database import DatabaseBusy
from bot.store.outbox import NewDelivery
from tests.support.clock import ManualClock
from tests.support.ids import CountingIds
from tests.support.store_steps import (
    accept,
    claim_lane,
    claim_submission,
    intend,
    new_store,
    open_row,
    running,
    sqlite_url,
)

HOLD_THE_FILE = """
import asyncio, sys
from bot.clock import SystemClock
from bot.store.database import Database

async def main():
    await Database(sys.argv[1], SystemClock(), "other").start()
    print("started", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return sqlite_url(tmp_path)


async def after_restart(url: str, clock: ManualClock, before: Store) -> Store:
    """A second store on the same file, once the first one is gone without a word."""
    await before.stop()
    store = new_store(url, clock, CountingIds())
    await store.start()
    return store


async def test_a_lane_in_work_is_claimed_at_once(url: str, clock: ManualClock) -> None:
    async with running(new_store(url, clock)) as store:
        lease, row = await open_row(store)
        again = await after_restart(url, clock, store)
        second = await claim_lane(again)
        assert (second.epoch, await again.lanes.next_row(second)) == (lease.epoch + 1, row)
        await again.stop()


async def test_a_submission_in_flight_is_claimed_as_sending(url: str, clock: ManualClock) -> None:
    async with running(new_store(url, clock)) as store:
        await store.jobs.mark_sending(await claim_submission(store, await intend(store)))
        again = await after_restart(url, clock, store)
        ((_, submission),) = await again.jobs.claim_due_submissions(10)
        assert (submission.state, submission.attempts) == (SubmissionState.SENDING, 1)
        await again.stop()


async def test_a_post_in_flight_is_unknown(url: str, clock: ManualClock) -> None:
    async with running(new_store(url, clock)) as store:
        await store.deliveries.enqueue(NewDelivery(await accept(store, "Ev1"), DeliveryKind.NOTICE, "a"))
        ((lease, _, _),) = await store.deliveries.claim_due(10)
        await store.deliveries.mark_sending(lease)
        again = await after_restart(url, clock, store)
        delivery = await again.deliveries.find("a")
        assert delivery is not None
        assert delivery.state is DeliveryState.UNKNOWN
        await again.stop()


async def test_an_update_in_flight_is_repeated(url: str, clock: ManualClock) -> None:
    async with running(new_store(url, clock)) as store:
        conversation_id = await accept(store, "Ev1")
        await store.deliveries.enqueue(NewDelivery(conversation_id, DeliveryKind.NOTICE, "a", ts="2.0"))
        ((lease, _, _),) = await store.deliveries.claim_due(10)
        await store.deliveries.mark_sending(lease)
        again = await after_restart(url, clock, store)
        ((_, delivery, _),) = await again.deliveries.claim_due(10)
        assert (delivery.state, delivery.ts) == (DeliveryState.PENDING, "2.0")
        await again.stop()


async def test_a_second_process_is_refused_with_a_sentence(url: str, clock: ManualClock) -> None:
    async with running(new_store(url, clock)):
        with pytest.raises(DatabaseBusy, match=r"Another process is using .*greenroom\.db\. Stop it first"):
            await new_store(url, clock).start()


async def test_a_refused_process_does_not_free_the_file(url: str, clock: ManualClock) -> None:
    async with running(new_store(url, clock)):
        for _ in range(2):
            refused = new_store(url, clock)
            with pytest.raises(DatabaseBusy):
                await refused.start()
            await refused.stop()


async def test_kill_frees_the_file(url: str, clock: ManualClock) -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD_THE_FILE, url, stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdout is not None
    try:
        assert await holder.stdout.readline() == b"started\n"
        with pytest.raises(DatabaseBusy):
            await new_store(url, clock).start()
    finally:
        holder.kill()
        await holder.communicate()
    async with running(new_store(url, clock)) as store:
        await store.database.ping()
