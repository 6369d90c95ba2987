"""What is kept is one plain line, and the model is told whose it is."""

from __future__ import annotations

import pytest

from agent.facts import facts_block
from agent.memory import LONGEST_FACT, Fact, one_line, remembered


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" Titles\nin\tFrench ", "Titles in French"),
        ("a\u200bb\u202ec\x00d", "abcd"),
        ("\u200b\n", ""),
        ("x" * 999, "x" * LONGEST_FACT),
    ],
)
def test_a_fact_cannot_look_like_anything_but_a_text(given: str, kept: str) -> None:
    assert one_line(given) == kept


def test_the_facts_of_the_moment_hold_it_as_data() -> None:
    told = remembered([Fact(1, 'say "hi"', "U1", everywhere=False), Fact(2, "blue", "U2", everywhere=True)], "U1")
    assert [(one["for"], one["told_by"]) for one in told] == [
        ("this thread", "the person you answer"),
        ("the whole workspace", "somebody else"),
    ]
    assert r"say \"hi\"" in facts_block([], 0.0, remembered=told)
    assert "remembered" not in facts_block([], 0.0)
