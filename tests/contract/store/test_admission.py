"""Submissions go as far as the account has places, in a fair order, and the others know their place in the line."""

from __future__ import annotations

import dataclasses

from agent.gate import QUEUED
from agent.records import JobState, Lease, Submission, SubmissionState
from bot.store import Store
from tests.support.clock import ManualClock
from tests.support.store_steps import LEASE, claiming_as, new_submission, open_turn, update

TEN = tuple(f"Language {number}" for number in range(10))


async def ask(store: Store, name: str, person: str, *labels: str) -> Submission:
    """A request of `person` in a conversation of its own, in the order of the calls."""
    lease, turn = await open_turn(store, name, thread_ts=name)
    new = new_submission(lease, *labels, key=f"key-{name}", turn_id=turn.id)
    return await store.jobs.intend(lease, dataclasses.replace(new, requester=person))


async def due(store: Store) -> list[str]:
    """The titles by key of what may be sent now; claimed from here on."""
    return [submission.key.removeprefix("key-") for _, submission in await store.jobs.claim_due_submissions(50)]


async def sent(store: Store, lease: Lease, count: int) -> None:
    """Send a claimed submission and have its jobs recognised."""
    await store.jobs.mark_sending(lease)
    await store.jobs.record_sent(lease, [f"{lease.id}-{number}" for number in range(count)])


async def place(store: Store, submission: Submission) -> str | None:
    """What the row says about its place in the line."""
    found = await store.jobs.submission(submission.id)
    return found.error if found.error_code == QUEUED else None


async def test_requests_go_until_the_places_are_taken(store: Store, clock: ManualClock) -> None:
    await ask(store, "a", "alice", *TEN[:6])
    clock.advance(1)
    waiting = await ask(store, "b", "bob", *TEN[:5])
    assert await due(store) == ["a"]
    assert "number 1" in str(await place(store, waiting))


async def test_a_single_claim_keeps_to_the_places_too(store: Store) -> None:
    await ask(store, "a", "alice", *TEN)
    waiting = await ask(store, "b", "bob", "French")
    assert await due(store) == ["a"]
    assert await store.jobs.claim_submission(waiting.id) is None
    assert "number 1" in str(await place(store, waiting))


async def test_what_is_being_sent_or_was_sent_keeps_its_places(store: Store, clock: ManualClock) -> None:
    await ask(store, "a", "alice", *TEN)
    ((lease, _),) = await store.jobs.claim_due_submissions(5)
    await ask(store, "b", "bob", "French")
    assert await due(store) == []
    await sent(store, lease, 10)
    assert await due(store) == []


async def test_a_finished_job_makes_room(store: Store) -> None:
    await ask(store, "a", "alice", *TEN)
    ((lease, _),) = await store.jobs.claim_due_submissions(5)
    await ask(store, "b", "bob", "French")
    await sent(store, lease, 10)
    ((job_lease, _), *_) = await store.jobs.claim_due_jobs(20)
    await store.jobs.attach(job_lease, provider_id="p1", update=update(JobState.SUCCEEDED))
    assert await due(store) == ["b"]


async def test_people_take_turns(store: Store, clock: ManualClock) -> None:
    for name in ("a1", "a2"):
        await ask(store, name, "alice", *TEN[:5])
        clock.advance(1)
    await ask(store, "b", "bob", *TEN[:5])
    assert sorted(await due(store)) == ["a1", "b"]


async def test_a_refused_claim_shows_on_the_card_only_when_the_place_changes(store: Store) -> None:
    await ask(store, "a", "alice", *TEN)
    waiting = await ask(store, "b", "bob", "French")
    await due(store)
    card = await store.deliveries.find(f"card:{waiting.id}")
    await due(store)
    assert card is not None
    assert await store.deliveries.find(f"card:{waiting.id}") == card


async def test_a_doubtful_one_may_always_ask_again(store: Store, clock: ManualClock) -> None:
    """It may have its places at the provider already, so the gate has no say in it."""
    submission = await ask(store, "a", "alice", *TEN)
    ((lease, _),) = await store.jobs.claim_due_submissions(5)
    await store.jobs.mark_sending(lease)
    await store.jobs.postpone(lease, not_before=clock.now(), code="timeout", sentence="No answer.", doubtful=True)
    assert (await store.jobs.submission(submission.id)).state is SubmissionState.SENDING
    assert await due(store) == ["a"]


async def test_a_claim_that_ran_out_frees_its_places_for_itself(store: Store, clock: ManualClock) -> None:
    await ask(store, "a", "alice", *TEN)
    assert await due(store) == ["a"]
    clock.advance(LEASE + 1)
    with claiming_as(store, "second"):
        assert await due(store) == ["a"]
