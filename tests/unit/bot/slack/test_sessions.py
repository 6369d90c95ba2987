"""What Slack shows of a thread as a whole: worked on, waiting for somebody, at rest; and steps as tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from agent.steps import Step, StepState
from bot.slack.reply import STEP_SECONDS
from bot.slack.sessions import AGAIN_SECONDS, TITLE_LIMIT, titled
from bot.slack.tasks import TaskList
from tests.unit.bot.slack.thread import CHANNEL, TEAM, Thread

RENAME = "agents.sessions.rename"
SESSIONS = "agents.sessions.setStatus"
LINE = "assistant.threads.setStatus"


@pytest.fixture
def told(thread: Thread) -> Thread:
    thread.replies.sessions = thread.worker.sessions = thread.sessions
    return thread


def statuses(thread: Thread) -> list[str]:
    return [entry.body["status"] for entry in thread.calls(SESSIONS)]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the conditions look into another task and into the emulator
            await asyncio.sleep(0.001)


async def test_a_turn_is_worked_on_once_and_rests_when_its_answer_stands(told: Thread) -> None:
    lease, turn, conversation = await told.begin()
    reply = told.replies.open(lease, turn, conversation)
    for _ in range(3):
        await reply.status("is thinking…")
    assert (statuses(told), told.slack.session(CHANNEL, told.root)) == (["processing"], "processing")
    delivery = await told.finish(lease, turn, "Hello.")
    await reply.settle(delivery, "Hello.")
    await told.worker.run_once()
    assert statuses(told) == ["processing", "active"]
    assert not told.calls(LINE)
    await told.queue("notice", "By the way.")
    await told.worker.run_once()
    assert statuses(told) == ["processing", "active"]


async def test_an_answer_that_another_process_posts_ends_the_spinner_too(told: Thread) -> None:
    lease, turn, conversation = await told.begin()
    await told.replies.open(lease, turn, conversation).status("is thinking…")
    await told.finish(lease, turn, "Hello.")
    told.clock.advance(31)  # the process that wrote it is gone
    await told.worker.run_once()
    assert told.slack.session(CHANNEL, told.root) == "active"


async def test_without_an_answer_the_thread_rests_as_well(told: Thread) -> None:
    lease, turn, conversation = await told.begin()
    reply = told.replies.open(lease, turn, conversation)
    await reply.status("is thinking…")
    await reply.settle(await told.finish(lease, turn, None), None)
    assert told.slack.session(CHANNEL, told.root) == "active"


async def test_where_we_are_no_agent_a_line_of_text_tells_it_and_an_hour_later_it_is_tried_again(told: Thread) -> None:
    told.slack.workspace.is_agent = False
    lease, turn, conversation = await told.begin()
    for _ in range(2):
        await told.replies.open(lease, turn, conversation).status("is thinking…")
    assert (len(told.calls(SESSIONS)), len(told.calls(LINE))) == (1, 2)
    told.slack.workspace.is_agent = True
    told.clock.advance(AGAIN_SECONDS)
    await told.store.claims.extend()
    [lease] = await told.store.lanes.claim(1)
    await told.replies.open(lease, turn, conversation).status("is thinking…")
    assert told.slack.session(CHANNEL, told.root) == "processing"


async def test_an_end_that_is_rate_limited_is_told_later(told: Thread) -> None:
    lease, turn, conversation = await told.begin()
    reply = told.replies.open(lease, turn, conversation)
    await reply.status("is thinking…")
    limited = {"ok": False, "error": "ratelimited"}
    told.slack.fail("before", f"/api/{SESSIONS}", status=429, body=limited, headers={"Retry-After": "3"})
    await reply.settle(await told.finish(lease, turn, None), None)
    assert told.slack.session(CHANNEL, told.root) == "processing"
    await until(lambda: told.clock.sleeping)
    told.clock.advance(3)
    await until(lambda: told.slack.session(CHANNEL, told.root) == "active")


async def test_a_refused_thread_is_no_reason_to_give_up_on_the_workspace(told: Thread) -> None:
    told.refuse(LINE, "channel_not_found")
    told.slack.workspace.is_agent = False
    lease, turn, conversation = await told.begin()
    await told.replies.open(lease, turn, conversation).status("is thinking…")
    assert TEAM not in told.replies.without_status


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("Translate <https://x.example/a/launch.mp4> into French", "Translate launch.mp4 into French"),
        ("Translate https://x.example/launch.mp4?sig=1, please", "Translate launch.mp4, please"),
        ("look at https://x.example/", "look at x.example"),
        ("<@U123> *make*\na  video", "make a video"),
        ("hello", None),
        ("", None),
    ],
)
def test_a_title_is_what_was_asked_for(words: str, title: str | None) -> None:
    assert titled(words) == title


def test_a_long_title_ends_between_words() -> None:
    title = titled("many words " * 50)
    assert title is not None
    assert len(title) <= TITLE_LIMIT
    assert title.endswith(("many…", "words…"))


# -- tasks -----------------------------------------------------------------------------------------------------


def step(state: StepState, name: str = "a") -> Step:
    return Step(name, "Preparing the video", state)


def test_of_each_step_only_the_latest_state_is_shown_and_nothing_twice() -> None:
    tasks = TaskList()
    tasks.take([step(StepState.PENDING), step(StepState.PENDING, "b")])
    tasks.take([step(StepState.IN_PROGRESS)])
    assert [chunk.get("status") for chunk in tasks.give()] == [None, "in_progress", "pending"]
    assert (tasks.waiting, tasks.give()) == (False, [])
    tasks.take([step(StepState.COMPLETE)])
    given = tasks.give()
    tasks.take_back()
    assert tasks.give() == given


def test_the_end_says_how_many_steps_it_took() -> None:
    tasks = TaskList()
    assert tasks.last() == []
    tasks.take([step(StepState.COMPLETE), step(StepState.ERROR, "b")])
    tasks.give()
    assert tasks.last() == [{"type": "plan_update", "title": "2 steps, 1 of them in vain"}]


async def test_steps_are_tasks_of_the_stream_that_becomes_the_answer(told: Thread) -> None:
    lease, turn, conversation = await told.begin()
    reply = told.replies.open(lease, turn, conversation)
    await reply.steps([step(StepState.IN_PROGRESS)])
    await until(lambda: told.clock.sleeping)
    told.clock.advance(STEP_SECONDS)
    await until(lambda: not told.replies.active)
    [begun] = told.posts()
    assert begun.stream is not None
    assert (begun.stream.title, begun.stream.tasks["a"]["status"]) == ("Working on it", "in_progress")
    assert told.calls("chat.startStream")[0].body["task_display_mode"] == "plan"
    await reply.steps([step(StepState.COMPLETE)])
    await reply.settle(await told.finish(lease, turn, "Here it is."), "Here it is.")
    [post] = told.posts()
    assert post.ts == begun.ts
    assert (post.stream_state, post.text) == ("completed", "Here it is.")
    assert (begun.stream.title, begun.stream.tasks["a"]["status"]) == ("1 step", "complete")
    assert told.slack.session(CHANNEL, told.root) == "active"
    assert not told.calls(SESSIONS)  # the stream has said it all


async def test_without_streams_the_line_of_text_tells_the_step(told: Thread) -> None:
    told.slack.workspace.is_agent = False
    told.replies.without_streams.add(TEAM, "unknown_method")
    lease, turn, conversation = await told.begin()
    await told.replies.open(lease, turn, conversation).steps([step(StepState.IN_PROGRESS)])
    assert [entry.body["status"] for entry in told.calls(LINE)] == ["is preparing the video…"]
    assert not told.posts()


async def greeted(told: Thread) -> None:
    """Somebody has said too little to call the thread by it."""
    await told.accept("Ev0", payload={"ts": told.root, "text": "hi"})
    [lease] = await told.store.lanes.claim(1)
    first = await told.store.lanes.next_row(lease)
    assert first is not None
    await told.store.lanes.finish_row(lease, first)
    await told.store.lanes.release(lease)


async def test_a_new_title_that_slack_has_no_time_for_is_sent_again(told: Thread) -> None:
    await greeted(told)
    told.slack.fail("before", f"/api/{RENAME}", status=429, headers={"Retry-After": "1"})
    lease, turn, conversation = await told.begin("Ev1", payload={"ts": told.root, "text": "two words"})
    await told.replies.open(lease, turn, conversation).status("is thinking…")
    await until(lambda: len(told.calls(RENAME)) == 1 and told.clock.sleeping)
    told.clock.advance(1.0)
    await until(lambda: [session["title"] for session in told.slack.snapshot()["sessions"]] == ["two words"])
    assert len(told.calls(RENAME)) == 2


async def test_where_a_session_cannot_be_renamed_it_is_shown_all_the_same(told: Thread) -> None:
    await greeted(told)
    told.refuse(RENAME, "unknown_method")
    lease, turn, conversation = await told.begin("Ev1", payload={"ts": told.root, "text": "two words"})
    reply = told.replies.open(lease, turn, conversation)
    await reply.status("is thinking…")
    await until(lambda: told.calls(RENAME))
    assert told.slack.session(CHANNEL, told.root) == "processing"
    await reply.settle(await told.finish(lease, turn, "Hello."), "Hello.")
    await told.worker.run_once()
    assert told.slack.session(CHANNEL, told.root) == "active"
