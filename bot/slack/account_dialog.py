"""Connecting, replacing and removing an account of a workspace, as far as it does not matter at which service.

What is typed is checked while the dialog is open and then stored sealed. It is in no row of the inbox, in no log and in
no answer.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from slack_sdk.models.blocks import Block, InputBlock, PlainTextInputElement, PlainTextObject
from slack_sdk.models.views import View

from agent.ports import Roles
from agent.records import Json
from agent.rights import Right, may
from bot.slack.blocks import section
from bot.slack.fields import typed_in
from bot.slack.router import Answer, Interaction, Router, refusal

CHECK_SECONDS = 2.0  # Slack waits three for the answer to a dialog
KEY = re.compile(r"[\x21-\x7e]{8,300}")
LONGEST = 300
NO_KEY = "This does not look like an API key."
ELSEWHERE = "This account is connected to another workspace already, and accounts are not shared."


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Names and sentences of one service. `connect` and `remove` are actions, `field` is the first of the dialog."""

    connect: str
    remove: str
    field: str
    only_admins: str
    removed: str
    none_there: str


class Accounts(Protocol):
    """Where they are kept."""

    async def remove(self, workspace_id: str, *, actor: str) -> bool:
        """Take it away."""
        ...

    async def current(self, workspace_id: str) -> str | None:
        """The account that a workspace has connected."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDialog(ABC):
    """The handlers of the buttons and the dialog; `changed` is told when something was."""

    roles: Roles
    changed: Callable[[], None]
    seconds: float = CHECK_SECONDS

    words: ClassVar[Words]

    def register(self, router: Router) -> None:
        """Add the buttons and the dialog to the router."""
        router.add("action", self.words.connect, self.open)
        router.add("action", self.words.remove, self.remove)
        router.add("view", self.words.connect, self.submitted)

    async def open(self, interaction: Interaction) -> Answer:
        """Show the dialog to an admin."""
        if not self._may(interaction):
            return Answer(text=self.words.only_admins)
        connected = await self._accounts().current(interaction.team_id) is not None
        return Answer(open_view=self._dialog(connected=connected))

    async def submitted(self, interaction: Interaction) -> Answer:
        """Check what was typed, and keep it if it works."""
        if interaction.is_dismissal:
            return Answer()
        if not self._may(interaction):
            return refusal(self.words.field, self.words.only_admins)
        return await self._entered(interaction)

    async def remove(self, interaction: Interaction) -> Answer:
        """Disconnect the account."""
        if not self._may(interaction):
            return Answer(text=self.words.only_admins)
        gone = await self._accounts().remove(interaction.team_id, actor=interaction.user_id)
        self.changed()
        return Answer(text=self.words.removed if gone else self.words.none_there)

    def _may(self, interaction: Interaction) -> bool:
        return may(Right.MANAGE_ACCOUNT, self.roles.appointed(interaction.team_id, interaction.user_id))

    @abstractmethod
    def _accounts(self) -> Accounts:
        """Where they are kept."""

    @abstractmethod
    def _dialog(self, *, connected: bool) -> Json:
        """What is asked; whether there is an account already."""

    @abstractmethod
    async def _entered(self, interaction: Interaction) -> Answer:
        """An admin has submitted it."""


def dialog(callback_id: str, title: str, about: str, entries: Sequence[Block]) -> Json:
    """Says what becomes of it, and asks. Nothing is ever filled in."""
    view = View(
        type="modal",
        callback_id=callback_id,
        title=PlainTextObject(text=title),
        submit=PlainTextObject(text="Check and connect"),
        close=PlainTextObject(text="Not now"),
        blocks=[section(about), *entries],
    )
    return view.to_dict()


def entry(name: str, label: str, hint: str, *, optional: bool = False) -> InputBlock:
    """One thing to type."""
    return InputBlock(
        block_id=name,
        label=PlainTextObject(text=label),
        hint=PlainTextObject(text=hint),
        optional=optional,
        element=PlainTextInputElement(action_id=name, max_length=LONGEST),
    )


def entered(state: Json, name: str) -> str:
    """What was typed, empty where nothing was."""
    return typed_in(state, name).strip()[:LONGEST]


def connected_view(callback_id: str, text: str) -> Json:
    """It works, and what is left in it."""
    view = View(
        type="modal",
        callback_id=f"{callback_id}_done",
        title=PlainTextObject(text="Connected"),
        close=PlainTextObject(text="Done"),
        blocks=[section(f":white_check_mark: {text}")],
    )
    return view.to_dict()
