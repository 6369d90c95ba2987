"""Function tools as the API accepts them: names, uniqueness and the strict subset of JSON schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from emulators.openai.errors import Refusal, missing, too_long, unknown, unsupported_value, wrong_type
from emulators.openai.searching import check_deferred, check_search, loaded

NAME_LIMIT = 64
NAME = re.compile(r"[a-zA-Z0-9_-]+")
TOOL_LIMIT = 128
PROPERTY_LIMIT = 5_000
DEPTH_LIMIT = 10
CHARACTER_LIMIT = 120_000
ENUM_LIMIT = 1_000
FUNCTION_FIELDS = frozenset(
    {
        "type",
        "name",
        "description",
        "parameters",
        "strict",
        "async",
        "allowed_callers",
        "defer_loading",
        "output_schema",
    }
)
KEYWORDS = frozenset(
    {"type", "title", "description", "enum", "const", "anyOf", "$defs", "definitions", "$ref", "properties"}
    | {"required", "additionalProperties", "items", "pattern", "format", "minimum", "maximum", "default"}
    | {"exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "minLength", "maxLength"}
)
OTHER_TOOL_TYPES = ("custom", "namespace", "tool_search")

Json = dict[str, Any]


def check_tools(tools: object) -> list[Json]:
    """The function tools of a Responses request, those in namespaces included; `Refusal` for a bad one."""
    if not isinstance(tools, list):
        raise wrong_type("tools", "an array of objects")
    if len(tools) > TOOL_LIMIT:
        sentence = f"Invalid 'tools': array too long. Expected at most {TOOL_LIMIT}, but got {len(tools)} instead."
        raise Refusal(sentence, param="tools", code="array_above_max_length")
    found = [tool for index, entry in enumerate(tools) for tool in _functions(entry, f"tools[{index}]")]
    check_deferred(tools)
    check_unique(found)
    return found


def check_loaded(items: list[Json], tools: list[Json]) -> list[Json]:
    """`tools` with those that searches in the input have loaded; `Refusal` for a bad one and for one given twice."""
    found = [tool for param, entry in loaded(items) for tool in _functions(entry, param)]
    check_unique([*tools, *found])
    return [*tools, *found]


def check_function(function: Json, param: str) -> None:
    """Refuse a function whose name, flags or schema the API would not take."""
    check_name(function.get("name"), f"{param}.name")
    parameters = function.get("parameters")
    if parameters is not None and not isinstance(parameters, dict):
        raise wrong_type(f"{param}.parameters", "an object")
    if function.get("strict") not in (None, True, False):
        raise wrong_type(f"{param}.strict", "a boolean")
    if parameters is not None and function.get("strict"):
        check_strict(function["name"], parameters, f"{param}.parameters")
    elif parameters is not None and parameters.get("type") != "object":
        raise _bad_schema(function["name"], (), "schema must be a JSON Schema of 'type: \"object\"'", param)


def check_name(name: object, param: str) -> None:
    """Refuse what cannot be a function's name."""
    if name is None:
        raise missing(param)
    if not isinstance(name, str):
        raise wrong_type(param, "a string")
    if len(name) > NAME_LIMIT:
        raise too_long(param, NAME_LIMIT, len(name))
    if not NAME.fullmatch(name):
        sentence = (
            f"Invalid '{param}': string does not match pattern. Expected a string that matches '^[a-zA-Z0-9_-]+$'."
        )
        raise Refusal(sentence, param=param)


def check_strict(name: str, schema: Json, param: str) -> None:
    """Refuse a schema outside the strict subset."""
    if schema.get("type") != "object":
        raise _bad_schema(name, (), "schema must be a JSON Schema of 'type: \"object\"'", param)
    if "anyOf" in schema:
        raise _bad_schema(name, (), "'anyOf' is not permitted at the root", param)
    sizes = _Sizes()
    for node, path, depth in _nodes(schema, (), 1):
        _check_node(name, node, path, param, root=schema)
        sizes.add(node, depth)
    if problem := sizes.problem():
        raise _bad_schema(name, (), problem, param)


def _functions(tool: object, param: str) -> Iterator[Json]:
    if not isinstance(tool, dict):
        raise wrong_type(param, "an object")
    match tool.get("type"):
        case None:
            raise missing(f"{param}.type")
        case "function":
            for field in tool.keys() - FUNCTION_FIELDS:
                raise unknown(f"{param}.{field}")
            check_function(tool, param)
            yield tool
        case "namespace":
            for index, inner in enumerate(tool.get("tools") or []):
                yield from _functions(inner, f"{param}.tools[{index}]")
        case "tool_search":
            check_search(tool, param)
        case "custom":
            return
        case other:
            raise unsupported_value(f"{param}.type", other, ("function", *OTHER_TOOL_TYPES))


def check_unique(tools: list[Json]) -> None:
    """Refuse two tools of one name."""
    seen: set[str] = set()
    for tool in tools:
        if tool["name"] in seen:
            raise Refusal(f"Tool names must be unique: '{tool['name']}' appears twice.", param="tools")
        seen.add(tool["name"])


@dataclass(slots=True)
class _Sizes:
    """What a schema adds up to, against the limits on one schema."""

    properties: int = 0
    depth: int = 0
    characters: int = 0
    choices: int = 0

    def add(self, node: Json, depth: int) -> None:
        names = [*node.get("properties", {}), *node.get("$defs", {})]
        choices = [str(value) for value in node.get("enum", [])]
        self.properties += len(node.get("properties", {}))
        self.depth = max(self.depth, depth)
        self.choices += len(choices)
        self.characters += sum(map(len, names)) + sum(map(len, choices)) + len(str(node.get("const", "")))

    def problem(self) -> str | None:
        if self.properties > PROPERTY_LIMIT:
            return f"the schema has {self.properties} properties, more than {PROPERTY_LIMIT}"
        if self.depth > DEPTH_LIMIT:
            return f"the schema nests {self.depth} levels deep, more than {DEPTH_LIMIT}"
        if self.characters > CHARACTER_LIMIT:
            return f"names and values add up to {self.characters} characters, more than {CHARACTER_LIMIT}"
        if self.choices > ENUM_LIMIT:
            return f"the schema has {self.choices} enum values, more than {ENUM_LIMIT}"
        return None


Path = tuple[str, ...]


def _nodes(node: Json, path: Path, depth: int) -> Iterator[tuple[Json, Path, int]]:
    """Every schema below `node` with its place; objects and arrays count as a level."""
    yield node, path, depth
    for key in ("properties", "$defs", "definitions"):
        children = node.get(key)
        for name, child in children.items() if isinstance(children, dict) else ():
            if isinstance(child, dict):
                yield from _nodes(child, (*path, key, name), depth if key != "properties" else depth + 1)
    if isinstance(node.get("items"), dict):
        yield from _nodes(node["items"], (*path, "items"), depth + 1)
    for index, child in enumerate(node.get("anyOf", [])):
        if isinstance(child, dict):
            yield from _nodes(child, (*path, "anyOf", str(index)), depth)


def _check_node(name: str, node: Json, path: Path, param: str, *, root: Json) -> None:
    for keyword in sorted(node.keys() - KEYWORDS):
        raise _bad_schema(name, path, f"'{keyword}' is not permitted", param)
    if not node.keys() & {"type", "$ref", "anyOf", "enum", "const"}:
        raise _bad_schema(name, path, "schema must have a 'type' key", param)
    if "$ref" in node and not _resolves(node["$ref"], root):
        raise _bad_schema(name, path, f"reference '{node['$ref']}' was not found", param)
    if node.get("type") == "array" and "items" not in node:
        raise _bad_schema(name, path, "array schema missing items", param)
    if node.get("type") == "object" or "properties" in node:
        _check_object(name, node, path, param)


def _check_object(name: str, node: Json, path: Path, param: str) -> None:
    if node.get("additionalProperties") is not False:
        raise _bad_schema(name, path, "'additionalProperties' is required to be supplied and to be false", param)
    properties = node.get("properties", {})
    required = node.get("required", [])
    if left := [key for key in properties if key not in required]:
        problem = "'required' is required to be supplied and to be an array including every key in properties."
        raise _bad_schema(name, path, f"{problem} Missing '{left[0]}'", param)
    if extra := [key for key in required if key not in properties]:
        raise _bad_schema(name, path, f"Extra required key '{extra[0]}' supplied", param)


def _resolves(reference: object, root: Json) -> bool:
    node: Any = root
    for part in str(reference).removeprefix("#").strip("/").split("/"):
        if part:
            node = node.get(part) if isinstance(node, dict) else None
    return isinstance(node, dict)


def _bad_schema(name: str, path: Path, problem: str, param: str) -> Refusal:
    sentence = f"Invalid schema for function '{name}': In context={path!r}, {problem}."
    return Refusal(sentence, param=param, code="invalid_function_parameters")
