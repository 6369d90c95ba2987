"""Turns a piece of written text into what can be said: no Markdown, no links, no code signs, no emoji."""

from __future__ import annotations

import re

_FLAGS = re.IGNORECASE
_SLACK_NAMED = re.compile(r"<(?:[@#!]|https?:|mailto:)[^<>|\n]*\|([^<>\n]*)>", _FLAGS)
_SLACK_BARE = re.compile(r"<(?:[@#!]|https?:|mailto:)[^<>\n]*>", _FLAGS)
_TAG = re.compile(r"</?[a-z][^<>\n]{0,200}>", _FLAGS)
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)")
_URL = re.compile(r"(?:https?://|www\.)[^\s<>|。、「」（）！？]*[^\s<>|。、「」（）！？.,;:!?'\")\]]", _FLAGS)
_PLACEHOLDER = re.compile(r"\{\{\s*(?:\w+:)?\s*([^{}\n]*?)\s*\}\}")
_SHORTCODE = re.compile(r"(?<![\w:]):(?=[a-z0-9_+-]*[a-z+-])[a-z0-9_+-]{1,60}:(?:skin-tone-\d:)?(?![\w:])")
_PICTURE = "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u231a-\u23ff\U0001f1e6-\U0001f1ff]"
_EMOJI = re.compile(rf"[0-9#*]\ufe0f?\u20e3|{_PICTURE}(?:[\ufe0e\ufe0f\u200d\U000e0020-\U000e007f]|{_PICTURE})*|\ufe0f")
_LINE_MARKS = re.compile(r"^\s*(?:>\s*)*(?:#{1,6}\s+|[-*+•]\s+(?:\[[ xX]\]\s+)?)?", re.MULTILINE)
_RULE = re.compile(r"^\s*(?:[-*_=]\s*){3,}$|^[\s|:-]*\|[\s|:-]*$", re.MULTILINE)
_CELL_EDGE = re.compile(r"^\s*\||\|\s*$", re.MULTILINE)
_CELLS = re.compile(r"\s*\|\s*")
_STRONG = re.compile(r"\*{2,}|~{2,}|_{2,}(?=\W|$)|(?:(?<=\W)|^)_{2,}|`+")
_EMPHASIS = re.compile(r"(?<![\w*_~])[*_~]+(?=\S)|(?<=\S)[*_~]+(?![\w*_~])")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!|<>~-])")
_BEFORE_MARK = re.compile(r"\s+([,.;!?…。！？、，)])")
_EMPTY_BRACKETS = re.compile(r"\(\s*\)|\[\s*\]")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def speakable(text: str) -> str:
    """`text` as one line to be said; empty when nothing in it can be. It is never longer than `text`."""
    said = _SLACK_BARE.sub("", _SLACK_NAMED.sub(r"\1", text))
    said = _TAG.sub("", _URL.sub("", _LINK.sub(r"\1", said)))
    said = _SHORTCODE.sub("", _EMOJI.sub("", _PLACEHOLDER.sub(r"\1", said)))
    said = _plain_lines(said)
    for entity, character in _ENTITIES:
        said = said.replace(entity, character)
    said = _BEFORE_MARK.sub(r"\1", _EMPTY_BRACKETS.sub("", _ESCAPE.sub(r"\1", said)))
    said = " ".join(said.split())
    return said if any(character.isalnum() for character in said) else ""


def _plain_lines(text: str) -> str:
    """Without headings, quotes, bullets, tables and emphasis."""
    lines = _LINE_MARKS.sub("", _RULE.sub("", text))
    cells = _CELLS.sub(",", _CELL_EDGE.sub("", lines)).replace(",", ", ") if "|" in lines else lines
    return _EMPHASIS.sub("", _STRONG.sub("", cells))
