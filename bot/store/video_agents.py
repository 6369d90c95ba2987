"""Sessions with video agents: watched under a lease, told things by anybody who may. The watch's `AgentRows`.

Each look is one transaction: what was learnt, the posts that tell of it, and the end of a run that can have no other.
Whoever works on a session locks it before its request and its job.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.ports import Ids
from agent.records import OPEN_JOB_STATES, DeliveryKind, Job, JobKind, JobState, JobUpdate, Json, Lease
from agent.video_agents.records import (
    AgentAnswer,
    AgentEnd,
    AgentMode,
    AgentSession,
    AgentState,
    AnswerState,
)
from agent.video_agents.rules import Said, Step, run_of
from bot.store.claims import RELEASED, Claims
from bot.store.database import Database
from bot.store.endings import NEVER, Endings
from bot.store.log import lock_conversation
from bot.store.outbox import NewDelivery, Outbox
from bot.store.rows import first, one, record
from bot.store.schema import agent_answer, agent_session, job, submission
from bot.store.wording import PREFIX

NOT_DONE, PASSED_ON = "x", "incoming_envelope"
PENDING = (AnswerState.WAITING, AnswerState.SENDING)
AT_HEYGEN = sa.and_(job.c.kind == JobKind.AGENT, job.c.provider_id.is_not(None), job.c.finished_at.is_(None))
NOT_TOLD = frozenset({AgentEnd.COMPLETED, AgentEnd.FAILED, AgentEnd.LOST})  # their closing says it


class VideoAgents:
    """The rows of sessions and of what they are told."""

    def __init__(self, database: Database, claims: Claims, ids: Ids, outbox: Outbox, endings: Endings) -> None:
        self._database = database
        self._claims = claims
        self._ids = ids
        self._outbox = outbox
        self._endings = endings

    # -- reading ---------------------------------------------------------------------------------------------------

    async def session(self, session_id: str) -> AgentSession:
        """One session; `KeyError` when there is none."""
        async with self._database.reading() as connection:
            select = sa.select(agent_session).where(agent_session.c.id == session_id)
            return record(AgentSession, await one(connection, select, session_id))

    async def sessions(self, conversation_id: str) -> list[AgentSession]:
        """All sessions of a conversation, oldest first."""
        mine = sa.select(agent_session).where(agent_session.c.conversation_id == conversation_id)
        async with self._database.reading() as connection:
            rows = (await connection.execute(mine.order_by(agent_session.c.created_at, agent_session.c.id))).mappings()
            return [record(AgentSession, row) for row in rows]

    async def asking(self, conversation_id: str) -> AgentSession | None:
        """The session of a conversation that waits for an answer; of several the one that asked last."""
        asking = [one for one in await self.sessions(conversation_id) if one.state is AgentState.ASKING]
        return max(asking, key=lambda found: found.changed_at, default=None)

    async def answered(self, key: str) -> bool:
        """Whether this was handed to a session."""
        async with self._database.reading() as connection:
            select = sa.select(agent_answer.c.id).where(agent_answer.c.key == key)
            return await connection.scalar(select) is not None

    async def video_ids(self, provider_session_id: str) -> list[str]:
        """See `agent.video_agents.work.KnownSessions`."""
        select = sa.select(agent_session.c.video_ids).where(agent_session.c.provider_session_id == provider_session_id)
        async with self._database.reading() as connection:
            return list(await connection.scalar(select) or ())

    async def known_runs(self, account_id: str) -> set[str]:
        """See `agent.video_agents.work.KnownSessions`."""
        runs = sa.select(job.c.provider_id).where(job.c.account_id == account_id, job.c.kind == JobKind.AGENT)
        async with self._database.reading() as connection:
            return {run_of(run)[0] for run in await connection.scalars(runs) if run}

    # -- watching --------------------------------------------------------------------------------------------------

    async def adopt(self) -> int:
        """Make rows for sessions that HeyGen has begun, and wake those that make another version; returns how many."""
        without = sa.not_(sa.exists().where(agent_session.c.job_id == job.c.id))
        orphans = sa.select(job.c.id).where(AT_HEYGEN, without).order_by(job.c.created_at).limit(100)
        async with self._database.reading() as connection:
            ids = list(await connection.scalars(orphans))
        adopted = 0
        for job_id in ids:
            async with self._database.transaction("agent.adopt") as connection:
                adopted += await self._adopt(connection, job_id)
        return adopted

    async def _adopt(self, connection: AsyncConnection, job_id: str) -> bool:
        run = await one(connection, sa.select(job).where(job.c.id == job_id), job_id)
        session_id, _ = run_of(run["provider_id"])
        account = agent_session.c.account_id == run["account_id"]
        same = sa.and_(account, agent_session.c.provider_session_id == session_id)
        now = await self._database.now(connection)
        begun = {
            **{name: run[name] for name in ("submission_id", "requester")},
            **{"job_id": job_id, "state": AgentState.WORKING, "changed_at": now, "due_at": 0.0},
        }
        found = await first(connection, self._database.locked(sa.select(agent_session).where(same)))
        if found is None:
            return await self._insert(connection, run, session_id, begun, now)
        if found["state"] is not AgentState.ENDED:
            return False  # its earlier run comes to its end first
        again = {"asks": None, "end": None, "ended_at": None, "stop_sent_at": None, "missing": 0, "answered_at": now}
        await self._write(connection, found["id"], **begun, **again)
        return True

    async def _insert(
        self, connection: AsyncConnection, run: sa.RowMapping, session_id: str, begun: Json, now: float
    ) -> bool:
        await lock_conversation(self._database, connection, run["conversation_id"])  # one of two processes comes first
        if (
            await connection.scalar(sa.select(agent_session.c.id).where(agent_session.c.job_id == run["id"]))
            is not None
        ):
            return False
        where = {name: run[name] for name in ("workspace_id", "account_id", "conversation_id")}
        asked = sa.select(submission.c.arguments).where(submission.c.id == run["submission_id"])
        mode = AgentMode(((await connection.scalar(asked)) or {}).get("mode", AgentMode.GENERATE))
        values = {"id": self._ids.new("agent"), "provider_session_id": session_id, "mode": mode, "created_at": now}
        await connection.execute(sa.insert(agent_session).values(**values, **where, **begun))
        return True

    async def claim_due(self, limit: int) -> list[tuple[Lease, AgentSession, Job, list[AgentAnswer]]]:
        """Claim sessions to look at, the longest due first: with the job of their run, and what they are to be told.

        One that nobody wants any more is due at once, until its stop has been sent.
        """
        unwanted = sa.exists().where(job.c.id == agent_session.c.job_id, job.c.state == JobState.UNWANTED)
        to_stop = sa.and_(
            agent_session.c.stop_sent_at.is_(None), agent_session.c.state != AgentState.STOPPING, unwanted
        )
        async with self._database.transaction("agent.claim") as connection:
            now = await self._database.now(connection)
            due = sa.and_(agent_session.c.state != AgentState.ENDED, sa.or_(agent_session.c.due_at <= now, to_stop))
            order = [agent_session.c.due_at, agent_session.c.created_at]
            claimed = await self._claims.take(connection, agent_session, due, order_by=order, limit=limit)
            return [(lease, *await self._with_rows(connection, row)) for lease, row in claimed]

    async def _with_rows(
        self, connection: AsyncConnection, row: sa.RowMapping
    ) -> tuple[AgentSession, Job, list[AgentAnswer]]:
        run = await one(connection, sa.select(job).where(job.c.id == row["job_id"]), row["job_id"])
        waiting = sa.and_(agent_answer.c.session_id == row["id"], agent_answer.c.state.in_(PENDING))
        rows = await connection.execute(sa.select(agent_answer).where(waiting).order_by(agent_answer.c.seq))
        return record(AgentSession, row), record(Job, run), [record(AgentAnswer, one) for one in rows.mappings()]

    async def record_step(self, lease: Lease, session: AgentSession, step: Step) -> None:
        """Write down what a look came to, with what it is to be told in the thread; lease released.

        `session` is what was looked at. An answer that came meanwhile is newer than what was read: the question stays
        answered, and nothing is over before HeyGen has been told it.
        """
        async with self._database.transaction("agent.step") as connection:
            row = await self._claims.holds(connection, agent_session, lease)
            if row["answers"] != session.answers:
                open_ = {"state": row["state"], "asks": row["asks"], "round": row["round"], "due_at": 0.0}
                step = dataclasses.replace(step, **open_, end=None, job=None)
            values = _columns(step)
            if step.state is AgentState.ENDED:
                values["ended_at"] = await self._database.now(connection)
            await self._write(connection, lease.id, **values, **RELEASED)
            if step.job is not None:
                await self._end_job(connection, row, step)
            elif step.touch:
                await connection.execute(
                    sa.update(job).where(job.c.id == row["job_id"]).values(due_at=0.0, touched=True)
                )
                self._database.announce(connection, "jobs")
            await self._tell(connection, row, step, asked=values["round"] != row["round"])

    async def _end_job(self, connection: AsyncConnection, row: sa.RowMapping, step: Step) -> None:
        """End a run that comes to no end by itself."""
        parent = sa.select(submission.c.id).where(submission.c.id == row["submission_id"])
        await connection.execute(self._database.locked(parent))
        select = self._database.locked(sa.select(job).where(job.c.id == row["job_id"]))
        run = record(Job, await one(connection, select, row["job_id"]))
        if run.finished_at is not None or run.state not in {*OPEN_JOB_STATES, JobState.UNWANTED} or step.job is None:
            return
        await self._endings.finish(connection, run, JobUpdate(step.job, step.status_word, NEVER, failure=step.why))
        await self._endings.show(connection, run.submission_id)
        await self._endings.conclude(connection, run.submission_id, run.conversation_id)

    async def _tell(self, connection: AsyncConnection, row: sa.RowMapping, step: Step, *, asked: bool) -> None:
        """Queue what was said, once: its key is the number of messages there were by then."""
        if row["requester"].startswith(PREFIX):
            return  # whoever asked for it has been deleted
        if row["state"] is AgentState.ASKING and (asked or step.state is not AgentState.ASKING):
            await self._outbox.change(connection, question_key(row["id"], row["round"]))
        over = step.state is AgentState.ENDED and step.end is not None and step.end not in NOT_TOLD
        if step.said or asked:
            key = question_key(row["id"], step.round) if asked else f"agent:{row['id']}:said:{step.seen_count}"
            body: Json = {"said": [_said(one) for one in step.said], "round": step.round if asked else 0}
            await self._post(connection, row, key, session=row["id"], asks=step.asks if asked else None, **body)
        if over and step.end is not None:
            key = f"agent:{row['id']}:end:{row['job_id']}"
            await self._post(connection, row, key, session=row["id"], job=row["job_id"], end=step.end.value)

    async def _post(self, connection: AsyncConnection, row: sa.RowMapping, key: str, **body: Any) -> None:
        new = NewDelivery(row["conversation_id"], DeliveryKind.AGENT, key, row["submission_id"], body)
        await self._outbox.add(connection, new)

    async def stopping(self, lease: Lease, end: AgentEnd) -> None:
        """The next thing is to tell HeyGen to stop; why, stays as it was first said. Keeps the lease."""
        async with self._database.transaction("agent.stopping") as connection:
            row = await self._claims.holds(connection, agent_session, lease)
            await self._write(connection, lease.id, state=AgentState.STOPPING, asks=None, end=row["end"] or end)
            if row["state"] is AgentState.ASKING:
                await self._outbox.change(connection, question_key(row["id"], row["round"]))

    async def stop_sent(self, lease: Lease, due_at: float) -> None:
        """HeyGen has been told to stop; lease released."""
        async with self._database.transaction("agent.stop_sent") as connection:
            await self._claims.holds(connection, agent_session, lease)
            now = await self._database.now(connection)
            await self._write(connection, lease.id, stop_sent_at=now, due_at=due_at, **RELEASED)

    async def later(self, lease: Lease, due_at: float) -> None:
        """Nothing was learnt; lease released."""
        async with self._database.transaction("agent.later") as connection:
            await self._claims.release(connection, agent_session, lease, due_at=due_at)

    # -- telling ---------------------------------------------------------------------------------------------------

    async def answer(
        self, session_id: str, *, key: str, actor: str, text: str, message_ts: str | None, round: int | None = None
    ) -> bool:
        """Hand an answer to a session, once per key; False when it does not wait for one, or (`round`) for another.

        The caller has checked that `actor` may.
        """
        async with self._database.transaction("agent.answer", urgent=True) as connection:
            select = self._database.locked(sa.select(agent_session).where(agent_session.c.id == session_id))
            row = await first(connection, select)
            known = sa.select(agent_answer.c.id).where(agent_answer.c.key == key)
            if await connection.scalar(known) is not None:
                return True
            if row is None or row["state"] is not AgentState.ASKING or round not in (None, row["round"]):
                return False
            now = await self._database.now(connection)
            values = {"id": self._ids.new("answer"), "key": key, "session_id": session_id, "seq": row["answers"] + 1}
            whose = {"actor": actor, "text": text, "message_ts": message_ts, "state": AnswerState.WAITING}
            where = {name: row[name] for name in ("workspace_id", "conversation_id")}
            await connection.execute(sa.insert(agent_answer).values(**values, **whose, **where, created_at=now))
            told = {"answers": row["answers"] + 1, "answered_at": now, "changed_at": now, "due_at": 0.0}
            await self._write(connection, session_id, state=AgentState.WORKING, asks=None, **told)
            await self._outbox.change(connection, question_key(session_id, row["round"]))
            self._database.announce(connection, "agents")
            return True

    async def telling(self, lease: Lease, answer_id: str) -> AgentAnswer | None:
        """The next thing is to send this; as it is now, None when it was taken back. Keeps the lease."""
        async with self._database.transaction("agent.telling") as connection:
            await self._claims.holds(connection, agent_session, lease)
            update = sa.update(agent_answer).where(agent_answer.c.id == answer_id, agent_answer.c.state.in_(PENDING))
            update = update.values(state=AnswerState.SENDING, attempts=agent_answer.c.attempts + 1)
            row = (await connection.execute(update.returning(*agent_answer.c))).mappings().first()
            return None if row is None else record(AgentAnswer, row)

    async def told(self, lease: Lease, answer: AgentAnswer, *, refused: str | None = None) -> None:
        """HeyGen has it, or (`refused`: why, for the person) will not take it. Keeps the lease."""
        async with self._database.transaction("agent.told") as connection:
            row = await self._claims.holds(connection, agent_session, lease)
            state = AnswerState.SENT if refused is None else AnswerState.REFUSED
            now = await self._database.now(connection)
            update = sa.update(agent_answer).where(agent_answer.c.id == answer.id)
            await connection.execute(update.values(state=state, text="", done_at=now))
            if row["requester"].startswith(PREFIX):
                return
            if answer.message_ts is not None:
                mark: Json = {"ts": answer.message_ts, "name": PASSED_ON if refused is None else NOT_DONE}
                await self._reply(connection, row, DeliveryKind.REACTION, f"agent-mark:{answer.id}", mark)
            if refused is not None:
                await self._reply(connection, row, DeliveryKind.REPLY, f"agent-refused:{answer.id}", {"text": refused})

    async def _reply(
        self, connection: AsyncConnection, row: sa.RowMapping, kind: DeliveryKind, key: str, body: Json
    ) -> None:
        new = NewDelivery(row["conversation_id"], kind, key, row["submission_id"], body)
        await self._outbox.add(connection, new)

    async def _write(self, connection: AsyncConnection, session_id: str, **values: Any) -> None:
        await connection.execute(sa.update(agent_session).where(agent_session.c.id == session_id).values(**values))


def question_key(session_id: str, number: int) -> str:
    """The delivery key of a session's question."""
    return f"agent:{session_id}:question:{number}"


def _said(one: Said) -> Json:
    return {"text": one.text, "error": one.error, "resources": list(one.resource_ids)}


def _columns(step: Step) -> dict[str, Any]:
    """What of a step is the session's."""
    own = {field.name for field in dataclasses.fields(AgentSession)}
    values = {field.name: getattr(step, field.name) for field in dataclasses.fields(step) if field.name in own}
    if step.end is None:
        del values["end"]
    return values
