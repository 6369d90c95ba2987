"""What the runtime says itself in a live session, in the visitor's language where it knows it."""

from __future__ import annotations

from collections.abc import Mapping

from agent.live.phrasebook import FRENCH, GERMAN, JAPANESE, SPANISH
from agent.live.wording import ENGLISH, Phrases

__all__ = ["BY_LANGUAGE", "ENGLISH", "Phrases", "phrases_in"]

BY_LANGUAGE: Mapping[str, Phrases] = {"en": ENGLISH, "de": GERMAN, "fr": FRENCH, "es": SPANISH, "ja": JAPANESE}


def phrases_in(language: str | None) -> Phrases:
    """The sentences for somebody who speaks `language` (ISO 639-1); English for those we have none for."""
    return BY_LANGUAGE.get((language or "en").lower(), ENGLISH)
