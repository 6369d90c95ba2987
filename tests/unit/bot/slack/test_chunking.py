"""Long answers are cut where a reader would cut them, and nothing is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.slack.chunking import PIECE_LIMIT, cuts, split

TEXTS = st.text(alphabet=st.sampled_from("ab .!\n`~#é"), max_size=2000) | st.lists(
    st.sampled_from(["word ", "A sentence. ", "\n\n", "```\n", "```python\n", "code()\n", "~~~\n", "x" * 150]),
    max_size=60,
).map("".join)


@given(TEXTS, st.integers(200, 700))
def test_the_bare_pieces_are_the_text(text: str, limit: int) -> None:
    pieces = cuts(text, limit)
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= limit for piece in pieces)


@given(TEXTS, st.integers(300, 700))
def test_every_piece_keeps_to_the_limit_and_says_something(text: str, limit: int) -> None:
    assert all(piece.strip() and len(piece) <= limit for piece in split(text, limit))


@given(TEXTS)
def test_no_word_is_lost(text: str) -> None:
    kept = "".join(split(text, 300))
    for letter in "ab!#é":
        assert kept.count(letter) >= text.count(letter)


def test_a_short_text_is_one_piece() -> None:
    assert split("Hello.\n") == ["Hello."]
    assert split(" \n") == []


def test_the_limit_is_below_slacks() -> None:
    assert all(len(piece) <= PIECE_LIMIT < 12_000 for piece in split("word " * 10_000))


def test_a_paragraph_border_is_preferred() -> None:
    first = "One. Two words.\n" * 12
    assert split(first + "\n" + "Three. " * 30, 400)[0] == first.rstrip()


def test_a_sentence_border_is_preferred_to_a_word() -> None:
    assert all(piece.endswith(".") for piece in split("It goes on and on. " * 60, 400))


def test_a_text_without_borders_is_cut_anyway() -> None:
    assert "".join(split("x" * 1000, 300)) == "x" * 1000


def test_a_cut_fence_is_closed_and_reopened() -> None:
    pieces = split("```python\n" + "print('hello')\n" * 40 + "```\nDone.", 300)
    assert len(pieces) > 2
    assert all(piece.startswith("```python\n") for piece in pieces)
    assert all(piece.count("```") == 2 for piece in pieces)
    assert pieces[-1].endswith("Done.")


def test_a_closed_fence_is_not_reopened() -> None:
    pieces = split("```\ncode\n```\n\n" + "Words. " * 100, 300)
    assert all("```" not in piece for piece in pieces[1:])
