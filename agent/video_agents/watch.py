"""Watches sessions: tells them what people answer, reads what they say, stops those that nobody wants or that are dead.

Everything is a row before it is done and after: whoever goes on after a crash looks before repeating anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog
from structlog.contextvars import bound_contextvars

from agent import sentences
from agent.errors import LeaseLost
from agent.ports import Accounts, Clock
from agent.records import Job, JobState, Lease
from agent.video_agents.records import AgentAnswer, AgentEnd, AgentSession, AgentState
from agent.video_agents.rules import PATIENCE, Patience, Step, advance, arrived, missed
from heygen import Client, Conflict, HeyGenError, NotFound
from heygen.catalogue.agents import GET_AGENT_SESSION, MESSAGE_AGENT_SESSION, STOP_AGENT_SESSION

log = structlog.get_logger(__name__)

CLAIMED = 50
AT_ONCE = 8
ANSWER_ATTEMPTS = 20
REFUSED = "The video agent did not take this: {why}"

Due = tuple[Lease, AgentSession, Job, Sequence[AgentAnswer]]


class AgentRows(Protocol):
    """The rows. Whatever takes a lease raises `LeaseLost` when it is no longer ours."""

    async def adopt(self) -> int:
        """Make rows for sessions that HeyGen has begun; returns how many."""
        ...

    async def claim_due(self, limit: int) -> Sequence[Due]:
        """Claim sessions to look at, with the job of their run and what they are to be told."""
        ...

    async def record_step(self, lease: Lease, session: AgentSession, step: Step) -> None:
        """Write down what a look came to; lease released."""
        ...

    async def stopping(self, lease: Lease, end: AgentEnd) -> None:
        """The next thing is to tell HeyGen to stop."""
        ...

    async def stop_sent(self, lease: Lease, due_at: float) -> None:
        """HeyGen has been told to stop; lease released."""
        ...

    async def telling(self, lease: Lease, answer_id: str) -> AgentAnswer | None:
        """The next thing is to send this answer; None when it was taken back."""
        ...

    async def told(self, lease: Lease, answer: AgentAnswer, *, refused: str | None = None) -> None:
        """HeyGen has the answer, or will not take it."""
        ...

    async def later(self, lease: Lease, due_at: float) -> None:
        """Nothing was learnt; lease released."""
        ...


class AgentWatch:
    """One per process."""

    def __init__(self, *, rows: AgentRows, accounts: Accounts, clock: Clock, patience: Patience = PATIENCE) -> None:
        self._rows = rows
        self._accounts = accounts
        self._clock = clock
        self._patience = patience
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def run_due(self) -> int:
        """Look at what is due; returns how many sessions were begun or looked at."""
        adopted = await self._rows.adopt()
        due = await self._rows.claim_due(CLAIMED)
        results = await asyncio.gather(*(self._unless_failed(one) for one in due), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return adopted + len(due)

    async def _unless_failed(self, due: Due) -> None:
        """One session's trouble is no reason to leave the others alone, nor to have them wait."""
        lease, session, job, answers = due
        whose = {"agent": session.id, "job": job.id, "conversation": session.conversation_id}
        with bound_contextvars(**whose):
            async with self._gate:
                await self._guarded(lease, session, job, answers)

    async def _guarded(self, lease: Lease, session: AgentSession, job: Job, answers: Sequence[AgentAnswer]) -> None:
        try:
            await self._look(lease, session, job, answers)
        except LeaseLost as error:
            log.warning("agent_lease_lost", error=str(error))
        except HeyGenError as error:
            log.warning("agent_look_failed", request_id=getattr(error, "request_id", None), error=str(error))
            wait = max(error.retry_after or 0.0, self._patience.last)
            await self._rows.later(lease, self._clock.now() + wait)

    async def _look(self, lease: Lease, session: AgentSession, job: Job, answers: Sequence[AgentAnswer]) -> None:
        client = await self._accounts.client(session.account_id)
        unstopped = session.stop_sent_at is None and job.finished_at is None
        if unstopped and (job.state is JobState.UNWANTED or session.state is AgentState.STOPPING):
            await self._stop(client, lease, session, AgentEnd.STOPPED)
            return
        for answer in answers:  # in their order
            if not await self._tell(client, lease, session, answer):
                await self._rows.later(lease, self._clock.now() + self._patience.last)
                return
        try:
            remote = await client.call(GET_AGENT_SESSION, {"session_id": session.provider_session_id})
        except NotFound:
            step = missed(session, job, self._clock.now(), self._patience)
        else:
            step = advance(session, job, remote, self._clock.now(), self._patience)
        if step.stop is not None:
            log.warning("agent_dead", reason=step.stop, status_word=step.status_word)
            await self._stop(client, lease, session, step.stop)
            return
        if step.state is not session.state:
            log.info("agent_changed", state=step.state, before=session.state, end=step.end)
        await self._rows.record_step(lease, session, step)

    async def _stop(self, client: Client, lease: Lease, session: AgentSession, end: AgentEnd) -> None:
        """Tell HeyGen to stop. Telling it twice does no harm."""
        await self._rows.stopping(lease, end)
        try:
            await client.call(STOP_AGENT_SESSION, {"session_id": session.provider_session_id})
        except (NotFound, Conflict) as error:
            log.info("agent_gone_before_stop", error=str(error))
        await self._rows.stop_sent(lease, self._clock.now() + self._patience.wait(0.0))

    # -- answers -----------------------------------------------------------------------------------------------

    async def _tell(self, client: Client, lease: Lease, session: AgentSession, answer: AgentAnswer) -> bool:
        """Whether this answer needs no more work: HeyGen has it, or will not take it."""
        sending = await self._rows.telling(lease, answer.id)
        if sending is None:
            return True
        if sending.attempts > 1 and await self._has(client, session, sending):
            await self._rows.told(lease, sending)
            return True
        try:
            said = {"session_id": session.provider_session_id, "message": sending.text}
            await client.call(MESSAGE_AGENT_SESSION, said)
        except HeyGenError as error:
            return await self._untold(lease, sending, error)
        await self._rows.told(lease, sending)
        return True

    async def _untold(self, lease: Lease, answer: AgentAnswer, error: HeyGenError) -> bool:
        busy = isinstance(error, Conflict) and error.code in ("resource_not_ready", "request_in_progress")
        again = error.outcome_unknown or error.retryable or busy
        log.warning("agent_answer_failed", attempt=answer.attempts, error=str(error))
        if again and answer.attempts < ANSWER_ATTEMPTS:
            return False
        await self._rows.told(lease, answer, refused=REFUSED.format(why=sentences.for_heygen(error)))
        return True

    async def _has(self, client: Client, session: AgentSession, answer: AgentAnswer) -> bool:
        """Whether an attempt in doubt has arrived: no look is written down before that is known."""
        remote = await client.call(GET_AGENT_SESSION, {"session_id": session.provider_session_id})
        return arrived(session, remote, answer.text)
