"""Webhooks that come again, contradict what is so, or are not events at all."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import httpx2
import pytest

from agent.jobs import PollPlan
from emulators.heygen.webhooks import signed_headers
from tests.scenario.stage import QUICK, WEBHOOK_SECRET, Stage

NEVER = dataclasses.replace(QUICK, poll=PollPlan(steps=(), last=1_000_000.0, deadline=10_000_000.0))
WORDS = {"success": "video_translate.success", "fail": "video_translate.fail"}


@pytest.fixture
async def running(stage: Stage) -> str:
    """A thread with a job that ends unheard: without polling, and HeyGen's own webhooks are lost."""
    stage.tempo = NEVER
    await stage.restart()
    stage.heygen.drop_webhooks(1_000)
    root = stage.translate("French")
    await stage.card(root, "1 in progress")
    return root


def event(stage: Stage, outcome: str, **fields: Any) -> bytes:
    """The body of a report about the French job."""
    about = {
        "video_translate_id": stage.job("French (France)").id,
        "url": "https://example.com/x.mp4",
        "message": "No.",
    }
    return json.dumps({"event_type": WORDS[outcome], "event_data": about} | fields).encode()


async def deliver(stage: Stage, body: bytes, event_id: str | None, secret: str = WEBHOOK_SECRET) -> int:
    """The status that a signed report gets."""
    headers = signed_headers(body, secret, event_id or "", 0)
    if event_id is None:
        del headers["Heygen-Event-Id"]
    async with httpx2.AsyncClient(timeout=10.0) as heygen:
        return (await heygen.post(stage.webhook_url, content=body, headers=headers)).status_code


@pytest.mark.full
async def test_the_same_report_five_times_ends_in_one_closing(stage: Stage, running: str) -> None:
    await stage.finish()
    body = event(stage, "success")
    assert [await deliver(stage, body, "evt_1") for _ in range(5)] == [200] * 5
    await stage.closing(running, "ready.")
    await stage.probe()
    assert (len(stage.closings(running)), len(stage.charges)) == (1, 1)


@pytest.mark.full
@pytest.mark.parametrize("fail", [None, "The audio track is silent."], ids=["succeeded", "failed"])
@pytest.mark.parametrize("order", [("success", "fail"), ("fail", "success")], ids=["success first", "fail first"])
async def test_what_counts_is_how_the_job_ended_whatever_is_reported_in_which_order(
    stage: Stage, running: str, order: tuple[str, str], fail: str | None
) -> None:
    await stage.finish(fail=fail)
    for number, outcome in enumerate(order):
        assert await deliver(stage, event(stage, outcome), f"evt_{number}") == 200
    await stage.closing(running, fail or "ready.")
    await stage.probe()
    assert len(stage.closings(running)) == 1


@pytest.mark.full
async def test_a_report_before_the_end_does_not_spoil_the_one_after_it(stage: Stage, running: str) -> None:
    await deliver(stage, event(stage, "fail"), "evt_early")
    await stage.probe()
    assert not stage.closings(running)
    await stage.finish()
    await deliver(stage, event(stage, "success"), "evt_late")
    await stage.closing(running, "ready.")


BROKEN = {
    "no JSON": b"this is not JSON",
    "no object": b"[1, 2, 3]",
    "no text": b"\xff\xfe\x00{",
    "no type": b"{}",
    "half": b'{"event_type": "video_translate.succ',
    "deep": b"[" * 100_000,
    "2 MB": b'{"event_type": "' + b"x" * 2_000_000 + b'"}',
}


@pytest.mark.full
@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in BROKEN.items()])
async def test_what_is_no_event_is_refused_and_the_next_is_taken(stage: Stage, running: str, body: bytes) -> None:
    await stage.finish()
    assert await deliver(stage, body, "evt_broken") == 400
    assert await deliver(stage, event(stage, "success"), "evt_right") == 200
    await stage.closing(running, "ready.")


@pytest.mark.full
async def test_a_body_of_2_mb_is_refused_before_its_signature_is_looked_at(stage: Stage, running: str) -> None:
    assert await deliver(stage, BROKEN["2 MB"], "evt_big", secret="not-the-secret") == 400


@pytest.mark.full
async def test_a_report_without_an_id_is_known_by_what_it_says(stage: Stage, running: str) -> None:
    await stage.finish()
    body = event(stage, "success")
    assert [await deliver(stage, body, None) for _ in range(2)] == [200, 200]
    await stage.closing(running, "ready.")
    await stage.probe()
    assert len(stage.closings(running)) == 1
