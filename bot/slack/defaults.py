"""The dialog in which people choose who speaks in their videos, and approvers who speaks in everybody's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from slack_sdk.models.blocks import (
    ButtonElement,
    ExternalDataSelectElement,
    InputBlock,
    Option,
    PlainTextObject,
)
from slack_sdk.models.views import View

from agent.ports import Roles
from agent.presenters import Usual
from agent.records import Json
from agent.rights import Right, may
from bot.picks import Picks
from bot.slack.fields import picked_in
from bot.slack.pickers import AVATAR, TEXT_LIMIT, VOICE, picked
from bot.slack.router import Answer, Interaction, Router, refusal
from bot.slack.video_modal import NOT_NOW
from bot.store.usual import EVERYBODY
from heygen.records import AvatarLook, Voice

CHANGE = "change_defaults"
CHANGE_OURS = "change_everybodys_defaults"
MINE, OURS = "mine", "everybody"
NOT_YOURS = "Only approvers and admins choose who speaks for everybody."
GONE = "HeyGen does not list this one any more."


class Rows(Protocol):
    """Where choices are kept (`bot.store.usual.UsualSpeakers`)."""

    async def chosen(self, workspace_id: str, user_id: str, account_id: str) -> Usual:
        """What somebody has chosen."""
        ...

    async def choose(self, workspace_id: str, user_id: str, account_id: str, usual: Usual) -> None:
        """Keep a choice."""
        ...


class Accounts(Protocol):
    """Which account is a workspace's."""

    async def account_id(self, workspace_id: str) -> str:
        """The account."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """The handlers of the buttons and the dialog. The lists in it are those of the dialog that makes a video."""

    rows: Rows
    accounts: Accounts
    picks: Picks
    roles: Roles

    def register(self, router: Router) -> None:
        """Add them to the router."""
        router.add("action", CHANGE, self.open)
        router.add("action", CHANGE_OURS, self.open)
        router.add("view", CHANGE, self.submitted)

    async def open(self, interaction: Interaction) -> Answer:
        """The dialog with what is chosen now."""
        if not self._may(interaction):
            return Answer(text=NOT_YOURS)
        account_id = await self.accounts.account_id(interaction.team_id)
        self.picks.want(account_id)  # read while the dialog is on its way
        usual = await self.rows.chosen(interaction.team_id, _whose(interaction), account_id)
        return Answer(open_view=dialog(OURS if interaction.value == OURS else MINE, usual))

    async def submitted(self, interaction: Interaction) -> Answer:
        """Keep what was chosen; nothing chosen is no choice any more."""
        if interaction.is_dismissal:
            return Answer()
        if not self._may(interaction):
            return refusal(AVATAR, NOT_YOURS)
        chosen = {name: value for name in (AVATAR, VOICE) if (value := picked_in(interaction.state, name))}
        if not chosen:
            account_id = await self.accounts.account_id(interaction.team_id)
            await self.rows.choose(interaction.team_id, _whose(interaction), account_id, Usual())
            return Answer()
        found = await self.picks.of(interaction.team_id)
        if found is None:
            return refusal(next(iter(chosen)), NOT_NOW)
        account_id, known = found
        look, voice = picked(known.looks, chosen.get(AVATAR)), picked(known.voices, chosen.get(VOICE))
        for name, one in ((AVATAR, look), (VOICE, voice)):
            if name in chosen and one is None:
                return refusal(name, GONE)
        await self.rows.choose(interaction.team_id, _whose(interaction), account_id, _usual(look, voice))
        return Answer()

    def _may(self, interaction: Interaction) -> bool:
        appointed = self.roles.appointed(interaction.team_id, interaction.user_id)
        return interaction.value != OURS or may(Right.CHOOSE_SPEAKERS, appointed)


def change_button(whose: str, text: str) -> ButtonElement:
    """Opens the dialog."""
    return ButtonElement(text=text, action_id=CHANGE_OURS if whose == OURS else CHANGE, value=whose)


def _whose(interaction: Interaction) -> str:
    return EVERYBODY if interaction.value == OURS else interaction.user_id


def _usual(look: AvatarLook | None, voice: Voice | None) -> Usual:
    return Usual(
        avatar_id=None if look is None else look.id,
        avatar=None if look is None else look.name,
        voice_id=None if voice is None else voice.id,
        voice=None if voice is None else voice.name,
    )


def dialog(whose: str, usual: Usual) -> Json:
    """Two lists to type into, each of which may stay empty."""
    view = View(
        type="modal",
        callback_id=CHANGE,
        title=PlainTextObject(text="Who speaks for us" if whose == OURS else "Who speaks for me"),
        submit=PlainTextObject(text="Save"),
        close=PlainTextObject(text="Cancel"),
        private_metadata=whose,
        blocks=[
            _list(AVATAR, "Avatar", "Where nobody is named.", usual.avatar_id, usual.avatar),
            _list(VOICE, "Voice", "Where nobody is named; else the avatar's own speaks.", usual.voice_id, usual.voice),
        ],
    )
    return view.to_dict()


def _list(name: str, label: str, hint: str, value: str | None, shown: str | None) -> InputBlock:
    text = PlainTextObject(text=(shown or value or "")[:TEXT_LIMIT] or "-", emoji=False)
    now = None if value is None else Option(value=value, text=text)
    select = ExternalDataSelectElement(
        action_id=name, placeholder=PlainTextObject(text="The usual one"), min_query_length=0, initial_option=now
    )
    return InputBlock(
        block_id=name,
        label=PlainTextObject(text=label),
        hint=PlainTextObject(text=hint),
        element=select,
        optional=True,
    )
