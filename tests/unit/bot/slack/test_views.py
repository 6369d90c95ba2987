"""Posts keep to Slack's limits and tell the truth, whatever the rows hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from agent.records import Job, JobKind, JobState, SubmissionState
from bot.slack import views
from bot.slack.lines import elapsed
from bot.slack.views import Post
from tests.unit.bot.slack.rows import NOW, job, submission

FINAL = (JobState.SUCCEEDED, JobState.FAILED, JobState.UNWANTED, JobState.UNKNOWN)


def link_for(job: Job) -> str | None:
    return f"https://greenroom.example/v/{job.handle}"


def words(post: Post) -> str:
    return "\n".join(
        text
        for block in post.blocks
        for text in [block.get("text", {}).get("text", ""), *(e.get("text", "") for e in block.get("elements", []))]
        if isinstance(text, str)
    )


def buttons(post: Post) -> dict[str, str]:
    elements = [e for block in post.blocks if block["type"] == "actions" for e in block["elements"]]
    return {element["action_id"]: element["value"] for element in elements}


def assert_sendable(post: Post) -> None:
    assert post.text.strip()
    assert len(post.text) <= 4000
    assert 1 <= len(post.blocks) <= 50
    assert len(json.dumps(post.blocks, ensure_ascii=False)) < 13_000
    for block in Block.parse_all(post.blocks):
        block.validate_json()
    for shown in post.blocks:
        text = shown.get("text") or {}
        assert 1 <= len(text.get("text", "x")) <= 3000


# -- the card --------------------------------------------------------------------------------------------------


def card(*jobs: Job, now: float = NOW + 90, **changes: Any) -> Post:
    return views.card(submission(**changes), jobs, now, link_for)


def test_the_card_says_what_and_who_asked() -> None:
    assert "*Translate talk.mp4*\nasked by <@UALICE>" in words(card(job()))


def test_a_running_job_shows_its_time_and_no_percentage() -> None:
    shown = words(card(job(JobState.RUNNING, status_word="processing")))
    assert "*French (France)*: in progress (processing at HeyGen), 1 min" in shown
    assert "%" not in shown


def test_a_ready_job_has_its_link() -> None:
    ready = job(JobState.SUCCEEDED, finished_at=NOW + 61, duration=12.0, handle="J7")
    assert "ready after 1 min, 12 s long · <https://greenroom.example/v/J7|Watch" in words(card(ready))


def test_an_unready_job_has_no_link() -> None:
    assert "greenroom.example" not in words(card(job(JobState.RUNNING), job(JobState.FAILED), job(JobState.WAITING)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": SubmissionState.INTENDED}, "waiting to be sent"),
        ({"state": SubmissionState.SENDING}, "being sent to HeyGen"),
        ({"state": SubmissionState.SENT}, "accepted by HeyGen, not started yet"),
        ({"state": SubmissionState.WAITING_APPROVAL}, "waiting for approval"),
        ({"state": SubmissionState.REFUSED}, "not started"),
        (
            {"state": SubmissionState.SENDING, "error": "HeyGen is busy", "not_before": NOW + 130},
            "waiting, next try in about 40 s (HeyGen is busy)",
        ),
        ({"state": SubmissionState.INTENDED, "error": "busy"}, "waiting, trying again now (busy)"),
    ],
)
def test_a_waiting_job_says_what_it_waits_for(changes: dict[str, Any], said: str) -> None:
    assert said in words(card(job(JobState.WAITING), **changes))


def test_a_failure_tells_the_reason() -> None:
    assert "failed after 1 min: no speech found" in words(card(job(JobState.FAILED, failure="no speech found")))


def test_a_failure_without_a_reason_says_so() -> None:
    assert "HeyGen gave no reason" in words(card(job(JobState.FAILED, failure=" ")))


def test_an_unwanted_job_is_not_called_cancelled() -> None:
    assert "HeyGen may still finish and bill it" in words(card(job(JobState.UNWANTED)))


def test_vendor_and_user_text_cannot_ping_or_link() -> None:
    shown = words(card(job(JobState.FAILED, label="<!channel>", failure="<https://evil.example|x>"), title="<@UBOB>"))
    assert "<!channel>" not in shown
    assert "<https://evil" not in shown
    assert "<@UBOB>" not in shown


def test_an_open_card_can_be_refreshed() -> None:
    assert buttons(card(job(JobState.RUNNING), job(JobState.FAILED))) == {"refresh_card": "sub_1"}


def test_a_final_card_with_failures_can_be_retried() -> None:
    assert buttons(card(job(JobState.SUCCEEDED), job(JobState.FAILED))) == {"retry_failed": "sub_1"}


def test_a_card_of_successes_has_no_buttons() -> None:
    assert buttons(card(job(JobState.SUCCEEDED))) == {}


def test_two_hundred_jobs_are_folded_and_still_counted() -> None:
    jobs = [job(JobState.SUCCEEDED, label=f"language {n}") for n in range(150)]
    jobs += [job(JobState.RUNNING, label=f"language {n}") for n in range(150, 200)]
    post = card(*jobs)
    shown = words(post)
    assert_sendable(post)
    assert "150 ready, 50 in progress" in post.text
    listed = shown.count("*language ")
    assert f"… and {200 - listed} more (" in shown
    assert listed > 50


# -- the closing -----------------------------------------------------------------------------------------------


def closing(*jobs: Job) -> Post:
    return views.closing(submission(), jobs, link_for)


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
    assert views.outcome([job(state) for state in states]) == said


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
    assert views.AI_NOTICE in words(closing(job(JobState.SUCCEEDED)))
    assert views.AI_NOTICE not in words(closing(job(JobState.FAILED)))


def test_a_late_end_calls_the_requester() -> None:
    post = views.notice_late(submission(), job(JobState.SUCCEEDED, handle="J9", finished_at=NOW + 5), link_for)
    assert post.text.startswith("<@UALICE> ")
    assert "/v/J9|Watch" in words(post)
    assert_sendable(post)


def test_a_late_failure_has_no_ai_notice() -> None:
    assert views.AI_NOTICE not in words(views.notice_late(submission(), job(JobState.FAILED), link_for))


# -- the rest --------------------------------------------------------------------------------------------------


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


NASTY = st.text(max_size=400) | st.sampled_from(["&" * 400, "<" * 400, "```" * 100, "\n" * 50, " "])
JOBS = st.lists(
    st.builds(
        lambda state, label, failure, word: job(state, label=label, failure=failure, status_word=word),
        st.sampled_from(JobState),
        NASTY,
        st.none() | NASTY,
        st.none() | NASTY,
    ),
    max_size=12,
)


@settings(max_examples=60)
@given(JOBS, NASTY, NASTY, st.sampled_from(SubmissionState), st.integers(1, 17))
def test_any_text_gives_a_sendable_post(
    jobs: list[Job], title: str, error: str, state: SubmissionState, times: int
) -> None:
    about = submission(title=title or "x", error=error, state=state)
    assert_sendable(views.card(about, jobs * times, NOW + 5, link_for))
    assert_sendable(views.closing(about, jobs * times, link_for))
    assert_sendable(views.jobs_list(jobs * times, now=NOW, link_for=link_for))
    assert_sendable(views.root(title.strip() or "x"))
    assert_sendable(views.error(error.strip() or "x", title.strip() or "x"))


def test_without_links_the_closing_says_where_the_videos_are() -> None:
    ready = job(JobState.SUCCEEDED)
    assert "PUBLIC_URL" in words(views.closing(submission(), [ready], lambda job: None))
    assert "PUBLIC_URL" not in words(closing(ready))
