"""Tool definitions of the integration, as its author may have written them, and what each asks of HeyGen."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

READ = ("list", "get")
WRITE = ("create", "update", "delete")
VERBS = {"list": "GET", "get": "GET", "create": "POST", "update": "PATCH", "delete": "DELETE"}
TEXT = {"type": "string"}

Target = tuple[str, str, dict[str, str], bytes | None]


@dataclasses.dataclass(frozen=True, slots=True)
class Definition:
    """One tool. `path` is HeyGen's, with the names of what is put into it; `verb` is HeyGen's method."""

    name: str
    resource: str
    method: str
    verb: str
    path: str
    description: str | None = None
    query: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    required: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def view(self) -> dict[str, Any]:
        """As Truto shows it."""
        return {
            "name": self.name,
            "resource": self.resource,
            "method": self.method,
            "description": self.description,
            "query_schema": {"type": "object", "properties": dict(self.query)},
            "body_schema": None if self.body is None else {"type": "object", "properties": dict(self.body)},
            "required": list(self.required),
            "tags": list(self.tags),
        }


DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "create_a_hey_gen_video_translate",
        "video_translate",
        "create",
        "POST",
        "/v3/video-translations",
        "Translate a video.",
        body={
            "video": {"type": "object"},
            "output_languages": {"type": "array", "items": TEXT},
            "title": TEXT,
        },
        required=("video", "output_languages"),
        tags=("translation",),
    ),
    Definition(
        "get_single_hey_gen_video_translation_by_id",
        "video_translations",
        "get",
        "GET",
        "/v3/video-translations/{id}",
        "Look at a translation.",
        query={"id": TEXT},
        required=("id",),
        tags=("translation",),
    ),
    Definition("list_all_hey_gen_videos", "videos", "list", "GET", "/v3/videos", "List videos.", query={"title": TEXT}),
    Definition(
        "get_single_hey_gen_video_by_id",
        "videos",
        "get",
        "GET",
        "/v3/videos/{id}",
        "Look at a video.",
        query={"id": TEXT},
        required=("id",),
    ),
    Definition(
        "delete_a_hey_gen_video_by_id",
        "videos",
        "delete",
        "DELETE",
        "/v3/videos/{id}",
        "Delete a video.",
        query={"id": TEXT},
        required=("id",),
    ),
    Definition(
        "create_a_hey_gen_video_agent",
        "video_agents",
        "create",
        "POST",
        "/v3/video-agents",
        "Begin a session.",
        body={"prompt": TEXT},
        required=("prompt",),
    ),
    Definition(
        "hey_gen_video_agents_stop",
        "video_agents",
        "stop",
        "POST",
        "/v3/video-agents/{session_id}/stop",
        "Stop a session.",
        query={"session_id": TEXT},
        required=("session_id",),
    ),
    Definition("hey_gen_users_me", "users", "me", "GET", "/v3/users/me"),  # nobody described it, so it is not shown
)


def chosen(tools: Sequence[Definition], query: Mapping[str, str], per_page: int) -> tuple[list[Definition], str | None]:
    """One page of the tools that a request asks for, and the cursor of the next one."""
    found = [one for one in tools if one.description or query.get("has_description") == "false"]
    if methods := _listed(query.get("methods")):
        found = [one for one in found if _kinds(one.method) & methods]
    if tags := _listed(query.get("tags")):
        found = [one for one in found if tags & set(one.tags)]
    start = int(query.get("next_cursor") or 0)
    end = start + int(query.get("limit") or per_page)
    return found[start:end], str(end) if end < len(found) else None


def target(
    tools: Sequence[Definition],
    verb: str,
    resource: str,
    last: str | None,
    query: Mapping[str, str],
    body: Any,
) -> Target | None:
    """What a call of the proxy asks of HeyGen: method, path, query, body. None for what there is not."""
    for one in tools:
        if one.resource != resource or not _called(one, verb, last):
            continue
        given = dict(query) | (body if isinstance(body, dict) else {})
        values = {name: str(value) for name, value in given.items()}
        if one.method in ("get", "update", "delete"):
            values["id"] = last or ""
        names = [part[1:-1] for part in one.path.split("/") if part.startswith("{")]
        if any(not values.get(name) for name in names):
            return None
        path = one.path.format(**{name: quote(values[name], safe="") for name in names})
        passed = {name: value for name, value in query.items() if name in one.query and name not in names}
        if one.method == "list":
            passed |= {"limit": query["limit"]} if "limit" in query else {}
            passed |= {"token": query["next_cursor"]} if "next_cursor" in query else {}
        kept = {name: value for name, value in (body or {}).items() if name in (one.body or {})}
        return one.verb, path, passed, json.dumps(kept).encode() if one.body is not None else b""
    return None


def _called(one: Definition, verb: str, last: str | None) -> bool:
    """Whether a call means this tool: the id of one of five verbs is in the path, another method's name is."""
    if one.method in VERBS:
        return verb == VERBS[one.method] and (last is None) == (one.method in ("list", "create"))
    return verb == "POST" and last == one.method


def _kinds(method: str) -> set[str]:
    groups = {"read"} if method in READ else {"write"} if method in WRITE else {"custom"}
    return {method, *groups}


def _listed(value: str | None) -> set[str]:
    return {part.strip() for part in (value or "").split(",") if part.strip()}
