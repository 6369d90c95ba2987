"""An organisation installs the app for all of its workspaces: one token, and each workspace's own work and money."""

from __future__ import annotations

import pytest

from bot.settings import SettingsError
from emulators.slack import Organisation, Workspace
from tests.scenario.stage import Stage
from tests.scenario.visits import connect, install, open_to_all

Teams = tuple[Workspace, Workspace]
KEYS = {"north": "hg-key-north", "south": "hg-key-south"}


@pytest.fixture
async def teams(stage: Stage) -> Teams:
    """Two workspaces of an organisation whose admin, Alice, has installed the app; people are the same in both."""
    await open_to_all(stage)
    whole = Organisation("E0ACMEORG1", "Acme")
    north, south = (stage.slack.add_team(f"T0{name.upper()}001", name.title(), whole) for name in KEYS)
    for name, key in KEYS.items():
        stage.heygen.add_account(key, name=name)
    page = await install(stage, north, whole=True)
    assert "Greenroom is installed in Acme" in page.text
    assert north.users.keys() == south.users.keys()
    return north, south


async def test_each_workspace_is_answered_with_the_organisations_token_and_pays_for_its_own(
    stage: Stage, teams: Teams
) -> None:
    roots = []
    for team, language in zip(teams, ("French", "German"), strict=True):
        with stage.slack.visiting(team):
            await connect(stage, KEYS[team.team_name.lower()])  # who installed it is an admin in each
            roots.append(stage.translate(language))
            await stage.submitted(len(roots))
    await stage.finish(2)
    for team, root in zip(teams, roots, strict=True):
        with stage.slack.visiting(team):
            closing = await stage.closing(root, "ready.")
            assert closing.text.startswith("<@W0ALICE001")
            assert len(stage.closings(root)) == 1
    assert {charge.language: charge.account for charge in stage.charges} == {
        "French (France)": "north",
        "German (Germany)": "south",
    }
    assert [team.tokens for team in teams] == [{}, {}]  # so the organisation's is all there is
    posts = stage.slack.journal.select("POST", "/api/chat.postMessage")
    assert {entry.body["channel"] for entry in posts} == {team.place("videos").id for team in teams}


async def test_taken_out_it_falls_silent_in_every_workspace_and_comes_back(stage: Stage, teams: Teams) -> None:
    for team in teams:
        with stage.slack.visiting(team):
            root = stage.ask("hello", user="bob")
            assert "an admin has to connect" in await stage.reply(root)
    looks = len(stage.slack.journal.select(None, "/api/auth.test"))
    with stage.slack.visiting(teams[1]):
        stage.slack.uninstall()
    await stage.slack.settle()
    await stage.wait(lambda: len(stage.slack.journal.select(None, "/api/auth.test")) > looks)
    posts = len(stage.slack.journal.select("POST", "/api/chat.postMessage"))
    await stage.probe()  # at home all goes on
    assert len(stage.slack.journal.select("POST", "/api/chat.postMessage")) <= posts + 2  # the probe's own
    await install(stage, teams[1], whole=True)
    for team in teams:
        with stage.slack.visiting(team):
            root = stage.ask("hello", user="bob")
            assert await stage.reply(root)


async def test_a_token_of_an_organisation_cannot_be_the_settings(stage: Stage, teams: Teams) -> None:
    [token] = teams[0].organisation.tokens if teams[0].organisation else []
    await stage.stop()
    with pytest.raises(SettingsError, match="a whole organisation"):
        await stage.start(slack_bot_token=token)
