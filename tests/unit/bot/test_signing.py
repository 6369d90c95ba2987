"""Signed tokens: only ours, and only for their purpose."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.signing import Signer

SIGNER = Signer("k" * 40, "link")


def test_a_token_gives_its_value_back() -> None:
    assert SIGNER.unsign(SIGNER.sign("link_1")) == "link_1"


def test_a_token_for_another_purpose_or_key_is_refused() -> None:
    assert Signer("k" * 40, "webhook").unsign(SIGNER.sign("link_1")) is None
    assert Signer("x" * 40, "link").unsign(SIGNER.sign("link_1")) is None


@given(st.text(max_size=80))
def test_nothing_else_is_a_token(text: str) -> None:
    assert SIGNER.unsign(text) is None


@given(st.integers(0, 30))
def test_a_changed_token_is_refused(place: int) -> None:
    token = SIGNER.sign("link_1")
    place %= len(token)
    changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]

    assert SIGNER.unsign(changed) is None
