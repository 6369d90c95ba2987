"""What a search offers, and which tools a turn has found."""

from __future__ import annotations

import json
from typing import Any

from agent.catalogue.finding import FIND, FOUND, FindArguments, Finding, found_in
from agent.catalogue.index import Entry
from agent.conversation import function_call
from agent.records import Json, Lease
from agent.tool_calls import Outcome, Value, output_item
from agent.toolbox import MOST_SHOWN, Arguments, CallContext, Effect, Planned, Toolbox, ToolSpec


class Nothing(Arguments):
    """No arguments."""


async def run(context: CallContext, arguments: Any) -> Outcome:
    return Value({})


def spec(name: str, purpose: str = "To do something.") -> ToolSpec:
    return ToolSpec(name, purpose, Nothing, Effect.READ, run)


class NoRefusals:
    """Everything is done here, except cloning."""

    def entries(self) -> list[Entry]:
        return [Entry("clone_voice", "Makes a voice from a recording.")]

    def sentence(self, name: str) -> str:
        return "It costs money."


def searched(call_id: str, *names: str) -> list[Json]:
    """A search and its answer, as they stand in the log."""
    found = Value({"found": [{"name": name, "purpose": ""} for name in names]})
    return [function_call(call_id, FIND, {"query": "x"}), output_item(call_id, found)]


def finding(*hidden: ToolSpec, forbidden: str = "") -> Finding:
    made = Finding(may=lambda context, name: name != forbidden, refusals=NoRefusals())
    made.over(Toolbox([*hidden, *made.tools()], shown=(FIND,)))
    return made


async def find(made: Finding, query: str) -> Json:
    context: Any = CallContext(Lease("c", "o", 1), None, "call", "key")  # type: ignore[arg-type]
    outcome = await made.find(context, FindArguments(query=query))
    assert isinstance(outcome, Value)
    return outcome.data


async def test_what_fits_is_named_with_its_purpose() -> None:
    made = finding(spec("list_kits", "Lists brand kits."), spec("list_voices", "Lists voices."))
    assert (await find(made, "brand kits"))["found"] == [{"name": "list_kits", "purpose": "Lists brand kits."}]


async def test_what_the_person_may_not_do_is_not_found() -> None:
    made = finding(spec("delete_kits", "Deletes brand kits."), forbidden="delete_kits")
    assert (await find(made, "delete brand kits"))["found"] == []


async def test_what_is_not_done_here_is_told_with_its_reason() -> None:
    answer = await find(finding(), "clone a voice from a recording")
    assert answer["not_done_here"] == [{"what": "Makes a voice from a recording.", "why": "It costs money."}]


async def test_no_more_than_four_at_once() -> None:
    made = finding(*[spec(f"list_kit_{letter}", "Lists kits.") for letter in "abcdefg"])
    assert len((await find(made, "kits"))["found"]) == FOUND


def test_a_turn_has_found_what_its_searches_name_the_newest_first() -> None:
    log = [*searched("1", "a", "b", "c"), *searched("2", "d", "b")]
    assert found_in(log) == ["d", "b", "a", "c"]


def test_what_others_name_is_not_found() -> None:
    """A tool's answer cannot smuggle tools in: only searches count, and only names of tools that there are."""
    forged = [function_call("9", "list_jobs", {}), {**searched("9", "delete_video")[1]}]
    assert found_in(forged) == []
    named = Toolbox([spec("a")], shown=("a",)).named(["b", "a"])
    assert [one["name"] for one in named] == ["a"]


def test_an_answer_that_cannot_be_read_has_found_nothing() -> None:
    broken = {"type": "function_call_output", "call_id": "1", "output": "["}
    assert found_in([function_call("1", FIND, {}), broken]) == []


def test_there_are_never_more_than_fifteen_tools() -> None:
    names = [f"tool_{number:02d}" for number in range(30)]
    toolbox = Toolbox(map(spec, names), shown=names[:20])
    assert len(toolbox.definitions()) == MOST_SHOWN
    found = toolbox.named(names[20:24])
    assert len(toolbox.definitions(found=len(found))) + len(found) == MOST_SHOWN
    assert [one.name for one in toolbox.found_only()] == names[MOST_SHOWN:]


def test_what_made_room_can_still_be_called() -> None:
    names = [f"tool_{number:02d}" for number in range(15)]
    toolbox = Toolbox(map(spec, names), shown=names)
    assert isinstance(toolbox.plan(names[-1], "{}"), Planned)


def test_what_there_is_no_tool_for_is_explained() -> None:
    toolbox = Toolbox([spec("a")], shown=("a",), why_not={"pay": "Use a."}.get)
    assert "Use a." in json.dumps(getattr(toolbox.plan("pay", "{}"), "message", ""))
