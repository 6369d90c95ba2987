"""Which token and which identity is ours in a workspace: that of the settings, or of an installation's row.

Asked before every ack and before every call, so the rows are remembered for some seconds and nothing here talks to
Slack.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, Protocol

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from agent.ports import Clock
from agent.records import Json
from bot.slack.ports import BotIdentity, Member
from bot.store.installations import Installed

REMEMBER_SECONDS = 5.0
MOST_REMEMBERED = 10_000
NOT_INSTALLED = "account_inactive"  # what Slack itself says of a token of such a workspace

Place = tuple[str | None, str | None]


class Rows(Protocol):
    """Where installations are kept."""

    async def find(self, team_id: str | None, enterprise_id: str | None = None) -> Installed | None:
        """The installation that serves a workspace."""
        ...

    async def know(self, team_id: str, enterprise_id: str) -> None:
        """A workspace that an organisation's installation serves."""
        ...


class Workspaces:
    """Finds us in a workspace. `rows` None: only the workspace of the settings, whose token serves every request.

    `noted` is called when a workspace was met for the first time that its organisation's installation serves.
    """

    def __init__(self, *, home: Member | None, rows: Rows | None, clock: Clock) -> None:
        self.home = home
        self._rows = rows
        self._clock = clock
        self.noted: Callable[[], Awaitable[object]] = _nothing
        self._known: dict[Place, tuple[float, Installed | None]] = {}

    async def member(self, team_id: str | None, enterprise_id: str | None = None) -> Member | None:
        """Who we are there, and with which token; None where the app is not installed (any more)."""
        if self._rows is None:
            return self.home
        found = await self._find(team_id, enterprise_id)
        if found is not None and found.gone_at is None:
            if found.is_enterprise and team_id not in (None, found.id) and enterprise_id is not None:
                await self._note(self._rows, team_id, found.id)
            return _member(found, team_id)
        is_home = self.home is not None and self.home.identity.team_id == team_id
        return self.home if is_home and found is None else None

    async def of_event(self, body: Json) -> BotIdentity:
        """Who we are where an event comes from; `LookupError` where the app is not installed."""
        member = await self.member(*place_of(body))
        if member is None:
            raise LookupError("an event of a workspace in which the app is not installed")
        return member.identity

    async def token(self, workspace_id: str) -> str:
        """The bot token of a workspace; `SlackApiError` where the app is not installed, as Slack would answer."""
        member = await self.member(workspace_id)
        if member is None:
            _not_installed()
        return member.token

    def forget(self) -> None:
        """Something has changed: ask the rows again."""
        self._known.clear()

    async def _find(self, team_id: str | None, enterprise_id: str | None) -> Installed | None:
        place, now = (team_id, enterprise_id), self._clock.now()
        asked, found = self._known.get(place, (0.0, None))
        if not 0 <= now - asked < REMEMBER_SECONDS and self._rows is not None:
            found = await self._rows.find(team_id, enterprise_id)
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[place] = (now, found)
        return found

    async def _note(self, rows: Rows, team_id: str, enterprise_id: str) -> None:
        """Remember in the workspace's row by whose token it is served: later posts know only the workspace."""
        known = await self._find(team_id, None)
        if known is None or known.gone_at is not None:
            await rows.know(team_id, enterprise_id)
            self._known.pop((team_id, None), None)
            await self.noted()


class WorkspaceClient(AsyncWebClient):
    """A client of one workspace, which asks for its token before each call: that changes with time."""

    def __init__(self, workspaces: Workspaces, workspace_id: str, like: AsyncWebClient) -> None:
        super().__init__(
            base_url=like.base_url,
            timeout=like.timeout,
            ssl=like.ssl,
            proxy=like.proxy,
            session=like.session,
            headers=dict(like.headers),
            retry_handlers=like.retry_handlers,
        )
        self._workspaces = workspaces
        self._workspace_id = workspace_id

    async def api_call(self, api_method: str, **options: Any) -> AsyncSlackResponse:
        """One call with the token of now; `SlackApiError` where the app is not installed any more."""
        self.token = await self._workspaces.token(self._workspace_id)
        return await super().api_call(api_method, **options)


class AppClient(AsyncWebClient):
    """A client for what the app does in its own name, by its id and secret: it has no token to fall back on."""

    def __init__(self, like: AsyncWebClient) -> None:
        super().__init__(base_url=like.base_url, session=like.session, retry_handlers=[])

    async def api_call(
        self, api_method: str, *, auth: Any = None, headers: dict[str, str] | None = None, **options: Any
    ) -> AsyncSlackResponse:
        """One call. The SDK would make its header in a way that aiohttp is about to drop."""
        if isinstance(auth, dict):
            proof = aiohttp.encode_basic_auth(auth["client_id"], auth["client_secret"])
            headers = {**(headers or {}), "Authorization": proof}
        return await super().api_call(api_method, headers=headers, **options)


class SlackClients:
    """`bot.slack.ports.ClientOf`: the client of each workspace."""

    def __init__(self, workspaces: Workspaces, like: AsyncWebClient) -> None:
        self._workspaces = workspaces
        self._like = like

    def __call__(self, workspace_id: str) -> AsyncWebClient:
        """The client; it costs nothing to make."""
        return WorkspaceClient(self._workspaces, workspace_id, self._like)

    @property
    def session(self) -> aiohttp.ClientSession | None:
        """What they all send with."""
        return self._like.session


def place_of(body: Json) -> Place:
    """Team and organisation of an event, as its first authorization says: in shared channels the body's own differ.

    The organisation only where it has installed us as a whole.
    """
    given = body.get("authorizations")
    first = given[0] if isinstance(given, list) and given and isinstance(given[0], dict) else body
    organisation = first.get("enterprise_id") if first.get("is_enterprise_install") else None
    team = first.get("team_id") or body.get("team_id")
    return (team if isinstance(team, str) else None, organisation if isinstance(organisation, str) else None)


def _member(found: Installed, team_id: str | None) -> Member:
    identity = BotIdentity(found.bot_user_id, found.bot_id, found.app_id, team_id or found.id)
    return Member(identity, found.token)


async def _nothing() -> None:
    """Nobody wants to know."""


def _not_installed() -> NoReturn:
    raise SlackApiError("the app is not installed there", {"ok": False, "error": NOT_INSTALLED})  # type: ignore[no-untyped-call]
