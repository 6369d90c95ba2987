"""From something that happened in Slack to the first items of a turn."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlsplit

from agent.conversation import developer_message, function_call, user_message
from agent.ports import TurnStore
from agent.records import EXACT, InboxRow, Json, Source
from agent.schedules import SCHEDULED

TEXT_LIMIT = 16_000
CUT = "[The message was longer; the rest was cut.]"
URL = re.compile(r"https?://[^\s<>|\"'`]+", re.IGNORECASE)
NAMED_LINK = re.compile(r"\b[VF]\d+ \([^)\n]*\)")
HANDLE = re.compile(r"\b[AVF]\d+\b")
QUOTED_TO_THE_END = re.compile(r"^\s*(?:>>>|(?:&gt;){3}).*", re.MULTILINE | re.DOTALL)
PASTED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
MOST_FILES = 10
OFFER = "offer_for_files"  # see `agent.offering`
ATTACHED = "[Attached file "
NAME_LIMIT = 80
NAME_WORDS = 5
NAME_PARTS = 9  # words joined by hyphens or underscores are words
ODD_IN_NAMES = re.compile(r"[{}<>\"`:]")
WORD = re.compile(r"[^\W_]+")
TRAILING = ".,;:!?)]}»”"
BRACKETS = str.maketrans({"(": "%28", ")": "%29"})


@dataclass(frozen=True, slots=True)
class Opening:
    """How a turn begins. A turn of origin `command` or `mcp` runs the calls it holds, others are answered by the model.

    `tainted`: it comes with more than a name that others may have written.
    """

    origin: str
    requester: str
    items: tuple[tuple[Source, Json], ...]
    tainted: bool = False


async def opening(store: TurnStore, row: InboxRow) -> Opening:
    """The opening of a turn for an inbox row of kind `message`, `command` or `mcp`."""
    payload = row.payload
    if row.kind in EXACT:
        name = partial(_without_secrets, store, row.conversation_id)
        arguments = await _named(name, payload["arguments"])
        for argument, file_id in payload.get("attached", {}).items():
            arguments[argument] = await store.name_source(row.conversation_id, "F", file_id)
        text = await name(payload["text"])
        if payload["name"] == OFFER:
            text, arguments["files"] = await _described(store, row), await _attached(store, row)
        call = function_call(f"call_{row.id}"[:64], payload["name"], arguments)
        items = ((Source.USER, user_message(text)), (Source.COMMAND, call))
        return Opening(row.kind, payload["user"], items)
    if row.kind == SCHEDULED:
        note = (Source.RUNTIME, developer_message(payload["note"]))
        return Opening(SCHEDULED, payload["user"], ((Source.USER, user_message(payload["text"])), note))
    text = await _described(store, row)
    tainted = any(not _is_name(file["name"]) for file in payload.get("files", []))
    return Opening("message", payload["user"], ((Source.USER, user_message(text)),), tainted)


async def _named(name: Callable[[str], Awaitable[str]], arguments: Json) -> Json:
    """A command's arguments with the handles of links in place of the links themselves."""
    named: Json = {}
    for key, value in arguments.items():
        shown = await name(value) if isinstance(value, str) else value
        # Where an argument is a link and nothing else, the handle alone stands for it.
        whole = isinstance(value, str) and links_in(value) == [value.strip()]
        named[key] = shown.split(" ", 1)[0] if whole and shown != value and isinstance(shown, str) else shown
    return named


async def _described(store: TurnStore, row: InboxRow) -> str:
    """The person's words with secrets behind handles, and the attached files named."""
    text = await _without_secrets(store, row.conversation_id, row.payload["text"])
    for file in row.payload.get("files", []):
        handle = await store.name_source(row.conversation_id, "F", file["id"])
        text += f"\n{ATTACHED}{handle}: {json.dumps(_shown_name(file['name']))}, {file['mimetype'][:80]}]"
    return text.strip() or "[The person mentioned you without saying anything.]"


async def _attached(store: TurnStore, row: InboxRow) -> list[Json]:
    """The files of a message, as `agent.offering` takes them."""
    files = row.payload["files"][:MOST_FILES]
    handles = [await store.name_source(row.conversation_id, "F", file["id"]) for file in files]
    return [
        {"handle": handle, "name": _shown_name(file["name"]) or "file", "type": file["mimetype"][:80]}
        for handle, file in zip(handles, files, strict=True)
    ]


def wordless(row: InboxRow) -> InboxRow:
    """A message of files and nothing else asks what shall be done with them; any other is as it was."""
    if row.kind != "message" or not row.payload.get("files") or row.payload["text"].strip():
        return row
    return replace(row, kind="command", payload={**row.payload, "name": OFFER, "arguments": {}})


def _shown_name(name: str) -> str:
    """A file's name as the model sees it: one short line, for somebody else may have chosen it."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:NAME_LIMIT]


def _is_name(name: str) -> bool:
    """Whether a file's name is no more than a name. A sentence or link in its place may be meant for the model."""
    is_short = len(name) <= NAME_LIMIT and len(name.split()) <= NAME_WORDS
    is_plain = name.isprintable() and not ODD_IN_NAMES.search(name) and not links_in(name)
    return is_short and is_plain and len(WORD.findall(name)) <= NAME_PARTS


def links_given(text: str) -> list[str]:
    """The links of a person's message, without those that stand in the name of a file."""
    return [link for line in text.splitlines() if not line.startswith(ATTACHED) for link in links_in(line)]


def own_lines(text: str) -> str:
    """What of a person's message is no attachment, no quotation and no pasted block."""
    text = PASTED.sub("\n", QUOTED_TO_THE_END.sub("", text))
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith((ATTACHED, ">", "&gt;")))


def own_words(text: str) -> str:
    """What of a person's message is their own: as `own_lines`, and without what stands inside links."""
    return NAMED_LINK.sub(" ", URL.sub(" ", own_lines(text)))


def handles_in(text: str) -> set[str]:
    """The handles of links and files that come with a message, and those that its author names."""
    files = (line[len(ATTACHED) :] for line in text.splitlines() if line.startswith(ATTACHED))
    return {
        *HANDLE.findall(own_lines(text).upper()),
        *(handle for line in files for handle in HANDLE.findall(line)[:1]),
    }


async def _without_secrets(store: TurnStore, conversation_id: str, text: str) -> str:
    """`text`, cut to a bound, with a handle in place of each link that may hold a secret."""
    if len(text) > TEXT_LIMIT:
        text = f"{text[:TEXT_LIMIT]}\n{CUT}"
    secret = [url for url in dict.fromkeys(links_in(text)) if _has_secrets(url)]
    handles = {url: await store.name_source(conversation_id, "V", url) for url in secret}
    for url in sorted(secret, key=len, reverse=True):  # one link may be the beginning of another
        text = text.replace(url, f"{handles[url]} ({_public_part(url)})")
    return text


def links_in(text: str) -> list[str]:
    """The http(s) links of a text, without the punctuation that follows them."""
    return [match.group().rstrip(TRAILING) for match in URL.finditer(text)]


def _has_secrets(url: str) -> bool:
    """Query and user info often carry signatures and passwords; very long links confuse models."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return True
    return bool(parts.query or "@" in parts.netloc or len(url) > 300)


def _public_part(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "a link"
    # A bracket would end what stands for the link too early, and its rest would pass for the person's own words.
    return f"{parts.hostname or ''}{parts.path}"[:200].translate(BRACKETS)
