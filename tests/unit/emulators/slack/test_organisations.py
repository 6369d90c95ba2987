"""Organisations: one token for several teams, and what Slack refuses to guess."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from emulators.slack import Organisation, SlackEmulator, Workspace
from tests.unit.emulators.slack.conftest import Receiver

BACK = "https://green.example/slack/oauth_redirect"


@pytest.fixture
def teams(slack: SlackEmulator) -> list[Workspace]:
    whole = Organisation("E0ACMEORG1", "Acme")
    return [slack.add_team(f"T0{name.upper()}001", name, whole) for name in ("north", "south")]


@pytest.fixture
async def whole(slack: SlackEmulator, teams: list[Workspace]) -> AsyncWebClient:
    """A client with the organisation's token."""
    slack.oauth.redirect_uris = {BACK}
    asked = {"client_id": slack.oauth.client_id, "redirect_uri": BACK, "scope": "chat:write", "state": "s"}
    back = slack.oauth.allow(f"{slack.url}/oauth/v2/authorize?{urlencode(asked)}", teams[0], "alice", whole=True)
    code = back.partition("code=")[2].partition("&")[0]
    proof = {"client_id": slack.oauth.client_id, "client_secret": slack.oauth.client_secret}
    given = await AsyncWebClient(base_url=slack.api_url).api_call(
        "oauth.v2.access", params={**proof, "code": code, "redirect_uri": BACK}
    )
    assert (given["team"], given["enterprise"]["id"], given["is_enterprise_install"]) == (None, "E0ACMEORG1", True)
    return AsyncWebClient(given["access_token"], base_url=slack.api_url, retry_handlers=[])


async def refused(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_a_call_goes_to_the_team_that_has_what_it_names(teams: list[Workspace], whole: AsyncWebClient) -> None:
    for team in teams:
        there = team.place("videos").id
        answer = await whole.chat_postMessage(channel=there, text="hello")
        assert team.channels[there].messages[answer["ts"]].user == team.bot.id
        upload = await whole.files_getUploadURLExternal(filename="a.txt", length=1)
        assert upload["file_id"] in team.files
    told = (await whole.users_info(user=teams[0].person("alice").id))["user"]["enterprise_user"]
    assert told["teams"] == [team.team_id for team in teams]
    assert (await whole.auth_test())["is_enterprise_install"] is True


async def test_what_names_nothing_of_a_team_has_to_say_which(teams: list[Workspace], whole: AsyncWebClient) -> None:
    group = teams[1].usergroup("video-approvers").id
    assert await refused(whole.usergroups_users_list(usergroup=group)) == "missing_argument"
    assert (await whole.usergroups_users_list(usergroup=group, team_id=teams[1].team_id))["users"]
    teams[1].whole = False  # its admins have taken it out
    assert await refused(whole.usergroups_users_list(usergroup=group, team_id=teams[1].team_id)) == (
        "team_access_not_granted"
    )


async def test_events_and_presses_name_the_organisation(
    slack: SlackEmulator, app: Receiver, teams: list[Workspace], whole: AsyncWebClient
) -> None:
    team = teams[1]
    with slack.visiting(team):
        slack.say("alice", "videos", f"<@{team.bot.id}> hello")
        await slack.command("alice", "videos", "/heygen", "help")
        slack.uninstall()
    await slack.settle()
    said = app.envelopes[0]
    assert (said["team_id"], said["enterprise_id"]) == (team.team_id, "E0ACMEORG1")
    assert said["authorizations"][0] == {
        "enterprise_id": "E0ACMEORG1",
        "team_id": None,
        "user_id": team.bot.id,
        "is_bot": True,
        "is_enterprise_install": True,
    }
    [typed] = app.commands
    assert (typed["team_id"], typed["enterprise_id"], typed["is_enterprise_install"]) == (
        team.team_id,
        "E0ACMEORG1",
        "true",
    )
    assert "team_id" not in app.envelopes[-1]
    assert await refused(whole.auth_test()) == "account_inactive"
