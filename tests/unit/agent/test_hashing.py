"""The hash that binds an approval to what was approved."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agent.hashing import arguments_hash

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
ARGUMENTS = st.dictionaries(st.text(max_size=5), VALUES, max_size=5)


def turned(value: Any) -> Any:
    """The same value with every object's keys in the opposite order."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(one) for one in value] if isinstance(value, list) else value


@given(ARGUMENTS)
def test_the_order_of_keys_does_not_matter(arguments: dict[str, Any]) -> None:
    assert arguments_hash(turned(arguments)) == arguments_hash(arguments)


@given(ARGUMENTS, ARGUMENTS)
def test_different_requests_have_different_hashes(one: dict[str, Any], other: dict[str, Any]) -> None:
    same = repr_of(one) == repr_of(other)
    assert (arguments_hash(one) == arguments_hash(other)) is same


def repr_of(value: Any) -> str:
    """Everything that JSON tells apart: `True` is not 1 there."""
    if isinstance(value, dict):
        return repr(sorted((key, repr_of(inner)) for key, inner in value.items()))
    return repr([repr_of(one) for one in value]) if isinstance(value, list) else repr(value)


def test_the_order_of_a_list_matters() -> None:
    assert arguments_hash({"languages": ["a", "b"]}) != arguments_hash({"languages": ["b", "a"]})


def test_a_hash_is_short_and_plain() -> None:
    assert re.fullmatch("[0-9a-f]{64}", arguments_hash({"video_url": "https://example.com/é?sig=x"}))
