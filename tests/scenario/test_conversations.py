"""Where people talk to the app: direct messages, follow-ups, threads of others."""

from __future__ import annotations

import pytest

from tests.scenario.stage import Stage


async def test_a_direct_message_needs_no_mention(stage: Stage) -> None:
    direct = stage.slack.direct_channel("alice")
    root = stage.slack.say("alice", direct, f"Translate {stage.video} into French")
    await stage.finish()
    closing = await stage.closing(root, "ready.", channel=direct)
    assert len(closing.links()) == 1


async def test_a_follow_up_needs_no_mention_and_is_answered_from_the_facts(stage: Stage) -> None:
    root = stage.translate("French", "German")
    await stage.reply(root)
    stage.say("what is running?", root)
    reply = await stage.reply(root, 2)
    assert "J1 French (France): running" in reply
    assert "J2 German (Germany): running" in reply


@pytest.mark.full
async def test_anybody_may_follow_up(stage: Stage) -> None:
    root = stage.translate("French")
    await stage.reply(root)
    stage.say("is it done?", root, user="bob")
    assert "running" in await stage.reply(root, 2)


@pytest.mark.full
async def test_a_thread_that_we_are_not_in_is_none_of_our_business(stage: Stage) -> None:
    root = stage.slack.say("bob", "videos", "Lunch?")
    stage.say("translate nothing, I am hungry", root)
    await stage.probe()
    assert stage.by_app(root) == []
    assert len(stage.openai.calls) == 1


@pytest.mark.full
async def test_a_mention_inside_somebodys_thread_is_answered_there(stage: Stage) -> None:
    root = stage.slack.say("bob", "videos", "The new video is online.")
    stage.translate("French", thread_ts=root)
    await stage.finish()
    closing = await stage.closing(root, "ready.")
    assert closing.text.startswith(f"<@{stage.user()}>")


@pytest.mark.full
async def test_from_then_on_we_take_part_in_that_thread(stage: Stage) -> None:
    root = stage.slack.say("bob", "videos", "The new video is online.")
    stage.ask("hello", thread_ts=root)
    await stage.reply(root)
    stage.say("what is running?", root, user="bob")
    assert "no jobs" in await stage.reply(root, 2)


@pytest.mark.full
async def test_a_reply_that_is_also_sent_to_the_channel_is_answered_once(stage: Stage) -> None:
    root = stage.ask("hello")
    await stage.reply(root)
    stage.slack.say("alice", "videos", "what is running?", thread_ts=root, broadcast=True)
    await stage.reply(root, 2)
    await stage.probe()
    assert len(stage.replies(root)) == 2
