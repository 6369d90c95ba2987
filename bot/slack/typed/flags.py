"""Flags in a command's line: `--avatar "Ann Lee"`, `--avatar=Ann`, `--chat`; the rest are its words."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot.slack.text import plain
from bot.slack.typed.topics import nearest, shown

_FLAG = re.compile(r"(?<!\S)--([A-Za-z][\w-]*)")
_VALUE = re.compile(r'\s*=\s*("[^"]*"|\S+)|\s+("[^"]*"|(?!--[A-Za-z])\S+)')


@dataclass(frozen=True, slots=True)
class Line:
    """What is left of a line without its flags, as its author meant it, and the flags by name."""

    words: str
    flags: Mapping[str, str]


def read(rest: str, valued: Collection[str], bare: Collection[str] = ()) -> Line | str:
    """The line, or a sentence (mrkdwn) that says what is wrong with it. `bare` flags take no value."""
    if rest.count('"') % 2:
        return "A quotation mark is not closed."
    words, flags, end = [], {}, 0
    for match in _FLAG.finditer(rest):
        if match.start() < end or _quoted(rest, match.start()):
            continue
        words.append(rest[end : match.start()])
        name, end = match[1].lower(), match.end()
        if name in flags:
            return f"`--{name}` stands there twice."
        if name in bare:
            flags[name] = ""
        elif name not in valued:
            near = nearest(name, [*valued, *bare])
            return f"I don't know {shown('--' + name)}." + (f" Did you mean `--{near}`?" if near else "")
        elif (value := _VALUE.match(rest, end)) is None:
            return f"`--{name}` needs a value."
        else:
            flags[name], end = plain((value[1] or value[2]).strip('"')), value.end()
    words.append(rest[end:])
    return Line(unquoted(plain(" ".join(" ".join(words).split()))), flags)


def unquoted(words: str) -> str:
    """Words without quotation marks that only hold all of them."""
    whole = len(words) > 1 and words[0] == words[-1] == '"' and words.count('"') == 2
    return words[1:-1].strip() if whole else words


def _quoted(rest: str, place: int) -> bool:
    return rest[:place].count('"') % 2 == 1
