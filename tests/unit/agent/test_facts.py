"""The facts block tells the true state of this thread's jobs."""

from __future__ import annotations

import json
from typing import Any

from agent.facts import LIMIT, facts_block
from agent.records import Job, JobKind, JobState


def job(number: int = 1, state: JobState = JobState.RUNNING, **fields: Any) -> Job:
    defaults = {"created_at": 1_000.0, "provider_id": "vendor-secret-id"}
    return Job(
        id=f"job{number}",
        workspace_id="W1",
        account_id="A1",
        submission_id="S1",
        conversation_id="C1",
        handle=f"J{number}",
        kind=JobKind.TRANSLATION,
        label="French (France)",
        state=state,
        **{**defaults, **fields},
    )


def facts(*jobs: Job, now: float = 1_090.4) -> dict[str, Any]:
    """The block's JSON."""
    return json.loads(facts_block(jobs, now).split("\n", 1)[1])  # type: ignore[no-any-return]  # an object


def test_the_time_is_told_in_utc() -> None:
    assert facts(now=1_800_000_000.0)["now"] == "2027-01-15 08:00 UTC"


def test_an_open_job_says_how_long_it_has_been_running() -> None:
    told = {"handle": "J1", "kind": "translation", "name": "French (France)", "state": "running"}
    assert facts(job())["jobs_in_this_thread"] == [{**told, "running_for_minutes": 1}]


def test_a_clock_that_went_back_makes_no_negative_time() -> None:
    assert facts(job(), now=0.0)["jobs_in_this_thread"][0]["running_for_minutes"] == 0


def test_a_failed_job_says_why() -> None:
    (told,) = facts(job(state=JobState.FAILED, failure="no speech" + "!" * 500))["jobs_in_this_thread"]
    assert told["reason"].startswith("no speech")
    assert len(told["reason"]) == 200
    assert "running_for_minutes" not in told


def test_vendor_ids_are_never_told() -> None:
    assert "vendor-secret-id" not in facts_block([job()], 0.0)


def test_only_the_newest_jobs_are_shown_and_the_rest_counted() -> None:
    told = facts(*[job(number) for number in range(LIMIT + 5)])
    assert told["older_jobs_not_shown"] == 5
    assert [shown["handle"] for shown in told["jobs_in_this_thread"]] == [f"J{n}" for n in range(5, LIMIT + 5)]
