"""Confirm dialogs, inputs and their state: what the app is told, and what a client would not send."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from starlette.responses import JSONResponse, PlainTextResponse

from emulators.slack import CannotDoError, SlackEmulator

VIDEOS = "C0VIDEOS01"


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


CONFIRM = {"title": plain("Sure?"), "text": plain("It costs $3."), "confirm": plain("Approve"), "deny": plain("Back")}
APPROVE = {"type": "button", "text": plain("Approve"), "action_id": "approve", "value": "q1"}
OPTIONS = [{"text": plain(name), "value": value} for name, value in (("Fast", "speed"), ("Fine", "precision"))]
MODE = {"type": "static_select", "action_id": "mode", "options": OPTIONS, "initial_option": OPTIONS[0]}


def field(name: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "input", "block_id": name, "label": plain(name), "element": {"action_id": name, **element}, **more}


FORM = {
    "type": "modal",
    "title": plain("Change"),
    "submit": plain("Quote"),
    "blocks": [
        field("title", {"type": "plain_text_input", "min_length": 3, "max_length": 10}),
        field("note", {"type": "plain_text_input"}, optional=True),
        field("mode", MODE),
        field("tags", {"type": "checkboxes", "options": OPTIONS}, optional=True),
        field("speakers", {"type": "number_input", "is_decimal_allowed": False, "min_value": "1"}, optional=True),
    ],
}


async def posted(client: AsyncWebClient, *elements: dict[str, Any]) -> str:
    blocks = [{"type": "actions", "block_id": "card", "elements": list(elements)}]
    return str((await client.chat_postMessage(channel=VIDEOS, text="card", blocks=blocks))["ts"])


@pytest.fixture
async def form(slack: SlackEmulator, app: Any, client: AsyncWebClient) -> str:
    """The id of the form on alice's screen."""
    await slack.shortcut("alice", "change")
    opened = await client.views_open(trigger_id=app.interactions[-1]["trigger_id"], view=FORM)
    return str(opened["view"]["id"])


def typed(app: Any) -> dict[str, Any]:
    """The values of the last submission, by the one name that block and element share."""
    values = app.interactions[-1]["view"]["state"]["values"]
    return {name: inner[name] for name, inner in values.items()}


async def test_a_confirmed_press_carries_its_dialog(slack: SlackEmulator, app: Any, client: AsyncWebClient) -> None:
    ts = await posted(client, {**APPROVE, "confirm": CONFIRM})
    await slack.click("alice", VIDEOS, ts, "approve")
    action = app.interactions[0]["actions"][0]
    assert (action["confirm"], action["value"]) == (CONFIRM, "q1")


async def test_the_dialog_can_be_read_before_the_press(slack: SlackEmulator, app: Any, client: AsyncWebClient) -> None:
    ts = await posted(client, {**APPROVE, "confirm": CONFIRM}, {**APPROVE, "action_id": "decline"})
    assert slack.confirm_dialog("bob", VIDEOS, ts, "approve") == CONFIRM
    assert slack.confirm_dialog("bob", VIDEOS, ts, "decline") is None
    assert not app.interactions


@pytest.mark.parametrize(("part", "most"), [("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)])
async def test_a_dialog_has_room_for_so_much(api: Any, part: str, most: int) -> None:
    async def post(length: int) -> str:
        button = {**APPROVE, "confirm": {**CONFIRM, part: plain("x" * length)}}
        return await posted(api.client, button)

    assert await post(most)
    blocks = [{"type": "actions", "elements": [{**APPROVE, "confirm": {**CONFIRM, part: plain("x" * (most + 1))}}]}]
    said = await api.messages_of("chat.postMessage", channel=VIDEOS, text="x", blocks=blocks)
    assert f"/elements/0/confirm/{part}" in said


async def test_a_dialog_says_everything(api: Any) -> None:
    blocks = [{"type": "actions", "elements": [{**APPROVE, "confirm": {"title": plain("Sure?")}}]}]
    said = await api.messages_of("chat.postMessage", channel=VIDEOS, text="x", blocks=blocks)
    assert all(f"missing required field: {name}" in said for name in ("text", "confirm", "deny"))


async def test_a_press_tells_the_state_of_untouched_menus(
    slack: SlackEmulator, app: Any, client: AsyncWebClient
) -> None:
    ts = await posted(client, APPROVE, MODE)
    await slack.click("alice", VIDEOS, ts, "approve")
    state = app.interactions[0]["state"]["values"]["card"]
    assert state == {"mode": {"type": "static_select", "selected_option": OPTIONS[0]}}


async def test_a_choice_tells_what_the_menu_began_with(slack: SlackEmulator, app: Any, client: AsyncWebClient) -> None:
    ts = await posted(client, MODE)
    await slack.select("alice", VIDEOS, ts, "mode", "precision")
    action = app.interactions[0]["actions"][0]
    assert (action["initial_option"], action["selected_option"]) == (OPTIONS[0], OPTIONS[1])


async def test_an_edit_of_the_card_forgets_choices_that_are_gone(
    slack: SlackEmulator, app: Any, client: AsyncWebClient
) -> None:
    ts = await posted(client, APPROVE, MODE)
    await slack.select("alice", VIDEOS, ts, "mode", "precision")
    block = {"type": "actions", "block_id": "card", "elements": [APPROVE]}
    await client.chat_update(channel=VIDEOS, ts=ts, text="card", blocks=[block])
    await slack.click("alice", VIDEOS, ts, "approve")
    assert app.interactions[-1]["state"]["values"] == {}


async def test_every_input_is_submitted_empty_ones_too(slack: SlackEmulator, app: Any, form: str) -> None:
    await slack.submit_view("alice", form, {"title": "Launch"})
    assert typed(app) == {
        "title": {"type": "plain_text_input", "value": "Launch"},
        "note": {"type": "plain_text_input", "value": None},
        "mode": {"type": "static_select", "selected_option": OPTIONS[0]},
        "tags": {"type": "checkboxes", "selected_options": []},
        "speakers": {"type": "number_input", "value": None},
    }


async def test_every_kind_of_input_can_be_filled_in(slack: SlackEmulator, app: Any, form: str) -> None:
    values = {"title": "Launch", "mode": "Fine", "tags": ["speed"], "speakers": "2"}
    await slack.submit_view("alice", form, values)
    found = typed(app)
    assert found["mode"]["selected_option"] == OPTIONS[1]
    assert (found["tags"]["selected_options"], found["speakers"]["value"]) == ([OPTIONS[0]], "2")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"title": "ab"}, "at least 3"),
        ({"title": "x" * 11}, "at most 10"),
        ({"title": "Launch", "speakers": "two"}, "a number"),
        ({"title": "Launch", "speakers": "0"}, "at least 1"),
    ],
)
async def test_a_client_does_not_submit_what_does_not_fit(
    slack: SlackEmulator, app: Any, form: str, values: dict[str, str], words: str
) -> None:
    with pytest.raises(CannotDoError, match=words):
        await slack.submit_view("alice", form, values)
    assert {payload["type"] for payload in app.interactions} == {"shortcut"}


async def test_errors_can_be_repaired(slack: SlackEmulator, app: Any, form: str) -> None:
    app.answers.append(JSONResponse({"response_action": "errors", "errors": {"title": "taken"}}))
    await slack.submit_view("alice", form, {"title": "Launch"})
    await slack.submit_view("alice", form, {"title": "Launch 2"})
    assert slack.views("alice") == []


async def test_an_app_in_trouble_leaves_the_modal_open(slack: SlackEmulator, app: Any, form: str) -> None:
    app.answers.append(PlainTextResponse("", 500))
    await slack.submit_view("alice", form, {"title": "Launch"})
    assert slack.view(form).errors == {"": "We had some trouble connecting. Try again?"}


async def test_closing_can_clear_the_stack(slack: SlackEmulator, app: Any, client: AsyncWebClient, form: str) -> None:
    again = slack.workspace.new_trigger("U0ALICE001", form)
    pushed = (await client.views_push(trigger_id=again, view={**FORM, "clear_on_close": True}))["view"]["id"]
    await slack.close_view("alice", pushed)
    assert slack.views("alice") == []
