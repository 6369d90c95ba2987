"""Faces and voices."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from heygen.reading import FIELD, hidden, named

from .fault import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class AvatarGroup:
    """A person: one or more looks. `consent` None means that none is needed."""

    id: str
    name: str = hidden(default="")
    status_word: str | None = named("status", default=None)
    consent: str | None = named("consent_status", default=None)
    looks_count: int | None = None
    gender: str | None = None
    default_voice_id: str | None = None
    preview_image_url: str | None = hidden(default=None)
    preview_video_url: str | None = hidden(default=None)
    error: Fault | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AvatarLook:
    """A person in one outfit and setting: what a video is made with. `engines` are the ones that can render it."""

    id: str
    name: str = hidden(default="")
    type: str = named("avatar_type", default="")
    group_id: str | None = None
    status_word: str | None = named("status", default=None)
    gender: str | None = None
    tags: tuple[str, ...] = ()
    engines: tuple[str, ...] = named("supported_api_engines", default=())
    default_voice_id: str | None = None
    orientation: str | None = named("preferred_orientation", default=None)
    image_width: int | None = None
    image_height: int | None = None
    preview_image_url: str | None = hidden(default=None)
    preview_video_url: str | None = hidden(default=None)
    error: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAvatar:
    """What making an avatar began: the person, the look, or both."""

    group: AvatarGroup | None = field(default=None, metadata={FIELD: "avatar_group"})
    look: AvatarLook | None = field(default=None, metadata={FIELD: "avatar_item"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Where a person agrees to being an avatar: `url` is a page for their browser."""

    group: AvatarGroup = field(metadata={FIELD: "avatar_group"})
    url: str | None = hidden(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A voice to choose. `language` is a name, such as English."""

    id: str = named("voice_id")
    name: str = hidden(default="")
    language: str | None = None
    gender: str | None = None
    type: str | None = None
    status_word: str | None = named("status", default=None)
    preview_audio_url: str | None = hidden(default=None)
    supports_pause: bool | None = named("support_pause", default=None)
    supports_locale: bool | None = named("support_locale", default=None)
    failure_message: str | None = hidden(default=None)
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignedVoices:
    """Voices that fit a description; `seed` brings the same ones again."""

    voices: tuple[Voice, ...] = ()
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenWord:
    """When a word is said, in seconds from the beginning."""

    word: str = hidden()
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Text made into sound."""

    audio_url: str = hidden()
    duration: float | None = None
    request_id: str | None = None
    words: tuple[SpokenWord, ...] = named("word_timestamps", shown=False, default=())
