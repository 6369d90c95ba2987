"""Function tools: names, uniqueness, the strict subset."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.openai.errors import Refusal
from emulators.openai.schema import check_tools
from tests.unit.emulators.openai.toolset import STRING, TOOLS, array, closed, nullable, tool

Json = dict[str, Any]


def with_schema(schema: Json) -> Json:
    return {"type": "function", "name": "make", "strict": True, "parameters": schema}


def with_property(schema: Json) -> Json:
    return tool("make", value=schema)


def nested(levels: int) -> Json:
    return STRING if levels == 0 else closed(inner=nested(levels - 1))


def problem_of(tools: Any) -> str:
    with pytest.raises(Refusal) as caught:
        check_tools(tools)
    return caught.value.message


def test_a_usual_toolset_is_accepted() -> None:
    assert len(check_tools(TOOLS)) == len(TOOLS)


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"type": "string"}, "'type: \"object\"'"),
        (closed() | {"anyOf": [closed()]}, "'anyOf' is not permitted at the root"),
        ({"type": "object", "properties": {}}, "'additionalProperties' is required"),
        (closed(a=STRING) | {"additionalProperties": True}, "'additionalProperties' is required"),
        (closed(a=STRING) | {"required": []}, "Missing 'a'"),
        (closed() | {"required": ["ghost"]}, "Extra required key 'ghost'"),
        (closed() | {"allOf": []}, "'allOf' is not permitted"),
        (closed() | {"patternProperties": {}}, "'patternProperties' is not permitted"),
    ],
)
def test_roots_outside_the_strict_subset_are_refused(schema: Json, problem: str) -> None:
    assert problem in problem_of([with_schema(schema)])


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"oneOf": [STRING]}, "'oneOf' is not permitted"),
        ({"not": STRING, "type": "string"}, "'not' is not permitted"),
        ({"type": "object", "properties": {"a": STRING}}, "'additionalProperties' is required"),
        ({"type": "array"}, "array schema missing items"),
        ({"description": "anything"}, "must have a 'type' key"),
        ({"$ref": "#/$defs/ghost"}, "was not found"),
        (array({"type": "object"}), "'additionalProperties' is required"),
        (nullable({"type": "object"}), "'additionalProperties' is required"),
        (nested(10), "levels deep"),
        ({"type": "string", "enum": [str(number) for number in range(1_001)]}, "enum values"),
        ({"type": "string", "enum": ["x" * 120_001]}, "characters"),
    ],
)
def test_properties_outside_the_strict_subset_are_refused(schema: Json, problem: str) -> None:
    assert problem in problem_of([with_property(schema)])


def test_too_many_properties_are_refused() -> None:
    assert "properties, more than" in problem_of([tool("make", **{f"p{number}": STRING for number in range(5_001)})])


@pytest.mark.parametrize(
    "schema",
    [
        nullable(STRING),
        array(closed(a=STRING)),
        {"$ref": "#"},
        {"type": ["string", "null"]},
        {"type": "string", "enum": ["a", "b"], "description": "One of two."},
        {"type": "integer", "minimum": 1, "maximum": 9},
        {"const": 5},
        nested(8),
    ],
)
def test_properties_within_the_strict_subset_are_accepted(schema: Json) -> None:
    assert check_tools([with_property(schema)])


def test_the_place_of_a_problem_is_named() -> None:
    assert "In context=('properties', 'value', 'items')" in problem_of([with_property(array({"oneOf": []}))])


def test_tools_that_are_not_strict_may_use_the_rest() -> None:
    loose = with_schema({"type": "object", "oneOf": []}) | {"strict": False}
    assert check_tools([loose])


def test_tools_that_are_not_strict_still_need_an_object() -> None:
    assert "object" in problem_of([with_schema({"type": "array"}) | {"strict": False}])


@pytest.mark.parametrize(
    ("entry", "param"),
    [
        ("make", "tools[0]"),
        ({"name": "make"}, "tools[0].type"),
        ({"type": "magic"}, "tools[0].type"),
        ({"type": "function"}, "tools[0].name"),
        ({"type": "function", "name": "two words"}, "tools[0].name"),
        ({"type": "function", "name": 5}, "tools[0].name"),
        ({"type": "function", "name": "x" * 65}, "tools[0].name"),
        ({"type": "function", "name": "make", "colour": "red"}, "tools[0].colour"),
        ({"type": "function", "name": "make", "parameters": []}, "tools[0].parameters"),
        ({"type": "function", "name": "make", "strict": "very"}, "tools[0].strict"),
        ({"type": "namespace", "name": "n", "tools": [{"type": "function"}]}, "tools[0].tools[0].name"),
    ],
)
def test_wrong_tools_are_refused(entry: Any, param: str) -> None:
    with pytest.raises(Refusal) as caught:
        check_tools([entry])
    assert caught.value.param == param


def test_two_tools_of_one_name_are_refused() -> None:
    assert "must be unique" in problem_of([tool("make"), tool("make")])


def test_too_many_tools_are_refused() -> None:
    assert "array too long" in problem_of([tool(f"make_{number}") for number in range(129)])


def test_other_kinds_of_tools_pass_unread() -> None:
    assert check_tools([{"type": "tool_search"}, tool("make")]) == [tool("make")]
