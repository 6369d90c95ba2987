"""What is over is forgotten after its time, by the app itself."""

from __future__ import annotations

import asyncio
import dataclasses
import json

import pytest

from tests.scenario.stage import PATIENCE, Stage

pytestmark = pytest.mark.full

DAY = 86_400.0


async def test_a_thread_that_was_quiet_for_long_begins_anew(stage: Stage) -> None:
    stage.tempo = dataclasses.replace(stage.tempo, retention=0.2)
    await stage.restart(retention_days=3)
    root = stage.translate("French")
    await stage.finish()
    closing = await stage.closing(root, "ready.")
    link = closing.links()[-1]
    assert (await stage.browse(link)).status_code == 200
    await gone(stage, link)
    assert "no jobs yet" in (await stage.whispered("jobs")).rendered_text()
    before = len(stage.replies(root))
    stage.ask("what about it?", thread_ts=root)
    await stage.reply(root, before + 1)
    asked = json.dumps(stage.openai.journal.select("POST", "/v1/responses")[-1].body)
    assert "what about it?" in asked
    assert "launch.mp4" not in asked


async def gone(stage: Stage, link: str) -> None:
    """Let days pass until the app no longer knows a link; what was still being written counts as something new."""
    async with asyncio.timeout(PATIENCE):
        while (await stage.browse(link)).status_code != 404:
            stage.clock.advance(4 * DAY)
            await stage.clock.sleep(10.0)
