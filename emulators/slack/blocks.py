"""Block Kit as Slack checks it: every block's shape, then the limits that count over a whole message or view."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, assert_never

from emulators.slack.block_elements import (
    ACCESSORY_TYPES,
    ACTION_TYPES,
    ELEMENTS,
    ID,
    IMAGE,
    INPUT_TYPES,
    SLACK_FILE,
    URL,
    plain,
    text,
)
from emulators.slack.errors import Refusal
from emulators.slack.schema import (
    Check,
    Problems,
    Rule,
    anything,
    array,
    boolean,
    choice,
    one_of,
    record,
    report,
    some_of,
    string,
    typed,
)

Surface = Literal["message", "modal", "home"]

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MARKDOWN_CHARACTERS = 12_000
TOTAL_CHARACTERS = 13_200  # undocumented; where Slack was seen to answer `msg_blocks_too_long`
ACTIONS_ELEMENTS = 25


def _block(required: dict[str, Rule], optional: dict[str, Rule] | None = None, *checks: Check) -> Rule:
    return record(required, {"block_id": ID, **(optional or {})}, *checks)


_RICH_TEXT = _block(
    {
        "elements": array(
            typed(
                dict.fromkeys(
                    ("rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"), anything
                )
            ),
            1000,
        )
    }
)
_TASK_FIELDS: dict[str, Rule] = {
    "task_id": string(255),
    "title": string(256),
    "status": choice("pending", "in_progress", "complete", "error"),
}
_TASK_DETAILS: dict[str, Rule] = {"details": _RICH_TEXT, "output": _RICH_TEXT, "sources": array(anything, 20)}
_TASK = _block(_TASK_FIELDS, _TASK_DETAILS)
_ACTION_BUTTONS = array(typed(ELEMENTS, "button", "icon_button"), 5)
_CARD = _block(
    {},
    {
        "hero_image": IMAGE,
        "icon": IMAGE,
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "actions": _ACTION_BUTTONS,
    },
    some_of("hero_image", "title", "actions", "body"),
)

COMMON_BLOCKS: dict[str, Rule] = {
    "divider": _block({}),
    "section": _block(
        {},
        {
            "text": text(3000),
            "fields": array(text(2000), 10),
            "accessory": typed(ELEMENTS, *ACCESSORY_TYPES),
            "expand": boolean,
        },
        some_of("text", "fields"),
    ),
    "header": _block({"text": plain(150)}),
    "image": _block(
        {"alt_text": string(2000)},
        {"image_url": URL, "slack_file": SLACK_FILE, "title": plain(2000)},
        one_of("image_url", "slack_file"),
    ),
    "context": _block({"elements": array(typed(ELEMENTS, "image", "plain_text", "mrkdwn"), 10)}),
    "actions": _block({"elements": array(typed(ELEMENTS, *ACTION_TYPES), ACTIONS_ELEMENTS)}),
    "rich_text": _RICH_TEXT,
    "alert": _block({"text": text(3000)}, {"level": choice("default", "info", "warning", "error", "success")}),
    "video": _block(
        {"alt_text": string(2000), "title": plain(199), "thumbnail_url": URL, "video_url": URL},
        {
            "title_url": URL,
            "description": plain(200),
            "provider_icon_url": URL,
            "provider_name": string(50),
            "author_name": string(49),
        },
    ),
}


def _input(*elements: str) -> Rule:
    return _block(
        {"label": plain(2000), "element": typed(ELEMENTS, *elements)},
        {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    )


_TABLE_CELL = typed({"rich_text": _RICH_TEXT, "raw_text": record({"text": string(3000, 0)}), "raw_number": anything})
_CHILDREN = {**COMMON_BLOCKS, "card": _CARD, "markdown": _block({"text": string(MARKDOWN_CHARACTERS)})}
BLOCKS: dict[Surface, dict[str, Rule]] = {
    "message": {
        **_CHILDREN,
        "input": _input(*INPUT_TYPES),
        "context_actions": _block({"elements": array(typed(ELEMENTS, "feedback_buttons", "icon_button"), 5)}),
        "table": _block({"rows": array(array(_TABLE_CELL, 20), 100)}, {"column_settings": array(anything, 20, 0)}),
        "task_card": _TASK,
        "plan": _block({"title": string(256)}, {"tasks": array(_TASK, 50, 0)}),
        "carousel": _block({"elements": array(typed({"card": _CARD}), 10)}),
        "container": _block(
            {"child_blocks": array(typed(_CHILDREN), 10)},
            {
                "title": plain(150),
                "rich_text_title": _RICH_TEXT,
                "subtitle": plain(150),
                "width": choice("narrow", "standard", "wide", "full"),
                "icon": IMAGE,
                "is_collapsible": boolean,
                "default_collapsed": boolean,
                "has_header_divider": boolean,
            },
            some_of("title", "rich_text_title"),
        ),
    },
    "modal": {**COMMON_BLOCKS, "input": _input("file_input", *INPUT_TYPES)},
    "home": {**COMMON_BLOCKS, "input": _input(*INPUT_TYPES)},
}


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside `value`, outermost first."""
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from walk(member)
    elif isinstance(value, list):
        for member in value:
            yield from walk(member)


def elements(blocks: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each interactive element with the block it sits in."""
    for block in blocks:
        children = [*block.get("child_blocks", ())]
        children += [card for card in block.get("elements", ()) if card.get("type") == "card"]
        yield from elements(children)
        if block["type"] == "rich_text":
            continue
        inside = [*block.get("elements", ()), *block.get("actions", ())]
        inside += [block[name] for name in ("accessory", "element") if block.get(name)]
        for element in inside:
            if "action_id" in element:
                yield block, element


def block_problems(blocks: Any, surface: Surface) -> Problems:
    """What Slack would say about these blocks; empty when they are fine."""
    most = MESSAGE_BLOCKS if surface == "message" else VIEW_BLOCKS
    problems: Problems = []
    array(typed(BLOCKS[surface]), most, 0)(blocks, "/blocks", problems)
    if not problems:
        _unique_ids(blocks, problems)
    return problems


def _unique_ids(blocks: list[dict[str, Any]], problems: Problems) -> None:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        if block.get("block_id") in seen:
            report(problems, f"block_id `{block['block_id']}` already exists", f"/blocks/{index}/block_id")
        seen.update(filter(None, [block.get("block_id")]))
        actions = [element["action_id"] for _, element in elements([block])]
        for repeated in {action for action in actions if actions.count(action) > 1}:
            report(problems, f"action_id `{repeated}` already exists in this block", f"/blocks/{index}")


def too_long(blocks: list[dict[str, Any]]) -> bool:
    """Whether a message's blocks carry more text than Slack takes in one message."""
    markdown = sum(len(block["text"]) for block in walk(blocks) if block.get("type") == "markdown")
    total = sum(len(part["text"]) for part in walk(blocks) if isinstance(part.get("text"), str))
    return markdown > MARKDOWN_CHARACTERS or total > TOTAL_CHARACTERS


def accept_blocks(blocks: Any, surface: Surface, new_id: Callable[[], str]) -> list[dict[str, Any]]:
    """The blocks as Slack stores them, ids filled in; `Refusal` when it would not take them."""
    problems = block_problems(blocks, surface)
    match surface:
        case "message" if problems:
            raise Refusal("invalid_blocks", problems)
        case "message" if too_long(blocks):
            raise Refusal("msg_blocks_too_long")
        case "modal" | "home" if problems:
            raise Refusal("invalid_arguments", problems)
        case "message" | "modal" | "home":
            return [_with_ids(block, new_id) for block in blocks]
        case _:
            assert_never(surface)


_NEEDS_ACTION_ID = frozenset(ELEMENTS) - {"image", "plain_text", "mrkdwn"}


def _with_ids(block: dict[str, Any], new_id: Callable[[], str]) -> dict[str, Any]:
    filled = {"block_id": new_id(), **block}
    for name in ("elements", "actions"):
        if isinstance(filled.get(name), list):
            filled[name] = [_with_action_id(element, new_id) for element in filled[name]]
    for name in ("accessory", "element"):
        if name in filled:
            filled[name] = _with_action_id(filled[name], new_id)
    return filled


def _with_action_id(element: dict[str, Any], new_id: Callable[[], str]) -> dict[str, Any]:
    return {"action_id": new_id(), **element} if element.get("type") in _NEEDS_ACTION_ID else element
