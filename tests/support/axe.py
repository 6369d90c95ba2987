"""axe-core as a judge of pages: WCAG 2.2 AA, contrast included, and what its makers call best practice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.async_api import Page

AXE = Path(__file__).parent.parent.parent / ".tools/browser/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def judged(page: Page) -> None:
    """Fail where axe finds something in the page as it is."""
    found = await violations(page)
    assert found == []


async def violations(page: Page) -> list[tuple[str, list[Any]]]:
    """What axe finds, and where. It comes by the debugger: a page's policy may let it run no scripts of others."""
    assert AXE.exists(), "there is no axe: .ci/browser fetches it"
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text())
    found: dict[str, Any] = await page.evaluate("rules => axe.run({ runOnly: rules })", RULES)
    assert found["passes"]
    return [(wrong["id"], [node["target"] for node in wrong["nodes"]]) for wrong in found["violations"]]
