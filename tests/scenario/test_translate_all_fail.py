"""Every language fails."""

from __future__ import annotations

import pytest

from tests.scenario.stage import Stage


async def test_the_closing_says_so_and_offers_another_try(stage: Stage) -> None:
    root = stage.translate("French", "German")
    await stage.finish(2, fail="The video has no speech.")
    closing = await stage.closing(root, "none of 2 are ready, 2 failed")
    assert "The video has no speech." in closing.rendered_text()
    assert closing.links() == []
    assert (await stage.click(closing, "retry_failed")).ok


@pytest.mark.full
async def test_a_retry_asks_for_all_of_them_at_once(stage: Stage) -> None:
    root = stage.translate("French", "German")
    await stage.finish(2, fail="The video has no speech.")
    await stage.click(await stage.closing(root), "retry_failed")
    await stage.finish(4)
    await stage.closing(root, "all 2 are ready", number=2)
    assert len(stage.paid()) == 2


@pytest.mark.full
async def test_a_retry_in_words_does_the_same(stage: Stage) -> None:
    root = stage.translate("French")
    await stage.finish(fail="The video has no speech.")
    await stage.closing(root)
    await stage.reply(root)
    stage.openai.script([[stage.call("retry_jobs", jobs=["J1"])]])
    stage.say("please try J1 again", root)
    await stage.submitted(2)
    assert len(stage.paid()) == 2
