"""Interactive elements under a person's hands: what a press tells, what a choice leaves, what is not sent."""

from __future__ import annotations

from typing import Any

from emulators.slack.blocks import elements
from emulators.slack.errors import CannotDoError
from emulators.slack.state import Json

_SELECTED = {
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "multi_users_select": "selected_users",
    "multi_channels_select": "selected_channels",
    "multi_conversations_select": "selected_conversations",
    "file_input": "files",
}
_ONE_OPTION = ("static_select", "external_select", "overflow", "radio_buttons")
_MANY_OPTIONS = ("multi_static_select", "multi_external_select", "checkboxes")
_TEXTS = ("plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input")
_TOLD_OF_BUTTONS = ("text", "value", "style", "url", "confirm")
_TOLD_OF_MENUS = ("placeholder", "initial_option", "confirm")


def find_element(blocks: list[Json], action_id: str, value: str | None = None) -> tuple[Json, Json]:
    """The block and element with this action id; `value` tells several buttons of one action id apart."""
    found = [(block, element) for block, element in elements(blocks) if element["action_id"] == action_id]
    if value is not None and len(found) > 1:
        found = [pair for pair in found if pair[1].get("value") == value]
    if not found:
        known = sorted({element["action_id"] for _, element in elements(blocks)})
        raise CannotDoError(f"no element {action_id} here, only {known}")
    return found[0]


def _options(element: Json) -> list[Json]:
    groups = [option for group in element.get("option_groups", ()) for option in group["options"]]
    return [*element.get("options", ()), *groups]


def _option(element: Json, value: Any) -> Json:
    if "external" in element["type"]:
        if isinstance(value, dict):  # as the app has suggested it
            return {"text": value["text"], "value": value["value"]}
        return {"text": {"type": "plain_text", "text": value, "emoji": True}, "value": value}
    for option in _options(element):
        if value in (option["value"], option["text"]["text"]):
            return option
    raise CannotDoError(f"no option {value} in {element['action_id']}")


def chosen(element: Json, value: Any) -> Json:
    """What an element's state is after a person chose or typed `value`."""
    kind = element["type"]
    if kind in _ONE_OPTION:
        return {"selected_option": None if value is None else _option(element, value)}
    if kind in _MANY_OPTIONS:
        return {"selected_options": [_option(element, one) for one in value or ()]}
    if kind in _SELECTED:
        return {_SELECTED[kind]: value}
    if kind in _TEXTS:
        return {"value": value}
    raise CannotDoError(f"nothing can be chosen in a {kind}")


def pressed(element: Json, value: str | None) -> Json:
    """What a press of a button tells; a person who was asked to confirm has done so."""
    if element["type"] == "feedback_buttons":
        buttons = [element["positive_button"], element["negative_button"]]
        button = next((button for button in buttons if button["value"] == value), buttons[0])
        return {"text": button["text"], "value": button["value"]}
    if element["type"] not in ("button", "icon_button"):
        raise CannotDoError(f"a {element['type']} cannot be clicked")
    return {name: element[name] for name in _TOLD_OF_BUTTONS if name in element}


def told_of_choice(element: Json, choice: Json) -> Json:
    """What the app is told of a choice beside the choice itself."""
    return {**{name: element[name] for name in _TOLD_OF_MENUS if name in element}, **choice}


def initial_values(blocks: list[Json]) -> Json:
    """The state of fresh blocks by block id and action id: what each input starts with, empty ones too."""
    values: Json = {}
    for block, element in elements(blocks):
        name = _state_name(element["type"])
        if name is None or element["type"] == "overflow":
            continue
        started = next((value for key, value in element.items() if key.startswith("initial_")), None)
        empty: Any = [] if name.endswith("s") else None
        state = {"type": element["type"], name: empty if started is None else started}
        values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


def _state_name(kind: str) -> str | None:
    if kind in _ONE_OPTION:
        return "selected_option"
    if kind in _MANY_OPTIONS:
        return "selected_options"
    return "value" if kind in _TEXTS else _SELECTED.get(kind)


def kept_values(blocks: list[Json], before: Json) -> Json:
    """The state of changed blocks: inputs that are still there keep what was chosen or typed."""
    fresh = initial_values(blocks)
    for block_id, actions in fresh.items():
        actions.update({k: v for k, v in before.get(block_id, {}).items() if k in actions})
    return fresh


def complaint(element: Json, state: Json) -> str | None:
    """Why Slack's client would not submit this input as it is, None when it would."""
    value = state.get("value")
    if element["type"] not in _TEXTS or not isinstance(value, str) or not value:
        return None
    if element["type"] == "number_input":
        return _number_complaint(element, value)
    if len(value) < element.get("min_length", 0):
        return f"must have at least {element['min_length']} characters"
    if len(value) > element.get("max_length", 3000):
        return f"must have at most {element.get('max_length', 3000)} characters"
    return None


def _number_complaint(element: Json, value: str) -> str | None:
    try:
        number = float(value) if element["is_decimal_allowed"] else int(value)
    except ValueError:
        return "must be a number"
    if "min_value" in element and number < float(element["min_value"]):
        return f"must be at least {element['min_value']}"
    if "max_value" in element and number > float(element["max_value"]):
        return f"must be at most {element['max_value']}"
    return None
