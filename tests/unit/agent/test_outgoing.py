"""The filter between the model and people: what gets through, what is made harmless, and when."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from agent.outgoing import JobFacts, OutgoingContext, OutgoingFilter, state_line, truth_line
from agent.plain_text import one_line

OURS = "https://greenroom.example/v/abc.def"
TYPED = "https://typed.example/a.mp4?x=1&y=2"
JOBS = {
    "J7": JobFacts("J7", "French (France)", "succeeded", OURS),
    "J8": JobFacts("J8", "German (Germany)", "unknown", "https://greenroom.example/v/too-early"),
    "J9": JobFacts("J9", "<!channel> evil.com {{job:J7}}", "failed"),
}
CONTEXT = OutgoingContext(
    jobs=JOBS,
    allowed_links=frozenset({TYPED}),
    link_hosts=frozenset({"https://greenroom.example"}),
    allowed_mentions=frozenset({"U1"}),
)
PIECES = [
    *(
        "<",
        ">",
        "!",
        "@",
        "#",
        "|",
        "[",
        "]",
        "(",
        ")",
        "{{",
        "}}",
        "`",
        "\\",
        "/",
        ":",
        ".",
        " ",
        "\n",
        "。",
        "＜",
        "&lt;",
    ),
    *(
        "channel",
        "here",
        "everyone",
        "subteam^S1",
        "\u200b",
        "\u200d",
        "\u202e",
        "\x00",
        "\ue000",
        "\ufe0f",
        "語",
        "J7",
    ),
    *("https://evil.com/x", "http://", "//evil.com", "www.", "evil.com", "javascript:", "data:text/html,", "mailto:"),
    *("job:J7", "job:", "<!channel>", "<!here|x>", "<@U1>", "<@U2>", "{{job:J7}}", "{{job:J8}}", "[a](b)", OURS, TYPED),
]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=40).map("".join)


def shown(text: str, context: OutgoingContext = CONTEXT) -> str:
    """The whole filtered text."""
    outgoing = OutgoingFilter(context)
    return outgoing.feed(text) + outgoing.close()


def steps(text: str) -> list[str]:
    """What each character brought out, and the rest."""
    outgoing = OutgoingFilter(CONTEXT)
    return [step for step in [*map(outgoing.feed, text), outgoing.close()] if step]


@given(texts, st.lists(st.integers(0, 300), max_size=8))
def test_the_result_does_not_depend_on_how_the_text_was_split(text: str, cuts: list[int]) -> None:
    outgoing = OutgoingFilter(CONTEXT)
    edges = [0, *sorted(cuts), max(len(text), *cuts, 0)]
    parts = [text[start:end] for start, end in pairwise(edges)]
    assert "".join(map(outgoing.feed, parts)) + outgoing.close() == shown(text)


@given(texts)
def test_nothing_harmful_survives_any_combination(text: str) -> None:
    result = shown(text)
    for allowed in (OURS, TYPED, "https://greenroom.example", "<@U1>"):
        result = result.replace(allowed, "✓")
    plain = "".join(c for c in result if unicodedata.category(c) not in {"Cf", "Cc", "Mn"} or c in "\n\t")
    assert not re.search(r"<\\*[!@#]|(?<![^\W_])@\\*(channel|here|everyone)\b", plain, re.IGNORECASE)
    assert not re.search(
        r"https?:/|(?<![\w.@-])www\.\w|(?<![@\w.-])evil\.com(?![\w@-])|\bjavascript:\w|\]\((?!✓)", plain, re.IGNORECASE
    )


@example("channel0javascript:")
@given(texts)
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assume("J7" not in text)  # what surrounds a handle decides whether it is one, and a removed link changes that
    nothing = OutgoingContext()
    once = shown(text.replace("{{", "{"), nothing)
    assert shown(once, nothing) == once


@pytest.mark.parametrize("text", ["3/3http://", "3/3//evil.com"])
def test_a_link_that_goes_leaves_no_claim_behind(text: str) -> None:
    assert shown(text, OutgoingContext()) == ""


@pytest.mark.parametrize(
    "text",
    [
        f"I submitted it: <{TYPED}|Done!>",
        f"<{TYPED}|Finished>",
        "The French video is do<!x|ne>.",
        "The French video is <https://evil.com|do>ne.",
        "The French video is do{{a/b}}ne.",
    ],
)
def test_a_claim_that_shows_only_once_it_is_rewritten_is_withheld(text: str) -> None:
    context = OutgoingContext(jobs={"J1": JobFacts("J1", "French", "running")}, allowed_links=frozenset({TYPED}))
    assert shown(text, context) == ""


@pytest.mark.parametrize("text", ["<!channel>µ", "!https://evil.com/x", "0/0http://"])
def test_what_was_rewritten_once_stays_as_it_is(text: str) -> None:
    once = shown(text, OutgoingContext())
    assert shown(once, OutgoingContext()) == once


@given(texts, st.integers(20, 200))
def test_the_whole_is_bounded(text: str, limit: int) -> None:
    outgoing = OutgoingFilter(CONTEXT, limit=limit)
    assert len(outgoing.feed(text * 3) + outgoing.close()) <= limit


def test_too_much_text_is_cut_at_a_word_and_marked() -> None:
    outgoing = OutgoingFilter(CONTEXT, limit=20)
    assert outgoing.feed("One two three. Four five six. Seven.\n") == "One two three. …"
    assert outgoing.feed("More.\n") + outgoing.close() == ""


def test_an_answer_of_the_usual_limit_ends_with_an_ellipsis() -> None:
    result = shown("word " * 4_000)
    assert len(result) <= 12_000
    assert result.endswith(" …")


def test_sentences_come_out_one_at_a_time() -> None:
    assert steps("One is here. Two (“is it?”) came! Three") == ["One is here. ", "Two (“is it?”) ", "came! ", "Three"]


def test_further_spaces_belong_to_the_next_sentence() -> None:
    assert steps("  One.  Two.") == ["  One. ", " Two."]


def test_lines_come_out_at_their_end() -> None:
    assert steps("a title\nan item") == ["a title\n", "an item"]


def test_list_numbers_and_abbreviations_are_no_sentences() -> None:
    assert steps("1. Ask e.g. Ann. Then go") == ["1. Ask e.g. Ann. ", "Then go"]


def test_sentences_without_spaces_come_out_too() -> None:
    assert steps("完了です。「はい。」次です！？終") == ["完了です。", "「はい。」次です！？", "終"]


def test_a_link_in_a_text_without_spaces_does_not_hold_back_what_follows() -> None:
    assert steps(f"動画は{OURS}です。次です。終") == [f"動画は{OURS} です。", "次です。", "終"]


@pytest.mark.parametrize("word", ["word ", "語"])
def test_a_long_sentence_is_let_go_at_the_limit(word: str) -> None:
    outgoing = OutgoingFilter(CONTEXT)
    assert len(outgoing.feed(word * 410)) >= 400


@pytest.mark.parametrize(
    "construct",
    [
        "`a. b. c`",
        '[a label. So long](https://typed.example/a.mp4?x=1&y=2 "a. title")',
        "<https://typed.example/a.mp4?x=1&y=2|a. b>",
        "{{ job:J7 }}",
    ],
)
def test_no_cut_inside_a_construct(construct: str) -> None:
    outgoing = OutgoingFilter(CONTEXT)
    assert [outgoing.feed(character) for character in construct] == [""] * len(construct)
    assert outgoing.feed(" and so. ") != ""


def test_a_construct_that_never_ends_is_let_go() -> None:
    outgoing = OutgoingFilter(CONTEXT)
    assert outgoing.feed("<http " + "word " * 250) != ""


def test_a_comparison_is_not_a_construct() -> None:
    assert steps("It is a < b. Next") == ["It is a < b. ", "Next"]


def test_a_word_without_end_is_cut_short() -> None:
    assert shown("x" * 9_000 + " end") == "x" * 4_000 + " end"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See https://evil.com/x.", "See [link removed]."),
        ("See **http://evil.com/x**", "See **[link removed]**"),
        ("[label](https://evil.com/x(1))", "label [link removed]"),
        ("![label](https://evil.com/x.png)", "label [link removed]"),
        ("[](https://evil.com)", "[link removed]"),
        ("[a [b] c](evil.example)", "[a [b] c] (evil.example)"),
        ("[x](\nevil.example)", "[x] (\nevil.example)"),
        ("[x][1]\n[1]: evil.example", "[x][1]\n[1] : evil.example"),
        ("<https://evil.com|click here>", "click here [link removed]"),
        ("<https://evil.com>", "[link removed]"),
        ("<http://evil>(evil.example)", "link removed [link removed]"),
        ("<https://evil.com|click", "<[link removed]|click"),
        ("www.evil.com", "[link removed]"),
        ("//evil.com/x", "[link removed]"),
        ("evil.com", "[link removed]"),
        ("evil.example/path", "[link removed]"),
        ("https\\://evil.com", "https\\:[link removed]"),
        ("[x](javascript:alert)", "x [link removed]"),
        ("javascript:alert(1)", "[link removed])"),
        ("data:text/html,hello", "[link removed]"),
        ("slack://open", "[link removed]"),
        (f"{OURS}x", "[link removed]"),
        (f"{OURS}@evil.com", "[link removed]"),
        ("https://evil.com/語", "[link removed]"),
        ("https://greenroom.example/v/guess", "[link removed]"),
    ],
)
def test_links_nobody_allowed_are_removed(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        OURS,
        f"({TYPED}).",
        f"[my video]({TYPED})",
        "https://typed.example/a.mp4?x=1&amp;y=2",
        "https://greenroom.example/ and greenroom.example",
        "bob@example.com and <bob@example.com>",
        "a/b, 24.5, Node.js, file.mp4, e.g., data: none, a < b, List<int>, [ ] todo, {{first_name}}",
        "👩\u200d💻 1️⃣ می\u200cخواهم ①",
    ],
)
def test_harmless_text_is_left_alone(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"<{TYPED}|mine>", f"[mine]({TYPED})"),
        (f"<{TYPED}>", f"<{TYPED}>"),
        (f"[mine](<{TYPED}>)", f"mine <{TYPED}>"),
        (f"![]({TYPED})", f"<{TYPED}>"),
        (f"[https://bank.example]({TYPED})", f"[[link removed]]({TYPED})"),
        ("mailto:ann@example.com", "ann@example.com"),
        ("<mailto:ann@example.com|ann@example.com>", "ann@example.com"),
        (f"{TYPED}{{{{job:J8}}}}", f"{TYPED} J8 German (Germany): outcome unknown"),
        (f"[{TYPED}]({TYPED})", f"[{TYPED}]({TYPED})"),
        ("[Ann](mailto:ann@example.com)", "Ann (ann@example.com)"),
    ],
)
def test_allowed_links_and_addresses_are_kept(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<!channel>", "@ channel"),
        ("<!HERE|now>", "@ here"),
        ("<!everyone", "< !everyone"),
        ("<!subteam^S1|@ops>", "@ ops"),
        ("<!subteam^S1>", "@ group"),
        ("<!date^1^{date}^https://evil.com|today>", "today"),
        ("<!-- note -->", "! -- note --"),
        ("@channel, @here's @everyone", "@ channel, @ here's @ everyone"),
        ("@chan\u200bnel @\u2060here @every\u200done", "@ channel @ here @ everyone"),
        ("＠channel", "@ channel"),
        ("\\@channel <\\!channel>", "\\@ channel < \\!channel>"),
        ("＜!channel＞ &lt;!here&gt;", "＜ !channel＞ &lt; !here&gt;"),
        ("<{{bad!}}!channel>", "@ channel"),
        ("<@U2> <@U2|bob> <@U1> <@U1|ann>", "@someone @someone <@U1> <@U1>"),
        ("<#C1|general> <#C1>", "#general #channel"),
        ("here, channel and x@here.example", "here, channel and x@here.example"),
    ],
)
def test_pings_are_visible_but_harmless(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{job:J7}}", f"J7 French (France): done <{OURS}>"),
        ("{{ JOB: j7 }}", f"J7 French (France): done <{OURS}>"),
        ("{{job:J7.url}}", f"J7 French (France): done <{OURS}>"),
        ("[video]({{job:J7}})", f"video J7 French (France): done <{OURS}>"),
        ("{{job:J8}}", "J8 German (Germany): outcome unknown"),
        ("{{job:J9}}", "J9 !channel [link removed] job:J7: failed"),
        ("{{job:J99}}", "an unknown job"),
        ("www.{{job:J8}}/x", "www. J8 German (Germany): outcome unknown /x"),
        ("{{job:J8}}.evil.com", "J8 German (Germany): outcome unknown.[link removed]"),
        ("x{{job J7}}{{job}}{{J7}}{{job:}}{{a/b}}y", "xy"),
        ("x {{job:J7", "x "),
    ],
)
def test_placeholders_are_rendered_from_the_table(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_control_and_direction_characters_are_removed() -> None:
    assert shown("a\x00b\x1b[c\u202ed\u2066e\ufefff\ud800g\ue000h\r\n") == "ab[cdefgh\n"


def test_line_separators_become_newlines_and_visible_formats_stay() -> None:
    assert shown("a\u2028b \u06dd") == "a\nb \u06dd"


def job(number: int, state: str = "running") -> JobFacts:
    """A job with a short label."""
    return JobFacts(f"J{number}", "French", state)


def test_no_state_line_without_open_jobs() -> None:
    assert state_line([]) is None
    assert state_line([job(1, "succeeded"), job(2, "failed")]) is None


def test_the_state_line_names_open_jobs_first() -> None:
    line = state_line([job(3, "succeeded"), job(1), job(2), job(4, "waiting")])
    assert line == "_Running: J1 French, J2 French · waiting: J4 French · done: J3 French_"


def test_the_state_line_stays_short_with_many_jobs() -> None:
    line = state_line([job(n) for n in range(9)] + [job(n, "failed") for n in range(9)])
    assert line == "_Running: J0 French, J1 French, J2 French and 6 more · failed: 9_"


def test_the_state_line_does_not_trust_labels() -> None:
    line = state_line([JobFacts("J1", "_a_ @channel\nhttps://evil.com " + "x" * 99, "running")])
    assert line == "_Running: J1 a @ channel [link removed] " + "x" * 31 + "…_"


def test_a_label_is_cut_to_its_limit() -> None:
    assert one_line("*ab*  cd\u200b ef", 6) == "ab cd…"


def test_cancelled_jobs_have_a_place_in_the_state_line() -> None:
    assert state_line([job(1), job(2, "cancelled")]) == "_Running: J1 French · cancelled: J2 French_"


def test_something_withheld_without_open_jobs_ends_with_a_neutral_word() -> None:
    assert truth_line([job(1, "failed")], 0) is None
    assert truth_line([job(1, "failed")], 1) == "_I can't confirm that from here; see the card._"
    assert truth_line([job(1)], 1) == "_Running: J1 French_"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The id is vid_8f3a2b.", "The id is [id removed]."),
        ("See 3f2a9c81d0e7b455 there.", "See [id removed] there."),
        ("It is aB3dE5fG7hJ9.", "It is [id removed]."),
        ("123e4567-e89b-12d3-a456-426614174000", "[id removed]"),
        ("It is a8f3-2k9d-11zz-93kd.", "It is [id removed]."),
        ("4155550123456", "[id removed]"),
        ("It is vid_**8f3a2b**.", ""),
        ("It is vid\u200b_8f3a2b.", "It is [id removed]."),
        (
            "IMG_1234.mp4, first_name, 1080p and Hauptversammlung2026",
            "IMG_1234.mp4, first_name, 1080p and [id removed]",
        ),
    ],
)
def test_identifiers_never_get_through(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_what_the_person_wrote_may_look_like_an_identifier() -> None:
    assert shown("I took report2026final.", OutgoingContext(known_words=frozenset({"report2026final"}))) == (
        "I took report2026final."
    )


@pytest.mark.parametrize(
    "host", ["heygen.com/v/abc", "bit.ly/x", "youtu.be/x", "t.me/x", "app.heygen.video", "1.2.3.4/x"]
)
def test_hosts_without_a_scheme_are_links(host: str) -> None:
    assert shown(f"See {host} for more.") == "See [link removed] for more."


def test_a_link_in_pieces_takes_its_sentence_along() -> None:
    assert shown("See hey`gen.c`om/v/abc for more. Bye.") == "Bye."


def test_a_withheld_line_leaves_its_line_end() -> None:
    outgoing = OutgoingFilter(OutgoingContext(jobs={"J1": job(1)}))
    text = "I submitted it.\nIt is done.\nI submitted it.\n"
    assert outgoing.feed(text) + outgoing.close() == "I submitted it.\n\nI submitted it.\n"
    assert outgoing.withheld == 1


def test_a_list_is_judged_with_the_line_that_introduces_it() -> None:
    context = OutgoingContext(jobs={"J1": job(1)})
    assert shown("Submitted:\n- French\n", context) == "Submitted:\n- French\n"
    assert shown("Done:\n- French\n- French\n", context).strip() == ""


def test_a_sentence_that_is_cut_for_its_length_is_judged_as_a_whole() -> None:
    text = "I submitted it " + "and " * 95 + "when they are finished I will tell you."
    context = OutgoingContext(jobs={"J1": job(1)})
    assert shown(text, context) == text
    assert "finished" not in shown(text.replace("when", "since"), context)


def test_ticks_and_confetti_go_while_jobs_are_open() -> None:
    assert shown("✅ I submitted it 🎉", OutgoingContext(jobs={"J1": job(1)})) == " I submitted it"
    assert shown("✅ It is done 🎉", OutgoingContext(jobs={"J1": job(1, "succeeded")})) == "✅ It is done 🎉"


def test_the_state_a_placeholder_stands_for_is_what_counts() -> None:
    context = OutgoingContext(jobs={"J1": job(1), "J2": JobFacts("J2", "German", "succeeded")})
    assert shown("{{job:J1}}", context) == "J1 French: running"
    assert shown("{{job:J2}} is done.", context) == "J2 German: done is done."
    assert shown("{{job:J1}} is done.", context) == ""
    assert shown("{{job:J9}} is done.", context) == ""
