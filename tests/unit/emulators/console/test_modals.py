"""Modals and groups through the page: what it is shown, and what people do in a modal."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from emulators.base import Emulator
from emulators.slack import SlackEmulator

Send = Callable[..., Awaitable[httpx2.Response]]
ALICE = "U0ALICE001"


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


OPTIONS = [{"text": plain(name), "value": name.lower()} for name in ("Fast", "Fine")]
BLOCKS: list[dict[str, Any]] = [
    {
        "type": "actions",
        "block_id": "top",
        "elements": [
            {"type": "button", "action_id": "look", "text": plain("Look"), "value": "1"},
            {"type": "static_select", "action_id": "mode", "options": OPTIONS},
        ],
    },
    {
        "type": "input",
        "block_id": "title",
        "label": plain("Title"),
        "element": {"type": "plain_text_input", "action_id": "typed"},
    },
    {
        "type": "input",
        "block_id": "also",
        "optional": True,
        "label": plain("Also"),
        "element": {"type": "checkboxes", "action_id": "ticked", "options": OPTIONS},
    },
]
VIEW = {"type": "modal", "title": plain("Change"), "submit": plain("Go"), "notify_on_close": True, "blocks": BLOCKS}


@pytest.fixture
async def view(slack: SlackEmulator) -> str:
    """The id of a modal on alice's screen."""
    api = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    opened = await api.views_open(trigger_id=slack.workspace.new_trigger(ALICE), view=VIEW)
    return str(opened["view"]["id"])


async def shown(page: httpx2.AsyncClient) -> Any:
    return (await page.get("/api/state")).json()["slack"]


def told(app: Emulator) -> Any:
    """The last payload that the app was sent."""
    forms = [entry.body for entry in app.journal.entries if isinstance(entry.body, dict) and "payload" in entry.body]
    return json.loads(forms[-1]["payload"])


async def test_groups_are_shown_with_their_members(page: httpx2.AsyncClient, slack: SlackEmulator) -> None:
    slack.add_usergroup("retired", ["bob"])
    slack.enable_usergroup("retired", False)

    assert (await shown(page))["groups"] == [
        {"id": "S0APPROVE1", "handle": "video-approvers", "members": ["U0DAVE0001"]}
    ]


async def test_a_modal_is_shown_to_its_person(page: httpx2.AsyncClient, view: str) -> None:
    [found] = (await shown(page))["views"]

    assert (found["id"], found["user"], found["title"]["text"], found["close"]) == (view, ALICE, "Change", None)
    assert found["values"]["also"] == {"ticked": {"type": "checkboxes", "selected_options": []}}


async def test_a_modal_is_submitted(send: Send, app: Emulator, slack: SlackEmulator, view: str) -> None:
    answer = await send("view/submit", user="alice", view=view, values={"title": "Launch", "also": ["fine"]})

    values = told(app)["view"]["state"]["values"]
    assert answer.json()["ok"]
    assert values["title"]["typed"]["value"] == "Launch"
    assert [option["value"] for option in values["also"]["ticked"]["selected_options"]] == ["fine"]
    assert slack.views("alice") == []


async def test_a_modal_is_closed(send: Send, app: Emulator, slack: SlackEmulator, view: str) -> None:
    await send("view/close", user="alice", view=view)

    assert (told(app)["type"], slack.views("alice")) == ("view_closed", [])


async def test_buttons_and_menus_of_a_modal_work(send: Send, app: Emulator, view: str) -> None:
    await send("view/click", user="alice", view=view, action_id="look", value="1")
    pressed = told(app)["actions"][0]
    await send("view/select", user="alice", view=view, action_id="mode", value="fine")

    assert (pressed["action_id"], pressed["value"]) == ("look", "1")
    assert told(app)["actions"][0]["selected_option"]["value"] == "fine"


async def test_what_was_typed_is_told_with_a_press(send: Send, app: Emulator, slack: SlackEmulator, view: str) -> None:
    await send("view/click", user="alice", view=view, action_id="look", value="1", values={"title": "Half"})

    assert told(app)["view"]["state"]["values"]["title"]["typed"]["value"] == "Half"
    assert [one.id for one in slack.views("alice")] == [view]


async def test_an_external_list_offers_what_the_app_says(send: Send, app: Emulator, slack: SlackEmulator) -> None:
    element = {"type": "external_select", "action_id": "who", "min_query_length": 0}
    block = {"type": "input", "block_id": "who", "label": plain("Who"), "element": element, "dispatch_action": True}
    api = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    opened = await api.views_open(trigger_id=slack.workspace.new_trigger(ALICE), view={**VIEW, "blocks": [block]})
    about = {"user": "alice", "view": opened["view"]["id"], "action_id": "who"}
    ann = {"text": plain("Ann"), "value": "a1"}
    app.fail("before", "/slack", status=200, body={"options": [ann]})
    offered = (await send("view/suggest", **about, query="an")).json()["options"]
    await send("view/select", **about, value=offered[0])

    assert offered == [ann]
    assert told(app)["actions"][0]["selected_option"] == ann


async def test_the_home_is_shown_and_its_buttons_work(
    send: Send, page: httpx2.AsyncClient, app: Emulator, slack: SlackEmulator
) -> None:
    api = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    await send("home", user="alice")
    await api.views_publish(user_id=ALICE, view={"type": "home", "blocks": BLOCKS[:1]})
    [home] = (await shown(page))["homes"]
    await send("view/click", user="alice", view=home["id"], action_id="look", value="1")

    assert (home["user"], told(app)["view"]["id"]) == (ALICE, home["id"])


@pytest.mark.parametrize(
    ("action", "body", "words"),
    [
        ("view/submit", {"values": {"title": None}}, "must be filled in"),
        ("view/submit", {"values": {"nothing": "x"}}, "no inputs"),
        ("view/submit", {"values": ["x"]}, "values must be"),
        ("view/submit", {"values": {"title": {"a": 1}}}, "values must be"),
        ("view/submit", {"values": {"title": "x" * 12_001}}, "values must be"),
        ("view/submit", {"values": {"also": [["fine"]]}}, "values must be"),
        ("view/submit", {"values": {"title": "x"}, "user": "bob"}, "not on bob's screen"),
        ("view/close", {"view": "V0"}, "no view"),
        ("view/select", {"action_id": "mode", "value": "slow"}, "no option"),
    ],
)
async def test_what_makes_no_sense_is_refused_in_words(
    send: Send, view: str, action: str, body: dict[str, Any], words: str
) -> None:
    answer = await send(action, **{"user": "alice", "view": view, **body})

    assert answer.status_code == 400
    assert words in answer.json()["error"]


async def test_an_answer_that_slack_does_not_take_is_told(send: Send, app: Emulator, view: str) -> None:
    app.fail("before", "/slack", status=200, body={"response_action": "dance"})
    refused = await send("view/submit", user="alice", view=view, values={"title": "x"})

    assert (refused.status_code, "did not take" in refused.json()["error"]) == (400, True)
