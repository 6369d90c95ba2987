"""Models whose end is announced, and what to use then.

The dates stand in the openai package (3.54, November 2026), beside each model's name. Each is the first day without the
model. They are those of OpenAI's own server: models of other providers have other names.
"""

from __future__ import annotations

import re
from datetime import date

WARNING_DAYS = 60

_VOICE = (date(2027, 1, 6), "a realtime model such as gpt-realtime-2.1-mini")
_HEARING = (date(2027, 2, 26), "gpt-transcribe")
_REALTIME = (date(2027, 1, 20), "gpt-realtime-2.1 or gpt-realtime-2.1-mini")

_SMALL = "a small current model such as gpt-6-luna"
_LARGE = "a current model such as gpt-6.2-sol"
_TEXT: dict[date, dict[str, tuple[str, ...]]] = {
    date(2026, 7, 23): {_LARGE: ("gpt-5.1-codex", "gpt-5.1-chat-latest", "gpt-5-chat-latest")},
    date(2026, 8, 10): {_LARGE: ("gpt-5.3-chat-latest", "gpt-5.2-chat-latest")},
    date(2026, 10, 23): {
        _LARGE: ("gpt-4", "gpt-4-turbo", "gpt-4-1106-preview", "gpt-4-0613", "gpt-4o-2024-05-13", "o1"),
        _SMALL: ("gpt-4.1-nano", "gpt-3.5-turbo", "gpt-3.5-turbo-0125", "o3-mini", "o4-mini"),
    },
    date(2026, 12, 11): {
        _LARGE: ("gpt-5", "gpt-5-pro", "o3", "o3-pro"),
        _SMALL: ("gpt-5-mini", "gpt-5-nano"),
    },
    date(2027, 1, 14): {_LARGE: ("gpt-4.1", "gpt-4o"), _SMALL: ("gpt-4.1-mini", "gpt-4o-mini")},
    date(2027, 4, 1): {_LARGE: ("gpt-5.1",), _SMALL: ("gpt-5.4-nano",)},
}

SHUTDOWNS: dict[str, tuple[date, str]] = {
    "tts-1": _VOICE,
    "tts-1-hd": _VOICE,
    "gpt-4o-mini-tts": _VOICE,
    "gpt-4o-mini-tts-2025-12-15": _VOICE,
    "whisper-1": _HEARING,
    "gpt-4o-transcribe": _HEARING,
    "gpt-4o-mini-transcribe": _HEARING,
    "gpt-4o-mini-transcribe-2025-12-15": _HEARING,
    "gpt-4o-transcribe-diarize": _HEARING,
    "gpt-realtime": _REALTIME,
    "gpt-realtime-2025-08-28": _REALTIME,
    "gpt-realtime-mini": _REALTIME,
    "gpt-realtime-mini-2025-12-15": _REALTIME,
} | {
    name: (end, instead) for end, successors in _TEXT.items() for instead, names in successors.items() for name in names
}
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def end_of(model: str) -> tuple[date, str] | None:
    """The first day without `model`, and what to use then. A dated version ends with its model unless it is known."""
    return SHUTDOWNS.get(model) or SHUTDOWNS.get(_DATED.sub("", model))


def shutdown_notice(model: str, today: date) -> str | None:
    """A sentence when `model` is gone or ends within `WARNING_DAYS`, with what to use; None otherwise."""
    if (known := end_of(model)) is None:
        return None
    end, instead = known
    if today >= end:
        return f"{model} was shut down on {end.isoformat()}: use {instead}"
    if (days := (end - today).days) <= WARNING_DAYS:
        return f"{model} is shut down on {end.isoformat()}, in {days} days: use {instead}"
    return None
