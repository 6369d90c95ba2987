"""When something is to be done, from words: what is understood, and that nothing else is guessed."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.when import CODES, DAYS, Every, Once, Unclear, when

FRIDAY = datetime(2026, 11, 27, 10, 0)
AT_NINE = "BYHOUR=9;BYMINUTE=0;BYSECOND=0"


@pytest.mark.parametrize(
    ("words", "rule", "shown", "monthly"),
    [
        ("every Monday at nine", f"FREQ=WEEKLY;INTERVAL=1;BYDAY=MO;{AT_NINE}", "every Monday at 09:00", 5),
        ("At 9am every monday.", f"FREQ=WEEKLY;INTERVAL=1;BYDAY=MO;{AT_NINE}", "every Monday at 09:00", 5),
        ("weekly on Monday at 9", f"FREQ=WEEKLY;INTERVAL=1;BYDAY=MO;{AT_NINE}", "every Monday at 09:00", 5),
        (
            "every Thursday and Monday at 9",
            f"FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TH;{AT_NINE}",
            "every Monday and Thursday at 09:00",
            10,
        ),
        (
            "every two weeks on Monday at 9",
            f"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;{AT_NINE}",
            "every 2 weeks on Monday at 09:00",
            3,
        ),
        ("daily at nine", f"FREQ=DAILY;INTERVAL=1;{AT_NINE}", "every day at 09:00", 31),
        ("every weekday at 9", f"FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;{AT_NINE}", "every weekday at 09:00", 23),
        (
            "every month on the 1st at 9",
            f"FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=1;{AT_NINE}",
            "every month on the 1st at 09:00",
            1,
        ),
        (
            "every month on the 30th at 9",
            f"FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=28,29,30;BYSETPOS=-1;{AT_NINE}",
            "every month on the 30th at 09:00",
            1,
        ),
        (
            "every month on the last day at 9",
            f"FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=-1;{AT_NINE}",
            "every month on the last day at 09:00",
            1,
        ),
    ],
)
def test_what_happens_again(words: str, rule: str, shown: str, monthly: int) -> None:
    assert when(words, FRIDAY) == Every(rule, shown, monthly)


@pytest.mark.parametrize(
    ("words", "local"),
    [
        ("tomorrow at 9:00", datetime(2026, 11, 28, 9, 0)),
        ("on Friday at noon", datetime(2026, 11, 27, 12, 0)),
        ("Friday at 9", datetime(2026, 12, 4, 9, 0)),
        ("next Monday at 9:30 pm", datetime(2026, 11, 30, 21, 30)),
        ("today at 17:00", datetime(2026, 11, 27, 17, 0)),
        ("at 9", datetime(2026, 11, 28, 9, 0)),
        ("2027-01-15 14:30", datetime(2027, 1, 15, 14, 30)),
        ("on 2027-01-15 at midnight", datetime(2027, 1, 15)),
    ],
)
def test_what_happens_once(words: str, local: datetime) -> None:
    assert when(words, FRIDAY) == Once(local)


@pytest.mark.parametrize(
    ("words", "minutes"),
    [("in two hours", 120), ("In half an hour!", 30), ("in a week", 10_080), ("in 90 minutes", 90)],
)
def test_what_happens_after_a_while(words: str, minutes: float) -> None:
    assert when(words, FRIDAY) == Once(delay=minutes * 60)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("every hour", "Once a day"),
        ("every Monday", "At what time?"),
        ("tomorrow", "At what time?"),
        ("every week at 9", "On which day?"),
        ("every month on the 32nd at 9", "No month"),
        ("at 25:00", "no such time"),
        ("at 13pm", "no such time"),
        ("today at 9:00", "has passed"),
        ("2026-02-30 9:00", "no such date"),
        ("2020-01-01 9:00", "has passed"),
        ("in 9999 weeks", "too soon or more than a year"),
        ("Monday and Friday at 9", "before several"),
        ("every Monday at 9 unless it rains", "I understand"),
        ("soon", "I understand"),
        ("", "I understand"),
    ],
)
def test_what_is_not_understood_is_said(words: str, why: str) -> None:
    found = when(words, FRIDAY)
    assert isinstance(found, Unclear)
    assert why in found.sentence


@given(st.text(max_size=60))
def test_any_words_have_an_answer(words: str) -> None:
    assert isinstance(when(words, FRIDAY), Once | Every | Unclear)


@given(st.sampled_from(range(7)), st.integers(0, 23), st.integers(0, 59), st.datetimes())
def test_a_day_of_the_week_is_the_next_one(day: int, hour: int, minute: int, now: datetime) -> None:
    if now.year > 9_000:
        return
    found = when(f"on {DAYS[day]} at {hour}:{minute:02}", now)
    assert isinstance(found, Once)
    assert found.local is not None
    assert (found.local.weekday(), found.local.hour, found.local.minute) == (day, hour, minute)
    assert 0 < (found.local - now).total_seconds() <= 7 * 86_400
    again = when(f"every {DAYS[day]} at {hour}:{minute:02}", now)
    assert isinstance(again, Every)
    assert f"BYDAY={CODES[day]};BYHOUR={hour};BYMINUTE={minute}" in again.rule
