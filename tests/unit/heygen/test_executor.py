"""Any operation of the catalogue: the request it becomes, and what its answer is read as."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

import heygen
from heygen import OPERATIONS, CallClass, Client, FileSource, InvalidArguments, Page, RemoteStatus, UnexpectedReply
from heygen.catalogue import FileId
from heygen.catalogue.agents import CREATE_AGENT_SESSION, GET_AGENT_RESOURCE, MESSAGE_AGENT_SESSION, STOP_AGENT_SESSION
from heygen.catalogue.assets import GET_ASSET_STATUSES, LIST_ASSETS, UPLOAD_ASSET
from heygen.catalogue.clippings import REMOVE_BACKGROUND
from heygen.catalogue.library import SEARCH_SOUNDS
from heygen.catalogue.lipsyncs import CREATE_LIPSYNC, GET_LIPSYNC, RENAME_LIPSYNC, CreateLipsync
from heygen.catalogue.templates import CREATE_VIDEO_FROM_TEMPLATE
from heygen.catalogue.videos import CREATE_VIDEO, DELETE_VIDEO, LIST_VIDEOS
from heygen.catalogue.voices import CREATE_SPEECH
from heygen.catalogue.webhooks import ROTATE_WEBHOOK_SECRET

SCRIPT = {"type": "avatar", "avatar_id": "look_1", "script": "Our secret plan.", "voice_id": "v_1"}
ACCEPTED = {"data": {"video_id": "vid_1", "status": "waiting"}}


async def file(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def source(size: int = 3) -> FileSource:
    return FileSource(name="a.mp4", content_type="video/mp4", size=size, chunks=file(b"abc"))


async def test_a_body_of_several_shapes_is_sent_by_itself(client: Client, transport: Any) -> None:
    transport.answer(ACCEPTED)
    accepted = await client.call(CREATE_VIDEO, {"video": SCRIPT}, idempotency_key="k1")

    assert (accepted.id, accepted.status_word) == ("vid_1", "waiting")
    sent = transport.only
    assert (sent.operation, sent.method, sent.path, sent.json) == ("videoCreate", "POST", "/v3/videos", SCRIPT)
    assert (sent.idempotency_key, sent.repeatable, sent.retry_in_call) == ("k1", True, False)
    assert sent.call_class is CallClass.WRITE


async def test_a_model_is_as_good_as_a_mapping(client: Client, transport: Any) -> None:
    transport.answer({"data": {"lipsync_id": "ls_1"}})
    wanted = CreateLipsync(video=FileId(asset_id="a1"), audio=FileId(asset_id="a2"), start_time=1.5)

    assert await client.call(CREATE_LIPSYNC, wanted, idempotency_key="k1") == "ls_1"
    assert transport.only.json == {
        "video": {"type": "asset_id", "asset_id": "a1"},
        "audio": {"type": "asset_id", "asset_id": "a2"},
        "start_time": 1.5,
    }


async def test_ids_go_into_the_path_and_nowhere_else(client: Client, transport: Any) -> None:
    transport.answer({"data": {"id": "x", "status": "running"}}, {"data": {"resource_id": "r"}})
    await client.call(RENAME_LIPSYNC, {"lipsync_id": "../x?", "title": "New"})
    await client.call(GET_AGENT_RESOURCE, {"session_id": "s/1", "resource_id": "r 1"})

    renamed, read = transport.requests
    assert (renamed.path, renamed.json, renamed.query) == ("/v3/lipsyncs/..%2Fx%3F", {"title": "New"}, {})
    assert (read.path, read.json) == ("/v3/video-agents/s%2F1/resources/r%201", None)


async def test_what_is_asked_goes_into_the_query(client: Client, transport: Any) -> None:
    transport.answer(*[{"data": []}] * 4)
    await client.call(LIST_VIDEOS, {"title": "Q3", "limit": 5})
    await client.call(GET_ASSET_STATUSES, {"asset_ids": ["a", "b"]})
    await client.call(SEARCH_SOUNDS, {"query": "rain", "min_score": 0.5})
    await client.call(LIST_ASSETS, {"username": "ada", "folder_id": None})

    assert [request.query for request in transport.requests] == [
        {"title": "Q3", "limit": "5"},
        {"asset_ids": "a,b"},
        {"query": "rain", "min_score": "0.5"},
        {"username": "ada"},
    ]
    assert all(request.retry_in_call and request.json is None for request in transport.requests)


async def test_a_list_answers_a_page_of_records(client: Client, transport: Any) -> None:
    body = {"data": [{"id": "v1", "status": "completed"}], "has_more": True, "next_token": "c2"}
    transport.answer(body, body)

    page = await client.call(LIST_VIDEOS)
    plain = await client.call_plain(LIST_VIDEOS)

    assert isinstance(page, Page)
    assert (page.items[0].status, page.next_token) == (RemoteStatus.COMPLETED, "c2")
    assert plain == {"items": body["data"], "next_token": "c2"}


async def test_a_resource_answers_a_record_or_its_json(client: Client, transport: Any) -> None:
    data = {"id": "ls_1", "status": "running", "created_at": 1_767_225_600, "news": 1}
    transport.answer({"data": data}, {"data": data})

    lipsync = await client.call(GET_LIPSYNC, {"lipsync_id": "ls_1"})

    assert (lipsync.status, lipsync.created_at and lipsync.created_at.year) == (RemoteStatus.RUNNING, 2026)
    assert await client.call_plain(GET_LIPSYNC, {"lipsync_id": "ls_1"}) == data


async def test_a_deletion_answers_nothing(client: Client, transport: Any) -> None:
    transport.answer({"data": {"id": "v1", "deleted": True}}, None)

    await client.call(DELETE_VIDEO, {"video_id": "v1"})
    assert await client.call_plain(DELETE_VIDEO, {"video_id": "v1"}) is None
    assert [request.method for request in transport.requests] == ["DELETE"] * 2


@pytest.mark.parametrize("body", [None, {}, {"data": None}, {"data": {"status": "waiting"}}, {"data": []}])
async def test_a_paid_call_whose_answer_cannot_be_read_has_an_unknown_outcome(
    client: Client, transport: Any, body: Any
) -> None:
    transport.answer(body)

    with pytest.raises(UnexpectedReply) as caught:
        await client.call(CREATE_VIDEO, {"video": SCRIPT}, idempotency_key="k1")
    assert (caught.value.outcome_unknown, caught.value.operation) == (True, "videoCreate")


async def test_template_variables_go_by_name(client: Client, transport: Any) -> None:
    transport.answer({"data": {"id": "v1", "status": "pending"}})
    variables = [{"name": "lead", "value": {"type": "text", "content": "Ada"}}]
    await client.call(CREATE_VIDEO_FROM_TEMPLATE, {"template_id": "t1", "variables": variables}, idempotency_key="k")

    assert transport.only.path == "/v3/templates/t1"
    assert transport.only.json == {"variables": {"lead": {"type": "text", "content": "Ada"}}}


async def test_a_key_nobody_promised_to_look_at_is_sent_and_not_relied_upon(client: Client, transport: Any) -> None:
    transport.answer({"data": {"session_id": "s1"}}, {"data": {"session_id": "s1"}}, {"data": {"audio_url": "u"}})
    await client.call(CREATE_AGENT_SESSION, {"prompt": "A film"}, idempotency_key="k1")
    await client.call(MESSAGE_AGENT_SESSION, {"session_id": "s1", "message": "Yes"})
    await client.call(CREATE_SPEECH, {"text": "Hello", "voice_id": "v"}, idempotency_key="k3")

    assert [request.idempotency_key for request in transport.requests] == ["k1", None, "k3"]
    assert [request.repeatable for request in transport.requests] == [False] * 3


async def test_a_key_can_be_a_field_of_the_body(client: Client, transport: Any) -> None:
    transport.answer(*[{"data": {"id": "b1", "status": "pending"}}] * 2)
    video = {"type": "asset_id", "asset_id": "a1"}
    await client.call(REMOVE_BACKGROUND, {"video": video}, idempotency_key="k1")
    await client.call(REMOVE_BACKGROUND, {"video": video, "request_id": "own"}, idempotency_key="k2")

    assert [request.json["request_id"] for request in transport.requests] == ["k1", "own"]
    assert [request.idempotency_key for request in transport.requests] == [None, None]
    assert all(request.repeatable for request in transport.requests)


async def test_what_is_as_good_done_twice_says_so(client: Client, transport: Any) -> None:
    transport.answer({"data": {"session_id": "s1"}}, {"data": {"secret": "whsec_1"}})
    await client.call(STOP_AGENT_SESSION, {"session_id": "s1"})
    assert await client.call(ROTATE_WEBHOOK_SECRET, {"endpoint_id": "e1"}, idempotency_key="k1") == "whsec_1"

    stop, rotate = transport.requests
    assert (stop.path, stop.json, stop.repeatable) == ("/v3/video-agents/s1/stop", {}, True)
    assert (rotate.json, rotate.idempotency_key) == (None, "k1")


async def test_an_upload_carries_its_file(client: Client, transport: Any) -> None:
    transport.answer({"data": {"asset_id": "a1", "mime_type": "video/mp4", "size_bytes": 3, "url": "u"}})
    uploaded = await client.call(UPLOAD_ASSET, file=source(), idempotency_key="k1")

    assert (uploaded.id, uploaded.size_bytes) == ("a1", 3)
    assert (transport.only.file.size, transport.only.json) == (3, None)
    assert transport.only.call_class is CallClass.UPLOAD


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda c: c.call(CREATE_VIDEO, {"video": SCRIPT}), "idempotency key"),
        (lambda c: c.call(REMOVE_BACKGROUND, {"video": {"type": "asset_id", "asset_id": "a"}}), "idempotency key"),
        (lambda c: c.call(UPLOAD_ASSET, idempotency_key="k"), "takes a file"),
        (lambda c: c.call(LIST_VIDEOS, file=source()), "does not take a file"),
        (lambda c: c.call(DELETE_VIDEO, {"video_id": ".."}), "id"),
    ],
    ids=["without a key", "without a mark", "without a file", "with a file", "with dots for an id"],
)
async def test_a_call_that_makes_no_sense_is_refused(client: Client, call: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        await call(client)


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("create_video", {"video": SCRIPT | {"surprise": "x"}}, "video.avatar.surprise"),
    ("create_video", {"video": SCRIPT | {"script": "x" * 5001}}, "video.avatar.script"),
    ("create_video", {"video": SCRIPT | {"script": "  "}}, "video.avatar"),
    ("create_video", {"video": SCRIPT | {"audio_url": "https://x"}}, "video.avatar"),
    ("create_video", {"video": {"type": "hologram"}}, "video"),
    ("create_video", {"video": SCRIPT | {"voice_settings": {"speed": 2}}}, "video.avatar.voice_settings.speed"),
    ("create_video", {"video": SCRIPT | {"output_format": "webm", "background": {"type": "color"}}}, "video.avatar"),
    ("create_video", {"video": {"type": "studio", "scenes": []}}, "video.studio.scenes"),
    (
        "create_video",
        {"video": {"type": "studio", "scenes": [{"type": "image", "source": {"type": "url", "url": "u"}}]}},
        "video.studio.scenes.0.image",
    ),
    (
        "create_video",
        {
            "video": {
                "type": "cinematic_avatar",
                "prompt": "x",
                "avatar_id": ["l"],
                "duration": 5,
                "auto_duration": True,
            }
        },
        "video.cinematic_avatar",
    ),
    ("get_video", {}, "video_id"),
    ("get_video", {"video_id": ""}, "video_id"),
    ("list_videos", {"limit": 101}, "limit"),
    ("list_avatars", {"limit": 51}, "limit"),
    ("get_video_statuses", {"video_ids": ["x"] * 101}, "video_ids"),
    ("create_agent_session", {"prompt": "x", "callback_id": "J1"}, "arguments"),
    ("create_agent_session", {"prompt": "x" * 10_001}, "prompt"),
    ("create_translation", {"output_languages": []}, "video"),
    (
        "create_translation",
        {"video": {"type": "url", "url": "u"}, "output_languages": ["English"], "fps_mode": "cfr"},
        "arguments",
    ),
    (
        "create_translation",
        {"video": {"type": "url", "url": "u"}, "output_languages": ["English"], "srt_role": "input"},
        "arguments",
    ),
    (
        "create_lipsync",
        {
            "video": {"type": "url", "url": "u"},
            "audio": {"type": "url", "url": "u"},
            "start_time": 5,
            "end_time": 5,
        },
        "arguments",
    ),
    ("create_lipsync", {"video": {"type": "base64", "media_type": "a/b", "data": "x"}}, "video"),
    ("create_upload", {"filename": "a", "content_type": "a/b", "size_bytes": 0}, "size_bytes"),
    ("complete_upload", {"asset_id": "a", "checksum_sha256": "xyz"}, "checksum_sha256"),
]


@pytest.mark.parametrize(("name", "arguments", "place"), BAD, ids=range(len(BAD)))
async def test_what_heygen_would_refuse_is_refused_here(
    client: Client, transport: Any, name: str, arguments: dict[str, Any], place: str
) -> None:
    with pytest.raises(InvalidArguments) as caught:
        await client.call(OPERATIONS[name], arguments, idempotency_key="k1")

    assert caught.value.problems[0][0] == place
    assert transport.requests == []


async def test_a_refusal_here_quotes_nothing(client: Client) -> None:
    with pytest.raises(InvalidArguments) as caught:
        await client.call(CREATE_VIDEO, {"video": SCRIPT | {"voice_id": 7, "x": "secret"}}, idempotency_key="k1")

    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, heygen.HeyGenError)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert (caught.value.retryable, caught.value.outcome_unknown) == (False, False)
