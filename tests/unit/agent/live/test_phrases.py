"""Every language has every sentence, and each greeting says what it is."""

from __future__ import annotations

import pytest

from agent.live.fragments import LIMIT
from agent.live.phrases import BY_LANGUAGE, ENGLISH, phrases_in
from agent.live.speakable import speakable

WORDS_FOR_AI = {"en": "AI", "de": "KI", "fr": "IA", "es": "IA", "ja": "AI"}
languages = pytest.mark.parametrize("language", sorted(BY_LANGUAGE))


@languages
def test_nothing_is_missing(language: str) -> None:
    phrases = BY_LANGUAGE[language]
    assert phrases.notices.keys() == ENGLISH.notices.keys()
    assert phrases.farewells.keys() == ENGLISH.farewells.keys()
    assert all(map(str.strip, phrases.notices.values()))


@languages
def test_the_greeting_says_that_it_is_an_ai(language: str) -> None:
    assert WORDS_FOR_AI[language] in BY_LANGUAGE[language].greeting


@languages
def test_what_is_said_can_be_said_as_it_stands(language: str) -> None:
    phrases = BY_LANGUAGE[language]
    said = [phrases.greeting, phrases.waiting, phrases.idle, phrases.warning, phrases.no_answer, phrases.no_model]
    for text in [*said, phrases.unconfirmed, *phrases.farewells.values()]:
        assert speakable(text) == text
        assert len(text) <= LIMIT


@pytest.mark.parametrize(("language", "expected"), [("de", "de"), ("DE", "de"), ("xx", "en"), (None, "en")])
def test_english_is_for_everybody_else(language: str | None, expected: str) -> None:
    assert phrases_in(language) is BY_LANGUAGE[expected]
