"""Roles: people and user groups named in the settings, resolved in the background and asked without any I/O."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from agent.rights import Role
from bot.slack.outcomes import SLACK_ERRORS, judge
from bot.store.roles import RoleMembers

log = structlog.get_logger(__name__)

GROUP_PREFIX = "S"
NAMED = 5


class AppointedRoles:
    """`agent.ports.Roles`. `appointments` are user ids (`U…`) and user group ids (`S…`) by role, of one workspace.

    In other workspaces those who installed us, there or in the organisation, are admins, and nobody else is anything.
    """

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        members: RoleMembers,
        workspace_id: str,
        appointments: Mapping[Role, Collection[str]],
    ) -> None:
        self._client = client
        self._store = members
        self.workspace_id = workspace_id
        self._appointments = {role: tuple(sorted(ids)) for role, ids in appointments.items()}
        self._members: dict[Role, frozenset[str]] = {}
        self._elsewhere: dict[str, dict[Role, frozenset[str]]] = {}

    def appointed(self, workspace_id: str, user_id: str) -> frozenset[Role]:
        """The roles of a person."""
        members = self._members if workspace_id == self.workspace_id else self._elsewhere.get(workspace_id, {})
        return frozenset(role for role, users in members.items() if user_id in users)

    def anybody_approves(self, workspace_id: str) -> bool:
        """Whether no approver and no admin is named in the settings. A named group that is empty is named.

        The settings name nobody for other workspaces.
        """
        named = any(self._appointments.get(role) for role in (Role.APPROVER, Role.ADMIN))
        return workspace_id != self.workspace_id or not named

    def approvers(self, workspace_id: str) -> list[str]:
        """Mentions of those who can approve, at most five: groups as groups, so that Slack notifies them."""
        if workspace_id != self.workspace_id:
            return []
        return _mentions(self._appointments.get(Role.APPROVER) or self._appointments.get(Role.ADMIN) or ())

    def operators(self, workspace_id: str) -> list[str]:
        """Mentions of those who answer calls, at most five; admins may answer as well and are not called."""
        if workspace_id != self.workspace_id:
            return []
        return _mentions(self._appointments.get(Role.OPERATOR) or ())

    def called(self, workspace_id: str) -> bool:
        """Whether somebody is named to answer calls. A named group that is empty is named."""
        return workspace_id == self.workspace_id and bool(self._appointments.get(Role.OPERATOR))

    async def load(self) -> None:
        """Begin with what was known last."""
        self._members = await self._store.members(self.workspace_id)
        await self._load_elsewhere()

    async def _load_elsewhere(self) -> None:
        """Who is appointed where others have installed us: there the rows are all there is."""
        known = await self._store.everywhere()
        self._elsewhere = {place: members for place, members in known.items() if place != self.workspace_id}

    async def installed_by(self, workspace_id: str, user_id: str) -> None:
        """Whoever installs us in a workspace or an organisation is an admin there, beside those who did so before."""
        if workspace_id == self.workspace_id or not user_id:
            return
        known = await self._store.members(workspace_id)
        admins = known.get(Role.ADMIN, frozenset()) | {user_id}
        await self._store.replace(workspace_id, {**known, Role.ADMIN: admins})
        await self._load_elsewhere()

    async def refresh(self) -> int:
        """Ask Slack who is in the groups; a group that cannot be read keeps whom it had. Returns 0, for a loop."""
        members = {role: await self._resolved(role, ids) for role, ids in self._appointments.items()}
        if members != {role: self._members.get(role, frozenset()) for role in members}:
            await self._store.replace(self.workspace_id, members)
            log.info("roles_changed", **{role.value: len(users) for role, users in members.items()})
        self._members = members
        await self._load_elsewhere()
        return 0

    async def _resolved(self, role: Role, ids: Collection[str]) -> frozenset[str]:
        people = {one for one in ids if not one.startswith(GROUP_PREFIX)}
        for group in (one for one in ids if one.startswith(GROUP_PREFIX)):
            try:
                answer = await self._client.usergroups_users_list(usergroup=group, team_id=self.workspace_id)
            except SLACK_ERRORS as error:
                log.warning("user_group_unread", group=group, code=judge(error).code)
                people |= self._members.get(role, frozenset())
                continue
            people |= {user for user in answer.get("users") or [] if isinstance(user, str)}
        return frozenset(people)


def _mentions(named: Collection[str]) -> list[str]:
    """Groups as groups, so that Slack notifies them."""
    return [f"<!subteam^{one}>" if one.startswith(GROUP_PREFIX) else f"<@{one}>" for one in named][:NAMED]
