"""What becomes of videos there are: other lips, corrected subtitles, clips, no background."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from heygen.models import RemoteStatus
from heygen.reading import hidden, named


@dataclass(frozen=True, slots=True, kw_only=True)
class Lipsync:
    """A video whose lips follow another sound."""

    id: str
    status: RemoteStatus = RemoteStatus.UNKNOWN
    status_word: str = named("status", default="")
    title: str | None = hidden(default=None)
    duration: float | None = None
    video_url: str | None = hidden(default=None)
    caption_url: str | None = hidden(default=None)
    failure_message: str | None = hidden(default=None)
    callback_id: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofread:
    """A translation whose subtitles can be corrected before its video is made."""

    id: str
    status: RemoteStatus = RemoteStatus.UNKNOWN
    status_word: str = named("status", default="")
    title: str | None = hidden(default=None)
    input_language: str | None = None
    output_language: str | None = None
    submitted_for_review: bool | None = None
    failure_message: str | None = hidden(default=None)
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofreadSubtitles:
    """Where a proofread's subtitles are: translated, and in the language of the video."""

    srt_url: str = hidden()
    original_srt_url: str | None = hidden(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A short piece that was cut out of a long video; `virality_score` is HeyGen's guess of how well it will do."""

    id: str
    status_word: str = named("status", default="")
    title: str | None = hidden(default=None)
    aspect_ratio: str | None = None
    duration: float | None = named("duration_seconds", default=None)
    virality_score: int | None = None
    video_url: str | None = hidden(default=None)
    thumbnail_url: str | None = hidden(default=None)
    failure_message: str | None = hidden(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clipping:
    """The cutting of one long video into clips; `progress` goes from 0 to 100."""

    id: str
    status_word: str = named("status", default="")
    title: str | None = hidden(default=None)
    progress: int | None = None
    source_duration: float | None = None
    input_language: str | None = None
    clips: tuple[Clip, ...] = ()
    failure_message: str | None = hidden(default=None)
    callback_id: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundRemoval:
    """A video taken apart: `layers` are URLs by name (foreground, mask, background)."""

    id: str
    status_word: str = named("status", default="")
    duration: float | None = None
    layers: Mapping[str, str] = hidden(default_factory=dict)
    error: str | None = hidden(default=None)
    created_at: datetime | None = None
    completed_at: datetime | None = None
