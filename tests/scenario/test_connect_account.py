"""Each workspace connects its own HeyGen account: checked at once, charged for its own work only, replaceable."""

from __future__ import annotations

import pytest

from emulators.slack import Workspace
from tests.scenario.stage import Stage
from tests.scenario.visits import SECOND, connect, install, open_to_all

KEY = "hg-key-of-the-second"


@pytest.fixture
async def second(stage: Stage) -> Workspace:
    """A team that has installed the app; its people have a HeyGen account with $30 in it."""
    await open_to_all(stage)
    stage.heygen.add_account(KEY, name="second", balance=30.0)
    team: Workspace = stage.slack.add_team(SECOND, "Second")
    await install(stage, team)
    return team


async def test_each_asks_and_is_charged_on_its_own_account(stage: Stage, second: Workspace) -> None:
    with stage.slack.visiting(second):
        await connect(stage, KEY)
        there = stage.translate("French")
        await stage.submitted(1)
    here = stage.translate("German")
    await stage.finish(2)
    await stage.closing(here, "ready.")
    with stage.slack.visiting(second):
        await stage.closing(there, "ready.")
    assert {charge.language: charge.account for charge in stage.charges} == {
        "French (France)": "second",
        "German (Germany)": "greenroom",
    }


async def test_without_an_account_there_is_one_sentence_and_a_button(stage: Stage, second: Workspace) -> None:
    with stage.slack.visiting(second):
        there = stage.translate("French", user="bob")
        assert "an admin has to connect" in await stage.reply(there)
        [asked] = stage.by_app(there)
        assert "Only an admin" in await stage.press(asked, "connect_heygen", "bob")
        typed = await stage.whispered(f"translate {stage.video} into French", user="bob")
        assert stage.buttons(typed) == {"connect_heygen"}
    assert stage.charges == []


async def test_a_wrong_key_is_refused_and_the_right_one_shown_with_its_balance(stage: Stage, second: Workspace) -> None:
    with stage.slack.visiting(second):
        refused = await connect(stage, "hg-no-such-key", works=False)
        assert "HeyGen does not accept this key" in refused
        assert "not shared" in await connect(stage, "hg-key-1", works=False)  # the settings' own
        shown = await connect(stage, KEY)
    assert "It has $30.00 left." in shown
    assert KEY not in shown
