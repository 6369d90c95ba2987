"""Cuts a stream of written text into fragments to be said: the first one early, the others sentence by sentence.

Where a fragment ends depends on the characters alone, one after the other, so it is the same however the stream was
split. Only `tick`, for a model that pauses in the middle of its first sentence, looks at the time.
"""

from __future__ import annotations

from dataclasses import dataclass

from .speakable import speakable

LIMIT = 300  # characters of a fragment: a voice takes no more at once without losing its melody
FIRST_SENTENCE = 20
FIRST_CLAUSE = 40
CONSTRUCT_LIMIT = 1_000
FIRST_WORD_SECONDS = 0.25

_WIDE_ENDS = frozenset("。！？｡။។")
_ENDS = _WIDE_ENDS | frozenset(".!?…।॥؟۔։።")
_WIDE_PAUSES = frozenset("、，；：")
_PAUSES = _WIDE_PAUSES | frozenset(",;:—–،؛")
_CLOSERS = "\"'”’»)]}*_~」』）】›"
_SHORTENED = """e.g. i.e. etc. mr. mrs. ms. dr. prof. st. vs. approx. no. fig. inc. ltd. a.m. p.m. u.s.
z.b. d.h. bzw. ca. nr. str. usw. u.a. p.ex. m. mme. sr. sra. ud. uds. p.ej. núm. dott. sig. ecc. n.v. b.v. bijv.
т.е. т.д. т.п. др."""
_ABBREVIATIONS = frozenset(_SHORTENED.split())
# Their sentences end with a space and no mark.
_SPACE_ENDS = (("\u0e00", "\u0eff"),)
_WIDE_FROM = "\u2e80"
_TAIL = 40


@dataclass(frozen=True, slots=True)
class Fragment:
    """Something to say. `end` is how many characters of the written text it and what came before it stand for."""

    text: str
    end: int


class Fragmenter:
    """Collects one answer's text; every method returns the fragments that are finished by it."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._weight = 0
        self._position = 0
        self._said_any = False
        self._first_word_at: float | None = None
        self._fence: str | None = None
        self._line = ""
        self._open = ""

    def push(self, delta: str, now: float) -> list[Fragment]:
        """Take a portion of text that came at `now` (seconds)."""
        fragments: list[Fragment] = []
        for character in delta:
            fragments += self._push(character)
        if self._first_word_at is None and not self._said_any and self._has_word():
            self._first_word_at = now
        return fragments

    def tick(self, now: float) -> list[Fragment]:
        """Say the first words where nothing has ended a quarter of a second after them."""
        if self._said_any or self._open or self._fence or self._first_word_at is None:
            return []
        if now - self._first_word_at < FIRST_WORD_SECONDS or not self._has_word():
            return []
        return self._cut(self._last_space())

    @property
    def due(self) -> float | None:
        """When `tick` may have something to say."""
        return None if self._said_any or self._first_word_at is None else self._first_word_at + FIRST_WORD_SECONDS

    def finish(self) -> list[Fragment]:
        """The text is complete: what is left, unfinished as it is."""
        return self._cut(len(self._text))

    def _push(self, character: str) -> list[Fragment]:
        self._position += 1
        before = self._cut(len(self._text), 1) if self._ends_before(character) else []
        self._follow_line(character)
        if self._fence is not None:
            return before
        self._take(character)
        return before + (self._cut(len(self._text)) if self._ends_after(character) else self._cut_long())

    def _follow_line(self, character: str) -> None:
        """Lines of three backticks or tildes begin and end code, of which nothing is said."""
        if character != "\n":
            self._line += character if len(self._line) < 8 else ""
            return
        mark = self._line.strip()[:3]
        self._line = ""
        if self._fence is None and mark in ("```", "~~~"):
            self._fence = mark
            self._drop_last_line()
        elif self._fence is not None and mark == self._fence:
            self._fence = None

    def _drop_last_line(self) -> None:
        while self._text and self._text[-1] != "\n":
            self._text.pop()
        self._open = ""

    def _take(self, character: str) -> None:
        previous = self._text[-1] if self._text else ""
        self._text.append(character)
        self._weight += 2 if character >= _WIDE_FROM else 1
        self._open = _construct(self._open, previous, character)
        if character == "\n":
            self._open = ""

    def _is_open(self) -> bool:
        return bool(self._open) and len(self._text) < CONSTRUCT_LIMIT

    def _ends_after(self, character: str) -> bool:
        if character == "\n":
            return True
        if not character.isspace() or self._is_open():
            return False
        return self._weight > FIRST_SENTENCE and self._is_end(len(self._text) - 1)

    def _ends_before(self, character: str) -> bool:
        """Scripts without spaces: after a mark of theirs that nothing of the same sentence follows."""
        if not self._text or self._is_open() or self._fence is not None or character.isspace():
            return False
        before = self._text[-1]
        if character in _CLOSERS or character in _WIDE_ENDS or character in _WIDE_PAUSES:
            return False
        if before in _WIDE_ENDS or (before in "」』）】" and self._text[-2:-1] and self._text[-2] in _WIDE_ENDS):
            return self._weight >= FIRST_SENTENCE
        return before in _WIDE_PAUSES and not self._said_any and self._weight >= FIRST_CLAUSE

    def _is_end(self, space: int) -> bool:
        """Whether the word before the space at this index ends a sentence, or a first clause that is long enough."""
        words = "".join(self._text[max(0, space - _TAIL) : space]).split()
        last = words[-1].rstrip(_CLOSERS) if words else ""
        if last[-1:] in _ENDS:
            return not _abbreviates(last)
        first_clause = not self._said_any and self._weight > FIRST_CLAUSE
        if any(low <= last[-1:] <= high for low, high in _SPACE_ENDS):
            return first_clause or self._weight > 2 * FIRST_CLAUSE
        return first_clause and last[-1:] in _PAUSES

    def _cut_long(self) -> list[Fragment]:
        if len(self._text) < LIMIT or self._is_open():
            return []
        return self._cut(self._best_place())

    def _best_place(self) -> int:
        """Where to cut what got too long: behind the last pause of its second half, else at a space, else here."""
        for place in range(len(self._text) - 1, LIMIT // 2, -1):
            if self._text[place].isspace() and self._text[place - 1] in _PAUSES:
                return place + 1
        return self._last_space() or len(self._text)

    def _last_space(self) -> int:
        places = range(len(self._text), 0, -1)
        return next((place for place in places if self._text[place - 1].isspace()), 0)

    def _has_word(self) -> bool:
        space = self._last_space()
        return any(character.isalnum() for character in self._text[:space])

    def _cut(self, place: int, ahead: int = 0) -> list[Fragment]:
        """Let the characters before `place` go; `ahead` counts read ones that are not collected yet."""
        raw, rest = "".join(self._text[:place]), self._text[place:]
        end = self._position - ahead - len(rest)
        self._text, self._weight, self._open = rest, sum(2 if one >= _WIDE_FROM else 1 for one in rest), ""
        for previous, character in zip(["", *rest], rest, strict=False):
            self._open = _construct(self._open, previous, character)
        said = speakable(raw)
        self._said_any = self._said_any or bool(said)
        return [Fragment(piece, end) for piece in _at_most(said)]


def _construct(state: str, previous: str, character: str) -> str:
    """Inside of what no cut may fall after this character: the sign that ends it, or nothing."""
    if state == "](":
        return ")" if character == "(" else ""
    if state == ">" and previous == "<" and (character.isspace() or character.isdigit() or character == "="):
        return ""  # a comparison
    if state:
        return {"]": "]("}.get(character, "") if character == state else state
    return {"`": "`", "<": ">", "[": "]"}.get(character, "}" if previous == character == "{" else "")


def _abbreviates(word: str) -> bool:
    """Whether the full stop of this word ends no sentence: shortened words, initials, numbers of lists and days."""
    if not word.endswith("."):
        return False
    bare = word.lstrip("([\"'“„«").rstrip(".")
    is_initial = len(bare) == 1 and bare.isalpha() and bare.isupper() and bare != "I"
    is_number = bare.isdigit() and len(bare) <= 2
    return is_initial or is_number or f"{bare.lower()}." in _ABBREVIATIONS


def _at_most(text: str) -> list[str]:
    """`text` in pieces of at most `LIMIT` characters, cut at spaces where there are any."""
    pieces = []
    while len(text) > LIMIT:
        space = text.rfind(" ", LIMIT // 2, LIMIT)
        place = space if space > 0 else LIMIT
        pieces.append(text[:place].strip())
        text = text[place:].strip()
    return [*pieces, text] if text else pieces
