"""A stand-in for Slack: Web API, signed HTTP events with redelivery, interactivity, native streams, files.

It refuses what Slack refuses, with Slack's names for the reasons. People act through methods (`say`, `click`,
`command`, …) or, from another process, through `/_emulator/act/<name>`; what they would see is read back with
`thread`, `messages`, `ephemerals`, `views`. It knows nothing of the app under test: Slack's public wire formats
are the only thing the two share.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from emulators.base import Emulator, Journal
from emulators.handshake import let_in, record
from emulators.slack import files, manifest, responses, web_api
from emulators.slack.control import control_routes
from emulators.slack.delivery import Answer, Courier, Delivery, Poster
from emulators.slack.errors import CannotDoError, Refusal
from emulators.slack.interactivity import Interactions
from emulators.slack.limits import Limits
from emulators.slack.oauth import OAuth
from emulators.slack.organisations import Organisation
from emulators.slack.people import People
from emulators.slack.sockets import Sockets
from emulators.slack.state import File, Message, Session, ThreadStatus, User, UserGroup, View
from emulators.slack.workspace import Workspace

__all__ = [
    "Answer",
    "CannotDoError",
    "Delivery",
    "File",
    "Message",
    "Organisation",
    "Refusal",
    "Session",
    "SlackEmulator",
    "ThreadStatus",
    "User",
    "UserGroup",
    "View",
    "Workspace",
]

Disturbance = Literal["warn", "refresh", "drop", "silence", "disable"]
_SWITCHES = frozenset(
    {
        "bot_token",
        "signing_secret",
        "streaming_enabled",
        "streaming_error",
        "file_uploads_enabled",
        "images_reachable",
        "usergroups_enabled",
        "is_agent",
        "mention_first",
        "subscriptions",
        "scopes",
        "socket_mode",
        "unfurl_domains",
    }
)


class CountingJournal(Journal):
    """A journal that counts the changes it announces, so that a page can ask for what is newer."""

    def __init__(self) -> None:
        super().__init__()
        self.version = 0

    def wake(self) -> None:
        """Wake every `wait_for`, and count."""
        self.version += 1
        super().wake()


class SlackEmulator(People, Interactions, Emulator):
    """One workspace with the app installed. `configure` says where the app listens; `reset` keeps that."""

    name = "slack"
    websockets = "websockets-sansio"

    def __init__(self, *, seed: int = 1) -> None:
        self.events_url = self.interactivity_url = self.commands_url = ""
        super().__init__(seed=seed)
        self.journal: CountingJournal = CountingJournal()
        self._settings: dict[str, Any] = {}
        self.workspace = self._new_workspace()
        self.poster = Poster(self.workspace)
        self.sockets = Sockets(self.workspace, self.journal)
        self.courier = Courier(self.workspace, self.poster, self.sockets, self.journal)
        self.workspace.sink = self.courier.send
        self.teams = [self.workspace]
        self.oauth = OAuth()

    def _new_workspace(self, **named: Any) -> Workspace:
        return Workspace(self.clock, self.random, lambda: self.url, **named)

    def add_team(self, team_id: str, name: str, organisation: Organisation | None = None) -> Workspace:
        """Another team, in which the app is not installed yet. People act in it within `visiting`."""
        team = self._new_workspace(team_id=team_id, team_name=name, organisation=organisation)
        if organisation is not None:
            organisation.add(team)
        for setting, value in self._settings.items():
            setattr(team, setting, set(value) if isinstance(value, set | frozenset | list) else value)
        team.sink = partial(self.courier.send, team=team)
        team.limits.enabled = self.workspace.limits.enabled
        self.teams.append(team)
        return team

    @contextlib.contextmanager
    def visiting(self, team: Workspace) -> Iterator[Workspace]:
        """Have people act and look in another team."""
        before, self.workspace = self.workspace, team
        try:
            yield team
        finally:
            self.workspace = before

    def _team(self, team_id: str) -> Workspace:
        return next((team for team in self.teams if team.team_id == team_id), self.teams[0])

    # --- set-up --------------------------------------------------------------------------------------------

    @property
    def version(self) -> int:
        """Rises with every change that `snapshot` could show."""
        return self.journal.version

    @property
    def api_url(self) -> str:
        """The base URL for a Web API client, with the trailing slash that slack-sdk wants."""
        return f"{self.url}/api/"

    @property
    def bot_token(self) -> str:
        """The app's bot token."""
        return self.workspace.bot_token

    @property
    def app_token(self) -> str:
        """The app-level token of Socket Mode."""
        return self.workspace.app_token

    @property
    def signing_secret(self) -> str:
        """The secret that signs every request to the app."""
        return self.workspace.signing_secret

    @property
    def bot_user(self) -> str:
        """The app's user id, for mentions: `<@…>`."""
        return self.workspace.bot.id

    @property
    def limits(self) -> Limits:
        """Rate limits: switches, and what was refused."""
        return self.workspace.limits

    @property
    def deliveries(self) -> deque[Delivery]:
        """Every event that was to be delivered, oldest first."""
        return self.courier.deliveries

    def configure(
        self,
        events_url: str | None = None,
        *,
        interactivity_url: str | None = None,
        commands_url: str | None = None,
        ack_seconds: float | None = None,
        concurrency: int | None = None,
        **switches: Any,
    ) -> None:
        """Say where the app listens, and set switches of `Workspace` that outlive `reset`.

        Interactivity and commands go to `events_url` unless they have their own. `ack_seconds` is real time. With
        `socket_mode` everything goes over websockets, as in Slack, whatever the addresses are.
        """
        if unknown := set(switches) - _SWITCHES:
            raise ValueError(f"unknown settings: {sorted(unknown)}")
        if events_url is not None:
            self.events_url = self.courier.url = events_url
            self.interactivity_url = self.commands_url = events_url
        self.interactivity_url = interactivity_url or self.interactivity_url
        self.commands_url = commands_url or self.commands_url
        self.poster.ack_seconds = self.sockets.ack_seconds = ack_seconds or self.poster.ack_seconds
        self.courier.concurrency = concurrency or self.courier.concurrency
        self._settings.update(switches)
        self._apply_settings()

    def install(self, given: Any) -> None:
        """Install the app from a manifest: what it does not ask for is not granted. None: everything is, as at first.

        Addresses are not taken from it; `configure` says where the app listens. Raises `Refusal` as Slack would.
        """
        if given is None:
            fresh = self._new_workspace()
            switches = {name: getattr(fresh, name) for name in manifest.SWITCHES}
        else:
            switches = manifest.switches(manifest.accept(given))
        self._settings.update(switches)
        self._apply_settings()

    def _apply_settings(self) -> None:
        for name, value in self._settings.items():
            setattr(self.workspace, name, set(value) if isinstance(value, set | frozenset | list) else value)

    def reset(self) -> None:
        """Back to an empty workspace; addresses and configured switches stay."""
        super().reset()
        self.courier.clear()
        self.sockets.clear()
        self.workspace = self._new_workspace()
        self._apply_settings()
        self.workspace.sink = self.courier.send
        self.teams = [self.workspace]
        self.oauth = OAuth()
        self.poster.workspace = self.workspace
        self.courier.workspace = self.workspace
        self.sockets.workspace = self.workspace
        self.journal.wake()

    async def stop(self) -> None:
        """Stop delivering and listening."""
        await self.courier.close()
        await self.poster.close()
        self.sockets.clear()
        await super().stop()

    # --- events --------------------------------------------------------------------------------------------

    def redeliver_now(self) -> int:
        """Make every waiting redelivery due; returns how many there were."""
        return self.courier.redeliver_now()

    def redeliver(self, event_id: str) -> None:
        """Deliver an event once more although it was acknowledged."""
        self.courier.redeliver(event_id)

    async def settle(self, seconds: float = 10.0) -> None:
        """Wait until no event is queued or on the way; `TimeoutError` after `seconds`."""
        await self.journal.wait_for(lambda: self.courier.idle, seconds)

    def uninstall(self) -> None:
        """Take the app out of the workspace."""
        web_api.uninstall(self.workspace)

    async def disturb_sockets(self, what: Disturbance) -> None:
        """Do to every websocket of Socket Mode what Slack does, or what happens to it on the way."""
        match what:
            case "warn":
                self.sockets.warn()
            case "refresh":
                self.sockets.refresh()
            case "drop":
                self.sockets.drop()
            case "silence":
                self.sockets.silence()
            case "disable":
                await self.sockets.disable()
            case _:
                raise ValueError(f"no disturbance {what}")

    def error_body(self, status: int) -> Any:
        """Slack's body for an error answer."""
        return {"ok": False, "error": "ratelimited" if status == 429 else "internal_error"}

    async def changed_since(self, version: int, seconds: float) -> None:
        """Wait up to `seconds` for a state newer than `version`."""
        with contextlib.suppress(TimeoutError):
            await self.journal.wait_for(lambda: self.version > version, seconds)

    # --- routes --------------------------------------------------------------------------------------------

    def routes(self) -> list[BaseRoute]:
        """Slack's addresses, and the control plane's."""
        return [
            Route("/api/{method}", self._api, methods=["GET", "POST"]),
            Route("/upload/v1/{ticket}", self._upload, methods=["POST", "PUT"]),
            Route("/files-pri/{file}/download/{name:path}", self._download),
            Route("/files-pri/{file}/{name:path}", self._download),
            Route("/response/{team}/{token}", self._response, methods=["POST"]),
            WebSocketRoute("/link/", self._link),
            *control_routes(self),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            entry = record(scope, next(self._seq), self.clock.now())
            self.journal.add(entry)
            if not await let_in(self.faults, entry, scope, receive, send):
                return
        await super().__call__(scope, receive, send)

    async def _link(self, websocket: WebSocket) -> None:
        scope = websocket.scope
        await self.sockets.serve(websocket, scope["emulator.entry"], scope["emulator.transport"])

    async def _api(self, request: Request) -> Response:
        return await web_api.handle(self.teams, self.oauth, request)

    async def _upload(self, request: Request) -> Response:
        ticket = request.path_params["ticket"]
        team = next((team for team in self.teams if ticket in team.uploads), self.teams[0])
        return await files.receive_upload(team, request)

    async def _download(self, request: Request) -> Response:
        return files.download(self._team(request.path_params["file"].partition("-")[0]), request)

    async def _response(self, request: Request) -> Response:
        return await responses.handle(self._team(request.path_params["team"]), request)
