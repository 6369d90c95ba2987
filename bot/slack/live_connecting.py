"""Connecting, replacing and removing a workspace's LiveAvatar account: a key, and the face that talks with people."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Protocol

import structlog

from agent.records import Json
from bot.slack import live_connect_views as views
from bot.slack.account_dialog import ELSEWHERE, KEY, NO_KEY, AccountDialog, Accounts, Words
from bot.slack.router import Answer, Interaction, refusal
from bot.store.live_accounts import LiveAccount
from heygen import HeyGenError, NotFound, Unauthorized
from heygen.live.models import Avatar

log = structlog.get_logger(__name__)

FACE = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
NOT_THERE = "LiveAvatar did not answer just now. Nothing was changed; please try again."
NOT_ACCEPTED = "LiveAvatar does not accept this key. Copy it once more from LiveAvatar's settings."
NO_FACE = "LiveAvatar has no avatar with this id for this account."
UNUSABLE = "This avatar cannot be used for sessions right now: LiveAvatar says that it is not active."

Found = tuple[Decimal, Avatar]


class LiveAccounts(Accounts, Protocol):
    """Where they are kept (`bot.store.live_accounts.LiveAccountRows`)."""

    async def connect(self, workspace_id: str, key: str, avatar_id: str, *, actor: str) -> LiveAccount | None:
        """Connect an account; None where another workspace has this very one."""
        ...


Check = Callable[[str, str], Awaitable[Found]]
"""Asks LiveAvatar for the credits and the avatar with what was typed; `HeyGenError` where that fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveConnecting(AccountDialog):
    """A LiveAvatar account. `reserved` tells which keys may not be connected in a workspace."""

    accounts: LiveAccounts
    check: Check
    reserved: Callable[[str, str], bool]

    words: ClassVar[Words] = views.WORDS

    def _accounts(self) -> Accounts:
        return self.accounts

    def _dialog(self, *, connected: bool) -> Json:
        return views.dialog(connected=connected)

    async def _entered(self, interaction: Interaction) -> Answer:
        key, face = views.entered(interaction.state)
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

    def _unlikely(self, key: str, face: str, workspace_id: str) -> tuple[str, str] | None:
        """The field and what is wrong with it, before anybody is asked; None when nothing is."""
        if self.reserved(key, workspace_id):
            return views.KEY, ELSEWHERE
        if not KEY.fullmatch(key):
            return views.KEY, NO_KEY
        return None if FACE.fullmatch(face) else (views.AVATAR, NO_FACE)
