"""What an operator changes: one step each, through which the product goes on by itself."""

from __future__ import annotations

import pytest

from agent.errors import LeaseLost
from agent.jobs import KEY_HONOURED_SECONDS
from agent.records import DeliveryKind, DeliveryState, JobState, Lease, Source, SubmissionState, TurnRecord, TurnState
from bot.store import Store
from bot.store.directory import Account
from bot.store.endings import closing_key
from bot.store.interventions import Impossible
from bot.store.outbox import NewDelivery
from bot.store.overview import Kind
from bot.store.turns import reply_key
from tests.support.clock import ManualClock
from tests.support.store_steps import (
    ACCOUNT,
    LEASE,
    WORKSPACE,
    accept,
    claim_lane,
    claim_submission,
    end_jobs,
    everything,
    intend,
    new_submission,
    open_turn,
    run_jobs,
    send,
)

pytestmark = pytest.mark.full

# -- turns -----------------------------------------------------------------------------------------------------


async def failed_turn(store: Store, clock: ManualClock) -> TurnRecord:
    """A turn that failed and whose requester has been told."""
    lease, turn = await open_turn(store)
    delivery_id = await store.turns.finish_turn(lease, turn.id, state=TurnState.FAILED, reply="Sorry.", error="server")
    await store.lanes.next_row(lease)
    held = await store.deliveries.held(delivery_id or "")
    assert held is not None
    await store.deliveries.mark_sending(held[0])
    await store.deliveries.mark_posted(held[0], "9.9", 1)
    clock.advance(3_600)
    return turn


async def again(store: Store) -> tuple[Lease, TurnRecord]:
    """What a worker begins when it claims the lane."""
    lease = await claim_lane(store)
    row = await store.lanes.next_row(lease)
    assert row is not None
    return lease, await store.turns.begin_turn(lease, row, origin="message", requester="U1", items=[])


async def test_a_failed_turn_is_worked_on_again(store: Store, clock: ManualClock) -> None:
    turn = await failed_turn(store, clock)
    assert "queued again" in await store.interventions.retry(Kind.TURN, turn.id)
    _, begun = await again(store)
    assert (begun.id, begun.state, begun.error) == (turn.id, TurnState.RUNNING, None)


async def test_a_retried_turn_has_its_bounds_anew(store: Store, clock: ManualClock) -> None:
    await store.interventions.retry(Kind.TURN, (await failed_turn(store, clock)).id)
    _, begun = await again(store)
    assert (begun.created_at, begun.model_calls, begun.attempts) == (clock.now(), 0, 0)


async def test_the_log_of_a_retried_turn_is_kept_and_says_so(store: Store, clock: ManualClock) -> None:
    turn = await failed_turn(store, clock)
    before = await store.turns.items(turn.conversation_id)
    await store.interventions.retry(Kind.TURN, turn.id)
    after = await store.turns.items(turn.conversation_id)
    assert after[: len(before)] == before
    assert [(item.source, item.turn_id) for item in after[len(before) :]] == [(Source.RUNTIME, turn.id)]


async def test_a_retried_turn_gets_a_reply_of_its_own(store: Store, clock: ManualClock) -> None:
    turn = await failed_turn(store, clock)
    told = await store.deliveries.find(reply_key(turn.id))
    await store.interventions.retry(Kind.TURN, turn.id)
    lease, _ = await again(store)
    reply_id = await store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply="Here you are.")
    reply = await store.deliveries.get(reply_id or "")
    assert told is not None
    assert (reply.id != told.id, reply.body, reply.ts) == (True, {"text": "Here you are.", "rate": True}, None)


async def test_a_turn_may_fail_and_be_retried_again_and_again(store: Store, clock: ManualClock) -> None:
    turn = await failed_turn(store, clock)
    for ts in ("10.0", "11.0"):
        await store.interventions.retry(Kind.TURN, turn.id)
        lease, _ = await again(store)
        delivery = await store.turns.finish_turn(lease, turn.id, state=TurnState.FAILED, reply="Sorry.")
        held = await store.deliveries.held(delivery or "")
        assert held is not None
        await store.deliveries.mark_sending(held[0])
        await store.deliveries.mark_posted(held[0], ts, 1)
        await store.lanes.next_row(lease)
    assert len((await store.overview.show(Kind.TURN, turn.id)).relatives["deliveries"]) == 3


async def test_a_failure_that_is_not_told_yet_is_not_retried(store: Store) -> None:
    lease, turn = await open_turn(store)
    await store.turns.finish_turn(lease, turn.id, state=TurnState.FAILED, reply="Sorry.")
    with pytest.raises(Impossible, match="settle that first"):
        await store.interventions.retry(Kind.TURN, turn.id)


async def test_a_turn_whose_request_went_out_unanswered_is_not_retried(store: Store) -> None:
    lease, turn = await open_turn(store)
    await store.jobs.intend(lease, new_submission(lease, "German", turn_id=turn.id))
    await store.turns.finish_turn(lease, turn.id, state=TurnState.FAILED, reply=None)
    with pytest.raises(Impossible, match="could pay twice"):
        await store.interventions.retry(Kind.TURN, turn.id)


async def test_a_turn_is_not_retried_into_another_one(store: Store, clock: ManualClock) -> None:
    turn = await failed_turn(store, clock)
    await open_turn(store, "Ev2")
    with pytest.raises(Impossible, match="not finished"):
        await store.interventions.retry(Kind.TURN, turn.id)


async def test_a_parked_turn_goes_on_now(store: Store, clock: ManualClock) -> None:
    lease, turn = await open_turn(store)
    await store.turns.defer_turn(lease, turn.id, not_before=clock.now() + 300, error="server")
    await store.lanes.park(lease, clock.now() + 300)
    assert "due now" in await store.interventions.retry(Kind.TURN, turn.id)
    assert (await again(store))[1].not_before == 0


async def test_a_turn_in_work_is_left_alone(store: Store) -> None:
    _, turn = await open_turn(store)
    with pytest.raises(Impossible, match="right now"):
        await store.interventions.retry(Kind.TURN, turn.id)


async def test_giving_a_turn_up_stops_its_worker(store: Store) -> None:
    lease, turn = await open_turn(store)
    await store.interventions.give_up(Kind.TURN, turn.id)
    with pytest.raises(LeaseLost):
        await store.turns.append_outputs(lease, turn.id, [])


async def test_giving_a_turn_up_tells_the_person_and_frees_the_lane(store: Store) -> None:
    _, turn = await open_turn(store)
    await store.interventions.give_up(Kind.TURN, turn.id)
    reply = await store.deliveries.find(reply_key(turn.id))
    assert reply is not None
    assert turn.id in reply.body["text"]
    assert await store.lanes.next_row(await claim_lane(store)) is None


async def test_giving_a_turn_up_closes_its_calls(store: Store) -> None:
    lease, turn = await open_turn(store)
    call = {"type": "function_call", "call_id": "c1", "name": "list_jobs", "arguments": "{}"}
    await store.turns.append_outputs(lease, turn.id, [call])
    await store.interventions.give_up(Kind.TURN, turn.id)
    last = (await store.turns.items(turn.conversation_id))[-1].body
    assert (last["type"], last["call_id"]) == ("function_call_output", "c1")


# -- submissions and jobs --------------------------------------------------------------------------------------


async def postponed(store: Store, clock: ManualClock, *, doubtful: bool, seconds: float = 300) -> str:
    submission = await intend(store, "German")
    lease = await claim_submission(store, submission)
    await store.jobs.mark_sending(lease)
    later = clock.now() + seconds
    await store.jobs.postpone(lease, not_before=later, code="busy", sentence="Busy.", doubtful=doubtful)
    return submission.id


async def test_a_postponed_submission_is_due_now_with_its_key(store: Store, clock: ManualClock) -> None:
    submission_id = await postponed(store, clock, doubtful=True)
    before = await store.jobs.submission(submission_id)
    await store.interventions.retry(Kind.SUBMISSION, submission_id)
    ((_, claimed),) = await store.jobs.claim_due_submissions(5)
    assert (claimed.key, claimed.sent_at) == (before.key, before.sent_at)


@pytest.mark.parametrize("doubtful", [True, False])
async def test_what_may_be_on_its_way_through_truto_is_not_hurried(
    store: Store, clock: ManualClock, doubtful: bool
) -> None:
    """A look too early would miss it, and it would be paid for twice."""
    await store.directory.put_account(Account(ACCOUNT, WORKSPACE, "truto", "path-token"))
    submission_id = await postponed(store, clock, doubtful=doubtful)
    if not doubtful:
        await store.interventions.retry(Kind.SUBMISSION, submission_id)
        return
    with pytest.raises(Impossible, match="on its way"):
        await store.interventions.retry(Kind.SUBMISSION, submission_id)
    assert await store.jobs.claim_due_submissions(5) == []


async def test_a_submission_is_not_sent_when_its_key_is_forgotten(store: Store, clock: ManualClock) -> None:
    submission_id = await postponed(store, clock, doubtful=True, seconds=2 * KEY_HONOURED_SECONDS)
    clock.advance(KEY_HONOURED_SECONDS + 1)
    with pytest.raises(Impossible, match="no longer honours"):
        await store.interventions.retry(Kind.SUBMISSION, submission_id)


@pytest.mark.parametrize(
    ("doubtful", "state", "job_state"),
    [(True, SubmissionState.UNKNOWN, JobState.UNKNOWN), (False, SubmissionState.REFUSED, JobState.FAILED)],
)
async def test_a_submission_is_given_up_as_what_is_known_of_it(
    store: Store, clock: ManualClock, doubtful: bool, state: SubmissionState, job_state: JobState
) -> None:
    submission_id = await postponed(store, clock, doubtful=doubtful)
    await store.interventions.give_up(Kind.SUBMISSION, submission_id)
    assert (await store.jobs.submission(submission_id)).state is state
    assert [job.state for job in await store.jobs.jobs_of(submission_id)] == [job_state]
    assert await store.deliveries.find(closing_key(submission_id)) is not None


async def test_a_submission_that_is_being_sent_is_left_alone(store: Store) -> None:
    submission = await intend(store, "German")
    lease = await claim_submission(store, submission)
    with pytest.raises(Impossible, match="right now"):
        await store.interventions.give_up(Kind.SUBMISSION, submission.id)
    await store.jobs.mark_sending(lease)
    await store.jobs.record_sent(lease, ["p1"])


async def test_a_refused_submission_is_for_its_requester_to_retry(store: Store, clock: ManualClock) -> None:
    submission_id = await postponed(store, clock, doubtful=False)
    await store.interventions.give_up(Kind.SUBMISSION, submission_id)
    with pytest.raises(Impossible, match="new request"):
        await store.interventions.retry(Kind.SUBMISSION, submission_id)


async def test_an_unknown_job_is_looked_at_again(store: Store, clock: ManualClock) -> None:
    (job,) = await run_jobs(store, "German")
    await end_jobs(store, [JobState.UNKNOWN])
    assert await store.jobs.claim_due_jobs(5) == []
    await store.interventions.retry(Kind.JOB, job.id)
    ((_, claimed),) = await store.jobs.claim_due_jobs(5)
    assert claimed.id == job.id


async def test_a_job_without_an_id_cannot_be_looked_at(store: Store, clock: ManualClock) -> None:
    submission_id = await postponed(store, clock, doubtful=True)
    await store.interventions.give_up(Kind.SUBMISSION, submission_id)
    (job,) = await store.jobs.jobs_of(submission_id)
    with pytest.raises(Impossible, match="never got an id"):
        await store.interventions.retry(Kind.JOB, job.id)


async def test_a_job_that_nobody_watches_any_more_is_unknown(store: Store) -> None:
    first, second = await run_jobs(store, "German", "French")
    await store.interventions.give_up(Kind.JOB, first.id)
    assert (await store.jobs.job(first.id)).state is JobState.UNKNOWN
    assert await store.deliveries.find(closing_key(first.submission_id)) is None
    await store.interventions.give_up(Kind.JOB, second.id)
    assert await store.deliveries.find(closing_key(first.submission_id)) is not None


async def test_a_job_given_up_may_still_turn_out_well(store: Store) -> None:
    (job,) = await run_jobs(store, "German")
    await store.interventions.give_up(Kind.JOB, job.id)
    await store.jobs.touch(job.account_id, ["p1"])
    await end_jobs(store, [JobState.SUCCEEDED])
    assert (await store.jobs.job(job.id)).state is JobState.SUCCEEDED


# -- deliveries ------------------------------------------------------------------------------------------------


async def notice(store: Store) -> Lease:
    """A first post that has been claimed."""
    conversation_id = await accept(store, "Ev1")
    await store.deliveries.enqueue(NewDelivery(conversation_id, DeliveryKind.NOTICE, "notice-1"))
    ((lease, _, _),) = await store.deliveries.claim_due(1)
    return lease


async def test_a_dead_delivery_is_pending_again(store: Store) -> None:
    lease = await notice(store)
    await store.deliveries.mark_dead(lease, "no_rows")
    await store.interventions.retry(Kind.DELIVERY, lease.id)
    ((_, claimed, _),) = await store.deliveries.claim_due(1)
    assert (claimed.id, claimed.state, claimed.error) == (lease.id, DeliveryState.PENDING, None)


async def test_a_dead_delivery_that_was_sent_before_is_looked_for_first(store: Store) -> None:
    lease = await notice(store)
    await store.deliveries.mark_sending(lease)
    await store.deliveries.mark_dead(lease, "too_many_attempts")
    await store.interventions.retry(Kind.DELIVERY, lease.id)
    assert (await store.deliveries.get(lease.id)).state is DeliveryState.UNKNOWN


async def test_a_postponed_delivery_is_due_now(store: Store, clock: ManualClock) -> None:
    lease = await notice(store)
    await store.deliveries.postpone(lease, clock.now() + 300, "ratelimited")
    await store.interventions.retry(Kind.DELIVERY, lease.id)
    assert len(await store.deliveries.claim_due(1)) == 1


async def test_a_delivery_given_up_lets_later_ones_pass(store: Store, clock: ManualClock) -> None:
    lease = await notice(store)
    await store.deliveries.postpone(lease, clock.now() + 300, "ratelimited")
    first = await store.deliveries.get(lease.id)
    await store.deliveries.enqueue(NewDelivery(first.conversation_id, DeliveryKind.NOTICE, "notice-2"))
    await store.interventions.give_up(Kind.DELIVERY, lease.id)
    ((_, claimed, _),) = await store.deliveries.claim_due(2)
    assert claimed.key == "notice-2"


async def test_a_delivery_that_is_being_posted_is_left_alone_until_its_lease_ends(
    store: Store, clock: ManualClock
) -> None:
    lease = await notice(store)
    with pytest.raises(Impossible, match="right now"):
        await store.interventions.give_up(Kind.DELIVERY, lease.id)
    clock.advance(LEASE + 1)
    await store.interventions.give_up(Kind.DELIVERY, lease.id)


# -- what is impossible ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("action", ["retry", "give_up"])
async def test_an_id_nobody_has_is_a_key_error(store: Store, kind: Kind, action: str) -> None:
    with pytest.raises(KeyError, match="nobody"):
        await getattr(store.interventions, action)(kind, "nobody")


@pytest.mark.parametrize("action", ["retry", "give_up"])
async def test_what_is_impossible_changes_nothing(store: Store, action: str) -> None:
    submission = await send(store, "German")
    (job,) = await store.jobs.jobs_of(submission.id)
    await end_jobs(store, [JobState.FAILED])
    before = await everything(store)
    for kind, row_id in ((Kind.SUBMISSION, submission.id), (Kind.JOB, job.id)):
        with pytest.raises(Impossible, match=r"\.$"):
            await getattr(store.interventions, action)(kind, row_id)
    assert await everything(store) == before
