"""What a dialog that asks for words looks like, and how a field is read whatever has come."""

from __future__ import annotations

from typing import Any

import pytest

from bot.slack.fields import WORDS, typed_in, words_dialog


def test_the_value_comes_back_with_the_words() -> None:
    shown = words_dialog("done", "turn_1", title="Say it", submit="Say", label="What", longest=20, hint="Aloud.")
    assert (shown["callback_id"], shown["private_metadata"]) == ("done", "turn_1")
    (field,) = shown["blocks"]
    assert (field["block_id"], field["element"]["action_id"], field["element"]["max_length"]) == (WORDS, WORDS, 20)
    assert field["hint"]["text"] == "Aloud."


def test_without_a_hint_there_is_none() -> None:
    shown = words_dialog("done", "turn_1", title="Say it", submit="Say", label="What", longest=20)
    assert "hint" not in shown["blocks"][0]


@pytest.mark.parametrize(
    "state", [{}, {WORDS: None}, {WORDS: {}}, {WORDS: {WORDS: "a"}}, {WORDS: {WORDS: {"value": 1}}}]
)
def test_what_is_not_there_is_empty(state: dict[str, Any]) -> None:
    assert typed_in(state, WORDS) == ""


def test_what_was_typed_is_read_as_it_is() -> None:
    assert typed_in({WORDS: {WORDS: {"value": " two words "}}}, WORDS) == " two words "
