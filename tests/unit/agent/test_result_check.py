"""What looks doubtful about a result: only what was measured, against what could be expected."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.records import JobKind, Submission, SubmissionState
from agent.result_check import Expected, Measured, doubts, expected, other_language

GOOD = Measured(seconds=42.0, readable=42.0, loudest=0.3, brightest=120.0, pictures=8, moves=True)
LIKE_SOURCE = Expected(seconds=42.0, least=0.6, most=1.8, moves=True)


def submission(kind: JobKind = JobKind.TRANSLATION, **other: Any) -> Submission:
    fields = ("id", "key", "workspace_id", "account_id", "conversation_id", "turn_id", "call_id", "requester")
    given = {"arguments": {}, "arguments_hash": "", "title": "", "state": SubmissionState.SENT, "created_at": 0.0}
    money = {"quote_low": 4_200_000, "quote_high": 4_200_000, "quote_rate": 50_000}
    return Submission(**dict.fromkeys(fields, "x"), kind=kind, **{**given, **money, **other})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, []),
        ({"video": False}, ["the file cannot be read as a video"]),
        ({"readable": 20.0}, ["the file ends after 20 of 42 s"]),
        ({"seconds": 20.0, "readable": 20.0}, ["it is 20 s long, about 42 s were to be expected"]),
        ({"seconds": 90.0, "readable": 90.0}, ["it is 90 s long, about 42 s were to be expected"]),
        ({"loudest": 0.0}, ["there is no sound in it"]),
        ({"brightest": 1.0, "moves": False}, ["its picture is black"]),
        ({"moves": False}, ["its picture stands still"]),
        (
            {"moves": False, "seconds": 2.0, "readable": 2.0, "pictures": 2},
            ["it is 2 s long, about 42 s were to be expected"],
        ),
    ],
)
def test_a_doubt_says_what_was_seen(changed: dict[str, Any], said: list[str]) -> None:
    assert doubts(dataclasses.replace(GOOD, **changed), LIKE_SOURCE) == said


def test_a_picture_may_stand_still_where_nobody_speaks_in_it() -> None:
    assert doubts(dataclasses.replace(GOOD, moves=False), dataclasses.replace(LIKE_SOURCE, moves=False)) == []


def test_what_was_not_measured_is_no_doubt() -> None:
    assert doubts(Measured(), LIKE_SOURCE) == []


@given(
    st.builds(
        Measured,
        seconds=st.one_of(st.none(), st.floats(0, 1e4)),
        readable=st.one_of(st.none(), st.floats(0, 1e4)),
        loudest=st.one_of(st.none(), st.floats(0, 1)),
        brightest=st.one_of(st.none(), st.floats(0, 255)),
        pictures=st.integers(0, 9),
        moves=st.booleans(),
    )
)
def test_nothing_is_to_be_expected_where_nobody_knew_the_length(measured: Measured) -> None:
    assert not any("expected" in one for one in doubts(measured, Expected()))


def test_the_length_that_was_quoted_is_what_is_expected() -> None:
    assert expected(submission(), 2) == Expected(seconds=42.0, least=0.6, most=1.8, moves=True)
    assert expected(submission(quote_low=1), 2).seconds is None
    assert expected(submission(quote_rate=None), 2).seconds is None
    script = expected(submission(JobKind.VIDEO), 1)
    assert (script.seconds, script.least, script.moves) == (84.0, 0.35, True)


@pytest.mark.parametrize(
    ("wanted", "named", "doubt"),
    [
        ("French (France)", "French", None),
        ("French (France)", None, None),
        ("French (France)", "German (Germany)", "HeyGen's record says that it is in German (Germany)"),
        ("Spanish (Mexico)", "Spanish (Spain)", None),
    ],
)
def test_another_language_is_one_whose_name_has_nothing_in_common(wanted: str, named: str | None, doubt: str) -> None:
    assert other_language(wanted, named) == doubt
