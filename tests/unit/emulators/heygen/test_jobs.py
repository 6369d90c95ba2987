"""Jobs over time: states, failures, links, renaming, deleting, listing, bulk reads."""

import pytest

from emulators.heygen import HeyGenEmulator
from emulators.heygen.views import BATCH_WORDS


@pytest.fixture
async def job_id(translate) -> str:
    [only] = (await translate(title="Launch", callback_id="cb-1", input_language="en")).json()["data"][
        "video_translation_ids"
    ]
    return only


@pytest.fixture
async def video_id(avatar_video) -> str:
    return (await avatar_video(title="Welcome", caption={"style": "default"})).json()["data"]["video_id"]


async def read(api, path: str) -> dict:
    return (await api.get(path)).json()["data"]


async def test_a_translation_runs_its_course(api, heygen: HeyGenEmulator, job_id: str) -> None:
    states = []
    for seconds in (0, 10, 420):
        heygen.advance(seconds)
        states.append((await read(api, f"/v3/video-translations/{job_id}"))["status"])

    assert states == ["pending", "running", "completed"]


async def test_a_video_has_other_words(api, heygen: HeyGenEmulator, video_id: str) -> None:
    states = []
    for seconds in (0, 10, 240):
        heygen.advance(seconds)
        states.append((await read(api, f"/v3/videos/{video_id}"))["status"])

    assert states == ["pending", "processing", "completed"]


async def test_a_translation_shows_what_it_was_asked(api, job_id: str) -> None:
    job = await read(api, f"/v3/video-translations/{job_id}")

    assert (job["title"], job["callback_id"], job["input_language"]) == ("Launch", "cb-1", "en")
    assert (job["output_language"], job["video_url"]) == ("German (Germany)", None)


async def test_nothing_moves_by_itself_in_steps(api, heygen: HeyGenEmulator, job_id: str) -> None:
    assert heygen.work.rate == 0
    assert heygen.work.now() == heygen.work.now()


async def test_work_goes_on_a_hundred_times_faster(heygen: HeyGenEmulator, job_id: str) -> None:
    heygen.set_speed("fast")
    job = heygen.state.jobs[job_id]
    job.due = heygen.work.now() + 5

    await heygen.journal.wait_for(lambda: job.state.value == "completed")


async def test_languages_take_their_own_time(heygen: HeyGenEmulator, translate) -> None:
    await translate("English", "German (Germany)", "Japanese (Japan)")
    dues = [job.due for job in heygen.state.jobs.values()]

    assert len(set(dues)) == 3
    assert all(240 <= due <= 420 for due in dues)


async def test_a_finished_video_has_everything(api, heygen: HeyGenEmulator, video_id: str) -> None:
    heygen.finish(video_id)
    video = await read(api, f"/v3/videos/{video_id}")

    assert video["duration"] > 0
    assert video["completed_at"] >= video["created_at"]
    assert all(video[field].startswith(heygen.url) for field in ("video_url", "subtitle_url", "captioned_video_url"))


async def test_finish_ends_only_what_is_open(heygen: HeyGenEmulator, job_id: str) -> None:
    assert heygen.finish() == [job_id]
    assert heygen.finish(fail="too late") == []


async def test_finish_can_fail_a_job(api, heygen: HeyGenEmulator, job_id: str) -> None:
    heygen.finish(job_id, fail="No speech was found.")
    job = await read(api, f"/v3/video-translations/{job_id}")

    assert (job["status"], job["failure_message"]) == ("failed", "No speech was found.")


async def test_a_failed_video_has_a_code(api, heygen: HeyGenEmulator, video_id: str) -> None:
    heygen.finish(fail="Mock")
    video = await read(api, f"/v3/videos/{video_id}")

    assert (video["failure_code"], video["failure_message"]) == ("rendering_failed", "Mock")


async def test_a_planned_failure_hits_its_language_once(api, heygen: HeyGenEmulator, translate) -> None:
    heygen.fail_next("Japanese (Japan)", "The voice could not be cloned.")
    await translate("English", "Japanese (Japan)")
    await translate("Japanese (Japan)")
    heygen.advance(420)
    failed = [job for job in await read(api, "/v3/video-translations") if job["status"] == "failed"]

    assert [job["output_language"] for job in failed] == ["Japanese (Japan)"]
    assert failed[0]["failure_message"] == "The voice could not be cloned."


async def test_a_planned_failure_waits_for_its_kind(heygen: HeyGenEmulator, translate, avatar_video) -> None:
    heygen.fail_next(kind="video")
    await translate()
    await avatar_video()
    heygen.advance(30)

    assert [job.state.value for job in heygen.state.jobs.values()] == ["running", "failed"]


async def test_failed_jobs_are_not_charged(heygen: HeyGenEmulator, translate) -> None:
    await translate("English", "Japanese (Japan)")
    [first, _] = heygen.state.jobs
    heygen.finish(first, fail="x")
    heygen.finish()

    assert [charge.refunded for charge in heygen.charges] == [True, False]
    assert heygen.account().balance == pytest.approx(100 - heygen.charges[1].amount)


async def test_links_may_come_after_completion(api, heygen: HeyGenEmulator, job_id: str) -> None:
    heygen.switches.propagation_seconds = 30
    heygen.finish()
    early = await read(api, f"/v3/video-translations/{job_id}")
    heygen.advance(30)
    late = await read(api, f"/v3/video-translations/{job_id}")

    assert (early["status"], early["video_url"]) == ("completed", None)
    assert late["video_url"]


async def test_a_translation_can_be_renamed(api, job_id: str) -> None:
    answer = await api.patch(f"/v3/video-translations/{job_id}", json={"title": "New"})

    assert answer.json()["data"]["title"] == "New"
    assert (await read(api, f"/v3/video-translations/{job_id}"))["title"] == "New"


@pytest.mark.parametrize("body", [{}, {"title": None}, {"title": "x", "folder_id": "y"}])
async def test_renaming_takes_a_title_and_nothing_else(api, job_id: str, body: dict) -> None:
    assert (await api.patch(f"/v3/video-translations/{job_id}", json=body)).status_code == 400


async def test_a_deleted_translation_is_gone(api, job_id: str) -> None:
    answer = await api.delete(f"/v3/video-translations/{job_id}")

    assert answer.json() == {"data": {"id": job_id}}
    assert (await api.get(f"/v3/video-translations/{job_id}")).status_code == 404
    assert (await api.delete(f"/v3/video-translations/{job_id}")).status_code == 404


async def test_a_deleted_video_is_gone_and_stays_paid(api, heygen: HeyGenEmulator, video_id: str) -> None:
    answer = await api.delete(f"/v3/videos/{video_id}")
    gone = await api.get(f"/v3/videos/{video_id}")

    assert answer.json() == {"data": {"id": video_id, "deleted": True}}
    assert gone.json()["error"]["code"] == "video_not_found"
    assert not heygen.charges[0].refunded


async def test_a_kind_is_not_found_under_the_other(api, job_id: str, video_id: str) -> None:
    assert (await api.get(f"/v3/videos/{job_id}")).status_code == 404
    assert (await api.get(f"/v3/video-translations/{video_id}")).status_code == 404


async def test_pages_cover_all_without_overlap(api, translate) -> None:
    for _ in range(2):
        await translate("English", "Japanese (Japan)", "German (Germany)")
    first = (await api.get("/v3/video-translations?limit=4")).json()
    rest = (await api.get(f"/v3/video-translations?token={first['next_token']}")).json()
    seen = {job["id"] for job in first["data"] + rest["data"]}

    assert (len(first["data"]), len(rest["data"]), len(seen)) == (4, 2, 6)
    assert (first["has_more"], rest["has_more"], rest["next_token"]) == (True, False, None)


@pytest.mark.parametrize(
    "params", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"token": "x"}, {"token": "YTox"}]
)
async def test_a_bad_cursor_is_refused(api, params: dict) -> None:
    [name] = params
    answer = await api.get("/v3/videos", params=params)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, name)


async def test_videos_are_found_by_part_of_their_title(api, avatar_video) -> None:
    await avatar_video(title="Welcome, Ada")
    await avatar_video(title="Farewell")
    await avatar_video()

    assert [v["title"] for v in await read(api, "/v3/videos?title=welcome")] == ["Welcome, Ada"]


async def test_bulk_status_uses_the_batch_words(api, heygen: HeyGenEmulator, translate) -> None:
    heygen.fail_next("English", "No speech.")
    await translate("English", "Japanese (Japan)")
    await translate("German (Germany)")
    failed, done, _ = heygen.state.jobs
    heygen.finish(done)
    heygen.finish(failed)
    ids = ",".join([*heygen.state.jobs, "nope"])
    entries = await read(api, f"/v3/video-translations/statuses?video_translation_ids={ids}")

    assert [entry["status"] for entry in entries] == ["failed", "completed", "queued", "not_found"]
    assert entries[0]["error"]["message"] == "No speech."


async def test_bulk_status_can_use_the_resources_words(api, heygen: HeyGenEmulator, video_id: str) -> None:
    heygen.switches.bulk_words = "resource"

    assert [e["status"] for e in await read(api, f"/v3/videos/statuses?video_ids={video_id}")] == ["pending"]
    assert "pending" not in BATCH_WORDS.values()


@pytest.mark.parametrize("count", [0, 101])
async def test_bulk_status_takes_up_to_a_hundred_ids(api, count: int) -> None:
    params = {"video_ids": ",".join(["x"] * count)}

    assert (await api.get("/v3/videos/statuses", params=params)).status_code == 400


async def test_reset_forgets_everything(api, heygen: HeyGenEmulator, job_id: str) -> None:
    heygen.switches.slow_seconds = 99
    heygen.advance(50)
    heygen.reset()

    assert (heygen.charges, heygen.state.jobs, heygen.account().balance) == ([], {}, 100.0)
    assert (heygen.switches.slow_seconds, heygen.clock.offset) == (3.0, 0.0)
