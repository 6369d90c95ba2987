"""HeyGen reports by webhook; reports that are lost, late, doubled, out of order or forged."""

from __future__ import annotations

import dataclasses
from typing import Any

import httpx2
import pytest

from agent.jobs import PollPlan
from tests.scenario.stage import QUICK, TRANSLATIONS, WEBHOOK_SECRET, Stage

pytestmark = pytest.mark.full

NEVER = dataclasses.replace(QUICK, poll=PollPlan(steps=(), last=1_000_000.0, deadline=10_000_000.0))


async def without_polling(stage: Stage, **overrides: Any) -> None:
    """Restart so that only a report can make the app look at a job."""
    stage.tempo = NEVER
    await stage.restart(**overrides)


async def running(stage: Stage, *languages: str) -> str:
    """A thread whose card shows every job as running."""
    root = stage.translate(*languages)
    await stage.card(root, f"{len(languages)} in progress")
    return root


async def test_a_webhook_is_enough(stage: Stage) -> None:
    await without_polling(stage)
    root = await running(stage, "French", "German", "Japanese")
    recognised = len(stage.heygen.journal.select("GET", f"{TRANSLATIONS}/.*"))
    await stage.finish(3)
    await stage.closing(root, "all 3 are ready")
    assert len(stage.heygen.journal.select("GET", f"{TRANSLATIONS}/.*")) - recognised <= 2 * 3


async def test_when_all_webhooks_are_lost_polling_finds_the_end(stage: Stage) -> None:
    root = await running(stage, "French")
    stage.heygen.drop_webhooks(1_000)
    await stage.finish()
    stage.clock.advance(60.0)
    await stage.closing(root, "ready.")
    assert [record.status for record in stage.heygen.webhook_deliveries] == ["dropped"]


async def test_a_webhook_that_came_while_we_were_down_is_caught_up_with(stage: Stage) -> None:
    await without_polling(stage)
    root = await running(stage, "French")
    await stage.stop()
    await stage.finish()
    await stage.wait(lambda: stage.heygen.webhook_deliveries)
    await stage.start()
    await stage.closing(root, "ready.")
    assert stage.heygen.webhook_deliveries[0].status == "unreachable"


async def test_doubled_webhooks_in_the_wrong_order_end_in_one_closing(stage: Stage) -> None:
    root = await running(stage, "French", "German", "Japanese")
    stage.heygen.pause_webhooks()
    await stage.finish(3)
    stage.heygen.reorder_webhooks()
    stage.heygen.duplicate_webhooks(3)
    stage.heygen.resume_webhooks()
    await stage.closing(root, "all 3 are ready")
    await stage.wait(lambda: len(stage.heygen.webhook_deliveries) == 6)
    await stage.probe()
    assert {record.status for record in stage.heygen.webhook_deliveries} == {200}
    assert len(stage.closings(root)) == 1


@pytest.mark.parametrize("secret", ["not-the-secret", pytest.param(None, marks=pytest.mark.full)])
async def test_a_forged_webhook_is_refused_and_changes_nothing(stage: Stage, secret: str | None) -> None:
    await without_polling(stage)
    root = await running(stage, "French")
    status = await forged(stage, stage.job("French (France)").id, secret)
    await stage.probe()
    assert status == 401
    assert stage.closings(root) == []


@pytest.mark.full
async def test_a_signed_lie_is_checked_at_heygen(stage: Stage) -> None:
    await without_polling(stage)
    root = await running(stage, "French")
    assert await forged(stage, stage.job("French (France)").id, WEBHOOK_SECRET) == 200
    await stage.probe()
    assert stage.closings(root) == []


async def test_a_webhook_about_somebody_elses_job_is_taken_and_forgotten(stage: Stage) -> None:
    root = await running(stage, "French")
    assert await forged(stage, "0123456789abcdef0123456789abcdef", WEBHOOK_SECRET) == 200
    await stage.finish()
    await stage.closing(root, "ready.")
    assert len(stage.closings(root)) == 1


async def test_the_probe_before_registration_is_answered(stage: Stage) -> None:
    async with httpx2.AsyncClient(timeout=1.0) as heygen:
        answer = await heygen.request("OPTIONS", stage.webhook_url)
    assert answer.status_code == 200


@pytest.mark.full
async def test_a_path_that_we_never_gave_out_is_not_found(stage: Stage) -> None:
    async with httpx2.AsyncClient(timeout=1.0) as stranger:
        answer = await stranger.post(f"{stage.public_url}/webhooks/heygen/guess", content=b"{}")
    assert answer.status_code == 404


async def test_without_a_secret_each_job_reports_by_its_own_callback(stage: Stage) -> None:
    await without_polling(stage, heygen_webhook_secret=None)
    root = await running(stage, "French")
    await stage.finish()
    await stage.closing(root, "ready.")
    assert stage.paid()[0]["callback_url"].startswith(f"{stage.public_url}/webhooks/heygen/callback/")
    assert [record.status for record in stage.heygen.webhook_deliveries] == [200]


async def forged(stage: Stage, job_id: str, secret: str | None) -> Any:
    """The status that a false report of success gets."""
    data = {"video_translate_id": job_id, "video_translation_id": job_id, "url": "https://example.com/fake.mp4"}
    return await stage.heygen.forge_webhook(stage.webhook_url, "video_translate.success", data, secret=secret)
