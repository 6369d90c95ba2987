"""What a session token is given for, and what is refused."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import httpx2
import pytest

from emulators.liveavatar import LiveAvatarEmulator
from emulators.liveavatar.catalogue import ALEX, CALM, PORTRAIT, WAYNE

KEY = {"X-API-KEY": "la-key-1"}
SECRET = str(uuid.UUID(int=7, version=4))
FULL = {"mode": "FULL", "avatar_persona": {"context_id": SECRET}}


def reasons(answer: httpx2.Response) -> list[tuple[Any, str]]:
    """Where and what is wrong, as the validator's list says."""
    return [(problem["loc"][-1], problem["type"]) for problem in answer.json()["detail"]]


async def test_a_token_names_its_session_and_mode(create) -> None:
    data = (await create()).json()["data"]
    payload = data["session_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))

    assert claims["session_id"] == data["session_id"]
    assert claims["start_session_data"] == {"mode": "LITE"}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"mode": "CUSTOM"},
        {"max_session_duration": 1200, "video_settings": {"quality": "low", "encoding": "VP8"}},
        {"is_sandbox": True, "avatar_id": WAYNE},
        {"livekit_config": {"livekit_url": "wss://x", "livekit_room": "r", "livekit_client_token": "t"}},
        {"openai_realtime_config": {"secret_id": SECRET, "temperature": 1.2}},
        FULL,
        {"mode": "FULL", "voice_agent": {"id": SECRET}},
        FULL | {"avatar_id": PORTRAIT, "avatar_persona": {"voice_id": CALM}},
        FULL | {"dynamic_variables": {"name": "x" * 1000}},
    ],
)
async def test_these_are_accepted(create, fields: dict[str, Any]) -> None:
    assert (await create(**fields)).status_code == 200


@pytest.mark.parametrize(
    ("fields", "where", "rule"),
    [
        ({"mode": None}, "body", "union_tag_not_found"),
        ({"mode": "lite"}, "body", "union_tag_invalid"),
        ({"avatar_id": None}, "avatar_id", "missing"),
        ({"avatar_id": "alex"}, "avatar_id", "uuid_parsing"),
        ({"max_session_duration": 0}, "max_session_duration", "greater_than"),
        ({"video_settings": {"quality": "1080p"}}, "quality", "literal_error"),
        ({"livekit_config": {"url": "wss://x", "token": "t"}}, "livekit_url", "missing"),
        ({"agora_config": {"app_id": "x"}}, "agora_app_id", "missing"),
        ({"openai_realtime_config": {"secret_id": SECRET, "temperature": 0.5}}, "temperature", "greater_than_equal"),
        ({"gemini_realtime_config": {}}, "secret_id", "missing"),
        ({"elevenlabs_agent_config": {"secret_id": SECRET}}, "agent_id", "missing"),
        ({"mode": "FULL"}, "FULL", "value_error"),
        (FULL | {"voice_agent": {"id": SECRET}}, "FULL", "value_error"),
        (FULL | {"interactivity_type": "PUSH"}, "interactivity_type", "literal_error"),
        (FULL | {"dynamic_variables": {"name": "x" * 1001}}, "name", "string_too_long"),
        (FULL | {"dynamic_variables": {str(n): "" for n in range(51)}}, "dynamic_variables", "too_long"),
    ],
)
async def test_these_have_the_wrong_shape(create, fields: dict[str, Any], where: str, rule: str) -> None:
    answer = await create(**fields)

    assert answer.status_code == 422
    assert (where, rule) in reasons(answer)


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"avatar_id": SECRET}, 404, "Avatar not found"),
        ({"is_sandbox": True}, 400, "sandbox"),
        ({"max_session_duration": 1201}, 400, "limit of your plan"),
        (FULL | {"avatar_id": PORTRAIT}, 400, "voice_id"),
    ],
)
async def test_these_are_refused(create, fields: dict[str, Any], status: int, words: str) -> None:
    answer = await create(**fields)

    assert answer.status_code == status
    assert words in answer.json()["message"]


async def test_a_session_token_mints_no_other(api: httpx2.AsyncClient, create) -> None:
    token = (await create()).json()["data"]["session_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = await api.post("/v1/sessions/token", json={"mode": "LITE", "avatar_id": ALEX}, headers=headers)

    assert answer.status_code == 401


@pytest.mark.parametrize("headers", [{}, {"X-API-KEY": "hg-key-1"}, {"X-API-KEY": ""}])
async def test_a_wrong_key_is_refused(api: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    answer = await api.get("/v1/users/credits", headers=headers)

    assert (answer.status_code, answer.json()["data"]) == (401, None)


@pytest.mark.parametrize("body", [b"{", b"[]", b"7"])
async def test_a_body_that_is_no_object_is_refused(api: httpx2.AsyncClient, body: bytes) -> None:
    assert (await api.post("/v1/sessions/token", content=body, headers=KEY)).status_code == 422


async def test_fields_the_service_ignores_are_found(liveavatar: LiveAvatarEmulator, create) -> None:
    await create(video_quality="high", video_settings={"quality": "high", "codec": "VP8"})

    assert [(f.code, f.detail) for f in liveavatar.findings] == [
        ("ignored_fields", "the service ignores video_quality, video_settings.codec")
    ]


async def test_issuing_a_token_costs_nothing(liveavatar: LiveAvatarEmulator, create) -> None:
    await create()
    liveavatar.advance(3000)

    assert liveavatar.account().credits == 100
    assert liveavatar.session().started is None
