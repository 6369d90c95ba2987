"""The tools offered to the model: what they are, how their arguments are checked, how they run."""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.records import Json, Lease, TurnRecord
from agent.schema import strict_schema
from agent.tool_calls import Failed, Outcome, TryAgain

ARGUMENTS_LIMIT = 50_000


class Effect(enum.StrEnum):
    """What a tool does to the world: `SUBMIT` spends money, `LIVE` opens something that costs by the minute."""

    READ = "read"
    SUBMIT = "submit"
    LIVE = "live"
    DESTRUCTIVE = "destructive"


ALL_EFFECTS = frozenset(Effect)
READ_ONLY = frozenset({Effect.READ})


class Arguments(BaseModel):
    """Base of every tool's arguments: nothing unknown is accepted, whatever a provider makes of strict mode."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


@dataclass(frozen=True, slots=True)
class CallContext:
    """Who calls a tool and from where. `key` is stable for this call, whoever runs it and how often."""

    lease: Lease
    turn: TurnRecord
    call_id: str
    key: str


ToolFunction = Callable[[CallContext, Any], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """One tool: `purpose` is what the model reads.

    `taints`: its answers hold what others wrote, so that what the model does after reading them needs a person's word.
    Where that depends on what it was asked, it is a function of the arguments.
    """

    name: str
    purpose: str
    arguments: type[Arguments]
    effect: Effect
    run: ToolFunction
    taints: bool | Callable[[Arguments], bool] = False

    def holds_others(self, arguments: Arguments) -> bool:
        """Whether the answer to these arguments holds what others wrote."""
        return self.taints if isinstance(self.taints, bool) else self.taints(arguments)

    def definition(self) -> Json:
        """The function tool as the Responses API takes it."""
        return {
            "type": "function",
            "name": self.name,
            "description": self.purpose,
            "parameters": strict_schema(self.arguments),
            "strict": True,
        }


@dataclass(frozen=True, slots=True)
class Planned:
    """A tool call whose arguments hold."""

    spec: ToolSpec
    arguments: Arguments


class Toolbox:
    """Tools by name, in a stable order so that the provider's prompt cache survives."""

    def __init__(self, specs: Iterable[ToolSpec]) -> None:
        self._specs = {spec.name: spec for spec in sorted(specs, key=lambda spec: spec.name)}
        self._definitions = [spec.definition() for spec in self._specs.values()]

    def definitions(self, effects: Collection[Effect] = ALL_EFFECTS) -> list[Json]:
        """The tools with one of `effects` as the Responses API takes them."""
        specs = self._specs.values()
        return [made for spec, made in zip(specs, self._definitions, strict=True) if spec.effect in effects]

    def plan(self, name: str, arguments: str, effects: Collection[Effect] = ALL_EFFECTS) -> Planned | Outcome:
        """Check a call the model made: a plan, or the outcome that tells the model what is wrong with it.

        Of tools whose effect is not among `effects` it is told that they are not allowed here, whatever it was shown.
        """
        spec = self._specs.get(name)
        if spec is not None and spec.effect not in effects:
            return Failed("not_allowed", f"{name} is not allowed here.", "Only a person can ask for this.")
        if spec is None:
            known = ", ".join(self._specs)
            return Failed("unknown_tool", f"There is no tool {name[:64]!r}.", f"The tools are: {known}.")
        try:
            return Planned(spec, spec.arguments.model_validate(_parse(arguments)))
        except ValidationError as error:
            return TryAgain("invalid_arguments", _first_error(error), "Correct the arguments and call again.")
        except (ValueError, RecursionError):  # nested brackets by the thousand exhaust the parser
            return TryAgain("invalid_arguments", "The arguments are not a JSON object.", "Send one JSON object.")


def call_key(turn_id: str, call_id: str) -> str:
    """The idempotency key of a tool call: letters and digits only, the same at every attempt."""
    return "gr-" + hashlib.sha256(f"{turn_id}|{call_id}".encode()).hexdigest()[:40]


def _parse(arguments: str) -> Json:
    if len(arguments) > ARGUMENTS_LIMIT:
        raise ValueError("arguments too long")
    value = json.loads(arguments or "{}")
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one way out for all unusable JSON
    return value


def _first_error(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "arguments"
    return f"{place}: {first['msg']}"
