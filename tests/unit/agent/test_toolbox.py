"""Offering tools and checking the calls a model makes of them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.tool_calls import Failed, Outcome, TryAgain, Value, output_item
from agent.toolbox import (
    ALL_EFFECTS,
    ARGUMENTS_LIMIT,
    READ_ONLY,
    Arguments,
    CallContext,
    Effect,
    Planned,
    Toolbox,
    ToolSpec,
    call_key,
)


class Greeting(Arguments):
    name: str
    times: int = 1


async def greet(context: CallContext, arguments: Greeting) -> Outcome:
    return Value({"greeting": arguments.name * arguments.times})


def spec(name: str) -> ToolSpec:
    return ToolSpec(name, f"{name} somebody", Greeting, Effect.READ, greet)


BOX = Toolbox([spec("wave"), spec("greet")])


def test_definitions_are_strict_functions_in_a_stable_order() -> None:
    definitions = BOX.definitions()
    assert [definition["name"] for definition in definitions] == ["greet", "wave"]
    assert all(definition["strict"] and definition["type"] == "function" for definition in definitions)


def test_definitions_do_not_depend_on_the_order_given() -> None:
    assert Toolbox([spec("greet"), spec("wave")]).definitions() == BOX.definitions()


def test_good_arguments_are_planned() -> None:
    plan = BOX.plan("greet", '{"name": " Ada ", "times": 2}')
    assert plan == Planned(BOX.plan("greet", '{"name": "x"}').spec, Greeting(name="Ada", times=2))  # type: ignore[union-attr]  # it is a plan


def test_an_unknown_tool_is_final_and_names_the_known_ones() -> None:
    outcome = BOX.plan("dance", "{}")
    assert isinstance(outcome, Failed)
    assert outcome.code == "unknown_tool"
    assert "greet, wave" in outcome.hint


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("{bad json", "not a JSON object"),
        ("[1]", "not a JSON object"),
        ('"text"', "not a JSON object"),
        ("[" * 40_000, "not a JSON object"),
        ('{"name": "' + "x" * ARGUMENTS_LIMIT + '"}', "not a JSON object"),
        ("", "name"),
        ("{}", "name"),
        ('{"name": 3}', "name"),
        ('{"name": "x", "extra": 1}', "extra"),
        ('{"name": "x", "times": "often"}', "times"),
        ('{"name": "\\ud800"}', "name"),
    ],
)
def test_unusable_arguments_can_be_corrected(arguments: str, complaint: str) -> None:
    outcome = BOX.plan("greet", arguments)
    assert isinstance(outcome, TryAgain)
    assert outcome.code == "invalid_arguments"
    assert complaint in outcome.message


def test_the_complaint_does_not_repeat_the_value() -> None:
    outcome = BOX.plan("greet", '{"name": "x", "times": "a secret"}')
    assert "secret" not in str(outcome)


@given(st.text(max_size=200))
def test_any_arguments_come_to_something_that_can_be_stored(arguments: str) -> None:
    plan = BOX.plan("greet", arguments)
    if not isinstance(plan, Planned):
        output_item("1", plan)["output"].encode()


def test_a_key_is_stable_and_a_legal_idempotency_key() -> None:
    key = call_key("turn_1", "call_1")
    assert key == call_key("turn_1", "call_1")
    assert re.fullmatch(r"[A-Za-z0-9-]{1,64}", key)


@given(st.text(), st.text(), st.text(), st.text())
def test_different_calls_have_different_keys(turn: str, call: str, other_turn: str, other_call: str) -> None:
    same = f"{turn}|{call}" == f"{other_turn}|{other_call}"
    assert (call_key(turn, call) == call_key(other_turn, other_call)) is same


# -- effects and taint

MIXED = Toolbox(
    [
        ToolSpec("look", "Look.", Greeting, Effect.READ, greet, taints=True),
        ToolSpec("spend", "Spend.", Greeting, Effect.SUBMIT, greet),
        ToolSpec("drop", "Drop.", Greeting, Effect.DESTRUCTIVE, greet),
        ToolSpec("meet", "Meet.", Greeting, Effect.LIVE, greet),
    ]
)


def test_only_tools_with_a_permitted_effect_are_shown() -> None:
    assert [made["name"] for made in MIXED.definitions(READ_ONLY)] == ["look"]
    assert [made["name"] for made in MIXED.definitions(ALL_EFFECTS)] == ["drop", "look", "meet", "spend"]


@pytest.mark.parametrize("name", ["spend", "drop", "meet"])
def test_a_call_with_another_effect_is_refused_whatever_its_arguments(name: str) -> None:
    for arguments in ('{"name": "x"}', "{bad"):
        outcome = MIXED.plan(name, arguments, READ_ONLY)
        assert isinstance(outcome, Failed)
        assert outcome.code == "not_allowed"


def test_a_reading_call_is_planned_where_only_reading_is_allowed() -> None:
    assert isinstance(MIXED.plan("look", '{"name": "x"}', READ_ONLY), Planned)
