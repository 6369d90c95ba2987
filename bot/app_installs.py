"""The part of the composition root for installations: whose token is used where, and how others install the app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient
from starlette.routing import Route

from agent.ports import Clock
from bot.identity import IdentityHolder
from bot.roles import AppointedRoles
from bot.sealing import Sealer
from bot.settings import Settings
from bot.slack.installation_store import RowInstallationStore
from bot.slack.ports import Member
from bot.store import Store
from bot.store.audit import RUNTIME, Deed
from bot.store.installations import Installations, Installed
from bot.store.oauth_states import OAuthStates
from bot.token_keeper import TokenKeeper
from bot.web.oauth import Installing
from bot.workspaces import AppClient, SlackClients, Workspaces

SEALED = "slack tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installs:
    """Everything about where the app is installed. `rows` None: in the workspace of the settings alone."""

    settings: Settings
    store: Store
    slack: AppClient
    clock: Clock
    workspaces: Workspaces
    clients: SlackClients
    rows: Installations | None

    @property
    def home(self) -> str:
        """The workspace of the settings; empty where there is none."""
        return "" if self.workspaces.home is None else self.workspaces.home.identity.team_id

    @property
    def doubt(self) -> Callable[[str], Awaitable[object]] | None:
        """What is done when Slack says that we were taken out."""
        return None if self.rows is None else self.rows.doubt

    def routes(self, roles: AppointedRoles) -> list[Route]:
        """The pages by which others install the app; none without the app's id and secret."""
        self.workspaces.noted = roles.load
        if self.rows is None or self.settings.public_url is None:
            return []

        async def installed(new: Installed, user_id: str) -> None:
            self.workspaces.forget()
            await roles.installed_by(new.id, user_id)

        pages = Installing(
            client_id=self.settings.secret("slack_client_id"),
            client_secret=self.settings.secret("slack_client_secret"),
            public_url=self.settings.public_url,
            client=self.slack,
            store=RowInstallationStore(self.rows, clock=self.clock, installed=installed),
            states=OAuthStates(self.store.database),
        )
        return pages.routes()

    def keeper(self, kick: Callable[[], None]) -> Callable[[], Awaitable[int]]:
        """One round of keeping tokens fresh; nothing where there are none."""
        if (rows := self.rows) is None:
            return _nothing

        async def left(workspaces: Sequence[str]) -> None:
            """What has not been sent to HeyGen is taken back: nobody is there to see it."""
            for submission_id in await rows.unsent(list(workspaces)):
                await self.store.cancellations.cancel(
                    submission_id, actor=RUNTIME, deed=Deed.CANCELLED, only_unsent=True, cause="app_uninstalled"
                )
            kick()

        keeper = TokenKeeper(
            rows,
            client=self.slack,
            client_id=self.settings.secret("slack_client_id"),
            client_secret=self.settings.secret("slack_client_secret"),
            clock=self.clock,
            changed=self.workspaces.forget,
            left=left,
        )
        return keeper.run_due


async def installs_of(
    settings: Settings, store: Store, client: AsyncWebClient, identity: IdentityHolder, clock: Clock
) -> Installs:
    """Learns who we are in the workspace of the settings, if they name one; `SettingsError` for a token of no use."""
    home = None
    if settings.slack_bot_token is not None:
        home = Member(await identity.learn(client, clock), settings.secret("slack_bot_token"))
    rows = None
    if settings.has_oauth():
        rows = Installations(store.database, Sealer(settings.secret("secret_key"), SEALED))
    workspaces = Workspaces(home=home, rows=rows, clock=clock)
    return Installs(
        settings=settings,
        store=store,
        slack=AppClient(client),
        clock=clock,
        workspaces=workspaces,
        clients=SlackClients(workspaces, client),
        rows=rows,
    )


async def _nothing() -> int:
    return 0
