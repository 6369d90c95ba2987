"""Jobs are looked at when they are due, end once, and what belongs to their end is written with it."""

from __future__ import annotations

import pytest

from agent.errors import IdTaken
from agent.records import DeliveryKind, DeliveryState, JobState
from bot.store import Store
from tests.support.clock import ManualClock
from tests.support.store_steps import (
    ACCOUNT,
    LEASE,
    LINK_SECONDS,
    WORKSPACE,
    end_jobs,
    everything,
    intend,
    log_texts,
    run_jobs,
    send,
    update,
)

FINAL = [JobState.SUCCEEDED, JobState.FAILED, JobState.UNWANTED, JobState.UNKNOWN]


async def card_version(store: Store, submission_id: str) -> int:
    card = await store.deliveries.find(f"card:{submission_id}")
    assert card is not None
    return card.version


async def test_jobs_of_an_unsent_submission_are_not_looked_at(store: Store) -> None:
    await intend(store, "German")
    assert await store.jobs.claim_due_jobs(10) == []


async def test_waiting_jobs_of_a_sent_submission_are_looked_at(store: Store) -> None:
    await send(store, "German", "French")
    assert [job.label for _, job in await store.jobs.claim_due_jobs(10)] == ["German", "French"]


async def test_an_attached_job_runs_under_the_providers_id(store: Store) -> None:
    (job,) = await run_jobs(store, "German")
    assert (job.state, job.provider_id, job.polls) == (JobState.RUNNING, "p1", 1)


async def test_a_job_that_is_found_finished_ends_at_once(store: Store) -> None:
    submission = await send(store, "German")
    ((lease, _),) = await store.jobs.claim_due_jobs(10)
    await store.jobs.attach(lease, provider_id="p1", update=update(JobState.SUCCEEDED, duration=12.5))
    (job,) = await store.jobs.jobs_of(submission.id)
    assert (job.state, job.provider_id, job.duration) == (JobState.SUCCEEDED, "p1", 12.5)


async def test_one_provider_id_belongs_to_one_job(store: Store) -> None:
    await send(store, "German", "French")
    (first, _), (second, _) = await store.jobs.claim_due_jobs(10)
    await store.jobs.attach(first, provider_id="p1", update=update(JobState.RUNNING))
    with pytest.raises(IdTaken, match="another job"):
        await store.jobs.attach(second, provider_id="p1", update=update(JobState.RUNNING))


async def test_a_running_job_keeps_its_id(store: Store) -> None:
    (before,) = await run_jobs(store, "German")
    ((lease, _),) = await store.jobs.claim_due_jobs(10)
    await store.jobs.attach(lease, provider_id="p9", update=update(JobState.RUNNING))
    assert await store.jobs.jobs_of(before.submission_id) == [before]


async def test_a_job_without_an_id_cannot_run(store: Store) -> None:
    await send(store, "German")
    ((lease, _),) = await store.jobs.claim_due_jobs(10)
    with pytest.raises(ValueError, match="attach it"):
        await store.jobs.record_update(lease, update(JobState.RUNNING))


async def test_a_job_is_looked_at_again_when_it_is_due(store: Store, clock: ManualClock) -> None:
    await run_jobs(store, "German")
    ((lease, _),) = await store.jobs.claim_due_jobs(10)
    await store.jobs.record_update(lease, update(JobState.RUNNING, due_at=clock.now() + 60))
    assert await store.jobs.claim_due_jobs(10) == []
    clock.advance(60)
    ((_, again),) = await store.jobs.claim_due_jobs(10)
    assert again.polls == 2


async def test_a_waiting_job_may_wait_longer(store: Store, clock: ManualClock) -> None:
    await send(store, "German")
    ((lease, _),) = await store.jobs.claim_due_jobs(10)
    await store.jobs.record_update(lease, update(JobState.WAITING, due_at=clock.now() + 60))
    assert await store.jobs.claim_due_jobs(10) == []
    clock.advance(60)
    assert len(await store.jobs.claim_due_jobs(10)) == 1


async def test_a_held_job_is_not_claimed_until_the_lease_runs_out(store: Store, clock: ManualClock) -> None:
    await run_jobs(store, "German")
    await store.jobs.claim_due_jobs(10)
    assert await store.jobs.claim_due_jobs(10) == []
    clock.advance(LEASE)
    assert len(await store.jobs.claim_due_jobs(10)) == 1


async def test_a_new_status_word_shows_on_the_card_and_an_old_one_does_not(store: Store) -> None:
    (job,) = await run_jobs(store, "German")
    version = await card_version(store, job.submission_id)
    for word, steps in (("rendering", 1), ("rendering", 1), ("uploading", 2)):
        ((lease, _),) = await store.jobs.claim_due_jobs(10)
        await store.jobs.record_update(lease, update(JobState.RUNNING, word=word))
        assert await card_version(store, job.submission_id) == version + steps


@pytest.mark.parametrize("state", FINAL)
async def test_a_final_state_is_written_with_its_time_and_shown(
    store: Store, clock: ManualClock, state: JobState
) -> None:
    (before,) = await run_jobs(store, "German")
    version = await card_version(store, before.submission_id)
    await end_jobs(store, [state])
    (job,) = await store.jobs.jobs_of(before.submission_id)
    assert (job.state, job.finished_at) == (state, clock.now())
    assert await card_version(store, job.submission_id) == version + 1
    assert await store.jobs.claim_due_jobs(10) == []


@pytest.mark.parametrize("state", FINAL)
async def test_the_model_learns_of_the_end(store: Store, state: JobState) -> None:
    (job,) = await run_jobs(store, "German (Germany)")
    await end_jobs(store, [state])
    assert await log_texts(store, job.conversation_id) == [f'[runtime] J1 translation "German (Germany)" {state.value}']


async def test_a_success_gets_a_link_that_expires(store: Store, clock: ManualClock) -> None:
    (before,) = await run_jobs(store, "German")
    await end_jobs(store, [JobState.SUCCEEDED])
    (job,) = await store.jobs.jobs_of(before.submission_id)
    link = await store.links.get(job.link_id or "")
    assert link is not None
    assert (link.job_id, link.account_id, link.expires_at) == (job.id, ACCOUNT, clock.now() + LINK_SECONDS)


@pytest.mark.parametrize("state", FINAL[1:])
async def test_anything_else_gets_no_link(store: Store, state: JobState) -> None:
    (before,) = await run_jobs(store, "German")
    await end_jobs(store, [state])
    (job,) = await store.jobs.jobs_of(before.submission_id)
    assert job.link_id is None


async def test_the_closing_comes_with_the_last_job(store: Store) -> None:
    job, _ = await run_jobs(store, "German", "French")
    await end_jobs(store, [JobState.SUCCEEDED])
    assert await store.deliveries.find(f"closing:{job.submission_id}") is None
    await end_jobs(store, [JobState.FAILED])
    closing = await store.deliveries.find(f"closing:{job.submission_id}")
    assert closing is not None
    assert (closing.kind, closing.subject_id) == (DeliveryKind.CLOSING, job.submission_id)


@pytest.mark.parametrize("state", FINAL[:3])
async def test_a_hint_about_a_job_that_has_ended_is_ours_and_changes_nothing(store: Store, state: JobState) -> None:
    await run_jobs(store, "German")
    await end_jobs(store, [state])
    before = await everything(store)
    assert await store.jobs.touch(ACCOUNT, ["p1"]) == 1
    assert await everything(store) == before
    assert await store.jobs.claim_due_jobs(10) == []


async def test_the_same_webhook_five_times_changes_nothing_more(store: Store) -> None:
    (job,) = await run_jobs(store, "German")
    await end_jobs(store, [JobState.SUCCEEDED])
    before = await everything(store)
    for _ in range(5):
        await store.jobs.touch(ACCOUNT, [job.provider_id or ""])
        for lease, _ in await store.jobs.claim_due_jobs(10):
            await store.jobs.record_update(lease, update(JobState.SUCCEEDED))
    assert await everything(store) == before


async def test_a_running_job_does_not_go_back_to_waiting(store: Store, clock: ManualClock) -> None:
    (job,) = await run_jobs(store, "German")
    ((lease, _),) = await store.jobs.claim_due_jobs(10)
    await store.jobs.record_update(lease, update(JobState.WAITING, due_at=clock.now() + 60))
    (after,) = await store.jobs.jobs_of(job.submission_id)
    assert (after.state, after.due_at) == (JobState.RUNNING, clock.now() + 60)


@pytest.mark.parametrize("state", [JobState.SUCCEEDED, JobState.FAILED])
async def test_an_unknown_job_may_still_turn_out_and_is_told_late(store: Store, state: JobState) -> None:
    (job,) = await run_jobs(store, "German")
    await end_jobs(store, [JobState.UNKNOWN])
    await store.jobs.touch(ACCOUNT, ["p1"])
    await end_jobs(store, [state])
    notice = await store.deliveries.find(f"late:{job.id}")
    assert notice is not None
    assert (notice.kind, notice.body) == (DeliveryKind.NOTICE, {"job_id": job.id})


async def test_what_is_known_before_the_closing_is_not_told_twice(store: Store) -> None:
    job, _ = await run_jobs(store, "German", "French")
    ((lease, _),) = await store.jobs.claim_due_jobs(1)
    await store.jobs.record_update(lease, update(JobState.UNKNOWN))
    await store.jobs.touch(ACCOUNT, ["p1"])
    claimed = {each.provider_id: lease for lease, each in await store.jobs.claim_due_jobs(10)}
    await store.jobs.record_update(claimed["p1"], update(JobState.SUCCEEDED))
    assert await store.deliveries.find(f"late:{job.id}") is None


async def test_an_unknown_job_is_only_looked_at_when_somebody_hints(store: Store, clock: ManualClock) -> None:
    await run_jobs(store, "German")
    await end_jobs(store, [JobState.UNKNOWN])
    clock.advance(86_400)
    assert await store.jobs.claim_due_jobs(10) == []
    await store.jobs.touch(ACCOUNT, ["p1"])
    assert len(await store.jobs.claim_due_jobs(10)) == 1


async def test_an_unknown_job_that_runs_is_watched_but_stays_unknown(store: Store, clock: ManualClock) -> None:
    (job,) = await run_jobs(store, "German")
    await end_jobs(store, [JobState.UNKNOWN])
    await store.jobs.touch(ACCOUNT, ["p1"])
    await end_jobs(store, [JobState.RUNNING], due_at=clock.now() + 60)
    (after,) = await store.jobs.jobs_of(job.submission_id)
    assert (after.state, after.due_at) == (JobState.UNKNOWN, clock.now() + 60)


async def test_a_hint_makes_a_running_job_due(store: Store, clock: ManualClock) -> None:
    await run_jobs(store, "German")
    await end_jobs(store, [JobState.RUNNING], due_at=clock.now() + 60)
    assert await store.jobs.touch(ACCOUNT, ["p1", "p-of-somebody-else"]) == 1
    assert len(await store.jobs.claim_due_jobs(10)) == 1


async def test_a_hint_during_a_read_is_not_lost(store: Store, clock: ManualClock) -> None:
    await run_jobs(store, "German")
    ((lease, _),) = await store.jobs.claim_due_jobs(10)
    await store.jobs.touch(ACCOUNT, ["p1"])
    await store.jobs.record_update(lease, update(JobState.RUNNING, due_at=clock.now() + 600))
    assert len(await store.jobs.claim_due_jobs(10)) == 1


async def test_a_hint_is_used_up_by_the_next_read(store: Store, clock: ManualClock) -> None:
    await run_jobs(store, "German")
    await store.jobs.touch(ACCOUNT, ["p1"])
    await end_jobs(store, [JobState.RUNNING], due_at=clock.now() + 60)
    assert await store.jobs.claim_due_jobs(10) == []


async def test_a_hint_about_an_unrecognised_id_reaches_the_waiting_jobs(store: Store, clock: ManualClock) -> None:
    await send(store, "German", "French")
    await end_jobs(store, [JobState.WAITING] * 2, due_at=clock.now() + 60)
    assert await store.jobs.touch(ACCOUNT, ["p2"]) == 1
    assert len(await store.jobs.claim_due_jobs(10)) == 2


@pytest.mark.parametrize(("account", "ids"), [("A2", ["p1"]), (ACCOUNT, ["p9"]), (ACCOUNT, [])])
async def test_a_hint_about_somebody_elses_job_is_not_ours(store: Store, account: str, ids: list[str]) -> None:
    await run_jobs(store, "German")
    assert await store.jobs.touch(account, ids) == 0


async def test_a_posted_card_goes_out_again_after_a_change(store: Store) -> None:
    (job,) = await run_jobs(store, "German")
    ((lease, card, _),) = await store.deliveries.claim_due(10)
    await store.deliveries.mark_sending(lease)
    await store.deliveries.mark_posted(lease, "2.0", card.version)
    await end_jobs(store, [JobState.SUCCEEDED])
    after = await store.deliveries.find(f"card:{job.submission_id}")
    assert after is not None
    assert (after.state, after.version, after.posted_version) == (DeliveryState.PENDING, card.version + 1, card.version)


async def test_recent_jobs_come_newest_first_and_no_more_than_asked(store: Store) -> None:
    await run_jobs(store, "German", "French", "Polish")
    assert [job.handle for job in await store.jobs.recent(WORKSPACE, limit=2)] == ["J3", "J2"]


@pytest.mark.parametrize(
    ("workspace", "person", "found"), [(WORKSPACE, "U1", 1), (WORKSPACE, "U2", 0), ("T2", None, 0)]
)
async def test_recent_jobs_are_those_of_the_workspace_and_person(
    store: Store, workspace: str, person: str | None, found: int
) -> None:
    await run_jobs(store, "German")
    assert len(await store.jobs.recent(workspace, person)) == found


async def test_one_job_is_read_by_its_id(store: Store) -> None:
    (job,) = await run_jobs(store, "German")
    assert await store.jobs.job(job.id) == job
    with pytest.raises(KeyError):
        await store.jobs.job("nothing")
