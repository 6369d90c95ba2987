"""A request that waits for somebody's word: decided once, in one step with its money, or ended by time."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

import pytest
import sqlalchemy as sa

from agent.errors import NotApproved, OverCap
from agent.money import Cap, Entry, Period, Scope
from agent.records import JobState, Source, Submission, SubmissionState
from bot.store import Store
from bot.store.approvals import EXPIRED_AT_ONCE, Decision, Verdict
from bot.store.audit import RUNTIME, Deed
from bot.store.endings import card_key, closing_key
from bot.store.ledger import Spender
from bot.store.schema import job, submission
from tests.support.clock import ManualClock
from tests.support.ids import NamedIds
from tests.support.store_steps import (
    APPROVAL,
    APPROVER,
    PERSON,
    PRICE,
    WORKSPACE,
    approve,
    ask,
    book,
    claim_submission,
    everything,
    intend,
    new_store,
    quote,
    running,
    set_aside,
    waiting,
)


async def states(store: Store, submission: Submission) -> list[JobState]:
    return [job.state for job in await store.jobs.jobs_of(submission.id)]


async def card_version(store: Store, submission: Submission) -> int:
    card = await store.deliveries.find(card_key(submission.id))
    assert card is not None
    return card.version


async def told(store: Store, submission: Submission) -> bool:
    """Whether a closing message calls the requester."""
    return await store.deliveries.find(closing_key(submission.id)) is not None


# -- waiting ---------------------------------------------------------------------------------------------------


async def test_what_waits_is_not_sent(store: Store, clock: ManualClock) -> None:
    submission = await ask(store)
    assert submission.state is SubmissionState.WAITING_APPROVAL
    assert submission.approved_hash is None
    clock.advance(APPROVAL * 2)
    assert await store.jobs.claim_due_submissions(10) == []
    assert await store.jobs.claim_submission(submission.id) is None


async def test_what_waits_keeps_its_quote_and_its_reason(store: Store, clock: ManualClock) -> None:
    submission = await ask(store, "German", "French")
    assert submission.quote(2) == quote(2)
    assert (submission.needs, submission.expires_at) == (waiting(store)["needs"], clock.now() + APPROVAL)


async def test_what_waits_survives_a_restart(database_url: str, clock: ManualClock) -> None:
    async with running(new_store(database_url, clock)) as store:
        submission = await ask(store)
    async with running(new_store(database_url, clock)) as store:
        assert await store.jobs.submission(submission.id) == submission
        assert (await approve(store, submission)).verdict is Verdict.DONE


# -- approving -------------------------------------------------------------------------------------------------


async def test_an_approved_request_goes_at_once(store: Store, clock: ManualClock) -> None:
    submission = await ask(store, "German", "French")
    before = await card_version(store, submission)
    decision = await approve(store, submission)
    after = await store.jobs.submission(submission.id)
    assert decision == Decision(Verdict.DONE, after)
    assert (after.state, after.approved_hash) == (SubmissionState.INTENDED, submission.arguments_hash)
    assert (after.decided_by, after.decided_at, after.expires_at) == (APPROVER, clock.now(), None)
    assert await book(store, submission.id) == [(Entry.HOLD, PRICE, 0)] * 2
    assert await card_version(store, submission) == before + 1
    lease = await claim_submission(store, submission)
    assert await store.jobs.mark_sending(lease) is not None


async def test_the_model_learns_of_an_approval(store: Store) -> None:
    submission = await ask(store)
    await approve(store, submission)
    items = await store.turns.items(submission.conversation_id)
    assert items[-1].source is Source.RUNTIME
    assert "approved" in items[-1].body["content"][0]["text"]


async def refused(store: Store, submission: Submission, verdict: Verdict, **shown: object) -> None:
    """An approval of what was `shown` comes to `verdict` and changes nothing."""
    before = await everything(store)
    given = {"arguments_hash": submission.arguments_hash, "actor": APPROVER, **shown}
    decision = await store.approvals.approve(submission.id, **given)  # type: ignore[arg-type]
    assert (decision.verdict, decision.submission.id) == (verdict, submission.id)
    assert await everything(store) == before


async def test_another_request_than_the_one_on_the_card_is_not_approved(store: Store) -> None:
    await refused(store, await ask(store), Verdict.CHANGED, arguments_hash="another")


async def test_a_request_that_became_smaller_is_not_approved_by_the_old_card(store: Store) -> None:
    submission = await ask(store, "German", "French")
    await store.cancellations.cancel(submission.id, actor=PERSON, handles=["J2"])
    await refused(store, submission, Verdict.CHANGED)
    smaller = await store.jobs.submission(submission.id)
    assert (await approve(store, smaller)).verdict is Verdict.DONE
    assert await set_aside(store, submission.id) == PRICE


async def test_a_price_that_nobody_saw_is_not_approved(store: Store) -> None:
    submission = await intend(store)
    lease = await claim_submission(store, submission)
    await store.jobs.ask_again(lease, quote(1, 9 * PRICE), expires_at=store.clock.now() + APPROVAL)
    await refused(store, submission, Verdict.CHANGED, quoted=submission.quote_high)
    again = await store.jobs.submission(submission.id)
    seen = {"arguments_hash": again.arguments_hash, "quoted": again.quote_high}
    assert (await store.approvals.approve(submission.id, actor=APPROVER, **seen)).verdict is Verdict.DONE
    assert await set_aside(store, submission.id) == 9 * PRICE


async def test_the_second_click_comes_too_late(store: Store) -> None:
    submission = await ask(store)
    await approve(store, submission)
    await refused(store, submission, Verdict.DECIDED)


async def test_what_was_declined_cannot_be_approved(store: Store) -> None:
    submission = await ask(store)
    await store.approvals.decline(submission.id, actor=PERSON)
    await refused(store, submission, Verdict.DECIDED)


async def test_what_needed_no_approval_cannot_be_approved(store: Store) -> None:
    await refused(store, await intend(store), Verdict.DECIDED)


async def test_an_approval_comes_too_late_from_the_moment_it_expires(store: Store, clock: ManualClock) -> None:
    submission = await ask(store)
    clock.advance(APPROVAL)
    await refused(store, submission, Verdict.EXPIRED)


async def test_a_cap_without_room_leaves_the_request_waiting(database_url: str, clock: ManualClock) -> None:
    caps = [Cap(Scope.PERSON, Period.DAY, 3 * PRICE)]
    async with running(new_store(database_url, clock, caps=caps)) as store:
        waits = await ask(store, "German", "French", name="a")
        running_one = await intend(store, "Dutch", "Irish", name="b")
        before = await everything(store)
        with pytest.raises(OverCap):
            await approve(store, waits)
        assert await everything(store) == before
        await store.cancellations.cancel(running_one.id, actor=PERSON)
        assert (await approve(store, waits)).verdict is Verdict.DONE


@pytest.mark.parametrize("decide", ["approve", "decline"])
async def test_nothing_can_be_decided_about_nothing(store: Store, decide: str) -> None:
    given = {"arguments_hash": "hash"} if decide == "approve" else {}
    with pytest.raises(KeyError, match="nothing"):
        await getattr(store.approvals, decide)("nothing", actor=APPROVER, **given)


async def test_a_request_that_is_not_as_it_was_approved_never_leaves(store: Store) -> None:
    asked = await ask(store)
    await approve(store, asked)
    async with store.database.transaction("test") as connection:
        await connection.execute(
            sa.update(submission).values(arguments={"languages": ["all"]}, arguments_hash="tampered")
        )
    lease = await claim_submission(store, asked)
    before = await everything(store)
    with pytest.raises(NotApproved):
        await store.jobs.mark_sending(lease)
    assert await everything(store) == before


# -- declining -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("actor", "called"), [(PERSON, False), (APPROVER, True)])
async def test_a_declined_request_ends_and_its_requester_hears_of_it_from_others(
    store: Store, clock: ManualClock, actor: str, called: bool
) -> None:
    submission = await ask(store, "German", "French")
    decision = await store.approvals.decline(submission.id, actor=actor)
    after = await store.jobs.submission(submission.id)
    assert decision == Decision(Verdict.DONE, after)
    assert (after.state, after.error_code) == (SubmissionState.CANCELLED, "declined")
    assert (after.decided_by, after.decided_at) == (actor, clock.now())
    assert actor in (after.error or "")
    assert await states(store, submission) == [JobState.CANCELLED] * 2
    assert await told(store, submission) is called
    assert await book(store, submission.id) == []


async def test_what_was_approved_cannot_be_declined(store: Store) -> None:
    submission = await ask(store)
    await approve(store, submission)
    before = await everything(store)
    assert (await store.approvals.decline(submission.id, actor=PERSON)).verdict is Verdict.DECIDED
    assert await everything(store) == before


async def test_whoever_was_interrupted_after_a_decision_finds_it_to_be_their_own(store: Store) -> None:
    submission = await ask(store)

    async def decline(cause: str | None) -> Verdict:
        decision = await store.approvals.decline(submission.id, actor=PERSON, deed=Deed.CHANGED, cause=cause)
        return decision.verdict

    assert await decline("row-1") is Verdict.DONE
    before = await everything(store)
    assert [await decline(cause) for cause in ("row-1", "row-2", None)] == [
        Verdict.DONE,
        Verdict.DECIDED,
        Verdict.DECIDED,
    ]
    assert await everything(store) == before


# -- the end of its time ---------------------------------------------------------------------------------------


async def test_what_nobody_decides_ends_and_its_requester_is_told(store: Store, clock: ManualClock) -> None:
    submission = await ask(store)
    clock.advance(APPROVAL - 1)
    assert await store.approvals.expire_due() == 0
    clock.advance(1)
    assert await store.approvals.expire_due() == 1
    after = await store.jobs.submission(submission.id)
    assert (after.state, after.error_code, after.error) == (SubmissionState.CANCELLED, "expired", "expired")
    assert await states(store, submission) == [JobState.CANCELLED]
    assert await told(store, submission)
    before = await everything(store)
    assert await store.approvals.expire_due() == 0
    assert await everything(store) == before


async def test_what_was_decided_does_not_expire(store: Store, clock: ManualClock) -> None:
    for name, needed in (("a", True), ("b", False)):
        submission = await (ask if needed else intend)(store, name=name)
        if needed:
            await approve(store, submission)
    clock.advance(APPROVAL * 2)
    assert await store.approvals.expire_due() == 0


async def test_many_expire_a_batch_at_a_time(store: Store, clock: ManualClock) -> None:
    await many(store, [PRICE] * (EXPIRED_AT_ONCE + 1))
    clock.advance(APPROVAL)
    assert [await store.approvals.expire_due() for _ in range(3)] == [EXPIRED_AT_ONCE, 1, 0]


# -- at once ---------------------------------------------------------------------------------------------------


async def many(store: Store, prices: Sequence[int]) -> list[Submission]:
    """Waiting requests of one job each, all of one conversation: one as it is made, the others copied from it."""
    first = await ask(store, quote=quote(1, price=prices[0]))
    async with store.database.transaction("test") as connection:
        for table in (submission, job):
            row = dict((await connection.execute(sa.select(table))).mappings().one())
            copies = [row | copied(table, number, price) for number, price in enumerate(prices[1:], 2)]
            await connection.execute(sa.insert(table), copies)
    return [first, *(dataclasses.replace(first, id=f"copy-{number}") for number in range(2, len(prices) + 1))]


def copied(table: sa.Table, number: int, price: int) -> dict[str, Any]:
    """What tells a copy from its original."""
    name = f"copy-{number}"
    if table is submission:
        return {"id": name, "key": name, "quote_low": price, "quote_high": price}
    return {"id": f"job-{name}", "submission_id": name, "number": number, "handle": f"J{number}", "price": price}


async def approved(stores: Sequence[Store], submissions: Sequence[Submission]) -> list[bool]:
    """Approve everything at once from every store; whether each went, or had no room."""

    async def one(store: Store, submission: Submission) -> bool:
        while True:
            try:
                return (await approve(store, submission)).verdict is Verdict.DONE
            except OverCap:
                return False
            except sa.exc.TimeoutError:  # no connection for half a minute on a slow machine: Slack asks again
                continue

    turns = zip(itertools.cycle(stores), submissions, strict=False)
    return list(await asyncio.gather(*(one(store, submission) for store, submission in turns)))


@contextlib.asynccontextmanager
async def beside(store: Store, caps: Sequence[Cap]) -> AsyncIterator[Store]:
    """Another process at the same database, started; a file has only one, which then does both."""
    if store.database.single_process:
        yield store
        return
    url = store.database.url.render_as_string(hide_password=False)
    second = new_store(url, cast("ManualClock", store.clock), NamedIds("second"), owner="second", caps=caps)
    await second.start()
    try:
        yield second
    finally:
        await second.stop()


async def held(store: Store) -> int:
    """What is set aside in the whole workspace."""
    (today, *_) = await store.ledger.usage(Spender(WORKSPACE, "", ""))
    return today.held


async def decided(store: Store) -> list[SubmissionState]:
    """The states of all requests, in the order of their jobs."""
    select = sa.select(submission.c.state).join(job, job.c.submission_id == submission.c.id).order_by(job.c.number)
    async with store.database.reading() as connection:
        return list(await connection.scalars(select))


async def test_of_two_who_approve_at_once_one_does(store: Store, second: Store) -> None:
    submission = await ask(store)
    decisions = await asyncio.gather(*(approve(one, submission) for one in (store, second) * 3))
    assert sorted(decision.verdict for decision in decisions) == [Verdict.DECIDED] * 5 + [Verdict.DONE]
    assert await book(store, submission.id) == [(Entry.HOLD, PRICE, 0)]


async def test_an_approval_that_meets_a_refusal_is_decided_one_way(store: Store, second: Store) -> None:
    for number in range(5):
        submission = await ask(store, name=f"e{number}")
        yes, no = await asyncio.gather(
            approve(store, submission), second.approvals.decline(submission.id, actor=PERSON)
        )
        assert {yes.verdict, no.verdict} == {Verdict.DONE, Verdict.DECIDED}
        went = yes.verdict is Verdict.DONE
        state = (await store.jobs.submission(submission.id)).state
        assert state is (SubmissionState.INTENDED if went else SubmissionState.CANCELLED)
        assert await set_aside(store, submission.id) == (PRICE if went else 0)


async def test_an_approval_that_meets_a_cancellation_leaves_no_money_behind(store: Store, second: Store) -> None:
    for number in range(5):
        submission = await ask(store, "German", "French", name=f"e{number}")
        await asyncio.gather(approve(store, submission), second.cancellations.cancel(submission.id, actor=PERSON))
        assert (await store.jobs.submission(submission.id)).state is SubmissionState.CANCELLED
        assert await set_aside(store, submission.id) == 0


async def test_two_who_expire_at_once_count_each_once(store: Store, second: Store, clock: ManualClock) -> None:
    await many(store, [PRICE] * 6)
    clock.advance(APPROVAL)
    assert sum(await asyncio.gather(*(one.approvals.expire_due() for one in (store, second)))) == 6
    expired = [line for line in await store.audit.recent(WORKSPACE) if line.deed == Deed.EXPIRED]
    assert [line.actor for line in expired] == [RUNTIME] * 6


@pytest.mark.full
@pytest.mark.timeout(120)
async def test_five_hundred_approvals_at_once_never_pass_a_cap(database_url: str, clock: ManualClock) -> None:
    caps = [Cap(Scope.WORKSPACE, Period.DAY, 123 * PRICE + PRICE // 2), Cap(Scope.PERSON, Period.MONTH, 400 * PRICE)]
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(running(new_store(database_url, clock, caps=caps)))
        stores = [store, await stack.enter_async_context(beside(store, caps))]
        submissions = await many(store, [PRICE] * 500)
        went = await approved(stores, submissions)
        assert went.count(True) == 123
        assert await held(store) == 123 * PRICE
        assert await decided(store) == [
            SubmissionState.INTENDED if gone else SubmissionState.WAITING_APPROVAL for gone in went
        ]


@pytest.mark.full
async def test_what_is_refused_would_not_have_fitted_either(database_url: str, clock: ManualClock) -> None:
    most = 40 * PRICE
    caps = [Cap(Scope.CHANNEL, Period.DAY, most)]
    prices = [(1 + number * 7 % 5) * PRICE + number for number in range(60)]
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(running(new_store(database_url, clock, caps=caps)))
        stores = [store, await stack.enter_async_context(beside(store, caps))]
        submissions = await many(store, prices)
        went = await approved(stores, submissions)
        spent = sum(price for price, gone in zip(prices, went, strict=True) if gone)
        assert await held(store) == spent <= most
        assert all(spent + price > most for price, gone in zip(prices, went, strict=True) if not gone)
