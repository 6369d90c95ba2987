"""The model as the turn sees it: one request, a stream of events that ends with a complete answer or an error."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.records import Json, ModelCall


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One stateless call: the whole input each time. `person` is a keyed hash, never a name or an address.

    `tools` are offered always, `found` are those that a search of this turn has found.
    """

    instructions: str
    input: Sequence[Json]
    tools: Sequence[Json]
    use_tools: bool
    cache_key: str
    person: str
    max_output_tokens: int = 4_000
    found: Sequence[Json] = ()


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More text. `final` is False for commentary that must not become the reply."""

    text: str
    final: bool


@dataclass(frozen=True, slots=True)
class Completed:
    """The answer, whole: its items in Responses shape, ready for the log."""

    items: tuple[Json, ...]
    call: ModelCall


ModelEvent = TextDelta | Completed


class Model(Protocol):
    """A model behind some wire."""

    def respond(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """Stream deltas, then exactly one `Completed`; anything else ends in `ModelError`."""
        ...
