"""Block rules against the SDK's models as the outside opinion: both take the limit, neither takes one more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models import blocks as sdk
from slack_sdk.models.basic_objects import JsonObject
from slack_sdk.models.blocks import Block
from slack_sdk.models.blocks.block_elements import InteractiveElement

from emulators.slack.block_elements import ELEMENTS
from emulators.slack.blocks import BLOCKS, accept_blocks, block_problems, too_long
from emulators.slack.errors import Refusal

URL = "https://example.com/a.png"
VIDEOS = "C0VIDEOS01"
TEXT = {"type": "plain_text", "text": "x"}
DIVIDER = {"type": "divider"}


def image(**fields: Any) -> sdk.ImageBlock:
    return sdk.ImageBlock(**{"image_url": URL, "alt_text": "x", **fields})


def button(**fields: Any) -> sdk.ActionsBlock:
    return sdk.ActionsBlock(elements=[sdk.ButtonElement(**{"text": "x", "action_id": "a", **fields})])


def buttons(count: int) -> sdk.ActionsBlock:
    return sdk.ActionsBlock(elements=[sdk.ButtonElement(text="x", action_id=f"a{n}") for n in range(count)])


def menu(count: int) -> sdk.ActionsBlock:
    options = [sdk.Option(text=f"o{n}", value=f"v{n}") for n in range(count)]
    return sdk.ActionsBlock(elements=[sdk.StaticSelectElement(action_id="m", options=options)])


def overflow(count: int) -> sdk.ActionsBlock:
    options = [sdk.Option(text=f"o{n}", value=f"v{n}") for n in range(count)]
    return sdk.ActionsBlock(elements=[sdk.OverflowMenuElement(action_id="m", options=options)])


def feedback(count: int) -> sdk.ContextActionsBlock:
    each = {"text": {**TEXT}, "value": "v"}
    made = [
        sdk.FeedbackButtonsElement(action_id=f"f{n}", positive_button=each, negative_button=each) for n in range(count)
    ]
    return sdk.ContextActionsBlock(elements=made)


def video(**fields: Any) -> sdk.VideoBlock:
    given = {"alt_text": "x", "title": "x", "thumbnail_url": URL, "video_url": URL, **fields}
    return sdk.VideoBlock(**given)


LIMITS: dict[str, tuple[int, Callable[[int], Block]]] = {
    "section text": (3000, lambda n: sdk.SectionBlock(text="x" * n)),
    "section fields": (10, lambda n: sdk.SectionBlock(fields=["x"] * n)),
    "header text": (150, lambda n: sdk.HeaderBlock(text="x" * n)),
    "context elements": (10, lambda n: sdk.ContextBlock(elements=[sdk.MarkdownTextObject(text="x")] * n)),
    "actions elements": (25, buttons),
    "context actions": (5, feedback),
    "button text": (75, lambda n: button(text="x" * n)),
    "button value": (2000, lambda n: button(value="x" * n)),
    "button url": (3000, lambda n: button(url="x" * n)),
    "action id": (255, lambda n: button(action_id="x" * n)),
    "block id": (255, lambda n: sdk.DividerBlock(block_id="x" * n)),
    "image alt text": (2000, lambda n: image(alt_text="x" * n)),
    "image title": (2000, lambda n: image(title="x" * n)),
    "image url": (3000, lambda n: image(image_url="x" * n)),
    "menu options": (100, menu),
    "overflow options": (5, overflow),
    "markdown text": (12_000, lambda n: sdk.MarkdownBlock(text="x" * n)),
    "video title": (199, lambda n: video(title="x" * n)),
    "video author": (49, lambda n: video(author_name="x" * n)),
    "card title": (150, lambda n: sdk.CardBlock(title="x" * n)),
    "card body": (200, lambda n: sdk.CardBlock(body="x" * n)),
    "carousel cards": (10, lambda n: sdk.CarouselBlock(elements=[sdk.CardBlock(title="x")] * n)),
    "container blocks": (10, lambda n: sdk.ContainerBlock(title="x", child_blocks=[sdk.DividerBlock()] * n)),
}


@pytest.mark.parametrize("name", LIMITS)
def test_the_limit_itself_is_fine_for_both(name: str) -> None:
    most, make = LIMITS[name]
    assert block_problems([make(most).to_dict()], "message") == []


@pytest.mark.parametrize("name", LIMITS)
def test_one_more_is_too_much_for_both(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    most, make = LIMITS[name]
    with pytest.raises(SlackObjectFormationError):
        make(most + 1).to_dict()
    monkeypatch.setattr(JsonObject, "validate_json", lambda _self: None)
    assert block_problems([make(most + 1).to_dict()], "message")


SDK_BLOCKS = [kind for kind in Block.__subclasses__() if kind.type in BLOCKS["message"]]


@pytest.mark.parametrize("kind", SDK_BLOCKS, ids=lambda kind: kind.type)
def test_every_field_the_sdk_knows_is_known(kind: type[Block]) -> None:
    fields: dict[str, Any] = {name: [] for name in object.__new__(kind).attributes}
    problems = block_problems([{**fields, "type": kind.type}], "message")
    assert not [problem for problem in problems if "additional property" in problem]


@pytest.mark.parametrize("kind", sorted(ELEMENTS))
def test_an_unknown_field_of_any_element_is_refused(kind: str) -> None:
    problems: list[str] = []
    ELEMENTS[kind]({"type": kind, "colour": "red"}, "/e", problems)
    assert "[ERROR] invalid additional property: colour [json-pointer:/e]" in problems


def test_the_sdk_has_no_interactive_element_we_do_not_know() -> None:
    def kinds(base: type[Any]) -> set[str]:
        below = [kinds(child) for child in base.__subclasses__()]
        own = getattr(base, "type", None)
        return set().union(*below) | ({own} if isinstance(own, str) else set())

    assert len(kinds(InteractiveElement)) > 20
    assert kinds(InteractiveElement) <= set(ELEMENTS)


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        ({"type": "song"}, "unsupported type: song [json-pointer:/blocks/0/type]"),
        ({}, "missing required field: type [json-pointer:/blocks/0]"),
        ("divider", "must be an object [json-pointer:/blocks/0]"),
        ({"type": "section"}, "one of text, fields is required"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": ""}}, "must be more than 0 characters"),
        ({"type": "section", "text": "hello"}, "must be an object [json-pointer:/blocks/0/text]"),
        ({"type": "section", "text": TEXT, "color": "red"}, "invalid additional property: color"),
        ({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}, "unsupported type: mrkdwn"),
        ({"type": "image", "image_url": URL}, "missing required field: alt_text [json-pointer:/blocks/0]"),
        ({"type": "image", "alt_text": "x"}, "exactly one of image_url, slack_file is required"),
        ({"type": "image", "alt_text": "x", "image_url": URL, "slack_file": {"id": "F1"}}, "exactly one of"),
        ({"type": "context", "elements": []}, "no fewer than 1 items allowed"),
        ({"type": "context", "elements": "x"}, "must be an array"),
        ({"type": "context", "elements": [{"type": "button", "text": TEXT}]}, "unsupported type: button"),
        ({"type": "actions", "elements": [{"type": "plain_text_input"}]}, "unsupported type: plain_text_input"),
        ({"type": "actions", "elements": [{"type": "button", "text": TEXT, "style": "loud"}]}, "must be one of"),
        ({"type": "actions", "elements": [{"type": "static_select"}]}, "exactly one of options, option_groups"),
        ({"type": "input", "label": TEXT, "element": {"type": "file_input"}}, "unsupported type: file_input"),
        ({"type": "alert", "text": TEXT, "level": "panic"}, "must be one of"),
        ({"type": "task_card", "task_id": "t", "title": "x", "status": "done"}, "must be one of"),
        ({"type": "section", "text": TEXT, "expand": "yes"}, "must be a boolean"),
        ({"type": "video", "alt_text": "x", "title": TEXT, "video_url": URL}, "missing required field: thumbnail_url"),
        ({"type": "table", "rows": [[TEXT]]}, "unsupported type: plain_text"),
        ({"type": "divider", "block_id": 7}, "must be a string"),
    ],
)
def test_a_malformed_block_is_named(block: Any, complaint: str) -> None:
    assert complaint in " ".join(block_problems([block], "message"))


def test_fifty_blocks_are_the_most_in_a_message() -> None:
    assert block_problems([DIVIDER] * 50, "message") == []
    assert block_problems([DIVIDER] * 51, "message")


def test_a_view_takes_a_hundred_blocks() -> None:
    assert block_problems([DIVIDER] * 100, "modal") == []
    assert block_problems([DIVIDER] * 101, "home")


@pytest.mark.parametrize("kind", ["markdown", "context_actions", "table", "plan", "task_card", "carousel"])
def test_some_blocks_are_for_messages_only(kind: str) -> None:
    assert "unsupported type" in block_problems([{"type": kind}], "modal")[0]


def test_block_ids_are_unique() -> None:
    assert "already exists" in block_problems([{**DIVIDER, "block_id": "b"}] * 2, "message")[0]


def test_action_ids_are_unique_within_a_block() -> None:
    twice = {"type": "actions", "elements": [{"type": "button", "text": TEXT, "action_id": "a"}] * 2}
    assert "already exists" in block_problems([twice], "message")[0]
    once = {"type": "actions", "elements": twice["elements"][:1]}
    assert block_problems([once, once], "message") == []


@pytest.mark.parametrize(("parts", "long"), [([6000, 6000], False), ([6000, 6001], True)])
def test_markdown_counts_over_the_message(parts: list[int], long: bool) -> None:
    assert too_long([{"type": "markdown", "text": "x" * part} for part in parts]) is long


@pytest.mark.parametrize(("last", "long"), [(1200, False), (1201, True)])
def test_all_text_counts_over_the_message(last: int, long: bool) -> None:
    sections = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * n}} for n in (3000,) * 4 + (last,)]
    assert too_long(sections) is long


@pytest.mark.parametrize(("surface", "error"), [("message", "invalid_blocks"), ("modal", "invalid_arguments")])
def test_the_refusal_depends_on_the_surface(surface: Any, error: str) -> None:
    with pytest.raises(Refusal, match=error):
        accept_blocks([{"type": "song"}], surface, lambda: "id")


async def test_the_wire_carries_the_complaint(api: Any) -> None:
    said = await api.messages_of("chat.postMessage", channel=VIDEOS, text="x", blocks=[{"type": "section"}])
    assert "[json-pointer:/blocks/0]" in said


async def test_too_much_text_has_its_own_name(api: Any) -> None:
    blocks = [{"type": "markdown", "text": "x" * 7000}] * 2
    assert await api.refused("chat.postMessage", channel=VIDEOS, text="x", blocks=blocks) == "msg_blocks_too_long"


async def test_a_video_needs_scope_and_domain(slack: Any, api: Any) -> None:
    call = {"channel": VIDEOS, "text": "x", "blocks": [video().to_dict()]}
    assert "scope" in await api.messages_of("chat.postMessage", **call)
    slack.workspace.scopes.add("links.embed:write")
    assert "domains" in await api.messages_of("chat.postMessage", **call)
    slack.workspace.unfurl_domains.add("example.com")
    assert (await api.client.api_call("chat.postMessage", json=call))["ok"]


async def test_ids_are_filled_in(slack: Any, client: Any) -> None:
    blocks = [{"type": "actions", "elements": [{"type": "button", "text": TEXT}]}, {"type": "section", "text": TEXT}]
    ts = (await client.chat_postMessage(channel=VIDEOS, text="x", blocks=blocks))["ts"]
    stored = slack.message(VIDEOS, ts).blocks
    assert stored[0]["block_id"]
    assert stored[0]["elements"][0]["action_id"]
    assert stored[0]["block_id"] != stored[1]["block_id"]
