"""What an account can draw on: styles, brand kits, glossaries, sounds, pictures."""

from __future__ import annotations

from typing import Any

STYLES: tuple[dict[str, Any], ...] = tuple(
    {
        "style_id": f"style-{at}",
        "name": name,
        "tags": list(tags),
        "aspect_ratio": ratio,
        "thumbnail_url": None,
        "preview_video_url": None,
    }
    for at, (name, tags, ratio) in enumerate(
        [
            ("Clean and bright", ("business", "calm"), "16:9"),
            ("Hand-drawn", ("playful",), "16:9"),
            ("Newsroom", ("business", "news"), "16:9"),
            ("Pocket format", ("social",), "9:16"),
        ],
        1,
    )
)
BRAND_KITS: tuple[dict[str, Any], ...] = (
    {"brand_kit_id": "kit-1", "name": "Greenroom", "colors": ["#1b5e20", "#ffffff"], "logo_url": None},
    {"brand_kit_id": "kit-2", "name": "Winter campaign", "colors": ["#0d47a1"], "logo_url": None},
)
BRAND_GLOSSARIES: tuple[dict[str, Any], ...] = (
    {
        "brand_glossary_id": "glossary-1",
        "name": "Product names",
        "created_at": "2026-01-05T09:00:00Z",
        "updated_at": "2026-03-02T10:30:00Z",
    },
)
SOUNDS: tuple[tuple[str, str, str, float], ...] = (
    ("Morning walk", "music", "light acoustic guitar for a calm start", 92.0),
    ("City lights", "music", "upbeat electronic music with a steady beat", 121.0),
    ("Slow rain", "music", "quiet piano with rain", 140.0),
    ("Applause", "sound_effects", "a large audience applauds", 6.0),
    ("Rain on a roof", "sound_effects", "rain on a metal roof", 18.0),
    ("Door bell", "sound_effects", "a door bell rings twice", 2.0),
)
PICTURES: tuple[tuple[str, str, str], ...] = (
    ("office", "image", "an office with large windows"),
    ("city", "image", "a city at night"),
    ("team", "image", "a team around a table in an office"),
    ("arrow", "icon", "an arrow to the right"),
    ("check", "icon", "a check mark"),
    ("clock", "icon", "a clock"),
)


def fit(wanted: str, told: str) -> float:
    """How well a description fits what is looked for, from 0 to 1: the share of words found in it."""
    words = wanted.casefold().split()
    found = told.casefold()
    return round(sum(word in found for word in words) / len(words), 3) if words else 0.0
