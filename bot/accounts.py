"""HeyGen accounts of workspaces (`agent.ports.Accounts`). One account, from the settings, serves the one workspace."""

from __future__ import annotations

from bot.signing import Signer
from heygen import Client

PURPOSE = "webhook"


class SettingsAccounts:
    """The account whose key is in the settings, for whichever workspace asks.

    `webhooks_signed` says that a webhook secret is configured, so no unsigned hints are asked for.
    """

    def __init__(self, *, client: Client, secret: str, public_url: str | None, webhooks_signed: bool) -> None:
        self._client = client
        self._signer = Signer(secret, PURPOSE)
        self._public_url = public_url
        self._webhooks_signed = webhooks_signed

    async def account_id(self, workspace_id: str) -> str:
        """See `agent.ports.Accounts.account_id`."""
        return account_id_of(workspace_id)

    async def client(self, account_id: str) -> Client:
        """See `agent.ports.Accounts.client`."""
        return self._client

    async def callback(self, account_id: str, key: str, *, needed: bool = False) -> str | None:
        """See `agent.ports.Accounts.callback`."""
        if self._public_url is None or (self._webhooks_signed and not needed):
            return None
        return f"{self._public_url}/webhooks/heygen/callback/{self._signer.sign(account_id)}"

    def account_of(self, token: str) -> str | None:
        """The account behind a webhook path, None for a path we never gave out."""
        return self._signer.unsign(token)


def account_id_of(workspace_id: str) -> str:
    """The id of a workspace's one account."""
    return f"{workspace_id}-heygen"


def webhook_path(secret: str, account_id: str) -> str:
    """Where HeyGen reports an account's events: to be registered once."""
    return f"/webhooks/heygen/{Signer(secret, PURPOSE).sign(account_id)}"
