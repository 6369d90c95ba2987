"""The process is stopped and started again in the middle of things."""

from __future__ import annotations

import asyncio

from emulators.openai import Stall
from tests.scenario.stage import Stage


async def test_a_turn_comes_to_a_checkpoint_and_goes_on_after_the_restart(stage: Stage) -> None:
    stage.openai.script([[Stall(30.0)]])
    root = stage.translate("French")
    await stage.wait(lambda: stage.openai.calls)
    stopping = asyncio.create_task(stage.stop())
    await asyncio.sleep(0)
    stage.openai.release()
    await stopping
    await stage.start()
    assert "Submitted" in await stage.reply(root)
    await stage.finish()
    await stage.closing(root, "ready.")
    assert (len(stage.replies(root)), len(stage.charges)) == (1, 1)


async def test_running_jobs_are_watched_again(stage: Stage) -> None:
    root = stage.translate("French")
    await stage.card(root, "in progress")
    await stage.restart()
    await stage.finish()
    closing = await stage.closing(root, "ready.")
    assert (await stage.browse(closing.links()[0])).headers["content-type"] == "video/mp4"


async def test_what_is_said_while_we_are_down_is_handled_later(stage: Stage) -> None:
    await stage.stop()
    root = stage.translate("French")
    await stage.wait(lambda: stage.slack.deliveries[0].attempts)
    await stage.start()
    stage.slack.redeliver_now()
    assert "Submitted" in await stage.reply(root)
    assert len(stage.charges) == 1


async def test_a_paid_request_under_way_is_not_paid_again(stage: Stage) -> None:
    stage.heygen.hold_submissions()
    root = stage.translate("French")
    await stage.wait(lambda: stage.attempts() == 1)
    stopping = asyncio.create_task(stage.stop())
    await asyncio.sleep(0)
    stage.heygen.release_submissions()
    await stopping
    await stage.start()
    await stage.finish()
    await stage.closing(root, "ready.")
    assert (len(stage.charges), len(stage.closings(root))) == (1, 1)
