"""A video agent is stopped at any time: by a button, by words, by the command. HeyGen is told, and money is true."""

from __future__ import annotations

import pytest

from emulators.heygen.agents import QUESTION
from tests.scenario.agent_stage import asked, moved, posted, session_of, start
from tests.scenario.stage import Stage

STOP = "/v3/video-agents/[^/]+/stop"


async def over(stage: Stage, root: str) -> None:
    """HeyGen was told, nothing is billed, and the thread says so once."""
    await stage.wait(lambda: stage.heygen.journal.select("POST", STOP))
    stage.heygen.advance(5.0)
    await posted(stage, root, "the video agent has stopped", "nothing is billed")
    await stage.card(root, "stopped; no video was made")
    await stage.wait_for_budget("$0.00")
    assert session_of(stage).phase == "failed"
    assert [charge.refunded for charge in stage.charges] == [True]


async def test_by_the_button_under_its_question(stage: Stage) -> None:
    """R14, R53: a session is ended when it is not needed any more, and nothing is paid for nothing."""
    root = await start(stage)
    await moved(stage, "waiting_for_input")
    question = await asked(stage, root, QUESTION)
    assert "Only <@" in await stage.press(question, "agent_stop", user="bob")
    assert "stop" in await stage.press(question, "agent_stop")
    await over(stage, root)
    await stage.wait(lambda: "agent_stop" not in stage.buttons(question))


@pytest.mark.parametrize("words", ["stop", "Please cancel it.", "Stop the video agent!"])
async def test_by_a_word_in_answer_to_its_question(stage: Stage, words: str) -> None:
    root = await start(stage)
    await moved(stage, "waiting_for_input")
    await asked(stage, root, QUESTION)
    stage.say(words, root)
    await over(stage, root)


async def test_by_the_card_while_it_works(stage: Stage) -> None:
    root = await start(stage, "one_shot")
    card = await stage.card(root, "in progress")
    assert "Only a video that is done by then is billed" in stage.asks(card, "cancel_request")
    assert "having HeyGen stop" in await stage.press(card, "cancel_request")
    await over(stage, root)


async def test_by_the_command(stage: Stage) -> None:
    root = await start(stage)
    await stage.card(root, "in progress")
    assert "having HeyGen stop" in (await stage.whispered("cancel J1")).rendered_text()
    await over(stage, root)


async def test_by_words_to_the_bot(stage: Stage) -> None:
    root = await start(stage)
    await stage.card(root, "in progress")
    stage.openai.script([[stage.call("stop_video_agent")]])
    stage.ask("stop the video agent", thread_ts=root)
    await over(stage, root)


async def test_what_was_done_by_then_is_billed_and_offered(stage: Stage) -> None:
    root = await start(stage, "one_shot")
    stage.heygen.finish()
    card = await stage.card(root, "in progress")
    session = session_of(stage)
    assert session.phase == "generating"
    stage.heygen.finish()
    await stage.press(card, "cancel_request")
    await stage.card(root, "HeyGen made it and billed it", "came to about")
    await posted(stage, root, "had been made by then")
    assert [charge.refunded for charge in stage.charges] == [False]


async def test_by_deleting_the_request(stage: Stage) -> None:
    root = await start(stage)
    await moved(stage, "waiting_for_input")
    await asked(stage, root, QUESTION)
    stage.slack.delete("alice", "videos", root)
    await stage.wait(lambda: stage.heygen.journal.select("POST", STOP))
    stage.heygen.advance(5.0)
    await stage.wait(lambda: [charge.refunded for charge in stage.charges] == [True])
