"""Connecting, replacing and removing a workspace's HeyGen account.

What is typed is checked while the dialog is open and then stored sealed. It is in no row of the inbox, in no log and in
no answer.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from agent.ports import Roles
from agent.records import DeliveryKind, InboxRow
from agent.rights import Right, may
from bot.slack import connect_views as views
from bot.slack.router import Answer, Interaction, Router, refusal
from bot.store.credentials import Credential, Kind
from bot.store.outbox import NewDelivery
from heygen import HeyGenError, Unauthorized
from heygen.models import Balance

log = structlog.get_logger(__name__)

CHECK_SECONDS = 2.0  # Slack waits three for the answer to a dialog
KEY = re.compile(r"[\x21-\x7e]{8,300}")
TRUTO_ACCOUNT = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
NOT_THERE = "HeyGen did not answer just now. Nothing was changed; please try again."
NOT_ACCEPTED = "HeyGen does not accept this key. Copy it once more from HeyGen's settings."
NOT_AT_TRUTO = "Truto knows no working HeyGen account by this id. Connect HeyGen there first."
ELSEWHERE = "This account is connected to another workspace already, and accounts are not shared."
ONE_OF_TWO = "Give one of the two: the key, or the account at Truto."
NO_KEY = "This does not look like an API key."
REMOVED = (
    "The HeyGen account is disconnected, and its key is deleted as soon as no job of it is under way. "
    "Until another is connected I can't make anything here."
)
NONE_THERE = "No HeyGen account is connected here."


class Credentials(Protocol):
    """Where they are kept (`bot.store.credentials.Credentials`)."""

    async def connect(self, workspace_id: str, kind: Kind, secret: str, *, actor: str) -> Credential | None:
        """Connect an account; None where another workspace has this very one."""
        ...

    async def remove(self, workspace_id: str, *, actor: str) -> bool:
        """Take it away."""
        ...

    async def current(self, workspace_id: str) -> str | None:
        """The account that a workspace has connected."""
        ...


class Notices(Protocol):
    """Queues posts."""

    async def enqueue(self, new: NewDelivery) -> str:
        """Queue a post, or leave the one that has its key."""
        ...


Check = Callable[[Kind, str], Awaitable[Balance]]
"""Asks HeyGen once with what was typed; `HeyGenError` where that fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connecting:
    """The handlers. `truto` says that we have a token for accounts at Truto.

    `reserved` tells what may not be connected in a workspace; `changed` is told when something was.
    """

    credentials: Credentials
    check: Check
    roles: Roles
    truto: bool
    reserved: Callable[[Kind, str, str], bool]
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
        connected = await self.credentials.current(interaction.team_id) is not None
        return Answer(open_view=views.dialog(connected=connected, truto=self.truto))

    async def submitted(self, interaction: Interaction) -> Answer:
        """Check what was typed, and keep it if it works."""
        if interaction.is_dismissal:
            return Answer()
        key, account = views.entered(interaction.state)
        if not self._may(interaction):
            return refusal(views.KEY, views.ONLY_ADMINS)
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

    async def remove(self, interaction: Interaction) -> Answer:
        """Disconnect the account."""
        if not self._may(interaction):
            return Answer(text=views.ONLY_ADMINS)
        gone = await self.credentials.remove(interaction.team_id, actor=interaction.user_id)
        self.changed()
        return Answer(text=REMOVED if gone else NONE_THERE)

    def _unlikely(self, kind: Kind, secret: str, workspace_id: str) -> str | None:
        """What is wrong with what was typed, before anybody is asked; None when nothing is."""
        if self.reserved(kind, secret, workspace_id):
            return ELSEWHERE
        if kind is Kind.KEY:
            return None if KEY.fullmatch(secret) else NO_KEY
        return None if self.truto and TRUTO_ACCOUNT.fullmatch(secret) else NOT_AT_TRUTO

    def _may(self, interaction: Interaction) -> bool:
        return may(Right.MANAGE_ACCOUNT, self.roles.appointed(interaction.team_id, interaction.user_id))


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
