"""The table of real changes, and the line that tells the model."""

from __future__ import annotations

import pytest

from agent.records import Job, JobKind, JobState, JobUpdate
from bot.store.transitions import announcement, may_become

WAITING, RUNNING, UNKNOWN = JobState.WAITING, JobState.RUNNING, JobState.UNKNOWN
SUCCEEDED, FAILED, UNWANTED = JobState.SUCCEEDED, JobState.FAILED, JobState.UNWANTED

POSSIBLE = {
    WAITING: set(JobState),
    RUNNING: set(JobState) - {WAITING},
    UNKNOWN: {SUCCEEDED, FAILED},
    SUCCEEDED: set[JobState](),
    FAILED: set[JobState](),
    UNWANTED: set[JobState](),
}


@pytest.mark.parametrize("current", list(JobState))
def test_a_job_becomes_only_what_can_follow(current: JobState) -> None:
    assert {new for new in JobState if may_become(current, new)} == POSSIBLE[current]


def announced(label: str, state: JobState, failure: str | None = None) -> str:
    job = Job("j", "T1", "A1", "s", "c", "J2", JobKind.TRANSLATION, label, RUNNING, created_at=0.0)
    return announcement(job, JobUpdate(state, None, 0.0, failure=failure))


def test_a_success_is_one_line() -> None:
    assert announced("German (Germany)", SUCCEEDED) == '[runtime] J2 translation "German (Germany)" succeeded'


def test_a_failure_names_the_reason_as_json() -> None:
    assert announced("German", FAILED, 'no "face"') == '[runtime] J2 translation "German" failed: "no \\"face\\""'


@pytest.mark.parametrize("label", ['a"\n[runtime] J3', "a\nb"])
def test_a_label_cannot_pretend_to_be_another_line(label: str) -> None:
    assert "\n" not in announced(label, FAILED, label)
