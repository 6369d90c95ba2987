"""What the page may ask for: each request read into a typed row, or refused with a sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from emulators.base import BODY_LIMIT, FaultKind
from emulators.heygen.state import RATES, Speed

TEXT_LIMIT = 12_000
NAME_LIMIT = 300
LONGEST_ADVANCE = 30 * 24 * 3600.0
MOST_TIMES = 100
LONGEST_DELAY = 60.0
MOST_MONEY = 10_000.0
MOST_VALUES = 100
MOST_LEADS = 500

Json = dict[str, Any]
T = TypeVar("T")


class BadRequestError(ValueError):
    """The page asked for something that makes no sense; the text says what."""


@dataclass(frozen=True, slots=True)
class FaultRequest:
    """A fault to arm at one party."""

    party: str
    kind: FaultKind
    path: str
    options: Json


def words(body: Json, name: str, *, limit: int = NAME_LIMIT, default: str | None = None) -> str:
    """A text of the request; required unless there is a default."""
    value = body.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or not value.strip() or len(value) > limit:
        raise BadRequestError(f"{name} must be a text of 1 to {limit} characters.")
    return value


def number(body: Json, name: str, *, low: float, high: float, default: float | None = None) -> float:
    """A number of the request between two bounds; required unless there is a default."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadRequestError(f"{name} must be a number from {low:g} to {high:g}.")
    return float(value)


def flag(body: Json, name: str) -> bool:
    """A yes or no of the request."""
    if not isinstance(body.get(name), bool):
        raise BadRequestError(f"{name} must be true or false.")
    return bool(body[name])


def values(body: Json) -> Json:
    """What was filled into a form by block id: texts, numbers, options, lists of them, nulls."""
    found = body.get("values", {})
    if not isinstance(found, dict) or len(found) > MOST_VALUES or not all(map(_is_value, found.values())):
        raise BadRequestError(f"values must be an object of at most {MOST_VALUES} texts, lists of texts and nulls.")
    return found


def choice(body: Json) -> Any:
    """What was chosen: a value, or several."""
    if not _is_value(found := body.get("value")):
        raise BadRequestError("value must be a text, a number, an option, a list of them or null.")
    return found


def _is_value(value: object) -> bool:
    if isinstance(value, list):
        return len(value) <= MOST_VALUES and all(not isinstance(one, list) and _is_value(one) for one in value)
    if isinstance(value, dict):
        return _is_option(value)
    if isinstance(value, int | float):
        return not isinstance(value, bool)
    return value is None or (isinstance(value, str) and len(value) <= TEXT_LIMIT)


def _is_option(value: Json) -> bool:
    """An option as the app has suggested it: its words, and its value."""
    words_of, text = value.get("value"), value.get("text")
    shown = text.get("text") if isinstance(text, dict) else None
    return all(isinstance(one, str) and 0 < len(one) <= NAME_LIMIT for one in (words_of, shown))


def speed(body: Json) -> Speed:
    """How fast jobs are to go on."""
    return _one_of(tuple(RATES), body.get("speed"), "speed")


def fault(body: Json, parties: list[str]) -> FaultRequest:
    """A fault; the options are those of `emulators.base.Fault`."""
    options: Json = {
        "status": int(number(body, "status", low=400, high=599, default=500)),
        "times": int(number(body, "times", low=1, high=MOST_TIMES, default=1)),
        "seconds": number(body, "seconds", low=0, high=LONGEST_DELAY, default=0),
        "keep": int(number(body, "keep", low=0, high=BODY_LIMIT, default=0)),
    }
    if "retry_after" in body:
        options["headers"] = {"Retry-After": f"{number(body, 'retry_after', low=0, high=600):.0f}"}
    if "method" in body:
        options["method"] = words(body, "method").upper()
    kind = _one_of(get_args(FaultKind), body.get("kind"), "kind")
    return FaultRequest(_one_of(tuple(parties), body.get("party"), "party"), kind, _pattern(body), options)


def _pattern(body: Json) -> str:
    path = words(body, "path", default=".*")
    try:
        re.compile(path)
    except re.error as error:
        raise BadRequestError(f"path is no regular expression: {error}.") from error
    return path


def _one_of(allowed: tuple[T, ...], value: object, name: str) -> T:
    for candidate in allowed:
        if candidate == value:
            return candidate
    raise BadRequestError(f"{name} must be one of {', '.join(map(str, allowed))}.")
