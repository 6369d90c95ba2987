"""The part of the composition root for accounts at HeyGen and LiveAvatar: the settings' own, and those connected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import httpx2

from agent.ports import Ids, Roles
from bot.accounts import WorkspaceAccounts
from bot.heygen_account import connected_client
from bot.live_accounts import WorkspaceLiveAccounts
from bot.sealing import Sealer
from bot.settings import Settings
from bot.slack.connecting import Connecting
from bot.slack.live_connecting import LiveConnecting
from bot.store import Store
from bot.store.credentials import Credential, Credentials, Kind
from bot.store.directory import Account
from bot.store.live_accounts import LiveAccountRows
from heygen import Client
from heygen.live import LiveClient, live_transport
from heygen.live.models import Avatar
from heygen.models import Balance

SEALED = "heygen accounts"
SEALED_LIVE = "liveavatar accounts"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountParts:
    """What there is about accounts. `own` is the client of the settings and `home` the workspace that it serves."""

    settings: Settings
    store: Store
    credentials: Credentials
    faces: LiveAccountRows
    http: httpx2.AsyncClient
    home: str
    own: Client | None
    user_agent: str

    def accounts(self) -> WorkspaceAccounts:
        """Finds accounts and their clients."""
        return WorkspaceAccounts(
            own=self.own,
            home=self.home,
            rows=self.credentials,
            client_for=lambda found: connected_client(found, self.settings, self.http, self.user_agent),
            secret=self.settings.secret("secret_key"),
            public_url=self.settings.public_url,
            webhooks_signed=self.settings.heygen_webhook_secret is not None,
        )

    def connecting(self, roles: Roles, changed: Callable[[], None]) -> Connecting:
        """What is pressed and typed to connect one."""
        return Connecting(
            credentials=self.credentials,
            check=self._check,
            roles=roles,
            truto=self.settings.has_truto_token(),
            reserved=self._reserved,
            changed=changed,
        )

    def live_accounts(self) -> WorkspaceLiveAccounts:
        """Finds LiveAvatar accounts, their clients and their faces."""
        settings = self.settings
        own = self._live_client(settings.secret("liveavatar_api_key")) if settings.live() else None
        return WorkspaceLiveAccounts(
            own=own,
            home=self.home,
            avatar_id=settings.liveavatar_avatar_id,
            sandbox=settings.liveavatar_sandbox,
            connectable=settings.live_elsewhere(),
            rows=self.faces,
            client_for=self._live_client,
        )

    def connecting_live(self, roles: Roles, changed: Callable[[], None]) -> LiveConnecting:
        """What is pressed and typed to connect a LiveAvatar account."""
        return LiveConnecting(
            accounts=self.faces, check=self._check_live, roles=roles, reserved=self._reserved_live, changed=changed
        )

    def _live_client(self, key: str) -> LiveClient:
        return LiveClient(live_transport(self.settings.liveavatar_base_url, key, self.http, self.user_agent))

    async def _check_live(self, key: str, avatar_id: str) -> tuple[Decimal, Avatar]:
        client = self._live_client(key)
        return await client.credits_left(), await client.get_avatar(avatar_id)

    def _reserved_live(self, key: str, workspace_id: str) -> bool:
        """Whether it is the settings' own, which is for their workspace alone."""
        own = self.settings.liveavatar_api_key
        return workspace_id != self.home and own is not None and key == own.get_secret_value()

    async def forget_ended(self) -> int:
        """Delete what nothing needs any more of accounts that were replaced or taken away."""
        return await self.credentials.forget_ended() + await self.faces.forget_ended()

    async def _check(self, kind: Kind, secret: str) -> Balance:
        tried = Credential("", "", kind, secret)
        return await connected_client(tried, self.settings, self.http, self.user_agent, once=True).get_balance()

    def _reserved(self, kind: Kind, secret: str, workspace_id: str) -> bool:
        """Whether it is the settings' own, which is for their workspace alone."""
        settings = self.settings
        key = settings.heygen_api_key.get_secret_value() if settings.heygen_api_key else None
        known = {Kind.KEY: {key}, Kind.TRUTO: {settings.truto_account_id, settings.truto_crm_account_id}}
        return workspace_id != self.home and secret in known[kind]

    async def working(self) -> list[Account]:
        """The accounts that can be reached: the others have nothing to be looked at."""
        known = await self.store.directory.accounts()
        own = {f"{self.home}-heygen"} if self.own is not None and self.home else set()
        there = own | await self.credentials.known()
        return [account for account in known if account.id in there]


def account_parts(
    settings: Settings, store: Store, ids: Ids, http: httpx2.AsyncClient, *, own: Client | None, home: str, agent: str
) -> AccountParts:
    """Made from the settings; `agent` is how we call ourselves at HeyGen."""
    secret = settings.secret("secret_key")
    rows = Credentials(store.database, ids, store.audit, Sealer(secret, SEALED), secret)
    faces = LiveAccountRows(store.database, ids, store.audit, Sealer(secret, SEALED_LIVE), secret)
    return AccountParts(
        settings=settings, store=store, credentials=rows, faces=faces, http=http, home=home, own=own, user_agent=agent
    )
