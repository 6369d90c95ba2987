"""What every Web API method is made of, and the checks that several families share."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any, Literal

from emulators.slack.arguments import Arguments
from emulators.slack.blocks import accept_blocks
from emulators.slack.errors import Refusal
from emulators.slack.limits import TIER_3
from emulators.slack.state import Channel, Json, Message
from emulators.slack.workspace import Workspace

Handler = Callable[[Workspace, Arguments], Json]

TEXT_LIMIT = 40_000
UPDATE_TEXT_LIMIT = 4_000
MARKDOWN_LIMIT = 12_000
METADATA_LIMIT = 16_000
ATTACHMENTS_LIMIT = 100


@dataclasses.dataclass(frozen=True, slots=True)
class Method:
    """One Web API method: its code, the scopes it asks for (any of them), its calls a minute, the kind of token."""

    handler: Handler
    scopes: tuple[str, ...] = ()
    per_minute: int = TIER_3
    kind: Literal["bot", "app"] = "bot"


@dataclasses.dataclass(slots=True)
class Content:
    """What a message says, checked. `given` names the arguments that the caller sent."""

    text: str
    blocks: list[Json]
    attachments: list[Json]
    metadata: Json | None
    given: frozenset[str]
    warnings: list[str]


def read_content(workspace: Workspace, arguments: Arguments, *, update: bool = False) -> Content:
    """The message in `arguments`, or the refusal that Slack would answer with."""
    given = frozenset(
        name for name in ("text", "blocks", "attachments", "markdown_text", "metadata") if arguments.has(name)
    )
    if "markdown_text" in given and given & {"text", "blocks"}:
        raise Refusal("markdown_text_conflict")
    text, warnings = _text(arguments, update=update)
    blocks = read_blocks(workspace, arguments) if "blocks" in given else []
    attachments = _attachments(arguments)
    if not (text.strip() or blocks or attachments) and not (update and given == {"metadata"}):
        raise Refusal("no_text")
    return Content(text, blocks, attachments, read_metadata(arguments), given, warnings)


def _text(arguments: Arguments, *, update: bool) -> tuple[str, list[str]]:
    markdown = read_markdown(arguments)
    text = markdown or arguments.text("text")
    if update and len(text) > UPDATE_TEXT_LIMIT and not markdown:
        raise Refusal("msg_too_long")
    if len(text) > TEXT_LIMIT:
        return text[:TEXT_LIMIT], ["message_truncated"]
    return text, []


def read_markdown(arguments: Arguments) -> str:
    """The `markdown_text` argument, at most 12,000 characters."""
    markdown = arguments.text("markdown_text")
    if len(markdown) > MARKDOWN_LIMIT:
        raise Refusal("msg_too_long")
    return markdown


def read_blocks(workspace: Workspace, arguments: Arguments) -> list[Json]:
    """The `blocks` argument, checked as message blocks."""
    try:
        blocks = arguments.structure("blocks", [])
    except Refusal as refusal:
        raise Refusal("invalid_blocks_format") from refusal
    if not isinstance(blocks, list):
        raise Refusal("invalid_blocks_format")
    accepted = accept_blocks(blocks, "message", workspace.short_id)
    _check_videos(workspace, accepted)
    if not workspace.images_reachable and '"image_url"' in json.dumps(accepted):
        raise Refusal("invalid_blocks", ["downloading image failed [json-pointer:/blocks]"])
    return accepted


def _check_videos(workspace: Workspace, blocks: list[Json]) -> None:
    for block in blocks:
        if block["type"] != "video":
            continue
        if "links.embed:write" not in workspace.scopes:
            raise Refusal("invalid_blocks", ["[ERROR] video blocks need the scope links.embed:write"])
        host = block["video_url"].partition("://")[2].partition("/")[0]
        if host not in workspace.unfurl_domains or not block["video_url"].startswith("https://"):
            raise Refusal("invalid_blocks", ["[ERROR] video_url is not in the app's unfurl domains"])


def _attachments(arguments: Arguments) -> list[Json]:
    attachments = arguments.structure("attachments", [])
    if not isinstance(attachments, list) or not all(isinstance(member, dict) for member in attachments):
        raise Refusal("invalid_attachments")
    if len(attachments) > ATTACHMENTS_LIMIT:
        raise Refusal("too_many_attachments")
    return attachments


def read_metadata(arguments: Arguments) -> Json | None:
    """Message metadata: an event type and an object. An empty object means none."""
    try:
        metadata = arguments.structure("metadata")
    except Refusal as refusal:
        raise Refusal("invalid_metadata_format") from refusal
    if not metadata:
        return None
    fine = isinstance(metadata, dict) and isinstance(metadata.get("event_payload"), dict)
    if not fine or not isinstance(metadata.get("event_type"), str) or not metadata["event_type"]:
        raise Refusal("invalid_metadata_format")
    if len(json.dumps(metadata)) > METADATA_LIMIT:
        raise Refusal("metadata_too_large")
    return dict(metadata)


def find_message(channel: Channel, ts: str) -> Message:
    """A message by its ts; `message_not_found` also for tombstones."""
    message = channel.messages.get(ts)
    if message is None or message.subtype == "tombstone":
        raise Refusal("message_not_found")
    return message


def find_user(workspace: Workspace, user_id: str) -> str:
    """A user id that exists."""
    if user_id not in workspace.users:
        raise Refusal("user_not_found")
    return user_id


def page(items: list[Any], arguments: Arguments, *, default: int = 100, most: int = 1000) -> tuple[list[Any], str]:
    """One page of `items` and the cursor of the next ("" at the end)."""
    limit = arguments.number("limit", default, 0, most) or default
    cursor = arguments.text("cursor")
    if cursor and not cursor.removeprefix("next:").isdigit():
        raise Refusal("invalid_cursor")
    start = int(cursor.removeprefix("next:")) if cursor else 0
    end = start + limit
    return items[start:end], f"next:{end}" if end < len(items) else ""
