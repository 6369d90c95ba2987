"""Cuts a stream of text into pieces that can be judged and shown on their own.

The cut depends on the characters alone, one after the other, so it is the same however the stream was split.
"""

from __future__ import annotations

HOLD_LIMIT = 400
CONSTRUCT_LIMIT = 1_000
WORD_LIMIT = 4_000

_WIDE_ENDS = frozenset("。！？")
_SENTENCE_ENDS = _WIDE_ENDS | frozenset(".!?…")
_TAIL = 40  # characters that are enough to judge the last word
_CLOSERS = "\"'”’»)]}*_~」』）】"
_NOT_PLAIN = frozenset(":/.<>{}[]()@\\`&|")
_ABBREVIATIONS = frozenset({"e.g.", "i.e.", "mr.", "mrs.", "ms.", "dr.", "vs.", "approx.", "no.", "z.b.", "bzw."})


class Segmenter:
    """Collects characters; `push` returns a finished segment or an empty text.

    A segment ends after a sentence, after a newline, or at the first space behind `HOLD_LIMIT` characters; not
    inside `<…>`, `{{…}}`, a link or a code span while that is at most `CONSTRUCT_LIMIT` long. Of a word beyond
    `WORD_LIMIT` characters the rest is dropped.
    """

    def __init__(self) -> None:
        self._clear("")

    def push(self, character: str) -> str:
        """Take one character."""
        if self._ends_before(character):
            segment = "".join(self._text)
            self._clear(character)
            return segment
        if self._word >= WORD_LIMIT and not character.isspace():
            return ""
        self._take(character)
        return self.flush() if self._ends_after(character) else ""

    def flush(self) -> str:
        """What is left, unfinished as it is."""
        segment = "".join(self._text)
        self._clear("")
        return segment

    def _clear(self, first: str) -> None:
        self._text: list[str] = []
        self._word = 0
        self._plain = True
        self._code = self._angle = self._braces = self._label = self._target = False
        if first:
            self._take(first)

    def _take(self, character: str) -> None:
        before = self._text[-1] if self._text else ""
        self._text.append(character)
        ends_word = character.isspace() or character in _WIDE_ENDS
        self._word = 0 if ends_word else self._word + 1
        self._plain = ends_word or (self._plain and character not in _NOT_PLAIN)
        if character == "`":
            self._code = not self._code
        elif not self._code:
            self._track(before, character)

    def _track(self, before: str, character: str) -> None:
        match character:
            case "<":
                self._angle = True
            case ">":
                self._angle = False
            case "[":
                self._label = True
            case "]":
                self._label = False
            case "(" if before == "]":
                self._target = True
            case ")":
                self._target = False
            case "{" | "}" if before == character:
                self._braces = character == "{"
            case _ if before == "<" and (character.isspace() or character.isdigit()):
                self._angle = False  # a comparison, not a construct

    def _open(self) -> bool:
        inside = self._code or self._angle or self._braces or self._label or self._target
        return inside and len(self._text) < CONSTRUCT_LIMIT

    def _ends_after(self, character: str) -> bool:
        if character == "\n":
            return True
        if not character.isspace() or self._open():
            return False
        return len(self._text) >= HOLD_LIMIT or self._is_sentence()

    def _is_sentence(self) -> bool:
        if len(self._text) < 2 or self._text[-2].isspace():
            return False
        words = "".join(self._text[-_TAIL:]).split()
        last = words[-1]
        if last.rstrip(_CLOSERS)[-1:] not in _SENTENCE_ENDS:
            return False
        is_list_number = len(words) == 1 and last[:-1].isdigit()
        return not is_list_number and last.lower() not in _ABBREVIATIONS

    def _ends_before(self, character: str) -> bool:
        """Scripts without spaces: after a full stop of theirs, or between two of their letters when it gets long."""
        if not self._text or not self._plain or self._open():
            return False
        before = self._text[-1]
        if before in _WIDE_ENDS:
            return character not in _WIDE_ENDS and character not in _CLOSERS and not character.isspace()
        is_wide = before > "\x7f" and character > "\x7f" and before.isalpha() and character.isalpha()
        return is_wide and len(self._text) >= HOLD_LIMIT
