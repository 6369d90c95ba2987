"""Arguments of a Web API call: Slack takes JSON, forms and query strings, and the SDK uses all three."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from emulators.slack.errors import Refusal


def read_arguments(query: str, content_type: str, raw: bytes) -> dict[str, Any]:
    """Query string and body as one mapping; the body wins."""
    values: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    if "json" in content_type and raw:
        values.update(_json_object(raw))
    elif raw:
        try:
            values.update(parse_qsl(raw.decode(), keep_blank_values=True))
        except UnicodeDecodeError as error:
            raise Refusal("invalid_form_data") from error
    return values


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise Refusal("invalid_json") from error
    if not isinstance(body, dict):
        raise Refusal("json_not_object")
    return body


class Arguments:
    """Typed access to the arguments of one call. What does not fit raises `Refusal("invalid_arguments")`."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def has(self, name: str) -> bool:
        """Whether the caller gave this argument, empty or not."""
        return self.values.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        """A string argument."""
        value = self.values.get(name)
        if value is None:
            return default
        if isinstance(value, dict | list | bool):
            raise Refusal("invalid_arguments", [f"[ERROR] must be a string [json-pointer:/{name}]"])
        return str(value)

    def required(self, name: str) -> str:
        """A string argument that must be there and not be empty."""
        if not (value := self.text(name)):
            raise Refusal("invalid_arguments", [f"[ERROR] missing required field: {name}"])
        return value

    def choice(self, name: str, allowed: tuple[str, ...], default: str = "") -> str:
        """A string argument out of a closed set."""
        value = self.text(name) or default
        if value not in allowed:
            raise Refusal("invalid_arguments", [f"[ERROR] must be one of: {', '.join(allowed)} [json-pointer:/{name}]"])
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean in any of the forms Slack takes."""
        value = self.values.get(name)
        return default if value is None else str(value).lower() in ("1", "true", "yes", "t")

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number within bounds."""
        try:
            value = int(self.text(name, str(default)))
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise Refusal("invalid_arguments", [f"[ERROR] must be from {low} to {high} [json-pointer:/{name}]"])
        return value

    def structure(self, name: str, default: Any = None) -> Any:
        """An array or object, given as JSON or as a string of JSON."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return default if value is None else value
        if not value:
            return default
        try:
            return json.loads(value)
        except ValueError as error:
            raise Refusal("invalid_arguments", [f"[ERROR] must be valid JSON [json-pointer:/{name}]"]) from error

    def many(self, name: str) -> list[str]:
        """A list of strings, given as an array or separated by commas."""
        value = self.values.get(name)
        if isinstance(value, list):
            return [str(member) for member in value]
        return [part.strip() for part in self.text(name).split(",") if part.strip()]
