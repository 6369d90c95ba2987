"""Clips: what is asked of HeyGen, that a repeat is looked for first, and how several results are read."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import httpx2
import pytest

from agent.clipping import PAGES
from agent.jobs import reading
from agent.money import Reason
from agent.records import JobKind, JobState
from agent.tool_calls import NeedsApproval, Outcome
from agent.work import Parts, Works, parts_in, with_parts
from heygen import HeyGenError, RemoteStatus
from heygen.truto import mark_of
from tests.support.agent_desk import VIDEO, Desk
from tests.support.agent_heygen import SmallHeyGen, refusal

CLIPPINGS = "/v3/ai-clipping"
GOOD = {"id": "1", "status": "completed", "video_url": "https://f.example/1"}
SECOND = {"id": "2", "status": "completed", "video_url": "https://f.example/2"}
BAD = {"id": "3", "status": "failed", "failure_message": "No."}


async def cut(desk: Desk, call_id: str = "call_1", **arguments: Any) -> Outcome:
    return await desk.ask("make_clips", call_id, said=f"Cut clips out of {VIDEO}", video=VIDEO, **arguments)


async def test_a_guess_needs_a_click(desk: Desk) -> None:
    assert isinstance(await cut(desk, prompt="the jokes"), NeedsApproval)
    (submission,) = desk.jobs.submissions.values()
    assert (submission.needs, submission.quote_high) == (Reason.GUESSED, 3_000_000)
    assert submission.arguments == {"video_url": VIDEO, "shape": "portrait", "prompt": "the jokes"}


async def test_a_length_that_nobody_knows_is_a_guess_too(works: Works) -> None:
    quote = await works[JobKind.CLIPS].quote({"video_asset_id": "asset-1"})
    assert quote.guessed
    assert (quote.low, quote.high) == (500_000, 540_000_000)


async def test_a_repeat_is_looked_for_by_its_mark(works: Works, desk: Desk, heygen: SmallHeyGen) -> None:
    await cut(desk, shape="square")
    (submission,) = desk.jobs.submissions.values()
    work, first = works[JobKind.CLIPS], dataclasses.replace(submission, attempts=1, sent_at=1.0)
    assert await work.send(heygen.client(), first, None) == ["c-1"]
    (request,) = heygen.sent("POST", CLIPPINGS)
    body = json.loads(request.content)
    assert body["video"] == {"type": "url", "url": VIDEO}
    assert body["output_settings"] == {"aspect_ratio": "square"}
    assert not heygen.sent("GET", CLIPPINGS)
    again = dataclasses.replace(first, attempts=2)
    assert await work.send(heygen.client(), again, None) == ["c-1"]
    assert len(heygen.sent("POST", CLIPPINGS)) == 1
    other = dataclasses.replace(again, key="gr-other")
    assert await work.send(heygen.client(), other, None) == ["c-2"]


def page(*, title: str = "Another's", created_at: int = 2_000, more: bool = True) -> httpx2.Response:
    listed = [{"id": "c-7", "status": "running", "title": title, "created_at": created_at}]
    return httpx2.Response(200, json={"data": listed, "has_more": more, "next_token": "next" if more else None})


async def test_it_is_looked_for_as_far_back_as_it_may_be(works: Works, desk: Desk, heygen: SmallHeyGen) -> None:
    await cut(desk)
    (submission,) = desk.jobs.submissions.values()
    again = dataclasses.replace(submission, attempts=2, sent_at=5_000.0)
    work, mark = works[JobKind.CLIPS], mark_of(submission.key)
    for answer in (page(), page(title=f"Clips of intro.mp4 [{mark}]")):
        heygen.fail(CLIPPINGS, answer)
    assert await work.send(heygen.client(), again, None) == ["c-7"]
    assert [one.url.params.get("token") for one in heygen.sent("GET", CLIPPINGS)] == [None, "next"]
    heygen.fail(CLIPPINGS, page(created_at=100))  # older than the first attempt: what follows is older still
    assert await work.send(heygen.client(), again, None) == ["c-1"]
    assert len(heygen.sent("GET", CLIPPINGS)) == 3


async def test_too_much_to_look_through_is_a_doubt(works: Works, desk: Desk, heygen: SmallHeyGen) -> None:
    await cut(desk)
    (submission,) = desk.jobs.submissions.values()
    for _ in range(PAGES):
        heygen.fail(CLIPPINGS, page())
    again = dataclasses.replace(submission, attempts=2, sent_at=5_000.0)
    with pytest.raises(HeyGenError) as failed:
        await works[JobKind.CLIPS].send(heygen.client(), again, None)
    assert failed.value.outcome_unknown
    assert not heygen.sent("POST", CLIPPINGS)


@pytest.mark.parametrize("outcome", [refusal(404, "not_found"), refusal(401, "unauthorized"), httpx2.ReadTimeout])
async def test_a_look_that_fails_settles_no_doubt(
    works: Works, desk: Desk, heygen: SmallHeyGen, outcome: httpx2.Response | type[httpx2.TransportError]
) -> None:
    await cut(desk)
    (submission,) = desk.jobs.submissions.values()
    heygen.fail(CLIPPINGS, outcome)
    again = dataclasses.replace(submission, attempts=2, sent_at=1.0)
    with pytest.raises(HeyGenError) as failed:
        await works[JobKind.CLIPS].send(heygen.client(), again, None)
    assert failed.value.outcome_unknown
    assert not heygen.sent("POST", CLIPPINGS)


@pytest.mark.parametrize(
    ("told", "status", "urls", "state"),
    [
        ({"status": "running", "clips": [GOOD]}, RemoteStatus.RUNNING, 0, JobState.RUNNING),
        ({"status": "completed", "clips": [BAD, GOOD, SECOND]}, RemoteStatus.COMPLETED, 2, JobState.SUCCEEDED),
        ({"status": "completed", "clips": [BAD]}, RemoteStatus.FAILED, 0, JobState.FAILED),
        ({"status": "completed", "clips": []}, RemoteStatus.COMPLETED, 0, JobState.RUNNING),
        ({"status": "failed", "failure_message": "No."}, RemoteStatus.FAILED, 0, JobState.FAILED),
        ({"status": "cancelled"}, RemoteStatus.FAILED, 0, JobState.FAILED),
    ],
)
async def test_how_they_are_read(
    works: Works, heygen: SmallHeyGen, told: dict[str, Any], status: RemoteStatus, urls: int, state: JobState
) -> None:
    heygen.videos["c-9"] = {"id": "c-9", "source_duration": 60.0, **told}
    read = await works[JobKind.CLIPS].read(heygen.client(), "c-9")
    assert isinstance(read, Parts)
    assert (read.status, len(read.urls)) == (status, urls)
    assert read.video_url == ("https://f.example/1" if urls else None)
    assert bool(read.failure_message) is (status is RemoteStatus.FAILED)
    update = reading(read, now=1.0, next_look=1.0)
    assert update.state is state
    assert parts_in(update.status_word) == urls


def test_how_many_parts_there_are_stands_behind_the_vendors_word() -> None:
    assert with_parts("completed", 1) == "completed, 1 part"
    assert [parts_in(word) for word in ("completed, 12 parts", "completed", "12 parts", None)] == [12, 0, 0, 0]
