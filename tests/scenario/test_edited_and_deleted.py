"""Messages that are edited or deleted before, while and after they are handled."""

from __future__ import annotations

import json

from emulators.openai import Stall
from tests.scenario.stage import Stage

LONG = 30.0  # seconds that the model is silent; `release` ends it


async def busy(stage: Stage) -> str:
    """A thread whose first message keeps the model busy until `release`."""
    stage.openai.script([[Stall(LONG)]])
    root = stage.ask("hello")
    await stage.wait(lambda: len(stage.openai.calls) == 1)
    return root


def asked(stage: Stage) -> str:
    """All that was ever sent to the model."""
    return json.dumps([call.request["input"] for call in stage.openai.calls], ensure_ascii=False)


async def test_an_edit_before_the_message_is_handled_counts(stage: Stage) -> None:
    root = await busy(stage)
    ts = stage.say(f"translate {stage.video} into German", root)
    stage.slack.edit("alice", "videos", ts, f"translate {stage.video} into French")
    await stage.slack.settle()
    stage.openai.release()
    await stage.submitted(1)
    assert [charge.language for charge in stage.charges] == ["French (France)"]
    assert "into German" not in asked(stage)


async def test_an_edit_after_the_answer_changes_nothing(stage: Stage) -> None:
    root = stage.translate("French")
    await stage.reply(root)
    stage.slack.edit("alice", "videos", root, f"<@{stage.slack.bot_user}> Translate {stage.video} into German")
    await stage.probe()
    assert (len(stage.charges), len(stage.replies(root))) == (1, 1)


async def test_a_message_deleted_while_it_waits_is_never_handled(stage: Stage) -> None:
    root = await busy(stage)
    ts = stage.say(f"translate {stage.video} into German", root)
    stage.slack.delete("alice", "videos", ts)
    await stage.slack.settle()
    stage.openai.release()
    await stage.reply(root)
    await stage.probe()
    assert "German" not in asked(stage)
    assert len(stage.replies(root)) == 1


async def test_a_message_deleted_while_the_model_thinks_spends_nothing(stage: Stage) -> None:
    stage.openai.script([[Stall(LONG)]])
    root = stage.translate("French")
    await stage.wait(lambda: stage.openai.calls)
    stage.slack.delete("alice", "videos", root)
    await stage.slack.settle()
    stage.openai.release()
    await stage.probe()
    assert not stage.charges
    assert stage.by_app(root) == []
