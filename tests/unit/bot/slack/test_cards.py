"""Cards keep to Slack's limits and tell the truth, whatever the rows hold."""

from __future__ import annotations

from typing import Any

import pytest

from agent.money import Reason
from agent.records import Job, JobKind, JobState, SubmissionState
from bot.slack import cards
from bot.slack.blocks import Post
from bot.slack.cards import card as card_of
from bot.slack.kinds import shown_source
from tests.unit.bot.slack.posts import asks, assert_sendable, buttons, link_for, words
from tests.unit.bot.slack.rows import NOW, job, submission


def card(*jobs: Job, now: float = NOW + 90, **changes: Any) -> Post:
    return card_of(submission(**changes), jobs, now, link_for)


def test_the_card_says_what_and_who_asked() -> None:
    assert "*Translate talk.mp4*\nasked by <@UALICE>" in words(card(job()))


def test_a_running_job_shows_its_time_and_no_percentage() -> None:
    shown = words(card(job(JobState.RUNNING, status_word="processing")))
    assert "*French (France)*: in progress (processing at HeyGen), 1 min" in shown
    assert "%" not in shown


def test_a_ready_job_has_its_link() -> None:
    ready = job(JobState.SUCCEEDED, finished_at=NOW + 61, duration=12.0, handle="J7", link_id="link_7")
    assert "ready after 1 min, 12 s long · <https://greenroom.example/v/J7|Watch" in words(card(ready))


def test_an_unready_job_has_no_link() -> None:
    assert "greenroom.example" not in words(card(job(JobState.RUNNING), job(JobState.FAILED), job(JobState.WAITING)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": SubmissionState.INTENDED}, "waiting to be sent"),
        ({"state": SubmissionState.SENDING}, "being sent to HeyGen"),
        ({"state": SubmissionState.SENT}, "accepted by HeyGen, not started yet"),
        ({"state": SubmissionState.WAITING_APPROVAL}, "waiting for an approval"),
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
    shown = words(card(job(JobState.UNWANTED, price=2_100_000)))
    assert "no longer wanted; HeyGen can't be stopped and bills it (about $2.10)" in shown
    assert "cancelled" not in shown


def test_vendor_and_user_text_cannot_ping_or_link() -> None:
    shown = words(card(job(JobState.FAILED, label="<!channel>", failure="<https://evil.example|x>"), title="<@UBOB>"))
    assert "<!channel>" not in shown
    assert "<https://evil" not in shown
    assert "<@UBOB>" not in shown


def test_an_open_card_can_be_refreshed() -> None:
    assert buttons(card(job(JobState.RUNNING), job(JobState.FAILED)))["refresh_card"] == "sub_1"


def test_a_final_card_with_failures_can_be_retried() -> None:
    offered = buttons(card(job(JobState.SUCCEEDED), job(JobState.FAILED)))
    assert offered == {"retry_failed": "sub_1", "translate_result": "sub_1"}


def test_what_is_ready_can_be_translated_and_what_is_linked_withdrawn() -> None:
    assert buttons(card(job(JobState.SUCCEEDED))) == {"translate_result": "sub_1"}
    linked = buttons(card(job(JobState.SUCCEEDED, link_id="link_1")))
    assert linked == {"translate_result": "sub_1", "withdraw_links": "sub_1"}
    assert buttons(card(job(JobState.FAILED))) == {"retry_failed": "sub_1"}


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


# -- money -----------------------------------------------------------------------------------------------------

WAITING: dict[str, Any] = {
    "state": SubmissionState.WAITING_APPROVAL,
    "arguments": {"video_url": "https://cdn.example/launch.mp4?signature=secret", "mode": "speed"},
    "quote_low": 6_300_000,
    "quote_high": 6_300_000,
    "quote_basis": "42 s × 3 × $0.05 a second",
    "needs": Reason.TOO_DEAR,
    "expires_at": NOW + 86_400,
}
THREE = [job(JobState.WAITING, label=name) for name in ("French (France)", "German (Germany)", "Japanese (Japan)")]


def waiting(*jobs: Job, approvers: tuple[str, ...] = ("<@UBOB>", "<!subteam^S1>"), **changes: Any) -> Post:
    about = submission(**WAITING | changes)
    return card_of(about, jobs or THREE, NOW, link_for, approvers=approvers)


def test_a_card_that_waits_says_what_would_be_done_and_what_it_costs() -> None:
    shown = words(waiting())
    assert "translate (speech and lips) `cdn.example/launch.mp4?…` into 3 languages: " in shown
    assert "French (France), German (Germany), Japanese (Japan)" in shown
    assert "*about $6.30*\n42 s × 3 × $0.05 a second" in shown
    assert_sendable(waiting())


def test_what_may_be_a_secret_in_a_link_is_not_shown_to_the_channel() -> None:
    assert "secret" not in words(waiting()) + waiting().text
    assert "hunter2" not in shown_source("https://me:hunter2@cdn.example/a.mp4")


def test_who_can_approve_is_called_in_text_and_blocks() -> None:
    post = waiting()
    assert "<@UBOB> or <!subteam^S1>" in post.text
    assert "<@UBOB> or <!subteam^S1> can approve it until <!date^" in words(post)


def test_where_nobody_is_appointed_the_requester_is_called() -> None:
    assert "an approval by <@UALICE>" in waiting(approvers=()).text


def test_a_card_that_waits_never_begins_like_a_closing() -> None:
    assert not waiting().text.startswith("<@")


@pytest.mark.parametrize("needs", [*Reason, None])
def test_why_a_click_is_needed_is_said_in_words(needs: Reason | None) -> None:
    assert cards.why(needs, JobKind.TRANSLATION) in words(waiting(needs=needs))


def test_a_press_on_approve_is_bound_to_what_was_seen_and_asks_with_the_price() -> None:
    post = waiting()
    assert buttons(post)["approve_request"] == "sub_1:hash:6300000"
    assert "Spend about $6.30?" in asks(post, "approve_request")
    assert set(buttons(post)) == {"approve_request", "change_request", "decline_request"}


def test_a_range_is_shown_as_a_range() -> None:
    post = waiting(quote_low=500_000, quote_high=90_000_000, quote_basis="length unknown")
    assert "*between $0.50 and $90.00*" in words(post)


def test_what_was_taken_back_while_it_waits_is_shown_as_cancelled() -> None:
    kept, dropped = job(JobState.WAITING, label="German"), job(JobState.CANCELLED, label="Japanese")
    shown = words(waiting(kept, dropped))
    assert "into one language: German" in shown
    assert "Cancelled, not part of it any more: Japanese" in shown


def test_more_languages_than_fit_are_counted() -> None:
    post = waiting(*[job(JobState.WAITING, label="x" * 60) for _ in range(200)])
    assert_sendable(post)
    assert "into 200 languages" in words(post)
    assert " more" in words(post)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (SubmissionState.INTENDED, "It has not been sent to HeyGen yet: nothing will be billed."),
        (SubmissionState.SENDING, "It is on its way to HeyGen and can't be stopped: about $4.20 will be billed"),
        (SubmissionState.SENT, "HeyGen has it and can't be stopped: about $4.20 will be billed all the same."),
    ],
)
def test_a_press_on_cancel_asks_with_the_truth(state: SubmissionState, said: str) -> None:
    jobs = [job(JobState.WAITING, price=2_100_000), job(JobState.RUNNING, price=2_100_000)]
    assert said in asks(card(*jobs, job(JobState.SUCCEEDED, price=5), state=state), "cancel_request")


def test_what_is_over_cannot_be_cancelled() -> None:
    assert "cancel_request" not in buttons(card(job(JobState.UNKNOWN)))


def test_an_open_card_shows_the_quote_and_a_final_one_what_it_came_to() -> None:
    about = submission(**WAITING | {"state": SubmissionState.SENT})
    running = words(card_of(about, [job(JobState.RUNNING)], NOW, link_for))
    done = words(card_of(about, [job(JobState.SUCCEEDED)], NOW, link_for, cost=5_190_000))
    assert "about $6.30 (42 s × 3 × $0.05 a second)" in running
    assert "came to about $5.19" in done
    assert "$6.30" not in done


def test_who_approved_stays_on_the_card() -> None:
    assert "approved by <@UBOB>" in words(card(job(), decided_by="UBOB", approved_hash="hash"))


def test_a_declined_card_says_by_whom_and_has_no_buttons() -> None:
    ended = {"state": SubmissionState.CANCELLED, "error_code": "declined", "error": "declined by <@UBOB>"}
    post = card(job(JobState.CANCELLED), **ended)
    assert "· declined by <@UBOB>" in words(post)
    assert "declined; it was not sent and costs nothing" in words(post)
    assert buttons(post) == {}


def test_the_operators_copy_leads_to_the_thread_and_can_be_decided() -> None:
    post = cards.ops_card(
        submission(**WAITING), THREE, place="<#C1> · <https://x|to the thread>", approvers=["<@UBOB>"]
    )
    assert "In <#C1> · <https://x|to the thread>" in words(post)
    assert "approve_request" in buttons(post)
    assert_sendable(post)


def test_the_operators_copy_of_what_was_decided_has_no_buttons() -> None:
    about = submission(**WAITING | {"state": SubmissionState.SENT, "decided_by": "UBOB", "approved_hash": "hash"})
    post = cards.ops_card(about, [job(JobState.RUNNING)], place="<#C1>")
    assert "1 in progress" in words(post)
    assert "approved by <@UBOB>" in words(post)
    assert buttons(post) == {}
