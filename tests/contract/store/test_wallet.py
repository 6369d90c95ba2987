"""The wallet beside the ledger: what it explains, what it cannot, and that nothing is ever unaccounted for."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.money import Entry
from agent.records import JobState, Lease
from bot.store import Store
from bot.store.directory import Account
from bot.store.schema import ledger
from bot.store.wallet import Reading
from tests.support.clock import ManualClock
from tests.support.store_steps import (
    ACCOUNT,
    PRICE,
    WORKSPACE,
    end_jobs,
    everything,
    intend,
    new_store,
    new_submission,
    open_turn,
    quote,
    run_jobs,
    running,
    sqlite_url,
    update,
)

pytestmark = pytest.mark.full

FULL = 100 * PRICE


async def look(store: Store, balance: int, account: str = ACCOUNT) -> Reading:
    """A look at the wallet during which nothing moves."""
    reading = await store.wallet.record(account, balance, since=await store.wallet.mark(account))
    assert reading is not None
    return reading


async def lines(store: Store, *kinds: Entry, account: str = ACCOUNT) -> list[int]:
    """The amounts of an account's entries of these kinds."""
    mine = sa.and_(ledger.c.account_id == account, ledger.c.kind.in_(kinds))
    async with store.database.reading() as connection:
        return list(await connection.scalars(sa.select(ledger.c.amount).where(mine).order_by(ledger.c.seq)))


async def test_the_first_look_is_where_the_reckoning_begins(store: Store) -> None:
    assert await look(store, FULL) == Reading(FULL, drift=0, held=0)
    assert await lines(store, Entry.DRIFT) == []


async def test_a_first_look_with_money_set_aside_claims_nothing(store: Store) -> None:
    await intend(store)
    assert await look(store, FULL) == Reading(FULL, drift=0, held=PRICE)


async def test_what_was_charged_explains_what_is_missing(store: Store) -> None:
    await look(store, FULL)
    await run_jobs(store)
    await end_jobs(store, [JobState.SUCCEEDED], duration=20.0)
    assert await look(store, FULL - PRICE) == Reading(FULL - PRICE, drift=0, held=0)


@pytest.mark.parametrize("taken", [0, 1, PRICE, 2 * PRICE])
async def test_anything_up_to_what_is_set_aside_may_be_missing_already(store: Store, taken: int) -> None:
    await look(store, FULL)
    await run_jobs(store, "German", "French")
    assert await look(store, FULL - taken) == Reading(FULL - taken, drift=0, held=2 * PRICE)


async def test_what_is_missing_beyond_that_is_drift(store: Store) -> None:
    await look(store, FULL)
    await run_jobs(store, "German", "French")
    assert (await look(store, FULL - 2 * PRICE - 7)).drift == 7
    assert await lines(store, Entry.DRIFT) == [7]


async def test_a_dearer_charge_than_ours_is_drift_once_nothing_is_set_aside(store: Store) -> None:
    await look(store, FULL)
    await run_jobs(store)
    assert (await look(store, FULL - PRICE)).drift == 0
    await end_jobs(store, [JobState.SUCCEEDED], duration=10.0)
    assert (await look(store, FULL - PRICE)).drift == PRICE // 2
    assert (await look(store, FULL - PRICE)).drift == 0


async def test_a_cheaper_charge_than_ours_is_drift_downwards(store: Store) -> None:
    await look(store, FULL)
    await run_jobs(store)
    await end_jobs(store, [JobState.SUCCEEDED], duration=20.0)
    assert (await look(store, FULL - PRICE // 4)).drift == PRICE // 4 - PRICE


async def test_a_wallet_that_was_filled_up_is_drift_downwards(store: Store) -> None:
    await look(store, FULL)
    assert (await look(store, 3 * FULL)).drift == -2 * FULL
    assert (await look(store, 3 * FULL)).drift == 0


async def test_a_drift_is_booked_once(store: Store) -> None:
    await look(store, FULL)
    for balance in (FULL - 5, FULL - 5, FULL - 9, FULL - 9):
        await look(store, balance)
    assert await lines(store, Entry.DRIFT) == [5, 4]


async def test_a_look_during_which_money_moved_is_void(store: Store) -> None:
    await look(store, FULL)
    mark = await store.wallet.mark(ACCOUNT)
    await intend(store)
    before = await everything(store)
    assert await store.wallet.record(ACCOUNT, FULL - PRICE, since=mark) is None
    assert await everything(store) == before


async def test_lines_that_were_begun_before_a_look_and_ended_after_it_are_counted(store: Store) -> None:
    """Of two transactions at once, the one whose lines have the lower numbers may be the later one."""
    await run_jobs(store)
    await look(store, FULL)
    async with store.database.transaction("test") as connection:
        early = sa.insert(ledger).values(
            seq=-1, workspace_id=WORKSPACE, account_id=ACCOUNT, kind=Entry.CHARGE, amount=PRICE, number=0
        )
        await connection.execute(early.values(booked_at=0.0, created_at=0.0, job_id="other"))
    assert (await look(store, FULL - PRICE)).drift == 0
    await end_jobs(store, [JobState.FAILED])
    assert (await look(store, FULL - PRICE)).drift == 0


async def test_such_a_line_makes_a_look_void_too(store: Store) -> None:
    await run_jobs(store)
    mark = await store.wallet.mark(ACCOUNT)
    async with store.database.transaction("test") as connection:
        same = {"workspace_id": WORKSPACE, "account_id": ACCOUNT, "kind": Entry.CHARGE, "amount": 1, "number": 0}
        await connection.execute(sa.insert(ledger).values(seq=-1, booked_at=0.0, created_at=0.0, **same))
    assert await store.wallet.record(ACCOUNT, FULL, since=mark) is None


async def test_an_account_that_is_not_there_is_not_reckoned(store: Store) -> None:
    assert await store.wallet.record("A9", FULL, since=0) is None


async def test_accounts_are_reckoned_each_for_itself(store: Store) -> None:
    await store.directory.put_account(Account("A2", WORKSPACE, "direct", "other-token"))
    await look(store, FULL)
    await look(store, 5, "A2")
    await run_jobs(store)
    await end_jobs(store, [JobState.SUCCEEDED], duration=20.0)
    assert (await look(store, 5, "A2")).drift == 0
    assert (await look(store, FULL - PRICE)).drift == 0


async def test_two_who_look_at_once_book_a_drift_once(store: Store, second: Store) -> None:
    await look(store, FULL)
    mark = await store.wallet.mark(ACCOUNT)
    looks = [one.wallet.record(ACCOUNT, FULL - 8, since=mark) for one in (store, second) * 3]
    readings = await asyncio.gather(*looks)
    assert [reading.drift for reading in readings if reading is not None] == [8]
    assert await lines(store, Entry.DRIFT) == [8]


# -- whatever happens ------------------------------------------------------------------------------------------

AMOUNTS = st.integers(0, 3 * PRICE)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), AMOUNTS, st.sampled_from(["at once", "at its end", "never"]), AMOUNTS),
        st.tuples(st.just("end"), st.sampled_from([JobState.SUCCEEDED, JobState.FAILED]), st.floats(0.1, 60.0)),
        st.tuples(st.just("elsewhere"), st.integers(-5 * PRICE, PRICE)),
        st.tuples(st.just("look")),
    ),
    max_size=25,
)


class Play:
    """Our ledger against a wallet at HeyGen that goes by prices of its own, at moments of its own."""

    def __init__(self, store: Store, lease: Lease, turn_id: str) -> None:
        self.store = store
        self.lease = lease
        self.turn_id = turn_id
        self.balance = FULL
        self.begun = 0
        self.due: dict[str, int] = {}
        self.held: list[int] = []

    async def step(self, step: tuple[object, ...]) -> None:
        match step:
            case ("begin", int(price), str(when), int(own)):
                await self.begin(price, own if when == "at its end" else 0)
                self.balance -= own if when == "at once" else 0
            case ("end", JobState() as state, float(duration)):
                await self.end(state, duration)
            case ("elsewhere", int(amount)):
                self.balance -= amount
            case ("look",):
                self.held.append((await look(self.store, self.balance)).held)

    async def begin(self, price: int, own: int) -> None:
        """A job that HeyGen will bill `own` for."""
        self.begun += 1
        quoted = {"key": f"key-{self.begun}", "turn_id": self.turn_id, "quote": quote(1, price=price)}
        submission = await self.store.jobs.intend(self.lease, new_submission(self.lease, "German", **quoted))
        claimed = await self.store.jobs.claim_submission(submission.id)
        assert claimed is not None
        await self.store.jobs.mark_sending(claimed[0])
        await self.store.jobs.record_sent(claimed[0], [f"p{self.begun}"])
        (job,) = await self.store.jobs.jobs_of(submission.id)
        self.due[job.id] = own

    async def end(self, state: JobState, duration: float) -> None:
        """The job that is due longest ends."""
        for lease, job in await self.store.jobs.claim_due_jobs(1):
            self.balance -= self.due.pop(job.id)
            await self.store.jobs.attach(lease, provider_id=f"p-{job.id}", update=update(state, duration=duration))

    async def finish(self) -> None:
        while self.due:
            await self.end(JobState.SUCCEEDED, 5.0)
        await self.step(("look",))
        assert self.held[-1] == 0


@pytest.mark.timeout(120)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
async def test_whenever_nothing_is_set_aside_charges_and_drift_explain_the_whole_wallet(
    steps: list[tuple[object, ...]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with running(new_store(sqlite_url(Path(folder)), ManualClock(), places=1_000)) as store:
            lease, turn = await open_turn(store)
            play = Play(store, lease, turn.id)
            await play.step(("look",))
            for step in steps:
                await play.step(step)
                if step == ("look",) and play.held[-1] == 0:
                    assert FULL - play.balance == sum(await lines(store, Entry.CHARGE, Entry.DRIFT))
            await play.finish()
            assert FULL - play.balance == sum(await lines(store, Entry.CHARGE, Entry.DRIFT))
            assert sum(await lines(store, Entry.HOLD, Entry.RELEASE)) == 0
