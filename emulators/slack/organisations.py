"""Organisations (Enterprise Grid): several teams, one installation for all of them, one token.

As Slack's: the app's user is the same in every team, so are people, whose ids begin with W. A call with the
organisation's token is about the team that holds what it names; a method that names nothing of a team's wants to be
told which is meant.
"""

from __future__ import annotations

from collections.abc import Callable

from emulators.slack.arguments import Arguments
from emulators.slack.errors import Refusal
from emulators.slack.state import File, Json
from emulators.slack.workspace import Workspace

NEEDS_TEAM = frozenset({"conversations.list", "usergroups.list", "usergroups.users.list", "users.list"})
_CHANNELS = ("channel", "channel_id", "channels")
_PEOPLE = ("user", "user_id", "users", "channel")


class Organisation:
    """The teams of one organisation. `installed`: the app is, for those of its teams that have `whole` set."""

    def __init__(self, id_: str, name: str) -> None:
        self.id, self.name = id_, name
        self.mark = id_.removeprefix("E")
        self.teams: list[Workspace] = []
        self.tokens: dict[str, float | None] = {}
        self.files: dict[str, File] = {}
        self.uploads: dict[str, tuple[str, int]] = {}

    def add(self, team: Workspace) -> None:
        """One more team. Files are the organisation's: their upload is not bound to a team before they are shared."""
        team.files, team.uploads = self.files, self.uploads
        self.teams.append(team)

    def install(self) -> None:
        """The app is in all of its teams now."""
        for team in self.teams:
            team.installed = team.whole = True

    def uninstall(self) -> None:
        """The app is in none of them any more, nor does its token open anything."""
        for team in self.teams:
            team.installed = team.whole = False

    def place(self, method: str, values: Json) -> Workspace:
        """The team that a call with the organisation's token is about; `Refusal` where that cannot be told."""
        arguments = Arguments(values)
        if team_id := arguments.text("team_id"):
            return _open(next((team for team in self.teams if team.team_id == team_id), None))
        if method in NEEDS_TEAM:
            raise Refusal("missing_argument", ["[ERROR] missing required field: team_id"])
        found = self._holder(arguments)
        return self.teams[0] if found is None else _open(found)

    def _holder(self, arguments: Arguments) -> Workspace | None:
        channels, people = (_named(arguments, names) for names in (_CHANNELS, _PEOPLE))
        seen: list[Callable[[Workspace], bool]] = [
            lambda team: not channels.isdisjoint(team.channels),
            lambda team: arguments.text("trigger_id") in team.triggers or arguments.text("view_id") in team.views,
            lambda team: (file := self.files.get(arguments.text("file"))) is not None and team.sees_file(file),
            lambda team: not people.isdisjoint(team.users),
        ]
        return next((team for holds in seen for team in self.teams if holds(team)), None)


def _named(arguments: Arguments, names: tuple[str, ...]) -> set[str]:
    return {one for name in names for one in arguments.many(name)}


def _open(team: Workspace | None) -> Workspace:
    """A team that the organisation's installation is for; one that was taken out of it is refused."""
    if team is None or (team.installed and not team.whole):
        raise Refusal("team_access_not_granted")
    return team
