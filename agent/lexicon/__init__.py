"""What people say about work, in many languages: data, and how to find it in a sentence.

`words/<language>.txt` has a line per category (a line that begins with spaces goes on with the last one) and its terms,
parted by commas. A term is a word or several; `*` at its end stands for any ending, at its start for any beginning; `<`
marks a word that stands behind what it limits (Turkish `değil`). Case and accents do not matter.

- `done failed stopped money time`: claims. `mask`: sounds like a claim and is none.
- `running started`: what is true of work under way.
- `not when will`: what takes the claim out of a word close by.
- `all`: more than the jobs that are named. `now`: what makes a guarded word a claim again.
- `work about`: what a claim may be about, by name or by a pronoun.
- `talk`: ideas, titles, stories and other things that are no work. `shows`: presents, be it work or ideas.
  `count`: those of `all` that are numbers. `join`: stands between names.
- `soft`: what only offers or asks. `ask`: begins a question. `common`: by which the language is known.

`courtesy.txt` has what is said out of politeness, whole sentences of it: greetings, thanks, regrets. Words of agreement
are not among them, for they may answer whether something is done.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from agent.claim_text import Word, plain, words
from agent.language_names import LANGUAGES

TELLS_LANGUAGE = frozenset({"common", "not", "when", "will", "now", "soft", "running", "started", "ask", "all", "talk"})

EVERY = "any"  # the file of words that are much the same everywhere
SHORT = 7  # the weight of a word of three letters: in a sentence of another language it is a coincidence

_PREFIX = re.compile("[وفبلك]{0,2}(?:ال)?(?=[\u0620-\u06ff]{3})|[והשבלכמ]{1,3}(?=[\u05d0-\u05ea]{3})")


@dataclass(frozen=True, slots=True)
class Term:
    """One term. `pattern`: its words, each with whether any ending will do."""

    language: str
    category: str
    pattern: tuple[tuple[str, bool], ...]
    behind: bool
    weight: int  # how much of a text it explains: the most wins

    def fits_word(self, word: str) -> bool:
        """Whether it is this one word."""
        (first, open_ended), *more = self.pattern
        return not more and (word.startswith(first) if open_ended else word == first)

    def goes_on(self, text: Sequence[Word], at: int) -> bool:
        """Whether, its first word being there, the others stand in `text` behind `at`, in one clause."""
        size = len(self.pattern)
        if at + size > len(text) or text[at + size - 1].clause != text[at].clause:
            return False
        for index in range(1, size):
            word, open_ended = self.pattern[index]
            seen = text[at + index].text
            if not (seen.startswith(word) if open_ended else seen == word):
                return False
        return True


class Lexicon:
    """All terms, by their first word."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self._exact: dict[str, list[Term]] = defaultdict(list)
        self._stems: dict[str, list[Term]] = defaultdict(list)
        self._inner: list[Term] = []
        self._tells: dict[str, set[str]] = defaultdict(set)
        for term in terms:
            self._add(term)
        self._longest = max(map(len, self._stems), default=0)

    def _add(self, term: Term) -> None:
        word, open_ended = term.pattern[0]
        if word.startswith("*"):
            self._inner.append(term)
            return
        (self._stems if open_ended else self._exact)[word].append(term)
        if term.category in TELLS_LANGUAGE and len(term.pattern) == 1 and not open_ended:
            self._tells[word].add(term.language)

    def languages(self, word: str) -> frozenset[str]:
        """The languages that `word` is a usual one of."""
        return frozenset(self._tells.get(word, ()))

    def is_about_work(self, word: str) -> bool:
        """Whether `word` by itself is what a claim may be about."""
        return any(term.category in ("work", "about") and len(term.pattern) == 1 for term in self._exact.get(word, ()))

    def longest(self, text: Sequence[Word], at: int, preferred: frozenset[str]) -> list[Term]:
        """The terms that explain most of `text` from `at` on; those of the `preferred` languages if they know any."""
        found = [t for t in self._candidates(text[at].text) if len(t.pattern) == 1 or t.goes_on(text, at)]
        found = found or self._inside(text[at].text) or self._without_prefix(text[at].text)
        if not found:
            return []
        known = [term for term in found if term.language in preferred or not term.language]
        phrases = [term for term in found if len(term.pattern) > 1 and term not in known]
        ends = _weightiest(known + phrases if known else found)
        is_chance = preferred and not known and ends[0].weight <= SHORT and text[at].text.isascii()
        return [] if is_chance else ends

    def _candidates(self, word: str) -> list[Term]:
        found = list(self._exact.get(word, ()))
        for length in range(1, min(len(word), self._longest) + 1):
            found += self._stems.get(word[:length], ())
        return found

    def _without_prefix(self, word: str) -> list[Term]:
        """For Arabic and Hebrew, which write articles and short words together with what follows."""
        prefix = _PREFIX.match(word)
        if not prefix:
            return []
        stems = dict.fromkeys(word[at:] for at in range(prefix.end(), 0, -1))
        lists = ([t for t in self._candidates(stem) if t.fits_word(stem)] for stem in stems)
        return next((terms for terms in lists if terms), [])

    def _inside(self, word: str) -> list[Term]:
        if len(word) < 5 or not "a" <= word[0] <= "z":
            return []
        return [term for term in self._inner if _holds(word, *term.pattern[0])]


def _weightiest(terms: Sequence[Term]) -> list[Term]:
    best = max(term.weight for term in terms)
    return [term for term in terms if term.weight == best]


def _holds(word: str, stem: str, open_ended: bool) -> bool:
    return stem[1:] in word if open_ended else word.endswith(stem[1:])


@cache
def lexicon() -> Lexicon:
    """The whole of it, read once."""
    folder = files(__package__)
    terms = [
        term
        for file in folder.joinpath("words").iterdir()
        if file.name.endswith(".txt")
        for term in _terms(file.name[:-4].removeprefix(EVERY), file.read_text("utf-8"))
    ]
    names = _terms("", folder.joinpath("languages.txt").read_text("utf-8"), "language:")
    own = [_term("", f"language:{code}", name) for code, all_names in LANGUAGES.items() for name in all_names[:-1]]
    return Lexicon([*terms, *names, *(term for term in own if term and len(term.pattern[0][0]) > 2)])


def _terms(language: str, text: str, prefix: str = "") -> list[Term]:
    lines = text.replace("\n  ", " ").splitlines()
    pairs = [
        (category, item) for category, _, items in (line.partition(":") for line in lines) for item in items.split(",")
    ]
    return [term for category, item in pairs if (term := _term(language, prefix + category, item.strip()))]


def _term(language: str, category: str, item: str) -> Term | None:
    pattern = tuple(part for word in item.removeprefix("<").split() for part in _parts(word))
    weight = sum(2 * len(word) + (not open_ended) for word, open_ended in pattern)
    return Term(language, category, pattern, item.startswith("<"), weight) if pattern else None


def _parts(word: str) -> list[tuple[str, bool]]:
    open_ended, lead = word.endswith("*"), "*" if word.startswith("*") else ""
    found = [piece.text for piece in words(plain(word.strip("*")))]
    last = len(found) - 1
    return [((lead if index == 0 else "") + text, open_ended and index == last) for index, text in enumerate(found)]


@cache
def courtesies() -> frozenset[tuple[str, ...]]:
    """The words of each polite sentence."""
    text = files(__package__).joinpath("courtesy.txt").read_text(encoding="utf-8")
    phrases = text.replace(",\n", ",").replace("\n", ",").split(",")
    return frozenset(tuple(word.text for word in words(plain(phrase))) for phrase in phrases if phrase.strip())
