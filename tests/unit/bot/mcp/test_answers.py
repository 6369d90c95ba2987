"""Every answer says whether it was done, in one word what it is, and whether to ask again."""

from __future__ import annotations

import pytest

from agent.records import Json
from agent.tool_calls import ADDED, Deferred, Failed, NeedsApproval, Outcome, TryAgain, Value
from bot.mcp import answers

CALL = "mcp-1"


@pytest.mark.parametrize(
    ("outcome", "frame"),
    [
        (Value({"a": 1}), (True, "ok", False, None)),
        (Value({"done": False, ADDED: "Press."}), (True, "needs_approval", False, None)),
        (Deferred("s1", "words", {"jobs": []}), (True, "submitted", True, 5.0)),
        (NeedsApproval("s1", "words", {"jobs": []}), (True, "needs_approval", True, 15.0)),
        (TryAgain("unknown_source", "Which?", "hint", ["a"]), (False, "unknown_source", False, None)),
        (Failed("over_cap", "No."), (False, "over_cap", False, None)),
        (Failed("rate_limited", "Busy.", retryable=True, retry_after=7.0), (False, "rate_limited", True, 7.0)),
    ],
)
def test_each_outcome_has_its_frame(outcome: Outcome, frame: tuple[bool, str, bool, float | None]) -> None:
    told = answers.of_outcome(outcome, CALL)
    assert tuple(told[name] for name in ("ok", "code", "retryable", "retry_after_s")) == frame
    assert told["call"] == CALL


def test_what_the_runtime_would_say_in_a_thread_is_a_summary_here() -> None:
    told = answers.of_outcome(Value({"spending": [], ADDED: "Nothing was spent."}), CALL)
    assert (told["summary"], ADDED in told) == ("Nothing was spent.", False)


@pytest.mark.parametrize(
    ("words", "again"),
    [
        (["completed", "failed"], (False, None)),
        (["completed", "running"], (True, 5.0)),
        (["needs_approval", "cancelled"], (True, 15.0)),
        (["needs_approval", "queued"], (True, 5.0)),
        ([], (False, None)),
    ],
)
def test_when_to_look_again(words: list[str], again: tuple[bool, float | None]) -> None:
    assert answers.read_again(words) == again


def test_an_error_carries_more_where_there_is_more() -> None:
    told: Json = answers.error("busy", "Later.", retryable=True, retry_after=1.0, handles=["J9"])
    assert (told["ok"], told["message"], told["handles"]) == (False, "Later.", ["J9"])
