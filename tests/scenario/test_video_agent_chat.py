"""Working on a video together with HeyGen's video agent, in the thread."""

from __future__ import annotations

from typing import Any

from emulators.heygen.agents import DRAFT, MAKING, QUESTION, READY
from tests.scenario.agent_stage import SAY, asked, closings, messages, moved, posted, session_of, start, times_said
from tests.scenario.stage import Stage

R32 = "Hello, I see you are having trouble with your API key. Let me help."


async def test_a_question_a_draft_and_the_video_are_posted_and_paid_once(stage: Stage) -> None:
    """R12, R78: what HeyGen calls a video agent makes a video in turns; there is no address to connect to."""
    root = await start(stage)
    await moved(stage, "waiting_for_input")
    question = await asked(stage, root, QUESTION)
    assert f"<@{stage.user()}>" in question.text
    answer = stage.say("For our customers, with a link at the end", root)
    await stage.wait(lambda: "incoming_envelope" in stage.slack.message("videos", answer).reactions)
    await moved(stage, "reviewing")
    draft = await asked(stage, root, DRAFT)
    assert "agent_approve" not in stage.buttons(question)
    await shown_draft(stage, root)
    assert "Passed on" in await stage.press(draft, "agent_approve")
    await moved(stage, "generating")
    await posted(stage, root, MAKING)
    stage.heygen.finish()
    closing = await stage.closing(root, "ready")
    await posted(stage, root, READY)
    [link] = closing.links()
    assert (await stage.browse(link)).status_code == 200
    await stage.card(root, "ready", "came to about")
    await stage.probe()
    assert [times_said(stage, root, one) for one in (QUESTION, DRAFT, MAKING, READY)] == [1, 1, 1, 1]
    assert messages(stage) == ["For our customers, with a link at the end", "Looks good, go ahead and make the video."]
    assert len(stage.charges) == len(closings(stage, root)) == 1


async def test_a_reply_is_for_the_agent_and_a_mention_for_the_bot(stage: Stage) -> None:
    """R13, R31, R32: words go to the session of the conversation, whatever the model believes its id to be."""
    root = await start(stage)
    await moved(stage, "waiting_for_input")
    await asked(stage, root, QUESTION)
    calls = len(stage.openai.journal.select("POST", "/v1/responses"))
    stage.say("I am only reading along", root, user="bob")
    stage.ask("what is the status?", thread_ts=root)
    await stage.wait(lambda: len(stage.openai.journal.select("POST", "/v1/responses")) > calls)
    await stage.probe()
    assert messages(stage) == []
    stage.say(R32, root)
    await stage.wait(lambda: messages(stage) == [R32])
    [entry] = stage.heygen.journal.select("POST", SAY)
    assert entry.path.endswith(session_of(stage).id)


async def test_the_model_passes_words_on_without_knowing_an_id(stage: Stage) -> None:
    """R13, R15: the tool takes no session id; the row has it."""
    root = await start(stage)
    await moved(stage, "waiting_for_input")
    await asked(stage, root, QUESTION)
    stage.openai.script([[stage.call("message_video_agent", message="For customers")]])
    stage.ask("tell it: for customers", thread_ts=root)
    await stage.wait(lambda: messages(stage) == ["For customers"])
    prompts = str([entry.body for entry in stage.openai.journal.select("POST", "/v1/responses")])
    assert session_of(stage).id not in prompts


async def test_an_answer_by_the_dialog_and_one_that_comes_too_late(stage: Stage) -> None:
    root = await start(stage)
    await moved(stage, "waiting_for_input")
    question = await asked(stage, root, QUESTION)
    seen = question.blocks
    assert "Only <@" in await stage.press(question, "agent_answer", user="bob")
    assert (await stage.click(question, "agent_answer")).ok
    await stage.wait(lambda: stage.slack.views("alice"))
    await stage.slack.submit_view("alice", stage.slack.views("alice")[-1].id, {"words": "For everybody"})
    await stage.wait(lambda: messages(stage) == ["For everybody"])
    await stage.wait(lambda: "agent_answer" not in stage.buttons(question))
    assert "answered already" in await stage.press_stale(question, seen, "agent_answer", "alice")
    assert messages(stage) == ["For everybody"]


async def test_a_change_of_a_finished_video_is_another_paid_request(stage: Stage) -> None:
    """R14: a session is told changes until it is over; each version is its own request with its own price."""
    root = await start(stage)
    await moved(stage, "waiting_for_input")
    await asked(stage, root, QUESTION)
    stage.say("make it", root)
    await moved(stage, "generating")
    stage.heygen.finish()
    await stage.closing(root, "ready")
    await stage.wait(lambda: len(stage.openai.calls) == 2)  # what is scripted now is for the next question
    stage.openai.script([[stage.call("message_video_agent", message="make it shorter")]])
    stage.ask("tell the agent to make it shorter", thread_ts=root)
    await stage.submitted(2)
    await stage.card(root, "next version")
    await moved(stage, "generating")
    stage.heygen.finish()
    closing = await stage.closing(root, "next version", "ready", number=2)
    assert len(session_of(stage).videos) == 2
    assert (await stage.browse(closing.links()[0])).status_code == 200
    assert [charge.refunded for charge in stage.charges] == [False, False]


async def test_one_thread_speaks_with_one_agent_at_a_time(stage: Stage) -> None:
    root = await start(stage)
    await moved(stage, "waiting_for_input")
    await asked(stage, root, QUESTION)
    stage.openai.script([[stage.call("start_video_agent", prompt="another film", mode="chat")]])
    stage.ask("and have the video agent make another film", thread_ts=root)
    await stage.wait(lambda: any("works in this thread already" in str(e.body) for e in _model(stage)))
    await stage.probe()
    assert len(stage.charges) == 1


async def shown_draft(stage: Stage, root: str) -> None:
    """What the agent shows can be looked at, by a link of ours that cannot be made up."""
    shown = await posted(stage, root, "Look at what it shows")
    link = next(link for link in shown.links() if "/a/" in link)
    assert (await stage.browse(link)).status_code == 200
    assert (await stage.browse(f"{link[:-3]}abc")).status_code == 404


def _model(stage: Stage) -> list[Any]:
    return stage.openai.journal.select("POST", "/v1/responses")
