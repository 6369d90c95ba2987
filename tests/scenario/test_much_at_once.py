"""Several messages at the same time."""

from __future__ import annotations

import pytest

from emulators.openai import Say
from tests.scenario.stage import Stage

pytestmark = pytest.mark.full


async def test_two_messages_in_one_thread_are_answered_in_order(stage: Stage) -> None:
    stage.slack.configure(concurrency=1)  # Slack's own delivery in order; ours is what is tested
    stage.openai.script([Say("First answer."), Say("Second answer.")])
    root = stage.ask("one")
    stage.say("two", root)
    await stage.reply(root, 2)
    assert [m.text for m in stage.replies(root)] == ["First answer.", "Second answer."]
    assert "two" not in str(stage.openai.calls[0].request["input"])


async def test_ten_threads_at_once_each_get_their_own(stage: Stage) -> None:
    roots = [stage.translate("French") for _ in range(10)]
    await stage.finish(10)
    closings = [await stage.closing(root) for root in roots]
    assert len(stage.paid()) == 10
    assert len({closing.links()[0] for closing in closings}) == 10
    assert all(len(stage.cards(root)) == len(stage.closings(root)) == 1 for root in roots)
