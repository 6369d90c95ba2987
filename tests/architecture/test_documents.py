"""What the documents say is what the code has."""

from __future__ import annotations

import re

import pytest

from tests.architecture import settings_docs
from tests.architecture.settings_docs import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def test_the_settings_page_is_generated_from_the_settings() -> None:
    assert (ROOT / "docs/settings.md").read_text() == settings_docs.table()


def test_the_example_environment_is_generated_from_the_settings() -> None:
    assert (ROOT / ".env.example").read_text() == settings_docs.example()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_resolve(document) -> None:  # type: ignore[no-untyped-def]
    targets = re.findall(r"\]\(([^)#\s]+)", document.read_text())
    missing = [target for target in targets if "://" not in target and not (document.parent / target).exists()]

    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_code_paths_named_in_documents_exist(document) -> None:  # type: ignore[no-untyped-def]
    named = re.findall(r"`((?:bot|agent|heygen|emulators|tests|docs|\.ci)/[\w./-]*)`", document.read_text())

    assert [path for path in named if not (ROOT / path).exists()] == []


def test_make_targets_named_in_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        name for path in DOCUMENTS for name in re.findall(r"`?make ([a-z]+)\b(?:`|\s+#|\s+ARGS)", path.read_text())
    }

    assert named <= targets
    assert {"run", "test"} <= named
