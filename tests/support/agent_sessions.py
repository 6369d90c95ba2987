"""Short ways to bring a store into a situation with a video agent."""

from __future__ import annotations

import dataclasses
from typing import Any

import sqlalchemy as sa

from agent.hashing import arguments_hash
from agent.records import Delivery, Job, JobKind, Lease
from agent.video_agents.records import AgentMode, AgentSession, AgentState, AnswerState, Asks
from agent.video_agents.rules import Said, Step, run_id
from bot.store import Store
from bot.store.rows import record
from bot.store.schema import agent_answer, agent_session, delivery
from tests.support.store_steps import new_submission, open_turn, quote

SESSION = "sess-1"
QUESTION = "Who is it for?"


async def run(store: Store, provider_id: str = SESSION, *, name: str = "Ev1", **arguments: Any) -> Job:
    """A paid request for a video agent that HeyGen has accepted as `provider_id`."""

    lease, turn = await open_turn(store, name, thread_ts=arguments.pop("thread_ts", "1.0"))
    asked = {"prompt": "a film", "mode": "chat", "seconds": 60, **arguments}
    plain = new_submission(lease, "Film", key=f"key-{name}", turn_id=turn.id, quote=quote(1))
    new = dataclasses.replace(plain, kind=JobKind.AGENT, arguments=asked, arguments_hash=arguments_hash(asked))
    submission = await store.jobs.intend(lease, new)
    await store.lanes.release(lease)
    claimed = await store.jobs.claim_submission(submission.id)
    assert claimed is not None
    await store.jobs.mark_sending(claimed[0])
    await store.jobs.record_sent(claimed[0], [provider_id])
    [job] = await store.jobs.jobs_of(submission.id)
    return job


async def begun(store: Store, **options: Any) -> tuple[AgentSession, Job]:
    """A session that is watched."""
    job = await run(store, **options)
    await store.agents.adopt()
    [session] = [one for one in await store.agents.sessions(job.conversation_id) if one.job_id == job.id]
    return session, job


async def claimed(store: Store) -> tuple[Lease, AgentSession, Job]:
    """The only session that is due."""
    [(lease, session, job, _)] = await store.agents.claim_due(10)
    return lease, session, job


def step(session: AgentSession, **changes: Any) -> Step:
    """A look at `session` that told nothing but `changes`."""
    plain = Step(
        state=session.state,
        asks=session.asks,
        round=session.round,
        status_word="thinking",
        progress="thinking",
        changed_at=session.changed_at,
        seen=session.seen,
        seen_count=session.seen_count,
        video_ids=session.video_ids,
        due_at=9e9,
    )
    return dataclasses.replace(plain, **changes)


async def asking(store: Store, **options: Any) -> AgentSession:
    """A session that has asked its first question."""
    await begun(store, **options)
    lease, session, _ = await claimed(store)
    question = {"asks": Asks.QUESTION, "round": 1, "said": (Said(QUESTION),), "seen": ["a", "b"], "seen_count": 2}
    await store.agents.record_step(lease, session, step(session, state=AgentState.ASKING, **question))
    return await store.agents.session(session.id)


async def posts(store: Store, conversation_id: str) -> list[Delivery]:
    """What was queued of agents, in order."""
    mine = sa.select(delivery).where(delivery.c.conversation_id == conversation_id, delivery.c.key.like("agent%"))
    async with store.database.reading() as connection:
        return [record(Delivery, row) for row in (await connection.execute(mine.order_by(delivery.c.seq))).mappings()]


async def with_answer(store: Store, job: Job, person: str, text: str) -> None:
    """Rows of a session of `person`'s that was told `text`, written as they are."""
    where = {"workspace_id": job.workspace_id, "conversation_id": job.conversation_id}
    session = {
        "id": f"agent-{job.id}",
        "account_id": job.account_id,
        "submission_id": job.submission_id,
        "job_id": job.id,
    }
    session |= {"requester": person, "provider_session_id": run_id(job.id, 0, ""), "mode": AgentMode.CHAT}
    answer = {"id": f"answer-{job.id}", "key": f"answer-{job.id}", "session_id": session["id"], "seq": 1}
    answer |= {"actor": person, "text": text, "message_ts": "1.5", "state": AnswerState.WAITING, "created_at": 1.0}
    times = {"state": AgentState.ENDED, "created_at": 1.0, "changed_at": 1.0, "ended_at": 1.0}
    async with store.database.transaction("test.agent") as connection:
        await connection.execute(sa.insert(agent_session).values(**session, **where, **times))
        await connection.execute(sa.insert(agent_answer).values(**answer, **where))
