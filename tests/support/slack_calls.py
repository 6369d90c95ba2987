"""What the app has sent to Slack, as TypeScript that holds each call against the type that Slack gives its arguments.

A call's arguments are in the journal as they were sent: JSON has its types, a form or a query has only text, so those
are held against the type's text form: `"200"` where the type says `number`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from emulators.base import Entry

Json = dict[str, Any]

BY_THE_CLIENT = "team_id"  # Slack's Python client adds it to every call of a client that is made for one team
IN_THE_HEADER = {"/api/oauth.v2.access"}  # it gives id and secret as HTTP's Basic, which the type knows nothing of

HEAD = """\
import type { WebClient } from "@slack/web-api";
import type { SlackEvent } from "@slack/types";

export type Given<Method> = Method extends (options: infer Arguments, ...rest: never[]) => unknown
  ? NonNullable<Arguments>
  : never;
export type AsText<Value> = Value extends boolean
  ? "true" | "false" | "1" | "0"
  : Value extends number
    ? `${number}`
    : Value;
export type Sent<Arguments> = Arguments extends unknown
  ? { [Name in keyof Arguments]: AsText<Arguments[Name]> }
  : never;
"""


@dataclass(frozen=True, slots=True)
class Called:
    """One call: `text` when everything in it was sent as text."""

    method: str
    arguments: Json
    text: bool

    @property
    def shape(self) -> str:
        """The same for calls that no type can tell apart."""
        return json.dumps([self.method, self.text, _shape(self.arguments)], sort_keys=True)

    def line(self, name: str) -> str:
        """A declaration that holds when the arguments are of their type."""
        path = "".join(f'["{part}"]' for part in self.method.split("."))
        type_ = f"Given<WebClient{path}>"
        return f"export const {name}: {f'Sent<{type_}>' if self.text else type_} = {json.dumps(self.arguments)};"


def calls(entries: Iterable[Entry]) -> Iterator[Called]:
    """The Web API calls among requests, those of the same shape once."""
    seen = set()
    for entry in entries:
        if (
            entry.path.startswith("/api/")
            and entry.path not in IN_THE_HEADER
            and (called := _called(entry)).shape not in seen
        ):
            seen.add(called.shape)
            yield called


def _called(entry: Entry) -> Called:
    method, kind = entry.path.removeprefix("/api/"), entry.headers.get("content-type", "")
    given: Json = entry.body if isinstance(entry.body, dict) else {}
    body = {name: value for name, value in given.items() if name != BY_THE_CLIENT}
    if kind.startswith("application/json"):
        return Called(method, body, text=False)
    # Slack takes structures in a form as JSON in text; TypeScript is to look at what is in them.
    return Called(
        method,
        {name: _opened(value) for name, value in (entry.query | body).items() if name != BY_THE_CLIENT},
        text=True,
    )


def _opened(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value[:1] in ("[", "{") else value


def _shape(value: Any, name: str = "") -> Any:
    """What a type can tell of a value: names and kinds, and the words that a union is told apart by."""
    match value:
        case dict():
            return {key: _shape(one, key) for key, one in value.items()}
        case list():
            return sorted({json.dumps(_shape(one), sort_keys=True) for one in value})
        case str() if name in ("type", "style", "status", "subtype"):
            return value
        case _:
            return type(value).__name__


def program(lines: Iterable[str]) -> str:
    """A whole file."""
    return HEAD + "\n".join(lines) + "\n"


class Recorder:
    """Collects the calls of a whole run; each process of a run writes a file of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: dict[str, Called] = {}

    def add(self, entries: Iterable[Entry]) -> None:
        """Keep what has not been seen in this shape."""
        self._found |= {called.shape: called for called in calls(entries)}

    def write(self, name: str) -> None:
        """Put down what there is."""
        self._folder.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps(asdict(called)) for called in self._found.values()]
        (self._folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines))


def recorded(folder: Path) -> list[Called]:
    """What every process of a run has written, each shape once."""
    lines = [line for file in sorted(folder.glob("*.jsonl")) for line in file.read_text().splitlines()]
    found = [Called(**json.loads(line)) for line in lines]
    return list({called.shape: called for called in found}.values())
