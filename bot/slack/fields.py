"""A dialog that asks for words, and what was typed into a dialog's field. A field's block and action have one name."""

from __future__ import annotations

from slack_sdk.models.blocks import InputBlock, PlainTextInputElement, PlainTextObject
from slack_sdk.models.views import View

from agent.records import Json

WORDS = "words"


def words_dialog(
    callback_id: str, value: str, *, title: str, submit: str, label: str, longest: int, hint: str | None = None
) -> Json:
    """Asks for at most `longest` characters in the field `WORDS`; `value` comes back with them."""
    entry = PlainTextInputElement(action_id=WORDS, multiline=True, max_length=longest)
    about = None if hint is None else PlainTextObject(text=hint)
    view = View(
        type="modal",
        callback_id=callback_id,
        title=PlainTextObject(text=title),
        submit=PlainTextObject(text=submit),
        close=PlainTextObject(text="Not now"),
        private_metadata=value,
        blocks=[InputBlock(block_id=WORDS, label=PlainTextObject(text=label), hint=about, element=entry)],
    )
    return view.to_dict()


def field_in(state: Json, name: str) -> Json:
    """A field of a submitted dialog's `state`; empty where there is none."""
    block = state.get(name)
    field = block.get(name) if isinstance(block, dict) else None
    return field if isinstance(field, dict) else {}


def typed_in(state: Json, name: str) -> str:
    """What stands in a field; empty where nothing was typed."""
    value = field_in(state, name).get("value")
    return value if isinstance(value, str) else ""


def picked_in(state: Json, name: str) -> str:
    """The value that was picked in a list; empty where nothing was."""
    option = field_in(state, name).get("selected_option")
    value = option.get("value") if isinstance(option, dict) else None
    return value if isinstance(value, str) else ""
