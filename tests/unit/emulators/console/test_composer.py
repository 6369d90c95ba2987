"""What a person types, as Slack stores it."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.console.composer import encode

PEOPLE = {"greenroom": "U0GREENBOT", "heygen": "U0GREENBOT", "alice": "U0ALICE001"}


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("@Greenroom hello", "<@U0GREENBOT> hello"),
        ("hello @alice.", "hello <@U0ALICE001>."),
        ("hello @nobody", "hello @nobody"),
        ("mail me@alice", "mail me@alice"),
        ("see https://e.com/a?b=1&c=2.", "see <https://e.com/a?b=1&amp;c=2>."),
        ("(https://e.com/@alice)", "(<https://e.com/@alice>)"),
        ("1 < 2 & 3 > 2", "1 &lt; 2 &amp; 3 &gt; 2"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("", ""),
    ],
)
def test_mentions_links_and_brackets(typed: str, stored: str) -> None:
    assert encode(typed, PEOPLE) == stored


@given(st.text(alphabet=st.characters(exclude_characters="@:")))
def test_words_without_mentions_or_links_are_only_escaped(typed: str) -> None:
    assert html.unescape(encode(typed, PEOPLE)) == html.unescape(html.escape(typed, quote=False))
    assert "<" not in encode(typed, PEOPLE)
