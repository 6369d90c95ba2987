"""Messages that are edited or deleted before, while and after they are handled."""

from __future__ import annotations

import json

import pytest

from emulators.openai import Stall
from tests.scenario.stage import Stage

LONG = 30.0  # seconds that the model is silent; `release` ends it


async def busy(stage: Stage) -> str:
    """A thread whose first message keeps the model busy until `release`."""
    stage.openai.script([[Stall(LONG)]])
    root = stage.ask("hello")
    await stage.wait(lambda: len(stage.openai.calls) == 1)
    return root


def edit_to(stage: Stage, ts: str, language: str) -> None:
    """Alice makes another language of a message's."""
    text = f"<@{stage.slack.bot_user}> Translate {stage.video} into {language}"
    stage.slack.edit("alice", "videos", ts, text)


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


async def test_an_edit_after_it_was_sent_changes_nothing_and_says_so_once(stage: Stage) -> None:
    root = stage.translate("French")
    await stage.reply(root)
    edit_to(stage, root, "German")
    assert "I had sent the request before you edited it" in await stage.reply(root, 2)
    await stage.probe()
    assert (len(stage.charges), len(stage.replies(root))) == (1, 2)


@pytest.mark.full
async def test_an_edit_after_everything_is_over_changes_nothing(stage: Stage) -> None:
    root = stage.translate("French")
    await stage.finish()
    await stage.closing(root, "ready.")
    edit_to(stage, root, "German")
    await stage.probe()
    assert (len(stage.charges), len(stage.replies(root))) == (1, 1)


@pytest.mark.full
async def test_an_edit_while_it_waits_for_an_approval_asks_anew(stage: Stage) -> None:
    await stage.with_approvers("bob")
    root = stage.translate("French")
    card = await stage.card(root, "waiting for an approval", "French")
    await stage.reply(root)
    edit_to(stage, root, "German")
    again = await stage.card(root, "waiting for an approval", "German")
    assert again.ts != card.ts
    assert "cancelled" in card.rendered_text()
    await stage.press(again, "approve_request", "bob")
    await stage.finish()
    await stage.closing(root, "ready.")
    assert [charge.language for charge in stage.charges] == ["German (Germany)"]


@pytest.mark.full
async def test_an_edit_while_it_waits_for_a_place_asks_anew(stage: Stage) -> None:
    await stage.restart(heygen_max_concurrent=1)
    stage.translate("French", user="bob")
    await stage.submitted(1)
    root = stage.translate("German")
    await stage.card(root, "no free place", "German")
    await stage.reply(root)
    edit_to(stage, root, "Italian")
    await stage.card(root, "no free place", "Italian")
    await stage.finish()
    await stage.submitted(2)
    assert {charge.language for charge in stage.charges} == {"French (France)", "Italian (Italy)"}


async def test_a_request_deleted_while_it_waits_for_an_approval_cannot_be_approved(stage: Stage) -> None:
    await stage.with_approvers("bob")
    root = await stage.reply_thread()
    ts = stage.say(f"translate {stage.video} into French", root)
    card = await stage.card(root, "waiting for an approval")
    seen = card.blocks
    await stage.reply(root, 2)
    stage.slack.delete("alice", "videos", ts)
    assert "nothing is billed: J1 French" in await stage.reply(root, 3)
    await stage.card(root, "cancelled by")
    assert "already" in await stage.press_stale(card, seen, "approve_request", "bob")
    await stage.probe()
    assert stage.attempts() == 0


@pytest.mark.full
async def test_a_request_deleted_while_it_runs_is_not_wanted_and_billed(stage: Stage) -> None:
    root = await stage.reply_thread()
    ts = stage.say(f"translate {stage.video} into French", root)
    await stage.card(root, "in progress")
    await stage.reply(root, 2)
    stage.slack.delete("alice", "videos", ts)
    assert "it will bill about $2.10" in await stage.reply(root, 3)
    await stage.card(root, "no longer wanted")
    await stage.finish()
    await stage.card(root, "HeyGen made it and billed it")
    await stage.probe()
    assert stage.closings(root) == []


@pytest.mark.full
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
