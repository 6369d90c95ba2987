"""Results and samples: signed links, media that parsers understand, byte ranges."""

import struct

import pytest

from emulators.heygen import HeyGenEmulator, media

WEEK = 7 * 24 * 3600


def boxes(content: bytes) -> dict[str, bytes]:
    """Top-level boxes by name, found the way a parser does."""
    found = {}
    while content:
        size, kind = struct.unpack_from(">I4s", content)
        found[kind.decode()] = content[8:size]
        content = content[size:]
    return found


@pytest.fixture
async def job(api, heygen: HeyGenEmulator, translate) -> dict:
    [job_id] = (await translate()).json()["data"]["video_translation_ids"]
    heygen.finish()
    return (await api.get(f"/v3/video-translations/{job_id}")).json()["data"]


@pytest.mark.parametrize("moov_last", [False, True])
def test_an_mp4_is_made_of_whole_boxes(moov_last: bool) -> None:
    found = boxes(media.mp4("a", 42.5, moov_last=moov_last))

    assert list(found) == (["ftyp", "mdat", "moov"] if moov_last else ["ftyp", "moov", "mdat"])
    assert list(boxes(found["moov"])) == ["mvhd", "trak"]


def test_nested_boxes_have_their_standard_sizes() -> None:
    moov = boxes(boxes(media.mp4("a", 42.5))["moov"])
    track = boxes(moov["trak"])
    mdia = boxes(track["mdia"])

    assert (len(moov["mvhd"]), len(track["tkhd"]), len(mdia["mdhd"])) == (100, 84, 24)
    assert mdia["hdlr"][8:12] == b"vide"
    assert list(boxes(mdia["minf"])) == ["vmhd", "dinf", "stbl"]


@pytest.mark.parametrize(("seconds", "read"), [(42.5, 42.5), (1800, 1800.0), (None, None)])
def test_the_header_tells_the_duration(seconds: float | None, read: float | None) -> None:
    assert media.mp4_seconds(media.mp4("a", seconds)) == read


def test_no_video_has_no_duration() -> None:
    assert media.mp4_seconds(b"<html>") is None


def test_videos_differ_by_name_and_repeat() -> None:
    assert media.mp4("a", 1) == media.mp4("a", 1) != media.mp4("b", 1)


async def test_a_result_is_a_video_of_its_length(api, job: dict) -> None:
    answer = await api.get(job["video_url"])

    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert media.mp4_seconds(answer.content) == job["duration"] == 60


@pytest.mark.parametrize(
    ("field", "start"),
    [
        ("srt_caption_url", b"1\n00:00:00,000 --> 00:01:00,000"),
        ("vtt_caption_url", b"WEBVTT\n\n"),
        ("audio_url", b"\xff\xfb"),
    ],
)
async def test_other_results_are_there_too(api, job: dict, field: str, start: bytes) -> None:
    assert (await api.get(job[field])).content.startswith(start)


async def test_a_link_needs_no_key(heygen: HeyGenEmulator, api, job: dict) -> None:
    del api.headers["X-Api-Key"]

    assert (await api.get(job["video_url"])).status_code == 200


@pytest.mark.parametrize("change", ["signature=", "signature=00", "expires=9", "expires=x"])
async def test_a_changed_link_is_refused_in_xml(api, job: dict, change: str) -> None:
    name, _ = change.split("=")
    kept = [part for part in job["video_url"].partition("?")[2].split("&") if not part.startswith(name)]
    answer = await api.get(job["video_url"].partition("?")[0] + "?" + "&".join([*kept, change]))

    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/xml")
    assert "<Code>AccessDenied</Code>" in answer.text


async def test_a_link_opens_only_its_file(api, job: dict) -> None:
    assert (await api.get(job["video_url"].replace(".mp4", ".mp3"))).status_code == 403


async def test_links_expire_after_a_week(api, heygen: HeyGenEmulator, job: dict) -> None:
    heygen.advance(WEEK - 60)
    assert (await api.get(job["video_url"])).status_code == 200
    heygen.advance(61)
    assert (await api.get(job["video_url"])).status_code == 403


async def test_links_expire_on_demand_and_are_renewed(api, heygen: HeyGenEmulator, job: dict) -> None:
    heygen.expire_urls()
    fresh = (await api.get(f"/v3/video-translations/{job['id']}")).json()["data"]["video_url"]

    assert (await api.get(job["video_url"])).status_code == 403
    assert (await api.get(fresh)).status_code == 200


async def test_a_deleted_video_has_no_file(api, job: dict) -> None:
    await api.delete(f"/v3/video-translations/{job['id']}")
    answer = await api.get(job["video_url"])

    assert (answer.status_code, "NoSuchKey" in answer.text) == (404, True)


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        ("bytes=0-3", slice(0, 4)),
        ("bytes=10-", slice(10, None)),
        ("bytes=-5", slice(-5, None)),
        ("bytes=5-999999", slice(5, None)),
    ],
)
async def test_a_range_is_served(api, job: dict, asked: str, span: slice) -> None:
    whole = (await api.get(job["video_url"])).content
    part = await api.get(job["video_url"], headers={"Range": asked})

    assert (part.status_code, part.content) == (206, whole[span])
    assert part.headers["content-range"].endswith(f"/{len(whole)}")


@pytest.mark.parametrize("asked", ["bytes=999999-", "bytes=5-2", "bytes=-0"])
async def test_an_impossible_range_is_refused(api, job: dict, asked: str) -> None:
    assert (await api.get(job["video_url"], headers={"Range": asked})).status_code == 416


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "lines=0-1", "bytes=-"])
async def test_other_ranges_get_the_whole(api, job: dict, asked: str) -> None:
    assert (await api.get(job["video_url"], headers={"Range": asked})).status_code == 200


@pytest.mark.parametrize(
    ("name", "seconds"), [("launch.mp4", 42), ("long.mp4", 1800), ("camera.mp4", 75), ("unknown.mp4", None)]
)
async def test_samples_tell_their_length(api, name: str, seconds: float | None) -> None:
    answer = await api.get(f"/sources/{name}")

    assert answer.headers["content-type"] == "video/mp4"
    assert media.mp4_seconds(answer.content) == seconds


async def test_a_slow_sample_arrives_in_the_end(api, heygen: HeyGenEmulator) -> None:
    heygen.switches.slow_seconds = 0.01

    assert (await api.get("/sources/slow.mp4", headers={"Range": "bytes=4-7"})).content == b"ftyp"


async def test_a_page_is_not_a_video(api) -> None:
    answer = await api.get("/sources/page.html")

    assert answer.headers["content-type"].startswith("text/html")
    assert (await api.get("/sources/nothing.mp4")).status_code == 404
