"""A submission exists before its request leaves, and ends with all its jobs."""

from __future__ import annotations

import dataclasses

import pytest

from agent.errors import LeaseLost
from agent.records import DeliveryKind, JobKind, JobState, JobUpdate, Submission, SubmissionState
from bot.store import Store
from tests.support.clock import ManualClock
from tests.support.store_steps import (
    LEASE,
    PERSON,
    WORKSPACE,
    claim_submission,
    claiming_as,
    everything,
    intend,
    log_texts,
    new_submission,
    open_turn,
    send,
)


async def test_an_intended_submission_promises_its_jobs(store: Store) -> None:
    submission = await intend(store, "German", "French")
    jobs = await store.jobs.jobs_of(submission.id)
    assert submission.state is SubmissionState.INTENDED
    assert [(job.handle, job.label, job.state) for job in jobs] == [
        ("J1", "German", JobState.WAITING),
        ("J2", "French", JobState.WAITING),
    ]


async def test_what_was_intended_is_read_back_whole(store: Store) -> None:
    submission = await intend(store, "German")
    assert await store.jobs.submission(submission.id) == submission


async def test_a_submission_brings_its_card(store: Store) -> None:
    submission = await intend(store)
    card = await store.deliveries.find(f"card:{submission.id}")
    assert card is not None
    assert (card.kind, card.subject_id, card.version) == (DeliveryKind.CARD, submission.id, 1)


async def test_the_same_key_is_the_same_submission(store: Store) -> None:
    lease, _ = await open_turn(store)
    submission = await store.jobs.intend(lease, new_submission(lease, "German"))
    before = await everything(store)
    assert await store.jobs.intend(lease, new_submission(lease, "French")) == submission
    assert await everything(store) == before


async def test_handles_go_on_over_the_submissions_of_a_conversation(store: Store) -> None:
    lease, _ = await open_turn(store)
    await store.jobs.intend(lease, new_submission(lease, "German", "French", key="key-1"))
    await store.jobs.intend(lease, new_submission(lease, "Polish", key="key-2"))
    assert [job.handle for job in await store.jobs.conversation_jobs(lease.id)] == ["J1", "J2", "J3"]


async def test_a_submission_of_another_conversation_is_refused(store: Store) -> None:
    lease, _ = await open_turn(store)
    foreign = dataclasses.replace(new_submission(lease, "German"), conversation_id="other")
    with pytest.raises(ValueError, match="not of lane"):
        await store.jobs.intend(lease, foreign)


async def test_a_claimed_submission_is_not_claimed_again(store: Store) -> None:
    submission = await intend(store)
    await claim_submission(store, submission)
    assert await store.jobs.claim_submission(submission.id) is None
    assert await store.jobs.claim_due_submissions(10) == []


async def test_a_submission_whose_sender_died_is_claimed_as_sending(store: Store, clock: ManualClock) -> None:
    submission = await intend(store)
    await store.jobs.mark_sending(await claim_submission(store, submission))
    clock.advance(LEASE)
    with claiming_as(store, "second"):
        ((_, again),) = await store.jobs.claim_due_submissions(10)
    assert (again.state, again.attempts) == (SubmissionState.SENDING, 1)


async def test_a_submission_whose_sender_died_is_left_alone_until_it_has_settled(
    store: Store, clock: ManualClock
) -> None:
    """Where the key may be lost, a look too early would miss what is still on its way."""
    submission = await intend(store)
    await store.jobs.mark_sending(await claim_submission(store, submission), settles_after=LEASE + 100)
    clock.advance(LEASE + 99)
    with claiming_as(store, "second"):
        assert await store.jobs.claim_due_submissions(10) == []
        clock.advance(1)
        ((_, again),) = await store.jobs.claim_due_submissions(10)
    assert again.state is SubmissionState.SENDING


async def test_sending_counts_attempts_and_keeps_the_first_time(store: Store, clock: ManualClock) -> None:
    lease = await claim_submission(store, await intend(store))
    first = await store.jobs.mark_sending(lease)
    clock.advance(5)
    second = await store.jobs.mark_sending(lease)
    assert (second.attempts, second.sent_at, second.state) == (2, first.sent_at, SubmissionState.SENDING)


async def test_a_sent_submission_keeps_its_ids_and_waiting_jobs(store: Store) -> None:
    submission = await send(store, "German", "French")
    assert (submission.state, submission.provider_ids) == (SubmissionState.SENT, ("p1", "p2"))
    assert {job.state for job in await store.jobs.jobs_of(submission.id)} == {JobState.WAITING}


async def test_a_sent_submission_is_not_sent_again(store: Store) -> None:
    submission = await send(store)
    assert await store.jobs.claim_submission(submission.id) is None


async def test_sending_shows_on_the_card(store: Store) -> None:
    submission = await send(store)
    card = await store.deliveries.find(f"card:{submission.id}")
    assert card is not None
    assert card.version == 2


async def test_a_refusal_fails_every_job_and_queues_the_closing(store: Store) -> None:
    submission = await intend(store, "German", "French")
    lease = await claim_submission(store, submission)
    await store.jobs.record_refused(lease, code="quota", sentence="No credit.")
    assert (await store.jobs.submission(submission.id)).state is SubmissionState.REFUSED
    jobs = await store.jobs.jobs_of(submission.id)
    assert [(job.state, job.failure) for job in jobs] == [(JobState.FAILED, "No credit.")] * 2
    assert await store.deliveries.find(f"closing:{submission.id}") is not None


async def test_a_refusal_tells_the_model_about_each_job(store: Store) -> None:
    submission = await intend(store, 'German "DE"')
    await store.jobs.record_refused(await claim_submission(store, submission), code="quota", sentence="No\ncredit.")
    assert await log_texts(store, submission.conversation_id) == ['[runtime] J1 translation "German \\"DE\\"" failed']


async def test_an_unsure_submission_leaves_its_jobs_unknown(store: Store) -> None:
    submission = await intend(store)
    await store.jobs.record_unsure(await claim_submission(store, submission), code="lost", sentence="Who knows.")
    after = await store.jobs.submission(submission.id)
    (job,) = await store.jobs.jobs_of(submission.id)
    assert (after.state, after.error_code, after.error) == (SubmissionState.UNKNOWN, "lost", "Who knows.")
    assert job.state is JobState.UNKNOWN
    assert await store.deliveries.find(f"closing:{submission.id}") is not None


async def test_a_postponed_submission_waits_and_says_why(store: Store, clock: ManualClock) -> None:
    submission = await intend(store)
    lease = await claim_submission(store, submission)
    await store.jobs.postpone(
        lease, not_before=clock.now() + 60, code="rate_limited", sentence="HeyGen is busy.", doubtful=False
    )
    assert await store.jobs.claim_submission(submission.id) is None
    clock.advance(60)
    ((_, again),) = await store.jobs.claim_due_submissions(10)
    assert (again.state, again.error_code, again.error) == (SubmissionState.INTENDED, "rate_limited", "HeyGen is busy.")


async def test_a_doubt_about_an_earlier_attempt_stays(store: Store) -> None:
    submission = await intend(store)
    lease = await claim_submission(store, submission)
    await store.jobs.postpone(lease, not_before=0.0, code="busy", sentence="Busy.", doubtful=True)
    assert (await store.jobs.submission(submission.id)).state is SubmissionState.SENDING


async def test_success_forgets_why_it_waited(store: Store) -> None:
    submission = await intend(store)
    lease = await claim_submission(store, submission)
    await store.jobs.postpone(lease, not_before=0.0, code="busy", sentence="Busy.", doubtful=False)
    await store.jobs.record_sent(await claim_submission(store, submission), ["p1"])
    assert (await store.jobs.submission(submission.id)).error is None


async def test_due_submissions_come_oldest_first(store: Store, clock: ManualClock) -> None:
    lease, _ = await open_turn(store)
    for key in ("key-1", "key-2", "key-3"):
        await store.jobs.intend(lease, new_submission(lease, "German", key=key))
        clock.advance(1)
    first, second = (await store.jobs.claim_due_submissions(1), await store.jobs.claim_due_submissions(10))
    assert [s.key for _, s in first + second] == ["key-1", "key-2", "key-3"]


async def test_a_settled_submission_takes_no_second_answer(store: Store) -> None:
    submission = await intend(store)
    lease = await claim_submission(store, submission)
    await store.jobs.record_refused(lease, code="quota", sentence="No credit.")
    before = await everything(store)
    with pytest.raises(LeaseLost):
        await store.jobs.record_sent(lease, ["p1"])
    assert await everything(store) == before


async def test_an_unknown_submission_is_a_key_error(store: Store) -> None:
    with pytest.raises(KeyError):
        await store.jobs.submission("nothing")


async def spoken(store: Store) -> tuple[Submission, str]:
    """Speech that was answered with an address as long as signed ones may be."""
    lease, _ = await open_turn(store)
    new = dataclasses.replace(new_submission(lease, "Hello"), kind=JobKind.SPEECH)
    submission = await store.jobs.intend(lease, new)
    claimed = await claim_submission(store, submission)
    address = "https://files.example/speech.mp3?Signature=" + "s" * 3_000
    await store.jobs.record_sent(claimed, [submission.id, address, "2.5"])
    return submission, address


async def test_an_answer_that_is_told_once_is_kept_whole_and_its_job_is_due_at_once(store: Store) -> None:
    submission, address = await spoken(store)
    kept = await store.jobs.submission(submission.id)
    assert (kept.state, kept.provider_ids) == (SubmissionState.SENT, (submission.id, address, "2.5"))
    ((_, job),) = await store.jobs.claim_due_jobs(10)
    assert (job.provider_id, job.state) == (submission.id, JobState.RUNNING)


async def test_what_a_forgotten_person_said_cannot_be_listened_to(store: Store) -> None:
    submission, _ = await spoken(store)
    ((lease, job),) = await store.jobs.claim_due_jobs(10)
    await store.jobs.record_update(lease, JobUpdate(JobState.SUCCEEDED, "completed", 0.0, duration=2.5))
    store.erasures.patience = 0.1
    await store.erasures.carry_out(await store.erasures.forget_person(WORKSPACE, PERSON, actor="operator:root"))
    assert (await store.jobs.submission(submission.id)).provider_ids == ()
    assert (await store.jobs.job(job.id)).state is JobState.SUCCEEDED
