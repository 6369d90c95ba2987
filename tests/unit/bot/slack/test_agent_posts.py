"""What is posted of a video agent: harmless words, buttons only while a question stands, and true endings."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.records import Job, JobKind, JobState
from agent.video_agents.records import AgentEnd, AgentMode, AgentSession, AgentState, Asks
from bot.slack.agent_posts import answer_modal, asked_by, over_post, value_of, words_post
from bot.slack.agent_relay import means_stop

ASKING = AgentSession(
    id="agent-1",
    workspace_id="T1",
    account_id="A1",
    conversation_id="c",
    submission_id="s",
    job_id="j",
    requester="U1",
    provider_session_id="sess",
    mode=AgentMode.CHAT,
    state=AgentState.ASKING,
    created_at=1.0,
    changed_at=1.0,
    asks=Asks.QUESTION,
    round=3,
)
JOB = Job("j", "T1", "A1", "s", "c", "J1", JobKind.AGENT, "Film", JobState.FAILED, 1.0)


def body(*said: str, asks: Asks | None = Asks.QUESTION, number: int = 3, resources: tuple[str, ...] = ()) -> Any:
    lines = [{"text": text, "error": False, "resources": []} for text in said]
    lines += [{"text": "", "error": False, "resources": list(resources)}] if resources else []
    return {"said": lines, "round": number, "asks": asks.value if asks else None}


def shown(post: Any) -> str:
    return post.text + str(post.blocks)


def buttons(post: Any) -> list[str]:
    return [one["action_id"] for block in post.blocks for one in block.get("elements", ()) if "action_id" in one]


def no_link(resource: str) -> str | None:
    return None


def test_a_question_calls_its_person_and_can_be_answered() -> None:
    post = words_post(ASKING, body("For whom?"), no_link)
    assert post.text.startswith("<@U1> *the video agent asks*")
    assert "&gt; For whom?" not in shown(post)
    assert "> For whom?" in shown(post)
    assert buttons(post) == ["agent_answer", "agent_stop"]


def test_under_a_draft_one_can_say_yes() -> None:
    draft = dataclasses.replace(ASKING, asks=Asks.DRAFT)
    post = words_post(
        draft, body("Good?", asks=Asks.DRAFT, resources=("r1",)), lambda one: f"https://green.example/{one}"
    )
    assert buttons(post) == ["agent_approve", "agent_answer", "agent_stop"]
    assert "<https://green.example/r1|Look at what it shows>" in shown(post)


@pytest.mark.parametrize("change", [{"round": 4}, {"state": AgentState.WORKING}, {"state": AgentState.ENDED}])
def test_a_question_that_stands_no_more_has_no_buttons(change: dict[str, Any]) -> None:
    assert buttons(words_post(dataclasses.replace(ASKING, **change), body("For whom?"), no_link)) == []


def test_what_is_no_question_calls_nobody() -> None:
    post = words_post(ASKING, body("I am making it.", asks=None, number=0), no_link)
    assert "<@U1>" not in shown(post)
    assert buttons(post) == []


@given(st.lists(st.text(max_size=3_000), max_size=4), st.booleans())
def test_whatever_it_says_fits_and_rings_nobody(said: list[str], asks: bool) -> None:
    hostile = [*said, "<!channel> <@U9> <https://evil.example|x>", "@here"]
    post = words_post(ASKING, body(*hostile, number=3 if asks else 0), no_link)
    assert len(post.text) <= 3_500
    for block in post.blocks:
        assert len(str(block.get("text", {}).get("text", ""))) <= 3_000
    assert "<!channel>" not in shown(post)
    assert "<@U9>" not in shown(post)
    assert "evil.example" not in shown(post)


@pytest.mark.parametrize(
    ("end", "job", "words"),
    [
        (AgentEnd.STOPPED, {"state": JobState.UNWANTED, "finished_at": 2.0}, "nothing is billed"),
        (AgentEnd.STOPPED, {"state": JobState.UNWANTED, "finished_at": 2.0, "link_id": "l"}, "it is billed"),
        (AgentEnd.STALLED, {}, "got nowhere for a long time"),
        (AgentEnd.STALLED, {"state": JobState.UNKNOWN}, "stays set aside"),
        (AgentEnd.UNANSWERED, {}, "nobody answered"),
        (AgentEnd.LOST, {"state": JobState.UNKNOWN}, "session is over"),
    ],
)
def test_the_end_says_why_and_what_it_costs(end: AgentEnd, job: dict[str, Any], words: str) -> None:
    assert words in over_post(ASKING, dataclasses.replace(JOB, **job), end).text


def test_a_button_carries_which_question_it_was() -> None:
    assert asked_by(value_of(ASKING)) == ("agent-1", 3)
    assert answer_modal(ASKING)["private_metadata"] == value_of(ASKING)


@pytest.mark.parametrize("value", ["", "agent-1", ":3", "agent-1:x", "agent-1:³", "a" * 300 + ":1"])
def test_what_none_of_ours_carries(value: str) -> None:
    assert asked_by(value) is None


@pytest.mark.parametrize("text", ["stop", "Stop!", "please stop it", "cancel this", "Abort the agent.", "STOP now"])
def test_a_word_that_means_stop(text: str) -> None:
    assert means_stop(text)


@pytest.mark.parametrize(
    "text", ["stop at ten seconds", "It ends with a full stop", "don't stop", "", "cancel culture"]
)
def test_a_word_that_does_not(text: str) -> None:
    assert not means_stop(text)
