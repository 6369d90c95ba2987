"""What admins see of connecting a LiveAvatar account: the dialog, what came of it. Pure functions."""

from __future__ import annotations

from decimal import Decimal

from slack_sdk.models.blocks import ButtonElement, InputBlock, PlainTextInputElement, PlainTextObject
from slack_sdk.models.views import View

from agent.records import Json
from bot.slack.blocks import section
from bot.slack.fields import typed_in
from bot.slack.text import safe

CONNECT = "connect_liveavatar"
REMOVE = "remove_liveavatar"
KEY = "live_key"
AVATAR = "live_avatar"
LONGEST = 300
ONLY_ADMINS = "Only an admin can connect a LiveAvatar account: whoever installed me here, or who is named as one."


def connect_button(text: str) -> ButtonElement:
    """Opens the dialog."""
    return ButtonElement(text=text, action_id=CONNECT)


def dialog(*, connected: bool) -> Json:
    """Asks for a key and a face. Nothing is ever filled in."""
    about = (
        "For live sessions of this workspace alone. I check both at once. The key is stored encrypted, is never shown "
        "again and never logged. A session that runs goes on with the account that it was begun with."
    )
    view = View(
        type="modal",
        callback_id=CONNECT,
        title=PlainTextObject(text="Replace LiveAvatar" if connected else "Connect LiveAvatar"),
        submit=PlainTextObject(text="Check and connect"),
        close=PlainTextObject(text="Not now"),
        blocks=[
            section(about),
            _entry(KEY, "LiveAvatar API key", "From LiveAvatar's settings. HeyGen's key is another one."),
            _entry(AVATAR, "Id of the avatar", "The face that talks with people, as LiveAvatar lists it."),
        ],
    )
    return view.to_dict()


def _entry(name: str, label: str, hint: str) -> InputBlock:
    return InputBlock(
        block_id=name,
        label=PlainTextObject(text=label),
        hint=PlainTextObject(text=hint),
        element=PlainTextInputElement(action_id=name, max_length=LONGEST),
    )


def connected_view(face: str | None, credits: Decimal) -> Json:
    """It works, who will talk, and what is left in it."""
    who = f" *{safe(face, 80)}* talks with people." if face else ""
    text = f":white_check_mark: The LiveAvatar account is connected.{who} It has {credits.normalize():f} credits left."
    view = View(
        type="modal",
        callback_id=f"{CONNECT}_done",
        title=PlainTextObject(text="Connected"),
        close=PlainTextObject(text="Done"),
        blocks=[section(text)],
    )
    return view.to_dict()


def entered(state: Json) -> tuple[str, str]:
    """Key and avatar of a submitted dialog's `state`."""
    return typed_in(state, KEY).strip()[:LONGEST], typed_in(state, AVATAR).strip()[:LONGEST]
