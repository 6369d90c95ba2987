"""A token is a workspace, a person and a budget."""

from __future__ import annotations

import pytest

from agent.money import MICRO
from bot.mcp.tokens import tokens_from

SECRET, OTHER = "a" * 32, "b" * 40
GOOD = f"claude/T0123/U0456/50/{SECRET}"


def test_entries_are_told_apart() -> None:
    tokens = tokens_from(f"{GOOD},\n n8n/T0123/W0789/2.50/{OTHER} ,")
    found = tokens.of(OTHER)
    assert found is not None
    assert (found.name, found.workspace_id, found.person, found.cap) == ("n8n", "T0123", "W0789", 2_500_000)
    assert tokens.caps() == {"claude": 50 * MICRO, "n8n": 2_500_000}
    assert len(tokens) == 2


@pytest.mark.parametrize("secret", ["", SECRET[:-1], SECRET + "a", SECRET.upper(), "\ud800", "ä" * 32])
def test_what_is_no_token_opens_nothing(secret: str) -> None:
    assert tokens_from(GOOD).of(secret) is None


def test_a_token_shows_itself_to_nobody() -> None:
    assert SECRET not in repr(list(tokens_from(GOOD)))


@pytest.mark.parametrize(
    "text",
    [
        "claude",
        f"claude/T0123/U0456/{SECRET}",
        f"Claude!/T0123/U0456/50/{SECRET}",
        f"claude/0123/U0456/50/{SECRET}",
        f"claude/T0123/T0456/50/{SECRET}",
        f"claude/T0123/U0456/lots/{SECRET}",
        f"claude/T0123/U0456/-1/{SECRET}",
        "claude/T0123/U0456/50/short",
        f"{GOOD},claude/T0123/U0456/50/{OTHER}",
        f"{GOOD},other/T0123/U0456/50/{SECRET}",
    ],
)
def test_a_wrong_entry_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        tokens_from(text)
    assert SECRET not in str(caught.value)
    assert OTHER not in str(caught.value)
