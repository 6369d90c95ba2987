"""User groups: who is in one, what the app may know of it, and how it hears of changes."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from emulators.slack import CannotDoError, SlackEmulator

ALICE, BOB = "U0ALICE001", "U0BOB00001"


@pytest.fixture
def operators(slack: SlackEmulator) -> str:
    """The id of a group with alice and bob in it."""
    return slack.add_usergroup("operators", ["alice", BOB])


async def test_a_workspace_starts_with_one_who_approves(slack: SlackEmulator, client: AsyncWebClient) -> None:
    [group] = (await client.usergroups_list(include_users=True))["usergroups"]
    assert (group["handle"], group["users"]) == ("video-approvers", [slack.workspace.person("dave").id])


async def test_members_are_listed(client: AsyncWebClient, operators: str) -> None:
    assert (await client.usergroups_users_list(usergroup=operators))["users"] == [ALICE, BOB]


async def test_users_and_counts_are_told_on_request(client: AsyncWebClient, operators: str) -> None:
    plain = (await client.usergroups_list())["usergroups"][-1]
    full = (await client.usergroups_list(include_users=True, include_count=True))["usergroups"][-1]
    assert (plain["id"], plain["name"], plain["date_delete"]) == (operators, "Operators", 0)
    assert not {"users", "user_count"} & set(plain)
    assert (full["users"], full["user_count"]) == ([ALICE, BOB], "2")


async def test_a_disabled_group_is_shown_on_request(slack: SlackEmulator, api: Any, operators: str) -> None:
    slack.enable_usergroup("operators", False)
    listed = (await api.client.usergroups_list())["usergroups"]
    everything = (await api.client.usergroups_list(include_disabled=True))["usergroups"]
    assert operators not in {group["id"] for group in listed}
    assert everything[-1]["date_delete"] > 0
    assert await api.refused("usergroups.users.list", usergroup=operators) == "no_such_subteam"
    asked = await api.client.usergroups_users_list(usergroup=operators, include_disabled=True)
    assert asked["users"] == [ALICE, BOB]


async def test_a_group_can_be_brought_back(slack: SlackEmulator, client: AsyncWebClient, operators: str) -> None:
    slack.enable_usergroup("operators", False)
    slack.enable_usergroup("operators")
    assert (await client.usergroups_users_list(usergroup=operators))["users"] == [ALICE, BOB]


@pytest.mark.parametrize(
    ("arguments", "error"), [({"usergroup": "S0NOBODY01"}, "no_such_subteam"), ({}, "invalid_arguments")]
)
async def test_unknown_groups_have_no_members(api: Any, arguments: dict[str, str], error: str) -> None:
    assert await api.refused("usergroups.users.list", **arguments) == error


@pytest.mark.parametrize("method", ["usergroups.list", "usergroups.users.list"])
async def test_groups_need_their_scope_and_a_paid_plan(slack: SlackEmulator, api: Any, method: str) -> None:
    slack.workspace.usergroups_enabled = False
    assert await api.refused(method, usergroup="S0APPROVE1") == "plan_upgrade_required"
    slack.workspace.scopes.discard("usergroups:read")
    assert await api.refused(method, usergroup="S0APPROVE1") == "missing_scope"


async def test_a_change_is_told_to_an_app_that_subscribed(slack: SlackEmulator, app: Any, operators: str) -> None:
    slack.workspace.subscriptions |= {"subteam_members_changed", "subteam_updated"}
    slack.set_usergroup("@operators", ["bob", "carol"])
    slack.enable_usergroup(operators, False)
    await slack.settle()
    changed, disabled = app.events
    assert (changed["subteam_id"], changed["added_users"], changed["removed_users"]) == (
        operators,
        ["U0CAROL001"],
        [ALICE],
    )
    assert (changed["added_users_count"], disabled["type"]) == ("1", "subteam_updated")
    assert disabled["subteam"]["date_delete"] > 0


async def test_a_change_is_not_told_to_others(slack: SlackEmulator, app: Any, operators: str) -> None:
    slack.set_usergroup("operators", [])
    await slack.settle()
    assert not app.events


async def test_a_handle_is_taken_once(slack: SlackEmulator, operators: str) -> None:
    with pytest.raises(CannotDoError, match="already"):
        slack.workspace.add_usergroup("operators", [])


@pytest.mark.parametrize(("handle", "members"), [("nobody", []), ("operators", ["mallory"])])
async def test_only_what_exists_can_be_changed(
    slack: SlackEmulator, operators: str, handle: str, members: list[str]
) -> None:
    with pytest.raises(CannotDoError):
        slack.set_usergroup(handle, members)


async def test_admins_are_marked(slack: SlackEmulator, client: AsyncWebClient) -> None:
    boss = slack.add_user("boss", admin=True)
    assert (await client.users_info(user=boss.id))["user"]["is_admin"]
    assert not (await client.users_info(user=ALICE))["user"]["is_admin"]
