"""What the viewer's page may say: its frames as typed values, and what is wrong with those that are none. No I/O.

Whatever comes out is safe to store and to show: no lone surrogates, no control characters, sound in whole samples.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from agent.live.ports import EndPressed, Hello, Muted, RoomReady, Sound, Typed, ViewerInput

VERSION = 1
SOUND_BYTES = 64 * 1024
JSON_CHARACTERS = 16 * 1024  # 2,000 characters of text, each written as an escape, fit
TEXT_CHARACTERS = 2_000
SAMPLE_BYTES = 2

UNSUPPORTED, INVALID, TOO_LARGE = 1003, 1007, 1009

_LANGUAGE = re.compile(r"[a-z]{2}")
_KEPT = "\n\t"


class BadFrameError(Exception):
    """A frame that is not what it should be; the connection is closed with `code` and `reason`, which is ours."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Pong:
    """The page answers a ping."""


def read_sound(frame: bytes) -> Sound:
    """Sound of a binary frame. `BadFrameError`."""
    if len(frame) > SOUND_BYTES:
        raise BadFrameError(TOO_LARGE, "too much sound in one frame")
    if not frame or len(frame) % SAMPLE_BYTES:
        raise BadFrameError(INVALID, "sound is not in whole samples")
    return Sound(frame)


def read_text(frame: str) -> Hello | ViewerInput | Pong:
    """What a text frame says. `BadFrameError`."""
    if len(frame) > JSON_CHARACTERS:
        raise BadFrameError(TOO_LARGE, "too long")
    fields = _object(frame)
    match fields.get("type"):
        case "hello":
            return _hello(fields)
        case "ready":
            return RoomReady()
        case "text":
            return Typed(_words(fields.get("text")))
        case "mute":
            return Muted(_flag(fields, "muted"))
        case "end":
            return EndPressed()
        case "pong":
            return Pong()
        case _:
            raise BadFrameError(UNSUPPORTED, "a message of no known type")


def _object(frame: str) -> dict[str, Any]:
    try:
        value = json.loads(frame)
    except (ValueError, RecursionError) as error:
        raise BadFrameError(INVALID, "not JSON") from error
    if not isinstance(value, dict):
        raise BadFrameError(UNSUPPORTED, "not a JSON object")
    return value


def _hello(fields: dict[str, Any]) -> Hello:
    if fields.get("version") != VERSION:
        raise BadFrameError(UNSUPPORTED, "another version of the page")
    language = fields.get("language")
    known = isinstance(language, str) and _LANGUAGE.fullmatch(language)
    return Hello(
        consent=_flag(fields, "consent"),
        microphone=_flag(fields, "microphone"),
        language=language if known else None,
    )


def _flag(fields: dict[str, Any], name: str) -> bool:
    value = fields.get(name)
    if not isinstance(value, bool):
        raise BadFrameError(UNSUPPORTED, f"{name} is neither true nor false")
    return value


def _words(value: object) -> str:
    if not isinstance(value, str):
        raise BadFrameError(UNSUPPORTED, "text is no text")
    if len(value) > TEXT_CHARACTERS:
        raise BadFrameError(TOO_LARGE, "the text is too long")
    words = "".join(character for character in value if _is_kept(character)).strip()
    if not words:
        raise BadFrameError(UNSUPPORTED, "an empty text")
    return words


def _is_kept(character: str) -> bool:
    """Neither a control character nor half of a surrogate pair: databases and sockets refuse some of them."""
    return character in _KEPT or unicodedata.category(character) not in ("Cc", "Cs")
