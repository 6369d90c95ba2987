"""What is posted of a batch: counts and a few lines, never two hundred, and what may be decided at the moment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.batches import BatchState
from agent.money import Reason
from agent.records import JobState
from bot.slack.batch_cards import SHOWN, card, closing, ops_card, sample_post
from tests.unit.bot.slack.batch_rows import COMMON, batch, member, members, shown
from tests.unit.bot.slack.posts import NASTY, asks, assert_sendable, buttons, words
from tests.unit.bot.slack.rows import NOW

S, F, R, W, C = (
    *(JobState.SUCCEEDED, JobState.FAILED, JobState.RUNNING),
    *(JobState.WAITING, JobState.CANCELLED),
)
SAMPLING = batch(BatchState.SAMPLING, sample_id="sub_1", expires_at=NOW + 900)
VALUE = "batch_0123456789abcdef:hash:"


def test_a_card_counts_and_shows_what_matters_most() -> None:
    many = members(*[S] * 150, *[F] * 3, *[R] * 10, *[W] * 37)
    post = card(shown(batch(), many))
    told = words(post)
    assert_sendable(post)
    assert "150 ready, 3 failed, 10 in progress, 37 waiting" in post.text
    assert told.count("failed after") == 3
    assert "… and 190 more (150 ready, 3 in progress, 37 waiting)" in told
    assert len([line for line in told.splitlines() if line.startswith(":")]) == SHOWN


def test_a_small_batch_is_shown_whole_and_in_order() -> None:
    told = words(card(shown(batch(), members(S, R, W))))
    assert told.index("Lead 1") < told.index("Lead 2") < told.index("Lead 3")
    assert "more" not in told


def test_what_waits_for_an_approval_says_exactly_what_it_is() -> None:
    common = {
        **COMMON,
        "columns": {"name": "First name", "company": "Firma"},
        "left_out": ["Row 4: no name.", "Row 7: the same as row 2."],
        "left_out_count": 12,
    }
    asked = batch(
        BatchState.WAITING_APPROVAL,
        arguments=common,
        needs=Reason.UNTRUSTED,
        expires_at=NOW + 900,
        sample_id="sub_1",
        title="Intros <!channel>",
    )
    post = card(shown(asked, members(W, W, W)), approvers=["<@UBOB>"])
    told = words(post)
    assert_sendable(post)
    assert "HeyGen would make 3 videos, in which *Ava* (voice: *Emma*) says:\n> Hi {name}, hello from us." in told
    assert "`{name}` is the column “First name”, `{company}` is the column “Firma”" in told
    assert "One each for: Lead 1 (Acme), Lead 2 (Acme), Lead 3 (Acme)" in told
    assert "*12 rows left out:*\n• Row 4: no name.\n• Row 7: the same as row 2.\n… and 10 more" in told
    assert "between $1.20 and $2.40" in told
    assert "One is made first, as a sample. The others are made only when <@UALICE> has seen it" in told
    assert "<@UBOB> can approve it" in told
    assert "<!channel>" not in told
    assert buttons(post) == {"approve_batch": f"{VALUE}2400000", "decline_batch": f"{VALUE}2400000"}
    assert "Spend between $1.20 and $2.40? One goes to HeyGen at once, as a sample." in asks(post, "approve_batch")


def test_an_approval_without_a_sample_is_for_all_at_once() -> None:
    asked = batch(BatchState.WAITING_APPROVAL, needs=Reason.TOO_DEAR)
    post = card(shown(asked, members(W, W)))
    assert "sample" not in words(post)
    assert "It goes to HeyGen at once." in asks(post, "approve_batch")
    assert "<@UALICE> can approve it" in words(post)


def test_while_the_sample_is_made_the_others_wait() -> None:
    post = card(shown(SAMPLING, members(R, W, W)))
    assert "One is made first, as a sample. The other 2 wait until <@UALICE> has seen it." in words(post)
    assert set(buttons(post)) == {"refresh_batch", "cancel_batch"}


def test_a_sample_that_is_ready_has_its_buttons_with_the_price_of_the_rest() -> None:
    for post in (card(shown(SAMPLING, members(S, W, W))), sample_post(shown(SAMPLING, members(S, W, W)))):
        assert_sendable(post)
        told = words(post)
        assert "https://greenroom.example/v/J1" in told
        assert "between $0.80 and $1.60" in told
        assert {"make_rest", "refuse_sample"} <= set(buttons(post))
        assert "Make the other 2? They cost between $0.80 and $1.60." in asks(post, "make_rest")
    assert post.text.startswith("<@UALICE> the sample of Intros is ready")


@pytest.mark.parametrize(
    ("state", "said"),
    [(BatchState.GOING, "the others are being made"), (BatchState.CANCELLED, "nothing else is made")],
)
def test_once_decided_the_sample_asks_nothing_more(state: BatchState, said: str) -> None:
    post = sample_post(shown(batch(state, sample_id="sub_1"), members(S, R, C)))
    assert said in words(post)
    assert buttons(post) == {}


def test_cancelling_says_what_is_billed_all_the_same() -> None:
    post = card(shown(batch(), members(R, W, W)))
    told = asks(post, "cancel_batch")
    assert "2 have not been sent to HeyGen and will not be billed." in told
    assert "HeyGen has 1, which can't be stopped and are billed, up to $0.80." in told


def test_what_is_over_can_be_retried_where_something_failed() -> None:
    assert set(buttons(card(shown(batch(), members(S, F))))) == {"retry_batch"}
    assert buttons(card(shown(batch(), members(S, S)))) == {}


def test_the_card_says_what_it_came_to_and_who_agreed() -> None:
    asked = batch(decided_by="UBOB", approved_hash="hash")
    told = words(card(shown(asked, members(S, S), cost=1_000_000)))
    assert "came to about $1.00 · approved by <@UBOB>" in told


# -- closings


def test_the_closing_calls_the_requester_and_tells_the_truth() -> None:
    many = members(*[S] * 195, *[F] * 3, *[C] * 2)
    post = closing(shown(batch(), many))
    assert_sendable(post)
    assert post.text == "<@UALICE> Intros: 195 of 200 are ready, 3 failed, 2 cancelled."
    told = words(post)
    assert told.count("failed after") == 3
    assert "The list of all of them follows as a file." in told
    assert buttons(post) == {"retry_batch": f"{VALUE}0"}


def test_all_good_is_said_shortly() -> None:
    post = closing(shown(batch(), members(S, S, S)))
    assert "all 3 are ready." in post.text
    assert words(post).count("Watch the video") == 3
    assert buttons(post) == {}


@pytest.mark.parametrize(
    ("code", "error", "said"),
    [
        ("declined", "declined by <@UBOB>", "was declined by <@UBOB>."),
        ("expired", "expired", "was not decided in time, so I dropped it."),
        ("cancelled", "cancelled by <@UDAVE>", "was cancelled by <@UDAVE>."),
        (None, None, "was cancelled."),
    ],
)
def test_what_never_left_says_why_and_that_it_is_free(code: str | None, error: str | None, said: str) -> None:
    post = closing(shown(batch(BatchState.CANCELLED, error_code=code, error=error), members(C, C)))
    assert said in words(post)
    assert "nothing is billed" in words(post)


def test_a_batch_that_was_stopped_after_its_sample_says_so() -> None:
    post = closing(shown(batch(BatchState.CANCELLED, error_code="sample_refused"), members(S, C, C)))
    assert "1 of 3 is ready, 2 cancelled." in post.text
    assert "It was stopped after the sample." in words(post)


def test_a_sample_that_failed_says_so_and_can_be_tried_again() -> None:
    post = closing(shown(batch(BatchState.CANCELLED, error_code="sample_failed"), members(F, C, C)))
    assert "the sample could not be made, so nothing else was sent" in words(post)
    assert "retry_batch" in buttons(post)


def test_the_operators_copy_leads_to_the_thread() -> None:
    waiting = batch(BatchState.WAITING_APPROVAL, needs=Reason.TOO_DEAR)
    post = ops_card(shown(waiting, members(W)), place="<#C1>")
    assert "In <#C1>" in words(post)
    assert "approve_batch" in buttons(post)
    assert buttons(ops_card(shown(batch(), members(R)), place="<#C1>")) == {}


@given(
    st.lists(st.tuples(st.sampled_from(JobState), NASTY, st.none() | NASTY), min_size=1, max_size=30),
    st.sampled_from(BatchState),
    NASTY,
)
def test_nothing_that_stands_in_a_list_breaks_a_post(
    rows: list[tuple[JobState, str, str | None]], state: BatchState, text: str
) -> None:
    of = [member(job, name, row=row, failure=reason) for row, (job, name, reason) in enumerate(rows, start=1)]
    common = {"template": text, "avatar": text, "columns": {"name": text}, "left_out": [text], "left_out_count": 1}
    asked = batch(state, title=text or "x", arguments=common, sample_id="sub_1", basis=text)
    for post in (card(shown(asked, of)), closing(shown(asked, of)), sample_post(shown(asked, of))):
        assert_sendable(post)


def test_a_forgotten_batch_still_makes_a_card() -> None:
    gone = batch(BatchState.CANCELLED, title="deleted", arguments={}, requester="deleted-1")
    assert "somebody whose data was deleted" in words(card(shown(gone, members(S, C))))
