"""More is asked for than the HeyGen account has places for: nothing is refused, and everybody sees where they are."""

from __future__ import annotations

import pytest

from tests.scenario.stage import Stage


async def test_the_second_in_line_waits_for_its_place_and_then_goes(stage: Stage) -> None:
    await stage.restart(heygen_max_concurrent=3)
    first = stage.translate("French", "German", "Japanese")
    await stage.submitted(3)
    second = stage.translate("Italian", user="bob")
    await stage.card(second, "number 1 in the line")
    assert stage.attempts() == 1
    await stage.finish(3)
    await stage.closing(first, "all 3 are ready")
    await stage.submitted(4)
    await stage.finish()
    await stage.closing(second, "ready.")


@pytest.mark.full
async def test_whoever_has_less_under_way_comes_first(stage: Stage) -> None:
    await stage.restart(heygen_max_concurrent=2)
    stage.translate("French", "German")
    await stage.submitted(2)
    again = stage.translate("Italian", "Korean")
    await stage.card(again, "number 1 in the line")
    other = stage.translate("Polish", user="bob")
    await stage.card(other, "number 1 in the line")
    await stage.card(again, "number 2 in the line")
