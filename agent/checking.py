"""The look at a finished result before it is posted: bounded, never in the way, silent where it could not be had."""

from __future__ import annotations

import asyncio
from typing import Protocol

from agent.ports import JobStore
from agent.records import Job
from agent.result_check import CHECKED, Measured, doubts, expected, other_language
from agent.work import PIECES, Remote, Works

LOOK_SECONDS = 10.0  # at one result
ROUND_SECONDS = 20.0  # at all that end together; those behind them are posted without a look


class Looks(Protocol):
    """Measures results."""

    async def look(self, url: str, seconds: float) -> Measured | None:
        """What is at a link, within `seconds`; None where it could not be measured. Raises nothing."""
        ...


class Checking:
    """Checks results. Without `looks` only what HeyGen's record says is compared."""

    def __init__(self, *, jobs: JobStore, works: Works, looks: Looks | None = None) -> None:
        self._jobs = jobs
        self._works = works
        self._looks = looks
        self._until = 0.0

    def begin(self) -> None:
        """A round of results begins, which share what time there is."""
        self._until = asyncio.get_running_loop().time() + ROUND_SECONDS

    async def doubt(self, job: Job, remote: Remote) -> str | None:
        """What looks doubtful about a result, as one text for people; None where nothing does or nobody could look."""
        found: list[str] = []
        if job.kind in PIECES and (named := other_language(job.label, self._works[job.kind].label_of(remote))):
            found.append(named)
        found += await self._measured(job, remote)
        return "; ".join(found) or None

    async def _measured(self, job: Job, remote: Remote) -> list[str]:
        seconds = min(self._until - asyncio.get_running_loop().time(), LOOK_SECONDS)
        if self._looks is None or job.kind not in CHECKED or not remote.video_url or seconds <= 0:
            return []
        measured = await self._looks.look(remote.video_url, seconds)
        if measured is None:
            return []
        pieces = len(await self._jobs.jobs_of(job.submission_id))
        return doubts(measured, expected(await self._jobs.submission(job.submission_id), pieces))
