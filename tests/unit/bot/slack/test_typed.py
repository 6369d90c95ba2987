"""`/heygen …` as people type it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.typed import (
    LONGEST_REASON,
    Cancel,
    EndLive,
    GoLive,
    Help,
    Jobs,
    Lipsync,
    ShowBudget,
    Translate,
    UsageError,
    parse,
    split_languages,
)

URL = "https://example.com/talk.mp4"


@pytest.mark.parametrize(
    ("typed", "languages"),
    [
        (f"translate {URL} into French", ("French",)),
        (f"translate {URL} to French, German and Spanish (Mexico)", ("French", "German", "Spanish (Mexico)")),
        (f"Translate {URL} --into fr,de", ("fr", "de")),
        (f"translate {URL} --into=fr,de", ("fr", "de")),
        (f"translate --into fr,de {URL}", ("fr", "de")),
        (f"translate {URL} --to fr de pt", ("fr", "de", "pt")),
        (f"translate {URL} into: French; German", ("French", "German")),
        (f"translate {URL} French, German", ("French", "German")),
        (f"translate <{URL}> into French", ("French",)),
        (f"translate <{URL}|talk> into French", ("French",)),
        (f'translate "{URL}" into "Spanish (Mexico)", fr', ("Spanish (Mexico)", "fr")),
        (f"translate {URL} into “Spanish (Mexico)” and ‘Swiss German’", ("Spanish (Mexico)", "Swiss German")),
        (f"translate {URL} into french german", ("french", "german")),
        (f"translate {URL} into Brazilian Portuguese", ("Brazilian Portuguese",)),
        (f"translate {URL} into latin american spanish french", ("latin american spanish", "french")),
        (f"translate {URL} into Spanish (Mexico) German", ("Spanish (Mexico)", "German")),
        (f"translate {URL} into French, french, FRENCH", ("French",)),
        (f"translate {URL} into Bosnian (Bosnia and Herzegovina)", ("Bosnian (Bosnia and Herzegovina)",)),
        (f"  tr   {URL}   into\nFrench ", ("French",)),
    ],
)
def test_a_translation_is_understood_however_it_is_spelt(typed: str, languages: tuple[str, ...]) -> None:
    assert parse(typed) == Translate(URL, languages)


@pytest.mark.parametrize(
    "typed", [f"lipsync {URL} with <{URL}3>", f"lip-sync {URL} {URL}3", f'lipsync "{URL}" "{URL}3"']
)
def test_a_lip_sync_takes_a_video_and_a_recording(typed: str) -> None:
    assert parse(typed) == Lipsync(URL, f"{URL}3")


@pytest.mark.parametrize("typed", ["lipsync", f"lipsync {URL}", f"lipsync {URL} {URL} {URL}"])
def test_a_lip_sync_takes_no_more_and_no_less(typed: str) -> None:
    wrong = parse(typed)
    assert isinstance(wrong, UsageError)
    assert "two links" in wrong.sentence


def test_entities_in_a_link_are_undone() -> None:
    found = parse("translate <https://example.com/v?a=1&amp;b=2> into fr")
    assert found == Translate("https://example.com/v?a=1&b=2", ("fr",))


@pytest.mark.parametrize("typed", ["jobs", "JOBS", "status", "list"])
def test_jobs(typed: str) -> None:
    assert parse(typed) == Jobs()


@pytest.mark.parametrize("typed", ["budget", "Budget", "costs"])
def test_budget(typed: str) -> None:
    assert parse(typed) == ShowBudget()


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [("cancel", None), ("stop", None), ("cancel all", "all"), ("cancel Everything", "all"), ("cancel j3", "J3")],
)
def test_cancel(typed: str, wanted: str | None) -> None:
    assert parse(typed) == Cancel(wanted)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("live", ""),
        ("LIVE  ", ""),
        ("avatar", ""),
        ("live my intro has no sound", "my intro has no sound"),
        ("live end of quarter video", "end of quarter video"),
        ("live a &lt; b", "a < b"),
    ],
)
def test_live(typed: str, reason: str) -> None:
    assert parse(typed) == GoLive(reason)


@pytest.mark.parametrize("typed", ["live end", "live End.", "live stop", "live hang up"])
def test_live_ends(typed: str) -> None:
    assert parse(typed) == EndLive()


def test_a_long_story_is_no_reason() -> None:
    found = parse(f"live {'a' * (LONGEST_REASON + 1)}")
    assert isinstance(found, UsageError)
    assert "Usage: `/heygen live [what it is about | end]`" in found.sentence


@pytest.mark.parametrize(
    ("typed", "topic"), [("", None), ("  ", None), ("help", None), ("?", None), ("help tr", "translate")]
)
def test_help(typed: str, topic: Any) -> None:
    assert parse(typed) == Help(topic)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("translate", "Which video?"),
        ("translate into French", "`into` is not a link"),
        ("translate talk.mp4 into French", "`talk.mp4` is not a link"),
        (f"translate {URL}", "Into which languages?"),
        (f"translate {URL} into", "Into which languages?"),
        (f'translate {URL} into "French', "quotation mark is not closed"),
        ("translat x", "Did you mean `translate`?"),
        ("help jbos", "Did you mean `jobs`?"),
        ("bugdet", "Did you mean `budget`?"),
        ("cancle J3", "Did you mean `cancel`?"),
        ("cancel the french one", "I don't know which job `the french one` is."),
        ("cancel <!channel>", "`&lt;!channel&gt;`"),
        ("<!channel>", "I don't know `&lt;!channel&gt;`"),
    ],
)
def test_an_error_says_what_is_wrong(typed: str, said: str) -> None:
    found = parse(typed)
    assert isinstance(found, UsageError)
    assert said in found.sentence


def test_a_translation_error_shows_the_usage() -> None:
    found = parse("translate")
    assert isinstance(found, UsageError)
    assert "Usage: `/heygen translate &lt;url&gt; into" in found.sentence


def test_nothing_near_gets_no_guess() -> None:
    found = parse("xyzzy")
    assert isinstance(found, UsageError)
    assert "Did you mean" not in found.sentence


def test_too_many_languages_are_refused() -> None:
    found = parse(f"translate {URL} into {', '.join(f'language {n}' for n in range(201))}")
    assert isinstance(found, UsageError)
    assert "201" in found.sentence


@given(st.text(max_size=200))
def test_anything_typed_gets_an_answer(text: str) -> None:
    assert parse(text) is not None
    assert all(split_languages(text))
