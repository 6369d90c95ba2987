"""Tool search: what is refused of it, and what the planner makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.openai.errors import Refusal
from emulators.openai.planner import plan
from emulators.openai.schema import check_tools
from emulators.openai.script import Call, Say
from emulators.openai.searching import SEARCH, as_function
from emulators.openai.validate import Rules, check_responses
from tests.unit.emulators.openai.toolset import STRING, tool, user

Json = dict[str, Any]
PARAMETERS: Json = {
    "type": "object",
    "properties": {"query": {"type": "string"}},
    "required": ["query"],
    "additionalProperties": False,
}
OURS: Json = {"type": SEARCH, "execution": "client", "description": "Find tools.", "parameters": PARAMETERS}


def asked(*items: Json, tools: list[Json] | None = None) -> Any:
    body = {"model": "m", "store": False, "input": list(items), "tools": [OURS] if tools is None else tools}
    return check_responses(body, Rules())


def searched(*tools: Json, call_id: str = "c1") -> list[Json]:
    call = {"type": "tool_search_call", "id": f"tsc_{call_id}", "call_id": call_id, "execution": "client"}
    answer = {"type": "tool_search_output", "call_id": call_id, "execution": "client", "tools": list(tools)}
    return [{**call, "arguments": {"query": "kits"}, "status": "completed"}, {**answer, "status": "completed"}]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"execution": "somewhere"}, "tools[0].execution"),
        ({"description": ""}, "tools[0].description"),
        ({"parameters": None}, "tools[0].parameters"),
        ({"parameters": {"type": "array"}}, "tools[0].parameters"),
        ({"strict": True}, "tools[0].strict"),
    ],
)
def test_a_wrong_search_is_refused(fields: Json, param: str) -> None:
    with pytest.raises(Refusal) as caught:
        check_tools([OURS | fields])
    assert caught.value.param == param


def test_two_searches_are_refused() -> None:
    with pytest.raises(Refusal, match="Only one"):
        check_tools([OURS, OURS])


def test_tools_that_nothing_could_load_are_refused() -> None:
    with pytest.raises(Refusal, match="defer_loading"):
        check_tools([{**tool("make"), "defer_loading": True}])


def test_a_search_without_an_answer_is_refused() -> None:
    call, _ = searched()
    with pytest.raises(Refusal, match="No tool output found"):
        asked(user("kits"), call)


def test_an_answer_without_its_search_is_refused() -> None:
    _, answer = searched()
    with pytest.raises(Refusal, match="No tool call found"):
        asked(user("kits"), answer)


def test_what_the_api_has_searched_itself_needs_no_answer_of_ours() -> None:
    call, answer = searched()
    server = {"execution": "server", "call_id": None}
    assert asked(user("kits"), call | server, answer | server)


def test_loaded_tools_are_checked_like_all_others() -> None:
    bad = tool("list_kits") | {"strict": True, "parameters": {"type": "object", "properties": {"a": STRING}}}
    with pytest.raises(Refusal, match="additionalProperties"):
        asked(user("kits"), *searched(bad))


def test_a_tool_that_is_there_twice_is_refused() -> None:
    with pytest.raises(Refusal, match="must be unique"):
        asked(user("kits"), *searched(tool("make")), tools=[OURS, tool("make")])


def test_loaded_tools_can_be_called() -> None:
    request = asked(user("list the kits"), *searched(tool("list_kits")))
    assert plan("", request.items, request.tools) == [Call("list_kits", {})]


def test_the_planner_searches_where_no_tool_fits() -> None:
    assert plan("", [user("list the kits")], as_function([OURS])) == [Call(SEARCH, {"query": "list the kits"})]


def test_the_planner_says_when_nothing_was_found() -> None:
    request = asked(user("list the kits"), *searched())
    (told,) = plan("", request.items, request.tools)
    assert isinstance(told, Say)
    assert "found nothing" in told.text
