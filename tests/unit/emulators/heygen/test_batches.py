"""Batches of videos, translations and lip-syncs: item by item, as places become free."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.heygen import HeyGenEmulator

VIDEO = {"type": "avatar", "avatar_id": "look-1", "script": "Hi.", "voice_id": "voice-1"}
SOURCE = {"type": "url", "url": "https://a.example/film.mp4"}
TRANSLATION = {"video": SOURCE, "output_languages": ["German (Germany)", "French (France)"]}
LIPSYNC = {"video": SOURCE, "audio": {"type": "url", "url": "https://a.example/a.mp3"}}


async def submit(api: Any, path: str, name: str, items: list[Any], **fields: Any) -> str:
    answer = await api.post(f"/v3/{path}/batches", json={name: items} | fields)
    assert answer.status_code == 202, answer.text
    return answer.json()["data"]["batch_id"]


async def read(api: Any, path: str, batch_id: str, query: str = "") -> dict[str, Any]:
    return (await api.get(f"/v3/{path}/batches/{batch_id}{query}")).json()["data"]


async def test_what_there_is_room_for_begins_at_once(api, heygen: HeyGenEmulator) -> None:
    heygen.account().cap = 2
    batch_id = await submit(api, "videos", "videos", [VIDEO] * 3, title="Three")
    before = await read(api, "videos", batch_id)
    heygen.finish()
    after = await read(api, "videos", batch_id)

    assert [item["status"] for item in before["items"]] == ["queued", "queued", "queued"]
    assert [item["video_id"] is None for item in before["items"]] == [False, False, True]
    assert [item["status"] for item in after["items"]] == ["completed", "completed", "queued"]
    assert after["items"][2]["video_id"]
    assert (after["title"], after["total_items"], after["status"]) == ("Three", 3, "processing")


async def test_one_that_is_refused_fails_alone(api, heygen: HeyGenEmulator) -> None:
    bad = VIDEO | {"voice_id": "nope"}
    batch_id = await submit(api, "videos", "videos", [VIDEO, bad])
    heygen.finish()
    batch = await read(api, "videos", batch_id)

    assert [item["status"] for item in batch["items"]] == ["completed", "failed"]
    assert batch["items"][1]["error"]["code"] == "voice_not_found"
    assert (batch["status"], len(heygen.charges)) == ("completed", 1)


async def test_a_batch_without_success_has_failed(api, heygen: HeyGenEmulator) -> None:
    batch_id = await submit(api, "videos", "videos", [VIDEO])
    heygen.finish(fail="No.")
    batch = await read(api, "videos", batch_id)

    assert (batch["status"], batch["counts_by_status"]) == ("failed", {"failed": 1})
    assert batch["items"][0]["error"]["message"] == "No."


async def test_a_form_that_is_wrong_is_refused_as_a_whole(api, heygen: HeyGenEmulator) -> None:
    answer = await api.post("/v3/videos/batches", json={"videos": [VIDEO, VIDEO | {"x": 1}]})

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "videos")
    assert heygen.charges == []


@pytest.mark.parametrize("count", [0, 101])
async def test_a_batch_has_one_to_a_hundred_items(api, count: int) -> None:
    assert (await api.post("/v3/videos/batches", json={"videos": [VIDEO] * count})).status_code == 400


async def test_languages_count_one_by_one(api, heygen: HeyGenEmulator) -> None:
    too_many = await api.post("/v3/video-translations/batches", json={"video_translations": [TRANSLATION] * 51})
    batch_id = await submit(api, "video-translations", "video_translations", [TRANSLATION] * 2)
    batch = await read(api, "video-translations", batch_id)

    assert too_many.status_code == 400
    assert (batch["total_items"], len(heygen.charges)) == (4, 4)
    jobs = [heygen.state.jobs[item["video_id"]] for item in batch["items"]]
    assert [job.language for job in jobs] == TRANSLATION["output_languages"] * 2


async def test_a_language_nobody_speaks_fails_alone(api, heygen: HeyGenEmulator) -> None:
    bad = TRANSLATION | {"output_languages": ["Klingon"]}
    batch_id = await submit(api, "video-translations", "video_translations", [bad, TRANSLATION])
    batch = await read(api, "video-translations", batch_id)

    assert [item["status"] for item in batch["items"]] == ["failed", "queued", "queued"]


async def test_lipsyncs_come_in_batches_too(api, heygen: HeyGenEmulator) -> None:
    bad = LIPSYNC | {"audio": {"type": "asset_id", "asset_id": "nope"}}
    batch_id = await submit(api, "lipsyncs", "lipsyncs", [LIPSYNC, bad])
    heygen.finish()
    batch = await read(api, "lipsyncs", batch_id)

    assert [item["status"] for item in batch["items"]] == ["completed", "failed"]
    lines = (await api.get(f"/v3/lipsyncs/statuses?batch_ids={batch_id}")).json()["data"]
    assert [(line["batch_id"], line["item_index"]) for line in lines] == [(batch_id, 0), (batch_id, 1)]


async def test_items_come_in_pages_in_their_order(api, heygen: HeyGenEmulator) -> None:
    heygen.account().cap = 100
    batch_id = await submit(api, "videos", "videos", [VIDEO] * 5)
    first = await read(api, "videos", batch_id, "?limit=3")
    rest = await read(api, "videos", batch_id, f"?limit=3&token={first['next_token']}")

    assert [item["item_index"] for item in first["items"] + rest["items"]] == [0, 1, 2, 3, 4]
    assert (first["has_more"], rest["has_more"], rest["next_token"]) == (True, False, None)
    bad = await api.get(f"/v3/videos/batches/{batch_id}?token=xyz")
    assert bad.status_code == 400


async def test_the_same_key_is_the_same_batch(api, heygen: HeyGenEmulator) -> None:
    answers = [
        await api.post("/v3/videos/batches", json={"videos": [VIDEO]}, headers={"Idempotency-Key": "k"})
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert len(heygen.charges) == 1


async def test_its_end_is_announced_once(api, heygen: HeyGenEmulator, receiver) -> None:
    heygen.seed_endpoint(f"{receiver.url}/hook", "whsec_1", events=["batch.finished"])
    batch_id = await submit(api, "videos", "videos", [VIDEO] * 2, callback_url=f"{receiver.url}/callback")
    heygen.finish()
    heygen.advance(1)
    await receiver.journal.wait_for(lambda: len(receiver.bodies) == 2)

    [event] = heygen.webhooks.events
    assert (event.type, event.entity_id) == ("batch.finished", batch_id)
    assert event.data["counts_by_status"] == {"completed": 2}


async def test_a_batch_of_another_kind_or_account_is_not_found(api, heygen: HeyGenEmulator) -> None:
    batch_id = await submit(api, "videos", "videos", [VIDEO])
    elsewhere = await api.get(f"/v3/lipsyncs/batches/{batch_id}")
    heygen.add_account("hg-key-2")
    api.headers["X-Api-Key"] = "hg-key-2"

    assert elsewhere.status_code == 404
    assert (await api.get(f"/v3/videos/batches/{batch_id}")).status_code == 404
    lines = (await api.get(f"/v3/videos/statuses?batch_ids={batch_id}")).json()["data"]
    assert lines == [{"video_id": None, "batch_id": batch_id, "status": "not_found"}]


async def test_without_money_the_rest_fails(api, heygen: HeyGenEmulator) -> None:
    heygen.account().balance = 0.1
    batch_id = await submit(api, "videos", "videos", [VIDEO, VIDEO])
    items = (await read(api, "videos", batch_id))["items"]

    assert [item["error"] and item["error"]["code"] for item in items] == [None, "insufficient_credit"]
