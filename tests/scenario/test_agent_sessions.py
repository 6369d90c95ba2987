"""A thread in Slack's list of agent sessions: its title, that we work on it, that it waits; steps shown as tasks."""

from __future__ import annotations

from emulators.openai import Call, Say, Stall
from emulators.slack import Message
from tests.scenario.stage import Stage

LONG = 30.0  # seconds that the model is silent; `release` ends it


def session(stage: Stage, root: str) -> dict[str, str]:
    """Title and status of a thread's session."""
    [found] = [one for one in stage.slack.snapshot()["sessions"] if one["thread_ts"] == root]
    return {"title": found["title"], "status": found["status"]}


async def tasks(stage: Stage, root: str, *states: str) -> Message:
    """The message whose tasks stand like this."""

    def found() -> Message | None:
        shown = (m for m in stage.by_app(root) if m.stream is not None)
        return next((m for m in shown if [t["status"] for t in m.stream.tasks.values()] == [*states]), None)  # type: ignore[union-attr]

    return await stage.wait(found)


async def go_on(stage: Stage) -> None:
    """Let the model write what comes after its tool calls."""
    await stage.wait(lambda: len(stage.openai.calls) == 2)
    stage.openai.release()


async def test_a_thread_is_suspended_while_its_card_waits_and_active_when_it_has_been_decided(stage: Stage) -> None:
    await stage.with_approvers("bob")
    root = stage.translate("French")
    card = await stage.card(root, "waiting for an approval")
    await stage.reply(root)
    await stage.wait(lambda: stage.slack.session("videos", root) == "suspended")
    assert session(stage, root)["title"] == "Translate launch.mp4 into French"
    await stage.press(card, "approve_request", "bob")
    await stage.wait(lambda: stage.slack.session("videos", root) == "active")
    await stage.finish()
    await stage.closing(root, "ready.")
    assert stage.slack.session("videos", root) == "active"


async def test_a_thread_that_began_with_a_greeting_is_called_by_what_it_came_to_be_about(stage: Stage) -> None:
    root = stage.ask("hello")
    await stage.reply(root)
    assert session(stage, root)["title"] == ""
    stage.say(f"translate {stage.video} into French", root)
    await stage.reply(root, 2)
    await stage.wait(lambda: session(stage, root)["title"] == "translate launch.mp4 into French")
    stage.say("what is running?", root)
    await stage.reply(root, 3)
    renamed = [call.body["title"] for call in stage.slack.journal.select(path="/api/agents.sessions.rename")]
    assert renamed == ["translate launch.mp4 into French"]


async def test_steps_are_tasks_of_the_answer_while_the_model_goes_on(stage: Stage) -> None:
    look = Call("list_languages", {})
    lost = Call("cancel_jobs", {"handles": ["J9"]})
    stage.openai.script([[look, lost], [Say("That is how it is."), Stall(LONG, 1)]])
    root = stage.ask("which languages are there?")
    shown = await tasks(stage, root, "complete", "error")
    assert "Asking HeyGen for the languages" in shown.rendered_text()
    assert stage.slack.session("videos", root) == "processing"
    await go_on(stage)
    await stage.wait(lambda: stage.replies(root))
    [reply] = stage.by_app(root)
    assert (reply.ts, reply.stream_state) == (shown.ts, "completed")
    assert "That is how it is." in reply.text
    assert "2 steps, 1 of them in vain" in reply.rendered_text()
    await stage.wait(lambda: stage.slack.session("videos", root) == "active")


async def test_an_app_that_is_no_agent_shows_lines_and_messages_instead(stage: Stage) -> None:
    stage.slack.workspace.is_agent = stage.slack.workspace.streaming_enabled = False
    stage.openai.script([[Call("list_languages", {})], [Say("Many."), Stall(LONG, 1)]])
    root = stage.ask("which languages are there?")
    await stage.wait(lambda: stage.slack.status("videos", root))
    await go_on(stage)
    await stage.wait(lambda: any("Many." in m.rendered_text() for m in stage.replies(root)))  # an edit may end it
    refused = stage.slack.journal.select("POST", "/api/agents.sessions.setStatus")
    assert len(refused) == 1
    await stage.wait(lambda: stage.slack.status("videos", root) is None)


def offered(stage: Stage) -> list[str]:
    """The titles of what the Messages tab suggests to Alice."""
    direct = stage.slack.direct_channel("alice")
    shown = stage.slack.workspace.prompts.get(direct) or {"prompts": []}
    return [prompt["title"] for prompt in shown["prompts"]]


async def test_the_messages_tab_suggests_what_fits_the_person(stage: Stage) -> None:
    stage.slack.open_home("alice", "messages")
    await stage.wait(lambda: "What is running?" in offered(stage))
    root = stage.translate("French", "German")
    await stage.reply(root)
    stage.slack.open_home("alice", "messages")
    await stage.wait(lambda: offered(stage)[:1] == ["How are my videos?"])
    assert any(title.startswith("Into French") for title in offered(stage))
    stage.slack.open_home("alice", "messages")
    await stage.probe()
    assert len(stage.slack.journal.select("POST", "/api/assistant.threads.setSuggestedPrompts")) == 2
