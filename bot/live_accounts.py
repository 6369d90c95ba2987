"""LiveAvatar accounts (`agent.live.ports.LiveAccounts`): that of the settings for the workspace of the settings, and
what workspaces have connected themselves. None is ever used for another workspace.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from agent.escalation import live_account_id
from agent.live.records import LiveSession
from bot.store.live_accounts import LiveAccount
from heygen import Unauthorized
from heygen.live import LiveClient, SessionOptions

ClientFor = Callable[[str], LiveClient]
"""Makes a client that acts with a key."""


class Rows(Protocol):
    """What workspaces have connected (`bot.store.live_accounts.LiveAccountRows`)."""

    async def current(self, workspace_id: str) -> str | None:
        """The account that a workspace has connected."""
        ...

    async def find(self, account_id: str) -> LiveAccount | None:
        """What an account is reached with."""
        ...


class WorkspaceLiveAccounts:
    """Finds accounts, their clients and their faces.

    `own` is the client of the settings, with the face `avatar_id`, and `home` the workspace that it serves. `sandbox`
    is for it alone. `connectable` says whether workspaces may connect an account.
    """

    def __init__(
        self,
        *,
        own: LiveClient | None,
        home: str,
        avatar_id: str | None,
        sandbox: bool,
        connectable: bool,
        rows: Rows,
        client_for: ClientFor,
    ) -> None:
        self._own = own
        self._home = home
        self._avatar_id = avatar_id
        self._sandbox = sandbox
        self._rows = rows
        self._client_for = client_for
        self.connectable = connectable

    @property
    def possible(self) -> bool:
        """Whether there can be sessions anywhere."""
        return self._own is not None or self.connectable

    async def current(self, workspace_id: str) -> str | None:
        """The account for a workspace's next session; None where sessions cannot be held."""
        connected = await self._rows.current(workspace_id) if self.connectable else None
        if connected is None and self._own is not None and self._home and workspace_id == self._home:
            return live_account_id(workspace_id)
        return connected

    async def client(self, account_id: str) -> LiveClient:
        """See `LiveAccounts.client`; `Unauthorized` for an account that nobody can reach any more."""
        if self._own is not None and self._is_own(account_id):
            return self._own
        return self._client_for((await self._found(account_id)).key)

    async def options(self, session: LiveSession) -> SessionOptions:
        """What LiveAvatar's session is to be; `Unauthorized` as `client`."""
        own = self._own is not None and self._is_own(session.account_id)
        face = self._avatar_id if own else (await self._found(session.account_id)).avatar_id
        return SessionOptions(
            avatar_id=face or "", max_seconds=session.max_seconds, sandbox=self._sandbox if own else False
        )

    async def _found(self, account_id: str) -> LiveAccount:
        found = await self._rows.find(account_id)
        if found is None:
            raise Unauthorized(operation="liveAccount", status=401, code="not_connected")
        return found

    def _is_own(self, account_id: str) -> bool:
        return bool(self._home) and account_id == live_account_id(self._home)
