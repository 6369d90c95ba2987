"""Client: which request each method makes and what it makes of the answer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from heygen import CallClass, Client, RemoteStatus, Source, TranslationOptions, UnexpectedReply

VIDEO = Source(asset_id="asset-1")


async def translate(client: Client, **options: Any) -> list[str]:
    arguments = {"video": VIDEO, "output_languages": ["French (France)"], "idempotency_key": "k1", **options}
    return await client.create_translation(**arguments)


async def test_create_translation_answers_all_ids(client: Client, transport: Any) -> None:
    transport.answer({"data": {"video_translation_ids": ["t1", "t2"]}})

    assert await translate(client, output_languages=["French (France)", "English"]) == ["t1", "t2"]


async def test_create_translation_is_a_keyed_write(client: Client, transport: Any) -> None:
    transport.answer({"data": {"video_translation_ids": ["t1"]}})
    await translate(client)

    sent = transport.only
    assert (sent.operation, sent.method, sent.path) == ("videoTranslateCreate", "POST", "/v3/video-translations")
    assert (sent.idempotency_key, sent.call_class, sent.retry_in_call) == ("k1", CallClass.WRITE, False)


async def test_create_translation_sends_only_what_is_set(client: Client, transport: Any) -> None:
    transport.answer({"data": {"video_translation_ids": ["t1"]}})
    await translate(client, title="Launch", mode="precision", options=TranslationOptions(speaker_num=2))

    assert transport.only.json == {
        "video": {"type": "asset_id", "asset_id": "asset-1"},
        "output_languages": ["French (France)"],
        "title": "Launch",
        "mode": "precision",
        "speaker_num": 2,
    }


async def test_create_translation_passes_the_callback(client: Client, transport: Any) -> None:
    transport.answer({"data": {"video_translation_ids": ["t1"]}})
    await translate(client, callback_url="https://bot.example/c", callback_id="J7")

    assert transport.only.json["callback_url"] == "https://bot.example/c"
    assert transport.only.json["callback_id"] == "J7"


@pytest.mark.parametrize("languages", [[], "French"])
async def test_create_translation_wants_a_list_of_languages(client: Client, languages: Any) -> None:
    with pytest.raises(ValueError, match="sequence"):
        await translate(client, output_languages=languages)


@pytest.mark.parametrize(
    "data", [{}, {"video_translation_ids": []}, {"video_translation_ids": ["t1", None]}, [], None, "t1"]
)
async def test_a_submit_without_all_ids_has_an_unknown_outcome(client: Client, transport: Any, data: Any) -> None:
    transport.answer({"data": data})

    with pytest.raises(UnexpectedReply) as caught:
        await translate(client)
    assert (caught.value.outcome_unknown, caught.value.request_id) == (True, "req-1")


@pytest.mark.parametrize("body", [None, [], {}, {"data": None}, "text"])
async def test_a_reply_without_data_is_unexpected(client: Client, transport: Any, body: Any) -> None:
    transport.answer(body)

    with pytest.raises(UnexpectedReply):
        await client.get_video("v1")


async def test_get_translation(client: Client, transport: Any) -> None:
    transport.answer({"data": {"id": "t1", "status": "running"}})

    assert (await client.get_translation("t1")).status is RemoteStatus.RUNNING
    assert transport.only.path == "/v3/video-translations/t1"
    assert transport.only.retry_in_call


async def test_ids_are_encoded_as_one_segment(client: Client, transport: Any) -> None:
    transport.answer({"data": {"id": "x", "status": "running"}})
    await client.get_video("../users/me?x=ü#")

    assert transport.only.path == "/v3/videos/..%2Fusers%2Fme%3Fx%3D%C3%BC%23"


@pytest.mark.parametrize("identifier", ["", ".", ".."])
async def test_an_id_that_would_name_another_resource_is_refused(client: Client, identifier: str) -> None:
    with pytest.raises(ValueError, match="id"):
        await client.get_video(identifier)


async def test_list_translations_pages(client: Client, transport: Any) -> None:
    transport.answer({"data": [{"id": "t1", "status": "x"}], "has_more": True, "next_token": "c2"})
    page = await client.list_translations(limit=5, token="c1")

    assert ([item.id for item in page.items], page.next_token) == (["t1"], "c2")
    assert transport.only.query == {"limit": "5", "token": "c1"}


@pytest.mark.parametrize("rest", [{}, {"has_more": False, "next_token": "c2"}, {"next_token": None}])
async def test_the_last_page(client: Client, transport: Any, rest: dict[str, Any]) -> None:
    transport.answer({"data": [], **rest})

    assert (await client.list_translations()).next_token is None


async def test_a_token_is_enough_to_go_on(client: Client, transport: Any) -> None:
    transport.answer({"data": [], "next_token": "c2"})

    assert (await client.list_translations()).next_token == "c2"


@pytest.mark.parametrize(
    "body", [{"data": [], "has_more": True}, {"data": {}}, {"data": [5]}, {"data": [{"status": "x"}]}]
)
async def test_a_list_of_another_shape_is_unexpected(client: Client, transport: Any, body: Any) -> None:
    transport.answer(body)

    with pytest.raises(UnexpectedReply):
        await client.list_translations()


@pytest.mark.parametrize("limit", [0, 101, -1])
async def test_page_sizes_heygen_refuses(client: Client, limit: int) -> None:
    with pytest.raises(ValueError, match="list_videos: limit"):
        await client.list_videos(limit=limit)


async def test_translation_statuses(client: Client, transport: Any) -> None:
    transport.answer({"data": [{"video_id": "t1", "status": "not_found"}, {"video_id": "t2", "status": "odd"}]})
    entries = await client.translation_statuses(["t1", "t2"])

    assert [entry.status for entry in entries] == [RemoteStatus.NOT_FOUND, RemoteStatus.UNKNOWN]
    assert transport.only.path == "/v3/video-translations/statuses"
    assert transport.only.query == {"video_translation_ids": "t1,t2"}


async def test_video_statuses(client: Client, transport: Any) -> None:
    transport.answer({"data": []})

    assert await client.video_statuses([f"v{n}" for n in range(100)]) == []
    assert transport.only.query["video_ids"].count(",") == 99


async def test_no_ids_need_no_request(client: Client, transport: Any) -> None:
    assert await client.video_statuses([]) == []
    assert transport.requests == []


@pytest.mark.parametrize("ids", [["v"] * 101, "v1", ["a,b"], [""]], ids=["101", "text", "comma", "empty"])
async def test_bulk_reads_refuse(client: Client, ids: Any) -> None:
    with pytest.raises(ValueError, match=r"video_ids|bulk read"):
        await client.video_statuses(ids)


async def test_translation_languages(client: Client, transport: Any) -> None:
    transport.answer({"data": {"languages": ["English", "French (France)", None]}})

    assert await client.translation_languages() == ["English", "French (France)"]
    assert transport.only.path == "/v3/video-translations/languages"


async def test_create_video(client: Client, transport: Any) -> None:
    transport.answer({"data": {"video_id": "v1", "status": "waiting"}})
    payload = {"type": "avatar", "avatar_id": "a", "script": "Hi", "title": None}

    assert await client.create_video(payload, idempotency_key="k2") == "v1"
    assert transport.only.json == {"type": "avatar", "avatar_id": "a", "script": "Hi"}
    assert (transport.only.path, transport.only.idempotency_key) == ("/v3/videos", "k2")


async def test_a_created_video_without_id_has_an_unknown_outcome(client: Client, transport: Any) -> None:
    transport.answer({"data": {"status": "waiting"}})

    with pytest.raises(UnexpectedReply, match="video_id is missing") as caught:
        await client.create_video({}, idempotency_key="k2")
    assert caught.value.outcome_unknown


async def test_list_videos_by_title(client: Client, transport: Any) -> None:
    transport.answer({"data": [{"id": "v1", "status": "completed"}]})
    page = await client.list_videos(title="J7", folder_id="f")

    assert [video.id for video in page.items] == ["v1"]
    assert transport.only.query == {"title": "J7", "folder_id": "f"}


async def test_get_balance(client: Client, transport: Any) -> None:
    transport.answer({"data": {"billing_type": "wallet", "wallet": {"currency": "usd", "remaining_balance": 1}}})

    assert (await client.get_balance()).remaining == Decimal(1)
    assert transport.only.path == "/v3/users/me"


EVENTS = ["video_agent.success", "batch.finished"]
ENDPOINT = {"endpoint_id": "e1", "url": "https://bot.example/w", "status": "enabled", "created_at": "x"}


async def test_create_webhook_endpoint(client: Client, transport: Any) -> None:
    transport.answer({"data": {**ENDPOINT, "events": EVENTS, "secret": "whsec"}})
    endpoint = await client.create_webhook_endpoint("https://bot.example/w", idempotency_key="k", events=EVENTS)

    assert (endpoint.id, endpoint.secret, endpoint.events) == ("e1", "whsec", tuple(EVENTS))
    assert transport.only.json == {"url": "https://bot.example/w", "events": EVENTS}
    assert transport.only.idempotency_key == "k"


async def test_list_webhook_endpoints(client: Client, transport: Any) -> None:
    transport.answer({"data": [{**ENDPOINT, "events": None, "secret": None}]})
    (endpoint,) = (await client.list_webhook_endpoints(limit=100)).items

    assert (endpoint.url, endpoint.events, endpoint.secret) == ("https://bot.example/w", None, None)


async def test_update_webhook_endpoint(client: Client, transport: Any) -> None:
    transport.answer({"data": ENDPOINT})
    await client.update_webhook_endpoint("e1", events=[])

    assert (transport.only.method, transport.only.path) == ("PATCH", "/v3/webhooks/endpoints/e1")
    assert transport.only.json == {"events": []}


async def test_an_update_of_nothing_is_refused(client: Client) -> None:
    with pytest.raises(ValueError, match="nothing to change"):
        await client.update_webhook_endpoint("e1")


@pytest.mark.parametrize("body", [None, {}, {"data": {}}])
async def test_delete_webhook_endpoint(client: Client, transport: Any, body: Any) -> None:
    transport.answer(body)
    await client.delete_webhook_endpoint("e1")

    assert (transport.only.method, transport.only.path) == ("DELETE", "/v3/webhooks/endpoints/e1")


async def test_rotate_webhook_secret(client: Client, transport: Any) -> None:
    transport.answer({"data": {"endpoint_id": "e1", "secret": "new"}})

    assert await client.rotate_webhook_secret("e1", idempotency_key="k") == "new"
    assert transport.only.path == "/v3/webhooks/endpoints/e1/rotate-secret"
    assert transport.only.json is None


async def test_webhook_event_types(client: Client, transport: Any) -> None:
    transport.answer({"data": [{"event_type": "batch.finished", "description": "d"}]})

    assert await client.webhook_event_types() == ["batch.finished"]
    assert transport.only.path == "/v3/webhooks/event-types"


async def test_webhook_events(client: Client, transport: Any) -> None:
    event = {"event_id": "ev1", "event_type": "avatar_video.fail", "event_data": {"video_id": "v1"}}
    transport.answer({"data": [event]})
    page = await client.webhook_events(event_type="avatar_video.fail", limit=50)

    assert [(item.event_id, item.provider_id) for item in page.items] == [("ev1", "v1")]
    assert transport.only.query == {"event_type": "avatar_video.fail", "limit": "50"}
