"""Money: what is set aside, charged and given back, and what counts against whose cap."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from agent.errors import OverCap
from agent.money import Cap, Entry, Period, Scope, cost_of
from agent.records import JobState
from bot.store import Store
from bot.store.ledger import Spender, Usage
from bot.store.schema import ledger
from tests.support.clock import START, ManualClock
from tests.support.store_steps import (
    ACCOUNT,
    CHANNEL,
    PERSON,
    PRICE,
    RATE,
    WORKSPACE,
    approve,
    ask,
    book,
    claim_submission,
    end_jobs,
    everything,
    intend,
    new_store,
    quote,
    run_jobs,
    running,
    set_aside,
    update,
)

ME = Spender(WORKSPACE, CHANNEL, PERSON)


PEOPLES = (Scope.WORKSPACE, Scope.CHANNEL, Scope.PERSON)  # what a program has spent is told in test_programs


def cap(amount: int, scope: Scope = Scope.WORKSPACE, period: Period = Period.DAY) -> Cap:
    """A cap of so many jobs at the usual price."""
    return Cap(scope, period, amount * PRICE)


async def usage(store: Store, spender: Spender = ME) -> dict[tuple[Scope, Period], Usage]:
    return {(one.scope, one.period): one for one in await store.ledger.usage(spender)}


async def used(store: Store, scope: Scope, period: Period = Period.DAY, spender: Spender = ME) -> int:
    """What counts against a cap, in micro-dollars."""
    return (await usage(store, spender))[scope, period].used


# -- holds, charges, releases ----------------------------------------------------------------------------------


async def test_a_request_that_needs_nobody_sets_the_price_of_each_job_aside(store: Store) -> None:
    submission = await intend(store, "German", "French")
    assert await book(store, submission.id) == [(Entry.HOLD, PRICE, 0)] * 2


async def test_a_request_that_waits_sets_nothing_aside(store: Store) -> None:
    assert await book(store, (await ask(store)).id) == []


async def test_the_same_request_again_sets_nothing_more_aside(store: Store) -> None:
    submission = await intend(store)
    lease = await claim_submission(store, submission)
    await store.jobs.mark_sending(lease)
    assert await set_aside(store, submission.id) == PRICE


@pytest.mark.parametrize("duration", [0.4, 12.3456, 20.0, 1_799.999])
async def test_a_result_is_charged_by_its_real_length(store: Store, duration: float) -> None:
    (job,) = await run_jobs(store)
    await end_jobs(store, [JobState.SUCCEEDED], duration=duration)
    charge = (Entry.CHARGE, cost_of(RATE, duration), 0)
    assert await book(store, job.submission_id) == [(Entry.HOLD, PRICE, 0), (Entry.RELEASE, -PRICE, 0), charge]


async def test_a_result_of_unknown_length_is_charged_as_quoted(store: Store) -> None:
    (job,) = await run_jobs(store)
    await end_jobs(store, [JobState.SUCCEEDED], duration=None)
    assert (Entry.CHARGE, PRICE, 0) in await book(store, job.submission_id)


async def test_what_has_a_price_by_the_piece_is_charged_so_whatever_its_length(store: Store) -> None:
    (job,) = await run_jobs(store, quote=quote(1, price=7_000_000))
    await end_jobs(store, [JobState.SUCCEEDED], duration=3.0)
    assert (Entry.CHARGE, 7_000_000, 0) in await book(store, job.submission_id)


async def test_a_failed_job_costs_nothing(store: Store) -> None:
    (job,) = await run_jobs(store)
    await end_jobs(store, [JobState.FAILED])
    assert await book(store, job.submission_id) == [(Entry.HOLD, PRICE, 0), (Entry.RELEASE, -PRICE, 0)]


async def test_a_refused_request_costs_nothing(store: Store) -> None:
    submission = await intend(store, "German", "French")
    await store.jobs.record_refused(await claim_submission(store, submission), code="c", sentence="No.")
    assert await set_aside(store, submission.id) == 0


async def test_what_nobody_is_sure_about_stays_set_aside(store: Store) -> None:
    submission = await intend(store, "German", "French")
    await store.jobs.record_unsure(await claim_submission(store, submission), code="c", sentence="Who knows.")
    assert await set_aside(store, submission.id) == 2 * PRICE


@pytest.mark.parametrize(
    ("later", "lines"), [(JobState.SUCCEEDED, [Entry.RELEASE, Entry.CHARGE]), (JobState.FAILED, [Entry.RELEASE])]
)
async def test_an_unknown_job_is_settled_when_it_turns_out(store: Store, later: JobState, lines: list[Entry]) -> None:
    (job,) = await run_jobs(store)
    await end_jobs(store, [JobState.UNKNOWN])
    assert await set_aside(store, job.submission_id) == PRICE
    await store.jobs.touch(ACCOUNT, ["p1"])
    await end_jobs(store, [later])
    assert [kind for kind, _, _ in await book(store, job.submission_id)] == [Entry.HOLD, *lines]


async def test_each_job_of_a_request_is_settled_for_itself(store: Store) -> None:
    job, *_ = await run_jobs(store, "German", "French", "Dutch")
    await end_jobs(store, [JobState.SUCCEEDED, JobState.FAILED, JobState.UNKNOWN], duration=10.0)
    settled = await usage(store)
    today = settled[Scope.WORKSPACE, Period.DAY]
    assert (today.charged, today.held) == (cost_of(RATE, 10.0), PRICE)
    assert await set_aside(store, job.submission_id) == PRICE


async def test_a_job_is_charged_once_however_often_its_end_is_told(store: Store) -> None:
    (job,) = await run_jobs(store)
    await end_jobs(store, [JobState.SUCCEEDED], duration=10.0)
    (ended,) = await store.jobs.jobs_of(job.submission_id)
    before = await book(store, job.submission_id)
    async with store.database.transaction("test") as connection:
        await store.ledger.charge(connection, ended, 99.0)
        await store.ledger.release(connection, job.id)
    assert await book(store, job.submission_id) == before


async def test_the_table_itself_refuses_a_second_charge(store: Store) -> None:
    (job,) = await run_jobs(store)
    await end_jobs(store, [JobState.SUCCEEDED], duration=10.0)
    same = {"workspace_id": WORKSPACE, "account_id": ACCOUNT, "kind": Entry.CHARGE, "amount": 1, "job_id": job.id}
    with pytest.raises(sa.exc.IntegrityError):
        async with store.database.transaction("test") as connection:
            await connection.execute(sa.insert(ledger).values(**same, booked_at=0.0, created_at=0.0, number=0))


async def test_a_job_from_before_there_was_a_ledger_is_left_out(store: Store) -> None:
    (job,) = await run_jobs(store)
    async with store.database.transaction("test") as connection:
        await connection.execute(sa.delete(ledger))
    await end_jobs(store, [JobState.SUCCEEDED], duration=10.0)
    assert await book(store, job.submission_id) == []


async def test_a_request_that_became_dearer_is_set_aside_anew_when_it_is_approved(
    store: Store, clock: ManualClock
) -> None:
    submission = await intend(store)
    await store.jobs.ask_again(await claim_submission(store, submission), quote(1, 5 * PRICE), expires_at=START * 2)
    assert await set_aside(store, submission.id) == 0
    clock.advance(86_400)
    await approve(store, submission)
    assert await book(store, submission.id) == [
        (Entry.HOLD, PRICE, 0),
        (Entry.RELEASE, -PRICE, 0),
        (Entry.HOLD, 5 * PRICE, 1),
    ]
    assert await used(store, Scope.WORKSPACE) == 5 * PRICE


async def test_what_was_approved_anew_is_charged_once(store: Store) -> None:
    submission = await intend(store)
    await store.jobs.ask_again(await claim_submission(store, submission), quote(1), expires_at=START * 2)
    await approve(store, submission)
    lease = await claim_submission(store, submission)
    await store.jobs.mark_sending(lease)
    await store.jobs.record_sent(lease, ["p1"])
    ((lease, _),) = await store.jobs.claim_due_jobs(10)
    await store.jobs.attach(lease, provider_id="p1", update=update(JobState.SUCCEEDED, duration=20.0))
    assert [line for line in await book(store, submission.id) if line[0] is Entry.CHARGE] == [(Entry.CHARGE, PRICE, 0)]
    assert await set_aside(store, submission.id) == 0


# -- whose spending, and when ----------------------------------------------------------------------------------


async def test_everybody_sees_the_spending_of_their_own_scopes(store: Store) -> None:
    await intend(store, name="a")
    await intend(store, name="b", requester="U2")
    await intend(store, name="c", channel="C2")
    mine = {scope: await used(store, scope) // PRICE for scope in PEOPLES}
    assert mine == {Scope.WORKSPACE: 3, Scope.CHANNEL: 2, Scope.PERSON: 2}
    theirs = {scope: await used(store, scope, spender=Spender(WORKSPACE, "C2", "U2")) // PRICE for scope in PEOPLES}
    assert theirs == {Scope.WORKSPACE: 3, Scope.CHANNEL: 1, Scope.PERSON: 1}
    assert await used(store, Scope.WORKSPACE, spender=Spender("T9", CHANNEL, PERSON)) == 0


async def test_the_spending_of_a_thread_is_that_of_its_channel(store: Store) -> None:
    submission = await intend(store, channel="C2")
    found = await store.ledger.used(WORKSPACE, submission.conversation_id, PERSON)
    assert [(one.scope, one.held) for one in found if one.period is Period.DAY] == [(scope, PRICE) for scope in PEOPLES]


def seconds_to(clock: ManualClock, *moment: int) -> float:
    return datetime(*moment, tzinfo=UTC).timestamp() - clock.now()  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("before", "after", "in_month"),
    [
        ((2027, 1, 20, 23, 59, 59), (2027, 1, 21), PRICE),
        ((2027, 1, 31, 23, 59, 59), (2027, 2, 1), 0),
        ((2027, 12, 31, 23, 59, 59), (2028, 1, 1), 0),
        ((2028, 2, 28, 23, 59, 59), (2028, 2, 29), PRICE),
    ],
)
async def test_a_day_ends_at_midnight_and_a_month_with_its_last_day(
    store: Store, clock: ManualClock, before: tuple[int, ...], after: tuple[int, ...], in_month: int
) -> None:
    clock.advance(seconds_to(clock, *before))
    await intend(store)
    assert await used(store, Scope.PERSON, Period.DAY) == PRICE
    clock.advance(seconds_to(clock, *after))
    assert await used(store, Scope.PERSON, Period.DAY) == 0
    assert await used(store, Scope.PERSON, Period.MONTH) == in_month


@pytest.mark.parametrize("state", [JobState.SUCCEEDED, JobState.FAILED])
async def test_what_ends_tomorrow_belongs_to_the_day_that_agreed_to_it(
    store: Store, clock: ManualClock, state: JobState
) -> None:
    clock.advance(seconds_to(clock, 2027, 1, 20, 23, 59, 59))
    await run_jobs(store)
    clock.advance(seconds_to(clock, 2027, 1, 21))
    await end_jobs(store, [state], duration=10.0)
    spent = PRICE // 2 if state is JobState.SUCCEEDED else 0
    assert await used(store, Scope.WORKSPACE, Period.DAY) == 0
    assert await used(store, Scope.WORKSPACE, Period.MONTH) == spent


@pytest.mark.parametrize(("change", "counted"), [(-3 * PRICE, 3 * PRICE), (5 * PRICE, 0)])
async def test_what_the_wallet_lost_beyond_the_ledger_counts_for_the_workspace_only(
    store: Store, change: int, counted: int
) -> None:
    for balance in (100 * PRICE, 100 * PRICE + change):
        await store.wallet.record(ACCOUNT, balance, since=await store.wallet.mark(ACCOUNT))
    assert {scope: await used(store, scope) for scope in PEOPLES} == {
        Scope.WORKSPACE: counted,
        Scope.CHANNEL: 0,
        Scope.PERSON: 0,
    }


# -- caps ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", PEOPLES)
@pytest.mark.parametrize("period", Period)
async def test_a_cap_is_filled_to_the_last_cent_and_not_further(
    database_url: str, clock: ManualClock, scope: Scope, period: Period
) -> None:
    async with running(new_store(database_url, clock, caps=[cap(3, scope, period)])) as store:
        await intend(store, "German", "French", name="a")
        await intend(store, name="b")
        before = await everything(store)
        with pytest.raises(OverCap) as caught:
            await intend(store, name="c", quote=quote(1, price=1))
        assert (caught.value.cap, caught.value.used, caught.value.asked) == (cap(3, scope, period), 3 * PRICE, 1)
        after = await everything(store)
        assert [after[name] for name in ("submission", "job", "ledger", "delivery")] == [
            before[name] for name in ("submission", "job", "ledger", "delivery")
        ]


@pytest.mark.parametrize(
    ("scope", "other"),
    [(Scope.CHANNEL, {"channel": "C2"}), (Scope.PERSON, {"requester": "U2"})],
)
async def test_somebody_elses_cap_is_not_in_the_way(
    database_url: str, clock: ManualClock, scope: Scope, other: dict[str, Any]
) -> None:
    async with running(new_store(database_url, clock, caps=[cap(1, scope)])) as store:
        await intend(store, name="a")
        await intend(store, name="b", **other)
        with pytest.raises(OverCap):
            await intend(store, name="c")


async def test_the_narrowest_of_several_caps_decides(database_url: str, clock: ManualClock) -> None:
    caps = [cap(5), cap(4, period=Period.MONTH), cap(2, Scope.PERSON)]
    async with running(new_store(database_url, clock, caps=caps)) as store:
        await intend(store, "German", "French", name="a")
        with pytest.raises(OverCap) as caught:
            await intend(store, name="b")
        assert caught.value.cap == caps[2]


async def tomorrow(store: Store, clock: ManualClock) -> None:
    """A day later, with nothing left to do in any lane."""
    clock.advance(86_400)
    for lease in await store.lanes.claim(10):
        while row := await store.lanes.next_row(lease):
            await store.lanes.finish_row(lease, row)


async def test_a_cap_has_room_again_tomorrow(database_url: str, clock: ManualClock) -> None:
    async with running(new_store(database_url, clock, caps=[cap(1), cap(2, period=Period.MONTH)])) as store:
        await intend(store, name="a")
        await tomorrow(store, clock)
        await intend(store, name="b")
        await tomorrow(store, clock)
        with pytest.raises(OverCap) as caught:
            await intend(store, name="c")
        assert caught.value.cap.period is Period.MONTH


async def test_what_failed_or_was_cancelled_makes_room(database_url: str, clock: ManualClock) -> None:
    async with running(new_store(database_url, clock, caps=[cap(2)])) as store:
        await run_jobs(store, name="a")
        await end_jobs(store, [JobState.FAILED])
        cancelled = await intend(store, name="b")
        await store.cancellations.cancel(cancelled.id, actor=PERSON)
        assert await used(store, Scope.WORKSPACE) == 0
        await intend(store, "German", "French", name="c")


async def test_what_waits_for_an_approval_takes_no_room(database_url: str, clock: ManualClock) -> None:
    async with running(new_store(database_url, clock, caps=[cap(2)])) as store:
        await ask(store, "German", "French", name="a")
        await intend(store, "German", "French", name="b")


async def test_what_could_never_be_approved_is_refused_at_once(database_url: str, clock: ManualClock) -> None:
    async with running(new_store(database_url, clock, caps=[cap(2)])) as store:
        with pytest.raises(OverCap):
            await ask(store, "German", "French", "Dutch")


async def test_a_budget_names_the_caps(database_url: str, clock: ManualClock) -> None:
    async with running(new_store(database_url, clock, caps=[cap(7, Scope.CHANNEL, Period.MONTH)])) as store:
        caps = {key: one.cap for key, one in (await usage(store)).items() if one.cap is not None}
        assert caps == {(Scope.CHANNEL, Period.MONTH): 7 * PRICE}


async def test_a_length_that_was_underestimated_may_pass_the_cap_and_then_leaves_no_room(
    database_url: str, clock: ManualClock
) -> None:
    async with running(new_store(database_url, clock, caps=[cap(2)])) as store:
        await run_jobs(store, name="a")
        await end_jobs(store, [JobState.SUCCEEDED], duration=60.0)
        assert await used(store, Scope.WORKSPACE) == 3 * PRICE
        with pytest.raises(OverCap):
            await intend(store, name="b", quote=quote(1, price=1))
