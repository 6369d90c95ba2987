"""Arguments for a call, filled from the tool's own schema: properties are recognised by what their names mean."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from typing import Any

from emulators.openai.conformance import conforms, resolve

Json = dict[str, Any]
Schema = dict[str, Any]

DEPTH_LIMIT = 12
LANGUAGE = re.compile(r"lang|locale", re.I)
ORIGIN = re.compile(r"source|from|origin|input|spoken", re.I)
TITLE = re.compile(r"title|name|label|caption", re.I)
MEDIA = re.compile(r"source|video|url|file|asset|media|link", re.I)
SOUND = re.compile(r"audio|sound|voice_?over", re.I)
JOBS = re.compile(r"job|task|^handles?$", re.I)
PASTED = re.compile(r"past(?:ed|e$)", re.I)
TABLE = re.compile(r"csv|table", re.I)
WORDS = re.compile(r"script|(?<!con)text|prompt|message|topic|brief|content|describ|description|idea|speech", re.I)
SPOKEN = re.compile(r"script|speech|text", re.I)
REASON = re.compile(r"reason|why|question|summary|problem|note|context", re.I)
THING = re.compile(r"\bR[A-Z2-7]{8}\b")
QUERY = re.compile(r"query|search|term|keyword|find", re.I)
TOGETHER = re.compile(r"\btogether\b|\bwork with\b|\bstep by step\b|\bask(?:ing)? (?:me |us )?back\b", re.I)
PEOPLE = re.compile(r"row|video|item|people|person|recipient|entr|list", re.I)
PERSON = re.compile(r"name|person|who|recipient|first", re.I)
COMPANY = re.compile(r"compan|organi[sz]ation|employer|business|^(?:at|org|team)$", re.I)


@dataclass(frozen=True, slots=True)
class Slots:
    """What a request says, by meaning. `script` is to be spoken word for word, `request` is the whole sentence."""

    sources: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)
    script: str = ""
    topic: str = ""
    rows: list[tuple[str, str]] = field(default_factory=list)
    pasted: bool = False
    crm: str = ""
    request: str = ""
    sound: str = ""
    avatar: str = ""
    template: str = ""
    places: list[tuple[str, str]] = field(default_factory=list)
    proofread: bool = False


def fill(schema: Schema, slots: Slots) -> Json | None:
    """Arguments that the schema accepts, None where the request does not say enough."""
    value = _Filler(schema, slots).object(schema, 0)
    return value if value is not _UNKNOWN and conforms(value, schema, schema) else None


class _Unknown:
    """Nothing in the request fits a property."""


_UNKNOWN = _Unknown()


class _Filler:
    """Walks one schema."""

    def __init__(self, root: Schema, slots: Slots) -> None:
        self._root = root
        self._slots = slots

    def object(self, schema: Schema, depth: int, row: tuple[str, str] | None = None) -> Any:
        """An object with every property that can be filled; unknown when a required one cannot."""
        found: Json = {}
        required = schema.get("required", [])
        for name, child in _children(schema):
            value = self._property(name, child, depth, row)
            if value is not _UNKNOWN:
                found[name] = value
            elif name in required:
                return _UNKNOWN
        return found

    def _property(self, name: str, schema: Schema, depth: int, row: tuple[str, str] | None) -> Any:
        nullable, schema = _simple(schema, self._root)
        value = _UNKNOWN if depth > DEPTH_LIMIT else self._meant(name, schema, depth, row)
        if value is not _UNKNOWN and conforms(value, schema, self._root):
            return value
        return None if nullable else self._fallback(schema, depth, row)

    def _meant(self, name: str, schema: Schema, depth: int, row: tuple[str, str] | None) -> Any:
        """What the request says about a property of this name and kind."""
        match schema.get("type"):
            case "array":
                return self._array(name, schema, depth)
            case "boolean" if name == "proofread":
                return self._slots.proofread
            case "boolean" if PASTED.search(name):
                return self._slots.pasted
            case "string" if row is not None:
                return _of_row(name, row)
            case "string" if name == "crm":
                return self._slots.crm or _UNKNOWN
            case "string" if name == "mode" and TOGETHER.search(self._slots.request):
                return _fit("chat", schema)
            case "string":
                return _fit(self._string(name), schema)
            case _:
                return _UNKNOWN

    def _string(self, name: str) -> Any:
        slots = self._slots
        if name.endswith("_id"):
            return _first([*THING.findall(slots.request), *slots.jobs])
        if LANGUAGE.search(name):
            return _first(slots.languages) if not ORIGIN.search(name) else _UNKNOWN
        if SOUND.search(name):
            return slots.sound or (slots.sources[1] if len(slots.sources) > 1 else _UNKNOWN)
        if name == "template":
            return slots.template or _UNKNOWN
        if slots.sound and name == "avatar":
            return slots.avatar or _UNKNOWN
        if JOBS.search(name):
            return _first(slots.jobs)
        if TABLE.search(name):
            return _csv(slots.rows) if slots.rows else _UNKNOWN
        if WORDS.search(name):
            return self._words(name)
        if TITLE.search(name):
            return _UNKNOWN
        if MEDIA.search(name):
            return _first(slots.sources)
        if REASON.search(name) or QUERY.search(name):
            return slots.request[:500] or _UNKNOWN
        return _UNKNOWN

    def _words(self, name: str) -> Any:
        """A script is spoken, a prompt describes: each takes its own, a lone property takes either."""
        own, other = self._slots.script, self._slots.topic
        both = [key for key, _ in _children(self._root) if WORDS.search(key)]
        if not SPOKEN.search(name):
            own, other = other, own
        return own or (other if len(both) == 1 else "") or _UNKNOWN

    def _array(self, name: str, schema: Schema, depth: int) -> Any:
        _, inner = _simple(schema.get("items", {}), self._root)
        if name == "places":
            return [{"name": place, "value": value} for place, value in self._slots.places]
        if inner.get("type") == "object" and PEOPLE.search(name):
            rows = [self.object(inner, depth + 1, row) for row in self._slots.rows]
            return [row for row in rows if row is not _UNKNOWN] or _UNKNOWN
        if inner.get("type") != "string":
            return _UNKNOWN
        if LANGUAGE.search(name):
            values = self._slots.languages if not ORIGIN.search(name) else []
        elif JOBS.search(name):
            values = self._slots.jobs
        else:
            values = self._slots.sources if MEDIA.search(name) else []
        fitted = [_fit(value, inner) for value in values]
        return [value for value in fitted if value is not _UNKNOWN] or _UNKNOWN

    def _fallback(self, schema: Schema, depth: int, row: tuple[str, str] | None) -> Any:
        """A harmless value for what the request does not mention."""
        if "default" in schema:
            return schema["default"]
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        match schema.get("type"):
            case "boolean":
                return False
            case "integer" | "number":
                return schema.get("minimum", 0)
            case "array" if not schema.get("minItems"):
                return []
            case "object" if depth < DEPTH_LIMIT:
                return self.object(schema, depth + 1, row)
            case _:
                return _UNKNOWN


def _children(schema: Schema) -> list[tuple[str, Schema]]:
    return list(schema.get("properties", {}).items())


def _first(values: list[str]) -> Any:
    return values[0] if values else _UNKNOWN


def _of_row(name: str, row: tuple[str, str]) -> Any:
    person, company = row
    if COMPANY.search(name):
        return company or _UNKNOWN
    if PERSON.search(name):
        return person
    if WORDS.search(name):
        return f"Hello {person}" + (f" from {company}" if company else "") + ", nice to meet you."
    return _UNKNOWN


def _csv(rows: list[tuple[str, str]]) -> str:
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows([("name", "company"), *rows])
    return table.getvalue()


def _fit(value: Any, schema: Schema) -> Any:
    """`value` as the schema's enum spells it; longer names that contain it count too."""
    choices = [choice for choice in schema.get("enum", []) if isinstance(choice, str)]
    if not choices or value is _UNKNOWN:
        return value
    wanted = value.casefold()
    same = [choice for choice in choices if choice.casefold() == wanted]
    return _first(same or [choice for choice in choices if wanted in choice.casefold()])


def _simple(schema: Any, root: Schema) -> tuple[bool, Schema]:
    """Whether null is allowed, and the schema of the first thing that is not null."""
    schema = resolve(schema, root)
    kind = schema.get("type")
    if isinstance(kind, list):
        others = [one for one in kind if one != "null"]
        return "null" in kind, {**schema, "type": others[0] if others else "null"}
    branches = [resolve(branch, root) for branch in schema.get("anyOf", [])]
    if branches:
        others = [branch for branch in branches if branch.get("type") != "null"]
        nested = _simple(others[0], root)[1] if others else {"type": "null"}
        return len(others) < len(branches), nested
    return kind == "null", schema
