"""Announced ends of models of sound."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from openai.types.audio.speech_model import SpeechModel
from openai.types.audio_model import AudioModel

from agent.live.models import SHUTDOWNS, WARNING_DAYS, shutdown_notice

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
