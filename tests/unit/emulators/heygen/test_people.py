"""Avatars, looks, voices, speech, and the libraries an account draws on."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.heygen import HeyGenEmulator

PHOTO = {"type": "photo", "name": "Ada", "file": {"type": "url", "url": "https://a.example/ada.png"}}
TWIN = {"type": "digital_twin", "name": "Ada", "file": {"type": "url", "url": "https://a.example/ada.mp4"}}
CLONE = {"audio": {"type": "url", "url": "https://a.example/ada.mp3"}, "voice_name": "Ada"}


async def listed(api: Any, path: str) -> list[dict[str, Any]]:
    return (await api.get(f"/v3/{path}")).json()["data"]


async def create(api: Any, body: dict[str, Any]) -> tuple[str, str]:
    data = (await api.post("/v3/avatars", json=body)).json()["data"]
    return data["avatar_group"]["id"], data["avatar_item"]["id"]


async def test_a_video_can_be_made_with_every_look_of_the_library(api, avatar_video, heygen: HeyGenEmulator) -> None:
    heygen.account().cap = 100
    looks = await listed(api, "avatars/looks")

    for look in looks:
        assert (await avatar_video(avatar_id=look["id"])).status_code == 200
    assert {look["group_id"] for look in looks} == {group["id"] for group in await listed(api, "avatars")}
    assert (await api.get(looks[0]["preview_image_url"])).content.startswith(b"\x89PNG")


async def test_an_avatar_is_not_a_look(avatar_video) -> None:
    answer = await avatar_video(avatar_id="avatar-1")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "avatar_not_found")


async def test_a_photo_becomes_a_look(api, heygen: HeyGenEmulator, avatar_video) -> None:
    _, look_id = await create(api, PHOTO)
    early = await avatar_video(avatar_id=look_id)
    processing = (await api.get(f"/v3/avatars/looks/{look_id}")).json()["data"]
    heygen.advance(100)
    ready = (await api.get(f"/v3/avatars/looks/{look_id}")).json()["data"]

    assert (early.status_code, early.json()["error"]["code"]) == (409, "resource_not_ready")
    assert (processing["status"], processing["preview_image_url"]) == ("processing", None)
    assert (ready["status"], ready["image_width"], ready["avatar_type"]) == ("completed", 640, "photo_avatar")
    assert (await avatar_video(avatar_id=look_id)).status_code == 200
    assert heygen.charges[0].kind == "look"


async def test_a_twin_waits_for_the_persons_consent(api, heygen: HeyGenEmulator, avatar_video) -> None:
    group_id, look_id = await create(api, TWIN)
    heygen.advance(100)
    early = await avatar_video(avatar_id=look_id)
    asked = (await api.post(f"/v3/avatars/{group_id}/consent")).json()["data"]
    heygen.approve_consent(group_id)

    assert (early.status_code, early.json()["error"]["code"]) == (403, "avatar_consent_required")
    assert (asked["avatar_group"]["consent_status"], asked["url"].endswith(group_id)) == ("pending", True)
    assert (await avatar_video(avatar_id=look_id)).status_code == 200
    assert (await api.get(f"/v3/avatars/{group_id}")).json()["data"]["consent_status"] == "approved"


async def test_a_consent_video_is_enough(api, heygen: HeyGenEmulator) -> None:
    group_id, _ = await create(api, TWIN)
    video = {"consent_video": {"type": "url", "url": "https://a.example/i-agree.mp4"}}
    answer = (await api.post(f"/v3/avatars/{group_id}/consent", json=video)).json()["data"]

    assert (answer["avatar_group"]["consent_status"], answer["url"]) == ("approved", None)


async def test_an_avatar_that_fails_says_why_and_costs_nothing(api, heygen: HeyGenEmulator, avatar_video) -> None:
    heygen.fail_next(message="There is nobody in it.", kind="look", code="no_face")
    _, look_id = await create(api, PHOTO)
    heygen.advance(100)
    look = (await api.get(f"/v3/avatars/looks/{look_id}")).json()["data"]

    assert (look["status"], look["error"]) == ("failed", {"code": "no_face", "message": "There is nobody in it."})
    assert (await avatar_video(avatar_id=look_id)).status_code == 409
    assert heygen.charges[0].refunded


async def test_an_avatar_can_get_more_looks(api, heygen: HeyGenEmulator) -> None:
    group_id, _ = await create(api, PHOTO)
    same, _ = await create(api, PHOTO | {"avatar_group_id": group_id})

    assert same == group_id
    assert (await api.get(f"/v3/avatars/{group_id}")).json()["data"]["looks_count"] == 2


async def test_with_its_last_look_an_avatar_is_gone(api) -> None:
    group_id, look_id = await create(api, PHOTO)
    await api.delete(f"/v3/avatars/looks/{look_id}")

    assert (await api.get(f"/v3/avatars/{group_id}")).status_code == 404


async def test_with_an_avatar_its_looks_are_gone(api) -> None:
    group_id, look_id = await create(api, PHOTO)
    await api.delete(f"/v3/avatars/{group_id}")

    assert (await api.get(f"/v3/avatars/looks/{look_id}")).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "avatars/avatar-1"),
        ("DELETE", "avatars/looks/look-1"),
        ("PATCH", "avatars/looks/look-1"),
        ("POST", "avatars/avatar-1/consent"),
        ("DELETE", "voices/voice-1"),
    ],
)
async def test_the_vendors_own_cannot_be_changed(api, method: str, path: str) -> None:
    body = {"name": "Mine"} if method == "PATCH" else None
    answer = await api.request(method, f"/v3/{path}", json=body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "resource_access_denied")


async def test_lists_are_narrowed(api) -> None:
    _, look_id = await create(api, PHOTO)

    assert [look["id"] for look in await listed(api, "avatars/looks?ownership=private")] == [look_id]
    assert len(await listed(api, "avatars/looks?ownership=public")) == 6
    assert {look["group_id"] for look in await listed(api, "avatars/looks?group_id=avatar-3")} == {"avatar-3"}
    assert await listed(api, "avatars/looks?avatar_type=digital_twin") == []
    assert (await api.get("/v3/avatars/looks?avatar_type=robot")).status_code == 400
    assert (await api.get("/v3/avatars?limit=51")).status_code == 400


async def test_looks_come_in_pages(api) -> None:
    seen, token = [], ""
    while True:
        page = (await api.get(f"/v3/avatars/looks?limit=4{token}")).json()
        seen += [look["id"] for look in page["data"]]
        if not page["has_more"]:
            break
        token = f"&token={page['next_token']}"

    assert sorted(seen) == [f"look-{n}" for n in range(1, 7)]


async def test_an_engine_has_to_be_one_of_the_looks(api, heygen: HeyGenEmulator, avatar_video) -> None:
    heygen.people.looks["look-1"].engines = ("avatar_iv",)

    assert (await avatar_video(engine={"type": "avatar_v"})).json()["error"]["param"] == "engine"
    assert (await avatar_video(engine={"type": "avatar_iv"})).status_code == 200


# Voices


async def test_voices_are_found_by_language_gender_and_engine(api) -> None:
    spanish = await listed(api, "voices?language=Spanish&gender=female")
    for_speech = await listed(api, "voices?engine=starfish")

    assert [voice["name"] for voice in spanish] == ["Lucía"]
    assert len(for_speech) == 11
    assert (await api.get(spanish[0]["preview_audio_url"])).content[:2] == b"\xff\xfb"


async def test_a_clone_is_private_and_takes_a_while(api, heygen: HeyGenEmulator, avatar_video) -> None:
    voice_id = (await api.post("/v3/voices/clone", json=CLONE)).json()["data"]["voice_clone_id"]
    early = await avatar_video(voice_id=voice_id)
    heygen.advance(61)
    voice = (await api.get(f"/v3/voices/{voice_id}")).json()["data"]

    assert (early.status_code, early.json()["error"]["code"]) == (400, "voice_unavailable")
    assert (voice["status"], voice["name"]) == ("complete", "Ada")
    assert voice_id not in [one["voice_id"] for one in await listed(api, "voices?limit=100")]
    assert [one["voice_id"] for one in await listed(api, "voices?type=private")] == [voice_id]
    assert (await avatar_video(voice_id=voice_id)).status_code == 200


async def test_a_clone_may_fail(api, heygen: HeyGenEmulator) -> None:
    heygen.fail_next(message="Too noisy.", kind="voice")
    voice_id = (await api.post("/v3/voices/clone", json=CLONE)).json()["data"]["voice_clone_id"]
    heygen.advance(61)
    voice = (await api.get(f"/v3/voices/{voice_id}")).json()["data"]

    assert (voice["status"], voice["failure_message"]) == ("failed", "Too noisy.")


async def test_an_unknown_voice_cannot_be_deleted_twice(api, heygen: HeyGenEmulator) -> None:
    voice_id = (await api.post("/v3/voices/clone", json=CLONE)).json()["data"]["voice_clone_id"]

    assert [(await api.delete(f"/v3/voices/{voice_id}")).status_code for _ in range(2)] == [200, 404]


async def test_a_design_is_at_most_three_voices_there_are(api) -> None:
    body = {"prompt": "Calm and deep", "gender": "male", "seed": 3}
    first, again = [(await api.post("/v3/voices", json=body)).json()["data"] for _ in range(2)]

    assert first == again
    assert len(first["voices"]) == 3
    assert {voice["gender"] for voice in first["voices"]} == {"male"}


async def test_speech_is_made_at_once_and_paid_for(api, heygen: HeyGenEmulator) -> None:
    body = {"text": "Hello to everybody here.", "voice_id": "voice-1", "speed": 0.5}
    data = (await api.post("/v3/voices/speech", json=body)).json()["data"]
    sound = (await api.get(data["audio_url"])).content

    assert [word["word"] for word in data["word_timestamps"]] == ["Hello", "to", "everybody", "here."]
    assert data["word_timestamps"][-1]["end"] == data["duration"] == pytest.approx(24 / 14 / 0.5, abs=0.01)
    assert len(sound) / 417 * 1152 / 44_100 == pytest.approx(data["duration"], abs=0.03)
    assert (heygen.charges[0].kind, heygen.charges[0].amount > 0) == ("speech", True)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"text": "", "voice_id": "voice-1"}, 400, "invalid_parameter"),
        ({"text": "   ", "voice_id": "voice-1"}, 400, "tts_text_invalid"),
        ({"text": "x" * 5001, "voice_id": "voice-1"}, 400, "invalid_parameter"),
        ({"text": "Hi", "voice_id": "voice-1", "speed": 2.1}, 400, "invalid_parameter"),
        ({"text": "Hi", "voice_id": "nope"}, 404, "voice_not_found"),
        ({"text": "Hi", "voice_id": "voice-12"}, 400, "voice_unavailable"),
        ({"text": "Hi", "voice_id": "voice-1", "input_type": "ssml"}, 400, "tts_text_invalid"),
        ({"text": "<p>Hi</p>", "voice_id": "voice-1", "input_type": "ssml"}, 400, "tts_text_invalid"),
        ({"text": "<speak></speak>", "voice_id": "voice-1", "input_type": "ssml"}, 400, "tts_text_invalid"),
    ],
)
async def test_what_cannot_be_said_is_refused(api, heygen: HeyGenEmulator, body: Any, status: int, code: str) -> None:
    answer = await api.post("/v3/voices/speech", json=body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert heygen.charges == []


# Libraries


async def test_sounds_have_to_fit_well_enough(api) -> None:
    effects = await listed(api, "audio/sounds?query=rain&type=sound_effects")
    lax = await listed(api, "audio/sounds?query=rain+piano+drums&min_score=0.5")
    strict = await listed(api, "audio/sounds?query=rain+piano+drums")

    assert [sound["name"] for sound in effects] == ["Rain on a roof"]
    assert ([sound["name"] for sound in lax], strict) == (["Slow rain"], [])


@pytest.mark.parametrize(
    "query",
    [
        "audio/sounds",
        "audio/sounds?query=rain&min_score=2",
        "audio/sounds?query=rain&min_score=x",
        "audio/sounds?query=rain&type=noise",
        "audio/sounds?query=rain&limit=51",
        "assets/search?query=office",
        "assets/search?type=image",
        "assets/search?query=office&type=film",
        "assets/search?query=office&type=image&scope=all",
    ],
)
async def test_a_search_that_makes_no_sense_is_refused(api, query: str) -> None:
    assert (await api.get(f"/v3/{query}")).status_code == 400


async def test_pictures_are_found_by_what_they_show(api) -> None:
    found = await listed(api, "assets/search?query=office&type=image")

    assert [picture["id"] for picture in found] == ["image-team", "image-office"][::-1]
    assert await listed(api, "assets/search?query=office&type=image&scope=personal") == []
    assert (await api.get(found[0]["url"])).headers["content-type"] == "image/png"


async def test_brands_can_be_listed(api) -> None:
    assert [kit["name"] for kit in await listed(api, "brand-kits")] == ["Greenroom", "Winter campaign"]
    assert [one["name"] for one in await listed(api, "brand-glossaries")] == ["Product names"]
