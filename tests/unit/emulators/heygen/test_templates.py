"""Templates: what is in them, and videos made from them."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.heygen import HeyGenEmulator

TEXT = {"type": "text", "content": "Ada"}


async def generate(api: Any, variables: dict[str, Any], key: str | None = None, **fields: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return await api.post("/v3/templates/template-lead", json={"variables": variables} | fields, headers=headers)


async def test_what_is_read_can_be_sent_back(api, heygen: HeyGenEmulator) -> None:
    variables = (await api.get("/v3/templates/template-lead")).json()["data"]["variables"]
    answer = await generate(api, variables)

    assert (answer.status_code, answer.json()["data"]["status"]) == (200, "pending")
    assert set(variables) == {"first_name", "company", "logo", "presenter"}


async def test_a_scene_names_its_variables(api) -> None:
    template = (await api.get("/v3/templates/template-lead")).json()["data"]

    assert template["scene_ids"] == [scene["scene_id"] for scene in template["scenes"]]
    assert template["scenes"][0]["variables"][0] == {"name": "first_name", "variable_type": "text"}


async def test_longer_words_make_a_longer_and_dearer_video(api, heygen: HeyGenEmulator) -> None:
    await generate(api, {"company": {"type": "text", "content": "A" * 140}})
    await generate(api, {"company": {"type": "text", "content": "A"}})

    long, short = heygen.state.jobs.values()
    assert long.seconds - short.seconds == pytest.approx(139 / 14, abs=0.01)
    assert heygen.charges[0].units > heygen.charges[1].units


async def test_scenes_can_be_chosen_and_repeated(api, heygen: HeyGenEmulator) -> None:
    await generate(api, {}, scene_ids=["scene-2"])
    await generate(api, {}, scene_ids=["scene-2", "scene-2"])

    once, twice = heygen.state.jobs.values()
    assert twice.seconds == pytest.approx(2 * once.seconds)


async def test_a_replay_answers_what_was_answered_then(api, heygen: HeyGenEmulator) -> None:
    first = await generate(api, {"first_name": TEXT}, "row-1", title="Ada")
    heygen.finish()
    again = await generate(api, {"first_name": TEXT}, "row-1", title="Ada")

    assert first.json() == again.json()
    assert len(heygen.charges) == 1


async def test_it_is_a_video_like_any_other(api, heygen: HeyGenEmulator) -> None:
    answer = await generate(api, {}, title="For Ada", folder_id="f1", caption=True, include_gif=True)
    heygen.finish()
    video = (await api.get(f"/v3/videos/{answer.json()['data']['id']}")).json()["data"]
    listed = (await api.get("/v3/videos?folder_id=f1")).json()["data"]

    assert (video["title"], video["status"], video["subtitle_url"] is not None) == ("For Ada", "completed", True)
    assert (await api.get(video["gif_url"])).content.startswith(b"GIF89a")
    assert [one["id"] for one in listed] == [video["id"]]
    assert (await api.get("/v3/videos?folder_id=f2")).json()["data"] == []


@pytest.mark.parametrize(
    ("variables", "fields", "status", "param"),
    [
        ({"nobody": TEXT}, {}, 400, "variables"),
        ({"logo": TEXT}, {}, 400, "variables"),
        ({"first_name": TEXT | {"color": "red"}}, {}, 400, "variables"),
        ({"first_name": {"type": "text"}}, {}, 400, "variables"),
        ({"presenter": {"type": "character", "character_id": "nope"}}, {}, 404, None),
        ({"logo": {"type": "image", "asset": {"type": "asset_id", "asset_id": "nope"}}}, {}, 404, None),
        ({"logo": {"type": "image", "asset": {"type": "url", "url": "x"}}}, {}, 400, "variables"),
        ({}, {"scene_ids": []}, 400, "scene_ids"),
        ({}, {"scene_ids": ["scene-9"]}, 400, "scene_ids"),
        ({}, {"dimension": {"width": 720, "height": 1280}}, 400, "dimension"),
        ({}, {"dimension": {"width": 1281, "height": 720}}, 400, "dimension"),
        ({}, {"fps": 24}, 400, "fps"),
        ({}, {"callback_url": "x"}, 400, "callback_url"),
    ],
)
async def test_what_does_not_fit_is_refused(
    api, heygen: HeyGenEmulator, variables: Any, fields: Any, status: int, param: str | None
) -> None:
    answer = await generate(api, variables, **fields)

    assert (answer.status_code, answer.json()["error"].get("param")) == (status, param)
    assert heygen.charges == []


async def test_an_account_sees_only_its_own(api, heygen: HeyGenEmulator) -> None:
    made = heygen.add_template("Mine", "Hello {{name}}", {"name": TEXT})
    heygen.add_account("hg-key-2")
    assert (await api.get(f"/v3/templates/{made.id}")).status_code == 200
    api.headers["X-Api-Key"] = "hg-key-2"

    assert (await api.get("/v3/templates")).json()["data"] == []
    assert (await api.get(f"/v3/templates/{made.id}")).json()["error"]["code"] == "template_not_found"
