"""Sessions with video agents that die without a word, or that nobody answers: never silence, never a wrong bill."""

from __future__ import annotations

from emulators.heygen.agents import QUESTION
from tests.scenario.agent_stage import asked, closings, moved, posted, session_of, start, times_said
from tests.scenario.stage import Stage

SESSION = "/v3/video-agents/[^/]+"
STOP = f"{SESSION}/stop"


async def test_one_that_fails_without_a_word(stage: Stage) -> None:
    stage.heygen.agents.twists.append("silence")
    root = await start(stage)
    stage.heygen.finish()
    await stage.closing(root, "failed", "HeyGen gave no reason", "can be tried again")
    await stage.card(root, "failed")
    assert [charge.refunded for charge in stage.charges] == [True]


async def test_one_that_thinks_for_ever_is_stopped_and_told(stage: Stage) -> None:
    """R53: what hangs is stopped, so that it is not paid for."""
    stage.heygen.agents.twists.append("hang")
    root = await start(stage)
    stage.heygen.finish()
    await stage.card(root, "thinking at HeyGen")
    await stage.reply(root)
    stage.clock.advance(1_000.0)
    await stage.wait(lambda: stage.heygen.journal.select("POST", STOP))
    stage.heygen.advance(5.0)
    await stage.closing(root, "failed")
    await posted(stage, root, "got nowhere", "nothing is billed")
    assert [charge.refunded for charge in stage.charges] == [True]


async def test_one_whose_stop_leads_to_nothing_is_unknown_and_keeps_its_money_aside(stage: Stage) -> None:
    stage.heygen.agents.twists.append("hang")
    root = await start(stage)
    stage.heygen.finish()
    await stage.card(root, "thinking at HeyGen")
    await stage.reply(root)
    stage.clock.advance(1_000.0)
    await stage.wait(lambda: stage.heygen.journal.select("POST", STOP))
    session_of(stage).due = 1e12
    await stage.wait(lambda: _looks_since_stop(stage) > 1)
    stage.clock.advance(400.0)
    await stage.closing(root, "unknown", "never confirmed")
    await posted(stage, root, "stays set aside")
    assert [charge.refunded for charge in stage.charges] == [False]


async def test_one_that_heygen_does_not_know_any_more(stage: Stage) -> None:
    root = await start(stage)
    await moved(stage, "waiting_for_input")
    await asked(stage, root, QUESTION)
    session_of(stage).lost = True
    stage.clock.advance(60.0)
    await stage.wait(lambda: closings(stage, root) or stage.clock.advance(5.0))
    await stage.closing(root, "unknown", "does not know this")
    question = await posted(stage, root, QUESTION)
    await stage.wait(lambda: "agent_answer" not in stage.buttons(question))


async def test_a_video_that_goes_on_without_its_session_is_still_delivered(stage: Stage) -> None:
    root = await start(stage, "one_shot")
    await moved(stage, "generating")
    await stage.card(root, "pending at HeyGen")
    await stage.wait(lambda: _video_was_told(stage))
    session_of(stage).lost = True
    stage.heygen.finish()
    closing = await stage.closing(root, "ready")
    assert (await stage.browse(closing.links()[0])).status_code == 200
    assert [charge.refunded for charge in stage.charges] == [False]


async def test_one_that_nobody_answers_is_stopped(stage: Stage) -> None:
    """R53: after eight hours without an answer nobody waits any more."""
    root = await start(stage)
    await moved(stage, "waiting_for_input")
    await asked(stage, root, QUESTION)
    stage.clock.advance(9 * 3_600.0)
    await stage.wait(lambda: stage.heygen.journal.select("POST", STOP))
    stage.heygen.advance(5.0)
    await posted(stage, root, "nobody answered")
    await stage.closing(root, "failed")
    assert [charge.refunded for charge in stage.charges] == [True]


async def test_a_restart_asks_nothing_twice_and_the_answer_still_arrives(stage: Stage) -> None:
    """R15: what a conversation's session is, survives every process and every window of a model's."""
    root = await start(stage)
    await moved(stage, "waiting_for_input")
    await asked(stage, root, QUESTION)
    await stage.restart()
    stage.say("For our customers", root)
    await moved(stage, "reviewing")
    await asked(stage, root, "draft")
    await stage.restart()
    await stage.probe()
    assert times_said(stage, root, QUESTION) == 1
    assert times_said(stage, root, "Here is a draft") == 1
    assert len(stage.charges) == 1


def _video_was_told(stage: Stage) -> bool:
    """Whether HeyGen has told us which video the session makes."""
    looks = stage.heygen.journal.select("GET", SESSION)
    return any((entry.reply or {}).get("data", {}).get("video_id") for entry in looks)


def _looks_since_stop(stage: Stage) -> int:
    """How often we have looked since HeyGen was told to stop."""
    entries = list(stage.heygen.journal.entries)
    stop = stage.heygen.journal.select("POST", STOP)[-1]
    return sum(e.method == "GET" and "/video-agents/" in e.path for e in entries[entries.index(stop) :])
