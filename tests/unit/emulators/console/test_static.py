"""The page's files: complete, local, and allowed by the page's own policy."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import httpx2
import pytest

from emulators.console import site

FILES = sorted(site.FOLDER.iterdir())
CONTENTS = {file.name: file.read_bytes() for file in FILES}
SCRIPTS = [file for file in FILES if file.suffix == ".js"]
MARKUP = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|Function\(")
IMPORT = re.compile(r'from "\./([^"]+)"')


class References(HTMLParser):
    """What a page refers to, and what in it would be inline code or style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inline: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [given[name] or "" for name in ("src", "href") if name in given]
        self.ids |= {given["id"] or ""} if "id" in given else set()
        is_inline = tag == "style" or (tag == "script" and "src" not in given)
        self.inline += [tag] if is_inline else []
        self.inline += [name for name in given if name.startswith("on") or name == "style"]


@pytest.fixture
async def index(page: httpx2.AsyncClient) -> References:
    return References((await page.get("/")).text)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
async def test_every_file_is_served_with_its_type(page: httpx2.AsyncClient, file: Path) -> None:
    answer = await page.get(f"/{file.name}")

    assert answer.content == CONTENTS[file.name]
    assert answer.headers["content-type"].startswith(site.MEDIA_TYPES[file.suffix])


async def test_the_page_refers_only_to_files_beside_it(index: References) -> None:
    assert {"console.css", "console.js"} <= set(index.found) <= set(CONTENTS)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda file: file.name)
def test_scripts_import_only_files_beside_them(script: Path) -> None:
    imported = IMPORT.findall(script.read_text())

    assert {file.name for file in SCRIPTS} >= set(imported)
    assert script.read_text().count("import ") == len(imported)


async def test_the_page_has_no_inline_code_or_style(index: References) -> None:
    assert index.inline == []


async def test_every_element_that_a_script_looks_up_is_there(index: References) -> None:
    script = "".join(file.read_text() for file in SCRIPTS)

    assert set(re.findall(r'getElementById\("([\w-]+)"\)', script)) <= index.ids


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda file: file.name)
def test_content_never_becomes_markup(script: Path) -> None:
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|Function\(", script.read_text()
    )


@pytest.mark.parametrize("path", ["/", "/console.js", "/api/state", "/nothing"])
async def test_every_answer_carries_the_policy(page: httpx2.AsyncClient, path: str) -> None:
    headers = (await page.get(path)).headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/../site.py", "/%2e%2e/site.py", "/static/index.html", "/site.py"])
async def test_nothing_else_is_served(page: httpx2.AsyncClient, path: str) -> None:
    assert (await page.get(path)).status_code == 404
