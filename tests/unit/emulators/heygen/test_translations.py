"""Submitting translations: shape, languages, sources, price, cap."""

import httpx2
import pytest

from emulators.heygen import HeyGenEmulator

FIVE = ["German (Germany)", "Japanese (Japan)", "French (France)", "Spanish (Mexico)", "Portuguese (Brazil)"]


def ids_of(answer: httpx2.Response) -> list[str]:
    return answer.json()["data"]["video_translation_ids"]


async def translation(api: httpx2.AsyncClient, job_id: str) -> dict:
    return (await api.get(f"/v3/video-translations/{job_id}")).json()["data"]


async def test_one_job_per_language_in_another_order(api, translate) -> None:
    ids = ids_of(await translate(*FIVE))
    languages = [(await translation(api, job_id))["output_language"] for job_id in ids]

    assert sorted(languages) == sorted(FIVE)
    assert languages != FIVE


async def test_two_languages_are_always_swapped(api, translate) -> None:
    for _ in range(4):
        [first, _second] = ids_of(await translate(*FIVE[:2]))
        assert (await translation(api, first))["output_language"] == FIVE[1]


async def test_the_same_language_twice_is_two_jobs(translate) -> None:
    assert len(set(ids_of(await translate("English", "English")))) == 2


async def test_ids_repeat_with_the_seed(heygen: HeyGenEmulator, translate) -> None:
    before = ids_of(await translate(*FIVE))
    heygen.reset()

    assert ids_of(await translate(*FIVE)) == before


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"output_languages": ["Klingon"]}, "output_languages"),
        ({"output_languages": ["german (germany)"]}, "output_languages"),
        ({"output_languages": []}, "output_languages"),
        ({"video": {"type": "base64", "media_type": "video/mp4", "data": "AAAA"}}, "video"),
        ({"video": {"type": "url", "url": "ftp://media.example.com/film.mp4"}}, "video"),
        ({"video": {"type": "url", "url": "https://a.example/film.mp4", "name": "x"}}, "video"),
        ({"webhook": "x"}, "webhook"),
        ({"mode": "turbo"}, "mode"),
        ({"speaker_num": "2"}, "speaker_num"),
        ({"enable_caption": None}, "enable_caption"),
        ({"input_language": "German (Germany)"}, "input_language"),
        ({"fps_mode": "cfr"}, "fps_mode"),
        ({"start_time": 9, "end_time": 3}, "end_time"),
        ({"callback_url": "not a url"}, "callback_url"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_a_bad_field_is_named(translate, heygen: HeyGenEmulator, fields: dict, param: str) -> None:
    error = (await translate(**fields)).json()["error"]

    assert (error["code"], error["param"]) == ("invalid_parameter", param)
    assert heygen.charges == []


@pytest.mark.parametrize("missing", ["video", "output_languages"])
async def test_a_missing_field_is_named(api, missing: str) -> None:
    body = {"video": {"type": "url", "url": "https://a.example/film.mp4"}, "output_languages": ["English"]}
    del body[missing]
    answer = await api.post("/v3/video-translations", json=body)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, missing)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"text"'])
async def test_a_body_that_is_no_object_is_refused(api, content: bytes) -> None:
    assert (await api.post("/v3/video-translations", content=content)).status_code == 400


async def test_an_unknown_asset_is_not_found(translate) -> None:
    answer = await translate(video={"type": "asset_id", "asset_id": "nope"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "asset_not_found")


async def test_a_seeded_asset_has_its_length(heygen: HeyGenEmulator, translate) -> None:
    heygen.seed_asset("asset-1", 100)
    await translate(video={"type": "asset_id", "asset_id": "asset-1"})

    assert heygen.charges[0].amount == pytest.approx(4.12)


async def test_the_price_follows_the_source_and_mode(heygen: HeyGenEmulator, translate) -> None:
    source = {"type": "url", "url": f"{heygen.url}/sources/launch.mp4"}
    await translate(video=source)
    await translate(video=source, mode="precision")
    await translate(video=source, translate_audio_only=True)
    await translate(video=source, start_time=2, end_time=12)

    assert [charge.amount for charge in heygen.charges] == [1.7304, 3.6582, 0.8652, 0.412]


async def test_a_hidden_length_is_charged_all_the_same(heygen: HeyGenEmulator, translate) -> None:
    await translate(video={"type": "url", "url": f"{heygen.url}/sources/unknown.mp4"})

    assert heygen.charges[0].amount == pytest.approx(75 * 0.0412)


async def test_the_wallet_pays_at_submission(api, heygen: HeyGenEmulator, translate) -> None:
    await translate(*FIVE[:3], key="key-1")
    data = (await api.get("/v3/users/me")).json()["data"]

    assert data["wallet"]["remaining_balance"] == pytest.approx(100 - 3 * 60 * 0.0412)
    assert [(c.kind, c.idempotency_key) for c in heygen.charges] == [("translation", "key-1")] * 3
    assert {c.language for c in heygen.charges} == set(FIVE[:3])


async def test_a_short_wallet_refuses_all_languages(heygen: HeyGenEmulator, translate) -> None:
    heygen.account().balance = 5.0
    answer = await translate(*FIVE)

    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "insufficient_credit")
    assert heygen.charges == []
    assert heygen.account().balance == 5.0


async def test_more_jobs_than_the_cap_have_to_wait(heygen: HeyGenEmulator, translate) -> None:
    await translate(*FIVE, *FIVE)
    refused = await translate("English")

    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limit_exceeded")
    assert 1 <= int(refused.headers["Retry-After"]) <= 30
    heygen.finish()
    assert (await translate("English")).status_code == 200


async def test_videos_and_translations_count_together(translate, avatar_video) -> None:
    await translate(*FIVE, *FIVE[:4])
    first, second = await avatar_video(), await avatar_video()

    assert (first.status_code, second.status_code) == (200, 429)


async def test_the_source_is_fetched(heygen: HeyGenEmulator, translate) -> None:
    await translate(video={"type": "url", "url": f"{heygen.url}/sources/launch.mp4"})

    assert heygen.journal.select("GET", "/sources/launch.mp4")


@pytest.mark.parametrize("name", ["missing.mp4", "page.html"])
async def test_a_bad_source_fails_the_job_and_costs_nothing(api, heygen, translate, name: str) -> None:
    [job_id] = ids_of(await translate(video={"type": "url", "url": f"{heygen.url}/sources/{name}"}))
    heygen.advance(10)
    job = await translation(api, job_id)

    assert (job["status"], job["video_url"]) == ("failed", None)
    assert "URL" in job["failure_message"]
    assert heygen.account().balance == 100.0


async def test_a_source_nobody_serves_fails_the_job(api, heygen, translate) -> None:
    [job_id] = ids_of(await translate(video={"type": "url", "url": "http://127.0.0.1:9/film.mp4"}))
    heygen.advance(10)

    assert (await translation(api, job_id))["status"] == "failed"


async def test_a_slow_source_fails_the_job(api, heygen, translate) -> None:
    heygen.switches.fetch_timeout = 0.05
    [job_id] = ids_of(await translate(video={"type": "url", "url": f"{heygen.url}/sources/slow.mp4"}))
    heygen.advance(10)

    assert (await translation(api, job_id))["status"] == "failed"


async def test_looking_at_sources_can_be_switched_off(heygen, translate) -> None:
    heygen.switches.check_sources = False
    await translate(video={"type": "url", "url": f"{heygen.url}/sources/missing.mp4"})

    assert not heygen.journal.select("GET", "/sources/.*")
    assert heygen.state.jobs
    assert all(job.fate is None for job in heygen.state.jobs.values())
