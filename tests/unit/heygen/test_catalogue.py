"""The catalogue: complete records, honest rules, and schemas that a language model can be given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from agent.schema import strict_schema
from heygen import OPERATIONS, Effect, Idempotency, Operation, Progress
from heygen.catalogue import Charge, Unit
from heygen.catalogue.videos import VIDEO_JOB
from heygen.fields import Malformed

SUBMITS = {name for name, operation in OPERATIONS.items() if operation.effect is Effect.SUBMIT}
ALL = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
FILE = {"type": "asset_id", "asset_id": "a"}
AVATAR = {"type": "avatar", "avatar_id": "l", "script": "Hello"}


def schemas(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema and every schema in it."""
    yield node
    inner = [*node.get("properties", {}).values(), *node.get("$defs", {}).values(), *node.get("anyOf", [])]
    for child in [*inner, *([node["items"]] if "items" in node else [])]:
        yield from schemas(child)


@ALL
def test_names_are_words_and_rules_fit_together(operation: Operation[Any, Any]) -> None:
    assert operation.name.replace("_", "").isalpha()
    assert operation.name == operation.name.lower()
    assert (operation.effect is Effect.SUBMIT) is not operation.price.free
    assert operation.effect is not Effect.READ or operation.idempotency is Idempotency.NATURAL
    assert (operation.idempotency is Idempotency.LOOK_UP) == (operation.look_up is not None)
    assert (operation.method == "DELETE") <= (operation.effect is Effect.DESTRUCTIVE)
    assert (operation.method == "GET") <= (operation.effect is Effect.READ)


@ALL
def test_what_is_named_elsewhere_exists(operation: Operation[Any, Any]) -> None:
    named = [operation.look_up, *((operation.job.read, operation.job.bulk) if operation.job else ())]

    assert {name for name in named if name} <= set(OPERATIONS)
    assert all(OPERATIONS[name].effect is Effect.READ for name in named if name)


def test_only_reads_may_be_repeated_without_thinking_and_money_never() -> None:
    assert {OPERATIONS[name].idempotency for name in SUBMITS} == {
        Idempotency.KEY,
        Idempotency.REQUEST_ID,
        Idempotency.LOOK_UP,
        Idempotency.NOTHING,
    }


@ALL
def test_the_offered_schema_is_strict(operation: Operation[Any, Any]) -> None:
    """As OpenAI's strict mode wants it: closed, all names required, no `oneOf`, and nothing beside a reference."""
    schema = strict_schema(operation.offered)

    for found in schemas(schema):
        assert not found.keys() & {"oneOf", "allOf", "default", "title"}
        if "$ref" in found:
            assert found.keys() == {"$ref"}
        if found.get("type") == "object":
            assert found["additionalProperties"] is False
            assert set(found["required"]) == set(found["properties"])


@ALL
def test_a_model_is_offered_nothing_that_programs_set(operation: Operation[Any, Any]) -> None:
    schema = strict_schema(operation.offered)
    named = {name for found in schemas(schema) for name in found.get("properties", {})}

    assert not named & {"callback_url", "callback_id", "request_id", "incognito_mode", "media_type"}


@ALL
def test_every_offered_argument_is_explained_or_explains_itself(operation: Operation[Any, Any]) -> None:
    """Enums and switches may speak for themselves; numbers and free text need a sentence with unit or limit."""
    schema = operation.offered.model_json_schema()
    silent = [
        f"{name}"
        for found in schemas(schema)
        for name, part in found.get("properties", {}).items()
        if _needs_words(part) and not any("description" in o for o in schemas(part))
    ]

    assert set(silent) <= {"similarity_boost", "stability", "style", "similarity", "font_size", "x", "y"}


def _needs_words(part: dict[str, Any]) -> bool:
    kinds = [found for found in schemas(part) if found.get("type") in ("string", "number", "integer")]
    return bool(kinds) and not any("enum" in found or "const" in found for found in kinds)


def test_a_callback_that_a_model_makes_up_is_refused_at_any_depth() -> None:
    offered = OPERATIONS["create_video_batch"].offered
    batch = {"videos": [AVATAR | {"callback_url": "https://evil.example"}]}

    with pytest.raises(ValidationError, match="callback_url: not to be given here"):
        offered.model_validate(batch)
    assert OPERATIONS["create_video_batch"].parameters.model_validate(batch)
    assert offered.model_validate({"videos": [AVATAR]})


def test_offering_an_operation_changes_nothing_about_it() -> None:
    operation = OPERATIONS["create_lipsync"]

    assert operation.offered is operation.offered
    assert "callback_url" not in operation.offered.model_json_schema()["properties"]
    assert "callback_url" in operation.parameters.model_json_schema()["properties"]


def charges(name: str, arguments: dict[str, Any]) -> tuple[Charge, ...]:
    operation = OPERATIONS[name]
    return operation.price.charges(operation.parameters.model_validate(arguments))


def studio(*engines: str | None) -> dict[str, Any]:
    people = [AVATAR | ({"engine": {"type": engine}} if engine else {}) for engine in engines]
    clip = {"type": "video", "source": FILE}
    return {"type": "studio", "scenes": [*({"type": "avatar_video", "input": one} for one in people), clip]}


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("create_video", {"video": AVATAR}, [("video.avatar_iv", "second", 1)]),
        ("create_video", {"video": AVATAR | {"engine": {"type": "avatar_iii"}}}, [("video.avatar_iii", "second", 1)]),
        (
            "create_video",
            {"video": {"type": "image", "image": FILE, "script": "x"}},
            [("video.avatar_iv", "second", 1)],
        ),
        (
            "create_video",
            {"video": {"type": "cinematic_avatar", "prompt": "x", "avatar_id": ["l"]}},
            [("cinematic", "piece", 1)],
        ),
        ("create_video", {"video": studio("avatar_iii", "avatar_iii")}, [("video.avatar_iii", "second", 1)]),
        ("create_video", {"video": studio("avatar_iii", None)}, [("video.avatar_iv", "second", 1)]),
        ("create_video", {"video": studio("avatar_v", "avatar_iii")}, [("video.avatar_v", "second", 1)]),
        ("create_video", {"video": studio()}, [("video.avatar_iv", "second", 1)]),
        ("create_video_batch", {"videos": [AVATAR, AVATAR]}, [("video.avatar_iv", "second", 1)] * 2),
        (
            "create_translation",
            {"video": FILE, "output_languages": ["a", "b"], "mode": "precision"},
            [("translation.precision", "second", 2)],
        ),
        (
            "create_translation_batch",
            {"video_translations": [{"video": FILE, "output_languages": ["a"]}] * 2},
            [("translation.speed", "second", 1)] * 2,
        ),
        ("create_lipsync", {"video": FILE, "audio": FILE}, [("lipsync.speed", "second", 1)]),
        ("create_lipsync_batch", {"lipsyncs": [{"video": FILE, "audio": FILE}]}, [("lipsync.speed", "second", 1)]),
        (
            "create_avatar",
            {"avatar": {"type": "photo", "name": "A", "file": FILE}},
            [("avatar", "piece", 1)],
        ),
        ("create_agent_session", {"prompt": "x"}, [("agent", "second", 1)]),
        ("create_speech", {"text": "x", "voice_id": "v"}, [("speech", "second", 1)]),
        ("get_video", {"video_id": "v"}, []),
    ],
)
def test_what_arguments_come_to(name: str, arguments: dict[str, Any], expected: list[tuple[str, str, int]]) -> None:
    found = charges(name, arguments)

    assert [(charge.name, charge.unit, charge.pieces) for charge in found] == expected
    assert {charge.name for charge in found} <= set(OPERATIONS[name].price.names)
    assert all(isinstance(charge.unit, Unit) for charge in found)


def test_where_heygen_names_no_price_nobody_can_quote() -> None:
    unpriced = {name for name in SUBMITS if not OPERATIONS[name].price.published}

    assert unpriced == {"create_proofread", "clone_voice", "create_clipping", "remove_background"}


@pytest.mark.parametrize(
    ("name", "word", "progress"),
    [
        ("create_video", "waiting", Progress.RUNNING),
        ("create_video", "Completed", Progress.SUCCEEDED),
        ("create_video", "queued", Progress.RUNNING),
        ("create_video", "not_found", Progress.GONE),
        ("create_video", "dreaming", Progress.UNKNOWN),
        ("create_agent_session", "waiting_for_input", Progress.OURS),
        ("create_agent_session", "reviewing", Progress.OURS),
        ("create_agent_session", "thinking", Progress.RUNNING),
        ("clone_voice", "complete", Progress.SUCCEEDED),
        ("create_video", "complete", Progress.UNKNOWN),
        ("create_clipping", "cancelled", Progress.CANCELLED),
        ("remove_background", "deleted", Progress.GONE),
        ("create_avatar", "pending_consent", Progress.OURS),
        ("create_translation", "failed", Progress.FAILED),
    ],
)
def test_a_jobs_words_are_its_own(name: str, word: str, progress: Progress) -> None:
    rule = OPERATIONS[name].job
    assert rule is not None

    assert rule.progress(word) is progress


@pytest.mark.parametrize(
    ("name", "answer", "ids"),
    [
        ("create_video", {"video_id": "v"}, ["v"]),
        ("create_video_from_template", {"id": "v"}, ["v"]),
        ("create_translation", {"video_translation_ids": ["a", "b"]}, ["a", "b"]),
        ("generate_from_proofread", {"video_translation_id": "a"}, ["a"]),
        ("create_avatar", {"avatar_item": {"id": "look"}}, ["look"]),
    ],
)
def test_the_ids_in_an_answer(name: str, answer: Any, ids: list[str]) -> None:
    rule = OPERATIONS[name].job
    assert rule is not None

    assert rule.ids(answer) == ids


@pytest.mark.parametrize("answer", [None, {}, {"video_id": ""}, []])
def test_an_answer_without_its_id_is_malformed(answer: Any) -> None:
    with pytest.raises(Malformed):
        VIDEO_JOB.ids(answer)
