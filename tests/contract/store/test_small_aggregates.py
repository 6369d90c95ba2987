"""Links, webhook events and the directory."""

from __future__ import annotations

import pytest

from agent.records import JobState
from bot.store import Store
from bot.store.directory import Account, Workspace
from bot.store.webhook_events import Cursor
from tests.support.clock import ManualClock
from tests.support.store_steps import ACCOUNT, WORKSPACE, end_jobs, run_jobs


async def link_of_a_success(store: Store) -> str:
    (job,) = await run_jobs(store, "German")
    await end_jobs(store, [JobState.SUCCEEDED])
    (job,) = await store.jobs.jobs_of(job.submission_id)
    assert job.link_id is not None
    return job.link_id


async def test_a_link_is_revoked_once(store: Store, clock: ManualClock) -> None:
    link_id = await link_of_a_success(store)
    revoked_at = clock.now()
    assert await store.links.revoke(link_id)
    clock.advance(5)
    assert not await store.links.revoke(link_id)
    link = await store.links.get(link_id)
    assert link is not None
    assert link.revoked_at == revoked_at


async def test_the_links_of_a_request_are_withdrawn_with_a_line_about_it(store: Store) -> None:
    link_id = await link_of_a_success(store)
    link = await store.links.get(link_id)
    assert link is not None
    job = await store.jobs.job(link.job_id)
    assert [await store.links.withdraw(job.submission_id, actor="U1") for _ in range(2)] == [1, 0]
    assert (await store.jobs.job(job.id)).link_id is None
    after = await store.links.get(link_id)
    assert after is not None
    assert after.revoked_at is not None
    newest, *_ = await store.audit.recent(WORKSPACE)
    assert (newest.deed, newest.actor, newest.subject_id, newest.details) == (
        "links withdrawn",
        "U1",
        job.submission_id,
        {"links": 1},
    )
    with pytest.raises(KeyError):
        await store.links.withdraw("submission_nothing", actor="U1")


async def test_there_is_no_link_with_an_invented_id(store: Store) -> None:
    assert await store.links.get("link_nothing") is None


async def test_a_webhook_event_is_new_once(store: Store) -> None:
    answers = [await store.webhook_events.record(ACCOUNT, "e1", "video.done", {"n": n}) for n in range(3)]
    assert answers == [True, False, False]


async def test_another_account_may_use_the_same_event_id(store: Store) -> None:
    await store.directory.put_account(Account("A2", WORKSPACE, "truto", "token-2"))
    assert await store.webhook_events.record(ACCOUNT, "e1", "video.done", {})
    assert await store.webhook_events.record("A2", "e1", "video.done", {})


async def test_events_wait_until_they_are_handled(store: Store) -> None:
    for event_id in ("e1", "e2", "e3"):
        await store.webhook_events.record(ACCOUNT, event_id, "video.done", {"id": event_id})
    await store.webhook_events.mark_handled(ACCOUNT, "e2")
    assert [(e.event_id, e.payload) for e in await store.webhook_events.unhandled()] == [
        ("e1", {"id": "e1"}),
        ("e3", {"id": "e3"}),
    ]


async def test_an_event_of_an_unknown_account_is_refused(store: Store) -> None:
    with pytest.raises(KeyError):
        await store.webhook_events.record("A9", "e1", "video.done", {})


async def test_the_cursor_moves_forward_only(store: Store) -> None:
    assert await store.webhook_events.cursor(ACCOUNT) is None
    for created_at, token in ((5.0, "five"), (9.0, "nine"), (7.0, "seven")):
        await store.webhook_events.move_cursor(ACCOUNT, Cursor(created_at, token))
    assert await store.webhook_events.cursor(ACCOUNT) == Cursor(9.0, "nine")


async def test_a_workspace_is_updated_in_place(store: Store) -> None:
    await store.directory.put_workspace(Workspace(WORKSPACE, "New name"))
    assert await store.directory.workspace(WORKSPACE) == Workspace(WORKSPACE, "New name")


async def test_an_account_is_found_by_id_and_by_token(store: Store) -> None:
    expected = Account(ACCOUNT, WORKSPACE, "direct", "path-token")
    assert await store.directory.account(ACCOUNT) == expected
    assert await store.directory.account_by_token("path-token") == expected
    assert await store.directory.account_by_token("guess") is None


async def test_an_account_never_moves_to_another_workspace(store: Store) -> None:
    await store.directory.put_account(Account(ACCOUNT, "T2", "truto", "new-token"))
    assert await store.directory.account(ACCOUNT) == Account(ACCOUNT, WORKSPACE, "truto", "new-token")


async def test_accounts_are_listed_by_workspace(store: Store) -> None:
    await store.directory.put_account(Account("A2", "T2", "direct", "token-2"))
    assert [account.id for account in await store.directory.accounts(WORKSPACE)] == [ACCOUNT]
    assert len(await store.directory.accounts()) == 2


def test_the_token_of_a_webhook_path_is_not_shown() -> None:
    assert "path-token" not in repr(Account(ACCOUNT, WORKSPACE, "direct", "path-token"))
