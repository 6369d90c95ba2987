"""What programs are shown of a tool, and which web pages may call."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, Field

from agent.records import Json
from bot.mcp.http import welcome
from bot.mcp.tools import OWN, schema_of


class Inner(BaseModel):
    title: str = Field(description="What it is called.")


class Outer(BaseModel):
    title: str | None = None
    properties: list[Inner] = []


def titles(node: object, *, names: bool = False) -> list[str]:
    """Titles that are pydantic's own."""
    if isinstance(node, list):
        return [found for one in node for found in titles(one)]
    if not isinstance(node, dict):
        return []
    own = [str(node["title"])] if "title" in node and not names else []
    inner = [found for key, one in node.items() for found in titles(one, names=not names and key in NAMES)]
    return own + inner


NAMES = ("properties", "$defs")


def test_titles_go_and_fields_that_are_called_so_stay() -> None:
    schema: Json = schema_of(Outer)
    assert titles(schema) == []
    assert set(schema["properties"]) == {"title", "properties"}
    assert set(schema["$defs"]["Inner"]["properties"]) == {"title"}


@pytest.mark.parametrize("name", OWN)
def test_our_own_tools_are_objects_that_take_nothing_unknown(name: str) -> None:
    schema = schema_of(OWN[name][0])
    assert (schema["type"], schema["additionalProperties"]) == ("object", False)


@pytest.mark.parametrize(
    ("origin", "answered"),
    [
        (None, True),
        ("https://green.example", True),
        ("http://localhost:6274", True),
        ("http://127.0.0.1", True),
        ("https://evil.example", False),
        ("https://localhost.evil.example", False),
        ("null", False),
        ("http://[", False),
    ],
)
def test_only_pages_of_ours_and_of_this_machine_are_answered(origin: str | None, answered: bool) -> None:
    assert welcome(origin, {"https://green.example"}) is answered
