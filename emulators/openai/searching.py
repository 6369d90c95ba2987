"""Tool search that the client carries out: the tool, what it has loaded, and the call the planner makes of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from emulators.openai.errors import Refusal, missing, unknown, unsupported_value, wrong_type

Json = dict[str, Any]

SEARCH = "tool_search"
FIELDS = frozenset({"type", "execution", "description", "parameters"})
EXECUTIONS = ("server", "client")


def check_search(tool: Json, param: str) -> None:
    """Refuse a `tool_search` that the API would not take."""
    for field in sorted(tool.keys() - FIELDS):
        raise unknown(f"{param}.{field}")
    execution = tool.get("execution", "server")
    if execution not in EXECUTIONS:
        raise unsupported_value(f"{param}.execution", execution, EXECUTIONS)
    if execution == "server":
        return
    if not tool.get("description"):
        raise missing(f"{param}.description")
    parameters = tool.get("parameters")
    if not isinstance(parameters, dict) or parameters.get("type") != "object":
        raise wrong_type(f"{param}.parameters", "an object schema")


def check_deferred(tools: Sequence[Json]) -> None:
    """Refuse two searches, and tools that nothing could ever load."""
    searches = [tool for tool in tools if tool.get("type") == SEARCH]
    if len(searches) > 1:
        raise Refusal("Only one 'tool_search' tool is allowed.", param="tools")
    deferred = [tool for tool in tools if tool.get("defer_loading")]
    if deferred and not searches:
        sentence = f"Tool '{deferred[0].get('name')}' has 'defer_loading' but there is no 'tool_search' tool."
        raise Refusal(sentence, param="tools")


def as_function(tools: Sequence[Json]) -> list[Json]:
    """The search as a tool that the planner can call, where the client carries it out."""
    searches = [tool for tool in tools if tool.get("type") == SEARCH and tool.get("execution") == "client"]
    return [{**tool, "type": "function", "name": SEARCH} for tool in searches]


def loaded(items: Sequence[Json]) -> list[tuple[str, Json]]:
    """The tools that searches have loaded, each with its place in the input."""
    found = []
    for number, item in enumerate(items):
        if item.get("type") != "tool_search_output":
            continue
        if not isinstance(item["tools"], list):
            raise wrong_type(f"input[{number}].tools", "an array of objects")
        found += [(f"input[{number}].tools[{index}]", tool) for index, tool in enumerate(item["tools"])]
    return found


def as_search(item: Json) -> Json:
    """The planner's call of the search as the API shows it."""
    return {
        "id": item["id"].replace("fc_", "tsc_", 1),
        "type": "tool_search_call",
        "status": item["status"],
        "call_id": item["call_id"],
        "execution": "client",
        "arguments": json.loads(item["arguments"]),
    }
