"""Who somebody is right now: their time zone, and whether they are still there."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from agent.ports import Clock
from agent.records import Json
from bot.slack.outcomes import SLACK_ERRORS, Verdict, judge
from bot.slack.ports import ClientOf

log = structlog.get_logger(__name__)

KNOWN_SECONDS = 60.0
AGAIN_SECONDS = 15.0  # after Slack did not answer
ANSWER_SECONDS = 5.0
REMEMBERED = 1_000
MOST_WORKSPACES = 1_000
GONE = frozenset({"user_not_found", "users_not_found", "user_not_visible"})
PASSING = (Verdict.RATE_LIMITED, Verdict.UNSURE, Verdict.NOT_SENT)


@dataclass(frozen=True, slots=True)
class SlackPerson:
    """`gone`: deactivated, a stranger to the workspace by now, or never there. `unsure`: Slack did not say for now.

    `guest`: invited into single channels; `stranger`: Slack itself calls them that. `teams` are the workspaces they are
    in, none where Slack does not tell.
    """

    zone: str | None = None
    gone: bool = False
    unsure: bool = False
    guest: bool = False
    stranger: bool = False
    teams: frozenset[str] = frozenset()


class Everybody:
    """The people of each workspace, asked for with that workspace's token."""

    def __init__(self, clients: ClientOf, clock: Clock) -> None:
        self._clients = clients
        self._clock = clock
        self._places: dict[str, SlackPeople] = {}

    async def person(self, workspace_id: str, user_id: str) -> SlackPerson:
        """What is known of a person of a workspace."""
        if workspace_id not in self._places:
            if len(self._places) >= MOST_WORKSPACES:
                self._places.clear()
            self._places[workspace_id] = SlackPeople(self._clients(workspace_id), self._clock)
        return await self._places[workspace_id].person(user_id)


class SlackPeople:
    """Asks Slack (`users.info`) and remembers the answer for a minute, so that rounds of a loop cost no calls."""

    def __init__(self, client: AsyncWebClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[str, tuple[float, SlackPerson]] = {}

    async def person(self, user_id: str) -> SlackPerson:
        """What is known of a person. An installation without the right to ask knows nobody's zone."""
        known = self._known.get(user_id)
        if known is not None and self._clock.now() < known[0]:
            return known[1]
        found = await self._asked(user_id)
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        seconds = AGAIN_SECONDS if found.unsure else KNOWN_SECONDS
        self._known[user_id] = (self._clock.now() + seconds, found)
        return found

    async def _asked(self, user_id: str) -> SlackPerson:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._client.users_info(user=user_id)
        except TimeoutError:
            return SlackPerson(unsure=True)
        except SLACK_ERRORS as error:
            failure = judge(error)
            if failure.code not in GONE:
                log.warning("person_unread", code=failure.code)
            return SlackPerson(gone=failure.code in GONE, unsure=failure.verdict in PASSING)
        user = answer.get("user")
        return _person(user) if isinstance(user, dict) else SlackPerson(unsure=True)


def _person(user: Json) -> SlackPerson:
    zone = user.get("tz")
    return SlackPerson(
        zone if isinstance(zone, str) else None,
        gone=bool(user.get("deleted") or user.get("is_stranger")),
        guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        stranger=bool(user.get("is_stranger")),
        teams=_teams(user),
    )


def _teams(user: Json) -> frozenset[str]:
    """In an organisation a person has one home and is in many workspaces."""
    everywhere = user.get("enterprise_user")
    more = everywhere.get("teams") if isinstance(everywhere, dict) else None
    teams = [user.get("team_id"), *(more if isinstance(more, list) else [])]
    return frozenset(one for one in teams if isinstance(one, str) and one)
