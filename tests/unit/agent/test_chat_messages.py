"""The log as the messages of Chat Completions: whatever it holds, the server gets whole pairs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.capabilities import Capabilities
from agent.chat_messages import messages, short_id
from agent.conversation import model_input
from emulators.openai.journal import unpaired
from tests.unit.agent.test_conversation import ENTRIES, FACTS, arbitrary_log


@given(ENTRIES, st.integers(0, 2_000), st.booleans())
def test_the_pairs_of_any_history_hold_on_both_wires(
    entries: list[tuple[str, str, int]], limit: int, late: bool
) -> None:
    items = model_input(arbitrary_log(entries), FACTS, budget=limit)
    can = Capabilities().changed({"late_system": late})
    told = messages("Be brief.", items, can)
    assert unpaired([{"input": items}, {"messages": told}]) == []
    words = "".join(message["content"] or "" for message in told)
    assert words.count(FACTS) == 1
    calls = [call for message in told for call in message.get("tool_calls", [])]
    assert len(calls) == sum(item["type"] == "function_call" for item in items)


def test_an_id_is_shortened_always_to_the_same() -> None:
    assert short_id("call_1") == "call_1"
    assert short_id("c" * 41) == short_id("c" * 41)
    assert len(short_id("c" * 41)) <= 40
    assert short_id("c" * 41) != short_id("c" * 42)
