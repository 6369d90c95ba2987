"""What a sentence says about work, before anybody asks whether it is true."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from agent.claim_text import Word, plain, readings, words
from agent.lexicon import SHORT, TELLS_LANGUAGE, Term, lexicon

CLAIMS = frozenset({"done", "failed", "stopped", "money", "time"})
WORK_STATES = frozenset({"running", "started"})

_GAPS = {"not": (2, 3), "when": (6, 10), "will": (2, 6)}  # words, or characters of a script without spaces, before it
_GAPS_BEHIND = {"not": (2, 8), "when": (3, 8), "will": (2, 8)}
DISTINCT = 11  # the weight from which a word belongs to hardly any language but its own
_SIGNS = re.compile(
    "[✅☑✔🗸🎉🎊🥳🏁🍾👏🙌💯🎁🏆🆗🍿❌✖❎🚫⛔🛑🟢🎈👌]\ufe0f?"
    r"|:(?:white_check_mark|heavy_check_mark|ballot_box_with_check|tada|confetti_ball|partying_face|checkered_flag|"
    r"champagne|clap|raised_hands|100|gift|trophy|popcorn|x|no_entry|no_entry_sign|octagonal_sign|check|done|"
    r"large_green_circle|ok|ok_hand|balloon|rocket|white_tick|green_tick|heavy_tick|star_struck):"
)
_COMPLETE = re.compile(r"(?<![\d.,])100\s*(?:%|٪)|(?<!\w)(\d{1,5})\s*(?:/|of|von|de|sur|из|di)\s*\1(?!\w)")
_SHARE = re.compile(r"\d\s*[%٪]|[%٪]\s*\d|(?<!\w)\d{1,2}:\d\d(?!\w)")
_PRICE = re.compile(r"[$€£¥₹₽₩₺₴]\s*\d|\d\s*[$€£¥₹₽₩₺₴]")
_KANA = re.compile("[\u3041-\u30ff]")
LANGUAGE = "language:"
_QUESTION = re.compile(r"[?？؟;⸮՞](?=[\s\"'”’»)\]*_~!！。]*\Z)|(?:か|吗|嗎|呢)[。!！]?\s*\Z")
_EXCLAMATION = re.compile(r"[!！¡՜]")


@dataclass(frozen=True, slots=True)
class Hit:
    """A term in the sentence: its words `start` to `end`, the clause and what it is good for."""

    start: int
    end: int
    clause: int
    wide: bool
    categories: frozenset[str]
    terms: tuple[Term, ...] = ()

    def limits(self, claim: Hit, guard: str, *, behind: bool) -> bool:
        """Whether it takes `claim` back by being a `guard`: only in one and the same language."""
        tongues = {term.language for term in claim.terms if term.category in CLAIMS}
        guards = {t.language for t in self.terms if t.category == guard and t.behind is behind}
        is_common_elsewhere = any(t.category == "common" and t.language not in guards for t in self.terms)
        return bool(guards & tongues) and not is_common_elsewhere


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence as one of the ways it can be read. `claims` are those that nothing takes back."""

    text: str
    words: tuple[Word, ...]
    hits: tuple[Hit, ...]
    claims: tuple[tuple[Hit, frozenset[str]], ...]
    knows: float
    languages: frozenset[str] = frozenset()

    def tells(self, *categories: str) -> bool:
        """Like `has`, but short words count only in the sentence's own language."""
        return any(
            term.category in categories
            and (term.weight > SHORT or term.language in self.languages or not term.pattern[0][0].isascii())
            for hit in self.hits
            for term in hit.terms
        )

    def has(self, *categories: str) -> bool:
        """Whether any word is of one of the categories."""
        return any(hit.categories & set(categories) for hit in self.hits)

    def means_all(self) -> bool:
        """Whether a word for all or several is there that its own language does not know as a usual one."""
        return any("all" in hit.categories and not self._is_usual(hit) for hit in self.hits)

    def _is_usual(self, hit: Hit) -> bool:
        several = {term.language for term in hit.terms if term.category == "all"}
        if hit.wide:
            return several == {"zh"} and _KANA.search(self.text) is not None
        common = {term.language for term in hit.terms if term.category == "common"} & self.languages
        return bool(self.languages) and (not several & self.languages or bool(common - several))

    def has_all(self) -> bool:
        """Whether it means more than the jobs it names, in a language that it claims something in."""
        tongues = {term.language for hit, _ in self.claims for term in hit.terms}
        return any(term.category == "all" and term.language in tongues for hit in self.hits for term in hit.terms)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in every reading, the usual one first."""

    readings: tuple[Reading, ...]
    is_question: bool
    is_exclamation: bool


def read(text: str) -> Sentence:
    """`text`, understood as far as the lexicon goes."""
    usual = plain(text)
    return Sentence(
        tuple(_reading(each) for each in (usual, *readings(usual))),
        _QUESTION.search(usual) is not None or _QUESTION.search(text) is not None,
        _EXCLAMATION.search(text) is not None,
    )


def signs(text: str) -> bool:
    """Whether pictures in the text say that something is done or off."""
    return _SIGNS.search(text) is not None


def without_signs(text: str) -> str:
    """`text` without such pictures, and without the gap they leave."""
    return re.sub(rf"[ \t]*(?:{_SIGNS.pattern})", "", text)


def _reading(text: str) -> Reading:
    found = words(text)
    languages, knows = _languages(found)
    hits = _hits(found, languages)
    claims = [
        (hit, kept) for hit in hits if (kept := frozenset(c for c in hit.categories & CLAIMS if _stands(hit, c, hits)))
    ]
    knows = max(knows, _explained(hits) / max(1, len(found)))
    return Reading(text, tuple(found), tuple(hits), (*claims, *_figures(text)), knows, languages)


def _explained(hits: Sequence[Hit]) -> int:
    """How many words are long ones of those that tell a language."""
    return sum(
        hit.end - hit.start
        for hit in hits
        if any(term.category in TELLS_LANGUAGE and term.weight > _least(term) for term in hit.terms)
    )


def _figures(text: str) -> list[tuple[Hit, frozenset[str]]]:
    """Claims made in figures: shares, prices."""
    found = {
        category
        for category, pattern in (("done", _COMPLETE), ("time", _SHARE), ("money", _PRICE))
        if pattern.search(text)
    }
    return [(Hit(0, 0, 0, False, frozenset(found)), frozenset(found))] if found else []


def _least(term: Term) -> int:
    return SHORT if term.category in WORK_STATES else DISTINCT


def _languages(text: Sequence[Word]) -> tuple[frozenset[str], float]:
    """The languages most of its usual words belong to, if at least two do, and how much of the text they are."""
    book = lexicon()
    spaced = [word for word in text if not word.wide and not word.text.isdigit()]
    votes = Counter(language for word in spaced for language in book.languages(word.text))
    if not votes:
        return frozenset(), 0.0
    most = max(votes.values())
    telling = max(1, len(spaced))
    likely = frozenset(language for language, count in votes.items() if count == most > 1)
    return likely, most / telling


def _hits(text: Sequence[Word], languages: frozenset[str]) -> list[Hit]:
    book = lexicon()
    hits: list[Hit] = []
    at = 0
    while at < len(text):
        word = text[at]
        terms = book.longest(text, at, frozenset() if word.wide else languages)
        if not terms:
            at += 1
            continue
        end = at + len(terms[0].pattern)
        categories = frozenset(term.category for term in terms)
        kept = categories - CLAIMS if "mask" in categories else categories
        hits.append(Hit(at, end, word.clause, word.wide, kept, tuple(terms)))
        at = end
    return hits


def _stands(claim: Hit, category: str, hits: Sequence[Hit]) -> bool:
    """Whether no word near the claim takes it back: not done, when it is done, will be done."""
    guards = {"when"} if category == "money" else set() if category == "time" else {"not", "when", "will"}
    near = [hit for hit in hits if hit.clause == claim.clause and hit is not claim]
    return not any(_guards(hit, guard, claim, near) for hit in near for guard in guards & hit.categories)


def _guards(hit: Hit, guard: str, claim: Hit, near: Sequence[Hit]) -> bool:
    if hit.end <= claim.start:
        between = [other for other in near if hit.end <= other.start and other.end <= claim.start]
        broken = (guard != "not" or claim.wide) and any("now" in other.categories for other in between)
        is_near = claim.start - hit.end <= _GAPS[guard][claim.wide]
        return is_near and not broken and hit.limits(claim, guard, behind=False)
    return hit.start - claim.end <= _GAPS_BEHIND[guard][claim.wide] and hit.limits(claim, guard, behind=True)


def languages_named(text: str) -> set[str]:
    """ISO codes of the languages that a text names, in any of the languages we know words of."""
    return {code for hit in read(text).readings[0].hits for code in codes_of(hit)}


def codes_of(hit: Hit) -> set[str]:
    """The languages a word names, as ISO codes."""
    return {category.removeprefix(LANGUAGE) for category in hit.categories if category.startswith(LANGUAGE)}
