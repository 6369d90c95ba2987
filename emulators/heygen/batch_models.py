"""Request bodies of batches of videos, translations and lip-syncs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, TypeAdapter

from emulators.heygen.models import Closed, CreateTranslation, CreateVideo
from emulators.heygen.remake_models import CreateLipsync


class VideoBatch(Closed):
    """`POST /v3/videos/batches`."""

    videos: Annotated[list[Annotated[CreateVideo, Field(discriminator="type")]], Field(min_length=1, max_length=100)]
    title: str | None = None
    callback_url: str | None = None


class TranslationBatch(Closed):
    """`POST /v3/video-translations/batches`."""

    video_translations: Annotated[list[CreateTranslation], Field(min_length=1, max_length=100)]
    title: str | None = None
    callback_url: str | None = None


class LipsyncBatch(Closed):
    """`POST /v3/lipsyncs/batches`."""

    lipsyncs: Annotated[list[CreateLipsync], Field(min_length=1, max_length=100)]
    title: str | None = None
    callback_url: str | None = None


VIDEO_BATCH: TypeAdapter[VideoBatch] = TypeAdapter(VideoBatch)
TRANSLATION_BATCH: TypeAdapter[TranslationBatch] = TypeAdapter(TranslationBatch)
LIPSYNC_BATCH: TypeAdapter[LipsyncBatch] = TypeAdapter(LipsyncBatch)
