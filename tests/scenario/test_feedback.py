"""Thumbs below the model's answers, and what was wrong in words."""

from __future__ import annotations

import pytest

from bot.slack.feedback import ACTION
from bot.slack.fields import WORDS
from tests.scenario.stage import Stage


async def opinions(stage: Stage) -> set[tuple[str, bool, str | None]]:
    assert stage.app is not None
    return {(one.user_id, one.good, one.words) for one in await stage.app.store.talk.opinions()}


async def test_an_answer_is_rated_by_each_person_once_and_changeably(stage: Stage) -> None:
    root = await stage.reply_thread()
    answer = stage.replies(root)[0]
    alice, bob = stage.user("alice"), stage.user("bob")
    turn = next(e["positive_button"]["value"] for b in answer.blocks for e in b.get("elements", ())).partition(":")[2]
    assert (await stage.slack.click("alice", "videos", answer.ts, ACTION, f"bad:{turn}")).ok
    view = (await stage.wait(lambda: stage.slack.views("alice")))[-1]
    assert await opinions(stage) == {(alice, False, None)}
    assert (await stage.slack.submit_view("alice", view.id, {WORDS: "Wrong language"})).ok
    assert await opinions(stage) == {(alice, False, "Wrong language")}
    for user in ("alice", "bob"):
        assert (await stage.slack.click(user, "videos", answer.ts, ACTION, f"good:{turn}")).ok
    assert await opinions(stage) == {(alice, True, None), (bob, True, None)}


@pytest.mark.full
async def test_only_answers_of_the_model_are_rated(stage: Stage) -> None:
    root = await stage.command_root("video Hello there")
    await stage.card(root)
    await stage.reply(root)
    assert ACTION not in {action for message in stage.by_app(root) for action in stage.buttons(message)}
