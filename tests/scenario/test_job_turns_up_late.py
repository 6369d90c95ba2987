"""A job that nobody could tell the end of, and that ends well after all."""

from __future__ import annotations

import pytest

from tests.scenario.stage import Stage

MORE_THAN_A_DAY = 90_000.0


@pytest.mark.full
async def test_after_a_day_the_job_is_called_unknown(stage: Stage) -> None:
    root = stage.translate("French")
    await stage.submitted(1)
    await stage.card(root, "in progress")
    stage.clock.advance(MORE_THAN_A_DAY)
    closing = await stage.closing(root, "unknown")
    assert "retry" not in closing.rendered_text().lower()


async def test_a_late_result_is_told_with_its_link(stage: Stage) -> None:
    root = stage.translate("French")
    await stage.submitted(1)
    await stage.card(root, "in progress")
    stage.clock.advance(MORE_THAN_A_DAY)
    await stage.closing(root, "unknown")
    await stage.finish()
    late = await stage.closing(root, "we know now", number=2)
    assert (await stage.browse(late.links()[0])).headers["content-type"] == "video/mp4"
    assert len(stage.paid()) == 1
