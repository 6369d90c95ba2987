"""Cancelling at every moment: what has not left costs nothing, what has left is watched, paid for and offered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from agent.errors import LeaseLost
from agent.hashing import arguments_hash
from agent.money import Entry, cost_of
from agent.records import OPEN_JOB_STATES, DeliveryState, Job, JobState, Submission, SubmissionState
from bot.store import Store
from bot.store.audit import Deed
from bot.store.endings import card_key, closing_key
from tests.support.clock import ManualClock
from tests.support.store_steps import (
    ACCOUNT,
    APPROVER,
    LEASE,
    PERSON,
    PRICE,
    RATE,
    WORKSPACE,
    approve,
    ask,
    book,
    claim_submission,
    claiming_as,
    end_jobs,
    everything,
    intend,
    log_texts,
    new_store,
    run_jobs,
    running,
    send,
    set_aside,
    update,
)

pytestmark = pytest.mark.full

THREE = ("German", "French", "Dutch")


# -- how far a request has come --------------------------------------------------------------------------------


async def waiting(store: Store, *labels: str) -> Submission:
    return await ask(store, *labels)


async def approved(store: Store, *labels: str) -> Submission:
    return (await approve(store, await ask(store, *labels))).submission


async def intended(store: Store, *labels: str) -> Submission:
    return await intend(store, *labels)


async def leased(store: Store, *labels: str) -> Submission:
    """Somebody is about to send it."""
    submission = await intend(store, *labels)
    await claim_submission(store, submission)
    return submission


async def put_off(store: Store, *labels: str) -> Submission:
    """An attempt was turned away."""
    return await postponed(store, *labels, doubtful=False)


async def sending(store: Store, *labels: str) -> Submission:
    submission = await intend(store, *labels)
    await store.jobs.mark_sending(await claim_submission(store, submission))
    return submission


async def in_doubt(store: Store, *labels: str) -> Submission:
    """An attempt may have arrived."""
    return await postponed(store, *labels, doubtful=True)


async def postponed(store: Store, *labels: str, doubtful: bool) -> Submission:
    submission = await intend(store, *labels)
    lease = await claim_submission(store, submission)
    await store.jobs.mark_sending(lease)
    later = store.clock.now() + 5
    await store.jobs.postpone(lease, not_before=later, code="busy", sentence="Busy.", doubtful=doubtful)
    return submission


async def sent(store: Store, *labels: str) -> Submission:
    return await send(store, *labels)


async def at_work(store: Store, *labels: str) -> Submission:
    job, *_ = await run_jobs(store, *labels)
    return await store.jobs.submission(job.submission_id)


Moment = Callable[..., Awaitable[Submission]]
UNSENT: list[Moment] = [waiting, approved, intended, leased, put_off]
LEFT: list[Moment] = [sending, in_doubt, sent, at_work]


def named(moment: Moment) -> str:
    return moment.__name__  # type: ignore[attr-defined,no-any-return]


async def jobs_of(store: Store, submission: Submission) -> list[Job]:
    return await store.jobs.jobs_of(submission.id)


async def states(store: Store, submission: Submission) -> list[JobState]:
    return [job.state for job in await jobs_of(store, submission)]


async def called(store: Store, submission: Submission) -> bool:
    """Whether a closing message calls the requester."""
    return await store.deliveries.find(closing_key(submission.id)) is not None


async def cancel(store: Store, submission: Submission, *handles: str, actor: str = PERSON) -> tuple[list[str], ...]:
    """Cancel; the handles of what was dropped, what is unwanted and what was over."""
    done = await store.cancellations.cancel(submission.id, actor=actor, handles=handles or None)
    return tuple([job.handle for job in jobs] for jobs in (done.dropped, done.unwanted, done.over))


async def send_again(store: Store, clock: ManualClock, submission: Submission) -> Submission | None:
    """What leaves at the next attempt; None when nothing does."""
    clock.advance(LEASE)
    claimed = await store.jobs.claim_submission(submission.id)
    return None if claimed is None else await store.jobs.mark_sending(claimed[0])


# -- everything ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", UNSENT, ids=named)
async def test_what_has_not_left_is_dropped_and_costs_nothing(store: Store, clock: ManualClock, moment: Moment) -> None:
    submission = await moment(store, *THREE)
    assert await cancel(store, submission) == (["J1", "J2", "J3"], [], [])
    after = await store.jobs.submission(submission.id)
    assert (after.state, after.error_code) == (SubmissionState.CANCELLED, "cancelled")
    assert PERSON in (after.error or "")
    assert await states(store, submission) == [JobState.CANCELLED] * 3
    assert await set_aside(store, submission.id) == 0
    assert await send_again(store, clock, submission) is None
    assert not await called(store, submission)


@pytest.mark.parametrize("moment", LEFT, ids=named)
async def test_what_has_left_is_unwanted_and_stays_paid_for(store: Store, moment: Moment) -> None:
    submission = await moment(store, *THREE)
    before = (await store.jobs.submission(submission.id)).state
    assert await cancel(store, submission) == ([], ["J1", "J2", "J3"], [])
    assert (await store.jobs.submission(submission.id)).state is before
    assert await states(store, submission) == [JobState.UNWANTED] * 3
    assert await set_aside(store, submission.id) == 3 * PRICE
    assert not await called(store, submission)
    assert "bills" in (await log_texts(store, submission.conversation_id))[-1]


@pytest.mark.parametrize("moment", [*UNSENT, *LEFT], ids=named)
async def test_cancelling_twice_changes_nothing_more(store: Store, moment: Moment) -> None:
    submission = await moment(store, *THREE)
    await cancel(store, submission)
    before = await everything(store)
    assert await cancel(store, submission) == ([], [], ["J1", "J2", "J3"])
    assert await everything(store) == before


@pytest.mark.parametrize("moment", [*UNSENT, *LEFT], ids=named)
async def test_cancelling_shows_on_the_card_and_in_the_audit_log(store: Store, moment: Moment) -> None:
    submission = await moment(store, *THREE)
    card = await store.deliveries.find(card_key(submission.id))
    await cancel(store, submission)
    after = await store.deliveries.find(card_key(submission.id))
    assert card is not None
    assert after is not None
    assert after.version > card.version
    newest, *_ = await store.audit.recent(WORKSPACE)
    assert (newest.deed, newest.actor, newest.subject_id) == (Deed.CANCELLED, PERSON, submission.id)
    assert newest.details == {"jobs": 3, "unsent": int(moment in UNSENT)}


@pytest.mark.parametrize("moment", [*UNSENT, *LEFT], ids=named)
async def test_only_what_has_not_left_is_taken_back_by_an_edit(store: Store, moment: Moment) -> None:
    submission = await moment(store, *THREE)
    before = await everything(store)
    done = await store.cancellations.cancel(submission.id, actor=PERSON, only_unsent=True)
    assert len(done.dropped) == (3 if moment in UNSENT else 0)
    if moment in LEFT:
        assert {job.handle for job in done.over} == {"J1", "J2", "J3"}
        assert await everything(store) == before


@pytest.mark.parametrize("state", [JobState.SUCCEEDED, JobState.FAILED, JobState.UNKNOWN])
async def test_what_has_ended_cannot_be_cancelled(store: Store, state: JobState) -> None:
    submission = await at_work(store, *THREE)
    await end_jobs(store, [state] * 3)
    before = await everything(store)
    assert await cancel(store, submission) == ([], [], ["J1", "J2", "J3"])
    assert await everything(store) == before


async def test_nothing_cannot_be_cancelled(store: Store) -> None:
    with pytest.raises(KeyError, match="nothing"):
        await store.cancellations.cancel("nothing", actor=PERSON)


@pytest.mark.parametrize(("actor", "expected"), [(PERSON, False), (APPROVER, True)])
async def test_the_requester_is_called_when_somebody_else_dropped_a_request(
    store: Store, actor: str, expected: bool
) -> None:
    submission = await intended(store, *THREE)
    await cancel(store, submission, actor=actor)
    assert await called(store, submission) is expected


async def test_everything_that_turns_have_asked_for_is_cancelled_together(store: Store) -> None:
    first, second = await intend(store, name="a"), await send(store, name="b")
    done = await store.cancellations.cancel_of_turns([first.turn_id, second.turn_id, "nothing"], actor=PERSON)
    assert [job.submission_id for job in done.dropped] == [first.id]
    assert [job.submission_id for job in done.unwanted] == [second.id]


# -- a part ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", UNSENT, ids=named)
async def test_the_rest_of_an_unsent_request_is_sent_alone(store: Store, clock: ManualClock, moment: Moment) -> None:
    submission = await moment(store, *THREE)
    assert await cancel(store, submission, "J2", "J9") == (["J2"], [], [])
    rest = await store.jobs.submission(submission.id)
    assert rest.arguments == {**submission.arguments, "languages": ["German", "Dutch"]}
    assert rest.arguments_hash == arguments_hash(rest.arguments)
    assert (rest.quote_low, rest.quote_high) == (2 * PRICE, 2 * PRICE)
    assert await states(store, submission) == [JobState.WAITING, JobState.CANCELLED, JobState.WAITING]
    if moment is waiting:
        assert rest.approved_hash is None
        await approve(store, rest)
    assert await set_aside(store, submission.id) == 2 * PRICE
    leaving = await send_again(store, clock, submission)
    assert leaving is not None
    assert leaving.arguments["languages"] == ["German", "Dutch"]
    assert leaving.key == submission.key


@pytest.mark.parametrize("moment", UNSENT, ids=named)
async def test_a_request_ends_with_its_last_part(store: Store, moment: Moment) -> None:
    submission = await moment(store, *THREE)
    for handle in ("J1", "J3", "J2"):
        await cancel(store, submission, handle)
    assert (await store.jobs.submission(submission.id)).state is SubmissionState.CANCELLED
    assert await set_aside(store, submission.id) == 0


@pytest.mark.parametrize("moment", [sent, at_work], ids=named)
async def test_the_rest_of_what_has_left_goes_on(store: Store, moment: Moment) -> None:
    submission = await moment(store, *THREE)
    before = await jobs_of(store, submission)
    assert await cancel(store, submission, "J2") == ([], ["J2"], [])
    after = await jobs_of(store, submission)
    assert [after[0], after[2]] == [before[0], before[2]]
    assert after[1].state is JobState.UNWANTED


async def test_the_others_are_closed_without_the_one_that_nobody_wants(store: Store) -> None:
    submission = await at_work(store, "German", "French")
    await cancel(store, submission, "J2")
    assert not await called(store, submission)
    await end_jobs(store, [JobState.SUCCEEDED])
    assert await called(store, submission)
    assert await states(store, submission) == [JobState.SUCCEEDED, JobState.UNWANTED]


async def test_a_request_is_closed_when_the_last_open_part_is_cancelled(store: Store) -> None:
    submission = await at_work(store, "German", "French")
    await end_jobs(store, [JobState.SUCCEEDED])
    assert not await called(store, submission)
    assert await cancel(store, submission) == ([], ["J2"], ["J1"])
    assert await called(store, submission)


# -- a sender in between ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("handles", [(), ("J2",)])
async def test_a_sender_that_was_about_to_begin_is_stopped(store: Store, handles: tuple[str, ...]) -> None:
    submission = await intend(store, *THREE)
    lease = await claim_submission(store, submission)
    await cancel(store, submission, *handles)
    before = await everything(store)
    with pytest.raises(LeaseLost):
        await store.jobs.mark_sending(lease)
    assert await everything(store) == before


async def test_a_sender_of_the_same_name_cannot_use_its_old_lease(store: Store) -> None:
    submission = await intend(store, *THREE)
    old = await claim_submission(store, submission)
    await cancel(store, submission, "J2")
    new = await claim_submission(store, submission)
    assert new.epoch > old.epoch
    with pytest.raises(LeaseLost):
        await store.jobs.mark_sending(old)
    assert await store.jobs.mark_sending(new) is not None


async def test_an_answer_that_comes_after_the_cancellation_is_kept(store: Store) -> None:
    submission = await intend(store, "German", "French")
    lease = await claim_submission(store, submission)
    await store.jobs.mark_sending(lease)
    await cancel(store, submission)
    await store.jobs.record_sent(lease, ["p1", "p2"])
    assert (await store.jobs.submission(submission.id)).state is SubmissionState.SENT
    assert [job.handle for _, job in await store.jobs.claim_due_jobs(10)] == ["J1", "J2"]


@pytest.mark.parametrize("handles", [(), ("J1", "J2")])
async def test_what_nobody_wants_is_not_sent_again(store: Store, clock: ManualClock, handles: tuple[str, ...]) -> None:
    submission = await in_doubt(store, "German", "French")
    await cancel(store, submission, *handles)
    assert await send_again(store, clock, submission) is None
    after = await store.jobs.submission(submission.id)
    assert (after.state, after.attempts) == (SubmissionState.UNKNOWN, 1)
    assert all(job.finished_at is not None for job in await jobs_of(store, submission))
    assert await set_aside(store, submission.id) == 2 * PRICE
    assert await send_again(store, clock, submission) is None


async def test_what_may_have_arrived_is_asked_for_as_a_whole_while_a_part_is_wanted(
    store: Store, clock: ManualClock
) -> None:
    submission = await in_doubt(store, *THREE)
    await cancel(store, submission, "J2")
    again = await send_again(store, clock, submission)
    assert again is not None
    assert again.arguments == submission.arguments
    assert again.key == submission.key


async def test_what_was_cancelled_during_an_attempt_that_failed_has_not_left(store: Store) -> None:
    submission = await intend(store, "German", "French")
    lease = await claim_submission(store, submission)
    await store.jobs.mark_sending(lease)
    await cancel(store, submission)
    await store.jobs.postpone(lease, not_before=0.0, code="busy", sentence="Busy.", doubtful=False)
    assert (await store.jobs.submission(submission.id)).state is SubmissionState.CANCELLED
    assert await states(store, submission) == [JobState.CANCELLED] * 2
    assert await set_aside(store, submission.id) == 0


async def test_a_part_that_was_cancelled_during_an_attempt_that_failed_is_left_out_of_the_next(
    store: Store, clock: ManualClock
) -> None:
    submission = await intend(store, *THREE)
    lease = await claim_submission(store, submission)
    await store.jobs.mark_sending(lease)
    await cancel(store, submission, "J2")
    await store.jobs.postpone(lease, not_before=0.0, code="busy", sentence="Busy.", doubtful=False)
    assert await states(store, submission) == [JobState.WAITING, JobState.CANCELLED, JobState.WAITING]
    assert await set_aside(store, submission.id) == 2 * PRICE
    again = await send_again(store, clock, submission)
    assert again is not None
    assert again.arguments["languages"] == ["German", "Dutch"]
    assert again.quote_high == 2 * PRICE


async def test_a_part_that_was_cancelled_during_an_attempt_in_doubt_stays_in_it(
    store: Store, clock: ManualClock
) -> None:
    submission = await intend(store, *THREE)
    lease = await claim_submission(store, submission)
    await store.jobs.mark_sending(lease)
    await cancel(store, submission, "J2")
    await store.jobs.postpone(lease, not_before=0.0, code="lost", sentence="Lost.", doubtful=True)
    assert await set_aside(store, submission.id) == 3 * PRICE
    again = await send_again(store, clock, submission)
    assert again is not None
    assert again.arguments == submission.arguments


async def test_an_unwanted_request_that_is_refused_costs_nothing(store: Store) -> None:
    submission = await intend(store, "German", "French")
    lease = await claim_submission(store, submission)
    await store.jobs.mark_sending(lease)
    await cancel(store, submission)
    await store.jobs.record_refused(lease, code="quota", sentence="No credit.")
    jobs = await jobs_of(store, submission)
    assert [(job.state, job.failure) for job in jobs] == [(JobState.UNWANTED, "No credit.")] * 2
    assert all(job.finished_at is not None for job in jobs)
    assert await set_aside(store, submission.id) == 0
    assert not await called(store, submission)


async def test_an_unwanted_request_nobody_is_sure_about_stays_paid_for(store: Store) -> None:
    submission = await intend(store, "German")
    lease = await claim_submission(store, submission)
    await store.jobs.mark_sending(lease)
    await cancel(store, submission)
    await store.jobs.record_unsure(lease, code="key_expired", sentence="Who knows.")
    (job,) = await jobs_of(store, submission)
    assert (job.state, job.finished_at is not None) == (JobState.UNWANTED, True)
    assert await set_aside(store, submission.id) == PRICE


# -- what nobody wants is watched ------------------------------------------------------------------------------


async def test_what_nobody_wants_still_gets_its_id(store: Store) -> None:
    submission = await sent(store, "German")
    await cancel(store, submission)
    assert await store.jobs.touch(ACCOUNT, ["p1"]) == 1
    ((lease, _),) = await store.jobs.claim_due_jobs(10)
    await store.jobs.attach(lease, provider_id="p1", update=update(JobState.RUNNING))
    (job,) = await jobs_of(store, submission)
    assert (job.state, job.provider_id, job.status_word) == (JobState.UNWANTED, "p1", "running")


@pytest.mark.parametrize("state", sorted(OPEN_JOB_STATES))
async def test_what_nobody_wants_stays_unwanted_while_it_runs(
    store: Store, clock: ManualClock, state: JobState
) -> None:
    submission = await at_work(store, "German")
    await cancel(store, submission)
    ((lease, _),) = await store.jobs.claim_due_jobs(10)
    await store.jobs.record_update(lease, update(state, due_at=clock.now() + 60))
    assert await states(store, submission) == [JobState.UNWANTED]
    assert await store.jobs.claim_due_jobs(10) == []
    clock.advance(60)
    assert len(await store.jobs.claim_due_jobs(10)) == 1


async def test_a_result_that_nobody_wants_is_paid_for_and_offered(store: Store, clock: ManualClock) -> None:
    submission = await at_work(store, "German")
    await cancel(store, submission)
    card = await store.deliveries.find(card_key(submission.id))
    await end_jobs(store, [JobState.SUCCEEDED], duration=10.0)
    (job,) = await jobs_of(store, submission)
    assert (job.state, job.finished_at) == (JobState.UNWANTED, clock.now())
    assert job.link_id is not None
    assert (Entry.CHARGE, cost_of(RATE, 10.0), 0) in await book(store, submission.id)
    assert not await called(store, submission)
    after = await store.deliveries.find(card_key(submission.id))
    assert card is not None
    assert after is not None
    assert (after.version, after.state) == (card.version + 1, DeliveryState.PENDING)
    assert (await log_texts(store, submission.conversation_id))[-1].endswith("succeeded (no longer wanted)")


@pytest.mark.parametrize(("state", "kept"), [(JobState.FAILED, 0), (JobState.UNKNOWN, PRICE)])
async def test_what_nobody_wants_is_settled_by_what_became_of_it(store: Store, state: JobState, kept: int) -> None:
    submission = await at_work(store, "German")
    await cancel(store, submission)
    await end_jobs(store, [state], failure="It broke.")
    (job,) = await jobs_of(store, submission)
    assert (job.state, job.failure) == (JobState.UNWANTED, "It broke.")
    assert await set_aside(store, submission.id) == kept
    assert not await called(store, submission)


async def test_what_is_over_is_not_looked_at_again(store: Store, clock: ManualClock) -> None:
    submission = await at_work(store, "German")
    await cancel(store, submission)
    await end_jobs(store, [JobState.SUCCEEDED], duration=10.0)
    before = await everything(store)
    assert await store.jobs.touch(ACCOUNT, ["p1"]) == 1
    clock.advance(1e9)
    assert await store.jobs.claim_due_jobs(10) == []
    assert await everything(store) == before
    assert await states(store, submission) == [JobState.UNWANTED]


async def test_whoever_was_reading_a_job_when_it_was_cancelled_may_tell_its_end(store: Store) -> None:
    submission = await at_work(store, "German")
    ((lease, _),) = await store.jobs.claim_due_jobs(10)
    await cancel(store, submission)
    await store.jobs.record_update(lease, update(JobState.SUCCEEDED, duration=10.0))
    (job,) = await jobs_of(store, submission)
    assert (job.state, job.finished_at is not None) == (JobState.UNWANTED, True)


@pytest.mark.parametrize("end", ["succeeded", "refused", "cancelled"])
async def test_a_place_at_heygen_is_free_once_it_is_over(database_url: str, clock: ManualClock, end: str) -> None:
    async with running(new_store(database_url, clock, places=1)) as store:
        first = await intend(store, name="a")
        lease = await claim_submission(store, first)
        await store.jobs.mark_sending(lease)
        await cancel(store, first)
        second = await intend(store, name="b")
        assert await store.jobs.claim_submission(second.id) is None
        if end == "refused":
            await store.jobs.record_refused(lease, code="c", sentence="No.")
        elif end == "cancelled":
            await store.jobs.postpone(lease, not_before=0.0, code="c", sentence="No.", doubtful=False)
        else:
            await store.jobs.record_sent(lease, ["p1"])
            ((read, _),) = await store.jobs.claim_due_jobs(10)
            await store.jobs.attach(read, provider_id="p1", update=update(JobState.SUCCEEDED))
        assert await store.jobs.claim_submission(second.id) is not None


# -- at once ---------------------------------------------------------------------------------------------------


async def test_a_cancellation_that_meets_the_sender_is_one_or_the_other(store: Store, second: Store) -> None:
    for number in range(4):
        submission = await intend(store, "German", "French", name=f"e{number}")
        lease = await claim_submission(store, submission)
        leaving, _ = await asyncio.gather(
            store.jobs.mark_sending(lease),
            second.cancellations.cancel(submission.id, actor=PERSON),
            return_exceptions=True,
        )
        left = isinstance(leaving, Submission)
        assert left or isinstance(leaving, LeaseLost)
        assert set(await states(store, submission)) == {JobState.UNWANTED if left else JobState.CANCELLED}
        assert await set_aside(store, submission.id) == (2 * PRICE if left else 0)


async def test_hints_reads_and_cancellations_of_the_same_jobs_do_not_wait_in_a_circle(
    store: Store, second: Store
) -> None:
    labels = [f"language {number}" for number in range(8)]
    for round_ in range(4):
        submission = await send(store, *labels, name=f"e{round_}")
        claimed = await store.jobs.claim_due_jobs(10)
        for number, (lease, _) in enumerate(claimed):
            await store.jobs.attach(lease, provider_id=f"e{round_}-{number}", update=update(JobState.RUNNING))
        ids = [f"e{round_}-{number}" for number in range(8)]
        with claiming_as(second, second.database.owner):
            reads = await second.jobs.claim_due_jobs(3)
        await asyncio.gather(
            *(store.jobs.touch(ACCOUNT, ids) for _ in range(3)),
            second.cancellations.cancel(submission.id, actor=PERSON),
            *(second.jobs.record_update(lease, update(JobState.SUCCEEDED, duration=1.0)) for lease, _ in reads),
            *(store.cancellations.cancel(submission.id, actor=PERSON, handles=[f"J{n}"]) for n in (2, 5)),
        )
        assert not set(await states(store, submission)) & OPEN_JOB_STATES
        assert (await store.jobs.touch(ACCOUNT, ids)) == 8
        for lease, _ in await store.jobs.claim_due_jobs(10):
            await store.jobs.record_update(lease, update(JobState.FAILED))
        assert await set_aside(store, submission.id) == 0


async def test_a_place_in_the_line_is_not_told_to_what_was_cancelled_meanwhile(
    database_url: str, clock: ManualClock
) -> None:
    async with running(new_store(database_url, clock, places=1)) as store:
        await run_jobs(store, name="a")
        for number in range(8):
            submission = await intend(store, name=f"e{number}")
            await asyncio.gather(store.jobs.claim_due_submissions(10), cancel(store, submission))
            after = await store.jobs.submission(submission.id)
            assert (after.state, after.error_code) == (SubmissionState.CANCELLED, "cancelled")
