"""User groups: `usergroups.list`, `usergroups.users.list`, and the events when a group changes."""

from __future__ import annotations

from collections.abc import Sequence

from emulators.slack.arguments import Arguments
from emulators.slack.errors import Refusal
from emulators.slack.events import publish
from emulators.slack.limits import TIER_2
from emulators.slack.methods import Method
from emulators.slack.state import Json, UserGroup
from emulators.slack.workspace import Workspace

SCOPES = ("usergroups:read",)


def group_payload(workspace: Workspace, group: UserGroup, *, users: bool = False, count: bool = False) -> Json:
    """A user group object; Slack counts in strings."""
    payload: Json = {
        "id": group.id,
        "team_id": workspace.team_id,
        "is_usergroup": True,
        "is_subteam": True,
        "name": group.name,
        "description": "",
        "handle": group.handle,
        "is_external": False,
        "date_create": group.created,
        "date_update": group.updated,
        "date_delete": group.deleted,
        "auto_type": None,
        "auto_provision": False,
        "enterprise_subteam_id": "",
        "created_by": "USLACKBOT",
        "updated_by": "USLACKBOT",
        "deleted_by": "USLACKBOT" if group.deleted else None,
        "prefs": {"channels": [], "groups": []},
    }
    if users:
        payload["users"] = list(group.members)
    if count:
        payload["user_count"] = str(len(group.members))
    return payload


def _check_plan(workspace: Workspace) -> None:
    if not workspace.usergroups_enabled:
        raise Refusal("plan_upgrade_required")


def list_(workspace: Workspace, arguments: Arguments) -> Json:
    """`usergroups.list`."""
    _check_plan(workspace)
    users, count = arguments.flag("include_users"), arguments.flag("include_count")
    disabled = arguments.flag("include_disabled")
    shown = [group for group in workspace.usergroups.values() if disabled or not group.deleted]
    return {"usergroups": [group_payload(workspace, group, users=users, count=count) for group in shown]}


def users_list(workspace: Workspace, arguments: Arguments) -> Json:
    """`usergroups.users.list`; a disabled group is unknown unless it is asked for."""
    _check_plan(workspace)
    group = workspace.usergroups.get(arguments.required("usergroup"))
    if group is None or (group.deleted and not arguments.flag("include_disabled")):
        raise Refusal("no_such_subteam")
    return {"users": list(group.members)}


def set_members(workspace: Workspace, group: UserGroup, members: Sequence[str]) -> None:
    """Let exactly these people (ids) be in a group, and tell the app."""
    added = [user for user in members if user not in group.members]
    removed = [user for user in group.members if user not in members]
    before, now = group.updated, int(workspace.clock.now())
    group.members, group.updated = list(members), now
    event = {
        "type": "subteam_members_changed",
        "subteam_id": group.id,
        "team_id": workspace.team_id,
        "date_previous_update": before,
        "date_update": now,
        "added_users": added,
        "added_users_count": str(len(added)),
        "removed_users": removed,
        "removed_users_count": str(len(removed)),
        "event_ts": workspace.next_ts(),
    }
    publish(workspace, event)


def set_enabled(workspace: Workspace, group: UserGroup, enabled: bool) -> None:
    """Disable a group or bring it back, and tell the app."""
    group.updated = int(workspace.clock.now())
    group.deleted = 0 if enabled else group.updated
    payload = group_payload(workspace, group, users=True, count=True)
    publish(workspace, {"type": "subteam_updated", "subteam": payload, "event_ts": workspace.next_ts()})


METHODS: dict[str, Method] = {
    "usergroups.list": Method(list_, SCOPES, TIER_2),
    "usergroups.users.list": Method(users_list, SCOPES, TIER_2),
}
