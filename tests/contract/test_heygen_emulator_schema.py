"""The HeyGen emulator against the vendor's own OpenAPI file: what it accepts, and what it answers."""

from __future__ import annotations

import functools
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import jsonschema
import pytest

from emulators.heygen import HeyGenEmulator
from emulators.heygen.languages import LANGUAGES
from emulators.heygen.operations import Operation

DOCUMENT = Path(__file__).parents[2].parent / "shared/reference/heygen-openapi.json"
BOUNDS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems")
OPERATIONS = {f"{operation.method} {operation.path}": operation for operation in HeyGenEmulator().operations}
BODIES = [name for name, operation in OPERATIONS.items() if operation.body]

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not DOCUMENT.exists(), reason="the vendor's OpenAPI file is not beside this checkout"),
]


@functools.cache
def vendor() -> dict[str, Any]:
    return json.loads(DOCUMENT.read_text())


def resolve(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        found: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def vendor_operation(operation: Operation) -> dict[str, Any]:
    return vendor()["paths"][operation.path][operation.method.lower()]


def parameters(operation: Operation, place: str) -> set[str]:
    found = (resolve(p, vendor()) for p in vendor_operation(operation).get("parameters", []))
    return {parameter["name"] for parameter in found if parameter["in"] == place}


def is_null(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "null" or schema.get("maxProperties") == 0


def shape(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """What a schema of either dialect allows, in one comparable form without names, titles and defaults."""
    schema = resolve(schema, root)
    if variants := schema.get("oneOf", schema.get("anyOf")):
        return union_shape([resolve(variant, root) for variant in variants], root)
    result: dict[str, Any] = {"type": schema["type"], "nullable": bool(schema.get("nullable"))}
    enum = [schema["const"]] if "const" in schema else schema.get("enum")
    result |= {"enum": sorted(enum)} if enum else {}
    result |= {bound: schema[bound] for bound in BOUNDS if bound in schema}
    exclusive = schema.get("exclusiveMinimum", False)
    result |= {"exclusive": True, "minimum": schema.get("minimum", exclusive)} if exclusive is not False else {}
    if schema["type"] == "array":
        result["items"] = shape(schema["items"], root)
    if schema["type"] == "object":
        result["properties"] = {name: shape(value, root) for name, value in schema["properties"].items()}
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


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_route_is_the_vendors(name: str) -> None:
    operation = OPERATIONS[name]

    assert operation.query == parameters(operation, "query")
    assert operation.keyed == ("Idempotency-Key" in parameters(operation, "header"))
    assert (operation.body is not None) == ("requestBody" in vendor_operation(operation))


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

    assert all(found["additionalProperties"] is False for found in objects(schema, schema))


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


class Tour:
    """Makes requests, checks each reply against the operation's schema, and remembers what was visited."""

    def __init__(self, api: httpx2.AsyncClient) -> None:
        self.api = api
        self.visited: set[str] = set()

    async def visit(self, name: str, body: Any = None, query: str = "", **ids: str) -> Any:
        operation = OPERATIONS[name]
        path = operation.path.format(**ids) + query
        answer = await self.api.request(operation.method, path, json=body)
        self.visited.add(name)
        validate(answer.json(), operation, str(answer.status_code))
        return answer.json().get("data")


VIDEO = {"type": "avatar", "avatar_id": "look-1", "script": "Hi.", "voice_id": "v", "caption": {"style": "default"}}
SOURCE = {"type": "url", "url": "https://a.example/film.mp4"}


async def visit_jobs(tour: Tour) -> None:
    """Every job operation in the present state of the jobs."""
    await tour.visit("GET /v3/users/me")
    for video in await tour.visit("GET /v3/videos"):
        await tour.visit("GET /v3/videos/{video_id}", video_id=video["id"])
        await tour.visit("GET /v3/videos/statuses", query=f"?video_ids={video['id']},nope&batch_ids=b")
    for job in await tour.visit("GET /v3/video-translations"):
        await tour.visit("GET /v3/video-translations/{video_translation_id}", video_translation_id=job["id"])
        query = f"?video_translation_ids={job['id']}"
        await tour.visit("GET /v3/video-translations/statuses", query=query)


async def visit_webhooks(tour: Tour) -> None:
    created = await tour.visit("POST /v3/webhooks/endpoints", {"url": "https://bot.example.com/hook"})
    ids = {"endpoint_id": created["endpoint_id"]}
    await tour.visit("GET /v3/webhooks/endpoints")
    await tour.visit("PATCH /v3/webhooks/endpoints/{endpoint_id}", {"events": None}, **ids)
    await tour.visit("POST /v3/webhooks/endpoints/{endpoint_id}/rotate-secret", **ids)
    await tour.visit("GET /v3/webhooks/event-types")


async def test_every_reply_is_what_the_vendor_describes(heygen: HeyGenEmulator, api: httpx2.AsyncClient) -> None:
    tour = Tour(api)
    await visit_webhooks(tour)
    await tour.visit("GET /v3/video-translations/languages")
    request = {"video": SOURCE, "output_languages": list(LANGUAGES[:3])}
    heygen.fail_next(kind="video")
    for _ in range(2):
        await tour.visit("POST /v3/videos", VIDEO)
        await tour.visit("POST /v3/video-translations", request)
    for seconds in (0, 10, 30, 500):
        heygen.advance(seconds)
        await visit_jobs(tour)
    assert await tour.visit("GET /v3/webhooks/events")
    await visit_endings(tour, heygen)

    assert tour.visited == set(OPERATIONS)


async def visit_endings(tour: Tour, heygen: HeyGenEmulator) -> None:
    """What changes or removes resources."""
    kinds = {job.kind: job.id for job in heygen.state.jobs.values()}
    ids = {"video_translation_id": kinds["translation"]}
    await tour.visit("PATCH /v3/video-translations/{video_translation_id}", {"title": "New"}, **ids)
    await tour.visit("DELETE /v3/video-translations/{video_translation_id}", **ids)
    await tour.visit("DELETE /v3/videos/{video_id}", video_id=kinds["video"])
    [endpoint_id] = heygen.webhooks.endpoints
    await tour.visit("DELETE /v3/webhooks/endpoints/{endpoint_id}", endpoint_id=endpoint_id)


@pytest.mark.parametrize("name", OPERATIONS)
async def test_every_refusal_is_in_the_vendors_envelope(api: httpx2.AsyncClient, name: str) -> None:
    api.headers["X-Api-Key"] = "wrong"
    tour = Tour(api)
    ids = dict.fromkeys(("video_id", "video_translation_id", "endpoint_id"), "nope")

    assert await tour.visit(name, **ids) is None


@pytest.mark.parametrize("status", [400, 401, 402, 403, 429, 500, 502, 503, 504])
def test_armed_faults_are_in_the_vendors_envelope(status: int) -> None:
    validate(HeyGenEmulator().error_body(status), OPERATIONS["POST /v3/videos"], str(status))
