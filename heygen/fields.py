"""Reading single values out of the vendor's JSON: leniently, and never trusting type, length or characters.

Unknown fields are ignored and wrong types count as absent. Only what a record cannot do without raises `Malformed`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

SAFE_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
WORD_LIMIT = 64
NESTING_LIMIT = 60


class Malformed(ValueError):
    """JSON that is not of the documented shape. The text names the field, never its value."""


def load_json(raw: bytes) -> Any:
    """Parse `raw` as UTF-8 JSON with storable text in it; `Malformed` for anything else."""
    try:
        return _storable(json.loads(raw.decode("utf-8")), NESTING_LIMIT)
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON") from error


def _storable(value: Any, depth: int) -> Any:
    """`value` without what PostgreSQL and UTF-8 refuse: NUL characters and unpaired surrogates."""
    if depth < 0:
        raise Malformed("nested too deeply")
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_storable(item, depth - 1) for item in value]
    if isinstance(value, dict):
        return {_storable(key, depth - 1): _storable(item, depth - 1) for key, item in value.items()}
    return value


def mapping(value: Any, name: str) -> Mapping[str, Any]:
    """`value` as an object; `Malformed` otherwise."""
    if not isinstance(value, dict):
        raise Malformed(f"{name} is not an object")
    return value


def sequence(value: Any, name: str) -> list[Any]:
    """`value` as an array; `Malformed` otherwise."""
    if not isinstance(value, list):
        raise Malformed(f"{name} is not an array")
    return value


def block(source: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object at `name`, empty when absent or of another type."""
    value = source.get(name)
    return value if isinstance(value, dict) else {}


def text(source: Mapping[str, Any], name: str) -> str | None:
    """The string at `name`; None when absent, empty or of another type."""
    value = source.get(name)
    return value if isinstance(value, str) and value else None


def identifier(source: Mapping[str, Any], *names: str) -> str | None:
    """The first of `names` that holds an id; a whole number counts as one."""
    for name in names:
        value = source.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and value:
            return value
    return None


def required(source: Mapping[str, Any], *names: str) -> str:
    """Like `identifier`, but `Malformed` when there is none."""
    value = identifier(source, *names)
    if value is None:
        raise Malformed(f"{names[0]} is missing")
    return value


def word(source: Mapping[str, Any], name: str) -> str:
    """The vendor's word at `name`, cut to 64 characters; empty when absent."""
    return (text(source, name) or "")[:WORD_LIMIT]


def number(source: Mapping[str, Any], name: str) -> float | None:
    """The finite number at `name`, else None."""
    value = source.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        result = float(value)
    except OverflowError:
        return None
    return result if math.isfinite(result) else None


def decimal(source: Mapping[str, Any], name: str) -> Decimal | None:
    """The finite number at `name` as the digits the vendor wrote, else None."""
    value = number(source, name)
    return None if value is None else Decimal(str(value))


def instant(source: Mapping[str, Any], name: str) -> datetime | None:
    """The moment at `name`: ISO 8601 text (UTC if it names no zone) or Unix seconds, else None."""
    try:
        if (seconds := number(source, name)) is not None:
            return datetime.fromtimestamp(seconds, UTC)
        moment = datetime.fromisoformat(text(source, name) or "")
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def safe_word(value: Any) -> str | None:
    """`value` when it is a short run of harmless characters, fit for logs and exception texts; else None."""
    return value if isinstance(value, str) and SAFE_WORD.fullmatch(value) else None
