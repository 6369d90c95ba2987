"""The inventory of HeyGen's operations is the one in the code."""

from __future__ import annotations

import json

import pytest

from bot.__main__ import main
from heygen import OPERATIONS
from tests.architecture.settings_docs import ROOT


def test_the_page_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    """R37: the complete inventory, with parameters, pages, prices and how each is reached in a conversation."""
    assert main(["catalogue"]) == 0
    printed = capsys.readouterr().out
    assert (ROOT / "docs/catalogue.md").read_text() == printed, "python -m bot catalogue > docs/catalogue.md"
    assert [name for name in OPERATIONS if f"| `{name}` |" not in printed] == []


def test_the_schema_of_each_operation_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """R37: with its schema."""
    assert main(["catalogue", "--name", "list_looks"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["additionalProperties"] is False
    assert "ownership" in schema["properties"]


def test_an_operation_that_does_not_exist_is_an_error_of_the_caller(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalogue", "--name", "make_coffee"]) == 2
    assert "make_coffee" in capsys.readouterr().err
