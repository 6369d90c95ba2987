"""Tables that fit, ids that can be copied, times that can be read."""

from __future__ import annotations

import json

import pytest

from agent.records import Json
from bot.operations.rendering import WIDTH, ago, as_json, page, table
from bot.store.endings import NEVER
from bot.store.overview import Detail, Kind

NOW = 1_800_000_000.0
HEX = "0123456789abcdef01234567"


def row(kind: Kind = Kind.SUBMISSION, **other: object) -> Json:
    """As long as they come."""
    return {
        "id": f"{kind}_{HEX}",
        "conversation_id": f"conversation_{HEX}",
        "submission_id": f"submission_{HEX}",
        "kind": "closing" if kind is Kind.DELIVERY else "translation",
        "handle": "J123",
        "state": max(kind.states, key=len),
        "created_at": NOW - 86_400 * 2,
        "not_before": NOW + 90,
        "due_at": NOW + 90,
        "model_calls": 8,
        "attempts": 40,
        "error": "too_many_attempts_at_something_long",
        "error_code": "too_many_attempts_at_something_long",
    } | other


@pytest.mark.parametrize(
    ("seconds", "shown"), [(-3, "0s"), (59.9, "59s"), (60, "1m"), (3_599, "59m"), (7_200, "2h"), (172_800, "2d")]
)
def test_spans_have_one_unit(seconds: float, shown: str) -> None:
    assert ago(seconds) == shown


@pytest.mark.parametrize("kind", Kind)
def test_lines_fit_the_width_and_ids_are_whole(kind: Kind) -> None:
    lines = table(kind, [row(kind), row(kind, error=None, error_code=None)], NOW).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert all(HEX in line for line in lines[1:])


@pytest.mark.parametrize(
    ("state", "not_before", "shown"), [("sending", NOW - 1, "now"), ("sending", NOW + 90, "1m"), ("sent", 0.0, None)]
)
def test_what_happens_next_is_said(state: str, not_before: float, shown: str | None) -> None:
    heading, line = table(Kind.SUBMISSION, [row(state=state, not_before=not_before)], NOW).splitlines()
    cell = line[heading.index("NEXT") : heading.index("ERROR")].strip()
    assert cell == (shown or "")


def test_a_job_nobody_looks_at_has_no_next_time() -> None:
    heading, line = table(Kind.JOB, [row(Kind.JOB, state="unknown", due_at=NEVER)], NOW).splitlines()
    assert line[heading.index("NEXT") : heading.index("SUBMISSION")].strip() == ""


def test_a_page_shows_times_both_ways_and_leaves_out_what_is_empty() -> None:
    shown = page(Detail(Kind.SUBMISSION, {"id": "s1", "sent_at": NOW - 60, "error": None, "not_before": 0.0}), NOW)
    assert shown.splitlines() == ["submission s1", "  id       s1", "  sent_at  2027-01-15T07:59:00Z (1m ago)"]


def test_relatives_do_not_repeat_the_ids_above_them() -> None:
    detail = Detail(Kind.TURN, {"id": "t1", "workspace_id": "T1"}, {"model_calls": [{"seq": 1, "workspace_id": "T1"}]})
    assert page(detail, NOW).splitlines()[-2:] == ["model calls (1)", "  - seq  1"]


def test_text_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in page(Detail(Kind.JOB, {"id": "j1", "label": "\x1b[2J"}), NOW)


def test_json_has_readable_times_and_null_for_never() -> None:
    shown = json.loads(as_json([{"created_at": NOW, "due_at": NEVER, "not_before": 0.0, "attempts": 2}]))
    assert shown == [{"created_at": "2027-01-15T08:00:00Z", "due_at": None, "not_before": None, "attempts": 2}]
