"""The tools that programs are shown, as MCP describes them. What is not shown is found by a search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mcp_types import Tool, ToolAnnotations
from pydantic import BaseModel, Field

from agent.catalogue.finding import FIND
from agent.records import Json
from agent.toolbox import Arguments, Effect, Toolbox, ToolSpec
from bot.mcp.jobs import LONGEST_WAIT

CALL, GET, LIST, WAIT = "call_tool", "get_job", "list_jobs", "wait_for_job"
SHOWN = (
    *("translate_video", "create_video", "create_videos", "lipsync_video", "create_from_template"),
    *("start_video_agent", "find_avatars", "find_voices", "list_languages", "add_asset"),
    *("cancel_jobs", "retry_jobs", "get_budget", FIND),
)
FOUND_HERE = "Search for further tools; each comes with its input schema and is called with call_tool."
HANDLE = "J and a number as other tools have answered it, or the handle of a call (mcp-…)."


class CallArguments(Arguments):
    """Arguments of `call_tool`."""

    name: str = Field(min_length=1, max_length=64, description="A tool that find_tools has found.")
    arguments: dict[str, Any] = Field(default_factory=dict, description="Its arguments, by its input schema.")


class JobArguments(Arguments):
    """Arguments of `get_job`."""

    handle: str = Field(min_length=1, max_length=64, description=HANDLE)


class WaitArguments(Arguments):
    """Arguments of `wait_for_job`."""

    handles: list[str] = Field(min_length=1, max_length=60, description="Jobs: J and a number each.")
    seconds: int = Field(default=25, ge=1, le=LONGEST_WAIT, description="How long to wait at most.")


class NoArguments(Arguments):
    """For tools that need nothing."""


OWN: dict[str, tuple[type[BaseModel], str, bool]] = {
    CALL: (CallArguments, "Call a tool that find_tools has found.", False),
    GET: (JobArguments, "The true state of a job, with the link to its video once it is done.", True),
    LIST: (NoArguments, "All jobs of this program with their true states, newest last.", True),
    WAIT: (WaitArguments, "Wait until jobs are over, for some seconds at most, and tell how they stand.", True),
}


def tools(toolbox: Toolbox) -> list[Tool]:
    """Everything that is shown, by name."""
    own = [_own(name, *parts) for name, parts in OWN.items()]
    shown = [_shown(spec) for spec in map(toolbox.spec, SHOWN) if spec is not None]
    return sorted([*own, *shown], key=lambda tool: tool.name)


def with_schemas(found: Sequence[Json], toolbox: Toolbox) -> list[Json]:
    """What a search has found, each with what it takes."""
    specs = {str(one["name"]): toolbox.spec(str(one["name"])) for one in found}
    return [one | {"input_schema": schema_of(spec.arguments)} for one in found if (spec := specs[str(one["name"])])]


def schema_of(arguments: type[BaseModel]) -> Json:
    """What a tool takes, without the titles that pydantic makes up."""
    schema: Json = _untitled(arguments.model_json_schema())
    return schema | {"properties": schema.get("properties", {})}


def _untitled(node: Any, *, names: bool = False) -> Any:
    """`node` without titles; `names`: its keys are names of properties, one of which may be a title."""
    if isinstance(node, list):
        return [_untitled(one) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if names or key != "title"}
    return {key: _untitled(value, names=not names and key in ("properties", "$defs")) for key, value in kept.items()}


def _own(name: str, arguments: type[BaseModel], purpose: str, reads: bool) -> Tool:
    hints = ToolAnnotations(read_only_hint=reads, destructive_hint=not reads, open_world_hint=not reads)
    return Tool(name=name, description=purpose, input_schema=schema_of(arguments), annotations=hints)


def _shown(spec: ToolSpec) -> Tool:
    reads = spec.effect is Effect.READ
    hints = ToolAnnotations(
        read_only_hint=reads, destructive_hint=spec.effect is Effect.DESTRUCTIVE, open_world_hint=True
    )
    purpose = FOUND_HERE if spec.name == FIND else spec.purpose
    return Tool(name=spec.name, description=purpose, input_schema=schema_of(spec.arguments), annotations=hints)
