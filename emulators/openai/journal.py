"""Whether recorded requests, of either wire, part function calls from their outputs: for servers that take anything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from emulators.openai.chat import check_messages
from emulators.openai.errors import Refusal
from emulators.openai.pairing import check_ids, check_pairs

Json = dict[str, Any]


def unpaired(bodies: Iterable[Json]) -> list[str]:
    """A line for each request whose calls and outputs do not belong together, with its number from 0; [] is good."""
    found = []
    for number, body in enumerate(bodies):
        try:
            _check(body)
        except Refusal as refusal:
            found.append(f"request {number}: {refusal.body()['error']['message']}")
    return found


def _check(body: Json) -> None:
    if "messages" in body:
        check_messages(body["messages"])
    elif isinstance(body.get("input"), list):
        check_ids(body["input"])
        check_pairs(body["input"])
