"""Slack is slow, limits, has no streams, or takes the channel away."""

from __future__ import annotations

import pytest

from emulators.openai import Say, Stall
from emulators.slack import Message
from tests.scenario.stage import Stage

pytestmark = pytest.mark.full

POST = "/api/chat.postMessage"
WORDS = " ".join(f"Sentence number {number} of a long answer." for number in range(40))


async def test_a_long_answer_is_streamed(stage: Stage) -> None:
    stage.openai.pace = 0.002
    stage.openai.script([Say(WORDS)])
    root = stage.ask("hello")
    assert WORDS in await stage.reply(root)
    assert stage.by_app(root)[0].stream_state == "completed"


async def test_without_streams_an_answer_is_posted_and_edited(stage: Stage) -> None:
    stage.slack.workspace.streaming_enabled = False
    stage.openai.pace = 0.002
    stage.openai.script([Say(WORDS)])
    root = stage.ask("hello")
    await stage.wait(lambda: any(WORDS in m.rendered_text() for m in stage.by_app(root)))
    await stage.probe()
    assert len(stage.by_app(root)) == 1
    assert stage.by_app(root)[0].edits


@pytest.mark.full
async def test_without_streams_everything_else_works(stage: Stage) -> None:
    stage.slack.workspace.streaming_enabled = False
    root = stage.translate("French")
    await stage.finish()
    await stage.closing(root, "ready.")
    await stage.wait(lambda: any("Submitted" in m.rendered_text() for m in stage.replies(root)))  # an edit ends it


async def test_a_stream_that_slack_ends_is_completed_by_an_edit(stage: Stage) -> None:
    stage.openai.script([[Say(WORDS), Stall(20.0, events=200)]])
    root = stage.ask("hello")
    await stage.wait(lambda: any(m.stream_state == "streaming" and m.rendered_text() for m in stage.by_app(root)))
    stage.slack.clock.advance(301.0)
    stage.openai.release()
    await stage.wait(lambda: any(WORDS in m.rendered_text() for m in stage.by_app(root)))
    assert len(stage.by_app(root)) == 1


@pytest.mark.full
async def test_a_429_is_waited_out(stage: Stage) -> None:
    stage.slack.fail("before", POST, status=429, headers={"Retry-After": "30"}, times=2)
    root = stage.translate("French")
    await stage.finish()
    await stage.closing(root, "ready.")
    assert len(stage.cards(root)) == 1


@pytest.mark.parametrize("accident", ["drop_reply", pytest.param("after", marks=pytest.mark.full)])
async def test_a_post_whose_answer_is_lost_is_visible_once(stage: Stage, accident: str) -> None:
    stage.slack.fail(accident, POST, status=500, times=3)  # type: ignore[arg-type]  # a parameter
    root = stage.translate("French")
    await stage.finish()
    await stage.closing(root, "ready.")
    await stage.reply(root)
    await stage.probe()
    assert (len(stage.cards(root)), len(stage.closings(root)), len(stage.replies(root))) == (1, 1, 1)


async def told_directly(stage: Stage) -> Message:
    """What the requester is told in the direct message."""
    direct = stage.slack.direct_channel("alice")
    messages = await stage.wait(lambda: [m for m in stage.slack.messages(direct) if m.from_app])
    return messages[0]


async def test_an_archived_channel_does_not_swallow_a_result(stage: Stage) -> None:
    root = stage.translate("French")
    await stage.reply(root)
    await stage.card(root)
    stage.slack.archive("videos")
    await stage.finish()
    told = await told_directly(stage)
    assert "I could not post this in" in told.rendered_text()
    assert (await stage.browse(told.links()[0])).headers["content-type"] == "video/mp4"


async def test_neither_does_a_channel_that_we_were_removed_from(stage: Stage) -> None:
    root = stage.translate("French")
    await stage.reply(root)
    await stage.card(root)
    stage.slack.leave(stage.slack.bot_user, "videos")
    await stage.finish()
    assert "ready." in (await told_directly(stage)).rendered_text()


@pytest.mark.full
async def test_a_thread_whose_root_was_deleted_still_gets_its_result_to_the_requester(stage: Stage) -> None:
    root = await stage.reply_thread()
    stage.say(f"translate {stage.video} into French", root)
    await stage.reply(root, 2)
    stage.slack.delete("alice", "videos", root)
    await stage.finish()
    assert "ready." in (await told_directly(stage)).rendered_text()
