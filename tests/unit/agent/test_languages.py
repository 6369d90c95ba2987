"""People's words for languages, resolved against a list like the provider's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.languages import MENTION_LIMIT, Ambiguous, Languages, Resolved, Unknown
from emulators.heygen.languages import LANGUAGES

FEW = [
    *("English", "English (UK)", "English - Your Accent", "Spanish (Spain)", "Spanish (Mexico)", "French (France)"),
    *("Chinese (Mandarin, Simplified)", "Chinese (Cantonese, Traditional)", "Portuguese (Brazil)", "Japanese (Japan)"),
    *("German (Germany)", "Norwegian Bokmål (Norway)", "Elvish (Rivendell)", "French (Belgium)", "French (France)"),
]
ALL = Languages(LANGUAGES)
SHORT = Languages(FEW)


def named(languages: Languages, word: str) -> str:
    """The one name `word` stands for."""
    found = languages.resolve(word)
    assert isinstance(found, Resolved), found
    return found.name


@pytest.mark.parametrize("name", [*LANGUAGES])
def test_every_name_of_the_provider_is_itself(name: str) -> None:
    assert named(ALL, name) == name


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("FRENCH (france)", "French (France)"),
        ("norwegian (bokmal, norway)", "Norwegian (Bokmål, Norway)"),
        ("Turkish (Turkiye)", "Turkish (Türkiye)"),
        (" german, Austria ", "German (Austria)"),
    ],
)
def test_case_accents_and_punctuation_do_not_matter(word: str, name: str) -> None:
    assert named(ALL, word) == name


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("French", "French (France)"),
        ("German", "German (Germany)"),
        ("Japanese", "Japanese (Japan)"),
        ("Spanish", "Spanish (Spain)"),
        ("Dutch", "Dutch (Netherlands)"),
        ("Serbian", "Serbian (Serbia)"),
        ("Norwegian", "Norwegian (Bokmål, Norway)"),
        ("Polish language", "Polish (Poland)"),
        ("Latin", "Latin"),
    ],
)
def test_a_bare_language_means_its_usual_region(word: str, name: str) -> None:
    assert named(ALL, word) == name


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("français", "French (France)"),
        ("FRANCAIS", "French (France)"),
        ("Deutsch", "German (Germany)"),
        ("日本語", "Japanese (Japan)"),
        ("español", "Spanish (Spain)"),
        ("한국어", "Korean (Korea)"),
        ("हिन्दी", "Hindi (India)"),
        ("русский", "Russian (Russia)"),
        ("Ελληνικά", "Greek (Greece)"),
        ("Tiếng Việt", "Vietnamese (Vietnam)"),
        ("繁體中文", "Chinese (Mandarin, Traditional)"),
        ("Farsi", "Persian (Iran)"),
        ("Tagalog", "Filipino (Philippines)"),
    ],
)
def test_native_and_other_names(word: str, name: str) -> None:
    assert named(ALL, word) == name


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("fr", "French (France)"),
        ("de-AT", "German (Austria)"),
        ("pt_BR", "Portuguese (Brazil)"),
        ("en-US", "English (United States)"),
        ("hi-IN", "Hindi (India)"),
        ("zh-Hans", "Chinese (Mandarin, Simplified)"),
        ("zh-Hant", "Chinese (Mandarin, Traditional)"),
        ("zh-CN", "Chinese (Mandarin, Simplified)"),
        ("zh-Hans-CN", "Chinese (Mandarin, Simplified)"),
        ("zh-TW", "Chinese (Taiwanese Mandarin, Traditional)"),
        ("zh-HK", "Chinese (Cantonese, Traditional)"),
        ("sr-Latn-RS", "Serbian (Latin, Serbia)"),
        ("nn", "Norwegian (Nynorsk, Norway)"),
        ("as", "Assamese (India)"),
    ],
)
def test_codes_and_locales(word: str, name: str) -> None:
    assert named(ALL, word) == name


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("Brazilian Portuguese", "Portuguese (Brazil)"),
        ("Brazilian", "Portuguese (Brazil)"),
        ("European Portuguese", "Portuguese (Portugal)"),
        ("European Spanish", "Spanish (Spain)"),
        ("Swiss German", "German (Switzerland)"),
        ("simplified Chinese", "Chinese (Mandarin, Simplified)"),
        ("Mandarin", "Chinese (Mandarin, Simplified)"),
        ("Hong Kong Cantonese", "Chinese (Cantonese, Traditional)"),
        ("Taiwanese", "Chinese (Taiwanese Mandarin, Traditional)"),
        ("British English", "English (United Kingdom)"),
        ("Irish English", "English (Ireland)"),
        ("Irish", "Irish (Ireland)"),
        ("French Canadian", "French (Canada)"),
        ("French as spoken in Canada", "French (Canada)"),
        ("Spanish from Costa Rica", "Spanish (Costa Rica)"),
        ("Flemish", "Dutch (Belgium)"),
    ],
)
def test_varieties_in_plain_words(word: str, name: str) -> None:
    assert named(ALL, word) == name


@pytest.mark.parametrize("word", ["Portuguese", "pt", "português"])
def test_portuguese_is_asked_about(word: str) -> None:
    assert ALL.resolve(word) == Ambiguous(word, ("Portuguese (Brazil)", "Portuguese (Portugal)"))


@pytest.mark.parametrize(("word", "count"), [("Chinese", 5), ("zh", 5), ("Arabic", 16), ("Malay", 2)])
def test_languages_without_a_usual_region_are_asked_about(word: str, count: int) -> None:
    found = ALL.resolve(word)
    assert isinstance(found, Ambiguous)
    assert len(found.options) == count


@pytest.mark.parametrize("word", ["Latin American Spanish", "es-419"])
def test_latin_american_spanish_is_asked_about_without_spain(word: str) -> None:
    found = ALL.resolve(word)
    assert isinstance(found, Ambiguous)
    assert "Spanish (Mexico)" in found.options
    assert "Spanish (Spain)" not in found.options


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("Portuguese", "Portuguese (Brazil)"),
        ("Latin American Spanish", "Spanish (Mexico)"),
        ("norsk", "Norwegian Bokmål (Norway)"),
        ("elvish", "Elvish (Rivendell)"),
        ("Rivendell Elvish", "Elvish (Rivendell)"),
        ("english - your accent", "English - Your Accent"),
        ("en-GB", "English (UK)"),
    ],
)
def test_a_single_fitting_name_is_taken(word: str, name: str) -> None:
    assert named(SHORT, word) == name


@pytest.mark.parametrize("word", ["en", "English", "en-US", "American English"])
def test_the_bare_name_is_preferred_where_the_list_has_it(word: str) -> None:
    assert named(SHORT, word) == "English"


def test_a_default_counts_only_when_the_list_has_it() -> None:
    languages = Languages(["French (Canada)", "French (Belgium)"])
    assert languages.resolve("French") == Ambiguous("French", ("French (Canada)", "French (Belgium)"))


@pytest.mark.parametrize(
    ("word", "suggestions"),
    [
        ("Austrian German", ("German (Germany)",)),
        ("zh-TW", ("Chinese (Mandarin, Simplified)", "Chinese (Cantonese, Traditional)")),
        ("Australian English", ("English", "English (UK)")),
    ],
)
def test_a_variety_that_does_not_exist_is_never_replaced_silently(word: str, suggestions: tuple[str, ...]) -> None:
    assert SHORT.resolve(word) == Unknown(word, suggestions)


@pytest.mark.parametrize(
    ("word", "suggestion"),
    [
        ("Frnch", "French (France)"),
        ("Japanes", "Japanese (Japan)"),
        ("Portugese", "Portuguese (Brazil)"),
        ("german germny", "German (Germany)"),
    ],
)
def test_typing_errors_get_suggestions(word: str, suggestion: str) -> None:
    found = ALL.resolve(word)
    assert isinstance(found, Unknown)
    assert suggestion in found.suggestions


@pytest.mark.parametrize("word", ["", "  ", "!!!", "Klingon", "x y z"])
def test_nonsense_is_unknown_without_suggestions(word: str) -> None:
    assert ALL.resolve(word) == Unknown(word.strip(), ())


def test_two_languages_in_one_word_are_not_guessed_at() -> None:
    assert isinstance(ALL.resolve("French German"), Unknown)


def test_a_language_the_list_does_not_have_is_unknown() -> None:
    assert isinstance(SHORT.resolve("Zulu"), Unknown)


def test_resolve_all_keeps_the_order_drops_doubles_and_collects_problems() -> None:
    names, problems = ALL.resolve_all(["de", "fr", "Portuguese", "German", "Klingon"])
    assert names == ["German (Germany)", "French (France)"]
    assert [problem.word for problem in problems] == ["Portuguese", "Klingon"]


def test_the_list_keeps_each_name_once_in_order() -> None:
    assert SHORT.names == tuple(FEW[:-1])


@given(st.text(max_size=120))
def test_any_text_gets_an_answer_that_names_only_what_exists(word: str) -> None:
    match SHORT.resolve(word):
        case Resolved(name):
            assert name in FEW
        case Ambiguous(_, names) | Unknown(_, names):
            assert set(names) <= set(FEW)


# -- names that a text mentions


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Please translate it into French and german.", {"French (France)", "German (Germany)"}),
        ("FR, DE", {"French (France)", "German (Germany)"}),
        ("into FR please", {"French (France)"}),
        ("es-MX or pt-br", {"Spanish (Mexico)", "Portuguese (Brazil)"}),
        ("in Swiss German", {"German (Switzerland)", "German (Germany)"}),
        ("into Lao", {"Lao (Laos)"}),
        ("Chinese (Taiwanese Mandarin, Traditional)!", {"Chinese (Taiwanese Mandarin, Traditional)"}),
        ("auf Deutsch", {"German (Germany)"}),
        ("на русский", {"Russian (Russia)"}),
        ("हिन्दी में", {"Hindi (India)"}),
        ("日本語に翻訳して", {"Japanese (Japan)"}),
        ("한국어로 번역해줘", {"Korean (Korea)"}),
        ("แปลเป็นภาษาไทย", {"Thai (Thailand)"}),
        ("翻译成简体中文", {"Chinese (Mandarin, Simplified)"}),
        ("sang Tiếng Việt", {"Vietnamese (Vietnam)"}),
        ("Ελληνικά", {"Greek (Greece)"}),
        ("TRANSLATE IT TO FRENCH", {"French (France)"}),
        ("", set()),
        ("- _ '", set()),
    ],
)
def test_what_a_text_mentions_is_found_in_any_script(text: str, names: set[str]) -> None:
    assert names <= ALL.named_in(text)


@pytest.mark.parametrize("text", ["UK English", "uk English", "English (UK)", "British English"])
def test_a_region_may_be_written_as_a_code_in_small_letters(text: str) -> None:
    assert "English (UK)" in SHORT.named_in(f"into {text} please")


@pytest.mark.parametrize(
    "text",
    [
        "Can you do it so that it is ready to go? No, or as my team is in a hurry, be at it.",
        "it",
        "It is so. To be or no, He or I. Is it?",
        "We shot it in Italy, it is for Iceland, so in Somalia no one or my team has seen it",
        "so-so, no-no",
        "id: 5, am at 10, pm",
        "TRANSLATE IT, IT IS SO GOOD, NO?",
        "fr",
        "Mexico, Brazil and the US",
        "Portuguese",
        "Klingon",
    ],
)
def test_words_that_only_look_like_codes_are_no_languages(text: str) -> None:
    assert ALL.named_in(text) == set()


@pytest.mark.parametrize("name", [*LANGUAGES])
def test_every_name_of_the_provider_is_found_in_a_sentence(name: str) -> None:
    assert name in ALL.named_in(f"please translate this into {name}, thanks")


def test_only_the_beginning_of_a_very_long_text_is_looked_at() -> None:
    assert "French (France)" in ALL.named_in("word " * (MENTION_LIMIT - 1) + "French")
    assert ALL.named_in("word " * MENTION_LIMIT + "French") == set()


@given(st.text(max_size=120))
def test_any_text_mentions_only_what_exists(text: str) -> None:
    assert SHORT.named_in(text) <= set(FEW)


@given(st.lists(st.sampled_from(["it", "is", "so", "to", "no", "or", "as", "my", "be", "in", "the", "a", "video"])))
def test_no_sentence_of_small_words_names_a_language(words: list[str]) -> None:
    assert ALL.named_in(" ".join(words)) == set()
