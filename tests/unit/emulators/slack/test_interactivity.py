"""Commands, buttons, menus, modals, shortcuts and `response_url`."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient
from starlette.responses import JSONResponse, PlainTextResponse

from emulators.slack import CannotDoError, Refusal, SlackEmulator

VIDEOS = "C0VIDEOS01"
ALICE = "U0ALICE001"


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


APPROVE = {"type": "button", "text": plain("Approve"), "action_id": "approve", "value": "q1", "style": "primary"}
LANGUAGE = {
    "type": "static_select",
    "action_id": "language",
    "options": [{"text": plain("Spanish"), "value": "es"}, {"text": plain("German"), "value": "de"}],
}
CARD = [{"type": "actions", "block_id": "card", "elements": [APPROVE, LANGUAGE]}]
NAME = {
    "type": "input",
    "block_id": "name",
    "label": plain("Name"),
    "element": {"type": "plain_text_input", "action_id": "typed"},
}
MODAL = {"type": "modal", "title": plain("New video"), "submit": plain("Make"), "blocks": [NAME]}
AVATARS = {"type": "external_select", "action_id": "avatar", "min_query_length": 1}


@pytest.fixture
async def card(app: Any, client: AsyncWebClient) -> str:
    """The ts of a posted card with a button and a menu."""
    return str((await client.chat_postMessage(channel=VIDEOS, text="card", blocks=CARD))["ts"])


@pytest.fixture
async def modal(slack: SlackEmulator, app: Any, client: AsyncWebClient) -> str:
    """The id of a modal on alice's screen."""
    await slack.shortcut("alice", "make")
    answer = await client.views_open(trigger_id=app.interactions[-1]["trigger_id"], view=MODAL)
    return str(answer["view"]["id"])


async def test_a_command_is_a_signed_form(slack: SlackEmulator, app: Any) -> None:
    answer = await slack.command("alice", "#videos", "/heygen", "status")
    (form,) = app.commands
    assert answer.status == 200
    assert (form["command"], form["text"], form["user_id"], form["channel_id"]) == ("/heygen", "status", ALICE, VIDEOS)
    assert "thread_ts" not in form


@pytest.mark.parametrize("answer", [PlainTextResponse("on it"), JSONResponse({"text": "on it"})])
async def test_a_command_shows_its_acknowledgement(slack: SlackEmulator, app: Any, answer: Any) -> None:
    app.answers.append(answer)
    await slack.command("alice", "#videos", "/heygen")
    assert [message.text for message in slack.ephemerals("alice")] == ["on it"]


async def test_a_command_can_answer_in_the_channel(slack: SlackEmulator, app: Any) -> None:
    app.answers.append(JSONResponse({"text": "all see", "response_type": "in_channel"}))
    await slack.command("alice", "#videos", "/heygen")
    assert [message.text for message in slack.messages(VIDEOS)] == ["all see"]


async def test_a_failed_command_says_so(slack: SlackEmulator, app: Any) -> None:
    app.answers.append(PlainTextResponse("", 500))
    await slack.command("alice", "#videos", "/heygen")
    assert "dispatch_failed" in slack.ephemerals("alice")[0].text


async def test_a_slow_command_times_out(slack: SlackEmulator, app: Any) -> None:
    slack.configure(ack_seconds=0.05)
    app.fail("delay", "/slack/events", seconds=0.5)
    assert (await slack.command("alice", "#videos", "/heygen")).status == 0
    assert "operation_timeout" in slack.ephemerals("alice")[0].text


async def test_a_click_carries_the_message(slack: SlackEmulator, app: Any, card: str) -> None:
    await slack.click("alice", VIDEOS, card, "approve")
    (payload,) = app.interactions
    assert (payload["type"], payload["user"]["id"], payload["message"]["ts"]) == ("block_actions", ALICE, card)
    action = {"type": "button", "action_id": "approve", "block_id": "card", "value": "q1"}
    assert action.items() <= payload["actions"][0].items()


async def test_a_click_finds_only_what_is_there(slack: SlackEmulator, app: Any, card: str) -> None:
    with pytest.raises(CannotDoError, match="approve"):
        await slack.click("alice", VIDEOS, card, "decline")
    with pytest.raises(CannotDoError):
        await slack.click("alice", VIDEOS, card, "language")


async def test_a_button_may_be_hidden_from_some(slack: SlackEmulator, app: Any, client: AsyncWebClient) -> None:
    button = {**APPROVE, "visible_to_user_ids": [ALICE]}
    blocks = [{"type": "actions", "elements": [button]}]
    ts = (await client.chat_postMessage(channel=VIDEOS, text="x", blocks=blocks))["ts"]
    with pytest.raises(CannotDoError):
        await slack.click("bob", VIDEOS, ts, "approve")
    assert (await slack.click("alice", VIDEOS, ts, "approve")).ok


async def test_equal_action_ids_are_told_apart_by_value(slack: SlackEmulator, app: Any, client: AsyncWebClient) -> None:
    blocks = [{"type": "actions", "elements": [{**APPROVE, "value": value}]} for value in ("q1", "q2")]
    ts = (await client.chat_postMessage(channel=VIDEOS, text="x", blocks=blocks))["ts"]
    await slack.click("alice", VIDEOS, ts, "approve", "q2")
    assert app.interactions[0]["actions"][0]["value"] == "q2"


async def test_feedback_says_which_thumb(slack: SlackEmulator, app: Any, client: AsyncWebClient) -> None:
    thumbs = {"positive_button": {"text": plain("+"), "value": "up"}}
    thumbs["negative_button"] = {"text": plain("-"), "value": "down"}
    blocks = [
        {"type": "context_actions", "elements": [{"type": "feedback_buttons", "action_id": "feedback", **thumbs}]}
    ]
    ts = (await client.chat_postMessage(channel=VIDEOS, text="x", blocks=blocks))["ts"]
    await slack.click("alice", VIDEOS, ts, "feedback", "down")
    assert app.interactions[0]["actions"][0]["value"] == "down"


async def test_a_choice_is_told_and_kept_for_the_next_click(slack: SlackEmulator, app: Any, card: str) -> None:
    await slack.select("alice", VIDEOS, card, "language", "Spanish")
    await slack.click("alice", VIDEOS, card, "approve")
    selected, clicked = app.interactions
    assert selected["actions"][0]["selected_option"]["value"] == "es"
    assert clicked["state"]["values"]["card"]["language"]["selected_option"]["value"] == "es"


async def test_an_option_must_exist(slack: SlackEmulator, app: Any, card: str) -> None:
    with pytest.raises(CannotDoError, match="Klingon"):
        await slack.select("alice", VIDEOS, card, "language", "Klingon")


async def test_a_private_message_can_be_clicked_by_its_reader(
    slack: SlackEmulator, app: Any, client: AsyncWebClient
) -> None:
    sent = await client.chat_postEphemeral(channel=VIDEOS, user=ALICE, text="x", blocks=CARD)
    await slack.click("alice", VIDEOS, sent["message_ts"], "approve")
    payload = app.interactions[0]
    assert (payload["container"]["is_ephemeral"], "message" in payload) == (True, False)
    with pytest.raises(CannotDoError):
        await slack.click("bob", VIDEOS, sent["message_ts"], "approve")


async def _respond(slack: SlackEmulator, app: Any, card: str) -> AsyncWebhookClient:
    await slack.click("alice", VIDEOS, card, "approve")
    return AsyncWebhookClient(app.interactions[-1]["response_url"])


async def test_a_response_is_private_by_default(slack: SlackEmulator, app: Any, card: str) -> None:
    respond = await _respond(slack, app, card)
    assert (await respond.send(text="only you")).body == "ok"
    assert [message.text for message in slack.ephemerals("alice")] == ["only you"]


async def test_a_response_can_replace_the_original(slack: SlackEmulator, app: Any, card: str) -> None:
    await (await _respond(slack, app, card)).send(text="done", replace_original=True)
    message = slack.message(VIDEOS, card)
    assert (message.text, message.blocks) == ("done", [])


async def test_a_response_can_delete_the_original(slack: SlackEmulator, app: Any, card: str) -> None:
    await (await _respond(slack, app, card)).send(delete_original=True)
    assert slack.messages(VIDEOS) == []


async def test_a_private_original_is_replaced_and_deleted(
    slack: SlackEmulator, app: Any, client: AsyncWebClient
) -> None:
    sent = await client.chat_postEphemeral(channel=VIDEOS, user=ALICE, text="x", blocks=CARD)
    respond = await _respond(slack, app, sent["message_ts"])
    await respond.send(text="y", replace_original=True)
    assert [message.text for message in slack.ephemerals("alice")] == ["y"]
    await respond.send(delete_original=True)
    assert slack.ephemerals("alice") == []


async def test_a_response_url_works_five_times(slack: SlackEmulator, app: Any, card: str) -> None:
    respond = await _respond(slack, app, card)
    statuses = [(await respond.send(text="x")).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [404]


async def test_a_response_url_lives_half_an_hour(slack: SlackEmulator, app: Any, card: str) -> None:
    respond = await _respond(slack, app, card)
    slack.clock.advance(1801)
    answer = await respond.send(text="x")
    assert (answer.status_code, "expired_url" in answer.body) == (404, True)


async def test_a_message_shortcut_brings_the_message(slack: SlackEmulator, app: Any) -> None:
    ts = slack.say("alice", VIDEOS, "make this a video")
    await slack.shortcut("bob", "video_from_message", VIDEOS, ts)
    (payload,) = app.interactions
    assert (payload["type"], payload["message"]["text"]) == ("message_action", "make this a video")


async def test_a_shortcut_is_for_messages_that_its_user_sees_and_that_stay(
    slack: SlackEmulator, app: Any, client: AsyncWebClient
) -> None:
    ts = slack.say("alice", VIDEOS, "make this a video")
    slack.leave("bob", VIDEOS)
    with pytest.raises(CannotDoError, match="not in this channel"):
        await slack.shortcut("bob", "video_from_message", VIDEOS, ts)
    private = await client.chat_postEphemeral(channel=VIDEOS, user=ALICE, text="only you")
    with pytest.raises(CannotDoError, match="no shortcuts"):
        await slack.shortcut("alice", "video_from_message", VIDEOS, str(private["message_ts"]))
    assert app.interactions == []


async def test_a_modal_is_submitted_with_its_values(slack: SlackEmulator, app: Any, modal: str) -> None:
    await slack.submit_view("alice", modal, {"typed": "Launch"})
    payload = app.interactions[-1]
    assert payload["view"]["state"]["values"]["name"]["typed"]["value"] == "Launch"
    assert slack.views("alice") == []


async def test_an_empty_input_cannot_be_submitted(slack: SlackEmulator, app: Any, modal: str) -> None:
    with pytest.raises(CannotDoError, match="filled in"):
        await slack.submit_view("alice", modal)


async def test_an_input_that_is_not_there_cannot_be_filled(slack: SlackEmulator, modal: str) -> None:
    with pytest.raises(CannotDoError, match="colour"):
        await slack.submit_view("alice", modal, {"colour": "red"})


async def test_somebody_elses_modal_is_out_of_reach(slack: SlackEmulator, modal: str) -> None:
    with pytest.raises(CannotDoError):
        await slack.submit_view("bob", modal, {"typed": "x"})


async def test_errors_keep_the_modal_open(slack: SlackEmulator, app: Any, modal: str) -> None:
    app.answers.append(JSONResponse({"response_action": "errors", "errors": {"name": "too short"}}))
    await slack.submit_view("alice", modal, {"typed": "x"})
    assert slack.view(modal).errors == {"name": "too short"}


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "errors"},
        {"response_action": "dance"},
        {"response_action": "update", "view": {"type": "modal"}},
    ],
)
async def test_an_impossible_answer_to_a_submission_is_refused(
    slack: SlackEmulator, app: Any, modal: str, answer: dict[str, Any]
) -> None:
    app.answers.append(JSONResponse(answer))
    with pytest.raises(Refusal):
        await slack.submit_view("alice", modal, {"typed": "x"})


@pytest.mark.parametrize(("action", "left"), [("update", 1), ("push", 2), ("clear", 0)])
async def test_a_submission_can_change_the_stack(
    slack: SlackEmulator, app: Any, modal: str, action: str, left: int
) -> None:
    app.answers.append(JSONResponse({"response_action": action, "view": {**MODAL, "title": plain("Next")}}))
    await slack.submit_view("alice", modal, {"typed": "x"})
    assert len(slack.views("alice")) == left


async def test_closing_is_told_only_when_asked_for(
    slack: SlackEmulator, app: Any, client: AsyncWebClient, modal: str
) -> None:
    assert await slack.close_view("alice", modal) is None
    await slack.shortcut("alice", "make")
    trigger = app.interactions[-1]["trigger_id"]
    view = await client.views_open(trigger_id=trigger, view={**MODAL, "notify_on_close": True})
    await slack.close_view("alice", view["view"]["id"])
    assert app.interactions[-1]["type"] == "view_closed"


async def test_an_external_select_asks_for_options(
    slack: SlackEmulator, app: Any, client: AsyncWebClient, modal: str
) -> None:
    blocks = [{"type": "section", "block_id": "b", "text": plain("Avatar"), "accessory": AVATARS}]
    await client.views_update(view_id=modal, view={**MODAL, "blocks": blocks})
    app.answers.append(JSONResponse({"options": []}))
    answer = await slack.suggest("alice", modal, "avatar", "Ann")
    assert (answer.body, app.interactions[-1]["value"]) == ({"options": []}, "Ann")
    await slack.select_view("alice", modal, "avatar", "a1")
    assert app.interactions[-1]["actions"][0]["selected_option"]["value"] == "a1"


async def test_the_home_tab_has_buttons(slack: SlackEmulator, app: Any, client: AsyncWebClient) -> None:
    view = {"type": "home", "blocks": [{"type": "actions", "elements": [APPROVE]}]}
    await client.views_publish(user_id=ALICE, view=view)
    home = slack.home("alice")
    assert home is not None
    await slack.click_view("alice", home.id, "approve")
    assert app.interactions[0]["container"] == {"type": "view", "view_id": home.id}
