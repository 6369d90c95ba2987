"""What the planner takes from an input: the newest request, what came before it, and what tools answered since."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emulators.openai.phrases import QUESTIONS

Json = dict[str, Any]

ATTACHED = re.compile(r"\[[^\[\]\n]*\b([FV]\d{1,4})\b[^\[\]\n]*\]")
MENTION = re.compile(r"<[@#!][^>]*>")
PUBLIC_PART = re.compile(r"\((?=[^)\s]*[./])[^)\s]+\)")
URL = re.compile(r"https?://[^\s<>|\"'`]+", re.IGNORECASE)
TRAILING = ".,;:!?)]}»”。、，"
SOURCE = re.compile(rf"({URL.pattern})|(?<![\w/])([FV]\d{{1,4}})(?!\w)", re.IGNORECASE)
HANDLE = re.compile(r"(?<![\w/])([FV]\d{1,4})(?!\w)")
JOB = re.compile(r"(?<![\w/])(J\d{1,5})(?!\w)")
PLACEHOLDER = "{{job:"
TEXT_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest request and its surroundings. `outputs` answer `calls`, both since that request.

    `earlier` is what people said before it, `unfinished` the request that our last question was about, `facts` what
    developer messages say. `found` are the tools that a search has named since, None where none was made.
    """

    text: str
    earlier: str
    unfinished: str
    facts: str
    calls: tuple[Json, ...]
    outputs: tuple[str, ...]
    placeholders: bool
    found: tuple[str, ...] | None = None

    @property
    def words(self) -> str:
        """What the person said, without attachments, links and mentions."""
        return words_of(self.text)


def words_of(text: str) -> str:
    """A text without attachments, links and mentions."""
    text = MENTION.sub(" ", ATTACHED.sub(" ", text))
    return PUBLIC_PART.sub(" ", URL.sub(" ", text)).strip()


def read(instructions: str, items: Sequence[Json]) -> Reading:
    """Find the newest request in `items` and what belongs to it."""
    people = [index for index, item in enumerate(items) if item.get("role") == "user"]
    newest = people[-1] if people else -1
    since = items[newest + 1 :]
    developer = [text_of(item) for item in items if item.get("role") in ("developer", "system")]
    return Reading(
        text=text_of(items[newest])[:TEXT_LIMIT] if people else "",
        earlier="\n".join(text_of(items[index]) for index in people[:-1])[-TEXT_LIMIT:],
        unfinished=_unfinished(items[:newest]) if people else "",
        facts="\n".join(developer)[-TEXT_LIMIT:],
        calls=tuple(item for item in since if item.get("type") == "function_call"),
        outputs=_outputs(since),
        placeholders=PLACEHOLDER in instructions or any(PLACEHOLDER in text for text in developer),
        found=_found(since),
    )


def _outputs(items: Sequence[Json]) -> tuple[str, ...]:
    """What tools have answered; of searches only where nothing else has been called."""
    searches = {item["call_id"] for item in items if item.get("name") == "find_tools"}
    answers = [item for item in items if item.get("type") == "function_call_output"]
    others = [item for item in answers if item["call_id"] not in searches]
    return tuple(map(output_text, others or answers))


def _found(items: Sequence[Json]) -> tuple[str, ...] | None:
    """What searches have found, if nothing but searches has been done."""
    calls = {item["call_id"]: item["name"] for item in items if item.get("type") == "function_call"}
    answers = [item for item in items if item.get("type") in ("function_call_output", "tool_search_output")]
    if not answers or any(name != "find_tools" for name in calls.values()):
        return None
    tools = [tool for item in answers for tool in item.get("tools") or _named(output_text(item))]
    return tuple(dict.fromkeys(tool["name"] for tool in tools))


def _named(output: str) -> list[Json]:
    found = (as_object(output) or {}).get("found")
    return [tool for tool in found if isinstance(tool, dict) and "name" in tool] if isinstance(found, list) else []


def _unfinished(items: Sequence[Json]) -> str:
    """What was asked for before our question, the answers to earlier questions included."""
    parts: list[str] = []
    asked = False
    for item in reversed(items):
        if item.get("role") == "assistant":
            if not (asked := text_of(item).strip() in QUESTIONS):
                break
        elif item.get("role") == "user" and asked:
            parts.insert(0, text_of(item).strip(" \n.!?"))
            asked = False
    return " ".join(parts)


def sources_in(text: str) -> list[tuple[int, str]]:
    """Where each link or file handle of a text begins, and the link or handle."""
    found = []
    for match in SOURCE.finditer(text):
        value = match[1].rstrip(TRAILING) if match[1] else match[2].upper()
        found.append((match.start(), value))
    return found


def last_source(reading: Reading) -> str | None:
    """The source a request means that names none: the newest one anybody mentioned."""
    for text in (reading.text, reading.earlier):
        if found := sources_in(text):
            return found[-1][1]
    handles = HANDLE.findall(reading.facts)
    return handles[-1] if handles else None


def text_of(item: Json) -> str:
    """The text of a message item."""
    content = item.get("content") or ""
    if not isinstance(content, str):
        content = "".join(part.get("text") or "" for part in content if isinstance(part, dict))
    return _tidy(content)


def _tidy(text: str) -> str:
    """White space in single characters: long runs of it make searching slow."""
    return re.sub(r"(?: ?\n ?)+", "\n", re.sub(r"[^\S\n]+", " ", text))


def output_text(item: Json) -> str:
    """The text of a function call's output."""
    output = item.get("output") or ""
    return output if isinstance(output, str) else text_of({"content": output})


def as_object(text: str) -> Json | None:
    """A JSON object in `text`, None for anything else."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
