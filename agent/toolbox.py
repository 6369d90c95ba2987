"""The tools offered to the model: what they are, how their arguments are checked, how they run."""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.records import Json, Lease, TurnRecord
from agent.schema import strict_schema
from agent.tool_calls import Failed, Outcome, TryAgain

ARGUMENTS_LIMIT = 50_000
MOST_SHOWN = 15  # tools; with more of them models choose worse, and each call costs more


class Effect(enum.StrEnum):
    """What a tool does to the world: `SUBMIT` spends money, `LIVE` opens something that costs by the minute.

    `NOTE`: something is kept here, nothing happens outside.
    """

    READ = "read"
    SUBMIT = "submit"
    LIVE = "live"
    NOTE = "note"
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
    arguments: type[BaseModel]
    effect: Effect
    run: ToolFunction
    taints: bool | Callable[[Any], bool] = False

    def holds_others(self, arguments: BaseModel) -> bool:
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
    arguments: BaseModel


class Toolbox:
    """Tools by name, in a stable order so that the provider's prompt cache survives.

    `shown` names those that are always offered, the most important first; the others are found by a search. Without it
    all are offered. `why_not` says why there is no tool of some name, where that is worth saying.
    """

    def __init__(
        self,
        specs: Iterable[ToolSpec],
        shown: Sequence[str] | None = None,
        why_not: Callable[[str], str | None] = lambda name: None,
    ) -> None:
        self._specs = {spec.name: spec for spec in sorted(specs, key=lambda spec: spec.name)}
        self._shown = [name for name in shown if name in self._specs][:MOST_SHOWN] if shown else None
        self._definitions: dict[str, Json] = {}
        self._why_not = why_not

    def carried_out_by(self, run_of: Callable[[ToolSpec], ToolFunction]) -> Toolbox:
        """The same tools, offered and checked in the same way, each carried out by what `run_of` gives for it."""
        specs = [replace(spec, run=run_of(spec)) for spec in self._specs.values()]
        return Toolbox(specs, self._shown, self._why_not)

    def spec(self, name: str) -> ToolSpec | None:
        """The tool of this name."""
        return self._specs.get(name)

    def definitions(self, effects: Collection[Effect] = ALL_EFFECTS, *, found: int = 0) -> list[Json]:
        """The tools with one of `effects` as the Responses API takes them.

        They leave room for `found` more; what falls away for that can still be called.
        """
        if self._shown is None:
            return self.named(self._specs, effects)
        return self.named(sorted(self._shown[: MOST_SHOWN - found]), effects)

    def named(self, names: Iterable[str], effects: Collection[Effect] = ALL_EFFECTS) -> list[Json]:
        """Definitions by name, without those that do not exist or have none of `effects`."""
        specs = [self._specs[name] for name in names if name in self._specs]
        return [self._definition(spec) for spec in specs if spec.effect in effects]

    def found_only(self, effects: Collection[Effect] = ALL_EFFECTS) -> list[ToolSpec]:
        """The tools that are not offered until a search has found them."""
        hidden = self._specs.keys() - set(self._specs if self._shown is None else self._shown)
        return [spec for name, spec in self._specs.items() if name in hidden and spec.effect in effects]

    def everything(self) -> list[Json]:
        """The definitions of all tools, those that are not always offered too."""
        return self.named(self._specs)

    def _definition(self, spec: ToolSpec) -> Json:
        if spec.name not in self._definitions:
            self._definitions[spec.name] = spec.definition()
        return self._definitions[spec.name]

    def plan(self, name: str, arguments: str, effects: Collection[Effect] = ALL_EFFECTS) -> Planned | Outcome:
        """Check a call the model made: a plan, or the outcome that tells the model what is wrong with it.

        Of tools whose effect is not among `effects` it is told that they are not allowed here, whatever it was shown.
        """
        spec = self._specs.get(name)
        if spec is not None and spec.effect not in effects:
            return Failed("not_allowed", f"{name} is not allowed here.", "Only a person can ask for this.")
        if spec is None and (reason := self._why_not(name)):
            return Failed("not_offered", reason)
        if spec is None:
            known = ", ".join(self._specs if self._shown is None else self._shown)
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
