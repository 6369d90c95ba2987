"""Block Kit's text objects and interactive elements, with their limits."""

from __future__ import annotations

from emulators.slack.schema import (
    Rule,
    anything,
    array,
    boolean,
    choice,
    number,
    one_of,
    record,
    string,
    typed,
)

ID = string(255)
URL = string(3000)


def text(most: int, *kinds: str, least: int = 1) -> Rule:
    """A text object of at most `most` characters; both kinds unless one is named."""
    rules = {
        "plain_text": record({"text": string(most, least)}, {"emoji": boolean}),
        "mrkdwn": record({"text": string(most, least)}, {"verbatim": boolean}),
    }
    return typed(rules, *kinds)


def plain(most: int) -> Rule:
    """A `plain_text` object."""
    return text(most, "plain_text")


SLACK_FILE = record({}, {"id": string(255), "url": URL}, one_of("id", "url"))
CONFIRM = record(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": choice("primary", "danger")},
)
OPTION = record({"text": text(75), "value": string(150)}, {"description": text(75), "url": URL})
OPTION_GROUP = record({"label": plain(75), "options": array(OPTION, 100)})
FEEDBACK_BUTTON = record({"text": plain(75), "value": string(2000)}, {"accessibility_label": string(75)})

IMAGE = record(
    {"alt_text": string(2000)}, {"image_url": URL, "slack_file": SLACK_FILE}, one_of("image_url", "slack_file")
)
BUTTON = record(
    {"text": plain(75)},
    {
        "action_id": ID,
        "value": string(2000),
        "url": URL,
        "style": choice("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
        "visible_to_user_ids": array(ID, 10),
        "agent_prompt": string(4000),
        "agent_prompt_display": anything,
    },
)
_COMMON = {"action_id": ID, "confirm": CONFIRM, "focus_on_load": boolean, "placeholder": plain(150)}
_MULTIPLE = {**_COMMON, "max_selected_items": number(1, 100)}
_STATIC = {"options": array(OPTION, 100), "option_groups": array(OPTION_GROUP, 100)}
_OPTIONS = array(OPTION, 10)
_INPUT = {"action_id": ID, "focus_on_load": boolean, "placeholder": plain(150), "dispatch_action_config": anything}
_CONVERSATIONS = {"default_to_current_conversation": boolean, "filter": anything}

ELEMENTS: dict[str, Rule] = {
    "button": BUTTON,
    "image": IMAGE,
    "plain_text": text(3000, "plain_text"),
    "mrkdwn": text(3000, "mrkdwn"),
    "overflow": record({"options": array(OPTION, 5)}, {"action_id": ID, "confirm": CONFIRM}),
    "static_select": record({}, {**_COMMON, **_STATIC, "initial_option": OPTION}, one_of(*_STATIC)),
    "multi_static_select": record(
        {}, {**_MULTIPLE, **_STATIC, "initial_options": array(OPTION, 100)}, one_of(*_STATIC)
    ),
    "external_select": record({}, {**_COMMON, "initial_option": OPTION, "min_query_length": number(0, 3000)}),
    "multi_external_select": record(
        {}, {**_MULTIPLE, "initial_options": array(OPTION, 100), "min_query_length": number(0, 3000)}
    ),
    "users_select": record({}, {**_COMMON, "initial_user": ID}),
    "multi_users_select": record({}, {**_MULTIPLE, "initial_users": array(ID, 100)}),
    "channels_select": record({}, {**_COMMON, "initial_channel": ID, "response_url_enabled": boolean}),
    "multi_channels_select": record({}, {**_MULTIPLE, "initial_channels": array(ID, 100)}),
    "conversations_select": record(
        {}, {**_COMMON, **_CONVERSATIONS, "initial_conversation": ID, "response_url_enabled": boolean}
    ),
    "multi_conversations_select": record({}, {**_MULTIPLE, **_CONVERSATIONS, "initial_conversations": array(ID, 100)}),
    "checkboxes": record(
        {"options": _OPTIONS},
        {"action_id": ID, "confirm": CONFIRM, "focus_on_load": boolean, "initial_options": _OPTIONS},
    ),
    "radio_buttons": record(
        {"options": _OPTIONS},
        {"action_id": ID, "confirm": CONFIRM, "focus_on_load": boolean, "initial_option": OPTION},
    ),
    "datepicker": record({}, {**_COMMON, "initial_date": string(10)}),
    "timepicker": record({}, {**_COMMON, "initial_time": string(5), "timezone": string(100)}),
    "datetimepicker": record({}, {**_COMMON, "initial_date_time": number(0, 9_999_999_999)}),
    "plain_text_input": record(
        {},
        {
            **_INPUT,
            "initial_value": string(3000, 0),
            "multiline": boolean,
            "min_length": number(0, 3000),
            "max_length": number(1, 3000),
        },
    ),
    "email_text_input": record({}, {**_INPUT, "initial_value": string(3000)}),
    "url_text_input": record({}, {**_INPUT, "initial_value": string(3000)}),
    "number_input": record(
        {"is_decimal_allowed": boolean},
        {**_INPUT, "initial_value": string(100), "min_value": string(100), "max_value": string(100)},
    ),
    "rich_text_input": record(
        {}, {**_INPUT, "initial_value": anything, "min_lines": number(1, 100), "max_lines": number(1, 100)}
    ),
    "file_input": record({}, {"action_id": ID, "filetypes": array(ID, 100), "max_files": number(1, 10)}),
    "feedback_buttons": record(
        {"positive_button": FEEDBACK_BUTTON, "negative_button": FEEDBACK_BUTTON}, {"action_id": ID}
    ),
    "icon_button": record(
        {"icon": choice("trash"), "text": plain(75)},
        {
            "action_id": ID,
            "value": string(2000),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
            "visible_to_user_ids": array(ID, 10),
        },
    ),
    "workflow_button": record(
        {"text": plain(75), "workflow": anything},
        {"action_id": ID, "style": choice("primary", "danger"), "accessibility_label": string(75)},
    ),
}

_MENUS = ("static_select", "external_select", "users_select", "channels_select", "conversations_select")
_PICKERS = ("checkboxes", "radio_buttons", "datepicker", "timepicker")
_MULTI_MENUS = tuple(f"multi_{menu}" for menu in _MENUS)
ACTION_TYPES = ("button", "overflow", "datetimepicker", "workflow_button", "rich_text_input", *_MENUS, *_PICKERS)
ACCESSORY_TYPES = ("button", "image", "overflow", "workflow_button", *_MENUS, *_MULTI_MENUS, *_PICKERS)
INPUT_TYPES = (
    "plain_text_input",
    "email_text_input",
    "url_text_input",
    "number_input",
    "rich_text_input",
    "datetimepicker",
    *_MENUS,
    *_MULTI_MENUS,
    *_PICKERS,
)
