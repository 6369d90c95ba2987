"""JSON schemas for tools in the strict subset that OpenAI's structured outputs accept.

Strict means: the root is an object, every object lists all its properties as required and allows no others, an
optional property is a union with null, and only a small set of keywords appears.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from agent.records import Json

KEPT = frozenset(
    {"type", "description", "enum", "const", "items", "anyOf", "properties", "required", "additionalProperties"}
    | {"$ref", "$defs", "minItems", "maxItems", "minimum", "maximum", "pattern"}
)


def strict_schema(arguments: type[BaseModel]) -> Json:
    """The strict schema of a pydantic model; `ValueError` where it cannot be made strict (free-form maps, unions)."""
    schema = _strict(arguments.model_json_schema(), arguments.__name__)
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise ValueError(f"{arguments.__name__}: a root that refers to itself is not strict")
    schema.pop("description", None)  # the model's own docstring: the tool beside it says what it is
    return schema


def _strict(node: Any, where: str) -> Any:
    if isinstance(node, list):
        return [_strict(child, where) for child in node]
    if not isinstance(node, dict):
        return node
    if "oneOf" in node or "allOf" in node or "patternProperties" in node:
        raise ValueError(f"{where}: oneOf, allOf and patternProperties are not strict")
    out: Json = {}
    for key, value in node.items():
        if key == "properties" or key == "$defs":
            out[key] = {name: _strict(child, f"{where}.{name}") for name, child in value.items()}
        elif key in KEPT:
            out[key] = _strict(value, where)
    if out.get("type") == "object" or "properties" in out:
        _close(out, where)
    return out


def _close(node: Json, where: str) -> None:
    """Make an object closed with every property required."""
    if "properties" not in node and node.get("additionalProperties") is not False:
        raise ValueError(f"{where}: a free-form map is not strict")
    node["additionalProperties"] = False
    node.setdefault("properties", {})
    node["required"] = list(node["properties"])
