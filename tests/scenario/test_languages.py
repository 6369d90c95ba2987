"""Languages that are unclear, unknown or too many."""

from __future__ import annotations

import pytest

from tests.scenario.stage import Stage

TWELVE = (
    "French, German, Japanese, Italian, Korean, Polish, Dutch, Swedish, Hindi, Turkish, Czech, Danish"  # ten at most
)


async def test_an_ambiguous_language_is_asked_about_with_its_options(stage: Stage) -> None:
    reply = await stage.reply(stage.translate("Portuguese"))
    assert "Portuguese (Brazil)" in reply
    assert "Portuguese (Portugal)" in reply
    assert not stage.charges


@pytest.mark.full
async def test_the_chosen_option_is_understood(stage: Stage) -> None:
    root = stage.translate("Portuguese")
    await stage.reply(root)
    stage.say(f"translate {stage.video} into Portuguese (Brazil)", root)
    await stage.submitted(1)
    assert stage.charges[0].language == "Portuguese (Brazil)"


async def test_an_unknown_language_is_named(stage: Stage) -> None:
    root = await stage.command_root(f"translate {stage.video} into French, Klingon")
    assert "HeyGen has no language 'Klingon'" in await stage.reply(root)
    assert not stage.charges


async def test_more_than_ten_languages_are_refused_with_a_sentence(stage: Stage) -> None:
    root = await stage.command_root(f"translate {stage.video} into {TWELVE}")
    assert "12 languages; at most 10" in await stage.reply(root)
    assert not stage.charges


@pytest.mark.full
async def test_the_same_language_twice_is_paid_once(stage: Stage) -> None:
    await stage.command(f"translate {stage.video} into French, français, fr")
    await stage.submitted(1)
    assert [charge.language for charge in stage.charges] == ["French (France)"]
