"""The App Home: how to begin, then one's videos, what they cost, and for admins the account."""

from __future__ import annotations

from emulators.slack.rendering import render
from tests.scenario.stage import Stage
from tests.scenario.visits import SECOND, connect_at_home, home, install, open_to_all


async def test_it_tells_newcomers_how_to_begin_and_then_shows_what_they_have_made(stage: Stage) -> None:
    stage.slack.open_home("alice")
    first = await home(stage, "Greenroom makes and translates videos")
    assert "no cap" in render("", first.body["blocks"], [])
    root = stage.translate("French")
    await home(stage, "French", "My videos")  # it is drawn again while she looks
    await stage.finish()
    await stage.closing(root, "ready.")
    shown = await home(stage, "watch")
    assert "In this workspace" not in str(shown.body)
    published = len(stage.slack.journal.select("POST", "/api/views.publish"))
    await stage.probe()
    assert len(stage.slack.journal.select("POST", "/api/views.publish")) <= published + 5


async def test_operators_see_the_workspaces_and_admins_the_account(stage: Stage) -> None:
    await stage.restart(operators=frozenset({stage.user("bob")}), admins=frozenset({stage.user("carol")}))
    root = stage.translate("French")
    await stage.card(root, "French")
    for user, words in (("bob", ["In this workspace", "French"]), ("carol", ["connect_heygen", "In this workspace"])):
        stage.slack.open_home(user)
        await home(stage, *words, user=user)


async def test_a_replaced_account_keeps_what_it_was_asked_for(stage: Stage) -> None:
    await open_to_all(stage)
    for name in ("second", "newer"):
        stage.heygen.add_account(f"hg-key-{name}", name=name, balance=50.0)
    team = stage.slack.add_team(SECOND, "Second")
    await install(stage, team)
    with stage.slack.visiting(team):
        stage.slack.open_home("alice")
        await connect_at_home(stage, "hg-key-second")
        there = stage.translate("French")
        await stage.submitted(1)
        await home(stage, "This workspace's HeyGen account is connected")
        assert "$50.00" in await connect_at_home(stage, "hg-key-newer")
        again = stage.translate("German")
        await stage.finish(2)
        await stage.closing(there, "ready.")
        await stage.closing(again, "ready.")
    assert [charge.account for charge in stage.charges] == ["second", "newer"]
