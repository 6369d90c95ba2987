"""`find_tools` as the Responses API's own tool search, where the model knows it: the same call on another wire.

In our log a search is a plain function call, so that any model can go on from it. With tool search the wire shows it as
`tool_search_call` and `tool_search_output`; what was found travels in the output and leaves the list of tools, and the
provider's cache of it, alone. Pure functions.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from agent.catalogue.finding import FIND, names_in
from agent.records import Json

MARK = "searched"  # on a function call of our log that was a search of the API's own; never sent
CLIENT = {"execution": "client", "status": "completed"}


def tools_out(tools: Sequence[Json]) -> list[Json]:
    """The tools of a request, with tool search in place of our function."""
    return [_search(tool) if tool["name"] == FIND else tool for tool in tools]


def items_out(items: Sequence[Json], found: Sequence[Json]) -> list[Json]:
    """The input of a request: the searches that were made as such, each with the tools it has found.

    `found` are the tools of this turn; each is told once. Older searches have found nothing that still counts.
    """
    searches = {item["call_id"] for item in items if _is_search(item)}
    left = {tool["name"]: tool for tool in found}
    out: list[Json] = []
    for item in items:
        if item.get("call_id") not in searches:
            out.append(item)
        elif item["type"] == "function_call":
            out.append(_call(item))
        else:
            loaded = [left.pop(name) for name in names_in(item["output"]) if name in left]
            tools = [{**tool, "defer_loading": True} for tool in loaded]
            out.append({"type": "tool_search_output", "call_id": item["call_id"], **CLIENT, "tools": tools})
    return out


def plain_items(items: Sequence[Json]) -> list[Json]:
    """The input for a model without tool search: what was a search with one that had it is a function call now.

    Its id would be refused as one of a function call, and so would the reasoning that belongs to it.
    """
    out: list[Json] = []
    for item in items:
        if _is_search(item):
            while out and out[-1].get("type") == "reasoning":
                out.pop()
            item = {name: value for name, value in item.items() if name not in ("id", MARK)}
        out.append(item)
    return out


def item_in(item: Json) -> Json:
    """An item of an answer as our log keeps it."""
    if item.get("type") != "tool_search_call":
        return item
    arguments = item.get("arguments") or {}
    return {
        "type": "function_call",
        "id": item["id"],
        "call_id": item.get("call_id") or item["id"],
        "name": FIND,
        "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False),
        "status": "completed",
        MARK: True,
    }


def _search(tool: Json) -> Json:
    return {
        "type": "tool_search",
        "execution": "client",
        "description": tool["description"],
        "parameters": tool["parameters"],
    }


def _is_search(item: Json) -> bool:
    """Whether a function call of the log was made by tool search."""
    return item.get("type") == "function_call" and item.get(MARK) is True


def _call(item: Json) -> Json:
    arguments: Any = json.loads(item["arguments"] or "{}")
    call = {"type": "tool_search_call", "id": item["id"], "call_id": item["call_id"], "arguments": arguments}
    return {**call, **CLIENT}
