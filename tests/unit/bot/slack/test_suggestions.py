"""What is offered to ask, by what somebody has done."""

from __future__ import annotations

import dataclasses

from agent.records import Job, JobKind, JobState
from bot.slack.manifest import PROMPTS
from bot.slack.suggestions import FAILED, MOST, RUNNING, prompts_for

NOW = 1_000_000.0
JOB = Job(
    id="job_1",
    workspace_id="T1",
    account_id="A1",
    submission_id="sub_1",
    conversation_id="conv_1",
    handle="J1",
    kind=JobKind.TRANSLATION,
    label="French",
    state=JobState.SUCCEEDED,
    created_at=NOW - 10,
)


def job(**changes: object) -> Job:
    return dataclasses.replace(JOB, **changes)  # type: ignore[arg-type]


def test_newcomers_get_the_general_ones() -> None:
    assert prompts_for([], NOW) == list(PROMPTS)


def test_what_runs_comes_first_and_the_general_one_about_it_goes() -> None:
    found = prompts_for([job(state=JobState.RUNNING, kind=JobKind.VIDEO)], NOW)
    assert found[0] == RUNNING
    assert "What is running?" not in [title for title, _ in found]


def test_a_fresh_failure_can_be_asked_about_an_old_one_is_over() -> None:
    assert FAILED in prompts_for([job(state=JobState.FAILED)], NOW)
    assert FAILED not in prompts_for([job(state=JobState.FAILED, created_at=0.0)], NOW)


def test_the_languages_of_the_last_translation_are_offered_again() -> None:
    jobs = [job(label="Thai", submission_id="sub_2"), job(label="German", submission_id="sub_2"), job()]
    assert ("Into German and Thai again", "Translate another video into German and Thai") in prompts_for(jobs, NOW)


def test_there_are_never_more_than_slack_takes() -> None:
    jobs = [job(state=JobState.RUNNING), job(state=JobState.FAILED)]
    assert len(prompts_for(jobs, NOW)) == MOST
