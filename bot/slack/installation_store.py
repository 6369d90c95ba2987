"""slack-sdk's idea of a store of installations, over our rows: what Bolt's OAuth flow hands over is kept there."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore

from agent.ports import Clock
from bot.store.installations import Installed

OnInstalled = Callable[[Installed, str], Awaitable[None]]
"""What is done about a new installation and the person who made it."""


class Rows(Protocol):
    """Where they are kept (`bot.store.installations.Installations`)."""

    async def put(self, new: Installed) -> None:
        """Keep one in the place of what there was."""
        ...

    async def find(self, team_id: str | None, enterprise_id: str | None = None) -> Installed | None:
        """The one that serves a workspace."""
        ...

    async def doubt(self, installation_id: str) -> bool:
        """It may be over."""
        ...


class RowInstallationStore(AsyncInstallationStore):
    """Bot tokens only: nobody's own token is asked for. Deleting means to have it looked at, as after an event."""

    def __init__(self, rows: Rows, *, clock: Clock, installed: OnInstalled) -> None:
        self._rows = rows
        self._clock = clock
        self._installed = installed

    async def async_save(self, installation: Installation) -> None:
        """Keep an installation, and do what is done about a new one."""
        new = self._row(installation)
        await self._rows.put(new)
        await self._installed(new, installation.user_id or "")

    async def async_save_bot(self, bot: Bot) -> None:
        """Keep a bot's token."""
        await self._rows.put(self._row(bot))

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """The bot of a workspace, None where there is none or it is gone."""
        found = await self._find(enterprise_id, team_id, is_enterprise_install)
        return None if found is None else self._installation(found).to_bot()

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:
        """The installation of a workspace, None where there is none or it is gone. Who made it is not kept here."""
        found = await self._find(enterprise_id, team_id, is_enterprise_install)
        return None if found is None else self._installation(found)

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """Have it looked at."""
        await self._rows.doubt(team_id or enterprise_id or "")

    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """Have it looked at."""
        await self._rows.doubt(team_id or enterprise_id or "")

    async def _find(self, enterprise_id: str | None, team_id: str | None, whole: bool | None) -> Installed | None:
        found = await self._rows.find(None if whole else team_id, enterprise_id if whole else None)
        return None if found is None or found.gone_at is not None else found

    def _row(self, new: Installation | Bot) -> Installed:
        """slack-sdk counts on the machine's clock; what is left of the token's life is what matters."""
        whole = bool(new.is_enterprise_install)
        left = None if new.bot_token_expires_at is None else new.bot_token_expires_at - time.time()
        name = new.enterprise_name if whole else new.team_name
        return Installed(
            id=str((new.enterprise_id if whole else new.team_id) or ""),
            enterprise_id=new.enterprise_id if whole else None,
            team_id=None if whole else new.team_id,
            name=name or "",
            app_id=new.app_id or "",
            bot_user_id=new.bot_user_id or "",
            bot_id=new.bot_id or "",
            scopes=",".join(new.bot_scopes or ()),
            token=new.bot_token or "",
            refresh_token=new.bot_refresh_token,
            expires_at=None if left is None else self._clock.now() + left,
        )

    def _installation(self, found: Installed) -> Installation:
        left = None if found.expires_at is None else int(found.expires_at - self._clock.now() + time.time())
        return Installation(
            app_id=found.app_id,
            enterprise_id=found.enterprise_id,
            team_id=found.team_id,
            team_name=found.name,
            bot_token=found.token,
            bot_id=found.bot_id,
            bot_user_id=found.bot_user_id,
            bot_scopes=found.scopes,
            bot_refresh_token=found.refresh_token,
            bot_token_expires_at=left,
            user_id="",
            is_enterprise_install=found.is_enterprise,
        )
