"""Subtitles as browsers take them. HeyGen gives some as SRT, which no browser reads. Pure functions."""

from __future__ import annotations

import re

HEADER = "WEBVTT"
_TIME = r"(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3}"
_CUE = re.compile(rf"^\s*({_TIME})\s*-->\s*({_TIME})")


def as_vtt(content: bytes) -> str:
    """SRT or WebVTT as WebVTT; of bytes that are neither, a file without captions."""
    text = content.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if text.startswith(HEADER):
        return text
    cues = [_cue(block) for block in re.split(r"\n[ \t]*\n", text)]
    return "\n\n".join([HEADER, *filter(None, cues)]) + "\n"


def _cue(block: str) -> str:
    """One cue; its number goes, and so does a block that says no times."""
    lines = [line.strip() for line in block.strip().split("\n")]
    for at, line in enumerate(lines[:2]):
        if found := _CUE.match(line):
            said = "\n".join(_harmless(line) for line in lines[at + 1 :] if line)
            return f"{_stamp(found[1])} --> {_stamp(found[2])}\n{said}" if said else ""
    return ""


def _harmless(line: str) -> str:
    """A line of SRT may hold `-->` or tags, which mean something else in WebVTT."""
    return re.sub(r"</?[^>]*>", "", line).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _stamp(time: str) -> str:
    """`1:02,5` as `00:01:02.500`."""
    clock, _, rest = time.replace(",", ".").partition(".")
    parts = [int(part) for part in clock.split(":")]
    hours, minutes, seconds = [0] * (3 - len(parts)) + parts
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}.{rest.ljust(3, '0')}"
