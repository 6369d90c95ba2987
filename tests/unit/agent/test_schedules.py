"""When schedules are due, clocks that jump included, and what they may spend."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.money import Quote, Reason
from agent.recurrence import Recurrence, instant, is_zone, local_time, zone_of
from agent.schedules import Offer, Timing, click_for, offered, timing
from agent.when import Unclear

BERLIN = "Europe/Berlin"
ZONES = ("UTC", BERLIN, "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata", "America/Sao_Paulo")
DAILY = "FREQ=DAILY;INTERVAL=1;BYHOUR={};BYMINUTE={};BYSECOND=0"


def at(text: str, zone: str = BERLIN) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def shown(instant_: float | None, zone: str = BERLIN) -> str:
    assert instant_ is not None
    return datetime.fromtimestamp(instant_, ZoneInfo(zone)).strftime("%a %Y-%m-%d %H:%M %Z")


def due(words: str, now: float, zone: str = BERLIN) -> Timing:
    found = timing(words, now, zone)
    assert isinstance(found, Timing)
    return found


def recurrence(of: Timing) -> Recurrence:
    assert of.rule is not None
    assert of.anchor is not None
    return Recurrence(of.rule, datetime.fromisoformat(of.anchor), of.zone)


def test_nine_is_nine_before_and_after_the_clocks_change() -> None:
    monday = due("every Monday at nine", at("2026-10-20T12:00"))
    first = recurrence(monday).next_after(monday.next_at)
    assert [shown(monday.next_at), shown(first)] == ["Mon 2026-10-26 09:00 CET", "Mon 2026-11-02 09:00 CET"]
    before = due("every Monday at nine", at("2026-10-13T12:00"))
    assert shown(before.next_at) == "Mon 2026-10-19 09:00 CEST"
    assert recurrence(before).next_after(before.next_at) == monday.next_at


def test_a_time_that_is_left_out_comes_as_much_later_and_one_shown_twice_comes_first() -> None:
    spring = due("every day at 2:30", at("2026-03-28T12:00"))
    assert shown(spring.next_at) == "Sun 2026-03-29 03:30 CEST"
    assert shown(recurrence(spring).next_after(spring.next_at)) == "Mon 2026-03-30 02:30 CEST"
    autumn = due("every day at 2:30", at("2026-10-24T12:00"))
    assert shown(autumn.next_at) == "Sun 2026-10-25 02:30 CEST"
    assert shown(recurrence(autumn).next_after(autumn.next_at)) == "Mon 2026-10-26 02:30 CET"
    once = due("tomorrow at 2:30", at("2026-03-28T12:00"))
    assert shown(once.next_at) == "Sun 2026-03-29 03:30 CEST"


def test_a_day_that_a_zone_has_left_out_comes_once() -> None:
    samoa = due("every day at 9", at("2011-12-29T12:00", "Pacific/Apia"), "Pacific/Apia")
    again = recurrence(samoa).next_after(samoa.next_at)
    assert again is not None
    assert again > samoa.next_at
    assert shown(samoa.next_at, "Pacific/Apia").startswith("Sat 2011-12-31 09:00")
    assert shown(again, "Pacific/Apia").startswith("Sun 2012-01-01 09:00")


def test_every_second_week_counts_from_the_first_time() -> None:
    found = due("every two weeks on Monday at 9", at("2026-11-27T10:00"))
    assert shown(found.next_at) == "Mon 2026-11-30 09:00 CET"
    assert shown(recurrence(found).next_after(found.next_at)) == "Mon 2026-12-14 09:00 CET"


def test_a_day_that_a_month_does_not_have_is_its_last() -> None:
    found = due("every month on the 31st at 9", at("2027-01-31T10:00"))
    assert shown(found.next_at) == "Sun 2027-02-28 09:00 CET"
    assert shown(recurrence(found).next_after(found.next_at)) == "Wed 2027-03-31 09:00 CEST"


def test_what_was_missed_is_counted_within_a_bound() -> None:
    rule = Recurrence(DAILY.format(9, 0), datetime(2026, 1, 1), "UTC")
    first = at("2026-01-01T09:00", "UTC")
    assert rule.missed(first, first + 3 * 86_400 + 1) == 3
    assert rule.missed(first, first + 100_000 * 86_400) == 1_000


def test_a_while_is_counted_in_seconds_and_an_unknown_zone_is_refused() -> None:
    assert due("in two hours", 1_000.0).next_at == 8_200.0
    assert isinstance(timing("some day", 0.0, "UTC"), Unclear)
    assert [is_zone(name) for name in ("Europe/Berlin", "Mars/Base", "../etc/passwd", "")] == [
        True,
        False,
        False,
        False,
    ]
    with pytest.raises(ValueError, match="no time zone"):
        timing("in two hours", 0.0, "Mars/Base")


@given(
    st.sampled_from(ZONES),
    st.integers(0, 23),
    st.integers(0, 59),
    st.datetimes(datetime(1995, 1, 1), datetime(2037, 1, 1)),
)
def test_each_local_day_has_one_time_and_it_is_the_clocks(zone: str, hour: int, minute: int, start: datetime) -> None:
    """Over two days: later each time, never more than a day and a jump apart, at the wanted time if the day has it."""
    here = zone_of(zone)
    rule = Recurrence(DAILY.format(hour, minute), datetime.combine(start.date(), datetime.min.time()), zone)
    after = start.replace(tzinfo=UTC).timestamp()
    for _ in range(3):
        found = rule.next_after(after)
        assert found is not None
        assert 0 < found - after <= 50 * 3_600
        local = local_time(found, here)
        if (local.hour, local.minute) != (hour, minute):
            wanted = local.replace(hour=hour, minute=minute)
            back = local_time(instant(wanted, here), here)
            before = wanted - timedelta(days=1)
            assert back != wanted or local_time(instant(before, here), here) != before  # the clocks never showed it
        after = found


@given(st.integers(0, 10**8), st.integers(0, 40), st.one_of(st.none(), st.integers(0, 10**8)), st.integers(0, 10**9))
def test_an_offer_is_never_more_than_goes_without_a_click(
    limit: int, monthly: int, run: int | None, month: int
) -> None:
    offer = offered(limit, monthly, run=run, month=month)
    if offer is None:
        assert min(limit, limit if run is None else run) == 0
    else:
        assert 0 < offer.run <= limit
        assert offer.run <= offer.month <= offer.run * max(monthly, 1)


def test_what_is_left_decides() -> None:
    assert offered(10, 5) == Offer(run=10, month=50)
    assert click_for(Quote(1, 10, ""), 10) is None
    assert click_for(Quote(1, 11, ""), 10) is Reason.SCHEDULED
