"""What the documents say is what the code has."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from bot.settings import Settings
from docs.screenshots import LARGEST, PICTURES, SIZES
from tests.architecture import settings_docs
from tests.architecture.commands import FENCE, TYPED
from tests.architecture.settings_docs import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
LINK = re.compile(r"\]\(([^)\s]+)")
PICTURE = re.compile(r"!\[([^]]+)\]\(([^)\s]+)\)")
CODE = re.compile(r"`[^`]*`")
OTHERS = {"ARGS", "POSTGRES_PASSWORD"}
"""What is set for make and for Compose."""


def anchors(page: str) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    titles = re.findall(r"^#+ +(.+)$", FENCE.sub("", page), re.MULTILINE)
    plain = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title) for title in titles]
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in plain}


def test_the_settings_page_is_generated_from_the_settings() -> None:
    assert (ROOT / "docs/settings.md").read_text() == settings_docs.table()


def test_the_example_environment_is_generated_from_the_settings() -> None:
    assert (ROOT / ".env.example").read_text() == settings_docs.example()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_resolve(document: Path) -> None:
    missing = []
    for target in LINK.findall(FENCE.sub("", document.read_text())):
        path, _, anchor = target.partition("#")
        page = document.parent / path if path else document
        if "://" not in target and not (page.exists() and (not anchor or anchor in anchors(page.read_text()))):
            missing.append(target)

    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_named_in_documents_exist(document: Path) -> None:
    text = FENCE.sub("", document.read_text())
    named = set(re.findall(r"`((?:bot|agent|heygen|emulators|tests|docs|\.ci|\.github)/[\w./-]*)`", text))
    named |= set(re.findall(r"`([\w.-]+\.(?:toml|yaml|yml|md|example)|Dockerfile|Procfile)`", text))

    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_snippets_in_documents_can_be_read(document: Path) -> None:
    """JavaScript's are run by `make interop`, and so are Python's; what is typed is judged in test_commands.py."""
    for language, body in FENCE.findall(document.read_text()):
        assert language in {"", "text", "js", "json", "python", *TYPED}
        if language == "json":
            json.loads(body)
        if language == "python":
            compile(body, document.name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_settings_that_are_set_in_documents_are_settings(document: Path) -> None:
    text = document.read_text()
    named = {*re.findall(r"`([A-Z][A-Z_]+)=", text), *re.findall(r"^    ([A-Z][A-Z_]+)=", text, re.MULTILINE)}

    assert {name for name in named if name.lower() not in Settings.model_fields} - OTHERS == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_tables_in_documents_hold_together(document: Path) -> None:
    """A row that stands alone, or has another number of cells than its header, is shown as text."""
    wrong = []
    for block in FENCE.sub("", document.read_text()).split("\n\n"):
        rows = [line for line in block.strip().splitlines() if line.startswith("|")]
        widths = {len(re.findall(r"(?<!\\)\|", CODE.sub("", row))) for row in rows}
        if rows and (len(rows) < 3 or len(widths) > 1 or not re.fullmatch(r"[|:\- ]+", rows[1])):
            wrong.append(rows[0])

    assert wrong == []


def test_each_page_is_in_the_index() -> None:
    index = ROOT / "docs/README.md"
    linked = {target.partition("#")[0] for target in LINK.findall(index.read_text())}

    assert {path.name for path in ROOT.glob("docs/*.md")} - {index.name} - linked == set()


def test_pictures_are_those_of_the_script_small_and_shown() -> None:
    pictures = {path.name: path.stat().st_size for path in ROOT.glob("docs/images/*")}
    shown = " ".join(document.read_text() for document in DOCUMENTS)
    described = {Path(target).name for alternative, target in PICTURE.findall(shown) if len(alternative.split()) > 3}

    assert set(pictures) == {f"{scene}{size}.webp" for scene in PICTURES for size in SIZES} == described
    assert {name: size for name, size in pictures.items() if size > LARGEST} == {}


def test_make_targets_named_in_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        name for path in DOCUMENTS for name in re.findall(r"`?make ([a-z]+)\b(?:`|\s+#|\s+ARGS)", path.read_text())
    }

    assert named <= targets
    assert {"run", "test"} <= named
