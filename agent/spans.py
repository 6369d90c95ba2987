"""Spans: what took how long, as a trace from an event in Slack to its last post. The edge keeps them, or nobody does.

A trace is a turn, and a span that others hang on has a name that everybody can work out from rows: `event:<turn>`,
`tool:<turn>:<call>`, `submission:<id>:<attempt>`. So spans of several processes find together without a column for it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

Fact = str | int | float | bool
"""What stands in a span: kinds, codes, counts and our own ids. Never anything that people wrote, nor a person's id."""


class Facts(Protocol):
    """A span that is open."""

    def add(self, **facts: Fact) -> None:
        """More to know of it."""
        ...


class Spans(Protocol):
    """Keeps spans. `on` False: nobody does, so nothing has to be looked up for them."""

    on: bool

    def span(
        self, name: str, /, *, turn: str | None = None, key: str | None = None, under: str | None = None, **facts: Fact
    ) -> AbstractContextManager[Facts]:
        """A span around what is done in the block, which is in one task; an exception that leaves it is its end, by its
        type alone.

        It belongs to the trace of `turn` and hangs under the span that is named `under`; without either under the one
        that is open here. `key` makes it known as `name:key`.
        """
        ...

    def leaf(self, name: str, /, **facts: Fact) -> AbstractContextManager[Facts]:
        """The same around what others are served from meanwhile: nothing hangs under it."""
        ...

    def past(
        self,
        name: str,
        /,
        *,
        turn: str,
        began: float,
        ended: float,
        key: str | None = None,
        under: str | None = None,
        **facts: Fact,
    ) -> None:
        """A span of something that is over; times are unix seconds, the rest is as for `span`."""
        ...


class _Nothing:
    def add(self, **facts: Fact) -> None:
        """Forgotten."""


class NoSpans:
    """Nobody keeps any: `Spans`, whatever it is told."""

    on = False

    def span(self, name: str, /, **_: object) -> AbstractContextManager[Facts]:
        """See `Spans.span`."""
        return nullcontext(_Nothing())

    leaf = span

    def past(self, name: str, /, **_: object) -> None:
        """See `Spans.past`."""


NO_SPANS: Spans = NoSpans()


def event_of(turn_id: str) -> str:
    """The name of the span of what a turn answers."""
    return f"event:{turn_id}"


def tool_of(turn_id: str, call_id: str) -> str:
    """The name of a tool call's span."""
    return f"tool:{turn_id}:{call_id}"


def submission_of(submission_id: str, attempt: int) -> str:
    """The name of the span of one attempt to send a paid request."""
    return f"submission:{submission_id}:{attempt}"
