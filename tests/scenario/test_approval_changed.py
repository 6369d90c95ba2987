"""A request that is not the same any more when somebody decides: changed by its owner, or its source grew."""

from __future__ import annotations

import pytest

from emulators.heygen.sources import SAMPLES, Sample
from emulators.slack import Message
from tests.scenario.stage import Stage

pytestmark = pytest.mark.full


async def asked(stage: Stage) -> tuple[str, Message]:
    await stage.with_approvers("bob")
    root = stage.translate("French", "German", "Japanese")
    await stage.reply(root)
    return root, await stage.card(root, "waiting for an approval")


async def test_the_modal_shows_the_languages_that_are_asked_for(stage: Stage) -> None:
    _, card = await asked(stage)
    await stage.click(card, "change_request")
    (view,) = await stage.wait(lambda: stage.slack.views("alice"))
    assert view.values["languages"]["languages"]["value"] == "French (France), German (Germany), Japanese (Japan)"


async def test_a_changed_request_takes_the_place_of_the_old_one(stage: Stage) -> None:
    root, card = await asked(stage)
    assert (await stage.change(card, "French, Spanish (Mexico)")).ok
    await stage.card(root, f"changed by <@{stage.user()}>")
    again = await stage.card(root, "waiting for an approval", "about $4.20", "Spanish (Mexico)")
    assert again.ts != card.ts
    await stage.press(again, "approve_request", "bob")
    await stage.finish(2)
    await stage.closing(root, "all 2 are ready")
    assert {charge.language for charge in stage.charges} == {"French (France)", "Spanish (Mexico)"}
    assert len(stage.closings(root)) == 1


async def test_an_old_card_approves_nothing_after_a_change(stage: Stage) -> None:
    root, card = await asked(stage)
    seen = card.blocks
    await stage.change(card, "French")
    await stage.card(root, "about $2.10")
    told = await stage.press_stale(card, seen, "approve_request", "bob")
    assert f"This was changed by <@{stage.user()}> already." in told
    await stage.probe()
    assert stage.attempts() == 0


@pytest.mark.parametrize(
    ("languages", "problem"),
    [
        (" , ", "Into which languages?"),
        ("German (Germany), french (france), Japanese (Japan)", "These are the languages it has already."),
    ],
)
async def test_what_changes_nothing_is_said_in_the_modal(stage: Stage, languages: str, problem: str) -> None:
    root, card = await asked(stage)
    await stage.change(card, languages)
    (view,) = stage.slack.views("alice")
    assert view.errors == {"languages": problem}
    assert await stage.card(root, "waiting for an approval", "about $6.30")


async def test_a_change_after_the_decision_is_refused_in_the_modal(stage: Stage) -> None:
    root, card = await asked(stage)
    await stage.click(card, "change_request")
    (view,) = await stage.wait(lambda: stage.slack.views("alice"))
    await stage.press(card, "approve_request", "bob")
    await stage.slack.submit_view("alice", view.id, {"languages": "French"})
    assert "decided meanwhile" in stage.slack.view(view.id).errors["languages"]
    await stage.finish(3)
    await stage.closing(root, "all 3 are ready")


async def test_only_some_may_be_taken_out_by_words_and_the_rest_is_asked_for_at_its_price(stage: Stage) -> None:
    root, card = await asked(stage)
    seen = card.blocks
    stage.openai.script([stage.call("cancel_jobs", jobs=["J3"])])
    stage.say("cancel the Japanese one", root)
    smaller = await stage.card(root, "*about $4.20*\n42 s × 2 ×", "Cancelled, not part of it any more: Japanese")
    assert "has changed since you saw it" in await stage.press_stale(card, seen, "approve_request", "bob")
    assert "about $4.20" in await stage.press(smaller, "approve_request", "bob")
    await stage.finish(2)
    await stage.closing(root, "2 of 3 are ready, 1 cancelled")
    assert {charge.language for charge in stage.charges} == {"French (France)", "German (Germany)"}


async def test_a_source_that_became_longer_is_asked_for_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    root, card = await asked(stage)
    seen = card.blocks
    stage.clock.advance(600)
    monkeypatch.setitem(SAMPLES, "launch.mp4", Sample(420))
    await stage.press(card, "approve_request", "bob")
    again = await stage.card(root, "The video has become longer since it was approved", "*about $63.00*")
    assert again.ts == card.ts
    assert stage.attempts() == 0
    assert "has changed since you saw it" in await stage.press_stale(card, seen, "approve_request", "bob")
    await stage.press(again, "approve_request", "bob")
    await stage.finish(3)
    await stage.card(root, "came to about $63.00")
    assert stage.attempts() == 1
