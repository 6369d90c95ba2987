"""Who is appointed to what, as it was last known, and a line in the audit log for every change."""

from __future__ import annotations

import asyncio

from agent.rights import Role
from bot.sealing import Sealer
from bot.store import Store
from bot.store.audit import RUNTIME, Deed
from bot.store.directory import Workspace
from bot.store.installations import Installations
from tests.support.store_steps import WORKSPACE, everything

FIRST = {Role.OPERATOR: ["U1", "U2"], Role.APPROVER: ["U3"], Role.ADMIN: []}


async def changes(store: Store, workspace_id: str = WORKSPACE) -> list[tuple[str, str | None, str]]:
    """Deed, person and role of each line of the audit log, oldest first."""
    lines = await store.audit.recent(workspace_id)
    assert {line.actor for line in lines} <= {RUNTIME}
    return [(line.deed, line.subject_id, line.details["role"]) for line in reversed(lines)]


async def test_nobody_is_appointed_at_first(store: Store) -> None:
    assert await store.roles.members(WORKSPACE) == {}


async def test_members_are_known_by_role(store: Store) -> None:
    assert await store.roles.replace(WORKSPACE, FIRST) == 3
    assert await store.roles.members(WORKSPACE) == {
        Role.OPERATOR: frozenset({"U1", "U2"}),
        Role.APPROVER: frozenset({"U3"}),
    }


async def test_who_is_appointed_in_an_organisation_is_so_in_its_workspaces(store: Store) -> None:
    await store.directory.put_workspace(Workspace(WORKSPACE, ""))
    await store.roles.replace("E1", {Role.ADMIN: ["W1"]})
    await store.roles.replace(WORKSPACE, {Role.OPERATOR: ["W2"]})
    kept = Installations(store.database, Sealer("k" * 40, "slack tokens"))
    assert (await store.roles.everywhere())[WORKSPACE] == {Role.OPERATOR: frozenset({"W2"})}
    await kept.know(WORKSPACE, "E1")
    both = {Role.OPERATOR: frozenset({"W2"}), Role.ADMIN: frozenset({"W1"})}
    assert (await store.roles.everywhere())[WORKSPACE] == both
    assert await store.roles.members(WORKSPACE) == {Role.OPERATOR: frozenset({"W2"})}


async def test_every_change_is_audited_and_nothing_else(store: Store) -> None:
    await store.roles.replace(WORKSPACE, FIRST)
    await store.roles.replace(WORKSPACE, {Role.OPERATOR: ["U2"], Role.APPROVER: ["U3"], Role.ADMIN: ["U2"]})
    assert await changes(store) == [
        (Deed.ROLE_GIVEN, "U3", "approver"),
        (Deed.ROLE_GIVEN, "U1", "operator"),
        (Deed.ROLE_GIVEN, "U2", "operator"),
        (Deed.ROLE_GIVEN, "U2", "admin"),
        (Deed.ROLE_TAKEN, "U1", "operator"),
    ]


async def test_the_same_again_changes_nothing(store: Store) -> None:
    await store.roles.replace(WORKSPACE, FIRST)
    before = await everything(store)
    assert await store.roles.replace(WORKSPACE, {role: list(reversed(users)) for role, users in FIRST.items()}) == 0
    assert await everything(store) == before


async def test_a_role_that_is_named_no_more_is_taken(store: Store) -> None:
    await store.roles.replace(WORKSPACE, FIRST)
    assert await store.roles.replace(WORKSPACE, {}) == 3
    assert await store.roles.members(WORKSPACE) == {}


async def test_workspaces_have_roles_of_their_own(store: Store) -> None:
    await store.directory.put_workspace(Workspace("T2", "Other"))
    await store.roles.replace("T2", {Role.ADMIN: ["U1"]})
    await store.roles.replace(WORKSPACE, {Role.OPERATOR: ["U1"]})
    assert await store.roles.members("T2") == {Role.ADMIN: frozenset({"U1"})}
    assert await changes(store) == [(Deed.ROLE_GIVEN, "U1", "operator")]


async def test_two_processes_that_notice_a_change_write_it_down_once(store: Store, second: Store) -> None:
    for members in (FIRST, {Role.OPERATOR: ["U9"]}):
        await asyncio.gather(*(one.roles.replace(WORKSPACE, members) for one in (store, second) * 3))
    given = [change for change in await changes(store) if change[0] == Deed.ROLE_GIVEN]
    taken = [change for change in await changes(store) if change[0] == Deed.ROLE_TAKEN]
    assert (len(given), len(taken)) == (4, 3)
