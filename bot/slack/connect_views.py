"""What people see of connecting a HeyGen account: the invitation, the dialog, what came of it. Pure functions."""

from __future__ import annotations

from decimal import Decimal

from slack_sdk.models.blocks import ActionsBlock, ButtonElement

from agent.records import Json
from bot.slack import account_dialog
from bot.slack.account_dialog import Words
from bot.slack.blocks import Post, post, section
from heygen.models import Balance

CONNECT = "connect_heygen"
REMOVE = "remove_heygen"
KEY = "api_key"
TRUTO = "truto_account"
TITLE = "Connect HeyGen"
FIRST = "Before I can make anything, an admin has to connect this workspace's HeyGen account."
WORDS = Words(
    connect=CONNECT,
    remove=REMOVE,
    field=KEY,
    only_admins="Only an admin can connect a HeyGen account: whoever installed me here, or who is named as one.",
    removed=(
        "The HeyGen account is disconnected, and its key is deleted as soon as no job of it is under way. "
        "Until another is connected I can't make anything here."
    ),
    none_there="No HeyGen account is connected here.",
)


def connect_button(text: str = "Connect HeyGen") -> ButtonElement:
    """Opens the dialog."""
    return ButtonElement(text=text, action_id=CONNECT, style="primary")


def invitation(text: str = FIRST) -> Post:
    """One sentence and the button."""
    return post(text, [section(text), ActionsBlock(elements=[connect_button()])])


def dialog(*, connected: bool, truto: bool) -> Json:
    """Asks for a key, or for the account's id at Truto where we have a token for that."""
    about = (
        "I use the account for this workspace alone and check it at once. The key is stored encrypted, is never "
        "shown again and never logged. Jobs under way stay with the account that they were made with."
    )
    entries = [account_dialog.entry(KEY, "HeyGen API key", "From HeyGen's settings, under API.", optional=truto)]
    if truto:
        hint = "Where HeyGen is connected in Truto."
        entries.append(account_dialog.entry(TRUTO, "or: id of the account at Truto", hint, optional=True))
    return account_dialog.dialog(CONNECT, "Replace HeyGen" if connected else TITLE, about, entries)


def connected_view(balance: Balance) -> Json:
    """It works, and what is left in it."""
    return account_dialog.connected_view(CONNECT, f"The HeyGen account is connected. {left(balance)}")


def left(balance: Balance) -> str:
    """What an account has left, in its own unit."""
    if balance.remaining is None or balance.currency is None:
        return "HeyGen does not say what is left in it."
    amount = balance.remaining.quantize(Decimal("0.01"))
    shown = f"${amount:,}" if balance.currency == "usd" else f"{amount:,} {balance.currency}"
    return f"It has {shown} left."


def entered(state: Json) -> tuple[str, str]:
    """Key and Truto account of a submitted dialog's `state`, each empty where nothing was typed."""
    return account_dialog.entered(state, KEY), account_dialog.entered(state, TRUTO)
