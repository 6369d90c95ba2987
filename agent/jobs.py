"""Rules for jobs and submissions: when to look again, what a reading means, which id belongs to which job."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.foreign import harmless
from agent.records import Job, JobState, JobUpdate
from agent.work import Remote
from heygen import RemoteStatus

KEY_HONOURED_SECONDS = 23 * 3600.0  # HeyGen honours an idempotency key for 24 h; an hour is kept as a margin
SUBMIT_ATTEMPTS = 40
SUBMIT_WAIT_CAP = 300.0
LINK_WAIT = 30.0  # a completed job may show its URL a little later


@dataclass(frozen=True, slots=True)
class PollPlan:
    """How often to look at a running job that no webhook reported: `steps` of (age below, seconds between looks).

    After `deadline` seconds of age a job that still is not final becomes visibly unknown.
    """

    steps: tuple[tuple[float, float], ...] = ((180.0, 30.0), (2_700.0, 60.0), (10_800.0, 300.0))
    last: float = 900.0
    deadline: float = 86_400.0
    jitter: float = 0.25

    def wait(self, age: float, rng: random.Random) -> float:
        """Seconds until the next look at a job that is `age` seconds old."""
        base = next((seconds for below, seconds in self.steps if age < below), self.last)
        return base * rng.uniform(1 - self.jitter, 1 + self.jitter)


def submit_wait(attempt: int, asked: float | None, rng: random.Random) -> float:
    """Seconds before a submission is tried again after its `attempt`-th failure."""
    backoff = min(SUBMIT_WAIT_CAP, 2.0**attempt) * rng.uniform(0.75, 1.25)
    return max(asked or 0.0, backoff)


def reading(remote: Remote, *, now: float, next_look: float) -> JobUpdate:
    """What a detail read means for a job. Words we do not know count as running: the deadline decides."""
    match remote.status:
        case RemoteStatus.COMPLETED if remote.video_url:
            return JobUpdate(JobState.SUCCEEDED, remote.status_word, now, duration=remote.duration)
        case RemoteStatus.COMPLETED:
            return JobUpdate(JobState.RUNNING, remote.status_word, now + LINK_WAIT)
        case RemoteStatus.FAILED:
            reason = harmless(remote.failure_message or "", 300) or "HeyGen gave no reason"
            return JobUpdate(JobState.FAILED, remote.status_word, now, failure=reason)
        case _:
            return JobUpdate(JobState.RUNNING, remote.status_word, now + next_look)


def unknown(word: str | None, now: float, why: str) -> JobUpdate:
    """Nobody can tell what became of a job; `why` is for the person."""
    return JobUpdate(JobState.UNKNOWN, word, now, failure=why)


def unrecognised(provider_ids: Sequence[str], jobs: Sequence[Job]) -> list[str]:
    """Provider ids of a submission that no job has been given yet."""
    taken = {job.provider_id for job in jobs}
    return [provider_id for provider_id in provider_ids if provider_id not in taken]


def match(jobs: Sequence[Job], found: Mapping[str, str | None]) -> dict[str, str]:
    """Which waiting job (id) each provider id is, by the label that was read there and never by position.

    One id left over for one job left over can only belong together, whatever the provider calls it.
    """
    nameless = [job for job in jobs if job.provider_id is None and job.state is not JobState.CANCELLED]
    waiting = {job.label.casefold(): job.id for job in reversed(nameless)}
    pairs: dict[str, str] = {}
    strangers: list[str] = []
    for provider_id, label in found.items():
        job_id = waiting.pop((label or "").casefold(), None)
        if job_id is None:
            strangers.append(provider_id)
        else:
            pairs[job_id] = provider_id
    if len(waiting) == len(strangers) == 1:
        pairs[waiting.popitem()[1]] = strangers[0]
    return pairs
