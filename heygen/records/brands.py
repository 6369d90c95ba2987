"""Brands and events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from heygen.reading import hidden, named


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandKit:
    """Logo and colours of a brand."""

    id: str = named("brand_kit_id")
    name: str = hidden(default="")
    colors: tuple[str, ...] = ()
    logo_url: str | None = hidden(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandGlossary:
    """How a brand's words are translated and said."""

    id: str = named("brand_glossary_id")
    name: str = hidden(default="")
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    """Something a webhook can be told of."""

    name: str = named("event_type")
    description: str = ""
