"""The messages that call people back."""

from __future__ import annotations

import pytest

from agent.records import Job, JobState, SubmissionState
from bot.slack import closings
from bot.slack.blocks import Post
from tests.unit.bot.slack.posts import assert_sendable, buttons, link_for, words
from tests.unit.bot.slack.rows import NOW, job, submission


def closing(*jobs: Job) -> Post:
    return closings.closing(submission(), jobs, link_for)


def test_the_closing_calls_the_requester_in_text_and_blocks() -> None:
    post = closing(job(JobState.SUCCEEDED))
    assert post.text.startswith("<@UALICE> ")
    assert "<@UALICE> " in words(post)


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ([JobState.SUCCEEDED], "ready."),
        ([JobState.SUCCEEDED] * 3, "all 3 are ready."),
        ([JobState.SUCCEEDED, JobState.FAILED], "1 of 2 is ready, 1 failed."),
        ([JobState.FAILED], "failed."),
        ([JobState.UNKNOWN], "unknown."),
        ([JobState.SUCCEEDED, JobState.SUCCEEDED, JobState.UNKNOWN], "2 of 3 are ready, 1 unknown."),
        ([JobState.UNWANTED, JobState.FAILED], "none of 2 are ready, 1 failed, 1 no longer wanted."),
        ([JobState.RUNNING, JobState.WAITING], "none of 2 are ready, 1 in progress, 1 waiting."),
        ([], "nothing was started."),
    ],
)
def test_the_outcome_is_counted_truly(states: list[JobState], said: str) -> None:
    assert closings.outcome([job(state) for state in states]) == said


def test_the_closing_lists_what_is_ready_first() -> None:
    shown = words(closing(job(JobState.FAILED, label="German"), job(JobState.SUCCEEDED, label="French")))
    assert shown.index("French") < shown.index("German")


def test_a_failure_in_the_closing_can_be_retried() -> None:
    post = closing(job(JobState.FAILED))
    assert buttons(post) == {"retry_failed": "sub_1"}
    assert "a new try is a new request" in words(post)


def test_an_unknown_job_is_said_plainly() -> None:
    assert "nothing is paid twice" in words(closing(job(JobState.UNKNOWN)))


def test_results_carry_the_notice_that_they_are_made_with_ai() -> None:
    assert closings.AI_NOTICE in words(closing(job(JobState.SUCCEEDED)))
    assert closings.AI_NOTICE not in words(closing(job(JobState.FAILED)))


def test_a_late_end_calls_the_requester() -> None:
    post = closings.notice_late(
        submission(), job(JobState.SUCCEEDED, handle="J9", finished_at=NOW + 5, link_id="link_9"), link_for
    )
    assert post.text.startswith("<@UALICE> ")
    assert "/v/J9|Watch" in words(post)
    assert_sendable(post)


def test_a_late_failure_has_no_ai_notice() -> None:
    assert closings.AI_NOTICE not in words(closings.notice_late(submission(), job(JobState.FAILED), link_for))


def test_without_links_the_closing_says_where_the_videos_are() -> None:
    ready = job(JobState.SUCCEEDED)
    assert "PUBLIC_URL" in words(closings.closing(submission(), [ready], lambda job: None))
    assert "PUBLIC_URL" not in words(closing(ready))


@pytest.mark.parametrize(
    ("code", "sentence", "said"),
    [
        ("declined", "declined by <@UBOB>", "was declined by <@UBOB>."),
        ("cancelled", "cancelled by <@UBOB>", "was cancelled by <@UBOB>."),
        ("expired", "expired", "was not approved in time, so I dropped it."),
        ("cancelled", "It was cancelled before HeyGen accepted it.", "was cancelled."),
    ],
)
def test_what_was_never_sent_calls_the_requester_with_the_reason(code: str, sentence: str, said: str) -> None:
    about = submission(state=SubmissionState.CANCELLED, error_code=code, error=sentence)
    post = closings.closing(about, [job(JobState.CANCELLED)], link_for)
    assert post.text.startswith("<@UALICE> ")
    assert said in words(post)
    assert "Nothing was sent to HeyGen and nothing is billed." in words(post)
    assert "ask again" in words(post)
    assert_sendable(post)
