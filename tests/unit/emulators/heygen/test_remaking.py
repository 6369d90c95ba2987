"""Lip-syncs, proofreads, clips and separated backgrounds."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.heygen import HeyGenEmulator, media
from emulators.heygen.assets import Asset

SOURCE = {"type": "url", "url": "https://a.example/film.mp4"}
AUDIO = {"type": "url", "url": "https://a.example/a.mp3"}
LIPSYNC = {"video": SOURCE, "audio": AUDIO}
PROOFREAD = {"video": SOURCE, "output_languages": ["German (Germany)"], "title": "Check"}
CORRECTED = "1\n00:00:00,000 --> 00:00:02,000\nGuten Tag.\n"


# Lip-syncs


async def sync(api: Any, **fields: Any) -> str:
    return (await api.post("/v3/lipsyncs", json=LIPSYNC | fields)).json()["data"]["lipsync_id"]


async def test_a_lipsync_from_its_beginning_to_its_video(api, heygen: HeyGenEmulator) -> None:
    lipsync_id = await sync(api, title="Ada", enable_caption=True)
    seen = []
    for seconds in (0, 10, 400):
        heygen.advance(seconds)
        seen.append((await api.get(f"/v3/lipsyncs/{lipsync_id}")).json()["data"])

    assert [one["status"] for one in seen] == ["pending", "running", "completed"]
    assert media.mp4_seconds((await api.get(seen[2]["video_url"])).content) == 60
    assert "-->" in (await api.get(seen[2]["caption_url"])).text
    assert (seen[0]["video_url"], seen[2]["failure_message"]) == (None, None)


@pytest.mark.parametrize(("mode", "price"), [("speed", 0.0388), ("precision", 0.0823)])
async def test_its_price_is_that_of_its_mode(api, heygen: HeyGenEmulator, mode: str, price: float) -> None:
    await sync(api, mode=mode, start_time=10.0, end_time=20.0)

    assert (heygen.charges[0].kind, heygen.charges[0].amount) == ("lipsync", pytest.approx(10 * price))


async def test_it_has_no_event_but_a_callback(api, heygen: HeyGenEmulator, receiver) -> None:
    heygen.seed_endpoint(f"{receiver.url}/hook", "whsec_1")
    await sync(api, callback_url=f"{receiver.url}/callback", callback_id="J1")
    heygen.finish()
    await receiver.journal.wait_for(lambda: receiver.bodies)

    assert heygen.webhooks.events == []
    assert [entry.path for entry in receiver.journal.entries if entry.method == "POST"] == ["/callback"]


async def test_its_statuses_are_read_in_bulk(api, heygen: HeyGenEmulator) -> None:
    lipsync_id = await sync(api)
    lines = (await api.get(f"/v3/lipsyncs/statuses?lipsync_ids={lipsync_id},nope")).json()["data"]

    assert [line["status"] for line in lines] == ["queued", "not_found"]


@pytest.mark.parametrize(
    ("fields", "status", "param"),
    [
        ({"audio": {"type": "base64", "media_type": "audio/mpeg", "data": "AA=="}}, 400, "audio"),
        ({"audio": {"type": "asset_id", "asset_id": "long"}}, 400, "audio"),
        ({"video": {"type": "asset_id", "asset_id": "nope"}}, 404, None),
        ({"video": {"type": "url", "url": "x"}}, 400, "video"),
        ({"start_time": 5.0, "end_time": 4.0}, 400, "end_time"),
        ({"output_languages": ["English"]}, 400, "output_languages"),
        ({"callback_url": "x"}, 400, "callback_url"),
    ],
)
async def test_a_lipsync_that_cannot_be_is_refused(
    api, heygen: HeyGenEmulator, fields: Any, status: int, param: str | None
) -> None:
    heygen.seed_asset("long", 601)
    answer = await api.post("/v3/lipsyncs", json=LIPSYNC | fields)

    assert (answer.status_code, answer.json()["error"].get("param")) == (status, param)
    assert heygen.charges == []


async def test_a_source_that_cannot_be_fetched_fails_the_job(api, heygen: HeyGenEmulator) -> None:
    lipsync_id = await sync(api, video={"type": "url", "url": f"{heygen.url}/sources/page.html"})
    heygen.advance(10)
    found = (await api.get(f"/v3/lipsyncs/{lipsync_id}")).json()["data"]

    assert (found["status"], heygen.charges[0].refunded) == ("failed", True)
    assert "supported video" in found["failure_message"]


# Proofreads


@pytest.fixture
async def proofread(api, heygen: HeyGenEmulator) -> str:
    """The path of a proofread that is ready."""
    data = (await api.post("/v3/video-translations/proofreads", json=PROOFREAD)).json()["data"]
    heygen.finish()
    return f"/v3/video-translations/proofreads/{data['proofread_ids'][0]}"


@pytest.fixture
async def corrected(heygen: HeyGenEmulator, api) -> Asset:
    """The corrected subtitles, uploaded."""
    answer = await api.post("/v3/assets", files={"file": ("de.srt", CORRECTED.encode())})
    return heygen.assets.all[answer.json()["data"]["asset_id"]]


async def test_subtitles_come_before_the_video(api, heygen: HeyGenEmulator) -> None:
    created = (await api.post("/v3/video-translations/proofreads", json=PROOFREAD)).json()["data"]
    path = f"/v3/video-translations/proofreads/{created['proofread_ids'][0]}"
    early = await api.get(f"{path}/srt")
    heygen.advance(301)
    ready = (await api.get(path)).json()["data"]
    links = (await api.get(f"{path}/srt")).json()["data"]

    assert (created["status"], early.status_code, ready["status"]) == ("processing", 409, "completed")
    assert "German" in (await api.get(links["srt_url"])).text
    assert "English" in (await api.get(links["original_srt_url"])).text


async def test_corrected_subtitles_end_up_in_the_video(api, heygen: HeyGenEmulator, proofread: str, corrected) -> None:
    source = {"srt": {"type": "asset_id", "asset_id": corrected.id}}
    replaced = await api.put(f"{proofread}/srt", json=source)
    shown = (await api.get(f"{proofread}/srt")).json()["data"]["srt_url"]
    generated = (await api.post(f"{proofread}/generate", json={"captions": True})).json()["data"]
    heygen.finish()
    made = (await api.get(f"/v3/video-translations/{generated['video_translation_id']}")).json()["data"]

    assert replaced.status_code == 200
    assert (await api.get(shown)).text == CORRECTED == (await api.get(made["srt_caption_url"])).text
    assert (made["output_language"], made["status"]) == ("German (Germany)", "completed")


async def test_each_step_has_its_price(api, heygen: HeyGenEmulator, proofread: str) -> None:
    await api.post(f"{proofread}/generate")

    assert [charge.kind for charge in heygen.charges] == ["proofread", "translation"]


async def test_generating_twice_with_a_key_is_one_video(api, heygen: HeyGenEmulator, proofread: str) -> None:
    answers = [await api.post(f"{proofread}/generate", headers={"Idempotency-Key": "k"}) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert len(heygen.charges) == 2


async def test_what_is_no_subtitle_is_refused(api, heygen: HeyGenEmulator, proofread: str) -> None:
    heygen.seed_asset("film", 10)
    for url in (f"{heygen.url}/sources/page.html", f"{heygen.url}/nowhere", "http://127.0.0.1:1/x.srt"):
        answer = await api.put(f"{proofread}/srt", json={"srt": {"type": "url", "url": url}})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "srt")

    answer = await api.put(f"{proofread}/srt", json={"srt": {"type": "asset_id", "asset_id": "film"}})
    assert answer.status_code == 400


async def test_a_proofread_is_gone_after_a_day(api, heygen: HeyGenEmulator, proofread: str) -> None:
    heygen.advance(24 * 3600 + 1)

    assert (await api.get(proofread)).status_code == 404
    assert (await api.post(f"{proofread}/generate")).status_code == 404


async def test_a_failed_proofread_says_why_and_costs_nothing(api, heygen: HeyGenEmulator) -> None:
    heygen.fail_next(message="No speech.", kind="proofread")
    data = (await api.post("/v3/video-translations/proofreads", json=PROOFREAD)).json()["data"]
    heygen.advance(301)
    found = (await api.get(f"/v3/video-translations/proofreads/{data['proofread_ids'][0]}")).json()["data"]

    assert (found["status"], found["failure_message"]) == ("failed", "No speech.")
    assert heygen.charges[0].refunded


async def test_its_end_is_an_event(api, heygen: HeyGenEmulator) -> None:
    heygen.seed_endpoint("https://elsewhere.example/hook", "whsec_1")
    await api.post("/v3/video-translations/proofreads", json=PROOFREAD)
    heygen.finish()

    assert [event.type for event in heygen.webhooks.events] == ["proofread_creation.success"]


# Clips


async def test_clips_are_cut_one_by_one(api, heygen: HeyGenEmulator) -> None:
    accepted = await api.post("/v3/ai-clipping", json={"video": SOURCE, "output_settings": {"aspect_ratio": "square"}})
    job_id = accepted.json()["data"]["id"]
    heygen.advance(60)
    early = (await api.get(f"/v3/ai-clipping/{job_id}")).json()["data"]
    heygen.advance(300)
    done = (await api.get(f"/v3/ai-clipping/{job_id}")).json()["data"]

    assert (accepted.status_code, early["status"], early["clips"]) == (202, "running", [])
    assert 0 < early["progress"] < 100 == done["progress"]
    assert [clip["status"] for clip in done["clips"]] == ["completed", "completed", "failed"]
    assert done["clips"][0]["aspect_ratio"] == "square"
    assert (await api.get(done["clips"][0]["video_url"])).content[4:8] == b"ftyp"


async def test_a_key_protects_no_clips(api, heygen: HeyGenEmulator) -> None:
    for _ in range(2):
        await api.post("/v3/ai-clipping", json={"video": SOURCE}, headers={"Idempotency-Key": "k"})

    assert len(heygen.charges) == 2


async def test_deleted_clips_are_gone(api, heygen: HeyGenEmulator) -> None:
    job_id = (await api.post("/v3/ai-clipping", json={"video": SOURCE})).json()["data"]["id"]
    await api.delete(f"/v3/ai-clipping/{job_id}")

    assert (await api.get(f"/v3/ai-clipping/{job_id}")).status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"output_settings": {"prompt": "x" * 501}},
        {"output_settings": {"duration_types": ["45"]}},
        {"video": {"type": "base64", "media_type": "video/mp4", "data": "AA=="}},
        {"callback_url": "x"},
    ],
)
async def test_clips_that_cannot_be_are_refused(api, fields: Any) -> None:
    assert (await api.post("/v3/ai-clipping", json={"video": SOURCE} | fields)).status_code == 400


# Backgrounds


async def remove(api: Any, **fields: Any) -> dict[str, Any]:
    return (await api.post("/v3/background-removals", json={"video": SOURCE} | fields)).json()["data"]


async def test_layers_are_what_was_asked_for(api, heygen: HeyGenEmulator) -> None:
    job = await remove(api, layers=["foreground", "mask"])
    heygen.advance(10)
    running = (await api.get(f"/v3/background-removals/{job['id']}")).json()["data"]
    heygen.advance(200)
    done = (await api.get(f"/v3/background-removals/{job['id']}")).json()["data"]

    assert [job["status"], running["status"], done["status"]] == ["pending", "processing", "completed"]
    assert (running["layers"], set(done["layers"])) == ({}, {"foreground", "mask"})
    assert (await api.get(done["layers"]["mask"])).status_code == 200


async def test_the_same_request_id_is_the_same_job_whatever_the_header_says(api, heygen: HeyGenEmulator) -> None:
    first = await remove(api, request_id="r1")
    again = await remove(api, request_id="r1", layers=["mask"])
    await api.post("/v3/background-removals", json={"video": SOURCE}, headers={"Idempotency-Key": "r1"})

    assert first["id"] == again["id"]
    assert len(heygen.charges) == 2


async def test_a_deleted_job_is_still_known_as_such(api, heygen: HeyGenEmulator) -> None:
    job = await remove(api)
    heygen.finish()
    await api.delete(f"/v3/background-removals/{job['id']}")
    found = (await api.get(f"/v3/background-removals/{job['id']}")).json()["data"]

    assert (found["status"], found["layers"]) == ("deleted", {})
    assert (await api.get("/v3/background-removals")).json()["data"] == []


async def test_a_failed_separation_says_why(api, heygen: HeyGenEmulator) -> None:
    job = await remove(api)
    heygen.finish(fail="Nobody is in it.")

    found = (await api.get(f"/v3/background-removals/{job['id']}")).json()["data"]
    assert (found["status"], found["error"]) == ("failed", "Nobody is in it.")
