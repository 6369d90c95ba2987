"""Reading jobs: the rows as they are, for as many looks as a program likes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from agent.ports import JobLinks
from agent.records import Job, Json, Submission
from bot.mcp import answers
from bot.mcp.calls import MARK, Calls
from bot.mcp.places import Places
from bot.mcp.tokens import Token
from bot.store import Store

SHOWN = 60
LONGEST_WAIT = 50  # seconds; many clients give up after a minute
LOOK = 0.5
TELL = 5.0  # seconds between words about the progress
UNKNOWN = "There is no job or call with this handle. list_jobs shows all there are."
Progress = Callable[[float, float, str], Awaitable[None]]


class Jobs:
    """The jobs of a token's conversation."""

    def __init__(self, *, store: Store, calls: Calls, places: Places, links: JobLinks) -> None:
        self._store = store
        self._calls = calls
        self._places = places
        self._links = links

    async def get(self, token: Token, handle: str) -> Json:
        """One job, or what became of a call."""
        if handle.startswith(MARK):
            told = await self._calls.state(token, handle)
            return told or answers.error("unknown_handle", UNKNOWN)
        found = await self._found(token, [handle])
        return _unknown([handle]) if len(found) < 1 else await self._one(*found[0])

    async def newest(self, token: Token) -> Json:
        """The newest jobs, oldest first."""
        jobs = await self._all(token)
        shown = [self._told(job, await self._store.jobs.submission(job.submission_id)) for job in jobs[-SHOWN:]]
        again, after = answers.read_again([str(one["state"]) for one in shown])
        return answers.answer(
            ok=True, code=answers.FINE, retryable=again, retry_after=after, jobs=shown, count=len(jobs)
        )

    async def wait(self, token: Token, handles: Sequence[str], seconds: float, progress: Progress) -> Json:
        """The jobs once all are over, or as they are after `seconds`; `progress` is told how many are over."""
        wanted = list(dict.fromkeys(handles))
        loop = asyncio.get_running_loop()
        until, told, next_word = loop.time() + seconds, -1, 0.0
        while True:
            found = await self._found(token, wanted)
            if len(found) < len(wanted):
                return _unknown(wanted, found)
            over = sum(answers.is_over(job) for job, _ in found)
            if over != told or loop.time() >= next_word:
                states = ", ".join(f"{job.handle} {answers.word_for(job, submission)}" for job, submission in found)
                await progress(float(over), float(len(found)), states)
                told, next_word = over, loop.time() + TELL
            if over == len(found) or loop.time() >= until:
                return await self._waited(found)
            await asyncio.sleep(min(LOOK, max(until - loop.time(), 0.0)))

    async def _waited(self, found: Sequence[tuple[Job, Submission]]) -> Json:
        shown = [self._told(job, submission) for job, submission in found]
        done = all(one["done"] for one in shown)
        again, after = answers.read_again([str(one["state"]) for one in shown])
        code = "completed" if done else "still_running"
        told = answers.answer(ok=True, code=code, retryable=again, retry_after=after, done=done, jobs=shown)
        waits = [submission for job, submission in found if answers.word_for(job, submission) == answers.NEEDS_APPROVAL]
        return told | ({"waits_at": await self._place(waits[0])} if waits else {})

    async def _one(self, job: Job, submission: Submission) -> Json:
        told = self._told(job, submission)
        word = str(told["state"])
        again, after = answers.read_again([word])
        whole = answers.answer(ok=True, code=word, retryable=again, retry_after=after, done=told["done"], job=told)
        return whole | ({"waits_at": await self._place(submission)} if word == answers.NEEDS_APPROVAL else {})

    async def _place(self, submission: Submission) -> Json:
        return await self._places.card(submission.batch_id or submission.id, patient=False)

    def _told(self, job: Job, submission: Submission) -> Json:
        return answers.of_job(job, submission, self._links.link(job))

    async def _all(self, token: Token) -> Sequence[Job]:
        conversation_id = await self._store.programs.conversation(token.workspace_id, token.name)
        return [] if conversation_id is None else await self._store.jobs.conversation_jobs(conversation_id)

    async def _found(self, token: Token, handles: Sequence[str]) -> list[tuple[Job, Submission]]:
        jobs = {job.handle: job for job in await self._all(token)}
        known = [jobs[handle.upper()] for handle in handles if handle.upper() in jobs]
        return [(job, await self._store.jobs.submission(job.submission_id)) for job in known]


def _unknown(wanted: Sequence[str], found: Sequence[tuple[Job, Submission]] = ()) -> Json:
    known = {job.handle for job, _ in found}
    missing = [handle[:40] for handle in wanted if handle.upper() not in known]
    return answers.error("unknown_handle", UNKNOWN, handles=missing[:20])
