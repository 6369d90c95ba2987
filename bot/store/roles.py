"""Who was appointed to what, as it was last known: groups change at Slack, and Slack may not be there to ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

import sqlalchemy as sa

from agent.rights import Role
from bot.store.audit import RUNTIME, Audit, Deed
from bot.store.database import Database
from bot.store.schema import role_member, workspace


class RoleMembers:
    """The members of each role, workspace by workspace."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    async def members(self, workspace_id: str) -> dict[Role, frozenset[str]]:
        """User ids by role."""
        select = sa.select(role_member.c.role, role_member.c.user_id).where(role_member.c.workspace_id == workspace_id)
        found: defaultdict[Role, set[str]] = defaultdict(set)
        async with self._database.reading() as connection:
            for row in await connection.execute(select):
                found[Role(row.role)].add(row.user_id)
        return {role: frozenset(users) for role, users in found.items()}

    async def everywhere(self) -> dict[str, dict[Role, frozenset[str]]]:
        """User ids by role, of every workspace: those appointed in it, and those in the organisation that serves it."""
        found: defaultdict[str, defaultdict[Role, set[str]]] = defaultdict(lambda: defaultdict(set))
        columns = role_member.c.role, role_member.c.user_id
        own = sa.select(role_member.c.workspace_id, *columns)
        organisation = workspace.c.enterprise_id == role_member.c.workspace_id
        inherited = sa.select(workspace.c.workspace_id, *columns).join_from(role_member, workspace, organisation)
        async with self._database.reading() as connection:
            for row in await connection.execute(own.union(inherited)):
                found[row.workspace_id][Role(row.role)].add(row.user_id)
        return {place: {role: frozenset(users) for role, users in roles.items()} for place, roles in found.items()}

    async def replace(self, workspace_id: str, members: Mapping[Role, Collection[str]]) -> int:
        """Make `members` what is known, with a line in the audit log for each change; returns how many there were."""
        wanted = {(role.value, user_id) for role, users in members.items() for user_id in users}
        mine = role_member.c.workspace_id == workspace_id
        async with self._database.transaction("roles.replace") as connection:
            locked = sa.select(workspace.c.workspace_id).where(workspace.c.workspace_id == workspace_id)
            await connection.execute(self._database.locked(locked))  # two processes note a change once
            rows = await connection.execute(sa.select(role_member.c.role, role_member.c.user_id).where(mine))
            known = {(row.role, row.user_id) for row in rows}
            now = await self._database.now(connection)
            for role, user_id in sorted(wanted - known):
                values = {"workspace_id": workspace_id, "role": role, "user_id": user_id, "created_at": now}
                insert = self._database.insert(role_member).values(**values)
                await connection.execute(insert.on_conflict_do_nothing())
                await self._audit.add(connection, workspace_id, RUNTIME, Deed.ROLE_GIVEN, user_id, role=role)
            for role, user_id in sorted(known - wanted):
                theirs = sa.and_(mine, role_member.c.role == role, role_member.c.user_id == user_id)
                await connection.execute(sa.delete(role_member).where(theirs))
                await self._audit.add(connection, workspace_id, RUNTIME, Deed.ROLE_TAKEN, user_id, role=role)
        return len(wanted ^ known)
