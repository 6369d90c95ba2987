"""A search as the Responses API's own, and as a function for everybody else."""

from __future__ import annotations

from agent.catalogue.finding import FIND
from agent.conversation import function_call, user_message
from agent.records import Json
from agent.tool_calls import Value, output_item
from agent.tool_search import item_in, items_out, plain_items, tools_out
from emulators.openai.pairing import check_pairs

PARAMETERS: Json = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
REASONING: Json = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}


def tool(name: str) -> Json:
    return {"type": "function", "name": name, "description": f"To {name}.", "parameters": PARAMETERS, "strict": True}


def search(call_id: str, item_id: str = "tsc_1") -> Json:
    """A search as our log keeps it."""
    return item_in(
        {
            "type": "tool_search_call",
            "id": item_id,
            "call_id": call_id,
            "execution": "client",
            "status": "completed",
            "arguments": {"query": "kits"},
        }
    )


def found(call_id: str, *names: str) -> Json:
    return output_item(call_id, Value({"found": [{"name": name, "purpose": ""} for name in names]}))


def test_the_function_becomes_the_apis_own_tool() -> None:
    (other, searching) = tools_out([tool("make"), tool(FIND)])
    assert other == tool("make")
    assert searching == {
        "type": "tool_search",
        "execution": "client",
        "description": f"To {FIND}.",
        "parameters": PARAMETERS,
    }


def test_a_search_is_a_function_call_in_the_log() -> None:
    assert search("c1") == {
        "type": "function_call",
        "id": "tsc_1",
        "call_id": "c1",
        "name": FIND,
        "arguments": '{"query": "kits"}',
        "status": "completed",
        "searched": True,
    }


def test_other_items_are_kept_as_they_are() -> None:
    assert item_in(REASONING) is REASONING


def test_what_was_found_travels_in_the_output() -> None:
    log = [user_message("kits?"), REASONING, search("c1"), found("c1", "list_kits", "gone")]
    out = items_out(log, [tool("list_kits")])
    check_pairs(out)
    assert out[:2] == log[:2]
    assert out[2] == {
        "type": "tool_search_call",
        "id": "tsc_1",
        "call_id": "c1",
        "arguments": {"query": "kits"},
        "execution": "client",
        "status": "completed",
    }
    assert out[3]["tools"] == [{**tool("list_kits"), "defer_loading": True}]


def test_each_tool_is_told_once() -> None:
    log = [search("c1"), found("c1", "a", "b"), search("c2", "tsc_2"), found("c2", "b", "c")]
    out = items_out(log, [tool(name) for name in "abc"])
    assert [[one["name"] for one in item["tools"]] for item in out if "tools" in item] == [["a", "b"], ["c"]]


def test_searches_of_earlier_turns_load_nothing() -> None:
    out = items_out([search("c1"), found("c1", "a")], [])
    assert out[1]["tools"] == []


def test_a_search_that_was_a_function_stays_one() -> None:
    log = [function_call("c1", FIND, {"query": "kits"}), found("c1", "a")]
    assert items_out(log, [tool("a")]) == log


def test_without_tool_search_it_is_a_function_call_whose_reasoning_is_gone() -> None:
    log = [user_message("kits?"), REASONING, search("c1"), found("c1", "a")]
    out = plain_items(log)
    check_pairs(out)
    assert [item["type"] for item in out] == ["message", "function_call", "function_call_output"]
    assert not {"id", "searched"} & out[1].keys()


def test_other_reasoning_stays() -> None:
    log = [REASONING, function_call("c1", FIND, {"query": "kits"}), found("c1")]
    assert plain_items(log) == log
