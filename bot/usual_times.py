"""How long a request will usually take: asked of past jobs now and then, and remembered for a while."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from agent.ports import Clock
from agent.records import Job, JobKind, Submission
from agent.usual import Past, Span, usual

FRESH_SECONDS = 600.0
MOST_KEPT = 500


class PastJobs(Protocol):
    """What is read of jobs that are over."""

    async def past(self, workspace_id: str, kind: JobKind) -> Sequence[Past]:
        """The newest of a kind that succeeded."""
        ...


class UsualTimes:
    """Asks for past jobs of a workspace and kind once in ten minutes."""

    def __init__(self, jobs: PastJobs, clock: Clock) -> None:
        self._jobs = jobs
        self._clock = clock
        self._known: dict[tuple[str, JobKind], tuple[float, Sequence[Past]]] = {}

    async def of(self, submission: Submission, jobs: Sequence[Job]) -> Span | None:
        """What is usual for the jobs of a request; None where nobody knows."""
        past = await self._past(submission.workspace_id, submission.kind)
        return usual(submission.kind, past, length_of(submission, len(jobs)))

    async def _past(self, workspace_id: str, kind: JobKind) -> Sequence[Past]:
        now, key = self._clock.now(), (workspace_id, kind)
        known = self._known.get(key)
        if known is None or known[0] + FRESH_SECONDS < now:
            known = (now, await self._jobs.past(workspace_id, kind))
            self._known.pop(key, None)
            self._known[key] = known
            if len(self._known) > MOST_KEPT:
                self._known.pop(next(iter(self._known)))
        return known[1]


def length_of(submission: Submission, pieces: int) -> float | None:
    """How many seconds a request's source plays, by its quote; None where that does not tell.

    The quote is the one place where every kind has its length, and it was looked at before anything was paid.
    """
    if not submission.quote_rate or not pieces or submission.quote_low != submission.quote_high:
        return None
    return submission.quote_high / (submission.quote_rate * pieces)
