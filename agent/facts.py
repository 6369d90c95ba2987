"""The facts block: what is true at this moment, in front of every model call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from agent.records import OPEN_JOB_STATES, Job, Json

LIMIT = 60


def facts_block(jobs: Sequence[Job], now: float) -> str:
    """JSON for a developer message: the time and this thread's jobs with their true states, newest last."""
    shown = [*jobs][-LIMIT:]
    facts: Json = {
        "now": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "jobs_in_this_thread": [_job(job, now) for job in shown],
    }
    if len(jobs) > LIMIT:
        facts["older_jobs_not_shown"] = len(jobs) - LIMIT
    return "Facts of this moment (from the runtime):\n" + json.dumps(facts, ensure_ascii=False)


def _job(job: Job, now: float) -> Json:
    fact: Json = {"handle": job.handle, "kind": job.kind.value, "name": job.label, "state": job.state.value}
    if job.state in OPEN_JOB_STATES:
        # In minutes: a call that is repeated a moment later should be the same call.
        fact["running_for_minutes"] = int(max(0.0, now - job.created_at) // 60)
    if job.failure:
        fact["reason"] = job.failure[:200]
    return fact
