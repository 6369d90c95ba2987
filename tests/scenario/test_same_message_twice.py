"""Slack tells of one message twice and delivers events again: each message is handled once."""

from __future__ import annotations

import pytest

from tests.scenario.stage import Stage


@pytest.mark.parametrize("mention_first", [True, False])
async def test_mention_and_message_are_one(stage: Stage, mention_first: bool) -> None:
    stage.slack.workspace.mention_first = mention_first
    root = stage.translate("French")
    await stage.reply(root)
    await stage.probe()
    assert [d.type for d in stage.slack.deliveries if d.event.get("ts") == root] == (
        ["app_mention", "message"] if mention_first else ["message", "app_mention"]
    )
    assert (len(stage.replies(root)), len(stage.charges)) == (1, 1)


async def test_an_event_delivered_four_times_is_one(stage: Stage) -> None:
    root = stage.translate("French")
    await stage.reply(root)
    first = stage.slack.deliveries[0]
    for _ in range(3):
        stage.slack.redeliver(first.event_id)
        await stage.slack.settle()
    await stage.probe()
    assert first.statuses == [200] * 4
    assert (len(stage.replies(root)), len(stage.charges)) == (1, 1)


@pytest.mark.full
async def test_an_event_that_comes_again_after_a_restart_is_one(stage: Stage) -> None:
    root = stage.translate("French")
    await stage.reply(root)
    await stage.restart()
    stage.slack.redeliver(stage.slack.deliveries[0].event_id)
    await stage.probe()
    assert (len(stage.replies(root)), len(stage.charges)) == (1, 1)
