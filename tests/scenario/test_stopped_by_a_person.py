"""Slack's own Stop button: the words end, the session rests, and what cannot be stopped is said."""

from __future__ import annotations

import time

import pytest

from emulators.openai import Call, Say, Stall
from emulators.slack import Message
from tests.scenario.stage import Stage

pytestmark = pytest.mark.full

LONG = 30.0  # seconds that the model is silent; `release` ends it
STORY = "I am still thinking about it. " * 20


async def streaming(stage: Stage, root: str) -> Message:
    """The half-written answer in a thread, once its first words stand there: before them, tasks are shown."""
    return await stage.wait(lambda: next((m for m in stage.by_app(root) if _half_written(m)), None))


def _half_written(message: Message) -> bool:
    return message.stream_state == "streaming" and "still thinking" in message.rendered_text()


async def said(stage: Stage, root: str, words: str) -> Message:
    """The app's message with these words, once it stands in the thread."""
    return await stage.wait(lambda: next((m for m in stage.replies(root) if words in m.rendered_text()), None))


async def test_a_stop_while_the_model_writes_ends_the_turn_within_a_second(stage: Stage) -> None:
    stage.openai.script([[Say(STORY), Stall(LONG, 40)]])
    root = stage.ask("tell me a story")
    await streaming(stage, root)
    pressed = time.monotonic()
    stage.slack.press_stop("alice", "videos", root)
    await said(stage, root, "Stopped.")
    assert time.monotonic() - pressed < 5.0  # the wait for a checkpoint alone would be six times as long
    assert stage.slack.session("videos", root) != "processing"


async def test_the_half_written_answer_is_taken_back(stage: Stage) -> None:
    stage.openai.script([[Say(STORY), Stall(LONG, 40)]])
    root = stage.ask("tell me a story")
    await streaming(stage, root)
    stage.slack.press_stop("alice", "videos", root)
    await said(stage, root, "Stopped.")
    assert [m.rendered_text() for m in stage.by_app(root) if "still thinking" in m.rendered_text()] == []
    assert stage.slack.status("videos", root) is None


async def test_after_a_stop_the_thread_goes_on(stage: Stage) -> None:
    stage.openai.script([[Say(STORY), Stall(LONG, 40)]])
    root = stage.ask("tell me a story")
    await streaming(stage, root)
    stage.slack.press_stop("alice", "videos", root)
    await stage.wait(lambda: stage.replies(root))
    stage.say("hello", root)
    assert await stage.reply(root, 2)


async def test_nobody_else_can_stop_it(stage: Stage) -> None:
    stage.openai.script([[Say(STORY), Stall(LONG, 40)]])
    root = stage.ask("tell me a story")
    await streaming(stage, root)
    stage.slack.press_stop("carol", "videos", root)
    await stage.slack.settle()
    stage.openai.release()
    await stage.wait(lambda: any("still thinking" in m.rendered_text() for m in stage.replies(root)))
    told = await stage.wait(
        lambda: next((m for m in stage.replies(root) if "can stop this" in m.rendered_text()), None)
    )
    assert f"only <@{stage.user()}>" in told.rendered_text()


async def test_a_stop_takes_back_what_waits_for_an_approval(stage: Stage) -> None:
    await stage.with_approvers("bob")
    translate = Call("translate_video", {"source": stage.video, "languages": ["French"], "title": None})
    stage.openai.script([[translate], [Say(STORY), Stall(LONG, 40)]])
    root = stage.translate("French")
    card = await stage.card(root, "waiting for an approval")
    await streaming(stage, root)
    stage.slack.press_stop("alice", "videos", root)
    told = await said(stage, root, "Stopped.")
    assert "Cancelled before it was sent, nothing is billed: J1 French (France)." in told.rendered_text()
    assert (await stage.card(root, f"cancelled by <@{stage.user()}>")).ts == card.ts
    await stage.probe()
    assert stage.attempts() == 0


async def test_a_stop_leaves_alone_what_an_earlier_question_waits_for(stage: Stage) -> None:
    await stage.with_approvers("bob")
    root = stage.translate("French")
    await stage.reply(root)
    stage.openai.script([[Say(STORY), Stall(LONG, 40)]])
    stage.say("tell me a story", root)
    await streaming(stage, root)
    stage.slack.press_stop("alice", "videos", root)
    await said(stage, root, "Stopped.")
    card = await stage.card(root, "waiting for an approval")
    await stage.press(card, "approve_request", "bob")
    await stage.finish()
    await stage.closing(root, "ready.")


async def test_a_stop_says_that_what_was_sent_goes_on(stage: Stage) -> None:
    translate = Call("translate_video", {"source": stage.video, "languages": ["French"], "title": None})
    stage.openai.script([[translate], [Say(STORY), Stall(LONG, 40)]])
    root = stage.translate("French")
    await streaming(stage, root)
    stage.slack.press_stop("alice", "videos", root)
    told = await said(stage, root, "Stopped.")
    assert "J1 had been sent already: HeyGen can't be stopped and bills it." in told.rendered_text()
    await stage.finish()
    await stage.closing(root, "ready.")
