"""Which versions can read what stands in a conversation: numbers, so that two versions can work side by side.

A release that writes something the one before it cannot read (an item of the log, an event, a checkpoint) raises
`FORMAT` and names it in `SINCE`. Whoever meets a higher number than its own `FORMAT` leaves the conversation to
others. While a turn runs, its conversation belongs to the versions from that of its writer on: its calls may be of
tools that others do not have.
"""

from __future__ import annotations

from collections.abc import Mapping

from agent.records import Json

FORMAT = 1
"""What this version reads and writes."""

SINCE: Mapping[str, int] = {}
"""What came later than format 1, by its name: the `type` of an item, an event's kind or an action's `name`."""


class NewerWord(Exception):
    """A row holds a word that this version does not know: a newer one wrote it, and may go on with it."""


def format_of_item(body: Json) -> int:
    """The format that reading an item of the log needs."""
    return SINCE.get(str(body.get("type")), 1)


def format_of_event(kind: str, payload: Json) -> int:
    """The format that handling something that happened in Slack needs."""
    return max(SINCE.get(kind, 1), SINCE.get(str(payload.get("name")), 1))


def reads(number: int) -> bool:
    """Whether this version reads what was written in format `number`."""
    return number <= FORMAT
