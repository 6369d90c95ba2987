"""Our HeyGen client against HeyGen's own schema, served by Prism: what we send is accepted, what comes is read."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import httpx2
import pytest

import heygen as ours
from heygen import (
    OPERATIONS,
    Balance,
    Client,
    Page,
    RemoteStatus,
    Source,
    StatusEntry,
    Translation,
    Video,
)
from tests.outside.judges import DOCUMENT, Judge, need
from tests.support.heygen_requests import MINIMAL
from tests.support.heygen_schema import MISSING, named_examples, operations

pytestmark = [pytest.mark.outside, pytest.mark.timeout(90)]

Open = Callable[..., Awaitable[Client]]

CREATED = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = Source(url="https://videos.example.com/launch.mp4?signature=x")
OPTIONS = ours.TranslationOptions(
    input_language="en",
    speaker_num=2,
    translate_audio_only=False,
    enable_dynamic_duration=True,
    enable_caption=True,
    disable_music_track=False,
    enable_speech_enhancement=True,
    enable_watermark=False,
    keep_the_same_format=True,
    fps_mode="cfr",
    start_time=0.0,
    end_time=12.5,
    audio=Source(asset_id="asset_1"),
    srt=Source(asset_id="asset_2"),
    srt_role="input",
    brand_glossary_id="glossary_1",
    stock_voices=ours.StockVoices(use=True, preferred_ids=("voice_1",)),
    folder_id="folder_1",
)
VIDEO = {"type": "avatar", "avatar_id": "look_1", "script": "Hello.", "voice_id": "voice_1", "title": None}
ENDPOINT_URL = "https://bot.example.com/heygen"
EVENTS = ["video_agent.success", "video_agent.fail"]

# HeyGen's name of an operation → our call of it, with everything it can take.
CALLS: dict[str, Callable[[Client], Awaitable[Any]]] = {
    "videoTranslateCreate": partial(
        Client.create_translation,
        video=SOURCE,
        output_languages=["Spanish (Spain)", "French (France)"],
        idempotency_key="gr-0123456789abcdef",
        title="Launch",
        mode="precision",
        callback_url=ENDPOINT_URL,
        callback_id="sub_1",
        options=OPTIONS,
    ),
    "videoTranslateGet": partial(Client.get_translation, translation_id="tr_mock_1"),
    "videoTranslateList": partial(Client.list_translations, limit=100, token="cursor"),
    "videoTranslateStatusesList": partial(Client.translation_statuses, ids=["tr_mock_1", "tr_mock_2"]),
    "videoTranslateLanguagesList": partial(Client.translation_languages),
    "videoCreate": partial(Client.create_video, payload=VIDEO, idempotency_key="gr-0123456789abcdef"),
    "videoGet": partial(Client.get_video, video_id="vid_mock_1"),
    "videoList": partial(Client.list_videos, title="Launch", folder_id="folder_1", limit=1, token="cursor"),
    "videoStatusesList": partial(Client.video_statuses, ids=["vid_mock_1"]),
    "userMeGet": partial(Client.get_balance),
    "webhookEndpointsCreate": partial(
        Client.create_webhook_endpoint, url=ENDPOINT_URL, idempotency_key="gr-1", events=EVENTS, entity_id="entity_1"
    ),
    "webhookEndpointsList": partial(Client.list_webhook_endpoints, limit=100, token="cursor"),
    "webhookEndpointsUpdate": partial(
        Client.update_webhook_endpoint, endpoint_id="ep_mock_1", url=ENDPOINT_URL, events=EVENTS
    ),
    "webhookEndpointsDelete": partial(Client.delete_webhook_endpoint, endpoint_id="ep_mock_1"),
    "webhookEndpointsRotateSecret": partial(
        Client.rotate_webhook_secret, endpoint_id="ep_mock_1", idempotency_key="gr-1"
    ),
    "webhookEventTypesList": partial(Client.webhook_event_types),
    "webhookEventsList": partial(
        Client.webhook_events, event_type="video_agent.fail", entity_id="entity_1", limit=100, token="cursor"
    ),
}

# The same with as little as possible: what is left out must not be needed, and must not be sent as null.
BARE: dict[str, Callable[[Client], Awaitable[Any]]] = {
    "videoTranslateCreate": partial(
        Client.create_translation,
        video=Source(asset_id="asset_1"),
        output_languages=["English"],
        idempotency_key="gr-1",
        options=ours.TranslationOptions(stock_voices=ours.StockVoices()),
    ),
    "videoTranslateList": partial(Client.list_translations),
    "videoList": partial(Client.list_videos),
    "webhookEndpointsCreate": partial(Client.create_webhook_endpoint, url=ENDPOINT_URL, idempotency_key="gr-1"),
    "webhookEndpointsList": partial(Client.list_webhook_endpoints),
    "webhookEndpointsUpdate": partial(Client.update_webhook_endpoint, endpoint_id="ep_mock_1", events=EVENTS),
    "webhookEventsList": partial(Client.webhook_events),
}


def _translation(status: RemoteStatus, word: str, **more: Any) -> Translation:
    return Translation(
        id="tr_mock_1",
        status=status,
        status_word=word,
        output_language="Spanish (Spain)",
        title="Mock translation",
        callback_id="cb_mock",
        created_at=CREATED,
        **more,
    )


def _video(status: RemoteStatus, word: str, **more: Any) -> Video:
    return Video(id="vid_mock_1", status=status, status_word=word, title="Mock video", created_at=CREATED, **more)


COMPLETED_TRANSLATION = _translation(
    RemoteStatus.COMPLETED,
    "completed",
    duration=42.0,
    video_url="https://files.example.com/tr_mock_1.mp4",
    audio_url="https://files.example.com/tr_mock_1.mp3",
    srt_url="https://files.example.com/tr_mock_1.srt",
    vtt_url="https://files.example.com/tr_mock_1.vtt",
)
COMPLETED_VIDEO = _video(
    RemoteStatus.COMPLETED,
    "completed",
    completed_at=datetime(2026, 1, 1, 0, 5, tzinfo=UTC),
    duration=31.4,
    video_url="https://files.example.com/vid_mock_1.mp4?Expires=1767830400",
    subtitle_url="https://files.example.com/vid_mock_1.srt",
    thumbnail_url="https://files.example.com/vid_mock_1.jpg",
    page_url="https://app.heygen.com/videos/vid_mock_1",
)
REASON = {"failure_code": "rendering_failed", "failure_message": "Mock failure"}
MIXED = [
    StatusEntry(id="vid_mock_1", status=RemoteStatus.COMPLETED, status_word="completed"),
    StatusEntry(id="vid_nope", status=RemoteStatus.NOT_FOUND, status_word="not_found"),
    StatusEntry(id=None, status=RemoteStatus.RUNNING, status_word="queued"),
]
ENDPOINT = ours.WebhookEndpoint(
    id="ep_mock_1",
    url=ENDPOINT_URL,
    status="enabled",
    events=tuple(EVENTS),
    secret="whsec_mock",
    created_at=datetime(2026, 11, 22, tzinfo=UTC),
)

# The schema's named examples → what we make of them.
EXAMPLES: dict[tuple[str, str], Any] = {
    ("videoTranslateCreate", "one"): ["tr_mock_1"],
    ("videoTranslateCreate", "many"): ["tr_mock_1", "tr_mock_2"],
    ("videoTranslateGet", "completed"): COMPLETED_TRANSLATION,
    ("videoTranslateGet", "pending"): _translation(RemoteStatus.RUNNING, "pending"),
    ("videoTranslateGet", "running"): _translation(RemoteStatus.RUNNING, "running"),
    ("videoTranslateGet", "failed"): _translation(RemoteStatus.FAILED, "failed", failure_message="Mock failure"),
    ("videoTranslateLanguagesList", "some"): [
        "English",
        "Spanish (Spain)",
        "French (France)",
        "Chinese (Cantonese, Traditional)",
    ],
    ("videoCreate", "accepted"): "vid_mock_1",
    ("videoGet", "completed"): COMPLETED_VIDEO,
    ("videoGet", "pending"): _video(RemoteStatus.RUNNING, "pending"),
    ("videoGet", "processing"): _video(RemoteStatus.RUNNING, "processing"),
    ("videoGet", "failed"): _video(RemoteStatus.FAILED, "failed", **REASON),
    ("videoGet", "failed_without_reason"): _video(RemoteStatus.FAILED, "failed"),
    ("videoList", "page"): Page((_video(RemoteStatus.COMPLETED, "completed"),), "cursor_mock_2"),
    ("videoList", "last"): Page((), None),
    ("videoStatusesList", "mixed"): MIXED,
    ("userMeGet", "wallet"): ("wallet", "usd", Decimal("12.5")),
    ("userMeGet", "subscription"): ("subscription", "credits", Decimal(120)),
    ("userMeGet", "usage_based"): ("usage_based", "credits", Decimal("250.5")),
    ("webhookEndpointsCreate", "created"): ENDPOINT,
}

# Status → our class, its code, whether a keyed paid request may be sent again, whether it may have been carried out.
ERRORS: dict[int, tuple[type[ours.APIError], str, bool, bool]] = {
    400: (ours.InvalidRequest, "invalid_parameter", False, False),
    401: (ours.Unauthorized, "unauthorized", False, False),
    402: (ours.InsufficientCredit, "insufficient_credit", False, False),
    403: (ours.Forbidden, "forbidden", False, False),
    404: (ours.NotFound, "not_found", False, False),
    409: (ours.RequestInProgress, "request_in_progress", True, False),
    429: (ours.RateLimited, "rate_limit_exceeded", True, False),
    500: (ours.ServerError, "internal_error", True, True),
    502: (ours.ServerError, "internal_error", True, True),
    503: (ours.ServerError, "internal_error", True, True),
    504: (ours.ServerError, "internal_error", True, True),
}


def _shown(value: Any) -> Any:
    """A balance without the vendor's own block, everything else as it is."""
    return (value.billing_type, value.currency, value.remaining) if isinstance(value, Balance) else value


def test_every_method_of_the_client_is_judged() -> None:
    public = {name for name, _ in inspect.getmembers(Client, inspect.iscoroutinefunction) if not name.startswith("_")}

    assert {call.func.__name__ for call in CALLS.values()} == public - {"call", "call_plain"}  # type: ignore[attr-defined]


def test_every_named_example_of_our_operations_is_judged() -> None:
    need(DOCUMENT, MISSING)
    described = operations()
    named = {(name, example) for name in CALLS for example in named_examples(described[name])}

    assert named == set(EXAMPLES)


@pytest.mark.parametrize("name", CALLS)
async def test_what_we_send_is_accepted(client: Open, prism: Judge, name: str) -> None:
    before = len(prism.told())

    await CALLS[name](await client())

    assert "Violation" not in prism.told()[before:]


@pytest.mark.parametrize("name", BARE)
async def test_the_least_we_send_is_accepted(client: Open, prism: Judge, name: str) -> None:
    before = len(prism.told())

    await BARE[name](await client())

    assert "Violation" not in prism.told()[before:]


@pytest.mark.parametrize("name", CALLS)
async def test_a_refusal_names_the_operation_and_the_wait(client: Open, name: str) -> None:
    with pytest.raises(ours.RateLimited) as caught:
        await CALLS[name](await client("code=429"))

    assert (caught.value.operation, caught.value.retry_after) == (name, 2.0)


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=" ".join)
async def test_a_named_example_is_read(client: Open, name: str, example: str) -> None:
    value = await CALLS[name](await client(f"example={example}"))

    assert _shown(value) == EXAMPLES[name, example]


@pytest.mark.parametrize("status", ERRORS)
async def test_an_error_is_mapped(client: Open, status: int) -> None:
    with pytest.raises(ours.APIError) as caught:
        await CALLS["videoTranslateCreate"](await client(f"code={status}"))

    error = caught.value
    assert (type(error), error.code, error.retryable, error.outcome_unknown) == ERRORS[status]
    assert (error.status, error.request_id) == (status, "req-mock-0001")
    assert error.retry_after == (2.0 if status == 429 else None)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_failed_write_that_nothing_protects_is_not_repeated(client: Open, status: int) -> None:
    with pytest.raises(ours.ServerError) as caught:
        await (await client(f"code={status}")).call(OPERATIONS["create_speech"], MINIMAL["create_speech"])

    assert (caught.value.retryable, caught.value.outcome_unknown) == (False, True)


BAD: dict[str, Callable[[Client], Awaitable[Any]]] = {
    "a field nobody knows": partial(Client.create_video, payload=VIDEO | {"surprise": 1}, idempotency_key="gr-1"),
    "a field of the wrong type": partial(Client.create_video, payload=VIDEO | {"script": 7}, idempotency_key="gr-1"),
    "a word outside a closed set": partial(
        Client.create_video, payload=VIDEO | {"resolution": "8k"}, idempotency_key="gr-1"
    ),
    "a missing field": partial(Client.create_video, payload={"type": "avatar"}, idempotency_key="gr-1"),
}


@pytest.mark.parametrize("what", BAD)
async def test_the_judge_refuses(client: Open, what: str) -> None:
    """A judge that accepts everything would make the tests above worthless."""
    with pytest.raises(ours.InvalidRequest):
        await BAD[what](await client())


async def test_the_judge_refuses_a_form_without_its_file(prism: Judge) -> None:
    async with httpx2.AsyncClient(base_url=prism.url, headers={"X-Api-Key": "x"}) as http:
        answer = await http.post("/v3/assets", files={"other": ("a.png", b"x", "image/png")})
        assert answer.status_code == 400


async def test_the_judge_wants_a_credential(prism: Judge) -> None:
    async with httpx2.AsyncClient(base_url=prism.url) as http:
        assert (await http.get("/v3/users/me")).status_code == 401
