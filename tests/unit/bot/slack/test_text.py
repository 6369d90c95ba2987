"""Slack's text format, both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.text import cut, escape, mentions, plain, safe, unescape


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("<@U0BOT> make a video", "make a video"),
        ("hey <@U0BOT|greenroom>, hi", "hey , hi"),
        ("ask <@UBOB> or <@W9|bob>", "ask <@UBOB> or <@W9>"),
        ("<https://a.example/v.mp4?a=1&amp;b=2>", "https://a.example/v.mp4?a=1&b=2"),
        ("<http://a.example|a.example>", "http://a.example"),
        ("<https://a.example/x|the talk>", "the talk (https://a.example/x)"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("in <#C1|videos> and <#C2>", "in #videos and #C2"),
        ("<!here> and <!subteam^S1|@ops>", "@here and @ops"),
        ("<!date^1^{date}|yesterday>", "yesterday"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("&amp;lt;", "&lt;"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_plain_text_is_what_the_person_meant(typed: str, meant: str) -> None:
    assert plain(typed, "U0BOT") == meant


def test_an_escaped_mention_is_only_text() -> None:
    assert mentions("&lt;@U0BOT&gt;") == set()


def test_mentions_are_found_with_and_without_a_name() -> None:
    assert mentions("<@U1> <@W2|x> <#C3>") == {"U1", "W2"}


@given(st.text())
def test_escaped_text_cannot_hold_a_mention_or_a_link(text: str) -> None:
    assert "<" not in escape(text)
    assert unescape(escape(text)) == text


@given(st.text(), st.integers(1, 50))
def test_cut_text_keeps_to_its_limit_on_one_line(text: str, limit: int) -> None:
    assert len(cut(text, limit)) <= limit
    assert "\n" not in cut(text, limit)


def test_safe_text_is_cut_before_it_is_escaped() -> None:
    assert safe("&&&&&", 3) == "&amp;&amp;…"
