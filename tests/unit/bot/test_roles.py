"""Roles come from the settings and from Slack's groups, and outlive a Slack that does not answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from agent.rights import Role
from bot.roles import AppointedRoles
from bot.store import Store
from bot.store.audit import Deed
from emulators.slack import SlackEmulator
from tests.support.clock import ManualClock
from tests.support.store_steps import WORKSPACE, new_store, running, sqlite_url

ALICE, BOB, CAROL, DAVE = "U0ALICE001", "U0BOB00001", "U0CAROL001", "U0DAVE0001"


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[SlackEmulator]:
    emulator = SlackEmulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
def slack(server: SlackEmulator) -> SlackEmulator:
    server.reset()
    return server


@pytest.fixture
async def client(slack: SlackEmulator) -> AsyncIterator[AsyncWebClient]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        yield AsyncWebClient(slack.bot_token, base_url=slack.api_url, session=session, retry_handlers=[])


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with running(new_store(sqlite_url(tmp_path), ManualClock())) as started:
        yield started


@pytest.fixture
def operators(slack: SlackEmulator) -> str:
    """A group with alice and bob in it."""
    group: str = slack.add_usergroup("operators", ["alice", "bob"])
    return group


def appointed(client: AsyncWebClient, store: Store, appointments: Mapping[Role, list[str]]) -> AppointedRoles:
    return AppointedRoles(
        client=client,
        members=store.roles,
        workspace_id=WORKSPACE,
        appointments={role: frozenset(ids) for role, ids in appointments.items()},
    )


def away(slack: SlackEmulator, times: int = 1) -> None:
    """Slack fails to say who is in a group."""
    body = {"ok": False, "error": "internal_error"}
    slack.fail("before", "/api/usergroups.users.list", status=500, body=body, times=times)


async def test_people_and_groups_are_resolved(client: AsyncWebClient, store: Store, operators: str) -> None:
    roles = appointed(client, store, {Role.OPERATOR: [operators, CAROL], Role.ADMIN: [ALICE]})
    assert roles.appointed(WORKSPACE, ALICE) == frozenset()
    await roles.refresh()
    assert roles.appointed(WORKSPACE, ALICE) == {Role.OPERATOR, Role.ADMIN}
    assert roles.appointed(WORKSPACE, CAROL) == {Role.OPERATOR}
    assert roles.appointed(WORKSPACE, DAVE) == frozenset()


async def test_nobody_has_a_role_in_another_workspace(client: AsyncWebClient, store: Store) -> None:
    roles = appointed(client, store, {Role.ADMIN: [ALICE]})
    await roles.refresh()
    assert roles.appointed("T9", ALICE) == frozenset()


async def test_who_left_a_group_has_lost_its_role(
    slack: SlackEmulator, client: AsyncWebClient, store: Store, operators: str
) -> None:
    roles = appointed(client, store, {Role.OPERATOR: [operators]})
    await roles.refresh()
    slack.set_usergroup("operators", ["bob", "carol"])
    await roles.refresh()
    assert [bool(roles.appointed(WORKSPACE, user)) for user in (ALICE, BOB, CAROL)] == [False, True, True]
    newest, before, *_ = await store.audit.recent(WORKSPACE)
    assert {(newest.deed, newest.subject_id), (before.deed, before.subject_id)} == {
        (Deed.ROLE_TAKEN, ALICE),
        (Deed.ROLE_GIVEN, CAROL),
    }


async def test_a_look_that_finds_nothing_new_writes_nothing(
    client: AsyncWebClient, store: Store, operators: str
) -> None:
    roles = appointed(client, store, {Role.OPERATOR: [operators]})
    await roles.refresh()
    before = await store.audit.recent(WORKSPACE)
    await roles.refresh()
    assert await store.audit.recent(WORKSPACE) == before


async def test_a_group_that_cannot_be_read_keeps_whom_it_had(
    slack: SlackEmulator, client: AsyncWebClient, store: Store, operators: str
) -> None:
    roles = appointed(client, store, {Role.OPERATOR: [operators]})
    await roles.refresh()
    away(slack)
    await roles.refresh()
    assert roles.appointed(WORKSPACE, BOB) == {Role.OPERATOR}


async def test_a_group_that_cannot_be_read_does_not_hide_another(
    slack: SlackEmulator, client: AsyncWebClient, store: Store, operators: str
) -> None:
    more = slack.add_usergroup("editors", ["carol"])
    roles = appointed(client, store, {Role.OPERATOR: [operators, more, DAVE]})
    away(slack)
    await roles.refresh()
    known = [user for user in (ALICE, BOB, CAROL, DAVE) if roles.appointed(WORKSPACE, user)]
    assert known in ([CAROL, DAVE], [ALICE, BOB, DAVE])


async def test_a_disabled_group_is_one_that_cannot_be_read(
    slack: SlackEmulator, client: AsyncWebClient, store: Store, operators: str
) -> None:
    slack.enable_usergroup("operators", False)
    roles = appointed(client, store, {Role.OPERATOR: [operators, DAVE]})
    await roles.refresh()
    assert [bool(roles.appointed(WORKSPACE, user)) for user in (ALICE, DAVE)] == [False, True]


async def test_a_start_without_slack_goes_by_what_was_known_last(
    slack: SlackEmulator, client: AsyncWebClient, store: Store, operators: str
) -> None:
    await appointed(client, store, {Role.OPERATOR: [operators]}).refresh()
    away(slack)
    started = appointed(client, store, {Role.OPERATOR: [operators]})
    await started.load()
    await started.refresh()
    assert started.appointed(WORKSPACE, BOB) == {Role.OPERATOR}


async def test_a_role_that_the_settings_name_no_more_is_gone_after_a_start(
    client: AsyncWebClient, store: Store
) -> None:
    await appointed(client, store, {Role.ADMIN: [ALICE, BOB], Role.OPERATOR: []}).refresh()
    started = appointed(client, store, {Role.ADMIN: [BOB], Role.OPERATOR: []})
    await started.load()
    await started.refresh()
    assert started.appointed(WORKSPACE, ALICE) == frozenset()
    assert await store.roles.members(WORKSPACE) == {Role.ADMIN: frozenset({BOB})}


@pytest.mark.parametrize(
    ("appointments", "anybody"),
    [
        ({}, True),
        ({Role.OPERATOR: [ALICE], Role.APPROVER: [], Role.ADMIN: []}, True),
        ({Role.APPROVER: [ALICE]}, False),
        ({Role.ADMIN: [ALICE]}, False),
        ({Role.APPROVER: ["S0NOBODY01"]}, False),
    ],
)
async def test_requesters_approve_their_own_only_where_nobody_is_named_for_it(
    client: AsyncWebClient, store: Store, appointments: dict[Role, list[str]], anybody: bool
) -> None:
    roles = appointed(client, store, appointments)
    await roles.refresh()
    assert roles.anybody_approves(WORKSPACE) is anybody


@pytest.mark.parametrize(
    ("appointments", "mentions"),
    [
        ({Role.APPROVER: [DAVE, "S0GROUP001"], Role.ADMIN: [ALICE]}, ["<!subteam^S0GROUP001>", f"<@{DAVE}>"]),
        ({Role.APPROVER: [], Role.ADMIN: [ALICE]}, [f"<@{ALICE}>"]),
        ({Role.OPERATOR: [ALICE]}, []),
        ({Role.APPROVER: [f"U{number}" for number in range(9)]}, [f"<@U{number}>" for number in range(5)]),
    ],
)
async def test_those_who_can_approve_are_mentioned(
    client: AsyncWebClient, store: Store, appointments: dict[Role, list[str]], mentions: list[str]
) -> None:
    assert appointed(client, store, appointments).approvers(WORKSPACE) == mentions


@pytest.mark.parametrize(
    ("appointments", "mentions"),
    [
        ({}, []),
        ({Role.ADMIN: [DAVE]}, []),
        ({Role.OPERATOR: [DAVE, "S0TEAM"]}, ["<!subteam^S0TEAM>", f"<@{DAVE}>"]),
    ],
)
async def test_operators_are_called_and_admins_are_not(
    client: AsyncWebClient, store: Store, appointments: dict[Role, list[str]], mentions: list[str]
) -> None:
    roles = appointed(client, store, appointments)
    assert roles.operators(WORKSPACE) == mentions
    assert roles.called(WORKSPACE) is bool(mentions)
    assert not roles.called("T-other")
