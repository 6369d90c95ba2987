"""What a look at a video agent's session means: messages without ids, questions, and sessions that are dead."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.records import Job, JobKind, JobState
from agent.video_agents.records import AgentEnd, AgentMode, AgentSession, AgentState, Asks, tools_for
from agent.video_agents.rules import (
    ASKED_AGAIN,
    GONE,
    KEPT_MARKS,
    NO_VIDEO,
    PATIENCE,
    Step,
    advance,
    arrived,
    mark_of,
    missed,
    run_id,
    run_of,
    unseen,
)
from heygen.records import AgentMessage
from heygen.records import AgentSession as Remote

NOW = 10_000.0
SHOWN = 40  # messages in one answer of HeyGen's
JOB = Job("j", "T1", "A1", "s", "c", "J1", JobKind.AGENT, "Film", JobState.RUNNING, NOW, provider_id="sess")
SESSION = AgentSession(
    id="agent-1",
    workspace_id="T1",
    account_id="A1",
    conversation_id="c",
    submission_id="s",
    job_id="j",
    requester="U1",
    provider_session_id="sess",
    mode=AgentMode.CHAT,
    state=AgentState.WORKING,
    created_at=NOW,
    changed_at=NOW,
)


def message(text: str, role: str = "model", at: int = 0, **other: Any) -> AgentMessage:
    kind = other.pop("type", "text")
    moment = datetime.fromtimestamp(at, UTC)
    return AgentMessage(role=role, content=text, created_at=moment, type=kind, **other)


def remote(word: str, *messages: AgentMessage, **other: Any) -> Remote:
    """A session as HeyGen shows it; `messages` oldest first."""
    return Remote(id="sess", status_word=word, messages=tuple(reversed(messages)), **other)


def looked(session: AgentSession, found: Remote, now: float = NOW, job: Job = JOB) -> tuple[AgentSession, Step]:
    """The session after a look, and the step."""
    step = advance(session, job, found, now)
    own = {field.name for field in dataclasses.fields(AgentSession)} - {"end"}
    changes = {name: value for name, value in dataclasses.asdict(step).items() if name in own}
    return dataclasses.replace(session, **changes, end=step.end or session.end), step


# -- messages without ids --------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from("ab"), max_size=SHOWN), st.lists(st.integers(0, 6), min_size=1, max_size=20))
@example(list("aaaa"), [1, 1, 1, 1])
def test_as_long_as_all_are_shown_each_is_new_once_however_alike_they_are(
    history: list[str], strides: list[int]
) -> None:
    known: list[str] = []
    shown = 0
    for stride in strides:
        shown = min(shown + stride, len(history))
        window = history[:shown]
        known += [window[place] for place in unseen(known, window)]
        assert known == window


@given(st.lists(st.integers(0, 6), min_size=1, max_size=40))
def test_messages_that_differ_are_each_new_exactly_once(strides: list[int]) -> None:
    known: list[str] = []
    found: list[str] = []
    shown = 0
    for stride in strides:
        shown += stride
        window = [str(number) for number in range(max(0, shown - SHOWN), shown)]
        new = [window[place] for place in unseen(known, window)]
        found += new
        known = (known + new)[-KEPT_MARKS:]
    assert found == [str(number) for number in range(shown)]


@pytest.mark.parametrize(
    ("known", "window", "new"),
    [
        ([], ["a", "b"], [0, 1]),
        (["a", "b"], ["a", "b"], []),
        (["a", "a"], ["a", "a", "a"], [2]),  # the same words twice are two messages
        (["x", "a", "b"], ["a", "b", "c"], [2]),  # the window has moved on
        (["a", "b"], ["a", "B", "c"], [1, 2]),  # one was changed afterwards
        (["a", "b"], ["y", "z"], [0, 1]),  # too many came at once
    ],
)
def test_what_is_new_in_a_window(known: list[str], window: list[str], new: list[int]) -> None:
    assert unseen(known, window) == new


def test_a_message_is_known_by_everything_that_is_told_of_it() -> None:
    plain = message("Hello")
    others = [message("Hello", at=1), message("Hello", role="user"), message("Hello!"), message("Hello", type="error")]
    assert len({mark_of(one) for one in [plain, *others, message("Hello", resource_ids=("r1",))]}) == 6
    assert mark_of(plain) == mark_of(message("Hello"))


# -- questions -------------------------------------------------------------------------------------------------


def test_a_question_is_asked_once_and_its_words_are_told_once() -> None:
    found = remote("waiting_for_input", message("a film", role="user"), message("For whom?"))
    asking, step = looked(SESSION, found)
    assert (step.state, step.asks, step.round) == (AgentState.ASKING, Asks.QUESTION, 1)
    assert [one.text for one in step.said] == ["For whom?"]
    again, step = looked(asking, found, NOW + 5)
    assert (step.state, step.round, step.said, step.touch) == (AgentState.ASKING, 1, (), False)
    assert again.changed_at == NOW


def test_a_question_that_was_answered_is_not_asked_again_while_heygen_still_shows_it() -> None:
    found = remote("waiting_for_input", message("For whom?"))
    asking, _ = looked(SESSION, found)
    told = dataclasses.replace(asking, state=AgentState.WORKING, asks=None, answers=1, answered_at=NOW)
    assert looked(told, found, NOW + 5)[1].state is AgentState.WORKING
    later = looked(told, found, NOW + ASKED_AGAIN + 1)[1]
    assert (later.state, later.round) == (AgentState.ASKING, 2)  # the answer has led to nothing
    more = remote("waiting_for_input", message("For whom?"), message("And how long?", at=9))
    assert looked(told, more, NOW + 5)[1].round == 2
    draft = remote("reviewing", message("For whom?"))
    assert (looked(told, draft, NOW + 5)[1].asks, looked(told, draft, NOW + 5)[1].round) == (Asks.DRAFT, 2)


def test_more_words_while_it_asks_are_a_new_question() -> None:
    asking, _ = looked(SESSION, remote("waiting_for_input", message("For whom?")))
    step = advance(asking, JOB, remote("waiting_for_input", message("For whom?"), message("Hello?", at=5)), NOW + 9)
    assert (step.round, [one.text for one in step.said]) == (2, ["Hello?"])


def test_one_shot_sessions_say_nothing_but_what_went_wrong() -> None:
    session = dataclasses.replace(SESSION, mode=AgentMode.GENERATE)
    step = advance(session, JOB, remote("waiting_for_input", message("For whom?"), message("Oh", type="error")), NOW)
    assert (step.state, [one.text for one in step.said]) == (AgentState.WORKING, ["Oh"])
    assert step.said[0].error


def test_what_people_said_is_not_told_to_them() -> None:
    step = advance(SESSION, JOB, remote("thinking", message("a film", role="user"), message("", type="resource")), NOW)
    assert (step.said, step.seen_count) == ((), 2)


# -- the end, and sessions that are dead ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "after", "stop"),
    [
        ("thinking", PATIENCE.thinking, AgentEnd.STALLED),
        ("a word of tomorrow", PATIENCE.thinking, AgentEnd.STALLED),
        ("generating", PATIENCE.generating, AgentEnd.STALLED),
        ("waiting_for_input", PATIENCE.answer, AgentEnd.UNANSWERED),
    ],
)
def test_what_does_not_change_for_too_long_is_stopped(word: str, after: float, stop: AgentEnd) -> None:
    session, step = looked(SESSION, remote(word))
    assert step.stop is None
    assert advance(session, JOB, remote(word), NOW + after).stop is None
    assert advance(session, JOB, remote(word), NOW + after + 1).stop is stop
    assert advance(session, JOB, remote(word, progress=7), NOW + after + 1).stop is None  # it gets on


def test_a_stop_that_leads_to_nothing_is_given_up() -> None:
    session = dataclasses.replace(SESSION, state=AgentState.STOPPING, stop_sent_at=NOW, end=AgentEnd.STALLED)
    assert advance(session, JOB, remote("thinking"), NOW + PATIENCE.stopping).job is None
    step = advance(session, JOB, remote("thinking"), NOW + PATIENCE.stopping + 1)
    assert (step.job, step.state, step.end) == (JobState.UNKNOWN, AgentState.ENDED, AgentEnd.STALLED)


def test_done_without_a_video_is_a_failure_after_a_while() -> None:
    session, step = looked(SESSION, remote("completed"))
    assert (step.job, step.touch) == (None, True)
    step = advance(session, JOB, remote("completed"), NOW + PATIENCE.settling + 1)
    assert (step.job, step.why, step.end) == (JobState.FAILED, NO_VIDEO, AgentEnd.FAILED)
    assert advance(session, JOB, remote("completed", video_id="v1"), NOW + PATIENCE.settling + 1).job is None


def test_a_version_needs_a_video_of_its_own() -> None:
    job = dataclasses.replace(JOB, provider_id=run_id("sess", 1, "s2"))
    session, _ = looked(dataclasses.replace(SESSION, video_ids=["v1"]), remote("completed", video_id="v1"), job=job)
    assert advance(session, job, remote("completed", video_id="v1"), NOW + PATIENCE.settling + 1).why == NO_VIDEO


@pytest.mark.parametrize(
    ("state", "finished", "end"),
    [
        (JobState.SUCCEEDED, 1.0, AgentEnd.COMPLETED),
        (JobState.FAILED, 1.0, AgentEnd.FAILED),
        (JobState.UNKNOWN, 1.0, AgentEnd.LOST),
        (JobState.UNWANTED, 1.0, AgentEnd.STOPPED),
        (JobState.UNWANTED, None, None),
    ],
)
def test_a_session_is_over_with_the_money_of_its_run(
    state: JobState, finished: float | None, end: AgentEnd | None
) -> None:
    job = dataclasses.replace(JOB, state=state, finished_at=finished)
    step = advance(SESSION, job, remote("completed", message("Ready."), video_id="v1"), NOW)
    assert step.end is end
    assert [one.text for one in step.said] == ["Ready."]  # the last words are told in any case


def test_one_that_heygen_does_not_know_is_lost_after_a_second_look() -> None:
    once = missed(SESSION, JOB, NOW)
    assert (once.job, once.missing, once.state) == (None, 1, AgentState.WORKING)
    twice = missed(dataclasses.replace(SESSION, missing=1), JOB, NOW)
    assert (twice.job, twice.why, twice.end) == (JobState.UNKNOWN, GONE, AgentEnd.LOST)


def test_a_video_goes_on_without_its_session() -> None:
    step = missed(dataclasses.replace(SESSION, missing=5, video_ids=["v1"]), JOB, NOW)
    assert (step.job, step.touch, step.state) == (None, True, AgentState.WORKING)


# -- the rest --------------------------------------------------------------------------------------------------


def test_an_answer_in_doubt_is_found_among_what_was_not_looked_at_before() -> None:
    before = [message("a film", role="user"), message("For whom?"), message("yes", role="user", at=1), message("Sure?")]
    session, _ = looked(SESSION, remote("waiting_for_input", *before))
    assert not arrived(session, remote("waiting_for_input", *before), "yes")
    assert arrived(session, remote("thinking", *before, message("yes", role="user", at=9)), " yes ")
    assert not arrived(session, remote("thinking", *before, message("no", role="user", at=9)), "yes")


@pytest.mark.parametrize(("name", "run"), [("sess", ("sess", 0)), (run_id("sess", 2, "s"), ("sess", 2)), ("", ("", 0))])
def test_what_a_run_is_called_says_which_session_and_how_many_came_before(name: str, run: tuple[str, int]) -> None:
    assert run_of(name) == run


def test_looks_become_rarer() -> None:
    waits = [PATIENCE.wait(still) for still in (0.0, 200.0, 5_000.0)]
    assert waits == sorted(waits)
    assert len(set(waits)) == 3


def test_tools_are_offered_where_they_are_of_use() -> None:
    over = dataclasses.replace(SESSION, state=AgentState.ENDED, end=AgentEnd.COMPLETED)
    assert tools_for([SESSION]) == ["message_video_agent", "stop_video_agent"]
    assert tools_for([over]) == ["message_video_agent"]
    assert tools_for([dataclasses.replace(over, end=AgentEnd.FAILED)]) == []
    assert tools_for([dataclasses.replace(SESSION, mode=AgentMode.GENERATE)]) == ["stop_video_agent"]
