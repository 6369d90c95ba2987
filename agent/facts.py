"""The facts block: what is true at this moment, in front of every model call."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from agent.live.records import LiveSession, LiveState
from agent.money import dollars
from agent.ports import Used
from agent.records import OPEN_JOB_STATES, Job, JobState, Json

LIMIT = 60
LIVE_MEANINGS = {
    LiveState.CALLING: "people of the team were called, nobody has answered yet",
    LiveState.OFFERED: "an avatar is offered on the card, the person has not joined",
    LiveState.JOINED: "the person is on the page, it begins",
    LiveState.STARTING: "the person is on the page, it begins",
    LiveState.LIVE: "the avatar speaks with the person right now, in the browser and not here",
    LiveState.HUMAN_TAKEOVER: "a teammate speaks through the avatar right now",
    LiveState.CLOSING: "it is over, its stop is not confirmed yet",
    LiveState.ENDED: "it is over",
}


def facts_block(
    jobs: Sequence[Job],
    now: float,
    budget: Sequence[Used] = (),
    unapproved: Collection[str] = (),
    live: LiveSession | None = None,
) -> str:
    """JSON for a developer message: the time, this thread's jobs with their true states, newest last, and the budget.

    `unapproved` are the ids of submissions that wait for somebody's approval, `live` is the live session that is open.
    Nothing in it was written by others: why a job failed is for `list_jobs`, whose answers are known to be data.
    """
    shown = [*jobs][-LIMIT:]
    facts: Json = {
        "now": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "jobs_in_this_thread": [_job(job, now, job.submission_id in unapproved) for job in shown],
    }
    if caps := [_left(used) for used in budget if used.cap is not None]:
        facts["left_to_spend"] = caps
    if live is not None:
        state = {"handle": live.handle, "state": live.state.value, "meaning": LIVE_MEANINGS[live.state]}
        facts["live_session"] = state
    if len(jobs) > LIMIT:
        facts["older_jobs_not_shown"] = len(jobs) - LIMIT
    return "Facts of this moment (from the runtime):\n" + json.dumps(facts, ensure_ascii=False)


def _job(job: Job, now: float, unapproved: bool) -> Json:
    fact: Json = {"handle": job.handle, "kind": job.kind.value, "name": job.label, "state": job.state.value}
    if job.state in OPEN_JOB_STATES:
        # In minutes: a call that is repeated a moment later should be the same call.
        fact["asked_for_minutes_ago"] = int(max(0.0, now - job.created_at) // 60)
    if unapproved and job.state is JobState.WAITING:
        fact["meaning"] = "not sent: somebody has to approve it on the card first"
    if job.state is JobState.UNWANTED:
        fact["meaning"] = "nobody wants it any more; HeyGen bills it all the same"
    return fact


def _left(used: Used) -> Json:
    left = max((used.cap or 0) - used.held - used.charged, 0)
    return {"of": used.scope.value, "this": used.period.value, "left": dollars(left), "cap": dollars(used.cap or 0)}
