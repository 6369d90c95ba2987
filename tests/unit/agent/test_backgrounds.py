"""Videos without their background: what is asked of HeyGen, how it is read, and that it needs a click."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent.money import Reason
from agent.records import JobKind
from agent.tool_calls import Deferred, NeedsApproval, Outcome, TryAgain
from agent.work import Works
from heygen import RemoteStatus
from tests.support.agent_desk import VIDEO, Desk
from tests.support.agent_heygen import SmallHeyGen

REMOVALS = "/v3/background-removals"


async def remove(desk: Desk, call_id: str = "call_1", **arguments: Any) -> Outcome:
    said = f"Remove the background of {VIDEO}"
    return await desk.ask("separate_background", call_id, said=said, video=VIDEO, **arguments)


async def test_a_guess_needs_a_click(desk: Desk) -> None:
    assert isinstance(await remove(desk), NeedsApproval)
    (submission,) = desk.jobs.submissions.values()
    assert (submission.needs, submission.quote_high) == (Reason.GUESSED, 3_000_000)
    assert submission.arguments == {"video_url": VIDEO, "part": "foreground"}


async def test_the_mark_of_a_repeat_is_in_the_body(works: Works, desk: Desk, heygen: SmallHeyGen) -> None:
    await remove(desk, part="mask")
    (submission,) = desk.jobs.submissions.values()
    assert await works[JobKind.BACKGROUND].send(heygen.client(), submission, None) == ["v-1"]
    (request,) = heygen.sent("POST", REMOVALS)
    body = json.loads(request.content)
    assert (body["request_id"], body["layers"]) == ("gr-call_1", ["mask"])
    assert body["video"] == {"type": "url", "url": VIDEO}


@pytest.mark.parametrize(
    ("told", "status", "url"),
    [
        ({"status": "processing", "layers": {}}, RemoteStatus.RUNNING, None),
        (
            {"status": "completed", "layers": {"mask": "https://f.example/m"}},
            RemoteStatus.COMPLETED,
            "https://f.example/m",
        ),
        ({"status": "failed", "layers": {}, "error": "No."}, RemoteStatus.FAILED, None),
        ({"status": "deleted", "layers": {}}, RemoteStatus.FAILED, None),
    ],
)
async def test_how_it_is_read(
    works: Works, heygen: SmallHeyGen, told: dict[str, Any], status: RemoteStatus, url: str | None
) -> None:
    heygen.videos["b-1"] = {"id": "b-1", **told}
    read = await works[JobKind.BACKGROUND].read(heygen.client(), "b-1")
    assert (read.status, read.video_url) == (status, url)
    assert bool(read.failure_message) is (status is RemoteStatus.FAILED)


async def test_another_part_of_the_same_video_is_another_request(desk: Desk) -> None:
    await remove(desk)
    again = await remove(desk, "call_2")
    assert isinstance(again, TryAgain)
    assert again.code == "under_way"
    assert isinstance(await remove(desk, "call_3", part="mask"), NeedsApproval | Deferred)
