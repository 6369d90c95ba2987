"""Interactions are parsed from any body and committed before they are answered."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.router import Answer, Interaction, InteractionKind, Router, parse
from bot.store.inbox import NewEvent
from tests.unit.bot.slack.memory import MemoryLanes, Wakes

COMMAND = {
    "command": "/heygen",
    "text": "jobs",
    "user_id": "UALICE",
    "channel_id": "C1",
    "team_id": "T1",
    "trigger_id": "1.2.abc",
    "response_url": "https://hooks.slack.com/commands/1",
}
CLICK = {
    "type": "block_actions",
    "team": {"id": "T1"},
    "user": {"id": "UALICE"},
    "channel": {"id": "C1"},
    "container": {"type": "message", "message_ts": "2.0", "channel_id": "C1", "thread_ts": "1.0"},
    "message": {"ts": "2.0", "thread_ts": "1.0", "text": "card"},
    "state": {"values": {"b": {"a": {"type": "x"}}}},
    "trigger_id": "9.9",
    "response_url": "https://hooks.slack.com/actions/1",
    "actions": [{"action_id": "refresh_card", "block_id": "b", "value": "sub_1", "action_ts": "3.0", "type": "button"}],
}


def test_a_command_is_read() -> None:
    found = parse("command", COMMAND)
    assert (found.name, found.text, found.user_id, found.team_id, found.channel_id) == (
        "/heygen",
        "jobs",
        "UALICE",
        "T1",
        "C1",
    )
    assert found.thread_ts is None


def test_a_click_is_read_with_its_thread() -> None:
    found = parse("action", CLICK)
    assert (found.name, found.value, found.thread_ts, found.message_ts) == ("refresh_card", "sub_1", "1.0", "2.0")
    assert found.state == {"b": {"a": {"type": "x"}}}


def test_a_click_on_a_message_outside_threads_belongs_to_that_message() -> None:
    found = parse("action", CLICK | {"container": {"message_ts": "2.0"}, "message": {"ts": "2.0"}})
    assert found.thread_ts == "2.0"


def test_a_chosen_option_is_the_value() -> None:
    found = parse("action", CLICK | {"actions": [{"action_id": "x", "selected_option": {"value": "fr"}}]})
    assert found.value == "fr"


def test_a_modal_is_read() -> None:
    view = {"id": "V1", "hash": "h", "callback_id": "m", "private_metadata": "p", "state": {"values": {"b": {}}}}
    found = parse("view", {"type": "view_submission", "user": {"id": "U1", "team_id": "T1"}, "view": view})
    assert (found.name, found.value, found.state, found.team_id) == ("m", "p", {"b": {}}, "T1")


def test_a_shortcut_and_an_option_list_are_read() -> None:
    assert parse("shortcut", {"callback_id": "video_from_message", "action_ts": "1"}).name == "video_from_message"
    assert parse("options", {"action_id": "avatar", "value": "an"}).value == "an"


@pytest.mark.parametrize(("kind", "body"), [("command", COMMAND), ("action", CLICK)])
def test_the_same_deed_delivered_twice_has_one_id(kind: InteractionKind, body: dict[str, Any]) -> None:
    assert parse(kind, body).event_id == parse(kind, dict(body)).event_id


def test_a_clicks_id_does_not_depend_on_the_trigger() -> None:
    assert parse("action", CLICK).event_id == parse("action", CLICK | {"trigger_id": "other"}).event_id


def test_two_clicks_have_two_ids() -> None:
    later = CLICK["actions"][0] | {"action_ts": "4.0"}  # type: ignore[index]  # plain test data
    assert parse("action", CLICK).event_id != parse("action", CLICK | {"actions": [later]}).event_id


def test_two_commands_have_two_ids() -> None:
    assert parse("command", COMMAND).event_id != parse("command", COMMAND | {"trigger_id": "2"}).event_id


KINDS = st.sampled_from(get_args(InteractionKind))
VALUES = st.none() | st.text(max_size=5) | st.lists(st.none() | st.text(max_size=3), max_size=2)
NAMES = ["actions", "container", "message", "view", "user", "team", "channel", "state", "command", "value"]


@given(KINDS, st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_no_body_is_too_strange(kind: InteractionKind, body: dict[str, Any]) -> None:
    assert parse(kind, body).kind == kind


# -- dispatch --------------------------------------------------------------------------------------------------

EVENT = NewEvent(
    id="e1",
    dedup_key=None,
    workspace_id="T1",
    channel_id="C1",
    channel_type="channel",
    thread_ts="1.0",
    opens=False,
    kind="action",
    payload={},
)


def router(lanes: MemoryLanes, wakes: Wakes | None = None) -> Router:
    return Router(lanes=lanes, wake=wakes or Wakes())


async def answer_with_event(_: Interaction) -> Answer:
    return Answer(text="done", event=EVENT)


async def test_the_event_is_committed_before_the_answer_is_given() -> None:
    lanes, wakes = MemoryLanes(), Wakes()
    routes = router(lanes, wakes)
    routes.add("action", "refresh_card", answer_with_event)
    assert (await routes.dispatch(parse("action", CLICK))).text == "done"
    assert lanes.events == [EVENT]
    assert wakes.count == 1


async def test_a_store_error_is_not_answered() -> None:
    lanes = MemoryLanes()
    lanes.error = OSError("disk")
    routes = router(lanes)
    routes.add("action", "refresh_card", answer_with_event)
    with pytest.raises(OSError, match="disk"):
        await routes.dispatch(parse("action", CLICK))


async def test_a_handlers_answer_without_an_event_wakes_nobody() -> None:
    async def say(_: Interaction) -> Answer:
        return Answer(text="hi")

    wakes = Wakes()
    routes = router(MemoryLanes(), wakes)
    routes.add("command", "/heygen", say)
    assert (await routes.dispatch(parse("command", COMMAND))).text == "hi"
    assert wakes.count == 0


@pytest.mark.parametrize("kind", ["command", "action", "shortcut"])
async def test_an_unknown_name_gets_a_sentence(kind: InteractionKind) -> None:
    answer = await router(MemoryLanes()).dispatch(parse(kind, {"command": "/x"}))
    assert "/heygen help" in str(answer.text)


@pytest.mark.parametrize("kind", ["view", "options"])
async def test_an_unknown_modal_or_list_gets_an_empty_answer(kind: InteractionKind) -> None:
    assert await router(MemoryLanes()).dispatch(parse(kind, {})) == Answer(options=[])


def test_a_name_has_one_handler() -> None:
    routes = router(MemoryLanes())
    routes.add("command", "/heygen", answer_with_event)
    with pytest.raises(ValueError, match="/heygen"):
        routes.add("command", "/heygen", answer_with_event)
