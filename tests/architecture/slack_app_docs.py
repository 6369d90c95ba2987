"""Renders the table of scopes in docs/slack-app.md from the manifest; run as a module it writes it."""

from __future__ import annotations

from bot.slack.manifest import scopes
from tests.architecture.settings_docs import ROOT

PAGE = ROOT / "docs/slack-app.md"
HEADER = "| Scope | Needed for |\n|---|---|\n"


def page() -> str:
    """The page, with the table as it should be. The table is its end."""
    before = PAGE.read_text().split(HEADER)[0]
    return before + HEADER + "".join(f"| `{scope}` | {why} |\n" for scope, why in scopes().items())


if __name__ == "__main__":
    PAGE.write_text(page())
