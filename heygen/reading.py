"""Records read by what their fields say they are, so that a record is declared once and nothing else is written.

As lenient as `fields`: unknown names are ignored and a value of another type counts as absent. Only a field without a
default is insisted on.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache, partial
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from .fields import Malformed, decimal, identifier, instant, mapping, number, text, word
from .models import RemoteStatus, parse_status

R = TypeVar("R")
Read = Callable[[Mapping[str, Any], str], Any]
FIELD = "field"


def named(field: str, *, shown: bool = True, **options: Any) -> Any:
    """A dataclass field that the vendor calls `field`; `shown` False keeps it out of the record's repr."""
    return dataclasses.field(repr=shown, metadata={FIELD: field}, **options)


def hidden(**options: Any) -> Any:
    """A dataclass field that stays out of the record's repr: what customers write, and URLs."""
    return dataclasses.field(repr=False, **options)


def reader(record: type[R]) -> Callable[[Any], R]:
    """A parse function for the dataclass `record`; it raises `Malformed` where the record would be meaningless."""
    return partial(read, record)


def read(record: type[R], value: Any) -> R:
    """`value` as a `record`."""
    source = mapping(value, record.__name__)
    found: dict[str, Any] = {}
    for name, field, how, insist in _plan(record):  # type: ignore[arg-type]  # classes are hashable
        result = how(source, field)
        if result is not None:
            found[name] = result
        elif insist:
            raise Malformed(f"{field} is missing")
    return record(**found)


@cache
def _plan(record: type[Any]) -> list[tuple[str, str, Read, bool]]:
    hints = get_type_hints(record)
    return [
        (
            field.name,
            field.metadata.get(FIELD, field.name),
            _how(hints[field.name]),
            field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
        )
        for field in dataclasses.fields(record)
    ]


def _how(hint: Any) -> Read:
    """The way to read a field of this type; `TypeError` for one that has none."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        [inner] = [part for part in get_args(hint) if part is not type(None)]
        return _how(inner)
    if origin is tuple:
        return partial(_several, get_args(hint)[0])
    if origin is not None and issubclass(origin, Mapping):
        return partial(_table, get_args(hint)[1])
    if dataclasses.is_dataclass(hint):
        return partial(_nested, hint)
    if hint not in _PLAIN:
        raise TypeError(f"no way to read a {hint}")
    return _PLAIN[hint]


def _string(source: Mapping[str, Any], name: str) -> str | None:
    return identifier(source, name)


def _whole(source: Mapping[str, Any], name: str) -> int | None:
    value = number(source, name)
    return int(value) if value is not None and value.is_integer() else None


def _truth(source: Mapping[str, Any], name: str) -> bool | None:
    value = source.get(name)
    return value if isinstance(value, bool) else None


def _status(source: Mapping[str, Any], name: str) -> RemoteStatus:
    return parse_status(word(source, name))


def _several(item: Any, source: Mapping[str, Any], name: str) -> tuple[Any, ...] | None:
    """The items that are of the right type. One that lacks what it needs spoils the whole: places in lists matter."""
    value = source.get(name)
    if not isinstance(value, list):
        return None
    if item is str:
        return tuple(part for part in value if isinstance(part, str) and part)
    return tuple(read(item, part) for part in value if isinstance(part, dict))


def _table(item: Any, source: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    value = source.get(name)
    if not isinstance(value, dict):
        return None
    wanted: dict[Any, type] = {str: str, int: int}
    kind = wanted.get(item)
    return value if kind is None else {key: part for key, part in value.items() if type(part) is kind}


def _nested(record: Any, source: Mapping[str, Any], name: str) -> Any:
    value = source.get(name)
    try:
        return read(record, value) if isinstance(value, dict) else None
    except Malformed:
        return None


_PLAIN: dict[Any, Read] = {
    str: _string,
    float: number,
    int: _whole,
    bool: _truth,
    Decimal: decimal,
    datetime: instant,
    RemoteStatus: _status,
}


def strings(field: str) -> Callable[[Any], list[str]]:
    """A parse function for the ids in the list `field`: all of them or none, since each may be paid for."""

    def parse(data: Any) -> list[str]:
        value = mapping(data, "data").get(field)
        if not isinstance(value, list) or not value:
            raise Malformed(f"{field} is missing")
        if not all(isinstance(item, str) and item for item in value):
            raise Malformed(f"an id in {field} is missing")
        return list(value)

    return parse


def string(field: str) -> Callable[[Any], str]:
    """A parse function for the one id in `field`."""

    def parse(data: Any) -> str:
        value = text(mapping(data, "data"), field)
        if value is None:
            raise Malformed(f"{field} is missing")
        return value

    return parse
