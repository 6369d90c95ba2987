"""The planner's own schema check, with jsonschema as the judge."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from emulators.openai.conformance import conforms
from tests.unit.emulators.openai.toolset import STRING, array, closed, nullable

VALUES: list[Any] = [None, True, 0, 3, 2.5, "", "V1", "other", [], ["V1"], ["a", "b", "c"], [1], {}, {"a": "x"}]
VALUES += [{"a": 1}, {"a": "x", "b": "y"}, {"b": "y"}]
SCHEMAS: list[Any] = [
    STRING,
    nullable(STRING),
    {"type": ["string", "null"]},
    {"type": "integer"},
    {"type": "number", "minimum": 1, "maximum": 3},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 3},
    {"type": "number", "multipleOf": 3},
    {"type": "boolean"},
    {"const": "V1"},
    {"type": "string", "enum": ["V1", ""]},
    {"type": "string", "pattern": "^[A-Z][0-9]$"},
    {"type": "string", "minLength": 1, "maxLength": 2},
    array(STRING),
    {"type": "array", "items": {"$ref": "#/$defs/word"}, "maxItems": 2, "$defs": {"word": STRING}},
    closed(),
    closed(a=STRING),
    closed(a=STRING) | {"required": []},
    {"type": "object", "properties": {"a": STRING}, "required": ["a"]},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=repr)
def test_it_agrees_with_the_judge_on_every_value(schema: Any) -> None:
    judge = jsonschema.Draft202012Validator(schema)
    agreed = [conforms(value, schema, schema) == judge.is_valid(value) for value in VALUES]
    assert all(agreed), VALUES[agreed.index(False)]


def test_a_pattern_that_is_no_pattern_fits_nothing() -> None:
    assert not conforms("x", {"type": "string", "pattern": "("}, {})


def test_a_reference_in_a_circle_ends() -> None:
    root = {"$defs": {"a": {"$ref": "#/$defs/a"}}}
    assert conforms("x", {"$ref": "#/$defs/a"}, root)
