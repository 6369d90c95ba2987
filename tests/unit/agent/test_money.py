"""Prices, quotes, clicks and caps: exact sums, and nothing is ever quoted for less than it costs."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import OverCap
from agent.money import (
    LONGEST_SECONDS,
    MICRO,
    PER_PIECE,
    PER_SECOND,
    SHORTEST_SECONDS,
    Cap,
    Period,
    Prices,
    Quote,
    Reason,
    Scope,
    click_needed,
    cost_of,
    dollars,
    drift,
    micro,
    period_start,
    prices_from,
)

SECONDS = st.floats(0.001, LONGEST_SECONDS, allow_nan=False)
AMOUNTS = st.integers(0, 10**12)
RATES = st.integers(0, 10**6)

# -- quotes


@given(RATES, SECONDS)
def test_a_cost_is_rounded_up_by_less_than_a_micro_dollar(rate: int, seconds: float) -> None:
    exact = rate * Fraction(str(seconds))
    assert 0 <= cost_of(rate, seconds) - exact < 1


def test_a_cost_counts_what_is_shorter_than_a_thousandth_of_a_second() -> None:
    assert cost_of(100_000, 10.0004) == 1_000_040


def test_a_length_below_nothing_costs_nothing() -> None:
    assert cost_of(100_000, -5.0) == 0


@given(st.sampled_from([*PER_SECOND]), st.integers(1, 30), SECONDS)
def test_a_known_length_has_one_price_of_equal_pieces(name: str, pieces: int, seconds: float) -> None:
    quote = Prices().by_second(name, pieces, seconds)
    assert quote.low == quote.high == pieces * quote.per_piece
    assert quote.rate is not None
    assert quote.per_piece == cost_of(quote.rate, seconds)


@given(st.sampled_from([*PER_SECOND]), st.integers(1, 30), st.floats(SHORTEST_SECONDS, LONGEST_SECONDS))
def test_the_range_of_an_unknown_length_holds_every_length(name: str, pieces: int, seconds: float) -> None:
    vague, known = Prices().by_second(name, pieces, None), Prices().by_second(name, pieces, seconds)
    assert vague.low <= known.low <= known.high <= vague.high


@given(AMOUNTS, st.integers(0, 50))
def test_the_price_of_one_piece_never_falls_short(high: int, pieces: int) -> None:
    per_piece = Quote(0, high, "", pieces).per_piece
    assert high <= per_piece * max(pieces, 1) < high + max(pieces, 1)


def test_a_fixed_price_is_the_same_for_every_piece() -> None:
    quote = Prices().by_piece("cinematic", 3)
    assert (quote.low, quote.high, quote.per_piece, quote.rate) == (21 * MICRO, 21 * MICRO, 7 * MICRO, None)
    assert quote.basis == "3 × $7.00"


def test_a_price_nobody_has_set_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Prices({"tea": MICRO}).by_second("tea", 1, 1.0)
    with pytest.raises(KeyError):
        Prices().by_piece("translation.speed", 1)


@pytest.mark.parametrize(
    ("quote", "words", "basis"),
    [
        (Prices().by_second("translation.speed", 2, 63.0), "about $6.30", "63 s × 2 × $0.05 a second"),
        (
            Prices().by_second("translation.speed", 1, None),
            "between $0.50 and $90.00",
            "length unknown, at most 30 min, 1 × $0.05 a second",
        ),
    ],
)
def test_a_quote_says_what_it_costs_and_how_that_comes_about(quote: Quote, words: str, basis: str) -> None:
    assert (quote.words(), quote.basis) == (words, basis)


# -- prices of the installation


def test_own_prices_stand_in_place_of_the_built_in_ones() -> None:
    prices = Prices(prices_from(" translation.speed = 0.04 , cinematic=$6.50,"))
    assert prices.by_second("translation.speed", 1, 10.0).high == 400_000
    assert prices.by_piece("cinematic", 1).high == 6_500_000
    assert prices.by_second("speech", 1, 10.0) == Prices().by_second("speech", 1, 10.0)


def test_no_prices_are_no_prices() -> None:
    assert prices_from("") == prices_from(" , ") == {}


@pytest.mark.parametrize("name", [*PER_SECOND, *PER_PIECE])
def test_every_built_in_price_can_be_set(name: str) -> None:
    assert prices_from(f"{name}=1") == {name: MICRO}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("tea=1", "'tea' is no price; there are: translation.speed"),
        ("speech=1, cinematic=much", "cinematic has to be an amount in dollars"),
        ("speech", "speech has to be an amount in dollars"),
        ("speech=-1", "speech has to be"),
        ("=1", "'' is no price"),
    ],
)
def test_a_wrong_price_is_named(text: str, part: str) -> None:
    with pytest.raises(ValueError, match=re.escape(part)):
        prices_from(text)


# -- amounts


@given(st.integers(0, 10**15 - 1))
def test_whole_micro_dollars_are_taken_as_they_are(amount: int) -> None:
    assert micro(Decimal(amount) / MICRO) == amount


@given(st.decimals(0, 10**8, places=9))
def test_an_amount_is_never_rounded_down(amount: Decimal) -> None:
    assert 0 <= micro(amount) - amount * MICRO < 1


@pytest.mark.parametrize(("amount", "whole"), [("12.50", 12_500_000), (" $3 ", 3_000_000), (0.1, 100_000), ("0", 0)])
def test_micro(amount: str | float, whole: int) -> None:
    assert micro(amount) == whole


@pytest.mark.parametrize(
    "amount", ["", "ten", "-1", "-0.0000001", "nan", "-nan", "snan", "inf", "1e9", "1e999999", "1,5", -math.inf, "€5"]
)
def test_what_is_no_amount_of_money_is_a_value_error(amount: str | float) -> None:
    with pytest.raises(ValueError, match="has to be an amount in dollars, such as"):
        micro(amount)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (0, "$0.00"),
        (6_300_000, "$6.30"),
        (1_234_567_890_000, "$1,234,567.89"),
        (10_000, "$0.01"),
        (667, "$0.000667"),
        (-667, "-$0.000667"),
        (-2_500_000, "-$2.50"),
    ],
)
def test_dollars(amount: int, shown: str) -> None:
    assert dollars(amount) == shown


@pytest.mark.parametrize(("amount", "shown"), [(43_300, "$0.0433"), (100_000_000, "$100"), (-43_300, "-$0.0433")])
def test_an_exact_price_is_shown_with_all_its_digits(amount: int, shown: str) -> None:
    assert dollars(amount, exact=True) == shown


@given(st.integers(-(10**12), 10**12))
def test_what_is_shown_is_at_most_half_a_cent_away(amount: int) -> None:
    shown = Decimal(dollars(amount).replace("$", "").replace(",", ""))
    assert abs(shown * MICRO - amount) <= 5_000
    assert (shown != 0) is (amount != 0)


# -- who has to agree


@pytest.mark.parametrize(
    ("high", "tainted", "asked", "reason"),
    [
        (10, False, True, None),
        (0, False, True, None),
        (11, False, True, Reason.TOO_DEAR),
        (11, True, False, Reason.TOO_DEAR),
        (10, True, True, Reason.UNTRUSTED),
        (10, True, False, Reason.UNTRUSTED),
        (10, False, False, Reason.NOT_ASKED),
    ],
)
def test_click_needed(high: int, tainted: bool, asked: bool, reason: Reason | None) -> None:
    assert click_needed(Quote(0, high, ""), limit=10, tainted=tainted, asked=asked) is reason


@given(AMOUNTS, AMOUNTS, AMOUNTS, st.booleans(), st.booleans())
def test_nothing_goes_by_itself_that_may_cost_more_than_the_limit(
    low: int, high: int, limit: int, tainted: bool, asked: bool
) -> None:
    quote = Quote(min(low, high), high, "")
    by_itself = click_needed(quote, limit=limit, tainted=tainted, asked=asked) is None
    assert by_itself is (high <= limit and asked and not tainted)


# -- caps


@pytest.mark.parametrize(
    ("scope", "whose"),
    [(Scope.WORKSPACE, "the workspace's"), (Scope.CHANNEL, "this channel's"), (Scope.PERSON, "your")],
)
def test_a_cap_says_whose_it_is_and_what_is_left(scope: Scope, whose: str) -> None:
    error = OverCap(Cap(scope, Period.MONTH, 10 * MICRO), 7 * MICRO, 5 * MICRO)
    assert f"up to $5.00, but $3.00 of {whose} $10.00 for this month" in error.sentence


def test_somebody_else_is_told_whose_cap_it_is() -> None:
    error = OverCap(Cap(Scope.PERSON, Period.DAY, 10 * MICRO), 7 * MICRO, 5 * MICRO)
    assert "$3.00 of Ada's $10.00 for this day" in error.for_others("Ada")


def test_a_cap_that_is_passed_already_leaves_nothing() -> None:
    error = OverCap(Cap(Scope.PERSON, Period.DAY, MICRO), 2 * MICRO, MICRO)
    assert "but $0.00 of your $1.00" in error.sentence


# -- periods


def moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("now", "day", "month"),
    [
        ("2026-01-31T23:59:59", "2026-01-31", "2026-01-01"),
        ("2026-02-01T00:00:00", "2026-02-01", "2026-02-01"),
        ("2028-02-29T12:00:00", "2028-02-29", "2028-02-01"),
        ("2028-03-01T00:00:00.5", "2028-03-01", "2028-03-01"),
        ("2026-12-31T23:59:59", "2026-12-31", "2026-12-01"),
        ("2027-01-01T00:00:00", "2027-01-01", "2027-01-01"),
    ],
)
def test_periods_begin_at_midnight_of_utc(now: str, day: str, month: str) -> None:
    assert period_start(Period.DAY, moment(now)) == moment(day)
    assert period_start(Period.MONTH, moment(now)) == moment(month)


@given(st.floats(0, 4e9))
def test_a_moment_is_in_its_own_period(now: float) -> None:
    day, month = period_start(Period.DAY, now), period_start(Period.MONTH, now)
    assert month <= day <= now < day + 86_400
    assert now - month < 31 * 86_400
    assert period_start(Period.DAY, day) == day
    assert period_start(Period.MONTH, day) == month


# -- drift


@given(AMOUNTS, AMOUNTS, st.data())
def test_what_holds_may_have_taken_is_explained(left: int, held: int, data: st.DataObject) -> None:
    expected = left + held
    assert drift(expected, held, data.draw(st.integers(left, expected))) == 0


@given(AMOUNTS, AMOUNTS, st.integers(1, 10**9))
def test_what_is_missing_beyond_all_holds_is_drift(left: int, held: int, lost: int) -> None:
    assert drift(left + held, held, left - lost) == lost


@given(AMOUNTS, AMOUNTS, st.integers(1, 10**9))
def test_what_is_left_beyond_the_ledger_is_negative_drift(expected: int, held: int, found: int) -> None:
    assert drift(expected, held, expected + found) == -found
