"""Submitting videos: the four types, and what goes together."""

import pytest

from emulators.heygen import HeyGenEmulator

IMAGE = {"type": "url", "url": "https://a.example/face.png"}
AVATAR = {"type": "avatar", "avatar_id": "look-1", "script": "Hi.", "voice_id": "voice-1"}


def studio(*scenes: dict) -> dict:
    return {"type": "studio", "scenes": list(scenes)}


@pytest.mark.parametrize(
    ("body", "amount"),
    [
        (AVATAR | {"script": "x" * 140}, 0.617),
        (AVATAR | {"script": "x" * 140, "engine": {"type": "avatar_iii"}}, 0.229),
        (AVATAR | {"script": "x" * 140, "voice_settings": {"speed": 0.5}}, 1.234),
        (AVATAR | {"script": None, "audio_url": "https://a.example/a.mp3"}, 0.4936),
        ({"type": "image", "image": IMAGE, "script": "x" * 140, "voice_id": "voice-1"}, 0.617),
        ({"type": "cinematic_avatar", "prompt": "A walk", "avatar_id": ["look-1"]}, 6.5),
        (studio({"type": "avatar_video", "input": AVATAR | {"script": "x" * 140}}), 0.617),
        (studio({"type": "image", "source": IMAGE, "duration": 10}), 0.105),
        (studio({"type": "video", "source": IMAGE}), 0.084),
    ],
)
async def test_every_type_has_its_price(api, heygen: HeyGenEmulator, body: dict, amount: float) -> None:
    answer = await api.post("/v3/videos", json=body)

    assert answer.json()["data"]["status"] == "waiting"
    assert heygen.charges[0].amount == pytest.approx(amount)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (AVATAR | {"audio_url": "https://a.example/a.mp3"}, "script"),
        (AVATAR | {"script": None}, "script"),
        (AVATAR | {"script": "  "}, "script"),
        (AVATAR | {"script": "x" * 5001}, "script"),
        (AVATAR | {"voice_id": None}, "voice_id"),
        (AVATAR | {"format": "mp4"}, "format"),
        (AVATAR | {"output_format": "webm", "background": {"type": "color", "value": "#fff"}}, "background"),
        (AVATAR | {"voice_settings": {"speed": 2}}, "voice_settings"),
        (AVATAR | {"engine": {"type": "avatar_ii"}}, "engine"),
        (AVATAR | {"script": None, "audio_url": "x"}, "audio_url"),
        (AVATAR | {"callback_url": "x"}, "callback_url"),
        (AVATAR | {"type": "hologram"}, "type"),
        ({"avatar_id": "look-1"}, "type"),
        ({"type": "image", "script": "Hi.", "voice_id": "voice-1"}, "image"),
        ({"type": "cinematic_avatar", "prompt": "A walk", "avatar_id": "look-1"}, "avatar_id"),
        ({"type": "cinematic_avatar", "prompt": "A", "avatar_id": ["a"], "callback_url": "x"}, "callback_url"),
        (studio(), "scenes"),
        (studio({"type": "image", "source": IMAGE}), "scenes"),
        (studio({"type": "avatar_video", "input": AVATAR | {"voice_id": None}}), "voice_id"),
    ],
)
async def test_what_does_not_fit_is_named(api, heygen: HeyGenEmulator, body: dict, param: str) -> None:
    answer = await api.post("/v3/videos", json=body)

    assert (answer.status_code, answer.json()["error"].get("param")) == (400, param)
    assert heygen.charges == []


async def test_a_look_may_have_its_own_voice(heygen: HeyGenEmulator, avatar_video) -> None:
    heygen.people.looks["look-1"].default_voice_id = "voice-1"

    assert (await avatar_video(voice_id=None)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        AVATAR | {"script": None, "audio_asset_id": "nope"},
        {"type": "image", "image": {"type": "asset_id", "asset_id": "nope"}, "script": "Hi.", "voice_id": "voice-1"},
    ],
)
async def test_unknown_assets_are_not_found(api, body: dict) -> None:
    assert (await api.post("/v3/videos", json=body)).json()["error"]["code"] == "asset_not_found"


async def test_a_transparent_video_is_webm(api, heygen: HeyGenEmulator, avatar_video) -> None:
    data = (await avatar_video(output_format="webm")).json()["data"]
    heygen.finish()
    link = (await api.get(f"/v3/videos/{data['video_id']}")).json()["data"]["video_url"]

    assert data["output_format"] == "webm"
    assert (await api.get(link)).content.startswith(b"\x1a\x45\xdf\xa3")
