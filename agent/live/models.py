"""Models of sound whose end is announced, and what to use then.

The dates stand in the openai package (3.54, November 2026). Each is the first day without the model.
"""

from __future__ import annotations

from datetime import date

WARNING_DAYS = 60

_VOICE = (date(2027, 1, 6), "a realtime model such as gpt-realtime-2.1-mini")
_HEARING = (date(2027, 2, 26), "gpt-transcribe")
_REALTIME = (date(2027, 1, 20), "gpt-realtime-2.1 or gpt-realtime-2.1-mini")

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
}


def shutdown_notice(model: str, today: date) -> str | None:
    """A sentence when `model` is gone or ends within `WARNING_DAYS`, with what to use; None otherwise."""
    if model not in SHUTDOWNS:
        return None
    end, instead = SHUTDOWNS[model]
    if today >= end:
        return f"{model} was shut down on {end.isoformat()}: use {instead}"
    if (days := (end - today).days) <= WARNING_DAYS:
        return f"{model} is shut down on {end.isoformat()}, in {days} days: use {instead}"
    return None
