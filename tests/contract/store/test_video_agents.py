"""Sessions with video agents: one row each, each word posted once, told things once, ended with their money."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from agent.errors import LeaseLost
from agent.records import DeliveryKind, JobState, SubmissionState
from agent.video_agents.records import AgentEnd, AgentState, AnswerState, Asks
from agent.video_agents.rules import Said, run_id
from bot.store import Store
from bot.store.schema import agent_answer
from tests.support.agent_sessions import QUESTION, SESSION, asking, begun, claimed, posts, run, step
from tests.support.clock import ManualClock
from tests.support.store_steps import PERSON, PRICE, book, end_jobs, set_aside

ANSWER = {"actor": PERSON, "text": "For customers", "message_ts": "2.0"}


async def test_a_session_that_heygen_has_begun_gets_one_row(store: Store) -> None:
    job = await run(store)
    assert await store.agents.adopt() == 1
    assert await store.agents.adopt() == 0
    [session] = await store.agents.sessions(job.conversation_id)
    assert (session.provider_session_id, session.job_id, session.state) == (SESSION, job.id, AgentState.WORKING)
    assert await store.agents.known_runs(job.account_id) == {SESSION}


async def test_what_it_says_is_queued_with_the_look_that_read_it_and_only_then(store: Store) -> None:
    await begun(store)
    lease, session, job = await claimed(store)
    said = step(session, said=(Said("Hello"),), seen=["a"], seen_count=1, video_ids=["v1"])
    await store.agents.record_step(lease, session, said)
    with pytest.raises(LeaseLost):
        await store.agents.record_step(lease, session, said)
    [post] = await posts(store, job.conversation_id)
    assert (post.kind, post.subject_id) == (DeliveryKind.AGENT, job.submission_id)
    assert post.body["said"][0]["text"] == "Hello"
    after = await store.agents.session(session.id)
    assert (after.seen, after.seen_count) == (["a"], 1)
    assert await store.agents.video_ids(SESSION) == ["v1"]
    assert await store.agents.claim_due(10) == []


async def test_a_question_is_answered_once_and_loses_its_buttons(store: Store) -> None:
    session = await asking(store)
    assert (await store.agents.asking(session.conversation_id)) == session
    assert not await store.agents.answer(session.id, key="k0", round=2, **ANSWER)
    assert await store.agents.answer(session.id, key="k1", round=1, **ANSWER)
    assert await store.agents.answer(session.id, key="k1", round=1, **ANSWER)
    assert not await store.agents.answer(session.id, key="k2", **ANSWER)
    assert await store.agents.answered("k1")
    assert not await store.agents.answered("k2")
    [post] = await posts(store, session.conversation_id)
    assert (post.body["said"][0]["text"], post.body["asks"], post.version) == (QUESTION, Asks.QUESTION, 2)
    assert await store.agents.asking(session.conversation_id) is None


async def test_two_answers_at_once_are_one(store: Store) -> None:
    session = await asking(store)
    both = [store.agents.answer(session.id, key=key, **ANSWER) for key in ("k1", "k2")]
    assert sorted(await asyncio.gather(*both)) == [False, True]


async def test_an_answer_that_came_during_a_look_keeps_the_question_answered(store: Store, clock: ManualClock) -> None:
    session = await asking(store)
    async with store.database.transaction("test.due") as connection:
        table = agent_answer.metadata.tables["agent_session"]
        await connection.execute(sa.update(table).values(due_at=0.0))
    lease, looked_at, _ = await claimed(store)
    assert await store.agents.answer(session.id, key="k1", **ANSWER)
    await store.agents.record_step(lease, looked_at, step(looked_at, state=AgentState.ASKING, asks=Asks.QUESTION))
    after = await store.agents.session(session.id)
    assert (after.state, after.asks, after.due_at) == (AgentState.WORKING, None, 0.0)
    [(_, _, _, [answer])] = await store.agents.claim_due(10)
    assert (answer.text, answer.state) == ("For customers", AnswerState.WAITING)


async def test_nothing_is_over_before_an_answer_that_came_meanwhile_was_told(store: Store) -> None:
    session = await asking(store)
    async with store.database.transaction("test.due") as connection:
        table = agent_answer.metadata.tables["agent_session"]
        await connection.execute(sa.update(table).values(due_at=0.0))
    lease, looked_at, job = await claimed(store)
    assert await store.agents.answer(session.id, key="k1", **ANSWER)
    over = {"state": AgentState.ENDED, "end": AgentEnd.LOST, "job": JobState.UNKNOWN, "why": "It is gone."}
    await store.agents.record_step(lease, looked_at, step(looked_at, **over))
    assert (await store.jobs.job(job.id)).state is JobState.RUNNING
    [(_, after, _, [answer])] = await store.agents.claim_due(10)
    assert (after.state, after.end, answer.text) == (AgentState.WORKING, None, "For customers")


@pytest.mark.parametrize("refused", [None, "It will not."])
async def test_an_answer_is_told_and_its_words_go(store: Store, refused: str | None) -> None:
    session = await asking(store)
    await store.agents.answer(session.id, key="k1", **ANSWER)
    [(lease, _, _, [waiting])] = await store.agents.claim_due(10)
    sending = await store.agents.telling(lease, waiting.id)
    assert sending is not None
    assert (sending.state, sending.attempts) == (AnswerState.SENDING, 1)
    await store.agents.told(lease, sending, refused=refused)
    assert await store.agents.telling(lease, waiting.id) is None
    async with store.database.reading() as connection:
        assert list(await connection.scalars(sa.select(agent_answer.c.text))) == [""]
    marks = [post.body.get("name", post.body.get("text")) for post in (await posts(store, session.conversation_id))[1:]]
    assert marks == (["incoming_envelope"] if refused is None else ["x", "It will not."])


@pytest.mark.parametrize(("state", "left"), [(JobState.FAILED, 0), (JobState.UNKNOWN, PRICE)])
async def test_a_run_without_an_end_of_its_own_is_given_one(store: Store, state: JobState, left: int) -> None:
    await begun(store)
    lease, session, job = await claimed(store)
    dead = {"state": AgentState.ENDED, "end": AgentEnd.LOST, "job": state, "why": "It is gone."}
    await store.agents.record_step(lease, session, step(session, **dead))
    after = await store.jobs.job(job.id)
    assert (after.state, after.failure) == (state, "It is gone.")
    assert await set_aside(store, job.submission_id) == left
    keys = {delivery.key for _, delivery, _ in await store.deliveries.claim_due(10)}
    assert f"card:{job.submission_id}" in keys
    assert (await store.agents.session(session.id)).open is False


async def test_a_session_is_looked_at_as_soon_as_its_video_is_there(store: Store) -> None:
    await begun(store)
    lease, session, _ = await claimed(store)
    await store.agents.record_step(lease, session, step(session))
    assert await store.agents.claim_due(10) == []
    announced: list[str] = []
    store.database.on_announced = announced.append
    await end_jobs(store, [JobState.SUCCEEDED])
    assert "agents" in announced
    [(_, again, _, _)] = await store.agents.claim_due(10)
    assert again.id == session.id


async def test_what_nobody_wants_is_due_at_once_until_its_stop_is_sent(store: Store) -> None:
    await begun(store)
    lease, session, job = await claimed(store)
    await store.agents.record_step(lease, session, step(session))
    assert await store.agents.claim_due(10) == []
    await store.cancellations.cancel(job.submission_id, actor=PERSON)
    lease, session, job = await claimed(store)
    assert job.state is JobState.UNWANTED
    await store.agents.stopping(lease, AgentEnd.STOPPED)
    await store.agents.stop_sent(lease, 9e9)
    assert await store.agents.claim_due(10) == []
    after = await store.agents.session(session.id)
    assert (after.state, after.end) == (AgentState.STOPPING, AgentEnd.STOPPED)


async def test_the_end_of_a_stopped_one_is_told(store: Store) -> None:
    await begun(store)
    lease, session, job = await claimed(store)
    over = step(session, state=AgentState.ENDED, end=AgentEnd.STOPPED)
    await store.agents.record_step(lease, session, over)
    [post] = await posts(store, job.conversation_id)
    assert (post.body["end"], post.body["job"]) == ("stopped", job.id)


async def test_another_version_wakes_the_session_when_the_one_before_is_over(store: Store) -> None:
    session, job = await begun(store)
    later = await run(store, run_id(SESSION, 1, "s2"), name="Ev2", session=SESSION, message="Shorter")
    assert await store.agents.adopt() == 0
    lease, session, _ = await claimed(store)
    await store.agents.record_step(lease, session, step(session, state=AgentState.ENDED, end=AgentEnd.COMPLETED))
    await end_jobs(store, [JobState.SUCCEEDED, JobState.RUNNING], duration=20.0)
    assert await store.agents.adopt() == 1
    assert await store.agents.adopt() == 0
    after = await store.agents.session(session.id)
    assert (after.state, after.job_id, after.end) == (AgentState.WORKING, later.id, None)
    assert [kind for kind, _, _ in await book(store, job.submission_id)] == ["hold", "release", "charge"]


async def test_a_forgotten_persons_agent_says_nothing_any_more(store: Store) -> None:
    session = await asking(store)
    await store.agents.answer(session.id, key="k1", **ANSWER)
    store.erasures.patience = 0.1
    await store.erasures.carry_out(await store.erasures.forget_person(session.workspace_id, PERSON, actor="root"))
    [(lease, after, job, answers)] = await store.agents.claim_due(10)
    assert (job.state, answers, after.requester == PERSON) == (JobState.UNWANTED, [], False)
    before = len(await posts(store, session.conversation_id))
    await store.agents.record_step(lease, after, step(after, said=(Said("More"),), state=AgentState.ENDED))
    assert len(await posts(store, session.conversation_id)) == before
    assert (await store.jobs.submission(job.submission_id)).state is SubmissionState.SENT
