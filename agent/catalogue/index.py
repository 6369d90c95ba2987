"""A small search over what tools are for, in plain words: no model, no service, the same answer every time."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

WORD = re.compile(r"[a-z]+")
ENDINGS = ("ings", "ing", "ies", "ed", "es", "s")
SHORTEST = 3
NAME, PURPOSE, DETAIL = 4.0, 2.0, 0.5  # what a word is worth by where it stands
ENOUGH = 1.0  # of a query that names nothing, little remains
IDLE = frozenset(
    {"the", "a", "an", "of", "to", "for", "in", "on", "is", "are", "was", "be", "it", "its", "and", "or", "by", "with"}
    | {"my", "our", "your", "me", "we", "you", "i", "all", "any", "some", "this", "that", "these", "those", "there"}
    | {"please", "can", "could", "would", "do", "does", "have", "has", "what", "which", "how", "who", "heygen", "tool"}
    | {"from", "at", "as", "one", "so", "not", "up"}
)
SAME: Mapping[str, str] = {
    **dict.fromkeys(("remove", "erase", "drop", "trash"), "delete"),
    **dict.fromkeys(("show", "see", "display", "view", "browse", "enumerate"), "list"),
    **dict.fromkeys(("find", "look"), "search"),
    **dict.fromkeys(("edit", "modify", "update", "alter"), "change"),
    **dict.fromkeys(("retitle", "title", "name"), "rename"),
    **dict.fromkeys(("generate", "produce", "build"), "make"),
    **dict.fromkeys(("dub", "localise", "localize"), "translate"),
    **dict.fromkeys(("colour", "color", "logo", "branding"), "brand"),
    **dict.fromkeys(("picture", "photo", "icon"), "image"),
    **dict.fromkeys(("tune", "song", "noise", "audio", "effect"), "sound"),
    **dict.fromkeys(("presenter", "face", "outfit"), "avatar"),
    **dict.fromkeys(("hook", "callback", "notification"), "webhook"),
    **dict.fromkeys(("excerpt", "highlight", "short"), "clip"),
    **dict.fromkeys(("credit", "balance", "quota", "wallet"), "account"),
    **dict.fromkeys(("file", "upload"), "asset"),
    **dict.fromkeys(("term", "terminology", "wording"), "glossary"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What can be found: its name, what it is for, and further words that tell of it."""

    name: str
    purpose: str
    detail: str = ""


class Index:
    """Entries by their words."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = sorted(entries, key=lambda entry: entry.name)
        self._words = [_weights(entry) for entry in self._entries]
        self._rarity = Counter(word for words in self._words for word in words)

    def search(self, query: str, limit: int, only: Collection[str] | None = None) -> list[Entry]:
        """The entries that fit best, best first, at most `limit`; equally good ones by name."""
        wanted = dict.fromkeys(words_of(query))
        scored = [
            (-self._score(wanted, words), entry.name, entry)
            for entry, words in zip(self._entries, self._words, strict=True)
            if only is None or entry.name in only
        ]
        best = min((score for score, _, _ in scored), default=0.0)
        fitting = [one for one in scored if one[0] <= min(-ENOUGH, best / 3)]
        return [entry for _, _, entry in sorted(fitting, key=lambda one: one[:2])[:limit]]

    def _score(self, wanted: Iterable[str], words: Mapping[str, float]) -> float:
        """Worth of the words that are in both, more the rarer they are."""
        return sum(words[word] * self._weight(word) for word in wanted if word in words)

    def _weight(self, word: str) -> float:
        return math.log(1 + len(self._entries) / self._rarity[word])


def words_of(text: str) -> list[str]:
    """The telling words of a text, each by its stem and by one word for all that mean the same."""
    words = [word for word in WORD.findall(text.lower()) if word not in IDLE]
    return [_MEANT.get(stem, stem) for stem in map(_stem, words)]


def _stem(word: str) -> str:
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST:
            bare = word[: -len(ending)]
            return bare + "y" if ending == "ies" else bare
    return word.removesuffix("e") if len(word) > SHORTEST + 1 else word


_MEANT = {_stem(word): _stem(meant) for word, meant in SAME.items()}


def _weights(entry: Entry) -> dict[str, float]:
    """Each word once, at the place where it is worth most."""
    weights: dict[str, float] = {}
    for text, worth in ((entry.detail, DETAIL), (entry.purpose, PURPOSE), (entry.name.replace("_", " "), NAME)):
        for word in words_of(text):
            weights[word] = max(weights.get(word, 0.0), worth)
    return weights
