"""Whether a value meets a schema of the strict subset."""

from __future__ import annotations

import re
from typing import Any

Json = dict[str, Any]
Schema = dict[str, Any]

REFERENCE_LIMIT = 12


def resolve(schema: Any, root: Schema) -> Schema:
    """The schema behind `$ref`, followed through `root`; an empty one where it leads nowhere."""
    for _ in range(REFERENCE_LIMIT):
        if not isinstance(schema, dict) or "$ref" not in schema:
            break
        node: Any = root
        for part in str(schema["$ref"]).removeprefix("#").strip("/").split("/"):
            if part:
                node = node.get(part, {}) if isinstance(node, dict) else {}
        schema = node
    return schema if isinstance(schema, dict) else {}


_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def conforms(value: Any, schema: Any, root: Schema) -> bool:
    """Whether `value` meets a schema of the strict subset (formats are not looked at)."""
    schema = resolve(schema, root)
    branches = schema.get("anyOf")
    if branches and not any(conforms(value, branch, root) for branch in branches):
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if kinds and not any(_is(value, kind) for kind in kinds):
        return False
    return _within(value, schema, root)


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES.get(kind, ()))


def _within(value: Any, schema: Schema, root: Schema) -> bool:
    match value:
        case str():
            return _fits_pattern(value, schema.get("pattern")) and schema.get("minLength", 0) <= len(
                value
            ) <= schema.get("maxLength", len(value))
        case bool() | None:
            return True
        case int() | float():
            return _in_range(value, schema)
        case list():
            sized = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
            return sized and all(conforms(entry, schema.get("items", {}), root) for entry in value)
        case dict():
            return _whole(value, schema, root)
        case _:
            return False


def _in_range(value: float, schema: Schema) -> bool:
    low, high = schema.get("minimum", value), schema.get("maximum", value)
    above = "exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"]
    below = "exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"]
    step = schema.get("multipleOf")
    return low <= value <= high and above and below and (not step or value % step == 0)


def _whole(value: Json, schema: Schema, root: Schema) -> bool:
    properties = schema.get("properties", {})
    closed = schema.get("additionalProperties") is False
    if any(name not in value for name in schema.get("required", [])) or (closed and value.keys() - properties.keys()):
        return False
    return all(conforms(value[name], child, root) for name, child in properties.items() if name in value)


def _fits_pattern(value: str, pattern: str | None) -> bool:
    try:
        return pattern is None or re.search(pattern, value) is not None
    except re.error:
        return False
