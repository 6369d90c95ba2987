"""The HeyGen emulator against the vendor's own OpenAPI file: what it accepts, and what it answers."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import jsonschema
import pytest

from emulators.heygen import HeyGenEmulator
from emulators.heygen.operations import Operation
from tests.support.heygen_schema import DOCUMENT, MISSING, parameters, resolve, vendor
from tests.support.heygen_tour import SOURCE, Tour

BOUNDS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "multipleOf")
OPERATIONS = {f"{operation.method} {operation.path}": operation for operation in HeyGenEmulator().operations}
BODIES = [name for name, operation in OPERATIONS.items() if operation.body]

# What is not closed: an agent is stopped with any object, and a template's variables have free names.
FREE = {"POST /v3/video-agents/{session_id}/stop", "POST /v3/templates/{template_id}"}
TITLE = {"title": "New"}
BODIES_THAT_FIT: dict[str, Any] = {
    "PATCH /v3/video-translations/{video_translation_id}": TITLE,
    "PATCH /v3/lipsyncs/{lipsync_id}": TITLE,
    "PUT /v3/video-translations/proofreads/{proofread_id}/srt": {"srt": SOURCE},
    "POST /v3/templates/{template_id}": {"variables": {}},
    "POST /v3/video-agents/{session_id}": {"message": "Hello"},
}

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not DOCUMENT.exists(), reason=MISSING),
]


def vendor_operation(operation: Operation) -> dict[str, Any]:
    return vendor()["paths"][operation.path][operation.method.lower()]


def is_null(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "null" or schema.get("maxProperties") == 0


def shape(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """What a schema of either dialect allows, in one comparable form without names, titles and defaults."""
    schema = resolve(schema, root)
    if variants := schema.get("oneOf", schema.get("anyOf")):
        return union_shape([resolve(variant, root) for variant in variants], root)
    result: dict[str, Any] = {"type": schema["type"], "nullable": bool(schema.get("nullable"))}
    enum = [schema["const"]] if "const" in schema else schema.get("enum")
    if enum:
        result |= {"enum": sorted(enum), "type": "number" if schema["type"] == "integer" else schema["type"]}
    result |= {bound: schema[bound] for bound in BOUNDS if bound in schema}
    exclusive = schema.get("exclusiveMinimum", False)
    result |= {"exclusive": True, "minimum": schema.get("minimum", exclusive)} if exclusive is not False else {}
    if schema["type"] == "array":
        result["items"] = shape(schema["items"], root)
    if isinstance(schema.get("additionalProperties"), dict):
        return result | {"map": shape(schema["additionalProperties"], root)}
    if schema["type"] == "object":
        result["properties"] = {name: shape(value, root) for name, value in schema.get("properties", {}).items()}
        result["required"] = sorted(schema.get("required", []))
    return result


def union_shape(variants: list[dict[str, Any]], root: dict[str, Any]) -> dict[str, Any]:
    shapes = [shape(variant, root) for variant in variants if not is_null(variant)]
    nullable = len(shapes) < len(variants)
    if len(shapes) == 1:
        return shapes[0] | {"nullable": nullable or shapes[0]["nullable"]}
    return {"variants": sorted(shapes, key=functools.partial(json.dumps, sort_keys=True)), "nullable": nullable}


def objects(schema: Any, root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every object schema reachable in the emulator's request schema."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for value in schema.values():
            yield from objects(value, root)
    elif isinstance(schema, list):
        for value in schema:
            yield from objects(value, root)


def test_every_operation_of_the_vendor_is_answered() -> None:
    theirs = {f"{method.upper()} {path}" for path, methods in vendor()["paths"].items() for method in methods}

    assert len(theirs) == 85
    assert set(OPERATIONS) == theirs


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_route_is_the_vendors(name: str) -> None:
    operation = OPERATIONS[name]
    content = vendor_operation(operation).get("requestBody", {}).get("content", {})

    assert operation.query == parameters(vendor_operation(operation), "query").keys()
    assert operation.keyed == ("Idempotency-Key" in parameters(vendor_operation(operation), "header"))
    assert (operation.body is not None) == ("application/json" in content)
    assert operation.upload == ("multipart/form-data" in content)
    assert str(operation.status) in vendor_operation(operation)["responses"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_can_be_asked_is_the_vendors(name: str) -> None:
    operation = OPERATIONS[name]
    query = parameters(vendor_operation(operation), "query")
    sets = {name: tuple(one["schema"]["enum"]) for name, one in query.items() if "enum" in one["schema"]}

    assert operation.needed == {name for name, one in query.items() if one.get("required")}
    assert {name: sorted(words) for name, words in operation.words.items()} == {n: sorted(w) for n, w in sets.items()}
    if "limit" in query:
        limit = query["limit"]["schema"]
        assert (operation.usual, operation.most) == (limit["default"], limit["maximum"])


@pytest.mark.parametrize("name", BODIES)
def test_a_request_is_what_the_vendor_describes(name: str) -> None:
    operation = OPERATIONS[name]
    content = vendor_operation(operation)["requestBody"]
    theirs = shape(content["content"]["application/json"]["schema"], vendor())
    assert operation.body is not None
    own = operation.body.json_schema()

    assert shape(own, own) == theirs
    assert operation.body_required == content["required"]


@pytest.mark.parametrize("name", BODIES)
def test_every_request_object_is_closed(name: str) -> None:
    body = OPERATIONS[name].body
    assert body is not None
    schema = body.json_schema()

    free = [found for found in objects(schema, schema) if found["additionalProperties"] is not False]

    assert len(free) == (name in FREE)


def test_the_comparison_sees_differences() -> None:
    """The comparison itself must be able to fail."""
    closed = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    open_ended = {"type": "object", "properties": {"a": {"type": "string", "nullable": True}}}

    assert shape(closed, {}) != shape(open_ended, {})
    with pytest.raises(jsonschema.ValidationError):
        validate({"data": {"id": "x", "surprise": 1}}, OPERATIONS["DELETE /v3/videos/{video_id}"])


def converted(schema: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: nullable spelled out, and objects closed, so that extra names show."""
    if isinstance(schema, list):
        return [converted(value) for value in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: converted(value) for key, value in schema.items() if key not in ("nullable", "discriminator")}
    if isinstance(schema.get("properties"), dict):
        result.setdefault("additionalProperties", False)
    return {"anyOf": [result, {"type": "null"}]} if schema.get("nullable") is True else result


@functools.cache
def validator(path: str, method: str, status: str) -> jsonschema.Draft202012Validator:
    response = resolve(vendor()["paths"][path][method]["responses"][status], vendor())
    schema = converted(response["content"]["application/json"]["schema"])
    components = {"schemas": converted(vendor()["components"]["schemas"])}
    return jsonschema.Draft202012Validator(schema | {"components": components})


def validate(reply: Any, operation: Operation, status: str = "200") -> None:
    validator(operation.path, operation.method.lower(), status).validate(reply)


@pytest.fixture
async def heygen() -> AsyncIterator[HeyGenEmulator]:
    emulator = HeyGenEmulator(speed="step")
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def api(heygen: HeyGenEmulator) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=heygen.url, headers={"X-Api-Key": "hg-key-1"}) as client:
        yield client


async def test_every_reply_is_what_the_vendor_describes(heygen: HeyGenEmulator, api: httpx2.AsyncClient) -> None:
    tour = Tour(heygen, api, validate)

    await tour.everything()

    assert tour.visited == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
async def test_every_refusal_is_in_the_vendors_envelope(
    heygen: HeyGenEmulator, api: httpx2.AsyncClient, name: str
) -> None:
    api.headers["X-Api-Key"] = "wrong"
    ids = dict.fromkeys(re.findall(r"{(\w+)}", name), "nope")

    assert await Tour(heygen, api, validate).visit(name, **ids) is None


@pytest.mark.parametrize("name", [name for name in OPERATIONS if "{" in name])
async def test_what_nobody_has_is_not_found(heygen: HeyGenEmulator, api: httpx2.AsyncClient, name: str) -> None:
    """Whatever else is wrong with the request: a body that fits comes from the schema's own required fields."""
    ids = dict.fromkeys(re.findall(r"{(\w+)}", name), "nope")
    body = BODIES_THAT_FIT.get(name, {} if OPERATIONS[name].body else None)
    answer = await api.request(OPERATIONS[name].method, OPERATIONS[name].path.format(**ids), json=body)

    assert answer.status_code == 404
    validate(answer.json(), OPERATIONS[name], "404")


@pytest.mark.parametrize("status", [400, 401, 402, 403, 429, 500, 502, 503, 504])
def test_armed_faults_are_in_the_vendors_envelope(status: int) -> None:
    validate(HeyGenEmulator().error_body(status), OPERATIONS["POST /v3/videos"], str(status))
