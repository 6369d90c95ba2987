"""Guests, and people of other organisations whom a shared channel brings along."""

from __future__ import annotations

import pytest

from bot.talk import Reach, TalkSetting
from tests.scenario.stage import Stage
from tests.scenario.test_quiet_and_policies import ruled


@pytest.fixture
def outsider(stage: Stage, request: pytest.FixtureRequest) -> str:
    """Somebody from outside, in a channel of ours."""
    how = {"guest": True} if request.param == "guest" else {"team_id": "T0ELSEWHERE"}
    stage.slack.add_user("gwen", **how)
    stage.slack.join("gwen", "videos")
    return "gwen"


@pytest.mark.parametrize("outsider", ["guest", "stranger"], indirect=True)
async def test_somebody_from_outside_may_look_but_have_nothing_made(stage: Stage, outsider: str) -> None:
    await stage.command(f"translate {stage.video} into French", user=outsider)
    root = (await stage.wait(lambda: [m for m in stage.slack.messages("videos") if m.from_app]))[0].ts
    assert "I only look things up" in await stage.reply(root)
    offered = [tool.get("name") for call in stage.openai.calls for tool in call.request.get("tools", [])]
    assert "translate_video" not in offered
    await stage.reply(stage.translate("French", user=outsider))
    assert stage.paid() == []


@pytest.mark.parametrize("outsider", ["guest"], indirect=True)
async def test_a_workspace_may_do_everything_for_guests_or_nothing(stage: Stage, outsider: str) -> None:
    await ruled(stage, TalkSetting(guests=Reach.NOTHING))
    asked = len(stage.openai.calls)
    assert "only work for members" in await stage.reply(stage.ask("hello", user=outsider))
    assert len(stage.openai.calls) == asked
    await ruled(stage, TalkSetting(guests=Reach.FULL))
    await stage.card(stage.translate("French", user=outsider))
    await stage.submitted(1)
