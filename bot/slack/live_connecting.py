"""Connecting, replacing and removing a workspace's LiveAvatar account.

What is typed is checked while the dialog is open and then stored sealed. It is in no row of the inbox, in no log and in
no answer.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

import structlog

from agent.ports import Roles
from agent.rights import Right, may
from bot.slack import live_connect_views as views
from bot.slack.router import Answer, Interaction, Router, refusal
from bot.store.live_accounts import LiveAccount
from heygen import HeyGenError, NotFound, Unauthorized
from heygen.live.models import Avatar

log = structlog.get_logger(__name__)

CHECK_SECONDS = 2.0  # Slack waits three for the answer to a dialog
KEY = re.compile(r"[\x21-\x7e]{8,300}")
FACE = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
NOT_THERE = "LiveAvatar did not answer just now. Nothing was changed; please try again."
NOT_ACCEPTED = "LiveAvatar does not accept this key. Copy it once more from LiveAvatar's settings."
NO_KEY = "This does not look like an API key."
NO_FACE = "LiveAvatar has no avatar with this id for this account."
UNUSABLE = "This avatar cannot be used for sessions right now: LiveAvatar says that it is not active."
ELSEWHERE = "This account is connected to another workspace already, and accounts are not shared."
REMOVED = "The LiveAvatar account is disconnected. A session that runs goes on; its key is deleted after that."
NONE_THERE = "No LiveAvatar account is connected here."

Found = tuple[Decimal, Avatar]


class Accounts(Protocol):
    """Where they are kept (`bot.store.live_accounts.LiveAccountRows`)."""

    async def connect(self, workspace_id: str, key: str, avatar_id: str, *, actor: str) -> LiveAccount | None:
        """Connect an account; None where another workspace has this very one."""
        ...

    async def remove(self, workspace_id: str, *, actor: str) -> bool:
        """Take it away."""
        ...

    async def current(self, workspace_id: str) -> str | None:
        """The account that a workspace has connected."""
        ...


Check = Callable[[str, str], Awaitable[Found]]
"""Asks LiveAvatar for the credits and the avatar with what was typed; `HeyGenError` where that fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveConnecting:
    """The handlers. `reserved` tells which keys may not be connected in a workspace; `changed` is told of changes."""

    accounts: Accounts
    check: Check
    roles: Roles
    reserved: Callable[[str, str], bool]
    changed: Callable[[], None]
    seconds: float = CHECK_SECONDS

    def register(self, router: Router) -> None:
        """Add the buttons and the dialog to the router."""
        router.add("action", views.CONNECT, self.open)
        router.add("action", views.REMOVE, self.remove)
        router.add("view", views.CONNECT, self.submitted)

    async def open(self, interaction: Interaction) -> Answer:
        """Show the dialog to an admin."""
        if not self._may(interaction):
            return Answer(text=views.ONLY_ADMINS)
        connected = await self.accounts.current(interaction.team_id) is not None
        return Answer(open_view=views.dialog(connected=connected))

    async def submitted(self, interaction: Interaction) -> Answer:
        """Check what was typed, and keep it if it works."""
        if interaction.is_dismissal:
            return Answer()
        key, face = views.entered(interaction.state)
        if not self._may(interaction):
            return refusal(views.KEY, views.ONLY_ADMINS)
        if problem := self._unlikely(key, face, interaction.team_id):
            return refusal(*problem)
        try:
            async with asyncio.timeout(self.seconds):
                credits, avatar = await self.check(key, face)
        except Unauthorized:
            return refusal(views.KEY, NOT_ACCEPTED)
        except NotFound:
            return refusal(views.AVATAR, NO_FACE)
        except (HeyGenError, TimeoutError) as error:
            log.warning("live_account_not_checked", workspace=interaction.team_id, error=type(error).__name__)
            return refusal(views.KEY, NOT_THERE)
        if not avatar.usable:
            return refusal(views.AVATAR, UNUSABLE)
        return await self._keep(interaction, key, avatar, credits)

    async def _keep(self, interaction: Interaction, key: str, avatar: Avatar, credits: Decimal) -> Answer:
        new = await self.accounts.connect(interaction.team_id, key, avatar.id, actor=interaction.user_id)
        if new is None:
            return refusal(views.KEY, ELSEWHERE)
        log.info("live_account_connected", workspace=interaction.team_id, account=new.account_id)
        self.changed()
        return Answer(response_action="update", open_view=views.connected_view(avatar.name, credits))

    async def remove(self, interaction: Interaction) -> Answer:
        """Disconnect the account."""
        if not self._may(interaction):
            return Answer(text=views.ONLY_ADMINS)
        gone = await self.accounts.remove(interaction.team_id, actor=interaction.user_id)
        self.changed()
        return Answer(text=REMOVED if gone else NONE_THERE)

    def _unlikely(self, key: str, face: str, workspace_id: str) -> tuple[str, str] | None:
        """The field and what is wrong with it, before anybody is asked; None when nothing is."""
        if self.reserved(key, workspace_id):
            return views.KEY, ELSEWHERE
        if not KEY.fullmatch(key):
            return views.KEY, NO_KEY
        return None if FACE.fullmatch(face) else (views.AVATAR, NO_FACE)

    def _may(self, interaction: Interaction) -> bool:
        return may(Right.MANAGE_ACCOUNT, self.roles.appointed(interaction.team_id, interaction.user_id))
