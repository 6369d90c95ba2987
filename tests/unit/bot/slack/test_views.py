"""Answers, lists and help, and that no words of anybody make a post that Slack refuses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.records import Job, JobKind, JobState, SubmissionState
from bot.slack import views
from bot.slack.blocks import Post
from bot.slack.cards import card, ops_card
from bot.slack.closings import closing
from bot.slack.lines import elapsed
from tests.unit.bot.slack.posts import JOBS, NASTY, assert_sendable, link_for, words
from tests.unit.bot.slack.rows import NOW, job, submission


def test_the_list_of_jobs_tells_handle_state_and_age() -> None:
    shown = words(views.jobs_list([job(JobState.SUCCEEDED, handle="J3")], now=NOW + 3700, link_for=link_for))
    assert "`J3` French (France) (translation): ready, asked 1 h 01 min ago · <https://greenroom" in shown


def test_the_list_names_videos_as_videos() -> None:
    assert "(video): waiting" in words(
        views.jobs_list([job(JobState.WAITING, kind=JobKind.VIDEO)] * 2, now=NOW, link_for=link_for)
    )


def test_an_empty_list_of_jobs_says_what_to_do() -> None:
    assert "/heygen help" in views.jobs_list([], now=NOW, link_for=link_for).text


@pytest.mark.parametrize("topic", [None, "translate", "jobs", "help", "other"])
def test_help_is_sendable(topic: str | None) -> None:
    assert_sendable(views.help_view(topic))


def test_help_on_one_command_shows_only_that() -> None:
    assert len(views.help_view("jobs").blocks) == 1


def test_an_error_has_a_reference_and_pings_nobody() -> None:
    post = views.error("It broke, <!here>", "ref-1")
    assert_sendable(post)
    assert "Reference ref-1" in words(post)
    assert "<!here>" not in post.text + words(post)


def test_a_root_that_quotes_a_person_cannot_ping_the_channel() -> None:
    post = views.root("<@U1> asked: `into <!channel>`")
    assert "<@U1> asked" in words(post)
    assert "<!channel>" not in words(post) + post.text


def test_a_reply_is_markdown_with_its_text() -> None:
    assert views.reply("**hi**") == Post("**hi**", [{"type": "markdown", "text": "**hi**"}], "**hi**")


@pytest.mark.parametrize(
    ("seconds", "said"), [(-5, "0 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min"), (3660, "1 h 01 min")]
)
def test_spans_of_time(seconds: float, said: str) -> None:
    assert elapsed(seconds) == said


@settings(max_examples=60)
@given(JOBS, NASTY, NASTY, st.sampled_from(SubmissionState), st.integers(1, 17))
def test_any_text_gives_a_sendable_post(
    jobs: list[Job], title: str, error: str, state: SubmissionState, times: int
) -> None:
    about = submission(title=title or "x", error=error, state=state)
    assert_sendable(card(about, jobs * times, NOW + 5, link_for))
    assert_sendable(closing(about, jobs * times, link_for))
    assert_sendable(ops_card(about, jobs * times, place="<#C1>"))
    assert_sendable(views.jobs_list(jobs * times, now=NOW, link_for=link_for))
    assert_sendable(views.root(title.strip() or "x"))
    assert_sendable(views.error(error.strip() or "x", title.strip() or "x"))
