"""Truto's own tools of an account, as it describes them: what can be called, and where each argument goes. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from heygen.calls import segment
from heygen.exchange import CallClass, Method, Request
from heygen.fields import Malformed, mapping, sequence, text

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
WORDS = re.compile(r"[A-Za-z0-9_.-]{1,128}")
DESCRIPTION_LIMIT = 2_000
_KINDS: Mapping[str, Method] = {"list": "GET", "get": "GET", "create": "POST", "update": "PATCH", "delete": "DELETE"}
_BY_ID = frozenset({"get", "update", "delete"})
_PAGING: Mapping[str, Any] = {
    "limit": {"type": "integer", "description": "How many at most."},
    "next_cursor": {"type": "string", "description": "Where the page before said that it goes on."},
}
_RESERVED = frozenset({"integrated_account_id"})  # which account is meant is never for the caller to say


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool. `query` and `body` are JSON schemas by argument; an argument may be in both.

    `resource` and `method` are what Truto calls it by. A name says nothing reliable about them.
    """

    name: str
    description: str
    resource: str
    method: str
    query: Mapping[str, Any] = field(default_factory=dict, repr=False)
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    required: tuple[str, ...] = ()

    @property
    def reads(self) -> bool:
        """Whether it changes nothing. Of a method of Truto's own nobody can tell."""
        return _KINDS.get(self.method) == "GET"

    @property
    def schema(self) -> dict[str, Any]:
        """One JSON schema for all arguments. Where both parts know a name, the body's description counts."""
        known = dict(self.query) | dict(self.body)
        if self.method in _BY_ID:
            known = {"id": {"type": "string", "description": "The id."}} | known
        if self.method == "list":
            known = dict(_PAGING) | known
        must = [name for name in known if name in self.required or (name == "id" and self.method in _BY_ID)]
        return {"type": "object", "properties": known, "required": must, "additionalProperties": False}

    def problems(self, arguments: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Pairs of a name in `arguments` and what is wrong with it: unknown ones and missing ones."""
        schema = self.schema
        unknown = [(name[:64], "not known") for name in arguments if name not in schema["properties"]]
        missing = [(name, "missing") for name in schema["required"] if arguments.get(name) in (None, "")]
        return unknown + missing

    def request(self, arguments: Mapping[str, Any], key: str | None) -> Request:
        """The call of the tool. `ValueError` for an id that cannot be part of a path."""
        method = _KINDS.get(self.method, "POST")
        given = {name: value for name, value in arguments.items() if value is not None}
        path = f"/proxy/{quote(self.resource, safe='')}"
        if self.method in _BY_ID:
            path += "/" + segment(str(given["id"]))
        elif self.method not in _KINDS:
            path += "/" + quote(self.method, safe="")
        asked = {*self.query, *(_PAGING if self.method == "list" else ())}
        writes = method != "GET"
        return Request(
            operation=f"truto:{self.name}",
            method=method,
            path=path,
            query=flat({name: value for name, value in given.items() if name in asked}),
            json={name: value for name, value in given.items() if name in self.body}
            if method in ("POST", "PATCH")
            else None,
            idempotency_key=key if writes else None,
            key_trusted=False,
            call_class=CallClass.WRITE if writes else CallClass.READ,
            retry_in_call=not writes,
        )


def flat(values: Mapping[str, Any]) -> dict[str, str]:
    """A query as Truto reads it: `a[b]=1` for objects, `a[0]=1` for lists."""
    found: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= flat({f"{name}[{inner}]": one for inner, one in value.items()})
        elif isinstance(value, list | tuple):
            found |= flat({f"{name}[{at}]": one for at, one in enumerate(value)})
        elif value is not None:
            found[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return found


def page_of(body: Any) -> tuple[list[Any], str | None]:
    """The entries of one page of definitions, and where it goes on; `Malformed` for another shape."""
    found = mapping(body, "tools")
    entries = found.get("result", found.get("results"))
    return sequence(entries, "tools"), text(found, "next_cursor")


def tool_of(entry: Any) -> Tool:
    """One definition; `Malformed` for one that could not be called or not be offered."""
    source = mapping(entry, "tool")
    name, resource, method = (text(source, part) or "" for part in ("name", "resource", "method"))
    if not NAME.fullmatch(name) or not WORDS.fullmatch(resource) or not WORDS.fullmatch(method):
        raise Malformed("name, resource or method cannot be used")
    query, body = _properties(source, "query_schema"), _properties(source, "body_schema")
    required = source.get("required") or []
    known = {*query, *body, "id"}
    names = tuple(one for one in sequence(required, "required") if isinstance(one, str) and one in known)
    return Tool(
        name=name,
        description=(text(source, "description") or "")[:DESCRIPTION_LIMIT],
        resource=resource,
        method=method,
        query=query,
        body=body,
        required=names,
    )


def _properties(source: Mapping[str, Any], name: str) -> dict[str, Any]:
    schema = source.get(name)
    if schema is None:
        return {}
    properties = mapping(mapping(schema, name).get("properties") or {}, name)
    return {str(key): mapping(value, key) for key, value in properties.items() if key not in _RESERVED}
