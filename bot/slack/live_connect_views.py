"""What admins see of connecting a LiveAvatar account: the dialog, what came of it. Pure functions."""

from __future__ import annotations

from decimal import Decimal

from slack_sdk.models.blocks import ButtonElement

from agent.records import Json
from bot.slack import account_dialog
from bot.slack.account_dialog import Words
from bot.slack.text import safe

CONNECT = "connect_liveavatar"
REMOVE = "remove_liveavatar"
KEY = "live_key"
AVATAR = "live_avatar"
WORDS = Words(
    connect=CONNECT,
    remove=REMOVE,
    field=KEY,
    only_admins="Only an admin can connect a LiveAvatar account: whoever installed me here, or who is named as one.",
    removed="The LiveAvatar account is disconnected. A session that runs goes on; its key is deleted after that.",
    none_there="No LiveAvatar account is connected here.",
)


def connect_button(text: str) -> ButtonElement:
    """Opens the dialog."""
    return ButtonElement(text=text, action_id=CONNECT)


def dialog(*, connected: bool) -> Json:
    """Asks for a key and a face."""
    about = (
        "For live sessions of this workspace alone. I check both at once. The key is stored encrypted, is never shown "
        "again and never logged. A session that runs goes on with the account that it was begun with."
    )
    face = "The face that talks with people, as LiveAvatar lists it."
    entries = [
        account_dialog.entry(KEY, "LiveAvatar API key", "From LiveAvatar's settings. HeyGen's key is another one."),
        account_dialog.entry(AVATAR, "Id of the avatar", face),
    ]
    title = "Replace LiveAvatar" if connected else "Connect LiveAvatar"
    return account_dialog.dialog(CONNECT, title, about, entries)


def connected_view(face: str | None, credits: Decimal) -> Json:
    """It works, who will talk, and what is left in it."""
    who = f" *{safe(face, 80)}* talks with people." if face else ""
    text = f"The LiveAvatar account is connected.{who} It has {credits.normalize():f} credits left."
    return account_dialog.connected_view(CONNECT, text)


def entered(state: Json) -> tuple[str, str]:
    """Key and avatar of a submitted dialog's `state`."""
    return account_dialog.entered(state, KEY), account_dialog.entered(state, AVATAR)
