"""What of a written answer is said, and in which pieces."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.live.fragments import FIRST_WORD_SECONDS, LIMIT, Fragment, Fragmenter
from agent.live.speakable import speakable


def pieces(*deltas: str) -> list[str]:
    return [fragment.text for fragment in fragments(*deltas)]


def fragments(*deltas: str) -> list[Fragment]:
    fragmenter = Fragmenter()
    found = list(itertools.chain.from_iterable(fragmenter.push(delta, 0.0) for delta in deltas))
    return found + fragmenter.finish()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("**Bold** and _soft_ and `code`", "Bold and soft and code"),
        ("## Heading", "Heading"),
        ("- [x] done", "done"),
        ("> quoted", "quoted"),
        ("see [the page](https://a.example/x_(y)) now", "see the page now"),
        ("see https://a.example/x?y=1.", "see."),
        ("![a cat](https://a.example/c.png)", "a cat"),
        ("<@U123> said <#C1|general> is <https://a.example|here>", "said general is here"),
        ("<!channel> hello <@U1|Ann>", "hello Ann"),
        ("well done :tada: :+1: 🎉👩🏽‍💻", "well done"),
        ("{{job:J2}} runs", "J2 runs"),
        ("snake_case and 2 * 3 and 2*3", "snake_case and 2 * 3 and 2*3"),
        ("| name | price |\n|---|---|\n| a | 2 |", "name, price a, 2"),
        ("a &lt; b &amp; c", "a < b & c"),
        ("at 10:30:45 it was 20 °C", "at 10:30:45 it was 20 °C"),
        ("<b>loud</b> a < b", "loud a < b"),
        ("你好**世界**。", "你好世界。"),
        ("می‌خواهم", "می‌خواهم"),
        ("1️⃣ ***", ""),
        ("---", ""),
    ],
)
def test_what_is_said_of_what_is_written(written: str, said: str) -> None:
    assert speakable(written) == said


def test_sentences_are_said_one_by_one() -> None:
    assert pieces("The first one is here now. Then comes the second one! And a third?") == [
        "The first one is here now.",
        "Then comes the second one!",
        "And a third?",
    ]


def test_a_short_beginning_waits_for_company() -> None:
    assert pieces("Hi! Nice to see you here. What can I do for you today?") == [
        "Hi! Nice to see you here.",
        "What can I do for you today?",
    ]


def test_only_the_first_fragment_may_end_at_a_clause() -> None:
    first, second = pieces(
        "If you give me the link of the video now, I can translate it into German, French and more, as you like it."
    )
    assert first == "If you give me the link of the video now,"
    assert second.startswith("I can translate it into German, French and more,")


@pytest.mark.parametrize(
    "sentence",
    [
        "It takes 3.5 minutes for version 1.2.3 of it.",
        "Use a common format, e.g. MP4, for this one.",
        "Please talk to Dr. J. Smith about this matter.",
        "Wir sehen uns am 3. Mai um acht wieder hier.",
        "Das kostet z.B. 1,5 Guthaben pro Minute hier.",
        "It reads a.example.com or file.txt right there.",
        "Look at `foo(). Bar` in the text over there.",
        "Read [this. And that](https://a.example) in full.",
    ],
)
def test_a_sentence_is_never_split_inside(sentence: str) -> None:
    padded = "This comes before all of it. "
    assert pieces(padded + sentence)[1:] == [speakable(sentence)]


def test_items_of_a_list_keep_their_numbers() -> None:
    assert pieces("1. Open the page.\n2. Press the button.\n") == ["1. Open the page.", "2. Press the button."]


def test_nothing_is_said_of_a_block_of_code() -> None:
    assert pieces("Do this:\n```python\nprint('no. Never.')\n```\nThen that.") == ["Do this:", "Then that."]
    assert pieces("Do this:\n```\nprint('unfinished. Code.')\n") == ["Do this:"]


def test_scripts_without_spaces_are_cut_at_their_own_marks() -> None:
    assert pieces("这是第一句话，我们来看看。这是第二句话，内容不同。好的") == [
        "这是第一句话，我们来看看。",
        "这是第二句话，内容不同。",
        "好的",
    ]
    assert pieces("「これは最初の文です、ね。」次の文がここにあります。") == [
        "「これは最初の文です、ね。」",
        "次の文がここにあります。",
    ]


def test_a_text_without_any_mark_is_cut_before_it_gets_too_long() -> None:
    for text in ("字" * 1_000, "word " * 300, "x" * 5_000, "ก" * 900):
        found = pieces(text)
        assert len(found) > 1
        assert max(map(len, found)) <= LIMIT
        assert "".join(found).replace(" ", "") == text.replace(" ", "")


def test_the_first_words_do_not_wait_for_a_model_that_pauses() -> None:
    fragmenter = Fragmenter()
    assert fragmenter.push("Let me", 1.0) == []
    assert fragmenter.due == 1.0 + FIRST_WORD_SECONDS
    assert fragmenter.tick(1.2) == []
    assert fragmenter.tick(1.25) == [Fragment("Let", 4)]
    assert fragmenter.due is None
    assert fragmenter.tick(9.0) == []
    assert fragmenter.push(" see what I have here. ", 9.0) == [Fragment("me see what I have here.", 29)]


def test_a_pause_inside_a_link_says_nothing_of_it() -> None:
    fragmenter = Fragmenter()
    fragmenter.push("[The page of", 0.0)
    assert fragmenter.tick(5.0) == []


SIGNS = [*"ab3 .!?,:;\n`*_<>[](){}|#-~\"'@&1。，字」😀\u200d", "e.g. ", "```\n"]
TEXTS = st.lists(st.sampled_from(SIGNS), max_size=200).map("".join)


@given(TEXTS, st.data())
def test_the_pieces_do_not_depend_on_how_the_text_arrived(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    deltas = [text[low:high] for low, high in itertools.pairwise([0, *cuts, len(text)])]
    assert fragments(*deltas) == fragments(text) == fragments(*text)


@given(TEXTS)
def test_fragments_are_bounded_in_order_and_cover_the_text(text: str) -> None:
    found = fragments(text)
    ends = [fragment.end for fragment in found]
    assert ends == sorted(ends)
    assert all(0 < fragment.end <= len(text) for fragment in found)
    assert all(0 < len(fragment.text) <= LIMIT for fragment in found)


@given(st.lists(st.sampled_from(["one", "two.", "three,", "e.g.", "3.5", "四。", "J."]), max_size=150))
def test_no_word_is_lost_or_said_twice(words: list[str]) -> None:
    assert " ".join(pieces(" ".join(words))).split() == words


@given(TEXTS)
def test_what_is_said_is_never_longer_than_what_is_written_by_much(text: str) -> None:
    assert len(speakable(text)) <= len(text) + text.count("|") + text.count(",")
