"""The sentences with which people were promised video agents, as they stand, and what they come to."""

from __future__ import annotations

from emulators.heygen.agents import QUESTION
from tests.scenario.agent_stage import SAY, asked, messages, moved, session_of, start
from tests.scenario.stage import Stage

SPIN_UP = (
    "Spin up a new interactive video agent session using our default customer support avatar. Return the session ID "
    "and connection details so the frontend can connect to the stream."
)
SEND = (
    "Send the following response to video agent session sess_12345: 'Hello, I see you are having trouble with your API "
    "key. Let me pull up your account details.'"
)


async def test_a_new_session_with_the_default_avatar(stage: Stage) -> None:
    """R29, R30: a video is begun with the default avatar; nobody is shown an id, and there is no stream."""
    root = stage.ask(SPIN_UP)
    await stage.submitted(1)
    await stage.card(root, "Kenji on stage")
    await stage.reply(root)
    [session] = stage.heygen.agents.all.values()
    assert session.request.avatar_id is not None
    assert session.id not in stage.told()


async def test_a_response_to_a_session_goes_to_that_of_the_thread(stage: Stage) -> None:
    """R13, R31, R32: whatever session is named, the words go to the one that this thread has."""
    root = await start(stage)
    await moved(stage, "waiting_for_input")
    await asked(stage, root, QUESTION)
    stage.ask(SEND, thread_ts=root)
    await stage.wait(lambda: messages(stage))
    [entry] = stage.heygen.journal.select("POST", SAY)
    assert entry.path.endswith(session_of(stage).id)
    [said] = messages(stage)
    assert said.startswith("Hello, I see you are having trouble with your API key. Let me pull up your account")


async def test_a_response_without_a_session_goes_nowhere(stage: Stage) -> None:
    root = stage.ask(SEND)
    await stage.reply(root)
    assert stage.heygen.journal.select("POST", SAY) == []
    assert stage.charges == []
