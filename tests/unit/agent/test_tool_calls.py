"""Outcomes: kept as checkpoints, told to the model, told to a person."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.tool_calls import (
    ERROR_LIMIT,
    VALUE_LIMIT,
    Deferred,
    Failed,
    Outcome,
    TryAgain,
    Value,
    for_person,
    from_checkpoint,
    output_item,
    to_checkpoint,
    to_model,
)

WORDS = st.text(max_size=40)
DATA = st.dictionaries(WORDS, st.recursive(st.none() | st.booleans() | st.integers() | WORDS, st.lists, max_leaves=5))
OUTCOMES: st.SearchStrategy[Outcome] = st.one_of(
    st.builds(Value, DATA),
    st.builds(TryAgain, WORDS, WORDS, WORDS, st.lists(WORDS, max_size=12)),
    st.builds(Failed, WORDS, WORDS, WORDS),
    st.builds(Deferred, WORDS, WORDS, DATA),
)


@given(OUTCOMES)
def test_a_checkpoint_survives_storage(outcome: Outcome) -> None:
    assert from_checkpoint(json.loads(json.dumps(to_checkpoint(outcome)))) == outcome


@pytest.mark.parametrize("data", [{}, {"outcome": "dance"}])
def test_another_checkpoint_is_a_key_error(data: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        from_checkpoint(data)


def test_a_checkpoint_with_other_fields_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        from_checkpoint({"outcome": "value", "surprise": 1})


@given(OUTCOMES)
def test_the_model_gets_one_json_object(outcome: Outcome) -> None:
    assert isinstance(json.loads(to_model(outcome)), dict)


def test_a_value_is_told_with_its_data() -> None:
    assert json.loads(to_model(Value({"jobs": []}))) == {"ok": True, "jobs": []}


def test_deferred_work_is_submitted_never_done() -> None:
    told = json.loads(to_model(Deferred("S1", "Submitted", {"jobs": ["J1"]})))
    assert told == {"ok": True, "status": "submitted", "jobs": ["J1"]}


def test_try_again_carries_hint_and_options() -> None:
    error = json.loads(to_model(TryAgain("ambiguous", "Which?", "Ask.", ["a", "b"])))["error"]
    expected = {"code": "ambiguous", "message": "Which?", "retryable": True, "hint": "Ask.", "options": ["a", "b"]}
    assert error == expected


def test_a_failure_leaves_out_what_it_does_not_have() -> None:
    told = json.loads(to_model(Failed("gone", "It is gone.")))
    assert told == {"ok": False, "error": {"code": "gone", "message": "It is gone.", "retryable": False}}


def test_a_long_value_is_cut_and_says_so() -> None:
    told = json.loads(to_model(Value({"text": "x" * 2 * VALUE_LIMIT})))
    assert told["ok"]
    assert told["truncated"]


@pytest.mark.parametrize(
    ("outcome", "limit"),
    [
        (Value({"text": "x" * 100_000}), VALUE_LIMIT),
        (Deferred("S1", "", {"text": "x" * 100_000}), VALUE_LIMIT),
        (Failed("c" * 50, "x" * 100_000, "y" * 100_000), ERROR_LIMIT),
        (TryAgain("c" * 50, "x" * 100_000, "y" * 100_000, ["z" * 100] * 100), ERROR_LIMIT),
        (Value({"text": '"' * 100_000}), VALUE_LIMIT),
    ],
)
def test_what_the_model_gets_is_bounded(outcome: Outcome, limit: int) -> None:
    assert len(to_model(outcome)) <= limit


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (Value({"left": 3}), '{"left": 3}'),
        (Deferred("S1", "Submitted: intro.", {}), "Submitted: intro."),
        (TryAgain("c", "Which one?"), "Which one?"),
        (TryAgain("c", "Which one?", "Ask.", ["a", "b"]), "Which one? Choose one of: a, b."),
        (Failed("c", "It failed."), "It failed."),
        (Failed("c", "It failed.", "Try later."), "It failed. Try later."),
    ],
)
def test_a_person_gets_a_sentence(outcome: Outcome, sentence: str) -> None:
    assert for_person(outcome) == sentence


def test_an_output_item_answers_its_call() -> None:
    item = output_item("call_1", Value({}))
    assert item == {"type": "function_call_output", "call_id": "call_1", "output": '{"ok": true}'}
