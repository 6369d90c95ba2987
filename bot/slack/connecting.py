"""Connecting, replacing and removing a workspace's HeyGen account, and the invitation to where there is none."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

import structlog

from agent.records import DeliveryKind, InboxRow, Json
from bot.slack import connect_views as views
from bot.slack.account_dialog import ELSEWHERE, KEY, NO_KEY, AccountDialog, Accounts, Words
from bot.slack.router import Answer, Interaction, refusal
from bot.store.credentials import Credential, Kind
from bot.store.outbox import NewDelivery
from heygen import HeyGenError, Unauthorized
from heygen.models import Balance

log = structlog.get_logger(__name__)

TRUTO_ACCOUNT = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
NOT_THERE = "HeyGen did not answer just now. Nothing was changed; please try again."
NOT_ACCEPTED = "HeyGen does not accept this key. Copy it once more from HeyGen's settings."
NOT_AT_TRUTO = "Truto knows no working HeyGen account by this id. Connect HeyGen there first."
ONE_OF_TWO = "Give one of the two: the key, or the account at Truto."


class Credentials(Accounts, Protocol):
    """Where they are kept (`bot.store.credentials.Credentials`)."""

    async def connect(self, workspace_id: str, kind: Kind, secret: str, *, actor: str) -> Credential | None:
        """Connect an account; None where another workspace has this very one."""
        ...


class Notices(Protocol):
    """Queues posts."""

    async def enqueue(self, new: NewDelivery) -> str:
        """Queue a post, or leave the one that has its key."""
        ...


Check = Callable[[Kind, str], Awaitable[Balance]]
"""Asks HeyGen once with what was typed; `HeyGenError` where that fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connecting(AccountDialog):
    """A HeyGen account: by its key or, where we have a token for that (`truto`), by its id at Truto.

    `reserved` tells what may not be connected in a workspace.
    """

    credentials: Credentials
    check: Check
    truto: bool
    reserved: Callable[[Kind, str, str], bool]

    words: ClassVar[Words] = views.WORDS

    def _accounts(self) -> Accounts:
        return self.credentials

    def _dialog(self, *, connected: bool) -> Json:
        return views.dialog(connected=connected, truto=self.truto)

    async def _entered(self, interaction: Interaction) -> Answer:
        key, account = views.entered(interaction.state)
        if bool(key) == bool(account):
            return refusal(views.KEY, ONE_OF_TWO if self.truto else NO_KEY)
        kind, secret, field = (Kind.KEY, key, views.KEY) if key else (Kind.TRUTO, account, views.TRUTO)
        if problem := self._unlikely(kind, secret, interaction.team_id):
            return refusal(field, problem)
        try:
            async with asyncio.timeout(self.seconds):
                balance = await self.check(kind, secret)
        except Unauthorized:
            return refusal(field, NOT_ACCEPTED if key else NOT_AT_TRUTO)
        except (HeyGenError, TimeoutError) as error:
            log.warning("account_not_checked", workspace=interaction.team_id, error=type(error).__name__)
            return refusal(field, NOT_THERE if key else NOT_AT_TRUTO)
        return await self._keep(interaction, kind, secret, balance)

    async def _keep(self, interaction: Interaction, kind: Kind, secret: str, balance: Balance) -> Answer:
        new = await self.credentials.connect(interaction.team_id, kind, secret, actor=interaction.user_id)
        if new is None:
            return refusal(views.KEY if kind is Kind.KEY else views.TRUTO, ELSEWHERE)
        log.info("account_connected", workspace=interaction.team_id, account=new.account_id, kind=kind.value)
        self.changed()
        return Answer(response_action="update", open_view=views.connected_view(balance))

    def _unlikely(self, kind: Kind, secret: str, workspace_id: str) -> str | None:
        """What is wrong with what was typed, before anybody is asked; None when nothing is."""
        if self.reserved(kind, secret, workspace_id):
            return ELSEWHERE
        if kind is Kind.KEY:
            return None if KEY.fullmatch(secret) else NO_KEY
        return None if self.truto and TRUTO_ACCOUNT.fullmatch(secret) else NOT_AT_TRUTO


@dataclass(frozen=True, slots=True)
class ConnectFirst:
    """`bot.lane_worker.Relay`: where nothing is connected, a message is answered with one sentence and the button."""

    connected: Callable[[str], Awaitable[bool]]
    notices: Notices
    kick: Callable[[], None]

    async def take(self, row: InboxRow) -> bool:
        """Whether the message was answered so."""
        if await self.connected(row.workspace_id):
            return False
        body = {"text": views.FIRST, "connect": True}
        await self.notices.enqueue(NewDelivery(row.conversation_id, DeliveryKind.REPLY, f"connect:{row.id}", body=body))
        self.kick()
        return True
