"""Announced ends of models."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from openai.types.audio.speech_model import SpeechModel
from openai.types.audio_model import AudioModel
from openai.types.shared import chat_model

from agent.model_ends import SHUTDOWNS, WARNING_DAYS, end_of, shutdown_notice

END = SHUTDOWNS["tts-1"][0]


@pytest.mark.parametrize(
    ("today", "says"),
    [
        (END - timedelta(days=WARNING_DAYS + 1), None),
        (END - timedelta(days=WARNING_DAYS), "in 60 days"),
        (END - timedelta(days=1), "in 1 days"),
        (END, "was shut down on 2027-01-06"),
    ],
)
def test_an_end_is_announced_sixty_days_ahead(today: date, says: str | None) -> None:
    notice = shutdown_notice("tts-1", today)
    assert notice is None if says is None else says in (notice or "")


def test_a_notice_says_what_to_use() -> None:
    assert "use gpt-transcribe" in (shutdown_notice("whisper-1", date(2027, 2, 1)) or "")


def test_a_model_without_an_announced_end_is_not_talked_about() -> None:
    assert shutdown_notice("gpt-transcribe", date(2030, 1, 1)) is None


@pytest.mark.parametrize(("kind", "without_end"), [(SpeechModel, set()), (AudioModel, {"gpt-transcribe"})])
def test_every_model_whose_end_the_package_announces_is_known(kind: object, without_end: set[str]) -> None:
    assert set(kind.__args__) - SHUTDOWNS.keys() == without_end  # type: ignore[attr-defined]


def announced() -> dict[str, date]:
    """Every model of text whose end the package announces, and when."""
    text = Path(chat_model.__file__).read_text().partition("Deprecated values:")[2]
    ends = {}
    for entry in text.split("\n- "):
        if found := re.search(r"Announced\s+shutdown\s+date:\s+(\d{4}-\d{2}-\d{2})", entry):
            names = re.findall(r'"([^"]+)"', entry[: found.start()])
            ends |= dict.fromkeys(names, date.fromisoformat(found[1]))
    return ends


def test_the_dates_are_those_of_the_package() -> None:
    """What ended long ago nobody has configured; what makes sound or searches is not the main model."""
    ends = {name: end for name, end in announced().items() if not re.search("audio|search", name)}
    assert len(ends) > 20
    stale = {name: end for name, end in ends.items() if end < date(2026, 7, 1)}
    known = {name: known[0] for name in ends.keys() - stale.keys() if (known := end_of(name))}
    wanted = {name: end for name, end in ends.items() if name not in stale and end != date(2026, 9, 28)}
    assert known == wanted


def test_the_main_models_end_is_announced() -> None:
    assert "in 14 days: use a current model" in (shutdown_notice("gpt-5-2025-08-07", date(2026, 11, 27)) or "")
