"""Which changes of a job's state are real. Anything else is old news and changes nothing."""

from __future__ import annotations

import json
from typing import assert_never

from agent.records import Job, JobState, JobUpdate


def may_become(current: JobState, new: JobState) -> bool:
    """Whether a job in `current` may be recorded as `new`.

    An open job may stay as it is or end; `unknown` may still turn out one way or the other; an unwanted one is only
    watched; the rest is final.
    """
    match current:
        case JobState.WAITING:
            return True
        case JobState.RUNNING:
            return new is not JobState.WAITING
        case JobState.UNKNOWN:
            return new in (JobState.SUCCEEDED, JobState.FAILED)
        case JobState.UNWANTED:
            return True
        case JobState.SUCCEEDED | JobState.FAILED | JobState.CANCELLED:
            return False
        case _:
            assert_never(current)


def announcement(job: Job, update: JobUpdate) -> str:
    """The line by which the model learns how a job ended.

    Reasons are left out: others wrote them, and this line speaks with the runtime's authority. So are the names of a
    batch's jobs, which may come from a file. `list_jobs` has both.
    """
    if job.batch_id is not None:
        return f"[runtime] {job.handle} {job.kind.value} {update.state.value}{_unwanted(job)}"
    label = json.dumps(job.label, ensure_ascii=False)
    return f"[runtime] {job.handle} {job.kind.value} {label} {update.state.value}{_unwanted(job)}"


def _unwanted(job: Job) -> str:
    return " (no longer wanted)" if job.state is JobState.UNWANTED else ""
