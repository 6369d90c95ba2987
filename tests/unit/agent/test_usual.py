"""What is usual: learnt where there is enough to learn from, built in elsewhere, and never invented."""

from __future__ import annotations

from agent.records import JobKind
from agent.usual import BUILT_IN, ENOUGH, Past, Span, usual

KIND = JobKind.TRANSLATION


def test_the_fastest_and_the_slowest_fifth_do_not_count() -> None:
    past = [Past(float(took)) for took in (1, 100, 110, 120, 130, 140, 150, 160, 170, 9_999, 9_999)]
    assert usual(KIND, past) == Span(110.0, 170.0)


def test_too_few_say_nothing() -> None:
    past = [Past(1.0)] * (ENOUGH - 1)
    assert usual(KIND, past) == BUILT_IN[KIND]
    assert usual(JobKind.VIDEO, past) is None


def test_what_is_about_as_long_counts_first() -> None:
    past = [Past(10.0, 30.0)] * ENOUGH + [Past(1_000.0, 600.0)] * ENOUGH
    assert usual(KIND, past, 45.0) == Span(10.0, 10.0)
    assert usual(KIND, past, 700.0) == Span(1_000.0, 1_000.0)
    whole = usual(KIND, past, 9_000.0)
    assert whole is not None
    assert (whole.low, whole.high) == (10.0, 1_000.0)
