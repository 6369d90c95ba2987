"""Tool calls in plain words."""

from __future__ import annotations

import pytest

from agent.steps import TITLE_LIMIT, StepState, state_of, title_of
from agent.tool_calls import Failed, TryAgain, Value


@pytest.mark.parametrize(
    ("tool", "title"),
    [
        ("list_languages", "Asking HeyGen for the languages"),
        ("list_webhook_events", "Asking HeyGen: list webhook events"),
        ("<!channel>", "Asking HeyGen: channel"),
        ("«»", "Asking HeyGen"),
    ],
)
def test_a_call_has_a_title(tool: str, title: str) -> None:
    assert title_of(tool) == title


def test_a_title_is_bounded() -> None:
    assert len(title_of("word_" * 100)) <= TITLE_LIMIT


def test_what_failed_is_shown_as_failed() -> None:
    outcomes = [Value({}), Failed("no", "No."), TryAgain("what", "Which?")]
    assert list(map(state_of, outcomes)) == [StepState.COMPLETE, StepState.ERROR, StepState.ERROR]
