"""A result that looks odd is posted all the same, and the card and the closing say what is odd about it."""

from __future__ import annotations

import pytest

from tests.scenario.stage import Stage
from tests.support.films import film

pytestmark = pytest.mark.full


async def test_silence_is_said_and_holds_nothing_back(stage: Stage) -> None:
    await stage.restart(check_results=True)
    root = stage.translate("French")
    await stage.submitted(1)
    stage.job("French (France)").fields["film"] = film(seconds=42, silent=True)
    await stage.finish()
    closing = await stage.closing(root, "ready", "there is no sound in it")
    assert closing.links()
    await stage.card(root, "Please have a look:", "there is no sound in it")


async def test_without_the_setting_nothing_is_looked_at(stage: Stage) -> None:
    root = stage.translate("French")
    await stage.finish()
    assert "have a look" not in (await stage.closing(root, "ready")).rendered_text()
