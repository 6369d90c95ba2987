"""Times, money and reasons in words."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.live.records import LiveEnd, LiveState
from bot.slack.live_words import at_time, begun_minutes, bill, cost_so_far, lasted, price, span, why_ended
from tests.unit.bot.slack.live_rows import PRICE, live_session
from tests.unit.bot.slack.rows import NOW


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (-3, "0 s"), (59.4, "59 s"), (60, "1 min"), (200, "3 min 20 s"), (3600, "60 min")],
)
def test_a_span_is_told_to_the_second(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_a_time_is_shown_in_the_readers_zone() -> None:
    assert at_time(NOW) == "<!date^1800000000^{time}|08:00 UTC>"


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 1), (0.1, 1), (60, 1), (60.1, 2), (900, 15)])
def test_each_minute_that_begins_is_paid(seconds: float, minutes: int) -> None:
    assert begun_minutes(seconds) == minutes
    assert cost_so_far(live_session(started_at=NOW), NOW + seconds) == minutes * PRICE


def test_what_has_not_started_costs_nothing() -> None:
    assert lasted(live_session(), NOW + 500) is None
    assert cost_so_far(live_session(), NOW + 500) == 0


@given(st.floats(0, 900), st.floats(0, 900))
def test_the_cost_never_falls_and_stays_below_what_was_promised(one: float, other: float) -> None:
    session = live_session(started_at=NOW)
    first, second = (cost_so_far(session, NOW + seconds) for seconds in sorted((one, other)))
    assert first <= second <= session.price_at_most


def test_a_stopped_session_grows_no_longer() -> None:
    assert lasted(live_session(started_at=NOW, stopped_at=NOW + 61), NOW + 500) == 61


def test_the_price_says_what_counts_and_how_much_it_can_be() -> None:
    assert price(live_session()) == "$0.12 a minute (each minute that begins), 15 min at the longest: at most $1.80"


def test_the_bill_is_exact() -> None:
    ended = live_session(LiveState.ENDED, started_at=NOW, stopped_at=NOW + 200, charged=480_000, credits=Decimal("4.0"))
    assert bill(ended) == "It lasted 3 min 20 s and came to $0.48; LiveAvatar counted 4 credits."


def test_a_bill_that_is_not_known_says_how_much_it_can_be() -> None:
    ended = live_session(LiveState.ENDED, started_at=NOW, stopped_at=NOW + 20, held=1_800_000)
    assert "is not known yet: at most $1.80." in bill(ended)


def test_what_never_started_is_not_billed() -> None:
    assert bill(live_session(LiveState.ENDED, end=LiveEnd.EXPIRED)).endswith("nothing is billed.")


@pytest.mark.parametrize("end", [None, *LiveEnd])
def test_every_end_has_words_of_its_own(end: LiveEnd | None) -> None:
    words = why_ended(live_session(LiveState.ENDED, end=end, ended_by="UBOB", claimed_by="UBOB"))
    others = {
        why_ended(live_session(end=other, ended_by="UEVE", claimed_by="UEVE")) for other in LiveEnd if other != end
    }
    assert words
    assert words not in others


def test_who_ended_it_is_named() -> None:
    assert why_ended(live_session(end=LiveEnd.OPERATOR, ended_by="UBOB")) == "<@UBOB> ended it"
    assert why_ended(live_session(end=LiveEnd.CLAIMED, claimed_by="UBOB")) == "<@UBOB> has this conversation now"
    assert why_ended(live_session(end=LiveEnd.VISITOR, ended_by="gone-1")).startswith("somebody whose data was deleted")
