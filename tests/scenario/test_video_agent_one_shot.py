"""A video by HeyGen's video agent at once: the usual way, without questions."""

from __future__ import annotations

import pytest

from emulators.heygen.agents import QUESTION
from tests.scenario.agent_stage import SAY, closings, said, session_of, start
from tests.scenario.stage import Stage

R30 = "Make a video with our default customer support avatar that welcomes new customers"


async def test_one_video_at_once_with_the_default_avatar(stage: Stage) -> None:
    """R29, R30: the default avatar is configuration; what comes back is a video, no address and no token."""
    stage.openai.script([[stage.call("start_video_agent", prompt=R30)]])
    root = stage.ask(R30)
    await stage.submitted(1)
    await stage.card(root, "Kenji on stage", "about 60 s asked for")
    request = session_of(stage).request
    assert (request.mode, request.incognito_mode) == ("generate", True)
    assert request.prompt == f"{R30}\n\nLength: about 60 seconds."
    assert request.avatar_id is not None
    stage.heygen.finish()
    stage.heygen.finish()
    closing = await stage.closing(root, "ready")
    assert (await stage.browse(closing.links()[0])).status_code == 200
    await stage.probe()
    assert said(stage, root) == []
    assert len(stage.charges) == len(closings(stage, root)) == 1


@pytest.mark.full
async def test_it_waits_for_an_approver_with_the_very_words(stage: Stage) -> None:
    await stage.with_approvers("bob")
    stage.openai.script([[stage.call("start_video_agent", prompt="A film about bees", seconds=20)]])
    root = stage.ask("have the video agent make a film about bees, 20 seconds")
    card = await stage.card(root, "waiting for an approval", "A film about bees", "about 20 seconds", "$1.16")
    await stage.probe()
    assert stage.charges == []
    await stage.press(card, "approve_request", user="bob")
    await stage.submitted(1)
    assert "about 20 seconds" in session_of(stage).request.prompt


@pytest.mark.full
async def test_what_the_model_made_up_waits_although_it_is_cheap(stage: Stage) -> None:
    stage.openai.script([[stage.call("start_video_agent", prompt="Praise our chief executive", seconds=10)]])
    root = stage.ask("make something nice")
    await stage.card(root, "waiting for an approval", "Nobody has asked for exactly this", "Praise our chief executive")
    assert stage.charges == []


@pytest.mark.full
async def test_it_takes_no_messages(stage: Stage) -> None:
    root = await start(stage, "one_shot")
    stage.openai.script([[stage.call("message_video_agent", message="Make it blue")]])
    stage.ask("tell the agent to make it blue", thread_ts=root)
    await stage.wait(lambda: "takes no messages" in str([e.body for e in stage.openai.journal.select("POST")]))
    assert stage.heygen.journal.select("POST", SAY) == []
    assert QUESTION not in stage.told()


@pytest.mark.full
async def test_a_failed_one_costs_nothing_and_can_be_tried_again(stage: Stage) -> None:
    root = await start(stage, "one_shot")
    stage.heygen.finish(fail="No scenes could be made.")
    closing = await stage.closing(root, "No scenes could be made")
    await stage.card(root, "failed")
    assert [charge.refunded for charge in stage.charges] == [True]
    await stage.click(closing, "retry_failed")
    await stage.submitted(2)
    assert session_of(stage, 1).request.prompt == session_of(stage).request.prompt
