"""HeyGen accounts of workspaces (`agent.ports.Accounts`): that of the settings for the workspace of the settings, and
what workspaces have connected themselves. None is ever used for another workspace.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from bot.signing import Signer
from bot.store.credentials import Credential
from heygen import Client, Reply, Request, Unauthorized

PURPOSE = "webhook"
MOST_CLIENTS = 1_000

ClientFor = Callable[[Credential], Client]
"""Makes a client that acts with what a workspace has connected."""


class Rows(Protocol):
    """What workspaces have connected (`bot.store.credentials.Credentials`)."""

    async def current(self, workspace_id: str) -> str | None:
        """The account that a workspace has connected."""
        ...

    async def find(self, account_id: str) -> Credential | None:
        """What an account is reached with."""
        ...


class _Nowhere:
    """The transport of an account that nobody can reach: every request fails as with a key that is not accepted."""

    async def send(self, request: Request) -> Reply:
        raise Unauthorized(operation=request.operation, status=401, code="not_connected")


class WorkspaceAccounts:
    """Finds accounts and makes their clients.

    `own` is the client of the settings and `home` the workspace that it serves; without either there is none.
    `webhooks_signed` says that a webhook secret is configured for it, so no unsigned hints are asked for.
    """

    def __init__(
        self,
        *,
        own: Client | None,
        home: str,
        rows: Rows,
        client_for: ClientFor,
        secret: str,
        public_url: str | None,
        webhooks_signed: bool,
    ) -> None:
        self._own = own
        self._home = home
        self._rows = rows
        self._client_for = client_for
        self._signer = Signer(secret, PURPOSE)
        self._public_url = public_url
        self._webhooks_signed = webhooks_signed
        self._clients: dict[str, Client] = {}
        self._nowhere = Client(_Nowhere())

    async def account_id(self, workspace_id: str) -> str:
        """See `agent.ports.Accounts.account_id`; an id that leads nowhere where nothing is connected."""
        return await self._rows.current(workspace_id) or account_id_of(workspace_id)

    async def connected(self, workspace_id: str) -> bool:
        """Whether a workspace has an account that its work can go to."""
        return self._has_own(workspace_id) or await self._rows.current(workspace_id) is not None

    async def client(self, account_id: str) -> Client:
        """See `agent.ports.Accounts.client`."""
        if self._own is not None and self._is_own(account_id):
            return self._own
        found = await self._rows.find(account_id)
        if found is None:
            self._clients.pop(account_id, None)
            return self._nowhere
        if account_id not in self._clients:  # what an account is reached with never changes: another is another one
            if len(self._clients) >= MOST_CLIENTS:
                self._clients.clear()
            self._clients[account_id] = self._client_for(found)
        return self._clients[account_id]

    async def callback(self, account_id: str, key: str, *, needed: bool = False) -> str | None:
        """See `agent.ports.Accounts.callback`."""
        signed = self._webhooks_signed and self._is_own(account_id)
        if self._public_url is None or (signed and not needed):
            return None
        return f"{self._public_url}/webhooks/heygen/callback/{self._signer.sign(account_id)}"

    def account_of(self, token: str) -> str | None:
        """The account behind a webhook path, None for a path we never gave out."""
        return self._signer.unsign(token)

    def _has_own(self, workspace_id: str) -> bool:
        return self._own is not None and bool(self._home) and workspace_id == self._home

    def _is_own(self, account_id: str) -> bool:
        return bool(self._home) and account_id == account_id_of(self._home)


def account_id_of(workspace_id: str) -> str:
    """The id of the account that the settings give a workspace."""
    return f"{workspace_id}-heygen"


def webhook_path(secret: str, account_id: str) -> str:
    """Where HeyGen reports an account's events: to be registered once."""
    return f"/webhooks/heygen/{Signer(secret, PURPOSE).sign(account_id)}"
