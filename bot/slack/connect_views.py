"""What people see of connecting a HeyGen account: the invitation, the dialog, what came of it. Pure functions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from slack_sdk.models.blocks import ActionsBlock, ButtonElement, InputBlock, PlainTextInputElement, PlainTextObject
from slack_sdk.models.views import View

from agent.records import Json
from bot.slack.blocks import Post, post, section
from bot.slack.fields import typed_in
from heygen.models import Balance

CONNECT = "connect_heygen"
REMOVE = "remove_heygen"
KEY = "api_key"
TRUTO = "truto_account"
LONGEST_KEY = 300
TITLE = "Connect HeyGen"
FIRST = "Before I can make anything, an admin has to connect this workspace's HeyGen account."
ONLY_ADMINS = "Only an admin can connect a HeyGen account: whoever installed me here, or who is named as one."


def connect_button(text: str = "Connect HeyGen") -> ButtonElement:
    """Opens the dialog."""
    return ButtonElement(text=text, action_id=CONNECT, style="primary")


def invitation(text: str = FIRST) -> Post:
    """One sentence and the button."""
    return post(text, [section(text), ActionsBlock(elements=[connect_button()])])


def dialog(*, connected: bool, truto: bool) -> Json:
    """Asks for a key, or for the account's id at Truto where we have a token for that. Nothing is ever filled in."""
    blocks: list[Any] = [
        section(
            "I use the account for this workspace alone and check it at once. The key is stored encrypted, is never "
            "shown again and never logged. Jobs under way stay with the account that they were made with."
        ),
        _entry(KEY, "HeyGen API key", "From HeyGen's settings, under API.", optional=truto),
    ]
    if truto:
        hint = "Where HeyGen is connected in Truto."
        blocks.append(_entry(TRUTO, "or: id of the account at Truto", hint, optional=True))
    view = View(
        type="modal",
        callback_id=CONNECT,
        title=PlainTextObject(text="Replace HeyGen" if connected else TITLE),
        submit=PlainTextObject(text="Check and connect"),
        close=PlainTextObject(text="Not now"),
        blocks=blocks,
    )
    return view.to_dict()


def _entry(name: str, label: str, hint: str, *, optional: bool) -> InputBlock:
    return InputBlock(
        block_id=name,
        label=PlainTextObject(text=label),
        hint=PlainTextObject(text=hint),
        optional=optional,
        element=PlainTextInputElement(action_id=name, max_length=LONGEST_KEY),
    )


def connected_view(balance: Balance) -> Json:
    """It works, and what is left in it."""
    text = f":white_check_mark: The HeyGen account is connected. {left(balance)}"
    view = View(
        type="modal",
        callback_id=f"{CONNECT}_done",
        title=PlainTextObject(text="Connected"),
        close=PlainTextObject(text="Done"),
        blocks=[section(text)],
    )
    return view.to_dict()


def left(balance: Balance) -> str:
    """What an account has left, in its own unit."""
    if balance.remaining is None or balance.currency is None:
        return "HeyGen does not say what is left in it."
    amount = balance.remaining.quantize(Decimal("0.01"))
    shown = f"${amount:,}" if balance.currency == "usd" else f"{amount:,} {balance.currency}"
    return f"It has {shown} left."


def entered(state: Json) -> tuple[str, str]:
    """Key and Truto account of a submitted dialog's `state`, each empty where nothing was typed."""
    return typed_in(state, KEY).strip()[:LONGEST_KEY], typed_in(state, TRUTO).strip()[:LONGEST_KEY]
