"""From people's words for languages to the provider's exact names.

The provider's live list is the only truth about what exists. A guess is made only where it is the usual meaning
(French is French of France) and that name is in the list; otherwise the person is asked.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent.language_names import (
    COMPOUNDS,
    DEFAULTS,
    FILLERS,
    IMPLIED,
    LANGUAGES,
    LATIN_AMERICA,
    PREFERRED,
    REGIONS,
    VARIETIES,
)

WORD_LIMIT = 80
SUGGESTIONS = 5
_CLOSE = 0.7
_JOINERS = "-_'’"
_UNSPACED = re.compile("[\u0e00-\u11ff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2}")
MENTION_LIMIT = 400  # words of a text that are looked at
PHRASE_LIMIT = 5  # words of the longest name
CODE_LIMIT = 3

Tags = frozenset[str]


@dataclass(frozen=True, slots=True)
class Resolved:
    """The provider's exact name."""

    name: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several of the provider's names fit and none is the usual meaning: ask."""

    word: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing fits; `suggestions` are names that may have been meant."""

    word: str
    suggestions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Option:
    """One of the provider's names. `tags` are the regions and varieties it names, `implied` those it stands for."""

    name: str
    language: str
    tags: Tags
    implied: Tags

    def fits(self, wanted: Sequence[Tags]) -> bool:
        """Whether each wish is met by one of its alternatives."""
        return all((self.tags | self.implied) & alternatives for alternatives in wanted)


@dataclass(frozen=True, slots=True)
class _Wish:
    """A language and what was said about its variety: for each word the tags that would satisfy it."""

    language: str
    wanted: tuple[Tags, ...] = ()


class Languages:
    """The provider's list, `names`, ready to be searched."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(dict.fromkeys(names))
        self._exact = {_normal(name): name for name in reversed(self.names)}
        self._modifiers = _modifiers()
        self._languages = _language_words()
        self._options: dict[str, list[_Option]] = {}
        for name in self.names:
            self._add(name)
        codes = _codes()
        self._spoken = {phrase: wish for phrase, wish in self._languages.items() if phrase not in codes}
        self._unspaced = [phrase for phrase in self._languages if _UNSPACED.match(phrase)]

    def resolve(self, word: str) -> Resolved | Ambiguous | Unknown:
        """What a word of a person means: a name in any case, a native name, a code, a locale, “Swiss German”."""
        word = word.strip()[:WORD_LIMIT]
        normal = _normal(word)
        if normal in self._exact:
            return Resolved(self._exact[normal])
        wish = self._parse(normal, self._languages)
        if wish is None or wish.language not in self._options:
            return Unknown(word, self._suggestions(normal))
        return self._granted(word, wish)

    def resolve_all(self, words: Iterable[str]) -> tuple[list[str], list[Ambiguous | Unknown]]:
        """The exact names in order, each once, and the words that need an answer first."""
        names: dict[str, None] = {}
        problems: list[Ambiguous | Unknown] = []
        for word in words:
            match self.resolve(word):
                case Resolved(name):
                    names[name] = None
                case Ambiguous() | Unknown() as problem:
                    problems.append(problem)
        return list(names), problems

    def named_in(self, text: str) -> set[str]:
        """The names that a text mentions, in whatever words. Short codes count only in capitals: “it” is no Italian."""
        words = _words(text)[:MENTION_LIMIT]
        loud = _is_loud(words)
        ends = {start: range(start + 1, min(start + PHRASE_LIMIT, len(words)) + 1) for start in range(len(words))}
        said = (self._named_by(words[start:end], loud) for start in ends for end in ends[start])
        whole = _normal(" ".join(words))
        inside = (self._named_by([phrase], loud) for phrase in self._unspaced if phrase in whole)
        return {name for name in (*said, *inside) if name is not None}

    def _named_by(self, words: Sequence[str], loud: bool) -> str | None:
        """The one name that a phrase means. Without `resolve`'s suggestions: those take a thousand times as long."""
        normal = _normal(" ".join(words))
        meant = all(_is_meant(word, loud) for word in words)
        if normal in self._exact and (meant or len(normal) > CODE_LIMIT):
            return self._exact[normal]
        wish = self._parse(normal, self._languages if meant else self._spoken)
        found = self._granted(normal, wish) if wish and wish.language in self._options else None
        return found.name if isinstance(found, Resolved) else None

    # -- the list ----------------------------------------------------------------------------------------------

    def _add(self, name: str) -> None:
        base, _, variant = name.partition("(")
        if " - " in base:
            return  # “English - Your Accent” and the like are taken only by their exact names
        wish = self._parse(_normal(base), self._languages) or _Wish(_normal(base))
        self._languages.setdefault(_normal(base), wish)
        parts = [part for part in map(_normal, variant.split(",")) if part]
        tags = frozenset().union(*wish.wanted, *map(self._tags_of_part, parts))
        implied = frozenset().union(*(IMPLIED.get((wish.language, tag), ()) for tag in tags))
        self._options.setdefault(wish.language, []).append(_Option(name, wish.language, tags, implied))

    def _tags_of_part(self, part: str) -> Tags:
        """A region or variety that the provider names; one we have no word for becomes a word of its own."""
        known = self._modifiers.setdefault(part, frozenset({part}))
        return known if len(known) == 1 else frozenset({part})

    # -- the words ---------------------------------------------------------------------------------------------

    def _parse(self, normal: str, languages: Mapping[str, _Wish]) -> _Wish | None:
        """The reading in which every word is one of `languages`, says something about it, or means nothing."""
        given = normal.split()
        words = [word for word in given[:-1] if word not in FILLERS] + given[-1:]  # the last may be India's code
        for start, end in _spans(len(words)):
            wish = languages.get(" ".join(words[start:end]))
            if wish and (wanted := self._wanted(words[:start])) is not None:
                rest = self._wanted(words[end:])
                if rest is not None:
                    return _Wish(wish.language, (*wish.wanted, *wanted, *rest))
        return None

    def _wanted(self, words: Sequence[str]) -> tuple[Tags, ...] | None:
        """The tags of some words, longest phrases first; None when a word says nothing we know."""
        found: list[Tags] = []
        at = 0
        while at < len(words):
            ends = range(len(words), at, -1)
            end = next((end for end in ends if " ".join(words[at:end]) in self._modifiers), None)
            if end is not None:
                found.append(self._modifiers[" ".join(words[at:end])])
            elif words[at] not in FILLERS:
                return None
            at = end or at + 1
        return tuple(found)

    # -- the choice --------------------------------------------------------------------------------------------

    def _granted(self, word: str, wish: _Wish) -> Resolved | Ambiguous | Unknown:
        options = self._options[wish.language]
        bare = next((option for option in options if not option.tags), None)
        usual = (frozenset({DEFAULTS[wish.language]}),) if wish.language in DEFAULTS else ()
        if not wish.wanted and bare:
            return Resolved(bare.name)
        fitting = [option for option in options if option.fits(wish.wanted or usual)]
        if not wish.wanted and (not usual or not fitting):
            return _only(word, options)
        if not fitting:
            is_usual = bool(bare) and wish.wanted == usual
            return Resolved(bare.name) if bare and is_usual else Unknown(word, _names(options)[:SUGGESTIONS])
        return _only(word, _narrowed(wish.language, fitting))

    def _suggestions(self, normal: str) -> tuple[str, ...]:
        offered = {phrase for phrase, wish in self._languages.items() if wish.language in self._options}
        close = difflib.get_close_matches(normal, sorted(offered | self._exact.keys()), SUGGESTIONS, _CLOSE)
        names = (name for phrase in close for name in self._meant(phrase))
        return tuple(dict.fromkeys(names))[:SUGGESTIONS]

    def _meant(self, phrase: str) -> tuple[str, ...]:
        match self.resolve(phrase):
            case Resolved(name):
                return (name,)
            case Ambiguous(_, options) | Unknown(_, options):
                return options


def _narrowed(language: str, fitting: list[_Option]) -> list[_Option]:
    """Of several fitting options the preferred one, else the one that says least beyond what was asked."""
    for preferred in PREFERRED.get(language, ()):
        if best := [option for option in fitting if option.tags >= preferred]:
            return best
    fewest = min(len(option.tags) for option in fitting)
    plainest = [option for option in fitting if len(option.tags) == fewest]
    return plainest if len(plainest) == 1 else fitting


def _only(word: str, options: Sequence[_Option]) -> Resolved | Ambiguous:
    return Resolved(options[0].name) if len(options) == 1 else Ambiguous(word, _names(options))


def _names(options: Sequence[_Option]) -> tuple[str, ...]:
    return tuple(option.name for option in options)


def _spans(count: int) -> Iterator[tuple[int, int]]:
    """All runs of `count` words, longest first, then from the left."""
    for length in range(count, 0, -1):
        for start in range(count - length + 1):
            yield start, start + length


def _normal(text: str) -> str:
    """Lower case, without accents and punctuation."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    kept = (c for c in folded if unicodedata.category(c) != "Mn")
    return " ".join("".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in kept).split())


def _words(text: str) -> list[str]:
    """The words of a text as they were written. Letters of many scripts carry marks, which `\\w` leaves out."""
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" or c in _JOINERS else " " for c in text)
    return [word.strip(_JOINERS) for word in kept.split() if any(map(str.isalpha, word))]


def _is_loud(words: Sequence[str]) -> bool:
    """Whether everything is in capitals, so that they tell nothing about codes."""
    long = [word for word in words if len(word) > CODE_LIMIT and word.upper() != word.lower()]
    return bool(long) and all(map(str.isupper, long))


def _is_meant(word: str, loud: bool) -> bool:
    """Whether a word that is also a code stands for it: “IT” and “es-mx” do, “it” and “so-so” do not."""
    parts = re.split(f"[{_JOINERS}]", word.casefold())
    if len(parts) > 1:
        return len(set(parts)) > 1
    return len(word) > CODE_LIMIT or not word.isascii() or (word.isupper() and not loud)


def _codes() -> set[str]:
    """The short words of our tables that are no names: those that are written in small letters."""
    words = [*COMPOUNDS, *(name for names in LANGUAGES.values() for name in names)]
    return {word for word in words if len(word) <= CODE_LIMIT and word.isascii() and word.islower()}


def _language_words() -> dict[str, _Wish]:
    words = {_normal(name): _Wish(code) for code, names in LANGUAGES.items() for name in names}
    return words | {_normal(name): _Wish(code, (tags,)) for name, (code, tags) in COMPOUNDS.items()}


def _modifiers() -> dict[str, Tags]:
    """Word → the tags that would satisfy it; “European” stands for more than one region."""
    found: dict[str, Tags] = {}
    for code, names in [*REGIONS.items(), *VARIETIES.items()]:
        tags = LATIN_AMERICA if code == "419" else frozenset({code})
        for name in map(_normal, names):
            found[name] = found.get(name, frozenset()) | tags
    return found
