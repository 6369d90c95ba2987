"""Feedback as the operator reads it."""

from __future__ import annotations

import dataclasses

from bot.operations.rendering import table
from bot.store.talk import Feedback


def test_opinions_are_lines_with_words_where_there_are_any() -> None:
    bad = Feedback("f1", "T1", "c1", "turn_1", "U1", False, "Wrong\nlanguage", 40.0, 60.0)
    good = dataclasses.replace(bad, user_id="U2", good=True, words=None)
    lines = table("feedback", [dataclasses.asdict(one) for one in (bad, good)], 100.0).splitlines()
    assert lines[0].split() == ["AGE", "PERSON", "ANSWER", "TURN", "WORDS"]
    assert ("U1" in lines[1], "bad" in lines[1], "Wrong" in lines[1]) == (True, True, True)
    assert ("good" in lines[2], len(lines)) == (True, 3)
