"""The models this emulator serves, with the announced ends of some."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from emulators.openai.errors import Refusal

PLANNER_MODEL = "emulated-planner"
CREATED = 1_767_225_600  # 2026-01-01

CURRENT = (
    "gpt-6-astra",
    "gpt-6.2-astra",
    "gpt-6-sol",
    "gpt-6.1-sol",
    "gpt-6.2-sol",
    "gpt-6.1-terra",
    "gpt-6-luna",
    "gpt-5.6-sol",
    "gpt-5.6-terra",
    "gpt-5.6-luna",
    "gpt-5.5",
    "gpt-5.4",
    "gpt-5.4-mini",
    "gpt-5.2",
)
ENDING = {
    "2027-04-01": ("gpt-5.4-nano", "gpt-5.1"),
    "2026-12-11": ("gpt-5", "gpt-5-mini", "gpt-5-nano", "o3"),
    "2027-01-14": ("gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini"),
    "2026-10-23": ("o4-mini", "gpt-4", "gpt-4-turbo", "gpt-3.5-turbo", "o1", "o3-mini"),
}

TTS_END, HEARING_END, REALTIME_END = "2027-01-06", "2027-02-26", "2027-01-20"
SPEAKING = ("tts-1", "tts-1-hd", "gpt-4o-mini-tts", "gpt-4o-mini-tts-2025-12-15")
ENDING_HEARING = (
    *("whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe"),
    *("gpt-4o-mini-transcribe-2025-12-15", "gpt-4o-transcribe-diarize"),
)


def speaking_models() -> dict[str, str | None]:
    """Models of `/audio/speech`, with their shutdown dates."""
    return {"emulated-voice": None} | dict.fromkeys(SPEAKING, TTS_END)


def hearing_models() -> dict[str, str | None]:
    """Models of `/audio/transcriptions`, with their shutdown dates."""
    return dict.fromkeys(("emulated-ears", "gpt-transcribe")) | dict.fromkeys(ENDING_HEARING, HEARING_END)


def transcription_models() -> dict[str, str | None]:
    """Models of realtime transcription sessions, with their shutdown dates."""
    return hearing_models() | dict.fromkeys(("gpt-live-transcribe", "gpt-realtime-whisper"))


def realtime_models() -> dict[str, str | None]:
    """Models of realtime sessions that speak, with their shutdown dates."""
    lasting = ("emulated-realtime", "gpt-realtime-1.5", "gpt-realtime-2", "gpt-realtime-2.1", "gpt-realtime-2.1-mini")
    return dict.fromkeys(lasting) | dict.fromkeys(("gpt-realtime", "gpt-realtime-mini"), REALTIME_END)


def known_models() -> dict[str, str | None]:
    """Model id to its shutdown date (ISO), None where no end is announced."""
    models: dict[str, str | None] = dict.fromkeys((PLANNER_MODEL, *CURRENT))
    for date, names in ENDING.items():
        models |= dict.fromkeys(names, date)
    return models


def model_object(model: str, shutdown: str | None) -> dict[str, Any]:
    """One entry of `GET /v1/models`."""
    owner = "emulator" if model == PLANNER_MODEL else "system"
    entry = {"id": model, "object": "model", "created": CREATED, "owned_by": owner}
    return {**entry, "shutdown_date": shutdown}


def available(models: dict[str, str | None], now: float) -> list[dict[str, Any]]:
    """What the list shows at `now` (Unix seconds): models that are not shut down yet."""
    return [model_object(name, end) for name, end in models.items() if not _is_gone(end, now)]


def find_model(models: dict[str, str | None], model: str, now: float) -> dict[str, Any]:
    """The entry of a model that answers at `now`; `Refusal` 404 for an unknown or a shut down one."""
    if model not in models:
        sentence = f"The model '{model}' does not exist or you do not have access to it."
        raise Refusal(sentence, param="model", code="model_not_found", status=404)
    if _is_gone(models[model], now):
        sentence = f"The model '{model}' has been shut down."
        raise Refusal(sentence, param="model", code="model_not_found", status=404)
    return model_object(model, models[model])


def _is_gone(shutdown: str | None, now: float) -> bool:
    return shutdown is not None and datetime.fromtimestamp(now, UTC).date().isoformat() >= shutdown
