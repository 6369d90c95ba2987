"""What is said in Slack and is nothing for us."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenario.stage import Stage


async def answered(stage: Stage) -> str:
    """A thread of ours that has been answered once."""
    root = stage.ask("hello")
    await stage.reply(root)
    return root


async def test_words_to_another_person(stage: Stage) -> None:
    root = await answered(stage)
    stage.say(f"<@{stage.user('bob')}> what is running?", root)
    await stage.probe()
    assert len(stage.replies(root)) == 1


async def test_another_bots_words(stage: Stage) -> None:
    root = await answered(stage)
    stage.slack.workspace.sink(of_bot(stage, root))
    await stage.probe()
    assert (len(stage.replies(root)), len(stage.openai.calls)) == (1, 2)


async def test_our_own_words_do_not_come_back_to_us(stage: Stage) -> None:
    root = stage.translate("French")
    await stage.finish()
    await stage.closing(root)
    await stage.reply(root)
    await stage.probe()
    assert len(stage.openai.calls) == 3


@pytest.mark.full
async def test_reactions_joins_and_the_home_tab_change_nothing(stage: Stage) -> None:
    root = await answered(stage)
    stage.slack.react("bob", "videos", root, "tada")
    stage.slack.open_home("bob")
    stage.slack.add_user("erin")
    stage.slack.join("erin", "videos")
    stage.slack.unfurl("videos", root, "https://example.com/")
    await stage.probe()
    assert len(stage.replies(root)) == 1
    assert {"reaction_added", "member_joined_channel", "app_home_opened"} <= {d.type for d in stage.slack.deliveries}


async def test_every_event_of_a_whole_conversation_is_acked_at_once(stage: Stage) -> None:
    root = stage.translate("French", "German")
    await stage.finish(2)
    await stage.closing(root)
    stage.slack.react("alice", "videos", root, "tada")
    stage.slack.delete("alice", "videos", root)
    await stage.probe()
    assert stage.all_acked(), [(d.type, d.statuses) for d in stage.slack.deliveries]


def of_bot(stage: Stage, root: str) -> dict[str, Any]:
    """A message event of another app that mentions ours."""
    ts = stage.slack.workspace.next_ts()
    return {
        "type": "message",
        "subtype": "bot_message",
        "bot_id": "B0OTHERBOT",
        "app_id": "A0OTHERAPP",
        "channel": stage.slack.workspace.place("videos").id,
        "channel_type": "channel",
        "text": f"<@{stage.slack.bot_user}> what is running?",
        "thread_ts": root,
        "ts": ts,
        "event_ts": ts,
    }
