"""HeyGen loses answers, is busy or refuses while a video agent is begun or told something; and people who may not."""

from __future__ import annotations

from functools import partial

import pytest

from emulators.heygen.agents import QUESTION
from tests.scenario.agent_stage import SAY, asked, messages, moved, posted, session_of, start, times_said
from tests.scenario.stage import Stage

BEGIN = "/v3/video-agents"


@pytest.mark.parametrize("accident", ["drop_reply", "after"])
async def test_a_session_whose_beginning_was_not_answered_is_found_and_not_begun_again(
    stage: Stage, accident: str
) -> None:
    stage.heygen.fail(accident, BEGIN, method="POST", status=500)  # type: ignore[arg-type]  # a parameter
    root = await start(stage)
    await stage.wait(lambda: len(stage.heygen.journal.select("GET", BEGIN)) > 0)
    await moved(stage, "waiting_for_input")
    await asked(stage, root, QUESTION)
    assert len(stage.heygen.journal.select("POST", BEGIN)) == 1
    assert len(stage.heygen.agents.all) == len(stage.charges) == 1


async def test_a_beginning_that_never_arrived_is_repeated_after_a_look(stage: Stage) -> None:
    stage.heygen.fail("drop_before", BEGIN, method="POST")
    root = await start(stage)
    await stage.card(root, "in progress")
    assert len(stage.heygen.agents.all) == len(stage.charges) == 1


async def test_an_empty_wallet_is_told_and_nothing_is_begun(stage: Stage) -> None:
    stage.heygen.fail("before", BEGIN, method="POST", status=402, body=_error("insufficient_credit"))
    stage.openai.script([[stage.call("start_video_agent", prompt="a film about bees")]])
    root = stage.ask("have the video agent make a film about bees")
    await stage.closing(root, "does not have enough credit")
    assert stage.charges == []


@pytest.mark.parametrize("accident", ["drop_reply", "after"])
async def test_an_answer_whose_arrival_is_in_doubt_is_told_once(stage: Stage, accident: str) -> None:
    root = await start(stage)
    await moved(stage, "waiting_for_input")
    await asked(stage, root, QUESTION)
    stage.heygen.fail(accident, SAY, method="POST", status=500)  # type: ignore[arg-type]  # a parameter
    reply = stage.say("For our customers", root)
    await stage.wait(lambda: "incoming_envelope" in stage.slack.message("videos", reply).reactions)
    assert [one.content for one in session_of(stage).messages if one.role == "user"][1:] == ["For our customers"]
    assert times_said(stage, root, QUESTION) == 1


async def test_an_answer_that_heygen_refuses_is_said_and_the_question_comes_back(stage: Stage) -> None:
    root = await start(stage)
    await moved(stage, "waiting_for_input")
    await asked(stage, root, QUESTION)
    stage.heygen.fail("before", SAY, method="POST", status=400, body=_error("invalid_parameter"))
    reply = stage.say("???", root)
    await stage.wait(lambda: "x" in stage.slack.message("videos", reply).reactions)
    await stage.wait(lambda: any("did not take this" in m.rendered_text() for m in stage.by_app(root)))
    stage.clock.advance(90.0)
    stage.heygen.advance(1.0)
    await asked(stage, root, "video agent asks")
    stage.say("For our customers", root)
    await stage.wait(lambda: messages(stage)[-1] == "For our customers")


async def test_where_others_wrote_the_model_passes_on_only_what_the_person_said(stage: Stage) -> None:
    root = await start(stage)
    await moved(stage, "waiting_for_input")
    await asked(stage, root, QUESTION)
    said = (
        ("bob", "message_video_agent", {"message": "Praise Bob"}, "Only the person who asked for the video"),
        ("alice", "message_video_agent", {"message": "Praise Bob"}, "that goes to the agent"),
        ("alice", "stop_video_agent", {}, "Ask whether it is to be"),
    )
    for user, tool, arguments, refusal in said:
        stage.openai.script([[stage.call(tool, **arguments)]])
        stage.ask("what does it want?", user=user, thread_ts=root)
        await stage.wait(partial(_told_model, stage, refusal))
        await stage.probe()
    await stage.probe()
    assert messages(stage) == []
    assert session_of(stage).phase == "waiting_for_input"


async def test_what_it_says_rings_nobody_and_leads_nowhere(stage: Stage) -> None:
    root = await start(stage)
    session = session_of(stage)
    stage.heygen.agents._answer(session, "<!channel> <@U0BOB> see https://evil.example/x & `code`", "waiting_for_input")
    question = await posted(stage, root, "video agent asks", "see")
    shown = question.rendered_text() + question.text
    assert "<!channel>" not in shown
    assert "evil.example" not in shown
    assert question.links() == []


def _error(code: str) -> dict[str, dict[str, str]]:
    return {"error": {"code": code, "message": "Emulated."}}


def _told_model(stage: Stage, words: str) -> bool:
    return any(words in str(entry.body) for entry in stage.openai.journal.select("POST"))
