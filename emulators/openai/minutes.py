"""Summing up a conversation whose lines are numbered: what was said, and where. Nothing is invented."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from emulators.openai.reading import text_of

Json = dict[str, Any]

STATEMENTS = 6
WORDS = 25
ASKED = re.compile(r"\bsum(?:mari[sz]e)? up\b|\bsummar(?:y|ise|ize)\b", re.IGNORECASE)
LINE = re.compile(r"\[(\d{1,6})\] (\w+)(?: \([^)\n]*\))?: (.*)")


def minutes(instructions: str, items: Sequence[Json]) -> str | None:
    """The summary that is asked for; None where something else is."""
    people = [item for item in items if item.get("role") == "user"]
    if not people or not ASKED.search(instructions):
        return None
    lines = [match for match in map(LINE.fullmatch, text_of(people[-1]).splitlines()) if match]
    if not lines:
        return None
    told = [line for line in lines if line[2] != "Note"]
    return "\n".join(_statement(line) for line in told[:STATEMENTS]) or f"- Nobody said anything. [{lines[0][1]}]"


def _statement(line: re.Match[str]) -> str:
    words = line[3].split()
    said = " ".join(words[:WORDS]).strip(" .!?") + ("…" if len(words) > WORDS else "")
    return f"- The {line[2].lower()} said: {said} [{line[1]}]"
