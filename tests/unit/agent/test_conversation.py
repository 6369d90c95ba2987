"""The input of a model call: pairs stay together, history is cut at a person's message, the facts come last."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.conversation import (
    INTERRUPTED,
    developer_message,
    function_call,
    message_text,
    model_input,
    open_calls,
    user_message,
)
from agent.records import Item, Source
from agent.trimming import tokens, total, trimmed
from emulators.openai.pairing import check_pairs

FACTS = "facts of this moment"


def call(call_id: str) -> dict[str, Any]:
    return function_call(call_id, "tool", {})


def output(call_id: str) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": '{"ok": true}'}


def answer(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


def log(*entries: tuple[str | None, Source, dict[str, Any]]) -> list[Item]:
    return [Item(seq, turn_id, source, body) for seq, (turn_id, source, body) in enumerate(entries, 1)]


def shape(bodies: list[dict[str, Any]]) -> list[str]:
    """Each body in short: a call as `call:1`, an output as `out:1`, a message by its role."""
    short = {"function_call": "call:{}", "function_call_output": "out:{}"}
    return [short.get(body["type"], body.get("role", "")).format(body.get("call_id")) for body in bodies]


# -- building and reading items


def test_function_call_keeps_arguments_as_json_text() -> None:
    assert json.loads(function_call("1", "tool", {"who": "Zoë"})["arguments"]) == {"who": "Zoë"}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"type": "output_text", "text": "a"}, {"type": "output_text", "text": "b"}], "ab"),
        ([{"type": "refusal", "refusal": "I can't"}], "I can't"),
        ([{"type": "output_text", "text": None}], ""),
        (["odd"], ""),
        (None, ""),
    ],
)
def test_message_text_joins_what_can_be_read(content: Any, text: str) -> None:
    assert message_text({"type": "message", "content": content}) == text


def test_open_calls_are_those_without_output_in_order() -> None:
    assert open_calls([call("1"), call("2"), call("3"), output("2")]) == [call("1"), call("3")]


# -- pairing


def test_facts_come_last() -> None:
    bodies = model_input(log(("t", Source.USER, user_message("hi"))), FACTS)
    assert bodies == [user_message("hi"), developer_message(FACTS)]


def test_a_runtime_item_waits_until_the_open_calls_are_answered() -> None:
    items = log(
        ("t", Source.USER, user_message("go")),
        ("t", Source.MODEL, call("1")),
        (None, Source.RUNTIME, developer_message("J1 failed")),
        ("t", Source.TOOL, output("1")),
    )
    assert shape(model_input(items, FACTS)) == ["user", "call:1", "out:1", "developer", "developer"]


def test_a_call_that_was_never_answered_counts_as_interrupted() -> None:
    items = log(
        ("t1", Source.USER, user_message("go")),
        ("t1", Source.MODEL, call("1")),
        ("t2", Source.USER, user_message("hello?")),
    )
    bodies = model_input(items, FACTS)
    assert shape(bodies) == ["user", "call:1", "out:1", "user", "developer"]
    assert bodies[2]["output"] == INTERRUPTED


def test_a_call_left_open_at_the_end_is_filled_before_what_waited() -> None:
    items = log(
        ("t", Source.USER, user_message("go")),
        ("t", Source.MODEL, call("1")),
        (None, Source.RUNTIME, developer_message("news")),
    )
    assert shape(model_input(items, FACTS)) == ["user", "call:1", "out:1", "developer", "developer"]


def test_an_output_without_its_call_is_dropped() -> None:
    items = log(("t", Source.USER, user_message("go")), ("t", Source.TOOL, output("1")))
    assert shape(model_input(items, FACTS)) == ["user", "developer"]


def test_parallel_calls_stay_together() -> None:
    reasoning = {"type": "reasoning", "id": "rs"}
    items = log(
        ("t", Source.USER, user_message("go")),
        ("t", Source.MODEL, reasoning),
        ("t", Source.MODEL, call("1")),
        ("t", Source.MODEL, call("2")),
        ("t", Source.TOOL, output("1")),
        ("t", Source.TOOL, output("2")),
    )
    assert model_input(items, FACTS)[:-1] == [item.body for item in items]


# -- trimming


def test_history_begins_at_the_oldest_message_that_fits() -> None:
    items = log(*[(f"t{n}", Source.USER, user_message("x" * 100)) for n in range(5)])
    assert trimmed(items, 2 * tokens(items[0].body)) == items[3:]


def test_the_newest_turn_is_kept_whole_whatever_its_size() -> None:
    items = log(
        ("t1", Source.USER, user_message("old")),
        ("t2", Source.USER, user_message("x" * 500)),
        ("t2", Source.MODEL, answer("y" * 500)),
    )
    assert trimmed(items, 10) == items[1:]


def test_a_command_turn_is_cut_before_its_message_not_before_its_call() -> None:
    items = log(
        ("t1", Source.USER, user_message("x" * 500)),
        ("t2", Source.USER, user_message("/heygen jobs")),
        ("t2", Source.COMMAND, call("1")),
        ("t2", Source.TOOL, output("1")),
    )
    assert trimmed(items, 10) == items[1:]


def test_a_log_without_a_persons_message_is_left_as_it_is() -> None:
    items = log((None, Source.RUNTIME, developer_message("news")))
    assert trimmed(items, 1) == items


# -- properties over arbitrary logs

ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(["t1", "t2", "t3"]),
        st.sampled_from(["user", "call", "output", "answer", "runtime", "command"]),
        st.integers(1, 6),
    ),
    max_size=30,
)


def arbitrary_log(entries: list[tuple[str, str, int]]) -> list[Item]:
    """A log in any order. Call ids are unique among calls, as the provider makes them; outputs may repeat."""
    items: list[tuple[str | None, Source, dict[str, Any]]] = []
    for turn_id, kind, number in entries:
        match kind:
            case "user":
                items.append((turn_id, Source.USER, user_message("u" * number * 20)))
            case "call" | "command":
                taken = sum(body["type"] == "function_call" for _, _, body in items)
                items.append((turn_id, Source.MODEL if kind == "call" else Source.COMMAND, call(str(taken + 1))))
            case "output":
                items.append((turn_id, Source.TOOL, output(str(number))))
            case "answer":
                items.append((turn_id, Source.MODEL, answer("a" * number * 20)))
            case _:
                items.append((None, Source.RUNTIME, developer_message("r" * number)))
    return log(*items)


@given(ENTRIES, st.integers(0, 2_000))
def test_a_provider_accepts_the_pairs_of_any_log(entries: list[tuple[str, str, int]], limit: int) -> None:
    check_pairs(model_input(arbitrary_log(entries), FACTS, budget=limit))


@given(ENTRIES)
def test_nothing_but_stray_outputs_is_lost(entries: list[tuple[str, str, int]]) -> None:
    items = arbitrary_log(entries)
    bodies = [body for body in model_input(items, FACTS, budget=10**9)[:-1] if body["type"] != "function_call_output"]
    kept = trimmed(items, 10**9)
    expected = [item.body for item in kept if item.body["type"] != "function_call_output"]
    assert sorted(map(json.dumps, bodies)) == sorted(map(json.dumps, expected))


@given(ENTRIES, st.integers(0, 2_000))
def test_what_is_kept_is_the_end_of_the_log(entries: list[tuple[str, str, int]], limit: int) -> None:
    items = arbitrary_log(entries)
    kept = trimmed(items, limit)
    assert kept == items[len(items) - len(kept) :]


TURNS = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 300), st.booleans()), min_size=1, max_size=8)


def orderly_log(turns: list[tuple[int, int, bool]]) -> list[Item]:
    """Turn after turn: a message, calls with all their outputs, an answer, now and then news in between."""
    entries: list[tuple[str | None, Source, dict[str, Any]]] = []
    for number, (calls, size, news) in enumerate(turns):
        turn_id, ids = f"t{number}", [f"{number}.{index}" for index in range(calls)]
        entries.append((turn_id, Source.USER, user_message("u" * size)))
        entries += [(turn_id, Source.MODEL, call(call_id)) for call_id in ids]
        entries += [(None, Source.RUNTIME, developer_message("news"))] if news else []
        entries += [(turn_id, Source.TOOL, output(call_id)) for call_id in ids]
        entries.append((turn_id, Source.MODEL, answer("a" * size)))
    return log(*entries)


@given(TURNS, st.integers(0, 3_000))
def test_trimming_begins_at_a_persons_message_and_keeps_pairs_whole(
    turns: list[tuple[int, int, bool]], limit: int
) -> None:
    kept = trimmed(orderly_log(turns), limit)
    assert kept[0].source is Source.USER
    bodies = [item.body for item in kept]
    check_pairs(bodies)


@given(TURNS, st.integers(0, 3_000))
def test_trimming_keeps_to_the_limit_or_to_one_turn(turns: list[tuple[int, int, bool]], limit: int) -> None:
    kept = trimmed(orderly_log(turns), limit)
    assert total(item.body for item in kept) <= limit or len({item.turn_id for item in kept if item.turn_id}) == 1


# -- what a provider refuses


def reasoning(name: str) -> dict[str, Any]:
    return {"type": "reasoning", "id": name, "encrypted_content": "x", "summary": []}


def test_reasoning_that_led_to_nothing_is_left_out() -> None:
    items = log(("t1", Source.USER, user_message("hi")), ("t1", Source.MODEL, reasoning("rs_1")))
    bodies = model_input([*items, *log(("t2", Source.USER, user_message("still there?")))], "facts")
    assert "reasoning" not in [body["type"] for body in bodies]


def test_reasoning_before_what_it_led_to_is_kept() -> None:
    items = log(
        ("t1", Source.USER, user_message("hi")),
        ("t1", Source.MODEL, reasoning("rs_1")),
        ("t1", Source.MODEL, reasoning("rs_2")),
        ("t1", Source.MODEL, call("c1")),
        ("t1", Source.TOOL, output("c1")),
        ("t1", Source.MODEL, reasoning("rs_3")),
        ("t1", Source.MODEL, answer("done")),
    )
    assert [body["type"] for body in model_input(items, "facts")].count("reasoning") == 3


def test_calls_numbered_anew_in_each_answer_are_told_apart() -> None:
    items = log(
        ("t1", Source.USER, user_message("one")),
        ("t1", Source.MODEL, call("c1")),
        ("t1", Source.TOOL, output("c1")),
        ("t2", Source.USER, user_message("two")),
        ("t2", Source.MODEL, call("c1")),
        ("t2", Source.TOOL, output("c1")),
    )
    bodies = model_input(items, "facts")
    calls = [body["call_id"] for body in bodies if body["type"] == "function_call"]
    outputs = [body["call_id"] for body in bodies if body["type"] == "function_call_output"]
    assert calls == outputs
    assert len(set(calls)) == 2
