"""Rows as tables and pages for a terminal, and as JSON for programs. Pure functions."""

from __future__ import annotations

import datetime
import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from agent.money import Quote, dollars
from agent.records import Json
from bot.store.endings import NEVER
from bot.store.overview import Detail, Kind

WIDTH = 120
AMOUNTS = frozenset({"quote_low", "quote_high", "quote_rate", "price", "amount"})  # micro-dollars
TIMES = ("_at", "_until", "not_before")
_SPANS = ((60, "s", 1), (3_600, "m", 60), (172_800, "h", 3_600))
_FINAL = frozenset({"done", "failed", "cancelled", "sent", "refused", "succeeded", "unwanted", "posted", "dead"})
_SHORTEST = 6

Cell = Callable[[Json, float], str]


def ago(seconds: float) -> str:
    """A span in one unit: `5s`, `12m`, `3h`, `9d`."""
    for limit, unit, size in _SPANS:
        if seconds < limit:
            return f"{max(0, int(seconds)) // size}{unit}"
    return f"{int(seconds) // 86_400}d"


def _field(name: str) -> Cell:
    return lambda row, _: "" if row[name] is None else plain(str(row[name]))


def _age(row: Json, now: float) -> str:
    return ago(now - row["created_at"])


def _next(name: str) -> Cell:
    """When it is worked on next: `now`, or in how long; empty when nobody will."""

    def cell(row: Json, now: float) -> str:
        due: float = row[name]
        if row["state"] in _FINAL or due >= NEVER:
            return ""
        return ago(due - now) if due > now else "now"

    return cell


def _amount(row: Json, _: float) -> str:
    return dollars(row["amount"])


def _cost(row: Json, _: float) -> str:
    return Quote(row["quote_low"], row["quote_high"], row["quote_basis"], row["jobs"]).words()


def _left(row: Json, now: float) -> str:
    until = row["expires_at"]
    return "" if until is None else ago(until - now) if until > now else "over"


def _details(row: Json, _: float) -> str:
    shown = {**row["details"], **({"amount": _amount(row["details"], 0.0)} if "amount" in row["details"] else {})}
    return ", ".join(f"{name} {plain(str(value))}" for name, value in shown.items())


# Heading → cell. The columns in `_GIVING_WAY` do so where the line would become too long; ids never do.
_GIVING_WAY = ("ERROR", "DETAILS", "WORDS")
_COLUMNS: Mapping[str, Mapping[str, Cell]] = {
    Kind.TURN: {
        "TURN": _field("id"),
        "STATE": _field("state"),
        "AGE": _age,
        "NEXT": _next("not_before"),
        "CALLS": _field("model_calls"),
        "ERROR": _field("error"),
        "CONVERSATION": _field("conversation_id"),
    },
    Kind.JOB: {
        "JOB": _field("id"),
        "HANDLE": _field("handle"),
        "KIND": _field("kind"),
        "STATE": _field("state"),
        "AGE": _age,
        "NEXT": _next("due_at"),
        "SUBMISSION": _field("submission_id"),
    },
    Kind.SUBMISSION: {
        "SUBMISSION": _field("id"),
        "STATE": _field("state"),
        "AGE": _age,
        "NEXT": _next("not_before"),
        "ERROR": _field("error_code"),
        "CONVERSATION": _field("conversation_id"),
    },
    Kind.DELIVERY: {
        "DELIVERY": _field("id"),
        "KIND": _field("kind"),
        "STATE": _field("state"),
        "AGE": _age,
        "NEXT": _next("not_before"),
        "ERROR": _field("error"),
        "CONVERSATION": _field("conversation_id"),
    },
    "audit": {
        "AGE": _age,
        "ACTOR": _field("actor"),
        "DEED": _field("deed"),
        "SUBJECT": _field("subject_id"),
        "DETAILS": _details,
    },
    "feedback": {
        "AGE": _age,
        "PERSON": _field("user_id"),
        "ANSWER": lambda row, now: "good" if row["good"] else "bad",
        "TURN": _field("turn_id"),
        "WORDS": _field("words"),
    },
    "ledger": {
        "AGE": _age,
        "KIND": _field("kind"),
        "AMOUNT": _amount,
        "PERSON": _field("requester"),
        "CHANNEL": _field("channel_id"),
        "JOB": _field("job_id"),
    },
    "approvals": {
        "SUBMISSION": _field("id"),
        "AGE": _age,
        "LEFT": _left,
        "COST": _cost,
        "NEEDS": _field("needs"),
        "REQUESTER": _field("requester"),
    },
}


def table(kind: str, rows: Sequence[Json], now: float, width: int = WIDTH) -> str:
    """A line for each row under headings. `kind` is a `Kind`, or `audit`, `ledger` or `approvals`."""
    columns = _COLUMNS[kind]
    cells = [list(columns), *([cell(row, now) for cell in columns.values()] for row in rows)]
    return "\n".join(_aligned(cells, list(columns), width))


def _aligned(cells: Sequence[Sequence[str]], headings: Sequence[str], width: int) -> Iterable[str]:
    widths = [max(len(line[index]) for line in cells) for index in range(len(headings))]
    surplus = sum(widths) + 2 * (len(widths) - 1) - width
    if surplus > 0 and (giving_way := [name for name in headings if name in _GIVING_WAY]):
        flexible = headings.index(giving_way[0])
        widths[flexible] = max(_SHORTEST, widths[flexible] - surplus)
    for line in cells:
        shown = (_cut(text, size).ljust(size) for text, size in zip(line, widths, strict=True))
        yield "  ".join(shown).rstrip()


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else f"{text[: size - 1]}…"


def page(detail: Detail, now: float) -> str:
    """One row, a line for each column that has a value, and its relatives below."""
    lines = [f"{detail.kind} {detail.row['id']}", *_entries(detail.row, now, "  ")]
    for name, rows in detail.relatives.items():
        lines += ["", f"{name.replace('_', ' ')} ({len(rows)})"]
        for row in rows:
            lines += _relative(row, detail.row, now)
    return "\n".join(lines)


def _relative(row: Json, whole: Json, now: float) -> list[str]:
    """A relative without the ids it shares with the row above it."""
    own = {n: value for n, value in row.items() if not (n.endswith("_id") and value in (whole.get(n), whole["id"]))}
    first, *others = _entries(own, now, "    ")
    return [f"  - {first.lstrip()}", *others]


def _entries(row: Json, now: float, indent: str) -> list[str]:
    values = {name: _value(name, value, now) for name, value in row.items() if value not in (None, "", [], {})}
    shown = {name: value for name, value in values.items() if value}
    size = max((len(name) for name in shown), default=0)
    return [f"{indent}{name.ljust(size)}  {value}" for name, value in shown.items()]


def _value(name: str, value: Any, now: float) -> str:
    if _is_time(name, value):
        return _moment(name, value, now)
    if name in AMOUNTS and isinstance(value, int):
        return dollars(value, exact=name == "quote_rate")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return plain(str(value))


def _moment(name: str, seconds: float, now: float) -> str:
    if seconds <= 0 or seconds >= NEVER:
        return ""
    distance = f"{ago(now - seconds)} ago" if seconds <= now else f"in {ago(seconds - now)}"
    return f"{_iso(seconds)} ({distance})"


def _is_time(name: str, value: Any) -> bool:
    return name.endswith(TIMES) and isinstance(value, int | float)


def _iso(seconds: float) -> str:
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def plain(text: str) -> str:
    """Text from outside without what could steer a terminal."""
    return "".join(" " if unicodedata.category(character).startswith("C") else character for character in text)


def as_json(value: Any) -> str:
    """JSON with times in ISO 8601 (UTC); None where a time says `never` or `at once`."""
    return json.dumps(_for_programs(value), ensure_ascii=False, indent=2)


def _for_programs(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _timed(name, inner) for name, inner in value.items()}
    return [_for_programs(inner) for inner in value] if isinstance(value, list) else value


def _timed(name: str, value: Any) -> Any:
    if not _is_time(name, value):
        return _for_programs(value)
    return _iso(value) if 0 < value < NEVER else None
