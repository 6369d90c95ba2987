"""The tool that cancels: the same rules as the button and the command, with the person's own rights."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from pydantic import Field

from agent.cancelling import Cancelled, told
from agent.conversation import message_text
from agent.ports import Cancels, JobStore, Roles, TurnStore
from agent.records import OPEN_JOB_STATES, Json, Source
from agent.request import own_words
from agent.rights import Right, may, roles_towards
from agent.tool_calls import ADDED, Failed, Outcome, TryAgain, Value
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec


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
        requests: dict[str, list[str]] = defaultdict(list)
        for job in chosen:
            requests[job.submission_id].append(job.handle)
        allowed = [submission_id for submission_id in requests if await self._may(context, submission_id)]
        # Who names a job means that one; “all” are those that are theirs to cancel.
        if len(allowed) < len(requests) and (wanted or not allowed):
            return Failed("not_allowed", "Only the person who asked for it, an operator or an admin can cancel it.")
        total = Cancelled()
        for submission_id in allowed:
            some = requests[submission_id]
            total = total + await self._cancels.cancel(submission_id, actor=context.turn.requester, handles=some)
        return Value(_data(total))

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


def _data(total: Cancelled) -> Json:
    return {
        ADDED: told(total),
        "cancelled_unbilled": [job.handle for job in total.dropped],
        "still_billed": [job.handle for job in total.unwanted],
        "had_ended": [job.handle for job in total.over],
    }
