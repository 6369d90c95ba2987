"""The tool that does failed jobs again: a new paid request with the arguments of the old one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic import Field

from agent.batches import SAMPLE_FAILED
from agent.ordering import BatchItem, BatchOrder, Order, Ordering
from agent.ports import BatchStore, JobStore, TurnStore
from agent.records import OPEN_JOB_STATES, Job, JobState, Submission
from agent.spending import Spending
from agent.tool_calls import Failed, Outcome, TryAgain
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec
from agent.work import Works, only

DELETED = Failed("deleted", "What this was made from has been deleted, so it cannot be done again.")


class RetryArguments(Arguments):
    """Arguments of `retry_jobs`."""

    jobs: list[str] = Field(description="Handles of failed jobs to do again, such as J2.", min_length=1)


class Retrying:
    """The retrying tool. One per process."""

    def __init__(
        self,
        *,
        turns: TurnStore,
        jobs: JobStore,
        batches: BatchStore,
        ordering: Ordering,
        spending: Spending,
        works: Works,
    ) -> None:
        self._turns = turns
        self._jobs = jobs
        self._batches = batches
        self._ordering = ordering
        self._spending = spending
        self._works = works

    def tools(self) -> list[ToolSpec]:
        """The tool specifications."""
        return [
            ToolSpec(
                name="retry_jobs",
                purpose="Do failed jobs of this thread again as a new paid request.",
                arguments=RetryArguments,
                effect=Effect.SUBMIT,
                run=self.retry,
            )
        ]

    async def retry(self, context: CallContext, arguments: RetryArguments) -> Outcome:
        """A new submission with the arguments of the old one, for the named jobs that failed."""
        if written := await self._ordering.written(context):
            return written
        jobs = {job.handle: job for job in await self._jobs.conversation_jobs(context.turn.conversation_id)}
        wanted = [jobs.get(handle) for handle in dict.fromkeys(map(str.upper, arguments.jobs))]
        failed = [job for job in wanted if job is not None and job.state is JobState.FAILED]
        if len(failed) != len(wanted):
            names = sorted(handle for handle, job in jobs.items() if job.state is JobState.FAILED)
            return TryAgain("not_failed", "Only failed jobs of this thread can be done again.", options=names)
        if (batch_id := failed[0].batch_id) and {job.batch_id for job in failed} == {batch_id}:
            return await self._retry_batch(context, batch_id, failed, [*jobs.values()], arguments)
        if len({job.submission_id for job in failed}) != 1:
            return TryAgain("several_requests", "These jobs came from different requests.", "Retry them separately.")
        old = await self._jobs.submission(failed[0].submission_id)
        if not old.arguments:
            return DELETED
        if again := await self._again(failed, [*jobs.values()], old):
            return Failed("already_retried", f"{again.label} has been asked for again already: it is {again.handle}.")
        labels = tuple(job.label for job in failed)
        order = Order(
            kind=old.kind,
            account_id=old.account_id,
            arguments=only(old.kind, old.arguments, labels),
            labels=labels,
            title=old.title,
            retry_of=old.id,
        )
        return await self._ordering.place(context, order, asked=await self._asked(context, arguments.jobs))

    async def _retry_batch(
        self,
        context: CallContext,
        batch_id: str,
        failed: Sequence[Job],
        jobs: Sequence[Job],
        arguments: RetryArguments,
    ) -> Outcome:
        """A new batch of what failed. Where its sample had failed, nothing else was made: then it is all of them."""
        batch = await self._batches.batch(batch_id)
        if not batch.arguments:
            return DELETED
        anew = batch.error_code == SAMPLE_FAILED
        again = {job.id for job in failed}
        members = [
            one
            for one in await self._batches.members(batch_id)
            if one.job.id in again or (anew and one.job.state is JobState.CANCELLED)
        ]
        for one in members:
            if later := await self._again([one.job], jobs, one.submission):
                told = f"{later.label} has been asked for again already: it is {later.handle}."
                return Failed("already_retried", told)
        order = BatchOrder(
            kind=batch.kind,
            account_id=batch.account_id,
            title=batch.title,
            arguments={name: value for name, value in batch.arguments.items() if not name.startswith("left_out")},
            members=tuple(BatchItem(one.job.label, one.submission.title, one.submission.arguments) for one in members),
            retry_of=batch.id,
            sampled=anew,
            seen=not anew,
        )
        asked = await self._asked(context, arguments.jobs)
        return await self._ordering.place_batch(context, order, asked=asked)

    async def _asked(self, context: CallContext, handles: Sequence[str]) -> bool:
        """A retry spends again, so the person has to have asked: a press on the button, or words of their own."""
        if context.turn.exact:
            return True
        said = _all_said(handles, await self._spending.words_of(context.turn))
        return said and not await self._turns.mixed(context.turn.id)

    async def _again(self, failed: Sequence[Job], jobs: Sequence[Job], old: Submission) -> Job | None:
        """A later job that does one of `failed` again, so that a second click pays nothing."""
        labels = {one.label for one in failed}
        first = min(int(one.handle[1:]) for one in failed)
        for later in jobs:
            if later.label not in labels or later.state not in {*OPEN_JOB_STATES, JobState.SUCCEEDED}:
                continue
            if int(later.handle[1:]) > first and later.kind is old.kind:
                submission = await self._jobs.submission(later.submission_id)
                if self._works[old.kind].same(submission.arguments, old.arguments):
                    return later
        return None


def _all_said(words: Sequence[str], text: str) -> bool:
    """Whether each of `words` stands in `text`, as a word of its own where the script parts words."""
    return all(_said(word.casefold(), text.casefold()) for word in words)


def _said(word: str, text: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)) if word.isascii() else word in text
