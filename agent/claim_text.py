"""Text as a liar cannot dress it up: one plain form of a sentence, cut into words and clauses.

`f i n i s h e d`, `**fer**tig`, full-width letters, look-alikes of another alphabet and hidden characters all come out
as the plain word. The form is only for judging, it is never shown.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import NamedTuple

_ACCENTS = "\u0300-\u036f\u0591-\u05c7\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
_ACCENTS += "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_DROPPED = re.compile(f"[{_ACCENTS}\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff*~`\\\\]")
_SOUNDS = {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h", "ə": "e"}
_ARABIC = {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ک": "ك", "ة": "ه", "ۀ": "ه", "ۂ": "ه"}
_ARABIC |= {"ھ": "ه", "ہ": "ه", "ۃ": "ه", "ے": "ي", "ؤ": "و", "ئ": "ي"}
_SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢɑɡɩɵ", "abcdefghijklmnoprstuvwyzagio", strict=True))
_PLAIN = str.maketrans(_SOUNDS | _ARABIC | _SMALL_CAPITALS)
_LOOK_ALIKES = str.maketrans("абвгԁеёһіјкӏмпорԛѕтиԝухуѵαβεηικνορτυχωыɴ", "abbrdeehijklmnopqstuwyxyvabenikvoptuxwbn")
_LEET = str.maketrans("0134578@$!", "oieastbasi")

_WIDE = "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WIDE += "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_MARKS = "\u0900-\u0963\u0966-\u0dff\u1369-\u137f"
_TOKEN = re.compile(
    f'([{_WIDE}])|((?:[^\\W_{_WIDE}]|[{_MARKS}])+)|([%٪$€£¥₹₽₩₺₴])|([.,;:!?…—–()|\n•·،؛。、，！？；：।॥።"“”«»]| - )'
)
_SPACED_LETTERS = re.compile(
    f"(?<![^\\W_])(?:(?![{_WIDE}])[^\\W\\d_][ .·•_-]{{1,2}}){{2,}}(?![{_WIDE}])[^\\W\\d_](?![^\\W_])"
)
_TAG = re.compile(r"</?[a-z]{1,10}/?>", re.IGNORECASE)
_ANGLE = re.compile(r"<[^<>|\n]*\|([^<>\n]*)>|<[@#!h][^<>\n]*>")
_NOT = re.compile(r"n['’ʼ`]t\b")
_WILL = re.compile(r"['’]ll\b")
_SQUARED = re.compile("[\U0001f130-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189]")
_LETTER_FLAGS = re.compile("[\U0001f1e6-\U0001f1ff]{3,}")
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-‐‑](?=[^\W\d_])")
_LONG_RUN = re.compile(r"([^\W\d_])\1{2,}")


class Word(NamedTuple):
    """A word, or one character of a script without spaces, and the number of its clause."""

    text: str
    clause: int
    wide: bool


def plain(text: str) -> str:
    """`text` in lower case, without accents, emphasis, tags and what cannot be seen."""
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _ANGLE.sub(r" \1 ", _TAG.sub("", text))
    if not text.isascii():
        text = _LETTER_FLAGS.sub(lambda flags: "".join(chr(ord(c) - 0x1F1E6 + 97) for c in flags[0]), text)
        text = _SQUARED.sub(lambda square: chr((ord(square[0]) - 0x1F130) % 32 + 97), text)
        text = unicodedata.normalize("NFKD", text)
    text = _DROPPED.sub("", text).casefold().translate(_PLAIN)
    text = text if text.isascii() else unicodedata.normalize("NFC", text)
    text = _WILL.sub(" will", _NOT.sub(" not", text)).replace("_", " ")
    return _SPACED_LETTERS.sub(lambda found: re.sub(r"[ .·•_-]", "", found[0]), text)


def words(text: str) -> list[Word]:
    """The words of what `plain` made. Hyphens part words."""
    found, clause = [], 0
    for match in _TOKEN.finditer(text):
        if match[4]:
            clause += 1
        else:
            found.append(Word(match[0], clause, match[1] is not None))
    return found


def readings(text: str) -> list[str]:
    """What else `plain` text can be read as: with joined hyphens, without drawn-out letters or digits for letters."""
    others = []
    if _HYPHEN.search(text):
        others.append(_HYPHEN.sub("", text))
    if _LONG_RUN.search(text):
        others.append(_LONG_RUN.sub(r"\1", text))
    if any(map(_is_leet, re.findall(r"[\w@$!]+", text))):
        others.append(
            re.sub(r"[\w@$!]+", lambda word: word[0].translate(_LEET) if _is_leet(word[0]) else word[0], text)
        )
    if disguised(text):
        others.append(text.translate(_LOOK_ALIKES))
    return others


def _is_leet(word: str) -> bool:
    inner = word.rstrip("!$")
    has_letters = sum(map(str.isalpha, inner)) >= 2
    return has_letters and len(inner) < 14 and any(c in "0134578@$!" for c in inner) and inner.isascii()


def disguised(text: str) -> bool:
    """Whether a word of `plain` text mixes alphabets that look alike, which no honest word does."""
    if text.isascii():
        return False
    return any(
        len({script for c in word if (script := _alphabet(c))}) > 1 or any(c in "ԁӏԛԝѵ" for c in word)
        for word in re.findall(r"[^\W\d_]+", text)
    )


def _alphabet(character: str) -> str:
    if "a" <= character <= "z":
        return "latin"
    if "\u0370" <= character <= "\u03ff":
        return "greek"
    if "\u0400" <= character <= "\u052f":
        return "cyrillic"
    return ""
