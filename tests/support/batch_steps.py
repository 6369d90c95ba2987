"""Short ways to bring a store into a situation with a batch; see `store_steps`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from agent.batches import Batch, BatchState, Member, NewBatch, NewMember
from agent.money import Entry, Quote, Reason
from agent.records import Job, JobKind, JobState, SubmissionState
from bot.store import Store
from bot.store.batches import BatchDecision
from bot.store.schema import batch, ledger, submission
from tests.support.store_steps import ACCOUNT, APPROVAL, APPROVER, CHANNEL, PERSON, WORKSPACE, open_turn, update

EACH = Quote(400_000, 800_000, "4 to 8 s to say", 1, 100_000)
NAMES = ("Sarah (Acme)", "John (Globex)", "Mike (Initech)")


def new_batch(conversation_id: str, *names: str, key: str = "key", **other: Any) -> NewBatch:
    """A video for each name, the first as a sample, which needs nobody's approval."""
    members = tuple(
        NewMember(name, f"Intro for {name}", {"script": f"Hi {name}", "avatar_id": "av", "row": row}, EACH)
        for row, name in enumerate(names or NAMES, start=1)
    )
    given: dict[str, Any] = {"requester": PERSON, "sampled": True, "turn_id": "turn-1", **other}
    return NewBatch(
        key=key,
        workspace_id=WORKSPACE,
        account_id=ACCOUNT,
        conversation_id=conversation_id,
        call_id="call-1",
        kind=JobKind.VIDEO,
        title="Intros",
        arguments={"template": "Hi {name}", "avatar": "Ava"},
        members=members,
        basis=f"{len(members)} × 4 to 8 s",
        patience=APPROVAL,
        **given,
    )


async def intend(store: Store, *names: str, name: str = "Ev1", channel: str = CHANNEL, **other: Any) -> Batch:
    """A batch in a conversation of its own for each `name`."""
    lease, turn = await open_turn(store, name, thread_ts=f"{name}.0", channel_id=channel)
    keyed = {"key": f"key-{name}", "turn_id": turn.id, **other}
    return await store.batches.intend_batch(lease, new_batch(lease.id, *names, **keyed))


async def ask(store: Store, *names: str, **other: Any) -> Batch:
    """A batch that waits for an approval."""
    return await intend(store, *names, needs=Reason.TOO_DEAR, **other)


async def approve(store: Store, asked: Batch, **other: Any) -> BatchDecision:
    """Approve what is on the card."""
    given: dict[str, Any] = {"actor": APPROVER, "arguments_hash": asked.arguments_hash, **other}
    return await store.batches.approve(asked.id, **given)


async def states(store: Store, asked: Batch) -> list[SubmissionState]:
    """How the requests stand, in order."""
    return [one.submission.state for one in await store.batches.members(asked.id)]


async def jobs(store: Store, asked: Batch) -> list[Job]:
    """The jobs, in order."""
    return [one.job for one in await store.batches.members(asked.id)]


async def again(store: Store, asked: Batch) -> Batch:
    """The batch as it is now."""
    return await store.batches.batch(asked.id)


async def send(store: Store, limit: int = 10) -> list[str]:
    """Send what may be sent; returns the submissions. Each gets the id `v-` and its own."""
    sent = []
    for lease, request in await store.jobs.claim_due_submissions(limit):
        assert await store.jobs.mark_sending(lease) is not None
        await store.jobs.record_sent(lease, [f"v-{request.id}"])
        sent.append(request.id)
    return sent


async def end(store: Store, *ends: JobState, limit: int = 500) -> None:
    """End due jobs: each of `ends`, or all that are due with success."""
    claimed = await store.jobs.claim_due_jobs(len(ends) or limit)
    for state, (lease, _) in zip(ends or [JobState.SUCCEEDED] * len(claimed), claimed, strict=True):
        failure = "no voice" if state is JobState.FAILED else None
        await store.jobs.record_update(lease, update(state, failure=failure, duration=5.0))


async def sampled(store: Store, *names: str, end_as: JobState = JobState.SUCCEEDED, **other: Any) -> Batch:
    """A batch whose sample has ended and has been looked after."""
    asked = await intend(store, *names, **other)
    await send(store)
    await end(store, end_as)
    await store.batches.run_due()
    return await again(store, asked)


async def going(store: Store, *names: str, **other: Any) -> Batch:
    """A batch all of which may go, with its sample made."""
    asked = await sampled(store, *names, **other)
    decided = await store.batches.make_rest(asked.id, actor=PERSON)
    assert decided.batch.state is BatchState.GOING
    return decided.batch


async def posts(store: Store, asked: Batch) -> list[str]:
    """The kinds of the posts about a batch, in order."""
    keys = ("card", "sample", "closing", "results", "ops")
    found = [await store.deliveries.find(f"{key}:{asked.id}") for key in keys]
    return [one.kind.value for one in sorted((one for one in found if one), key=lambda one: one.seq)]


async def booked(store: Store, asked: Batch, *kinds: Entry) -> int:
    """The sum of these lines of the ledger about a batch."""
    of_batch = sa.select(submission.c.id).where(submission.c.batch_id == asked.id)
    mine = sa.and_(ledger.c.submission_id.in_(of_batch), ledger.c.kind.in_(kinds))
    async with store.database.reading() as connection:
        return await connection.scalar(sa.select(sa.func.coalesce(sa.func.sum(ledger.c.amount), 0)).where(mine)) or 0


async def set_aside(store: Store, asked: Batch) -> int:
    """What is set aside for a batch right now."""
    return await booked(store, asked, Entry.HOLD, Entry.RELEASE)


async def row_of(store: Store, asked: Batch) -> dict[str, Any]:
    """The batch's row as it is stored."""
    async with store.database.reading() as connection:
        found = (await connection.execute(sa.select(batch).where(batch.c.id == asked.id))).mappings().one()
    return dict(found)


def labels(members: Sequence[Member]) -> list[str]:
    """Their names."""
    return [one.job.label for one in members]
