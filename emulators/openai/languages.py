"""Names of languages as people write them, in five languages and as codes."""

from __future__ import annotations

import re
from typing import Literal

Speech = Literal["en", "fr", "de", "es", "ja"]

# English name: code, then the name in French, German, Spanish and Japanese (without accents where people drop them).
NAMES: dict[str, tuple[str, ...]] = {
    "English": ("en", "anglais", "englisch", "englische", "inglés", "ingles", "英語"),
    "French": ("fr", "français", "francais", "französisch", "französische", "francés", "frances", "フランス語"),
    "German": ("de", "allemand", "deutsch", "deutsche", "alemán", "aleman", "ドイツ語"),
    "Spanish": ("es", "espagnol", "spanisch", "spanische", "español", "espanol", "スペイン語"),
    "Japanese": ("ja", "japonais", "japanisch", "japanische", "japonés", "japones", "日本語"),
    "Italian": ("it", "italien", "italienisch", "italienische", "italiano", "イタリア語"),
    "Portuguese": ("pt", "portugais", "portugiesisch", "portugiesische", "portugués", "portugues", "ポルトガル語"),
    "Dutch": ("nl", "néerlandais", "niederländisch", "niederländische", "neerlandés", "オランダ語"),
    "Polish": ("pl", "polonais", "polnisch", "polnische", "polaco", "ポーランド語"),
    "Russian": ("ru", "russe", "russisch", "russische", "ruso", "ロシア語"),
    "Ukrainian": ("uk", "ukrainien", "ukrainisch", "ucraniano", "ウクライナ語"),
    "Korean": ("ko", "coréen", "koreanisch", "koreanische", "coreano", "韓国語"),
    "Chinese": ("zh", "chinois", "chinesisch", "chinesische", "chino", "中国語", "mandarin"),
    "Arabic": ("ar", "arabe", "arabisch", "arabische", "árabe", "アラビア語"),
    "Hindi": ("hi", "ヒンディー語"),
    "Turkish": ("tr", "turc", "türkisch", "türkische", "turco", "トルコ語"),
    "Swedish": ("sv", "suédois", "schwedisch", "schwedische", "sueco", "スウェーデン語"),
    "Danish": ("da", "danois", "dänisch", "danés", "デンマーク語"),
    "Norwegian": ("no", "norvégien", "norwegisch", "noruego", "ノルウェー語"),
    "Finnish": ("fi", "finnois", "finnisch", "finlandés", "フィンランド語"),
    "Czech": ("cs", "tchèque", "tschechisch", "checo", "チェコ語"),
    "Greek": ("el", "grec", "griechisch", "griego", "ギリシャ語"),
    "Hebrew": ("he", "hébreu", "hebräisch", "hebreo", "ヘブライ語"),
    "Romanian": ("ro", "roumain", "rumänisch", "rumano", "ルーマニア語"),
    "Hungarian": ("hu", "hongrois", "ungarisch", "húngaro", "ハンガリー語"),
    "Indonesian": ("id", "indonésien", "indonesisch", "indonesio", "インドネシア語"),
    "Vietnamese": ("vi", "vietnamien", "vietnamesisch", "vietnamita", "ベトナム語"),
    "Thai": ("th", "thaï", "thailändisch", "tailandés", "タイ語"),
    "Filipino": ("fil", "tagalog", "フィリピン語"),
    "Tamil": ("ta", "tamoul", "tamilisch", "タミル語"),
    "Bengali": ("bn", "bangla", "ベンガル語"),
    "Catalan": ("ca", "katalanisch", "catalán", "カタルーニャ語"),
}
CODES = {forms[0]: name for name, forms in NAMES.items()}
WORDS = {word.casefold(): name for name, forms in NAMES.items() for word in (name, *forms[1:])}
# Codes that are everyday words: believed only beside another code.
AMBIGUOUS = frozenset({"it", "no", "hi", "id", "he", "de", "es", "da", "el", "ca"})

_LETTER = r"[^\W\d_]"
_NAME = "|".join(sorted(map(re.escape, (word for word in WORDS if word.isascii() or word[0] < "\u3000")), key=len))
_SPOKEN = re.compile(rf"(?<!{_LETTER})({_NAME})(?!{_LETTER})(\s*\([^()\d]{{2,40}}\))?", re.IGNORECASE)
_WRITTEN_JAPANESE = re.compile("|".join(re.escape(word) for word in WORDS if word[0] >= "\u3000"))
_SOURCE = re.compile(rf"\b(?:from|de l['’]|aus dem|du|del)\s*(?:the\s+)?({_NAME})(?!{_LETTER})", re.IGNORECASE)
_CODE = "|".join(CODES)
_CODES = re.compile(
    rf"\b(?:into|to|in|en|auf|nach|:)\s+((?:{_CODE})(?:(?:\s*(?:,|&|\+|/)\s*|\s+(?:and|und|et|y|or)\s+)+(?:{_CODE}))*)\b(?!['’-])"
)
_MARKER = re.compile(r"\b(?:into|to)\b", re.IGNORECASE)
_SPEECH: dict[Speech, re.Pattern[str]] = {
    "fr": re.compile(r"\b(?:le|la|les|une?|vous|peux|est-ce|bonjour|merci|vidéo|traduis\w*|traduire|s'il)\b", re.I),
    "de": re.compile(r"\b(?:das|der|die|ein|eine|bitte|kannst|hallo|danke|übersetze?n?|ins|und|ist)\b", re.I),
    "es": re.compile(r"\b(?:el|los|las|una?|por|favor|puedes|hola|gracias|traduce|traducir|al|qué)\b", re.I),
    "en": re.compile(r"\b(?:the|a|an|please|can|you|hello|hi|thanks|translate|into|and|is|to|video|make)\b", re.I),
}
_KANA = re.compile(r"[\u3040-\u30ff]")


def find_languages(text: str) -> list[str]:
    """Target languages in the order they are named, as English names (with a region where one is given)."""
    text = _SOURCE.sub(" ", text)
    found = _named(_after_marker(text)) or _named(text)
    found += _coded(text)
    found += [WORDS[match.group()] for match in _WRITTEN_JAPANESE.finditer(text)]
    return list(dict.fromkeys(found))


def speech_of(text: str) -> Speech:
    """The language somebody writes in; English when in doubt."""
    if _KANA.search(text):
        return "ja"
    counts = {speech: len(pattern.findall(text)) for speech, pattern in _SPEECH.items()}
    best = max(counts.values())
    return "en" if counts["en"] == best else max(counts, key=lambda speech: counts[speech])


def _after_marker(text: str) -> str:
    match = _MARKER.search(text)
    return text[match.end() :] if match else ""


def _named(text: str) -> list[str]:
    return [
        WORDS[match[1].casefold()] + (f" {match[2].strip()}" if match[2] else "") for match in _SPOKEN.finditer(text)
    ]


def _coded(text: str) -> list[str]:
    found: list[str] = []
    for match in _CODES.finditer(text):
        codes = re.findall(rf"\b(?:{_CODE})\b", match[1])
        if len(codes) > 1 or codes[0] not in AMBIGUOUS:
            found += [CODES[code] for code in codes]
    return found
