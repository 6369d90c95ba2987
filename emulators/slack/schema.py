"""Small rules that describe JSON the way Block Kit does and complain in Slack's words.

A rule takes a value, its JSON pointer and the list of problems to add to. A schema language of our own, and not
the Slack SDK's models, so that a mistake of the SDK and one of ours cannot agree with each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Problems = list[str]
Rule = Callable[[Any, str, Problems], None]
Check = Callable[[dict[str, Any]], str | None]


def report(problems: Problems, text: str, pointer: str) -> None:
    """Add one problem in the form Slack uses in `response_metadata.messages`."""
    problems.append(f"[ERROR] {text} [json-pointer:{pointer}]")


def string(most: int, least: int = 1) -> Rule:
    """A string of `least` to `most` characters."""

    def rule(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, str):
            report(problems, "must be a string", pointer)
        elif len(value) < least:
            report(problems, f"must be more than {least - 1} characters", pointer)
        elif len(value) > most:
            report(problems, f"must be less than {most + 1} characters", pointer)

    return rule


def boolean(value: Any, pointer: str, problems: Problems) -> None:
    """True or false."""
    if not isinstance(value, bool):
        report(problems, "must be a boolean", pointer)


def number(low: int, high: int) -> Rule:
    """An integer from `low` to `high`."""

    def rule(value: Any, pointer: str, problems: Problems) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            report(problems, f"must be an integer from {low} to {high}", pointer)

    return rule


def anything(value: Any, pointer: str, problems: Problems) -> None:
    """No demands: for fields whose inside this project never fills."""


def choice(*allowed: str) -> Rule:
    """One of a closed set of strings."""

    def rule(value: Any, pointer: str, problems: Problems) -> None:
        if value not in allowed:
            report(problems, f"must be one of: {', '.join(allowed)}", pointer)

    return rule


def array(item: Rule, most: int, least: int = 1) -> Rule:
    """A list of `least` to `most` items, each of which fits `item`."""

    def rule(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, list):
            report(problems, "must be an array", pointer)
            return
        if len(value) < least:
            report(problems, f"no fewer than {least} items allowed", pointer)
        if len(value) > most:
            report(problems, f"no more than {most} items allowed", pointer)
        for index, member in enumerate(value):
            item(member, f"{pointer}/{index}", problems)

    return rule


def record(required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None, *checks: Check) -> Rule:
    """An object with these fields and no others; `checks` look at fields together."""
    fields = {"type": anything, **(optional or {}), **required}

    def rule(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            report(problems, "must be an object", pointer)
            return
        for name in required:
            if value.get(name) is None:
                report(problems, f"missing required field: {name}", pointer)
        for name, member in value.items():
            if name not in fields:
                report(problems, f"invalid additional property: {name}", pointer)
            elif member is not None:
                fields[name](member, f"{pointer}/{name}", problems)
        for complaint in filter(None, (check(value) for check in checks)):
            report(problems, complaint, pointer)

    return rule


def typed(kinds: Mapping[str, Rule], *allowed: str) -> Rule:
    """An object whose `type` picks the rule; only the `allowed` types, or all of `kinds` when none is named."""
    names = set(allowed or kinds)

    def rule(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            report(problems, "must be an object", pointer)
        elif value.get("type") is None:
            report(problems, "missing required field: type", pointer)
        elif value["type"] not in names:
            report(problems, f"unsupported type: {value['type']}", f"{pointer}/type")
        else:
            kinds[value["type"]](value, pointer, problems)

    return rule


def one_of(*names: str) -> Check:
    """Exactly one of these fields is given."""

    def check(value: dict[str, Any]) -> str | None:
        given = [name for name in names if value.get(name) is not None]
        return None if len(given) == 1 else f"exactly one of {', '.join(names)} is required"

    return check


def some_of(*names: str) -> Check:
    """At least one of these fields is given."""

    def check(value: dict[str, Any]) -> str | None:
        return None if any(value.get(name) for name in names) else f"one of {', '.join(names)} is required"

    return check
