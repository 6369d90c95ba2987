"""The model's server speaks Chat Completions: what happens in the thread is the same."""

from __future__ import annotations

import pytest

from emulators.openai import HttpError
from emulators.openai.journal import unpaired
from tests.scenario.stage import Stage


async def test_a_translation_from_the_wish_to_the_link(stage: Stage) -> None:
    await stage.restart(openai_wire="chat")
    root = stage.translate("French", "German")
    assert "Submitted" in await stage.reply(root)
    await stage.finish(2)
    closing = await stage.closing(root, "all 2 are ready")
    assert len(closing.links()) == 2
    assert len(stage.paid()) == stage.attempts() == 1
    assert [call.wire for call in stage.openai.calls] == ["chat", "chat"]
    assert unpaired(call.request for call in stage.openai.calls) == []


@pytest.mark.full
async def test_a_thread_goes_on_over_the_other_wire_and_finds_its_tools_there(stage: Stage) -> None:
    """What was thought is lost, what was said and done is not; `find_tools` is a function like any other."""
    root = await stage.reply_thread()
    await stage.restart(openai_wire="chat")
    stage.say("Show me our brand kits", root)
    assert "Winter campaign" in await stage.reply(root, 2)
    bodies = [call.request for call in stage.openai.calls if call.wire == "chat"]
    assert len(bodies) == 3
    names = [[tool["function"]["name"] for tool in body["tools"]] for body in bodies]
    assert "find_tools" in names[0]
    assert "list_brand_kits" in names[1]
    assert unpaired(bodies) == []


async def test_a_model_that_is_gone_is_said_at_once(stage: Stage) -> None:
    await stage.restart(openai_wire="chat")
    stage.openai.script([HttpError(404, "model_not_found")])
    root = stage.ask("hello")
    assert "does not exist any more" in await stage.reply(root)
    assert len(stage.openai.calls) == 1
