"""The version after this one, made of this one: what it begins it notes in the log in words that are new."""

from __future__ import annotations

import dataclasses
from typing import Any

from agent import formats, request, runner
from agent.model import ModelRequest
from agent.records import InboxRow, Source
from agent.request import Opening
from agent.responses_wire import ResponsesWire

NOTE = "release_note"


def become_the_next_version() -> None:
    """From here on this process is of the next version. Irrevocable."""
    formats.FORMAT, formats.SINCE = 2, {NOTE: 2}
    runner.opening = _opening  # type: ignore[attr-defined]
    _keep_notes_from_the_model()


async def _opening(turns: Any, row: InboxRow) -> Opening:
    start = await request.opening(turns, row)
    return dataclasses.replace(start, items=(*start.items, (Source.RUNTIME, {"type": NOTE})))


def _keep_notes_from_the_model() -> None:
    """This version would send them, and be refused."""
    original = ResponsesWire.respond

    def respond(self: ResponsesWire, asked: ModelRequest) -> Any:
        read = [item for item in asked.input if item.get("type") != NOTE]
        return original(self, dataclasses.replace(asked, input=read))

    ResponsesWire.respond = respond  # type: ignore[method-assign]
