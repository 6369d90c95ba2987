"""Any history fits into its budget: pairs stay whole, and the last thing a person said stays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.conversation import developer_message, function_call, message_text, model_input, user_message
from agent.records import Item, Source
from agent.trimming import MARK, RECENT_TURNS, STUB, squeezed, stubbed, tokens, total
from emulators.openai.journal import unpaired
from tests.unit.agent.test_conversation import FACTS, answer, call, log, output, reasoning

Json = dict[str, Any]
SMALLEST = 4_000  # what the setting allows

LENGTHS = st.sampled_from([0, 1, 40, 900, 9_000, 60_000])
ROUNDS = st.tuples(st.integers(0, 30), LENGTHS, LENGTHS, st.booleans())
TURNS = st.lists(st.tuples(LENGTHS, st.lists(ROUNDS, max_size=4), LENGTHS), min_size=1, max_size=6)
LETTERS = st.sampled_from(["x", "ü", "字", '"', "\n", "🎬"])


def history(turns: list[Any], letter: str) -> list[Item]:
    """Turns of a question, rounds of parallel calls with what they answered, and an answer; news in between."""
    entries: list[tuple[str | None, Source, Json]] = []
    for number, (asked, rounds, said) in enumerate(turns):
        turn_id = f"t{number}"
        entries.append((turn_id, Source.USER, user_message(f"question {number} {letter * asked}")))
        for index, (calls, arguments, length, news) in enumerate(rounds):
            ids = [f"{number}.{index}.{one}" for one in range(calls)]
            entries.append((turn_id, Source.MODEL, reasoning(f"rs_{number}_{index}")))
            entries += [(turn_id, Source.MODEL, function_call(one, "tool", {"a": letter * arguments})) for one in ids]
            entries += [(None, Source.RUNTIME, developer_message("news"))] if news else []
            body = {"type": "function_call_output", "output": json.dumps({"ok": True, "text": letter * length})}
            entries += [(turn_id, Source.TOOL, body | {"call_id": one}) for one in ids]
        if said:
            entries.append((turn_id, Source.MODEL, answer(letter * said)))
    return log(*entries)


@given(TURNS, LETTERS, st.integers(SMALLEST, 3 * SMALLEST))
def test_any_history_fits_with_whole_pairs_and_the_last_question(turns: list[Any], letter: str, budget: int) -> None:
    *told, facts = model_input(history(turns, letter), FACTS, budget=budget)
    assert facts == developer_message(FACTS)
    assert total(told) <= budget
    assert unpaired([{"input": told}]) == []
    asked = [body for body in told if body.get("role") == "user"]
    assert message_text(asked[-1]).startswith(f"question {len(turns) - 1} ")


@given(TURNS, LETTERS)
def test_what_fits_is_left_as_it_is(turns: list[Any], letter: str) -> None:
    items = history(turns, letter)
    whole = 3 * total(item.body for item in items)
    assert stubbed(items, whole) == items
    assert squeezed([item.body for item in items], whole) == [item.body for item in items]


def long_output(call_id: str) -> Json:
    return output(call_id) | {"output": json.dumps({"ok": True, "rows": "r" * 3_000})}


def test_old_answers_of_tools_become_stubs_once_half_of_the_budget_is_used() -> None:
    turns = [(f"t{one}", str(one)) for one in range(4)]
    items = log(
        *[
            entry
            for turn_id, one in turns
            for entry in (
                (turn_id, Source.USER, user_message("go")),
                (turn_id, Source.MODEL, call(one)),
                (turn_id, Source.TOOL, long_output(one)),
            )
        ]
    )
    used = total(item.body for item in items)
    assert stubbed(items, 2 * used) == items
    outputs = [item.body["output"] for item in stubbed(items, 2 * used - 2) if "output" in item.body]
    stubs = [json.loads(one) for one in outputs if STUB in one]
    assert stubs == [{"ok": True, "note": STUB}] * (len(turns) - RECENT_TURNS)
    assert outputs[-RECENT_TURNS:] == [long_output(one)["output"] for _, one in turns[-RECENT_TURNS:]]


def test_a_question_that_is_too_long_alone_is_cut_in_its_middle() -> None:
    (body,) = squeezed([user_message(f"begin {'x' * 60_000} end")], 500)
    text = message_text(body)
    assert text.startswith("begin")
    assert text.endswith("end")
    assert MARK in text
    assert tokens(body) <= 500


@pytest.mark.parametrize("budget", [300, 1_000])
def test_in_a_long_turn_the_newest_rounds_are_kept(budget: int) -> None:
    bodies = [user_message("go")]
    for one in range(30):
        bodies += [call(str(one)), output(str(one)) | {"output": json.dumps({"ok": True, "n": one})}]
    kept = squeezed(bodies, budget)
    assert kept[0] == user_message("go")
    assert kept[-1] == bodies[-1]
    assert len(kept) < len(bodies)
    assert unpaired([{"input": kept}]) == []
