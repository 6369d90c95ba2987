"""Every approval, cancellation and change of roles leaves a line: who, what, when, and nobody's words."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import pytest

from agent.rights import Role
from bot.store import Store
from bot.store.audit import RUNTIME, Audited, Deed
from tests.support.batch_steps import sampled
from tests.support.clock import ManualClock
from tests.support.store_steps import (
    APPROVAL,
    APPROVER,
    PERSON,
    PRICE,
    WORKSPACE,
    approve,
    ask,
    claim_submission,
    everything,
    intend,
    quote,
)

pytestmark = pytest.mark.full

Does = Callable[[Store, ManualClock], Awaitable[str]]
Expected = tuple[str, dict[str, object]]


async def approved(store: Store, clock: ManualClock) -> str:
    submission = await ask(store, "German", "French")
    await approve(store, submission)
    return submission.id


async def declined(store: Store, clock: ManualClock) -> str:
    submission = await ask(store, "German", "French")
    await store.approvals.decline(submission.id, actor=APPROVER)
    return submission.id


async def changed(store: Store, clock: ManualClock) -> str:
    submission = await ask(store, "German", "French")
    await store.approvals.decline(submission.id, actor=PERSON, deed=Deed.CHANGED, cause="row-1")
    return submission.id


async def expired(store: Store, clock: ManualClock) -> str:
    submission = await ask(store, "German", "French")
    clock.advance(APPROVAL)
    await store.approvals.expire_due()
    return submission.id


async def cancelled(store: Store, clock: ManualClock) -> str:
    submission = await intend(store, "German", "French")
    await store.cancellations.cancel(submission.id, actor=PERSON, handles=["J2"])
    return submission.id


async def asked_again(store: Store, clock: ManualClock) -> str:
    submission = await intend(store, "German", "French")
    lease = await claim_submission(store, submission)
    await store.jobs.ask_again(lease, quote(2, 3 * PRICE), expires_at=clock.now() + APPROVAL)
    return submission.id


async def role_given(store: Store, clock: ManualClock) -> str:
    await store.roles.replace(WORKSPACE, {Role.ADMIN: ["U9"]})
    return "U9"


async def role_taken(store: Store, clock: ManualClock) -> str:
    await store.roles.replace(WORKSPACE, {Role.ADMIN: ["U9"]})
    await store.roles.replace(WORKSPACE, {})
    return "U9"


async def sample_approved(store: Store, clock: ManualClock) -> str:
    asked = await sampled(store)
    await store.batches.make_rest(asked.id, actor=PERSON)
    return asked.id


async def sample_refused(store: Store, clock: ManualClock) -> str:
    asked = await sampled(store)
    await store.batches.refuse_sample(asked.id, actor=PERSON)
    return asked.id


UNSENT = {"jobs": 2, "unsent": 1}
DEEDS: dict[Deed, tuple[Does, str, dict[str, object]]] = {
    Deed.APPROVED: (approved, APPROVER, {"amount": 2 * PRICE}),
    Deed.DECLINED: (declined, APPROVER, UNSENT),
    Deed.CHANGED: (changed, PERSON, {**UNSENT, "cause": "row-1"}),
    Deed.EXPIRED: (expired, RUNTIME, UNSENT),
    Deed.CANCELLED: (cancelled, PERSON, {"jobs": 1, "unsent": 1}),
    Deed.ASKED_AGAIN: (asked_again, RUNTIME, {"amount": 6 * PRICE}),
    Deed.SAMPLE_APPROVED: (sample_approved, PERSON, {}),
    Deed.SAMPLE_REFUSED: (sample_refused, PERSON, {"jobs": 2, "unsent": 2}),
    Deed.ROLE_GIVEN: (role_given, RUNTIME, {"role": "admin"}),
    Deed.ROLE_TAKEN: (role_taken, RUNTIME, {"role": "admin"}),
}


async def done(store: Store, clock: ManualClock, deed: Deed) -> tuple[Audited, str]:
    """The line that the deed left, and what it was done to."""
    does, _, _ = DEEDS[deed]
    subject = await does(store, clock)
    newest, *_ = await store.audit.recent(WORKSPACE)
    return newest, subject


@pytest.mark.parametrize("deed", DEEDS)
async def test_a_deed_is_written_down(store: Store, clock: ManualClock, deed: Deed) -> None:
    line, subject = await done(store, clock, deed)
    _, actor, details = DEEDS[deed]
    assert (line.deed, line.actor, line.subject_id, line.created_at) == (deed, actor, subject, clock.now())
    assert {name: value for name, value in line.details.items() if name != "arguments_hash"} == details


@pytest.mark.parametrize("deed", DEEDS)
async def test_no_line_holds_what_people_wrote(store: Store, clock: ManualClock, deed: Deed) -> None:
    await done(store, clock, deed)
    log = json.dumps([line.details for line in await store.audit.recent()])
    assert not any(word in log for word in ("German", "translation", "video.example"))


LIVE = {Deed.CLAIMED, Deed.TAKEN_OVER, Deed.HANDED_BACK}  # tried where live sessions are
LIBRARY = {Deed.LIBRARY_CHANGED}  # tried where HeyGen's operations are called: tests/scenario/test_catalogue.py
# Tried beside what they are about: test_talk, test_credentials, test_schedules, test_small_aggregates.
BESIDE = {Deed.TALK_CHANGED, Deed.ACCOUNT_CONNECTED, Deed.ACCOUNT_REMOVED, Deed.BUDGET_SET, Deed.LINKS_WITHDRAWN}


def test_every_deed_but_the_deletion_of_data_is_tried_here() -> None:
    assert set(Deed) - set(DEEDS) - LIVE - LIBRARY - BESIDE == {Deed.DATA_DELETED}


async def test_an_approval_says_what_exactly_was_agreed_to(store: Store, clock: ManualClock) -> None:
    line, subject = await done(store, clock, Deed.APPROVED)
    assert line.details["arguments_hash"] == (await store.jobs.submission(subject)).approved_hash


async def test_a_deed_that_changed_nothing_leaves_no_line(store: Store, clock: ManualClock) -> None:
    submission = await ask(store)
    await approve(store, submission)
    before = await everything(store)
    await approve(store, submission)
    await store.approvals.decline(submission.id, actor=APPROVER)
    assert (await everything(store))["audit"] == before["audit"]


async def test_the_log_is_read_newest_first_by_workspace(store: Store, clock: ManualClock) -> None:
    await role_taken(store, clock)
    assert [line.deed for line in await store.audit.recent(WORKSPACE)] == [Deed.ROLE_TAKEN, Deed.ROLE_GIVEN]
    assert [line.deed for line in await store.audit.recent(limit=1)] == [Deed.ROLE_TAKEN]
    assert await store.audit.recent("T9") == []
