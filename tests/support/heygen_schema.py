"""HeyGen's own OpenAPI file, where it is at hand: finding things in it."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).parents[2].parent / "shared/reference/heygen-openapi.json"
MISSING = "the vendor's OpenAPI file is not beside this checkout"


@functools.cache
def vendor() -> dict[str, Any]:
    """The file."""
    found: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return found


def operations() -> dict[str, dict[str, Any]]:
    """The described operations by the vendor's names for them."""
    found = [described for methods in vendor()["paths"].values() for described in methods.values()]
    return {described["operationId"]: described for described in found}


def named_examples(described: dict[str, Any]) -> set[str]:
    """The names under which a successful answer is shown."""
    [good] = [answer for status, answer in described["responses"].items() if status.startswith("2")]
    return set(good["content"]["application/json"].get("examples", {}))


def resolve(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """What a reference points at."""
    while "$ref" in schema:
        found: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def parameters(described: dict[str, Any], place: str) -> dict[str, dict[str, Any]]:
    """An operation's parameters in the path, the query or the headers, by name."""
    found = (resolve(one, vendor()) for one in described.get("parameters", []))
    return {one["name"]: one for one in found if one["in"] == place}


def success(described: dict[str, Any]) -> dict[str, Any]:
    """The schema of an operation's successful answer."""
    [good] = [answer for status, answer in described["responses"].items() if status.startswith("2")]
    return resolve(resolve(good, vendor())["content"]["application/json"]["schema"], vendor())
