"""The tool that cancels: the same rules as the button and the command, with the person's own rights."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from pydantic import Field

from agent.cancelling import Cancelled, told
from agent.conversation import message_text
from agent.ports import Cancels, JobStore, Roles, TurnStore
from agent.records import OPEN_JOB_STATES, Job, Json, Source
from agent.request import own_words
from agent.rights import Right, may, roles_towards
from agent.tool_calls import ADDED, Failed, Outcome, TryAgain, Value
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec

NAMED = 20


class CancelArguments(Arguments):
    """Arguments of `cancel_jobs`."""

    jobs: list[str] | None = Field(
        default=None,
        min_length=1,
        description="Handles of the jobs to cancel, such as J2; null for all that are open in this thread "
        "and that this person may cancel.",
    )


class Cancelling:
    """The cancelling tool. One per process."""

    def __init__(self, *, turns: TurnStore, jobs: JobStore, cancels: Cancels, roles: Roles) -> None:
        self._turns = turns
        self._jobs = jobs
        self._cancels = cancels
        self._roles = roles

    def tools(self) -> list[ToolSpec]:
        """The tool specifications."""
        return [
            ToolSpec(
                "cancel_jobs",
                "Cancel jobs of this thread. What was not sent yet is taken back; what HeyGen already has cannot be "
                "stopped and is billed all the same. The answer says which is which.",
                CancelArguments,
                Effect.DESTRUCTIVE,
                self.cancel,
            )
        ]

    async def cancel(self, context: CallContext, arguments: CancelArguments) -> Outcome:
        """Cancel jobs of this conversation; the answer is the truth about each."""
        if await self._turns.tainted(context.turn.id):
            return Failed(
                "not_allowed", "Not after reading what others wrote.", "The Cancel button on the card does it."
            )
        jobs = {job.handle: job for job in await self._jobs.conversation_jobs(context.turn.conversation_id)}
        wanted = [handle.strip().upper() for handle in arguments.jobs or []]
        if unknown := [handle for handle in wanted if handle not in jobs]:
            return TryAgain("unknown_job", f"There is no job {unknown[0][:20]!r} here.", options=list(jobs)[-10:])
        chosen = [jobs[handle] for handle in wanted] or [job for job in jobs.values() if job.state in OPEN_JOB_STATES]
        if await self._turns.mixed(context.turn.id) and not await self._named(context, wanted):
            return Failed("not_allowed", "Others have written here too.", "Ask which jobs are meant, such as J1.")
        whole = _whole_batches(chosen, jobs.values())
        requests: dict[str, list[Job]] = defaultdict(list)
        for job in chosen:
            subject = job.batch_id if job.batch_id in whole else job.submission_id
            requests[subject or job.submission_id].append(job)
        allowed = [some for some in requests.values() if await self._may(context, some[0].submission_id)]
        # Who names a job means that one; “all” are those that are theirs to cancel.
        if len(allowed) < len(requests) and (wanted or not allowed):
            return Failed("not_allowed", "Only the person who asked for it, an operator or an admin can cancel it.")
        total = Cancelled()
        for some in allowed:
            total = total + await self._cancel(some, whole, context.turn.requester)
        return Value(_data(total))

    async def _cancel(self, some: Sequence[Job], whole: Collection[str], actor: str) -> Cancelled:
        """Cancel jobs of one request, or all of a batch at once."""
        batch_id = some[0].batch_id
        if batch_id is not None and batch_id in whole:
            return await self._cancels.cancel_batch(batch_id, actor=actor)
        handles = [job.handle for job in some]
        return await self._cancels.cancel(some[0].submission_id, actor=actor, handles=handles)

    async def _named(self, context: CallContext, handles: Sequence[str]) -> bool:
        """Whether this very message of the person's names the jobs."""
        items = await self._turns.items(context.turn.conversation_id)
        own = [item for item in items if item.turn_id == context.turn.id and item.source is Source.USER]
        words = re.findall(r"\w+", "\n".join(own_words(message_text(item.body)) for item in own).upper())
        return bool(handles) and set(handles) <= set(words)

    async def _may(self, context: CallContext, submission_id: str) -> bool:
        submission = await self._jobs.submission(submission_id)
        turn = context.turn
        appointed = self._roles.appointed(turn.workspace_id, turn.requester)
        roles = roles_towards(submission.requester, turn.requester, appointed, anybody_approves=False)
        return may(Right.CANCEL, roles)


def _whole_batches(chosen: Sequence[Job], known: Iterable[Job]) -> set[str]:
    """The batches of which nothing that is open stays: they are cancelled as one, however many jobs they have."""
    meant = {job.id for job in chosen}
    kept = {job.batch_id for job in known if job.state in OPEN_JOB_STATES and job.id not in meant}
    return {job.batch_id for job in chosen if job.batch_id is not None and job.batch_id not in kept}


def _data(total: Cancelled) -> Json:
    return {
        ADDED: told(total),
        "cancelled_unbilled": _handles(total.dropped),
        "still_billed": _handles(total.unwanted),
        "had_ended": _handles(total.over),
    }


def _handles(jobs: Sequence[Job]) -> list[str]:
    """As many as are worth reading, and how many more there are."""
    more = [f"{len(jobs) - NAMED} more"] if len(jobs) > NAMED else []
    return [*(job.handle for job in jobs[:NAMED]), *more]
