"""Our catalogue of HeyGen's operations against the vendor's own OpenAPI file: all of them, and each as it is there."""

from __future__ import annotations

import functools
import json
import re
from typing import Any

import pytest

from agent.schema import strict_schema
from heygen import OPERATIONS, Operation
from heygen.catalogue import Idempotency
from tests.support.heygen_schema import DOCUMENT, MISSING, resolve, success, vendor
from tests.support.heygen_schema import parameters as described_parameters

BOUNDS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "multipleOf")

pytestmark = [pytest.mark.full, pytest.mark.skipif(not DOCUMENT.exists(), reason=MISSING)]


@functools.cache
def vendor_operations() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Method, path and description by the vendor's name."""
    return {
        found["operationId"]: (method.upper(), path, found)
        for path, methods in vendor()["paths"].items()
        for method, found in methods.items()
    }


def parameters(operation: Operation[Any, Any], place: str) -> dict[str, dict[str, Any]]:
    """The vendor's parameters in the path, the query or the headers, by name."""
    return described_parameters(vendor_operations()[operation.vendor][2], place)


def body(operation: Operation[Any, Any]) -> dict[str, Any] | None:
    """The vendor's schema of the JSON body."""
    _, _, found = vendor_operations()[operation.vendor]
    content = found.get("requestBody", {}).get("content", {})
    return content["application/json"]["schema"] if "application/json" in content else None


def shape(schema: dict[str, Any], root: dict[str, Any]) -> Any:
    """What a schema of either dialect allows: names, which of them are needed, types, words and bounds.

    With us the tag that names a variant has a default, and is always sent: that counts as needed.
    """
    schema = resolve(schema, root)
    if variants := schema.get("oneOf", schema.get("anyOf")):
        real = [resolve(one, root) for one in variants if not _is_null(resolve(one, root))]
        return shape(real[0], root) if len(real) == 1 else sorted((shape(one, root) for one in real), key=_text)
    return _object(schema, root) if schema["type"] == "object" else _value(schema, root)


def _value(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    words = [schema["const"]] if "const" in schema else schema.get("enum")
    kind = "number" if schema["type"] == "integer" and words else schema["type"]
    bounds = {bound: schema[bound] for bound in BOUNDS if bound in schema}
    above = schema.get("exclusiveMinimum", False)
    if above is not False:
        bounds |= {"above": schema.get("minimum", above)}
        bounds.pop("minimum", None)
    if bounds.get("minLength") == 1:
        del bounds["minLength"]  # the vendor does not say everywhere that an id must not be empty; we do
    if schema["type"] == "array":
        bounds["items"] = shape(schema["items"], root)
    return {"type": kind} | bounds | ({"words": sorted(words)} if words else {})


def _object(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    if isinstance(schema.get("additionalProperties"), dict):
        return {"type": "map", "of": shape(schema["additionalProperties"], root)}
    found = {name: shape(one, root) for name, one in schema.get("properties", {}).items()}
    tags = {name for name in ("type", "engine_type") if name in found and len(found[name].get("words", ())) == 1}
    return {"type": "object", "properties": found, "required": sorted({*schema.get("required", []), *tags})}


def _is_null(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "null" or schema.get("maxProperties") == 0


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def own_body(operation: Operation[Any, Any]) -> Any:
    """The shape of what our parameters put into the body."""
    schema = operation.parameters.model_json_schema()
    in_path = set(re.findall(r"{(\w+)}", operation.path))
    if operation.body_of is not None:
        return shape(schema["properties"][operation.body_of], schema)
    found = _object(schema, schema)
    properties = {name: one for name, one in found["properties"].items() if name not in in_path}
    if "variables" in properties:
        properties["variables"] = _by_name(properties["variables"])
    return found | {"properties": properties, "required": [n for n in found["required"] if n not in in_path]}


def _by_name(variables: Any) -> dict[str, Any]:
    """Strict tools take no free names, so what is a map there is a list of names and values with us."""
    pair = variables["items"]
    assert pair["required"] == ["name", "value"]
    return {"type": "map", "of": pair["properties"]["value"]}


def test_every_operation_is_there_and_none_besides() -> None:
    assert len(OPERATIONS) == len(vendor_operations()) == 85
    assert {operation.vendor for operation in OPERATIONS.values()} == set(vendor_operations())


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_method_path_and_parameters(operation: Operation[Any, Any]) -> None:
    method, path, _ = vendor_operations()[operation.vendor]
    schema = operation.parameters.model_json_schema()
    own = set(schema.get("properties", {}))
    in_path, in_query = parameters(operation, "path"), parameters(operation, "query")

    assert (operation.method, operation.path) == (method, path)
    assert set(in_path) <= own
    if method in ("GET", "DELETE"):
        assert own == set(in_path) | set(in_query)
        needed = {name for name, one in {**in_path, **in_query}.items() if one.get("required")}
        assert set(schema.get("required", [])) == needed
    for name, one in in_query.items():
        ids = re.fullmatch(r"\w+_ids", name)
        assert ids or shape(schema["properties"][name], schema) == shape(one["schema"], vendor()), name


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_what_goes_into_the_body(operation: Operation[Any, Any]) -> None:
    theirs = body(operation)
    _, _, found = vendor_operations()[operation.vendor]

    assert operation.takes_file == ("multipart/form-data" in found.get("requestBody", {}).get("content", {}))
    if theirs is None:
        assert operation.method in ("GET", "DELETE") or operation.bodyless or operation.takes_file
    else:
        assert own_body(operation) == shape(theirs, vendor())


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_how_it_is_repeated_and_answered(operation: Operation[Any, Any]) -> None:
    answer = success(vendor_operations()[operation.vendor][2])["properties"]

    assert (operation.idempotency is Idempotency.KEY) == ("Idempotency-Key" in parameters(operation, "header"))
    assert (operation.answer == "page") == (answer["data"].get("type") == "array")


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_where_a_job_is_found(operation: Operation[Any, Any]) -> None:
    """The id is in the answer, the operation that reads it takes it, and the vendor's words are all known."""
    if operation.job is None:
        return
    rule = operation.job
    reading = OPERATIONS[rule.read]
    found = _data(operation)
    for name in rule.id_field.split("."):
        found = resolve(found, vendor())["properties"][name]

    assert found["type"] == ("array" if rule.several else "string")
    assert rule.id_argument in reading.parameters.model_fields
    words = resolve(_data(reading), vendor()).get("properties", {}).get("status", {}).get("enum", [])
    assert [word for word in words if rule.progress(word) == "unknown"] == []


def _data(operation: Operation[Any, Any]) -> dict[str, Any]:
    return success(vendor_operations()[operation.vendor][2])["properties"]["data"]


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_nothing_is_the_vendors_wording(operation: Operation[Any, Any]) -> None:
    """What we say of an operation and its parameters is ours: short, whole sentences, and said of everything."""
    assert operation.purpose.endswith(".")
    assert 20 <= len(operation.purpose) <= 240
    assert strict_schema(operation.offered)["additionalProperties"] is False


def test_the_comparison_sees_differences() -> None:
    """The comparison itself must be able to fail."""
    one = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 5}}, "required": ["a"]}
    others = [
        one | {"required": []},
        one | {"properties": {"a": {"type": "string", "maxLength": 6}}},
        one | {"properties": {"a": {"type": "string", "maxLength": 5, "enum": ["x"]}}},
        one | {"properties": {"b": {"type": "string", "maxLength": 5}}},
        one | {"properties": {"a": {"type": "number", "maxLength": 5}}},
    ]

    assert all(shape(one, {}) != shape(other, {}) for other in others)
