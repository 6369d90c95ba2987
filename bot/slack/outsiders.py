"""How much is done for guests and for people of other organisations: `agent.runner.Limits` by the workspace's rules."""

from __future__ import annotations

from typing import Protocol

import structlog

from agent.ports import Clock
from agent.records import TurnRecord
from agent.toolbox import ALL_EFFECTS, READ_ONLY, Effect
from bot.slack.people import Everybody, SlackPerson
from bot.slack.ports import ClientOf
from bot.talk import Reach, TalkSetting

log = structlog.get_logger(__name__)

EFFECTS: dict[Reach, frozenset[Effect]] = {
    Reach.FULL: ALL_EFFECTS,
    Reach.READ: READ_ONLY,
    Reach.NOTHING: frozenset(),
}


class Rules(Protocol):
    """The rules of workspaces; `bot.store.talk.Talk` has them."""

    async def setting(self, workspace_id: str) -> TalkSetting:
        """A workspace's rules."""
        ...


class Outsiders:
    """Asks Slack who somebody is, and remembers it for a minute.

    While Slack does not say, people count as members: that is what nearly all of them are, and caps and approvals hold
    for everybody.
    """

    def __init__(self, clients: ClientOf, rules: Rules, clock: Clock) -> None:
        self._rules = rules
        self._people = Everybody(clients, clock)

    async def effects(self, turn: TurnRecord) -> frozenset[Effect]:
        """What tools may do for a turn's requester."""
        setting = await self._rules.setting(turn.workspace_id)
        if setting.guests is Reach.FULL and setting.strangers is Reach.FULL:
            return ALL_EFFECTS
        reach = reach_of(await self._people.person(turn.workspace_id, turn.requester), setting, turn.workspace_id)
        if reach is not Reach.FULL:
            log.info("turn_of_outsider", turn=turn.id, reach=reach)
        return EFFECTS[reach]


def reach_of(person: SlackPerson, setting: TalkSetting, workspace_id: str) -> Reach:
    """How much is done for somebody. People of other organisations, met in shared channels, are in other teams."""
    if person.stranger or (person.teams and workspace_id not in person.teams):
        return setting.strangers
    return setting.guests if person.guest else Reach.FULL
