"""`find_tools`: everything else that can be done, found by words and callable in the turn that has found it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Protocol

from pydantic import Field

from agent.catalogue.index import Entry, Index
from agent.records import Json
from agent.tool_calls import Outcome, Value
from agent.toolbox import ALL_EFFECTS, Arguments, CallContext, Effect, Toolbox, ToolSpec

FIND = "find_tools"
FOUND = 4  # tools at once
REFUSED = 2
# Always offered, as far as there is room, the most important first; the last make room for what a search finds. All of
# them together cost under 3,000 tokens, which a test counts.
SHOWN = (
    FIND,
    "translate_video",
    "create_video",
    "create_videos",
    "list_jobs",
    "cancel_jobs",
    "get_budget",
    "ask_for_human",
    "lipsync_video",
    "start_video_agent",
    "find_avatars",
    "schedule_request",
    "start_live_avatar",
    "retry_jobs",
    "end_live_avatar",
)
CALL_NOW = "These can be called now, in this turn only."
NOTHING = "Nothing like that can be done here. Try other words once, else say so."


class FindArguments(Arguments):
    """Arguments of `find_tools`."""

    query: str = Field(min_length=1, max_length=300, description="What is to be done, in a few English words.")


class Refusals(Protocol):
    """Knows what is not done here although HeyGen could, and why."""

    def entries(self) -> Sequence[Entry]:
        """Those operations as they can be searched for."""
        ...

    def sentence(self, name: str) -> str:
        """Why one of them is not called."""
        ...


class Finding:
    """The searching tool. `may` tells which tools somebody may call; the toolbox is given once it is complete."""

    def __init__(self, *, may: Callable[[CallContext, str], bool], refusals: Refusals) -> None:
        self._may = may
        self._refusals = refusals
        self._index = Index(())
        self._names: frozenset[str] = frozenset()
        self._refused: frozenset[str] = frozenset()

    def tools(self) -> list[ToolSpec]:
        """The tool specification."""
        return [
            ToolSpec(
                FIND,
                "Search for further tools: voices, templates, uploads, languages, music, pictures, brands, past "
                "videos, webhooks, renaming, deleting. What is found can be called afterwards.",
                FindArguments,
                Effect.READ,
                self.find,
            )
        ]

    def over(self, toolbox: Toolbox) -> None:
        """Search among what `toolbox` does not offer by itself."""
        hidden = toolbox.found_only(ALL_EFFECTS)
        refused = self._refusals.entries()
        self._names = frozenset(spec.name for spec in hidden)
        self._refused = frozenset(entry.name for entry in refused)
        self._index = Index([*(Entry(spec.name, spec.purpose, _details(spec)) for spec in hidden), *refused])

    async def find(self, context: CallContext, arguments: FindArguments) -> Outcome:
        """The names and purposes of what fits; the runtime offers them from the next model call on."""
        allowed = {name for name in self._names if self._may(context, name)}
        best = self._index.search(arguments.query, FOUND + REFUSED, only=allowed | self._refused)
        found = [one for one in best if one.name in allowed][:FOUND]
        data: Json = {"found": [{"name": one.name, "purpose": one.purpose} for one in found]}
        # What fits only a little need not be refused.
        if refused := [one for one in best[:REFUSED] if one.name in self._refused]:
            data["not_done_here"] = [{"what": one.purpose, "why": self._refusals.sentence(one.name)} for one in refused]
        return Value(data | {"note": CALL_NOW if found else NOTHING})


def found_in(bodies: Sequence[Json]) -> list[str]:
    """The tools that searches among the items of a turn have found: the newest search first, at most `FOUND`."""
    searches = {body["call_id"] for body in bodies if body.get("type") == "function_call" and body["name"] == FIND}
    answers = [body for body in bodies if body.get("type") == "function_call_output" and body["call_id"] in searches]
    names = [name for body in reversed(answers) for name in names_in(body["output"])]
    return list(dict.fromkeys(names))[:FOUND]


def names_in(output: str) -> list[str]:
    """The tools that one answer of `find_tools` names."""
    try:
        found = json.loads(output).get("found", [])
    except (ValueError, AttributeError):
        return []
    return [one["name"] for one in found if isinstance(one, dict) and isinstance(one.get("name"), str)]


def _details(spec: ToolSpec) -> str:
    fields = spec.arguments.model_fields
    return " ".join(f"{name.replace('_', ' ')} {field.description or ''}" for name, field in fields.items())
