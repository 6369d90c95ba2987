"""The turn's next step is a function of its log and its bounds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent.conversation import developer_message, function_call, user_message
from agent.records import Item, Source
from agent.turn import Bounds, CallModel, Finish, GiveUp, Report, Settle, Turn, repeats_failure

BOUNDS = Bounds(model_calls=3, tokens=100, seconds=60.0)
ASKED = (Source.USER, user_message("go"))
NEWS = (Source.RUNTIME, developer_message("J1 succeeded"))
GOOD, BAD = json.dumps({"ok": True}), json.dumps({"ok": False})


def called(call_id: str, arguments: dict[str, Any] | None = None) -> tuple[Source, dict[str, Any]]:
    return Source.MODEL, function_call(call_id, "tool", arguments or {})


def returned(call_id: str, text: str = GOOD) -> tuple[Source, dict[str, Any]]:
    return Source.TOOL, {"type": "function_call_output", "call_id": call_id, "output": text}


def said(text: str) -> tuple[Source, dict[str, Any]]:
    return Source.MODEL, {"type": "message", "content": [{"type": "output_text", "text": text}]}


def turn(*entries: tuple[Source, dict[str, Any]], conversational: bool = True, **used: Any) -> Turn:
    items = [Item(seq, "t", source, body) for seq, (source, body) in enumerate(entries, 1)]
    return Turn(items, conversational, bounds=BOUNDS, **used)


@pytest.mark.parametrize(
    "position",
    [turn(ASKED), turn(), turn(ASKED, NEWS), turn(ASKED, called("1"), returned("1")), turn(ASKED, said("hm"), ASKED)],
)
def test_asks_the_model_when_it_is_the_models_turn(position: Turn) -> None:
    assert position.step() == CallModel(tools=True)


def test_open_calls_are_settled_all_at_once() -> None:
    step = turn(ASKED, called("1"), called("2"), called("3"), returned("2")).step()
    assert step == Settle((called("1")[1], called("3")[1]))


def test_open_calls_are_settled_even_past_a_bound() -> None:
    assert isinstance(turn(ASKED, called("1"), age=1e9, tokens=10**9, model_calls=99).step(), Settle)


@pytest.mark.parametrize("after", [(), (NEWS,)])
def test_a_message_of_the_model_ends_the_turn(after: tuple[tuple[Source, dict[str, Any]], ...]) -> None:
    assert turn(ASKED, said("done"), *after).step() == Finish("done")


def test_reasoning_alone_does_not_end_the_turn() -> None:
    assert turn(ASKED, (Source.MODEL, {"type": "reasoning", "id": "rs"})).step() == CallModel(tools=True)


def test_a_command_is_reported_without_a_model() -> None:
    command = (Source.COMMAND, function_call("1", "tool", {}))
    assert turn(ASKED, command, conversational=False).step() == Settle((command[1],))
    assert turn(ASKED, command, returned("1"), conversational=False).step() == Report()


@pytest.mark.parametrize(
    ("used", "step"),
    [
        ({"model_calls": 2}, CallModel(tools=True)),
        ({"model_calls": 3}, CallModel(tools=False)),
        ({"model_calls": 4}, GiveUp("too_many_steps")),
        ({"tokens": 100}, CallModel(tools=True)),
        ({"tokens": 101}, GiveUp("too_many_tokens")),
        ({"age": 60.0}, CallModel(tools=True)),
        ({"age": 60.1}, GiveUp("too_long")),
    ],
)
def test_bounds(used: dict[str, Any], step: CallModel | GiveUp) -> None:
    assert turn(ASKED, **used).step() == step


def test_the_same_call_failing_twice_turns_tools_off() -> None:
    position = turn(ASKED, called("1"), returned("1", BAD), called("2"), returned("2", BAD))
    assert position.step() == CallModel(tools=False)


@pytest.mark.parametrize(
    "entries",
    [
        (called("1"), returned("1", BAD)),
        (called("1"), returned("1", BAD), called("2"), returned("2", GOOD)),
        (called("1", {"a": 1}), returned("1", BAD), called("2", {"a": 2}), returned("2", BAD)),
        (returned("1", BAD), returned("2", BAD)),
    ],
)
def test_other_failures_are_no_repetition(entries: tuple[tuple[Source, dict[str, Any]], ...]) -> None:
    assert not repeats_failure([body for _, body in entries])


@pytest.mark.parametrize("text", ["not json", "[]", "{}", '{"ok": 0}'])
def test_an_output_that_does_not_say_ok_is_a_failure(text: str) -> None:
    entries = (called("1"), returned("1", text), called("2"), returned("2", text))
    assert repeats_failure([body for _, body in entries])
