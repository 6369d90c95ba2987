"""What is stored sealed is read by us alone, and notices every change."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sealing import SealBroken, Sealer

SEALER = Sealer("k" * 40, "live")


@settings(max_examples=50)
@given(st.text(max_size=300))
def test_what_was_sealed_comes_back(text: str) -> None:
    assert SEALER.unseal(SEALER.seal(text)) == text


def test_it_cannot_be_read_and_differs_each_time() -> None:
    sealed = SEALER.seal("wss://room.example/?secret=1")
    assert "room" not in sealed
    assert sealed != SEALER.seal("wss://room.example/?secret=1")


@pytest.mark.parametrize("other", [Sealer("x" * 40, "live"), Sealer("k" * 40, "other")], ids=["secret", "purpose"])
def test_another_secret_or_purpose_opens_nothing(other: Sealer) -> None:
    with pytest.raises(SealBroken):
        other.unseal(SEALER.seal("secret"))


@settings(max_examples=50)
@given(st.integers(0, 10_000))
def test_a_change_is_noticed(place: int) -> None:
    sealed = SEALER.seal("secret")
    place %= len(sealed.rstrip("=")) - 1  # of the last letter some bits mean nothing
    changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
    with pytest.raises(SealBroken):
        SEALER.unseal(changed)


@pytest.mark.parametrize("junk", ["", "junk", "é", "gAAAA"])
def test_junk_is_no_seal(junk: str) -> None:
    with pytest.raises(SealBroken):
        SEALER.unseal(junk)


def test_the_error_names_neither_text_nor_key() -> None:
    with pytest.raises(SealBroken) as caught:
        Sealer("x" * 40, "live").unseal(SEALER.seal("very secret"))
    assert caught.value.__cause__ is None
    assert "secret" not in str(caught.value).replace("SECRET_KEY", "")
