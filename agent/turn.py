"""The turn as a state machine without I/O: from the items of a turn to the next step.

The position is derived from the log and never stored beside it, so starting and resuming are the same code.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from agent.conversation import message_text, open_calls
from agent.records import Item, Json, Source


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one turn may use. At `model_calls` the last one is made with tools off; `seconds` since it was created."""

    model_calls: int = 8
    tokens: int = 200_000
    seconds: float = 900.0
    attempts: int = 6


@dataclass(frozen=True, slots=True)
class CallModel:
    """Ask the model; `tools` False at the bound or after the same call failed twice."""

    tools: bool


@dataclass(frozen=True, slots=True)
class Settle:
    """Run these function calls and append all their outputs at once."""

    calls: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Finish:
    """The model has answered."""

    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """A command's calls are settled: say what came of them, without a model."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """A bound is reached."""

    code: str


Step = CallModel | Settle | Finish | Report | GiveUp


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: its own items in order, and what it has used so far."""

    items: Sequence[Item]
    conversational: bool
    model_calls: int = 0
    tokens: int = 0
    age: float = 0.0
    bounds: Bounds = Bounds()

    def step(self) -> Step:
        """What to do next."""
        bodies = [item.body for item in self.items]
        if calls := open_calls(bodies):
            return Settle(tuple(calls))
        if not self.conversational:
            return Report()
        last = next((item for item in reversed(self.items) if item.source is not Source.RUNTIME), None)
        if last is not None and last.source is Source.MODEL and last.body.get("type") == "message":
            return Finish(message_text(last.body))
        return self._next_call(bodies)

    def _next_call(self, bodies: Sequence[Json]) -> Step:
        if self.age > self.bounds.seconds:
            return GiveUp("too_long")
        if self.tokens > self.bounds.tokens:
            return GiveUp("too_many_tokens")
        if self.model_calls > self.bounds.model_calls:
            return GiveUp("too_many_steps")
        return CallModel(tools=self.model_calls < self.bounds.model_calls and not repeats_failure(bodies))


def repeats_failure(bodies: Sequence[Json]) -> bool:
    """Whether one call with the same arguments has failed twice: more tries would only cost."""
    calls = {body["call_id"]: body for body in bodies if body.get("type") == "function_call"}
    failures: Counter[tuple[str, str]] = Counter()
    for body in bodies:
        call = calls.get(body.get("call_id", "")) if body.get("type") == "function_call_output" else None
        if call is not None and not _succeeded(body["output"]):
            failures[call["name"], call["arguments"]] += 1
    return any(count >= 2 for count in failures.values())


def _succeeded(output: str) -> bool:
    try:
        value = json.loads(output)
    except ValueError:
        return False
    return isinstance(value, dict) and bool(value.get("ok"))
